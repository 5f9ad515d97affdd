"""AWS Organizations: the institution's below the root, nobody's at the root, the partner's only to read."""

from __future__ import annotations

import botocore.session
import pytest

from policies import template
from policies.personas import EVERYTHING, RESOURCES, SCP_TYPE, billing_admin, data, org_admin

CLASSES = data("organizations-actions")
BELOW = CLASSES["below the root"]
WHATEVER_ELSE = [
    pytest.param(org_admin(), id="as deployed"),
    pytest.param(org_admin().without_boundary().given(EVERYTHING), id="administrator without boundary"),
]
WRITES = [*CLASSES["allowed"], *BELOW, *CLASSES["denied"]]
ACCESS_ROLE = "arn:aws:iam::444455556666:role/OrganizationAccountAccessRole"
INSIDE = f"{template.ORGANIZATION}/{template.ROOT}/{template.INSTITUTION}/"


def may(persona, action, *things, **keys):
    """Whether a call of Organizations on all these things is allowed."""
    type_ = {"organizations__PolicyType": SCP_TYPE} if "Policy" in action else {}
    return persona.may(f"organizations:{action}", *(RESOURCES[thing] for thing in things), **{**type_, **keys})


def test_every_action_is_in_one_class():
    operations = botocore.session.get_session().get_service_model("organizations").operation_names
    classified = [*CLASSES["reads"], *WRITES]
    assert len(classified) == len(set(classified))
    assert set(classified) == {*operations, *data("iam-actions")["organizations"]}


@pytest.mark.parametrize("action", CLASSES["reads"])
def test_the_institution_reads_the_organization(action):
    assert may(org_admin(), action, *RESOURCES)


@pytest.mark.parametrize("action", CLASSES["allowed"])
def test_the_institution_brings_accounts_in(action):
    assert may(org_admin(), action)


@pytest.mark.parametrize(("action", "things"), BELOW.items(), ids=BELOW)
def test_below_the_root_the_institution_may(action, things):
    assert may(org_admin(), action, *things)


@pytest.mark.parametrize("action", sorted(BELOW.keys() - {"CreatePolicy"}))
def test_and_on_nothing_else(action):
    """But for creating policies, where there is no resource yet and the type decides."""
    others = [thing for thing in RESOURCES if thing not in [*BELOW[action], "anything"]]
    assert not [thing for thing in others if may(org_admin(), action, thing)]


@pytest.mark.parametrize("action", CLASSES["denied"])
@pytest.mark.parametrize("persona", WHATEVER_ELSE)
def test_denied_whatever_else_is_attached(persona, action):
    assert not [thing for thing in RESOURCES if may(persona, action, thing)]


@pytest.mark.parametrize("persona", WHATEVER_ELSE)
@pytest.mark.parametrize(
    ("action", "things"),
    {
        "attach at the root": ("AttachPolicy", ["scp", "root"]),
        "detach at the root": ("DetachPolicy", ["full_access", "root"]),
        "attach at the payer": ("AttachPolicy", ["scp", "payer"]),
        "attach a guard": ("AttachPolicy", ["protected", "ou"]),
        "detach a guard at the institution's OU": ("DetachPolicy", ["protected", "institution"]),
        "edit a guard": ("UpdatePolicy", ["protected"]),
        "delete a guard": ("DeletePolicy", ["protected"]),
        "tag a guard": ("TagResource", ["protected"]),
        "create an OU at the root": ("CreateOrganizationalUnit", ["root"]),
        "tag the root": ("TagResource", ["root"]),
        "move the payer": ("MoveAccount", ["payer", "root", "institution"]),
        "tag the payer": ("TagResource", ["payer"]),
        "rename the institution's OU": ("UpdateOrganizationalUnit", ["institution"]),
        "delete the institution's OU": ("DeleteOrganizationalUnit", ["institution"]),
        "tag the institution's OU": ("TagResource", ["institution"]),
        "untag the institution's OU": ("UntagResource", ["institution"]),
    }.values(),
    ids=lambda value: "-".join(value) if isinstance(value, list) else None,
)
def test_the_institution_cannot(persona, action, things):
    assert not may(persona, action, *things)


@pytest.mark.parametrize(
    ("action", "things"),
    [
        ("AttachPolicy", ["scp", "institution"]),
        ("AttachPolicy", ["full_access", "ou"]),
        ("DetachPolicy", ["scp", "account"]),
        ("CreateOrganizationalUnit", ["institution"]),
        ("MoveAccount", ["account", "root", "institution"]),
        ("MoveAccount", ["account", "institution", "ou"]),
    ],
)
def test_the_institution_can(action, things):
    assert may(org_admin(), action, *things)


@pytest.mark.parametrize("action", ["AttachPolicy", "CreatePolicy", "DeletePolicy", "DetachPolicy", "UpdatePolicy"])
@pytest.mark.parametrize("persona", WHATEVER_ELSE)
def test_other_policy_types_are_not_the_institutions(persona, action):
    assert not may(persona, action, "tag_policy", organizations__PolicyType="TAG_POLICY")
    assert not may(persona, action, "anything", organizations__PolicyType="TAG_POLICY")


