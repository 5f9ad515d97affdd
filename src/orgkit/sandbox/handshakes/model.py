"""An invitation as AWS Organizations keeps it: who, whom, since when, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from moto.core.utils import unix_time
from moto.moto_api._internal import mock_random
from moto.organizations.models import FakeOrganization, OrganizationsBackend, organizations_backends
from moto.organizations.utils import CHARSET

from orgkit.sandbox import clock
from orgkit.sandbox.organizations.refusals import refused

# AWS: "Quotas and service limits for AWS Organizations".
EXPIRES_AFTER: Final = timedelta(days=15)
FORGOTTEN_AFTER: Final = timedelta(days=30)

_KEPT: Final = "orgkit_handshakes"


@dataclass(frozen=True)
class Handshake:
    """An invitation to join an organization. `kind` is ACCOUNT or EMAIL, `target` the id or the address;
    `sender` is the name of the management account.

    Times are those of the sandbox's clock. `answer` is the state it was put into, if it was.
    """

    id: str
    organization: FakeOrganization
    sender: str
    kind: str
    target: str
    requested: datetime
    notes: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    answer: str = ""
    answered: datetime | None = None
    account: str = ""
    """Who accepted it: from then on it is the party, in the place of the address."""

    @property
    def party(self) -> str:
        """The id or address of the invited."""
        return self.account or self.target

    @property
    def expires(self) -> datetime:
        """When it can no longer be accepted."""
        return self.requested + EXPIRES_AFTER

    def state(self, now: datetime) -> str:
        """ACCEPTED, DECLINED or CANCELED; without an answer OPEN, as in AWS's examples, or EXPIRED."""
        return self.answer or ("OPEN" if now < self.expires else "EXPIRED")

    def is_remembered(self, now: datetime) -> bool:
        """AWS shows an invitation until 30 days after it was answered, cancelled or expired."""
        return now < (self.answered or self.expires) + FORGOTTEN_AFTER

    def ending(self, answer: str, now: datetime) -> Handshake:
        """This invitation with its answer, which only an open one can get."""
        state = self.state(now)
        if state == answer:
            raise refused("HandshakeAlreadyInStateException")
        if state != "OPEN":
            raise refused("InvalidHandshakeTransitionException")
        return replace(self, answer=answer, answered=now)

    def as_answered(self, now: datetime) -> dict[str, Any]:
        """The Handshake structure of the API."""
        sender = {"Id": self.organization.id, "Type": "ORGANIZATION"}
        return {
            "Id": self.id,
            "Arn": f"{self.organization.arn.replace(':organization/', ':handshake/')}/invite/{self.id}",
            "Parties": [sender, {"Id": self.party, "Type": "ACCOUNT" if self.account else self.kind}],
            "State": self.state(now),
            "RequestedTimestamp": unix_time(self.requested),
            "ExpirationTimestamp": unix_time(self.expires),
            "Action": "INVITE",
            "Resources": self._resources(),
        }

    def _resources(self) -> list[dict[str, Any]]:
        sender = [
            {"Type": "MASTER_EMAIL", "Value": self.organization.master_account_email},
            {"Type": "MASTER_NAME", "Value": self.sender},
            {"Type": "ORGANIZATION_FEATURE_SET", "Value": self.organization.feature_set},
        ]
        notes = [{"Type": "NOTES", "Value": self.notes}] if self.notes else []
        return [
            {"Type": "ORGANIZATION", "Value": self.organization.id, "Resources": sender},
            {"Type": self.kind, "Value": self.target},
            *notes,
        ]


def new_id() -> str:
    """An id that no other handshake has."""
    return "h-" + "".join(mock_random.choice(CHARSET) for _ in range(10))


def keep(payer: OrganizationsBackend, handshake: Handshake) -> None:
    """Remember an invitation, or what became of it, in the account that sent it. A reset forgets it."""
    vars(payer).setdefault(_KEPT, {})[handshake.id] = handshake


def sent_by(payer: OrganizationsBackend) -> Iterator[Handshake]:
    """The invitations of this account's organization that AWS still shows, oldest first."""
    now = clock.now()
    kept: dict[str, Handshake] = vars(payer).get(_KEPT, {})
    return (each for each in kept.values() if each.organization is payer.org and each.is_remembered(now))


def find(handshake_id: str, partition: str) -> tuple[OrganizationsBackend, Handshake]:
    """An invitation and the account that sent it. Raises HandshakeNotFoundException."""
    for payer in payers(partition):
        for handshake in sent_by(payer):
            if handshake.id == handshake_id:
                return payer, handshake
    raise refused("HandshakeNotFoundException")


def payers(partition: str) -> Iterator[OrganizationsBackend]:
    """The management accounts of a partition; an invitation never leaves its partition."""
    for account in list(organizations_backends.values()):
        for name, backend in list(account.items()):
            if name == partition and backend.org:
                yield backend
