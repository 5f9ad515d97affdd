"""Payers that people have used before orgkit comes: what the plan has to say of each, and how a block is cleared."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from moto.organizations.models import organizations_backends

from laws.drift import AT_OU, AT_ROOT, FULL, GUARD, IAM_STACK, OU
from laws.hands import ANYTHING, FULL_ACCESS, INSTITUTION, NOTHING, STACK, Hands
from orgkit.sandbox import PAYER
from owners import accept

_IAM: Final = "iam: {billing_admin: Payer, org_admin: Cloud}\n"
_AT_OU: Final = "{document: deny-support-plan, attach: institution}"
_RENAMED: Final = (
    "scps: [{document: deny-billing, name: deny-billing-2}, {document: keep-membership}]\n"  # as the remedy says
)


@dataclass(frozen=True)
class Adopted:
    """What people did to a payer, what the plan says of which thing, and what the remedy of a block asks for."""

    what: str
    deed: Callable[[Hands], object]
    says: Mapping[str, str] = field(default_factory=dict)
    blocked: str = ""
    """Where in the code the block that the plan shows is made, as `module.function.number`, or "" if nothing blocks."""
    follow: Callable[[Hands], object] = lambda hands: None
    settings: str = ""
    """What the remedy adds to the settings."""
    before: str = ""
    """What the settings have besides the account and the institution, before the remedy changes that."""

    def __str__(self) -> str:
        return self.what


def organization(h: Hands, *accounts: str) -> None:
    """An organization with SCPs, and accounts in an OU that is not the institution's."""
    h.organizations.create_organization(FeatureSet="ALL")
    h.organizations.enable_policy_type(RootId=h.root, PolicyType="SERVICE_CONTROL_POLICY")
    h.organizations.list_roots()
    for name in accounts:
        h.new_account(name)


def full(h: Hands) -> None:
    organization(h)
    for number in range(8):
        scp = h.new_scp(f"theirs-{number}", h.root)
        h.organizations.update_policy(PolicyId=scp, Content=NOTHING.replace("*", "iam:CreateUser", 1))


def make_room(h: Hands) -> None:
    for name in ("theirs-0", "theirs-1"):
        h.organizations.detach_policy(PolicyId=h.scp(name), TargetId=h.root)


def an_scp_of_our_name(h: Hands) -> None:
    organization(h)
    h.new_scp("deny-billing", h.new_ou("Theirs"))


def namesake_below(h: Hands) -> None:
    organization(h)
    h.new_account("Physics", h.new_ou(INSTITUTION, h.new_ou("Research")))


def others(h: Hands) -> None:
    organization(h, "Physics", "History")
    h.new_account("Alien", h.new_ou("Research"))


def allow_list(h: Hands) -> None:
    organization(h)
    scp = h.new_scp("allow-list", h.root)
    h.organizations.update_policy(PolicyId=scp, Content=ANYTHING)
    h.organizations.detach_policy(PolicyId=FULL_ACCESS, TargetId=h.root)


def locked_out(h: Hands, *, at_root: bool) -> None:
    organization(h)
    node = h.root if at_root else h.new_ou(INSTITUTION)
    h.new_scp("theirs", node)
    h.organizations.update_policy(PolicyId=h.scp("theirs"), Content=NOTHING)
    h.organizations.detach_policy(PolicyId=FULL_ACCESS, TargetId=node)


def let_in(h: Hands, *, at_root: bool) -> None:
    h.organizations.attach_policy(PolicyId=FULL_ACCESS, TargetId=h.root if at_root else h.ou())


def a_stack(h: Hands) -> None:
    body = json.dumps({"Resources": {"Theirs": {"Type": "AWS::IAM::Group"}}})
    h.cloudformation.create_stack(StackName=STACK, TemplateBody=body, Capabilities=["CAPABILITY_IAM"])


def member(h: Hands, account: str, ou: str = "") -> None:
    """An account of this id that has joined, in an OU of this name; at the root without."""
    h.organizations.invite_account_to_organization(Target={"Id": account, "Type": "ACCOUNT"})
    accept(account)
    if ou:
        h.move(account, h.root, h.ou(ou))