@pytest.mark.parametrize("action", ["AttachPolicy", "DetachPolicy", "TagResource", "UpdatePolicy"])
def test_a_call_without_a_policy_type_is_judged_by_its_resources(action):
    assert may(org_admin(), action, "scp", organizations__PolicyType="")


def test_creating_a_policy_needs_its_type():
    assert not may(org_admin(), "CreatePolicy", organizations__PolicyType="")


@pytest.mark.parametrize("count", [0, 1, 18])
def test_any_number_of_guards_is_protected(count):
    guards = [template.protected_arn(f"p-guard{number:03}") for number in range(count)]
    persona = org_admin(ProtectedPolicyArns=",".join(guards))
    assert not [guard for guard in guards if persona.may("organizations:UpdatePolicy", guard)]
    assert may(persona, "UpdatePolicy", "scp")


@pytest.mark.parametrize(
    ("action", "things"),
    [
        ("AttachPolicy", ["scp", "ou"]),
        ("DetachPolicy", ["scp", "ou"]),
        ("DeletePolicy", ["scp"]),
        ("TagResource", ["scp"]),
        ("UntagResource", ["scp"]),
        ("UpdatePolicy", ["scp"]),
    ],
)
@pytest.mark.parametrize("persona", WHATEVER_ELSE)
def test_an_scp_that_holds_a_spend_limit_is_not_the_institutions(persona, action, things):
    assert may(persona, action, *things)
    assert not may(persona, action, *things, aws__ResourceTag_ManagedBy="SpendLimit")


@pytest.mark.parametrize(
    ("action", "thing"),
    [("CreatePolicy", "scp"), ("TagResource", "scp"), ("TagResource", "ou"), ("CreateAccount", "anything")],
)
@pytest.mark.parametrize("persona", WHATEVER_ELSE)
def test_the_institution_makes_nothing_look_like_a_spend_limit(persona, action, thing):
    assert may(persona, action, thing, aws__RequestTag_ManagedBy="Terraform")
    assert not may(persona, action, thing, aws__RequestTag_ManagedBy="SpendLimit")


# What it needs besides


def test_the_institution_asks_for_more_accounts_and_no_other_quota():
    action, quotas = "servicequotas:RequestServiceQuotaIncrease", "arn:aws:servicequotas:us-east-1"
    assert org_admin().may(action, f"{quotas}:{template.PAYER}:organizations/L-E619E033")
    assert not org_admin().may(action, f"{quotas}:{template.PAYER}:ec2/L-1216C47A")
    assert not org_admin().may(action, f"{quotas}:444455556666:organizations/L-E619E033")


@pytest.mark.parametrize(
    "action",
    [
        "access-analyzer:ValidatePolicy",
        "iam:GenerateOrganizationsAccessReport",
        "iam:GetOrganizationsAccessReport",
        "iam:SimulateCustomPolicy",
        "servicequotas:ListServiceQuotas",
    ],
)
def test_the_institution_checks_its_policies(action):
    assert org_admin().may(action)


# The access role


def test_the_institution_enters_its_accounts():
    assert org_admin().may("sts:AssumeRole", ACCESS_ROLE, aws__ResourceOrgPaths=INSIDE)
    assert org_admin().may("sts:AssumeRole", ACCESS_ROLE, aws__ResourceOrgPaths=f"{INSIDE}ou-examplerootid-physics1/")


@pytest.mark.parametrize(
    ("role", "path"),
    [
        (ACCESS_ROLE, f"{template.ORGANIZATION}/{template.ROOT}/"),
        (ACCESS_ROLE, f"{template.ORGANIZATION}/{template.ROOT}/ou-examplerootid-partners1/"),
        (ACCESS_ROLE, f"o-someoneelse/{template.ROOT}/{template.INSTITUTION}/"),
        (ACCESS_ROLE, ""),
        ("arn:aws:iam::444455556666:role/Administrator", INSIDE),
        ("arn:aws:iam::444455556666:role/mine/OrganizationAccountAccessRole", INSIDE),
        (f"arn:aws:iam::{template.PAYER}:role/OrganizationAccountAccessRole", INSIDE),
    ],
)
@pytest.mark.parametrize("persona", WHATEVER_ELSE)
def test_and_no_others(persona, role, path):
    assert not persona.may("sts:AssumeRole", role, aws__ResourceOrgPaths=path)


def test_the_role_has_the_name_of_the_settings():
    persona = org_admin(AccessRoleName="Caretaker")
    caretaker = "arn:aws:iam::444455556666:role/Caretaker"
    assert persona.may("sts:AssumeRole", caretaker, aws__ResourceOrgPaths=INSIDE)
    assert not persona.may("sts:AssumeRole", ACCESS_ROLE, aws__ResourceOrgPaths=INSIDE)


# The partner's billing admin


@pytest.mark.parametrize("persona", [billing_admin(), billing_admin().given(EVERYTHING)])
def test_the_partner_writes_nothing_of_the_organization(persona):
    assert not [(action, thing) for action in BELOW for thing in RESOURCES if may(persona, action, thing)]
    assert not [action for action in CLASSES["allowed"] if may(persona, action)]


def test_the_partner_reads_what_billing_pages_show():
    readable = {action for action in [*CLASSES["reads"], *WRITES] if may(billing_admin(), action)}
    assert readable == set(CLASSES["partner reads"])
