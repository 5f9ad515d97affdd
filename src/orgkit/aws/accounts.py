"""AWS Organizations: invitations, trusted services and their administrators, billing transfers, where an account is."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from orgkit.aws import shapes
from orgkit.aws.client import Listed, Service, listed, remembered
from orgkit.aws.shapes import Account, DelegatedAdministrator, ResponsibilityTransfer
from orgkit.errors import UnexpectedAnswer

_CAME_TO_NOTHING: Final = frozenset({"CANCELED", "DECLINED", "EXPIRED"})  # ResponsibilityTransferStatus, in part
# The model's text tells the first two apart by who has answered; its examples show OPEN for an unanswered invitation.
_STATES: Final = {"REQUESTED": "open", "OPEN": "open", "CANCELED": "cancelled"}


@dataclass(frozen=True)
class Handshake:
    """An invitation: to whom, and what became of it. AWS keeps it for 30 days after its end."""

    id: str
    target: str
    """The account id or the e-mail address that was invited."""
    target_type: str
    """ACCOUNT or EMAIL."""
    state: str
    """open while unanswered; then accepted, declined, cancelled or expired."""
    requested: datetime
    expires: datetime
    """15 days after it was sent. Both times are UTC."""

    @property
    def key(self) -> str:
        """The target as it is compared: case means nothing in an e-mail address."""
        return self.target.lower()


class Handshakes(Service):
    """The invitations that the organization has sent."""

    name = "organizations"

    @remembered("handshakes")
    def all(self) -> tuple[Handshake, ...]:
        """Every invitation that AWS still shows, oldest first."""
        listed = self._list("list_handshakes_for_organization", "Handshakes", Filter={"ActionType": "INVITE"})
        return tuple(sorted(map(_handshake, listed), key=lambda handshake: handshake.requested))

    def open(self) -> tuple[Handshake, ...]:
        """The invitations that nobody has answered yet."""
        return tuple(handshake for handshake in self.all() if handshake.state == "open")

    def invite(self, target: str, target_type: str, notes: str = "") -> Handshake:
        """Send an invitation; AWS mails it to the owner, with the notes. Raises AwsError."""
        known = self.all()
        asked: dict[str, Any] = {"Target": {"Id": target, "Type": target_type}, **({"Notes": notes} if notes else {})}
        sent = _handshake(self._call("invite_account_to_organization", **asked)["Handshake"])
        self._facts.learn("handshakes", (*known, sent))
        return sent

    def cancel(self, handshake: Handshake) -> Handshake:
        """Take an invitation back: as it is then, which is not cancelled if somebody has just answered it."""
        others = tuple(other for other in self.all() if other.id != handshake.id)
        over = ("HandshakeAlreadyInStateException", "InvalidHandshakeTransitionException")
        answer = self._unless(over, "cancel_handshake", HandshakeId=handshake.id)
        ended = _handshake((answer or self._call("describe_handshake", HandshakeId=handshake.id))["Handshake"])
        self._facts.learn("handshakes", (*others, ended))
        return ended


def _handshake(answer: shapes.Handshake) -> Handshake:
    invited = next((party for party in answer["Parties"] if party["Type"] != "ORGANIZATION"), None)
    if invited is None:
        raise UnexpectedAnswer("handshake", "it names nobody who was invited")
    expires = answer["ExpirationTimestamp"].astimezone(UTC)
    state = _STATES.get(answer["State"], answer["State"].lower())
    if state == "open" and expires <= datetime.now(UTC):
        state = "expired"
    requested = answer["RequestedTimestamp"].astimezone(UTC)
    return Handshake(answer["Id"], invited["Id"], invited["Type"], state, requested, expires)


class Delegation(Service):
    """Who else has a hand in the organization: services, administrators, other payers.

    Only adds: nothing is switched off or deregistered.
    """

    name = "organizations"

    services: Listed[str] = listed(
        "trusted services",
        "list_aws_service_access_for_organization",
        "EnabledServicePrincipals",
        each="ServicePrincipal",
    )
    """The principals of the services that may work in all accounts of the organization."""

    def enable(self, principal: str) -> None:
        """Turn on trusted access. AWS models no error for a service that has it already."""
        self._call("enable_aws_service_access", ServicePrincipal=principal)
        self._facts.drop("trusted services")

    administrators: Listed[DelegatedAdministrator] = listed(
        "administrators", "list_delegated_administrators", "DelegatedAdministrators", of="ServicePrincipal"
    )
    """The accounts that administer a service; without its principal, those that administer any."""

    def register(self, account: str, principal: str) -> None:
        """Make an account the administrator of a service; one that is so already stays so."""
        sent = {"AccountId": account, "ServicePrincipal": principal}
        self._unless("AccountAlreadyRegisteredException", "register_delegated_administrator", **sent)
        self._facts.drop(("administrators", principal))

    def resource_policy(self) -> str:
        """The organization's resource policy, which lets members call Organizations; "" if there is none."""
        answer = self._unless("ResourcePolicyNotFoundException", "describe_resource_policy")
        return str(answer["ResourcePolicy"]["Content"]) if answer else ""

    @remembered("path")
    def path(self, account: str) -> tuple[str, ...]:
        """The ids of the root and the OUs above an account; empty if it is not in this organization."""
        answer = self._unless("AccountNotFoundException", "describe_account", AccountId=account)
        above = path_of(answer["Account"]) if answer else ()
        if answer and not above:
            raise UnexpectedAnswer("DescribeAccount", f"it does not say where {account} is")
        return above

    def billing_transfers(self, direction: Literal["inbound", "outbound"]) -> tuple[ResponsibilityTransfer, ...]:
        """The billing transfers that this payer takes part in or is asked to, and that have not ended.

        Inbound: it pays the bills of another organization. Outbound: another one pays its bills.
        """
        operation = f"list_{direction}_responsibility_transfers"
        pages = self._pages(operation, Type="BILLING")
        known = [transfer for page in pages for transfer in page.get("ResponsibilityTransfers", [])]
        begun = [each for each in known if each["Status"] not in _CAME_TO_NOTHING]
        now = datetime.now(UTC)
        return tuple(each for each in begun if not each.get("EndTimestamp") or each["EndTimestamp"] > now)


def state_of(account: Account) -> str:
    """ACTIVE, SUSPENDED, …: `State`, which took the place of `Status` in September 2026; "" if AWS says neither."""
    return account.get("State") or account.get("Status", "")


def unlike_active(account: Account) -> str:
    """The state of an account in words, as in `pending closure`; "" if it is active, or AWS does not say."""
    state = state_of(account)
    return "" if state in ("ACTIVE", "") else state.replace("_", " ").lower()


def path_of(account: Account) -> tuple[str, ...]:
    """The ids of the root and the OUs above an account, the root first; empty if AWS does not say.

    AWS's `Paths` look like `o-…/r-…/ou-…/123456789012/`.
    """
    nodes = next(iter(account.get("Paths", [])), "").split("/")
    return tuple(node for node in nodes if node.startswith(("r-", "ou-")))