def with_members(h: Hands, *accounts: str, ou: str = INSTITUTION) -> None:
    """The institution's OU, and members in an OU."""
    organization(h)
    for name in {INSTITUTION, ou}:
        h.new_ou(name)
    for account in accounts:
        member(h, account, ou)


def trust(h: Hands, principal: str) -> None:
    h.organizations.enable_aws_service_access(ServicePrincipal=principal)


def register(h: Hands, principal: str, account: str) -> None:
    h.organizations.register_delegated_administrator(AccountId=account, ServicePrincipal=principal)


def trust_and_register(h: Hands, principal: str, account: str) -> None:
    """What the service's own call does in Organizations."""
    trust(h, principal)
    register(h, principal, account)


def registered(h: Hands, principal: str, account: str) -> None:
    with_members(h, account, ANOTHER)
    trust_and_register(h, principal, account)


def full_of_allowances(h: Hands, ou: str = "") -> None:
    organization(h)
    target = h.new_ou(ou) if ou else h.root
    for number in range(8):
        scp = h.new_scp(f"theirs-{number}", target)
        allowance = ANYTHING.replace('"*"', f'"s{number}:*"', 1)
        h.organizations.update_policy(PolicyId=scp, Content=allowance)


def all_features(h: Hands) -> None:
    """What the console does when every member has agreed."""
    organizations_backends[PAYER]["aws"].org.feature_set = "ALL"


def services(principal: str, account: str = "") -> str:
    administrator = f', administrator: "{account}"' if account else ""
    return f"services: [{{principal: {principal}{administrator}}}]\n"


TAKEN: Final = "names that it needs"
ADOPTED: Final = (
    Adopted("nothing", lambda h: None),
    Adopted("an organization with nobody in it", organization),
    Adopted(
        "accounts and OUs",
        others,
        {AT_ROOT: f"binds all accounts of the organization (3 now), also in the OUs outside {INSTITUTION}: Research"},
    ),
    Adopted("an OU of the institution's name below another", namesake_below, {OU: f"Research/{INSTITUTION} (ou-"}),
    Adopted("an allow list in the place of FullAWSAccess", allow_list),
    Adopted("no room for the guards", full, {GUARD: "are to come"}, "found.no_room.0", make_room),
    Adopted(
        "an SCP of our name",
        an_scp_of_our_name,
        {GUARD: "was not made by orgkit"},
        "found.in_the_way.0",
        settings=_RENAMED,
    ),
    Adopted(
        "FullAWSAccess gone from the root",
        lambda h: locked_out(h, at_root=True),
        {FULL: "nobody below may do anything"},
        "procedure.full_access.0",
        lambda h: let_in(h, at_root=True),
    ),
    Adopted(
        "FullAWSAccess gone from the OU",
        lambda h: locked_out(h, at_root=False),
        {FULL: f"not attached to the OU {INSTITUTION}"},
        "procedure.full_access.0",
        lambda h: let_in(h, at_root=False),
    ),
    Adopted(
        "a stack of our name",
        a_stack,
        {IAM_STACK: "not made by orgkit"},
        "stack._as_read.1",
        settings="iam: {stack: ours}\n",
    ),
    Adopted(
        "only SCPs that allow something at the root",
        full_of_allowances,
        {GUARD: "are to come"},
        "found.no_room.0",
        settings="scps: [{document: deny-billing}, {document: keep-membership, attach: institution}]\n",
    ),
    Adopted(
        "only SCPs that allow something at the OU",
        lambda h: full_of_allowances(h, INSTITUTION),
        {AT_OU: "are to come"},
        "found.no_room.0",
        settings=f"scps: [{_AT_OU}]\n",
        before=f"scps: [{_AT_OU}, {{document: region-restriction, attach: institution}}]\n",
    ),
    Adopted(
        "consolidated billing only",
        lambda h: h.organizations.create_organization(FeatureSet="CONSOLIDATED_BILLING"),
        {"organization": "has consolidated billing only"},
        "procedure.organization.0",
        all_features,
    ),
    Adopted(
        "a watcher of another partition",
        lambda h: None,
        {IAM_STACK: "iam.watcher is of another partition"},
        "stack._as_read.0",
        settings="iam: {watcher: 'arn:aws:iam::999988887777:role/watch'}\n",
        before="iam: {watcher: 'arn:aws-cn:iam::999988887777:role/watch'}\n",
    ),
    *(
        Adopted(f"a {kind} called {name}", deed, {IAM_STACK: TAKEN}, "changes.taken.0", settings=_IAM)
        for kind, name, deed in (
            ("user", "OrgAdmin", lambda h: h.iam.create_user(UserName="OrgAdmin")),
            ("user", "billingADMIN", lambda h: h.iam.create_user(UserName="billingADMIN", Path="/people/")),
            ("group", "OrgAdmins", lambda h: h.iam.create_group(GroupName="OrgAdmins")),
            ("group", "billingadmins", lambda h: h.iam.create_group(GroupName="billingadmins", Path="/teams/")),
            (
                "policy",
                "OrgAdminPolicy",
                lambda h: h.iam.create_policy(PolicyName="OrgAdminPolicy", PolicyDocument=ANYTHING),
            ),
        )
    ),
)


