"""Payers that people have used before orgkit comes: what the plan has to say of each, and how a block is cleared."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from laws.drift import AT_ROOT, FULL, GUARD, IAM_STACK, OU
from laws.hands import ANYTHING, FULL_ACCESS, INSTITUTION, NOTHING, STACK, Hands
from orgkit.sandbox import PAYER

_IAM: Final = "iam: {billing_admin: Payer, org_admin: Cloud}\n"
_RENAMED: Final = (
    "scps: [{document: deny-billing, name: deny-billing-2}, {document: keep-membership}]\n"  # as the remedy says
)


@dataclass(frozen=True)
class Adopted:
    """What people did to a payer, what the plan says of which thing, and what the remedy of a block asks for."""

    what: str
    deed: Callable[[Hands], object]
    says: Mapping[str, str] = field(default_factory=dict)
    blocked: bool = False
    follow: Callable[[Hands], object] = lambda hands: None
    settings: str = ""
    """What the remedy adds to the settings."""

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
    Adopted("no room for the guards", full, {GUARD: "are to come"}, True, make_room),
    Adopted("an SCP of our name", an_scp_of_our_name, {GUARD: "was not made by orgkit"}, True, settings=_RENAMED),
    Adopted(
        "FullAWSAccess gone from the root",
        lambda h: locked_out(h, at_root=True),
        {FULL: "nobody below may do anything"},
        True,
        lambda h: let_in(h, at_root=True),
    ),
    Adopted(
        "FullAWSAccess gone from the OU",
        lambda h: locked_out(h, at_root=False),
        {FULL: f"not attached to the OU {INSTITUTION}"},
        True,
        lambda h: let_in(h, at_root=False),
    ),
    Adopted("a stack of our name", a_stack, {IAM_STACK: "not made by orgkit"}, True, settings="iam: {stack: ours}\n"),
    *(
        Adopted(f"a {kind} called {name}", deed, {IAM_STACK: TAKEN}, True, settings=_IAM)
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


def write_settings(more: str = "") -> None:
    Path("orgkit.yaml").write_text(f'account: "{PAYER}"\ninstitution: {INSTITUTION}\n{more}', encoding="utf-8")
