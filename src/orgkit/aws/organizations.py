"""AWS Organizations: the organization, its root, OUs, accounts, invitations and tags (SCPs: scps.py)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from orgkit.aws.client import Service, require
from orgkit.errors import AwsError, UnexpectedAnswer

if TYPE_CHECKING:
    from types_boto3_organizations.type_defs import (
        AccountTypeDef,
        HandshakeTypeDef,
        OrganizationalUnitTypeDef,
        OrganizationTypeDef,
        PolicySummaryTypeDef,
        ResponsibilityTransferTypeDef,
        RootTypeDef,
    )

SCP: Final = "SERVICE_CONTROL_POLICY"
FULL_ACCESS: Final[PolicySummaryTypeDef] = {
    "Id": "p-FullAWSAccess",
    "Arn": "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess",
    "Name": "FullAWSAccess",
    "Type": "SERVICE_CONTROL_POLICY",
    "AwsManaged": True,
}
"""The SCP that AWS attaches everywhere; without it at the root nobody below may do anything."""
_CAME_TO_NOTHING: Final = frozenset({"CANCELED", "DECLINED", "EXPIRED"})  # ResponsibilityTransferStatus, in part

# The model's text tells the two apart by who has answered, its examples show OPEN for an unanswered invitation.
_PENDING: Final = frozenset({"REQUESTED", "OPEN"})


class Organizations(Service):
    name = "organizations"

    # The organization and its root

    def organization(self) -> OrganizationTypeDef | None:
        """The organization this account is in, as payer or as member, or None."""

        def read() -> OrganizationTypeDef | None:
            try:
                found: OrganizationTypeDef = self._call("describe_organization")["Organization"]
            except AwsError as error:
                if error.code == "AWSOrganizationsNotInUseException":
                    return None
                raise
            return found

        return self._facts.read("organization", read)

    def create_organization(self) -> OrganizationTypeDef:
        """Create it with all features; one that this account made a moment ago is as good."""
        try:
            made: OrganizationTypeDef = self._call("create_organization", FeatureSet="ALL")["Organization"]
        except AwsError as error:
            if error.code != "AlreadyInOrganizationException":
                raise
            self._facts.drop("organization", "root")
            return self._calls.until_listed(
                "the organization", self.organization, lambda: self._facts.drop("organization")
            )
        self._facts.learn("organization", made)
        self._facts.drop("root")
        root = require(self.root())
        for fact in (("ous", root["Id"]), ("accounts", root["Id"]), "members", "handshakes", "scps"):
            self._facts.learn(fact, ())  # a new organization has none of these, and nobody in it but the payer
        if not has_scps(root):  # or AWS may have attached more: to one made in its console it does
            self._facts.learn(("attached", root["Id"]), (FULL_ACCESS,))
        return made

    def root(self) -> RootTypeDef | None:
        """The root, or None if there is no organization yet."""

        def read() -> RootTypeDef | None:
            if self.organization() is None:
                return None
            # A new organization has its root, but the list may show it later.
            (root, *_) = self._calls.until_listed(
                "the root of the organization", lambda: self._list("list_roots", "Roots") or None
            )
            found: RootTypeDef = root
            return found

        return self._facts.read("root", read)

    def enable_scps(self) -> RootTypeDef:
        """Enable SCPs at the root and wait until AWS says they are."""
        root = require(self.root())
        if scp_status(root) != "PENDING_ENABLE":
            try:
                self._call("enable_policy_type", RootId=root["Id"], PolicyType=SCP)
            except AwsError as error:
                if error.code != "PolicyTypeAlreadyEnabledException":
                    raise

        def enabled() -> RootTypeDef | None:
            now = self.root()
            return now if has_scps(now) else None

        self._facts.drop("root")
        return self._calls.until_listed("SCPs enabled at the root", enabled, lambda: self._facts.drop("root"))

    # OUs

    def ous(self, parent: str) -> tuple[OrganizationalUnitTypeDef, ...]:
        """The OUs right below a root or OU."""
        return self._facts.read(
            ("ous", parent),
            lambda: self._list("list_organizational_units_for_parent", "OrganizationalUnits", ParentId=parent),
        )

    def ou_named(self, name: str) -> OrganizationalUnitTypeDef | None:
        """The OU of that name right below the root; names are unique among siblings."""
        root = self.root()
        return next((ou for ou in self.ous(root["Id"]) if ou["Name"] == name), None) if root else None

    def create_ou(self, name: str, tags: Mapping[str, str]) -> OrganizationalUnitTypeDef:
        """Create an OU below the root, or adopt the one that is there by now."""
        root = require(self.root())["Id"]
        known = self.ous(root)
        try:
            answer = self._call("create_organizational_unit", ParentId=root, Name=name, Tags=tag_list(tags))
        except AwsError as error:
            if error.code != "DuplicateOrganizationalUnitException":
                raise
            self._facts.drop(("ous", root))
            return self._calls.until_listed(
                f"OU {name}", lambda: self.ou_named(name), lambda: self._facts.drop(("ous", root))
            )
        made: OrganizationalUnitTypeDef = answer["OrganizationalUnit"]
        self._facts.learn(("ous", root), (*known, made))
        self._facts.learn(("tags", made["Id"]), dict(tags))
        self._facts.learn(("accounts", made["Id"]), ())
        return made

    def rename_ou(self, ou: OrganizationalUnitTypeDef, name: str) -> OrganizationalUnitTypeDef:
        """Give an OU right below the root another name."""
        root = require(self.root())["Id"]
        others = tuple(other for other in self.ous(root) if other["Id"] != ou["Id"])
        try:
            answer = self._call("update_organizational_unit", OrganizationalUnitId=ou["Id"], Name=name)
        except AwsError as error:
            # The name may be taken by this very OU: from an earlier sending of the call, or from another run.
            self._facts.drop(("ous", root))
            taken_by = self.ou_named(name)
            if error.code != "DuplicateOrganizationalUnitException" or not taken_by or taken_by["Id"] != ou["Id"]:
                raise
            return taken_by
        renamed: OrganizationalUnitTypeDef = answer["OrganizationalUnit"]
        self._facts.learn(("ous", root), (*others, renamed))
        return renamed

    # Tags

    def tags(self, resource: str) -> dict[str, str]:
        """The tags of a root, OU, account or SCP."""
        return self._facts.read(
            ("tags", resource),
            lambda: {
                tag["Key"]: tag["Value"] for tag in self._list("list_tags_for_resource", "Tags", ResourceId=resource)
            },
        )

    def tag(self, resource: str, tags: Mapping[str, str]) -> None:
        """Set these tags and leave all others."""
        self._call("tag_resource", ResourceId=resource, Tags=tag_list(tags))
        self._facts.drop(("tags", resource))

    # Accounts

    def members(self) -> tuple[AccountTypeDef, ...]:
        """Every account of the organization, the payer included: one call per twenty."""
        return self._facts.read("members", lambda: self._list("list_accounts", "Accounts"))

    def accounts(self, parent: str) -> tuple[AccountTypeDef, ...]:
        """The accounts right below a root or OU."""
        return self._facts.read(
            ("accounts", parent), lambda: self._list("list_accounts_for_parent", "Accounts", ParentId=parent)
        )

    def parent(self, account: str) -> str:
        """The id of the root or OU right above an account; "" while AWS does not show it yet."""
        try:
            parents = self._call("list_parents", ChildId=account)["Parents"]
        except AwsError as error:
            if error.code != "ChildNotFoundException":
                raise
            return ""
        return str(parents[0]["Id"]) if parents else ""

    def move_account(self, account: str, source: str, destination: str) -> None:
        """Move an account; one that is at its destination already stays there."""
        try:
            self._call("move_account", AccountId=account, SourceParentId=source, DestinationParentId=destination)
        except AwsError as error:
            if error.code not in ("DuplicateAccountException", "SourceParentNotFoundException"):
                raise
            self._facts.drop(("accounts", destination))
            if account not in {each["Id"] for each in self.accounts(destination)}:
                raise
        self._facts.drop(("accounts", source), ("accounts", destination))

    # Billing transfers

    def billing_transfers(self, direction: Literal["inbound", "outbound"]) -> tuple[ResponsibilityTransferTypeDef, ...]:
        """The billing transfers that this payer takes part in or is asked to, and that have not ended.

        Inbound: it pays the bills of another organization. Outbound: another one pays its bills.
        """
        operation = f"list_{direction}_responsibility_transfers"
        pages = self._calls.pages(self.name, operation, Type="BILLING")
        listed = [transfer for page in pages for transfer in page.get("ResponsibilityTransfers", [])]
        return tuple(transfer for transfer in listed if not _is_over(transfer))


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


class Handshakes(Service):
    """The invitations that the organization has sent."""

    name = "organizations"

    def all(self) -> tuple[Handshake, ...]:
        """Every invitation that AWS still shows, oldest first."""

        def read() -> tuple[Handshake, ...]:
            listed = self._list("list_handshakes_for_organization", "Handshakes", Filter={"ActionType": "INVITE"})
            return tuple(sorted(map(_handshake, listed), key=lambda handshake: handshake.requested))

        return self._facts.read("handshakes", read)

    def open(self) -> tuple[Handshake, ...]:
        """The invitations that nobody has answered yet."""
        return tuple(handshake for handshake in self.all() if handshake.pending)

    def forget(self) -> None:
        """Time has passed, and somebody may have answered."""
        self._facts.drop("handshakes")

    def invite(self, target: str, target_type: str, notes: str = "") -> Handshake:
        """Send an invitation; AWS mails it to the owner, with the notes. Raises AwsError."""
        known = self.all()
        asked: dict[str, Any] = {"Target": {"Id": target, "Type": target_type}}
        if notes:
            asked["Notes"] = notes
        sent = _handshake(self._call("invite_account_to_organization", **asked)["Handshake"])
        self._facts.learn("handshakes", (*known, sent))
        return sent

    def cancel(self, handshake: Handshake) -> Handshake:
        """Take an invitation back: as it is then, which is not cancelled if somebody has just answered it."""
        others = tuple(other for other in self.all() if other.id != handshake.id)
        try:
            answer = self._call("cancel_handshake", HandshakeId=handshake.id)
        except AwsError as error:
            if error.code not in ("HandshakeAlreadyInStateException", "InvalidHandshakeTransitionException"):
                raise
            answer = self._call("describe_handshake", HandshakeId=handshake.id)
        ended = _handshake(answer["Handshake"])
        self._facts.learn("handshakes", (*others, ended))
        return ended


def scp_status(root: RootTypeDef) -> str:
    """ENABLED, PENDING_ENABLE or PENDING_DISABLE; "" if SCPs are off."""
    return next((each["Status"] for each in root.get("PolicyTypes", []) if each["Type"] == SCP), "")


def has_scps(root: RootTypeDef | None) -> bool:
    """Whether there is a root, and SCPs are enabled at it."""
    return root is not None and scp_status(root) == "ENABLED"


def state_of(account: AccountTypeDef) -> str:
    """ACTIVE, SUSPENDED, …: `State`, which took the place of `Status` in September 2026; "" if AWS says neither."""
    return account.get("State") or account.get("Status", "")


def path_of(account: AccountTypeDef) -> tuple[str, ...]:
    """The ids of the root and the OUs above an account, the root first; empty if AWS does not say.

    AWS's `Paths` look like `o-…/r-…/ou-…/123456789012/`.
    """
    nodes = next(iter(account.get("Paths", [])), "").split("/")
    return tuple(node for node in nodes if node.startswith(("r-", "ou-")))


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _is_over(transfer: ResponsibilityTransferTypeDef) -> bool:
    """Whether a billing transfer never came about, or has ended."""
    ends = transfer.get("EndTimestamp")
    return transfer["Status"] in _CAME_TO_NOTHING or bool(ends and ends <= datetime.now(UTC))


def _handshake(answer: HandshakeTypeDef) -> Handshake:
    invited = next((party for party in answer["Parties"] if party["Type"] != "ORGANIZATION"), None)
    if invited is None:
        raise UnexpectedAnswer("handshake", "it names nobody who was invited")
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