IAM_CENTER: Final = "sso.amazonaws.com"
GUARDDUTY: Final = "guardduty.amazonaws.com"
SSM: Final = "ssm.amazonaws.com"
MEMBER: Final = "210987654321"
ANOTHER: Final = "321098765432"
SERVICES: Final = (
    Adopted(
        "a service that only its console enables",
        with_members,
        {f"service {IAM_CENTER}": "AWS wants it enabled by the service itself"},
        "services.trusted_access.0",
        lambda h: trust(h, IAM_CENTER),
        services(IAM_CENTER),
        services(IAM_CENTER),
    ),
    Adopted(
        "a service with a call of its own",
        lambda h: with_members(h, MEMBER),
        {f"service {GUARDDUTY}": "AWS wants it enabled by the service itself"},
        "services.trusted_access.0",
        lambda h: trust_and_register(h, GUARDDUTY, MEMBER),
        services(GUARDDUTY, MEMBER),
        services(GUARDDUTY, MEMBER),
    ),
    Adopted(
        "a service that registers administrators itself",
        lambda h: (with_members(h, MEMBER), trust(h, GUARDDUTY)),
        {f"administrator of {GUARDDUTY}": "only the service itself can do that"},
        "services.administrator.2",
        lambda h: register(h, GUARDDUTY, MEMBER),
        services(GUARDDUTY, MEMBER),
        services(GUARDDUTY, MEMBER),
    ),
    Adopted(
        "another administrator",
        lambda h: registered(h, SSM, MEMBER),
        {f"administrator of {SSM}": f"is {MEMBER} already"},
        "services.administrator.0",
        settings=services(SSM, MEMBER),
        before=services(SSM, ANOTHER),
    ),
    Adopted(
        "an administrator outside the OU",
        lambda h: with_members(h, MEMBER, ou="Partner"),
        {f"administrator of {SSM}": f"{MEMBER} lies outside the institution's OU"},
        "services.administrator.1",
        lambda h: h.move(MEMBER, h.ou("Partner"), h.ou()),
        services(SSM, MEMBER),
        services(SSM, MEMBER),
    ),
    Adopted(
        "an administrator that is no member",
        with_members,
        {f"administrator of {SSM}": f"{MEMBER} is no account of this organization"},
        "services.administrator.1",
        lambda h: member(h, MEMBER, INSTITUTION),
        services(SSM, MEMBER),
        services(SSM, MEMBER),
    ),
)


def write_settings(more: str = "") -> None:
    Path("orgkit.yaml").write_text(f'account: "{PAYER}"\ninstitution: {INSTITUTION}\n{more}', encoding="utf-8")
