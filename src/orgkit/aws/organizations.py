"""AWS Organizations: the organization, its root, OUs, accounts and tags (SCPs: scps.py)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from orgkit.aws.client import Calls, present, understood
from orgkit.aws.facts import Facts
from orgkit.errors import AwsError

SCP: Final = "SERVICE_CONTROL_POLICY"
_CAME_TO_NOTHING: Final = frozenset({"CANCELED", "DECLINED", "EXPIRED"})  # ResponsibilityTransferStatus, in part


@dataclass(frozen=True)
class Organization:
    id: str
    arn: str
    payer: str
    feature_set: str


@dataclass(frozen=True)
class Root:
    id: str
    arn: str
    scp_status: str
    """ENABLED, PENDING_ENABLE, PENDING_DISABLE, or "" where SCPs are off."""


@dataclass(frozen=True)
class Ou:
    id: str
    arn: str
    name: str


@dataclass(frozen=True)
class Account:
    id: str
    name: str
    email: str
    state: str
    """ACTIVE, SUSPENDED, …: `State`, which took the place of `Status` in September 2026."""
    invited: bool = False
    """Whether it joined by invitation. AWS says so of the payer, too."""


class Organizations:
    """Reads are remembered in `facts`; a write puts there what AWS answered, as lists may lag behind."""

    def __init__(self, calls: Calls, facts: Facts) -> None:
        self._calls = calls
        self._facts = facts

    # The organization and its root

    @understood
    def organization(self) -> Organization | None:
        """The organization this account is in, as payer or as member, or None."""

        def read() -> Organization | None:
            try:
                answer = self._call("describe_organization")
            except AwsError as error:
                if error.code == "AWSOrganizationsNotInUseException":
                    return None
                raise
            return _organization(answer["Organization"])

        return self._facts.read("organization", read)

    @understood
    def create_organization(self) -> Organization:
        """Create it with all features; one that this account made a moment ago is as good."""
        try:
            found = _organization(self._call("create_organization", FeatureSet="ALL")["Organization"])
        except AwsError as error:
            if error.code != "AlreadyInOrganizationException":
                raise
            self._facts.drop("organization")
            found = self._calls.soon("the organization", self.organization, lambda: self._facts.drop("organization"))
            self._facts.drop("root")
            return found
        self._facts.learn("organization", found)
        self._facts.drop("root")
        self._facts.learn(("ous", present(self.root()).id), ())  # a new organization has none
        return found

    @understood
    def root(self) -> Root | None:
        """The root, or None where there is no organization yet."""

        def read() -> Root | None:
            if self.organization() is None:
                return None
            root = next(r for page in self._pages("list_roots") for r in page["Roots"])
            types = {t["Type"]: t["Status"] for t in root.get("PolicyTypes", [])}
            return Root(root["Id"], root["Arn"], types.get(SCP, ""))

        return self._facts.read("root", read)

    def enable_scps(self) -> Root:
        """Enable SCPs at the root and wait until AWS says they are."""
        root = present(self.root())
        if root.scp_status != "PENDING_ENABLE":
            try:
                self._call("enable_policy_type", RootId=root.id, PolicyType=SCP)
            except AwsError as error:
                if error.code != "PolicyTypeAlreadyEnabledException":
                    raise

        def enabled() -> Root | None:
            now = self.root()
            return now if now and now.scp_status == "ENABLED" else None

        self._facts.drop("root")
        return self._calls.soon("SCPs enabled at the root", enabled, lambda: self._facts.drop("root"))

    # OUs

    @understood
    def ous(self, parent: str) -> tuple[Ou, ...]:
        """The OUs right below a root or OU."""
        return self._facts.read(
            ("ous", parent),
            lambda: tuple(
                _ou(ou)
                for page in self._pages("list_organizational_units_for_parent", ParentId=parent)
                for ou in page["OrganizationalUnits"]
            ),
        )

    def ou_named(self, name: str) -> Ou | None:
        """The OU of that name right below the root; names are unique among siblings."""
        root = self.root()
        return next((ou for ou in self.ous(root.id) if ou.name == name), None) if root else None

    @understood
    def create_ou(self, name: str, tags: Mapping[str, str]) -> Ou:
        """Create an OU below the root, or adopt the one that is there by now."""
        root = present(self.root())
        known = self.ous(root.id)
        try:
            made = _ou(
                self._call("create_organizational_unit", ParentId=root.id, Name=name, Tags=tag_list(tags))[
                    "OrganizationalUnit"
                ]
            )
        except AwsError as error:
            if error.code != "DuplicateOrganizationalUnitException":
                raise
            self._facts.drop(("ous", root.id))
            return self._calls.soon(
                f"OU {name}", lambda: self.ou_named(name), lambda: self._facts.drop(("ous", root.id))
            )
        self._facts.learn(("ous", root.id), (*known, made))
        self._facts.learn(("tags", made.id), dict(tags))
        self._facts.learn(("accounts", made.id), ())
        return made

    @understood
    def rename_ou(self, ou: Ou, name: str) -> Ou:
        """Give an OU right below the root another name."""
        root = present(self.root())
        others = tuple(other for other in self.ous(root.id) if other.id != ou.id)
        try:
            answer = self._call("update_organizational_unit", OrganizationalUnitId=ou.id, Name=name)
        except AwsError as error:
            # The name may be taken by this very OU: from an earlier sending of the call, or from another run.
            self._facts.drop(("ous", root.id))
            if error.code != "DuplicateOrganizationalUnitException" or self.ou_named(name) != replace(ou, name=name):
                raise
            return replace(ou, name=name)
        renamed = _ou(answer["OrganizationalUnit"])
        self._facts.learn(("ous", root.id), (*others, renamed))
        return renamed

    # Tags

    @understood
    def tags(self, resource: str) -> dict[str, str]:
        """The tags of a root, OU, account or SCP."""
        return self._facts.read(
            ("tags", resource),
            lambda: {
                tag["Key"]: tag["Value"]
                for page in self._pages("list_tags_for_resource", ResourceId=resource)
                for tag in page["Tags"]
            },
        )

    def tag(self, resource: str, tags: Mapping[str, str]) -> None:
        """Set these tags and leave all others."""
        self._call("tag_resource", ResourceId=resource, Tags=tag_list(tags))
        self._facts.drop(("tags", resource))

    # Accounts

    @understood
    def accounts(self, parent: str) -> tuple[Account, ...]:
        """The accounts right below a root or OU."""
        return self._facts.read(
            ("accounts", parent),
            lambda: tuple(
                _account(account)
                for page in self._pages("list_accounts_for_parent", ParentId=parent)
                for account in page["Accounts"]
            ),
        )

    def move_account(self, account: str, source: str, destination: str) -> None:
        """Move an account; one that is at its destination already stays there."""
        try:
            self._call("move_account", AccountId=account, SourceParentId=source, DestinationParentId=destination)
        except AwsError as error:
            if error.code not in ("DuplicateAccountException", "SourceParentNotFoundException"):
                raise
            self._facts.drop(("accounts", destination))
            if account not in {a.id for a in self.accounts(destination)}:
                raise
        self._facts.drop(("accounts", source), ("accounts", destination))

    # Billing transfers

    @understood
    def billing_transfers(self) -> tuple[str, ...]:
        """Ids of the billing transfers, inbound and outbound, that this payer takes part in or is asked to."""
        return tuple(
            transfer["Id"]
            for operation in (
                "list_inbound_responsibility_transfers",
                "list_outbound_responsibility_transfers",
            )
            for page in self._pages(operation, Type="BILLING")
            for transfer in page.get("ResponsibilityTransfers", [])
            if not _is_over(transfer)
        )

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return self._calls("organizations", operation, **parameters)

    def _pages(self, operation: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        return self._calls.pages("organizations", operation, **parameters)


def _is_over(transfer: Mapping[str, Any]) -> bool:
    """Whether a billing transfer never came about, or has ended."""
    ends = transfer.get("EndTimestamp")
    return transfer["Status"] in _CAME_TO_NOTHING or bool(ends and ends <= datetime.now(UTC))


def _organization(answer: Mapping[str, Any]) -> Organization:
    return Organization(answer["Id"], answer["Arn"], answer["MasterAccountId"], answer["FeatureSet"])


def _ou(answer: Mapping[str, Any]) -> Ou:
    return Ou(answer["Id"], answer["Arn"], answer["Name"])


def _account(answer: Mapping[str, Any]) -> Account:
    state = answer.get("State") or answer.get("Status", "")
    return Account(
        answer["Id"], answer.get("Name", ""), answer.get("Email", ""), state, answer.get("JoinedMethod") == "INVITED"
    )


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
