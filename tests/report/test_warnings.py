"""What status warns of: each warning comes with its hole, and goes with it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from orgkit import procedure
from orgkit.report import by_hand, warnings
from orgkit.report.by_hand import Task
from orgkit.sandbox import iam as pretend_iam
from orgkit.sandbox.organizations import add_responsibility_transfer

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
SCP = "SERVICE_CONTROL_POLICY"
OTHER = "210987654321"


def statement(**members: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*", **members}]})


EVERYTHING = statement(Action="*")


@pytest.fixture
def warned(aws, settings, pretend_aws):
    """What status warns of now, in a payer where nothing is amiss but what the test does."""
    pretend_iam.root_user(mfa=True)

    def now() -> list[str]:
        return list(warnings.find(aws(), settings).warnings)

    assert now() == []
    return now


@pytest.fixture
def bootstrapped(aws, settings, iam, warned):
    """The two admins, with MFA."""
    tuple(procedure.bootstrap(aws(), settings))
    for user in ("BillingAdmin", "OrgAdmin"):
        give_mfa(iam, user)
    assert warned() == []


def give_mfa(iam, user):
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName=user)["VirtualMFADevice"]["SerialNumber"]
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
    iam.enable_mfa_device(UserName=user, SerialNumber=device, **codes)


# The root user


@pytest.mark.parametrize(
    ("kept", "task"),
    [({"mfa": False}, Task.MFA), ({"mfa": True, "access_keys": True}, Task.KEYS)],
)
def test_what_the_root_user_lacks_is_left_to_do_until_it_is_done(aws, settings, warned, kept, task):
    assert warnings.find(aws(), settings).remaining == ()
    pretend_iam.root_user(**kept)
    assert warnings.find(aws(), settings).remaining == (by_hand.tasks(settings)[task],)
    assert warned() == []


def test_what_no_api_shows_is_left_to_do_until_the_settings_say_so(aws, settings, warned, organizations):
    organizations.create_organization(FeatureSet="ALL")
    words = by_hand.tasks(settings)
    left = (words[Task.BILLING], words[Task.QUOTA], words[Task.EMAIL])
    assert warnings.find(aws(), settings).remaining == left
    told = replace(settings, done_by_hand=("billing-access", "account-quota"))
    assert warnings.find(aws(), told).remaining == left[2:]
    organizations.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": OTHER})
    assert warnings.find(aws(), told).remaining == ()


# The two admins


@pytest.mark.parametrize("user", ["BillingAdmin", "OrgAdmin"])
def test_an_admin_without_mfa(warned, bootstrapped, iam, user):
    (device,) = iam.list_mfa_devices(UserName=user)["MFADevices"]
    iam.deactivate_mfa_device(UserName=user, SerialNumber=device["SerialNumber"])
    assert warned() == [f"{user} has no MFA device yet."]


def test_an_admin_that_cannot_sign_in_needs_no_mfa(warned, bootstrapped, iam):
    (device,) = iam.list_mfa_devices(UserName="OrgAdmin")["MFADevices"]
    iam.deactivate_mfa_device(UserName="OrgAdmin", SerialNumber=device["SerialNumber"])
    iam.delete_login_profile(UserName="OrgAdmin")
    assert warned() == []


# Other users of the payer


def by_attached_policy(iam):
    iam.attach_user_policy(UserName="Root2", PolicyArn=ADMINISTRATOR)
    return lambda: iam.detach_user_policy(UserName="Root2", PolicyArn=ADMINISTRATOR)


def by_inline_policy(iam):
    iam.put_user_policy(UserName="Root2", PolicyName="all", PolicyDocument=EVERYTHING)
    return lambda: iam.delete_user_policy(UserName="Root2", PolicyName="all")


def by_group_with_policy(iam):
    iam.create_group(GroupName="Roots")
    iam.attach_group_policy(GroupName="Roots", PolicyArn=ADMINISTRATOR)
    iam.add_user_to_group(UserName="Root2", GroupName="Roots")
    return lambda: iam.remove_user_from_group(UserName="Root2", GroupName="Roots")


def by_group_with_inline_policy(iam):
    iam.create_group(GroupName="Roots")
    iam.put_group_policy(GroupName="Roots", PolicyName="all", PolicyDocument=EVERYTHING)
    iam.add_user_to_group(UserName="Root2", GroupName="Roots")
    return lambda: iam.delete_group_policy(GroupName="Roots", PolicyName="all")


@pytest.mark.parametrize(
    "raise_up", [by_attached_policy, by_inline_policy, by_group_with_policy, by_group_with_inline_policy]
)
def test_another_administrator(warned, iam, raise_up):
    iam.create_user(UserName="Root2")
    assert warned() == []
    lower = raise_up(iam)
    assert warned() == ["User Root2 of the payer has administrator rights: it can undo everything here."]
    lower()
    assert warned() == []


@pytest.mark.parametrize(
    ("document", "is_everything"),
    [
        (EVERYTHING, True),
        (statement(Action=["s3:Get*", "*"]), True),
        (statement(Action="*:*", Resource=["*"]), True),
        (json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}), True),
        (statement(Effect="Deny", Action="*"), False),
        (statement(Action="s3:*"), False),
        (statement(Action="*", Resource="arn:aws:s3:::bucket"), False),
    ],
)
def test_an_inline_policy_is_read(warned, iam, document, is_everything):
    iam.create_user(UserName="Root2")
    iam.put_user_policy(UserName="Root2", PolicyName="more", PolicyDocument=document)
    assert bool(warned()) is is_everything


def test_a_group_of_administrators_without_users_is_no_hole(warned, iam):
    iam.create_group(GroupName="Roots")
    iam.attach_group_policy(GroupName="Roots", PolicyArn=ADMINISTRATOR)
    assert warned() == []


def test_what_is_put_on_the_two_admins_is_drift_and_no_warning(warned, iam):
    iam.create_user(UserName="OrgAdmin")
    iam.attach_user_policy(UserName="OrgAdmin", PolicyArn=ADMINISTRATOR)
    assert warned() == []


# SCPs


def test_an_scp_at_the_root_that_is_not_in_the_settings(warned, bootstrapped, organizations):
    root = organizations.list_roots()["Roots"][0]["Id"]
    made = organizations.create_policy(Name="theirs", Description="", Content=EVERYTHING, Type=SCP)["Policy"]
    policy = made["PolicySummary"]["Id"]
    assert warned() == []
    organizations.attach_policy(PolicyId=policy, TargetId=root)
    assert warned() == [f"SCP theirs ({policy}) at the root is not in orgkit.yaml."]
    organizations.detach_policy(PolicyId=policy, TargetId=root)
    assert warned() == []


# Billing transfers


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
@pytest.mark.parametrize("status", ["REQUESTED", "ACCEPTED", "WITHDRAWN"])
def test_a_billing_transfer(warned, organizations, direction, status):
    organizations.create_organization(FeatureSet="ALL")
    assert warned() == []
    transfer = add_responsibility_transfer(direction, OTHER, status)
    warning = f"The payer takes part in the billing transfer {transfer}: somebody else may own the bill."
    assert warned() == [warning]


@pytest.mark.parametrize("status", ["DECLINED", "CANCELED", "EXPIRED"])
def test_a_billing_transfer_that_came_to_nothing(warned, organizations, status):
    organizations.create_organization(FeatureSet="ALL")
    add_responsibility_transfer("inbound", OTHER, status)
    assert warned() == []


# Everywhere


def test_warnings_only_read(warned, bootstrapped, wire):
    warned()
    assert wire
    assert [call for call in wire if not call.startswith(("Describe", "Get", "List"))] == []
