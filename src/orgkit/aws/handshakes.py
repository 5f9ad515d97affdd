"""AWS Organizations: handshakes, which are the invitations that the organization has sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from orgkit.aws.client import Calls, understood
from orgkit.aws.facts import Facts
from orgkit.errors import AwsError

# The model's text tells the two apart by who has answered, its examples show OPEN for an unanswered invitation.
_PENDING: Final = frozenset({"REQUESTED", "OPEN"})


@dataclass(frozen=True)
class Handshake:
    """An invitation: to whom, and what became of it. AWS keeps it for 30 days after its end."""

    id: str
    target: str
    """The account id or the e-mail address that was invited."""
    target_type: str
    """ACCOUNT or EMAIL."""
    state: str
    """REQUESTED or OPEN while unanswered; then ACCEPTED, DECLINED, CANCELED or EXPIRED."""
    requested: datetime
    expires: datetime
    """15 days after it was sent. Both times are UTC."""

    @property
    def pending(self) -> bool:
        """Whether it can still be accepted."""
        return self.state in _PENDING

    @property
    def key(self) -> str:
        """The target as it is compared: case means nothing in an e-mail address."""
        return self.target.lower()


class Handshakes:
    """The list is remembered in `facts`; a write puts there what AWS answered, as lists may lag behind."""

    def __init__(self, calls: Calls, facts: Facts) -> None:
        self._calls = calls
        self._facts = facts

    @understood
    def all(self) -> tuple[Handshake, ...]:
        """Every invitation that AWS still shows, oldest first."""

        def read() -> tuple[Handshake, ...]:
            pages = self._calls.pages(
                "organizations", "list_handshakes_for_organization", Filter={"ActionType": "INVITE"}
            )
            found = [_handshake(handshake) for page in pages for handshake in page["Handshakes"]]
            return tuple(sorted(found, key=lambda handshake: handshake.requested))

        return self._facts.read("handshakes", read)

    def open(self) -> tuple[Handshake, ...]:
        """The invitations that nobody has answered yet."""
        return tuple(handshake for handshake in self.all() if handshake.pending)

    def forget(self) -> None:
        """Time has passed, and somebody may have answered."""
        self._facts.drop("handshakes")

    @understood
    def invite(self, target: str, target_type: str, notes: str = "") -> Handshake:
        """Send an invitation; AWS mails it to the owner, with the notes. Raises AwsError."""
        known = self.all()
        asked: dict[str, Any] = {"Target": {"Id": target, "Type": target_type}}
        if notes:
            asked["Notes"] = notes
        answer = self._calls("organizations", "invite_account_to_organization", **asked)
        sent = _handshake(answer["Handshake"])
        self._facts.learn("handshakes", (*known, sent))
        return sent

    @understood
    def cancel(self, handshake: Handshake) -> Handshake:
        """Take an invitation back: as it is then, which is not cancelled if somebody has just answered it."""
        others = tuple(other for other in self.all() if other.id != handshake.id)
        try:
            answer = self._calls("organizations", "cancel_handshake", HandshakeId=handshake.id)
        except AwsError as error:
            if error.code not in ("HandshakeAlreadyInStateException", "InvalidHandshakeTransitionException"):
                raise
            answer = self._calls("organizations", "describe_handshake", HandshakeId=handshake.id)
        ended = _handshake(answer["Handshake"])
        self._facts.learn("handshakes", (*others, ended))
        return ended


def _handshake(answer: Mapping[str, Any]) -> Handshake:
    invited = next(party for party in answer["Parties"] if party["Type"] != "ORGANIZATION")
    expires = answer["ExpirationTimestamp"].astimezone(UTC)
    overdue = answer["State"] in _PENDING and expires <= datetime.now(UTC)
    return Handshake(
        id=answer["Id"],
        target=invited["Id"],
        target_type=invited["Type"],
        state="EXPIRED" if overdue else answer["State"],
        requested=answer["RequestedTimestamp"].astimezone(UTC),
        expires=expires,
    )
