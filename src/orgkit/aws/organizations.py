"""AWS Organizations: the organization, its root, OUs, accounts, SCPs and tags (invitations: accounts.py)."""

from collections.abc import Mapping, Sequence
from typing import Final

from orgkit.aws.client import Listed, Service, listed, remembered, require
from orgkit.aws.shapes import Account, Organization, Ou, Policy, Root

SCP: Final = "SERVICE_CONTROL_POLICY"
FULL_ACCESS: Final[Policy] = {
    "Id": "p-FullAWSAccess",
    "Arn": "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess",
    "Name": "FullAWSAccess",
    "Type": "SERVICE_CONTROL_POLICY",
    "AwsManaged": True,
}
"""The SCP that AWS attaches everywhere; without it at the root nobody below may do anything."""
FULL_ACCESS_ID: Final = FULL_ACCESS["Id"]


class Organizations(Service):
    name = "organizations"

    # The organization and its root

    @remembered("organization")
    def organization(self) -> Organization | None:
        """The organization this account is in, as payer or as member, or None."""
        answer = self._unless("AWSOrganizationsNotInUseException", "describe_organization")
        return answer["Organization"] if answer else None

    def create_organization(self) -> Organization:
        """Create it with all features; one that this account made a moment ago is as good."""
        answer = self._unless("AlreadyInOrganizationException", "create_organization", FeatureSet="ALL")
        self._facts.drop("root")
        if answer is None:
            return self.until_listed("the organization", self.organization, "organization")
        made: Organization = answer["Organization"]
        self._facts.learn("organization", made)
        root = require(self.root())
        for fact in (("ous", root["Id"]), ("accounts", root["Id"]), "members", "handshakes", "scps"):
            self._facts.learn(fact, ())  # a new organization has none of these, and nobody in it but the payer
        if not has_scps(root):  # or AWS may have attached more: to one made in its console it does
            self._facts.learn(("attached", root["Id"]), (FULL_ACCESS,))
        return made

    @remembered("root")
    def root(self) -> Root | None:
        """The root, or None if there is no organization yet. A new one has its root, but the list may show it later."""
        if self.organization() is None:
            return None
        what = "the root of the organization"
        roots: Sequence[Root] = self.until_listed(what, lambda: self._list("list_roots", "Roots") or None)
        return roots[0]

    def enable_scps(self) -> None:
        """Enable SCPs at the root and wait until AWS says they are."""
        root = require(self.root())
        if not has_scps(root, "PENDING_ENABLE"):
            self._unless("PolicyTypeAlreadyEnabledException", "enable_policy_type", RootId=root["Id"], PolicyType=SCP)
        self.until_listed("SCPs enabled at the root", lambda: has_scps(self.root()) or None, "root")

    # OUs and tags

    ous: Listed[Ou] = listed("ous", "list_organizational_units_for_parent", "OrganizationalUnits", of="ParentId")
    """The OUs right below a root or OU."""

    def ou_named(self, name: str) -> Ou | None:
        """The OU of that name right below the root; names are unique among siblings."""
        root = self.root()
        return next((ou for ou in self.ous(root["Id"]) if ou["Name"] == name), None) if root else None

    def create_ou(self, name: str, tags: Mapping[str, str]) -> Ou:
        """Create an OU below the root, or adopt the one that is there by now."""
        root = require(self.root())["Id"]
        known, taken = self.ous(root), "DuplicateOrganizationalUnitException"
        answer = self._unless(taken, "create_organizational_unit", ParentId=root, Name=name, Tags=tag_list(tags))
        if answer is None:
            return self.until_listed(f"OU {name}", lambda: self.ou_named(name), ("ous", root))
        made: Ou = answer["OrganizationalUnit"]
        self._facts.learn(("ous", root), (*known, made))
        self._facts.learn(("tags", made["Id"]), dict(tags))
        self._facts.learn(("accounts", made["Id"]), ())
        self._facts.learn(("attached", made["Id"]), (FULL_ACCESS,))  # which AWS attaches to every new OU
        return made

    accounts: Listed[Account] = listed("accounts", "list_accounts_for_parent", "Accounts", of="ParentId")
    """The accounts right below a root or OU."""


class Scps(Service):
    """Service control policies (SCPs), and what they are attached to."""

    name = "organizations"

    all: Listed[Policy] = listed("scps", "list_policies", "Policies", Filter=SCP)
    """Every SCP of the organization, AWS's own included."""

    attached: Listed[Policy] = listed("attached", "list_policies_for_target", "Policies", of="TargetId", Filter=SCP)
    """The SCPs attached to a root, OU or account itself, inherited ones not counted."""

    def named(self, name: str, likely_at: str | None = None) -> Policy | None:
        """The customer's SCP of that name. Looking at its likely target first saves listing them all."""
        targets = [likely_at, None] if likely_at else [None]
        lists = (self.attached(target) if target else self.all() for target in targets)
        theirs = (policy for policies in lists for policy in policies if not policy.get("AwsManaged"))
        return next((policy for policy in theirs if policy["Name"] == name), None)

    def create(self, name: str, description: str, content: str, tags: Mapping[str, str]) -> None:
        """Create an SCP; or have the one of that name that is there by now listed, to be found and compared."""
        known = self.all()
        document = {"Name": name, "Description": description, "Content": content, "Type": SCP}
        answer = self._unless("DuplicatePolicyException", "create_policy", Tags=tag_list(tags), **document)
        if answer is None:
            self.until_listed(f"SCP {name}", lambda: self.named(name), "scps")
            return
        made: Policy = answer["Policy"]["PolicySummary"]
        self._facts.learn(("content", made["Id"]), content)
        self._facts.learn(("tags", made["Id"]), dict(tags))
        self._facts.learn("scps", (*known, made))

    def attach(self, policy: Policy, target: str) -> None:
        """Attach an SCP; one that is attached already stays so."""
        known = self.attached(target)
        self._unless("DuplicatePolicyAttachmentException", "attach_policy", PolicyId=policy["Id"], TargetId=target)
        self._facts.learn(("attached", target), (*known, policy))


def has_scps(root: Root | None, status: str = "ENABLED") -> bool:
    """Whether there is a root, and SCPs are enabled at it; or PENDING_ENABLE or PENDING_DISABLE, if that is asked."""
    types = root.get("PolicyTypes", []) if root else []
    return (SCP, status) in [(each["Type"], each["Status"]) for each in types]


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
