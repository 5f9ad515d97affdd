"""Own password, own MFA device, own sign-in; and nothing else before MFA."""

from __future__ import annotations

import pytest

from policies import template
from policies.personas import EVERYTHING, billing_admin, org_admin, some_actions

ADMINS = [billing_admin, org_admin]
NO_MFA = [{"aws__MultiFactorAuthPresent": "false"}, {"aws__MultiFactorAuthPresent": ""}]
PUBLIC_CLIENT = f"arn:aws:signin:us-east-1:{template.PAYER}:oauth2/public-client/localhost"
FIRST_SIGN_IN = [
    "iam:ChangePassword",
    "iam:CreateVirtualMFADevice",
    "iam:DeleteVirtualMFADevice",
    "iam:EnableMFADevice",
    "iam:GetAccountPasswordPolicy",
    "iam:GetMFADevice",
    "iam:GetUser",
    "iam:ListMFADevices",
    "iam:ListVirtualMFADevices",
    "iam:ResyncMFADevice",
    "signin:Authenticate",
    "signin:AuthorizeOAuth2Access",
    "signin:CreateOAuth2Token",
    "sts:GetCallerIdentity",
    "sts:GetSessionToken",
]
ON_A_USER = [
    "iam:ChangePassword",
    "iam:DeactivateMFADevice",
    "iam:EnableMFADevice",
    "iam:GetMFADevice",
    "iam:GetUser",
    "iam:ListMFADevices",
    "iam:ResyncMFADevice",
]


def resource_of(action, user):
    if action in ON_A_USER:
        return f"arn:aws:iam::{template.PAYER}:user/{user}"
    if "VirtualMFADevice" in action and "List" not in action:
        return f"arn:aws:iam::{template.PAYER}:mfa/{user}"
    return PUBLIC_CLIENT if "OAuth2" in action else "*"


@pytest.fixture(params=ADMINS, ids=lambda admin: admin.__name__)
def admin(request):
    return request.param


@pytest.mark.parametrize("no_mfa", NO_MFA, ids=["signed in without", "an access key"])
@pytest.mark.parametrize("action", FIRST_SIGN_IN)
def test_the_first_sign_in_works(admin, action, no_mfa):
    user = admin()
    assert user.may(action, resource_of(action, user.name), **no_mfa)


@pytest.mark.parametrize("no_mfa", NO_MFA, ids=["signed in without", "an access key"])
def test_nothing_else_works_without_mfa(admin, no_mfa):
    user = admin().without_boundary().given(EVERYTHING)
    opened = {action for action in some_actions() if user.may(action, resource_of(action, user.name), **no_mfa)}
    assert opened == set(FIRST_SIGN_IN)


@pytest.mark.parametrize("no_mfa", NO_MFA, ids=["signed in without", "an access key"])
@pytest.mark.parametrize(
    ("admin", "action"),
    [(billing_admin, "ce:GetCostAndUsage"), (org_admin, "organizations:ListAccounts")],
    ids=["billing admin", "org admin"],
)
def test_the_gate_can_be_switched_off(admin, action, no_mfa):
    assert admin().may(action)
    assert not admin().may(action, **no_mfa)
    assert admin(RequireMfa="false").may(action, **no_mfa)


@pytest.mark.parametrize("action", [*ON_A_USER, "iam:DeleteVirtualMFADevice"])
def test_it_is_only_on_oneself(admin, action):
    user = admin()
    assert user.may(action, resource_of(action, user.name))
    assert not user.may(action, resource_of(action, "Someone"))
    assert not user.may(action, resource_of(action, f"{user.name}2"))
    assert not user.may(action, resource_of(action, f"of/{user.name}"))


DEVICE = ["iam:CreateVirtualMFADevice", "iam:DeleteVirtualMFADevice"]


def device(name):
    return f"arn:aws:iam::{template.PAYER}:mfa/{name}"


@pytest.mark.parametrize("no_mfa", NO_MFA, ids=["signed in without", "an access key"])
@pytest.mark.parametrize("action", DEVICE)
def test_a_set_up_that_was_aborted_can_begin_again(admin, action, no_mfa):
    """AWS refuses to delete a device that is assigned to a user (DeleteConflict)."""
    assert admin().may(action, device(admin().name), **no_mfa)


@pytest.mark.parametrize("action", DEVICE)
def test_a_second_device_has_a_name_of_its_own(admin, action):
    assert admin().may(action, device(f"{admin().name}-phone"))
    assert not admin().may(action, device("phone"))


@pytest.mark.parametrize(
    "names",
    [
        {"BillingAdminName": "BillingAdmin", "OrgAdminName": "OrgAdmin"},
        {"BillingAdminName": "Admin", "OrgAdminName": "Admin-2"},
        {"BillingAdminName": "Admin-2", "OrgAdminName": "Admin"},
    ],
    ids=lambda names: "-".join(names.values()),
)
@pytest.mark.parametrize("action", DEVICE)
def test_nobody_takes_the_name_of_the_others_device(action, names):
    for admin, other in ((billing_admin, "OrgAdminName"), (org_admin, "BillingAdminName")):
        user = admin(**names)
        assert not user.may(action, device(names[other]))
        assert not user.without_boundary().may(action, device(names[other]))


def test_what_a_service_does_for_a_user_with_mfa_is_not_stopped():
    """Such a call does not have the key, and the call that led to it was judged already."""
    via = {"aws__MultiFactorAuthPresent": "", "aws__ViaAWSService": "true"}
    assert billing_admin().may("ce:GetCostAndUsage", **via)
    assert not billing_admin().may("ce:GetCostAndUsage", **{**via, "aws__ViaAWSService": "false"})


def test_giving_up_the_device_takes_the_device(admin):
    user = admin()
    own = resource_of("iam:DeactivateMFADevice", user.name)
    assert not user.may("iam:DeactivateMFADevice", own, aws__MultiFactorAuthPresent="false")


@pytest.mark.parametrize(
    "action", ["iam:CreateAccessKey", "iam:UpdateLoginProfile", "iam:DeleteLoginProfile", "iam:UploadSSHPublicKey"]
)
def test_there_is_no_other_self_service(admin, action):
    user = admin()
    assert not user.may(action, f"arn:aws:iam::{template.PAYER}:user/{user.name}")
