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


def test_a_new_device_may_have_any_name(admin):
    """It belongs to nobody before it is enabled, which works only on oneself."""
    assert admin().may("iam:CreateVirtualMFADevice", f"arn:aws:iam::{template.PAYER}:mfa/phone")


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
