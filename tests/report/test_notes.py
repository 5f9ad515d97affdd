"""What status warns of: each warning comes with its hole, and goes with it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from orgkit import procedure
from orgkit.report import notes
from orgkit.sandbox import clock
from orgkit.sandbox import iam as pretend_iam
from orgkit.sandbox.organizations import add_responsibility_transfer

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
SCP = "SERVICE_CONTROL_POLICY"
OTHER = "210987654321"


def statement(**members: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*", **members}]})


EVERYTHING = statement(Action="*")
OF_THE_PAYER = ("iam", "identitystore", "organizations", "sso", "sso-directory", "sts")


@pytest.fixture
def warned(aws, settings, pretend_aws):
    """What status warns of now, in a payer where nothing is amiss but what the test does."""
    pretend_iam.root_user(mfa=True)

    def now() -> list[str]:
        return list(notes.find(aws(), settings).warnings)

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


@pytest.mark.parametrize("user", ["BillingAdmin", "OrgAdmin"])
def test_an_access_key_of_an_admin_is_warned_of_until_it_is_deleted(bootstrapped, warned, iam, user):
    key = iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
    assert warned() == [f"{user} has an access key ({key}), which never expires: delete it."]
    iam.delete_access_key(UserName=user, AccessKeyId=key)
    assert warned() == []


def test_an_identity_provider_that_is_not_there_is_warned_of_until_it_is(aws, settings, bootstrapped, iam):
    provider = f"arn:aws:iam::{settings.account}:saml-provider/Example"
    known = replace(settings, iam=replace(settings.iam, org_admin_from=provider))

    def told() -> list[str]:
        return [line for line in notes.find(aws(), known).warnings if "Identity provider" in line]

    (line,) = told()
    assert line.startswith(f"Identity provider {provider} is not there, so nobody can take its role")
    iam.create_saml_provider(Name="Example", SAMLMetadataDocument="x" * 1000)
    assert told() == []


# The root user


@pytest.mark.parametrize(
    ("kept", "task"),
    [({"mfa": False}, "mfa"), ({"mfa": True, "access_keys": True}, "keys")],
)
def test_what_the_root_user_lacks_is_left_to_do_until_it_is_done(aws, settings, warned, kept, task):
    assert notes.find(aws(), settings).remaining == ()
    pretend_iam.root_user(**kept)
    assert notes.find(aws(), settings).remaining == (notes.tasks(settings)[task]["to_do"],)
    assert warned() == []


def test_what_no_api_shows_is_left_to_do_until_the_settings_say_so(aws, settings, warned, organizations):
    organizations.create_organization(FeatureSet="ALL")
    left = tuple(notes.tasks(settings)[name]["to_do"] for name in ("billing", "quota", "email"))
    assert notes.find(aws(), settings).remaining == left
    told = replace(settings, done_by_hand=("billing-access", "account-quota"))
    assert notes.find(aws(), told).remaining == left[2:]
    organizations.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": OTHER})
    assert notes.find(aws(), told).remaining == ()


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
    (warning,) = warned()
    assert "can take the payer over" in warning
    assert "Root2" in warning
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
        (statement(Action="iam:Put*Policy"), True),
        (statement(Action="IAM:createaccesskey"), True),
        (statement(Action="iam:CreateAccessKey", Resource="arn:aws:iam::*:user/${aws:username}"), False),
        (statement(NotAction="s3:*"), True),
        (statement(NotAction=[f"{service}:*" for service in OF_THE_PAYER]), False),
        (statement(Action="sts:AssumeRole"), True),
        (statement(Action="sts:AssumeRole", Resource="arn:aws:iam::123456789012:role/Reader"), False),
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


# Ways into the payer


def trust(**principal):
    allowed = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [allowed]})


def user_by_customer_policy(iam, _):
    document = statement(Action=["s3:Get*", "iam:CreatePolicyVersion"])
    arn = iam.create_policy(PolicyName="Versions", PolicyDocument=document)["Policy"]["Arn"]
    iam.create_user(UserName="Mallory")
    iam.attach_user_policy(UserName="Mallory", PolicyArn=arn)
    return "User Mallory can take the payer over, by policy Versions, which allows iam:CreatePolicyVersion."


def user_by_policy_of_aws(iam, _):
    iam.create_user(UserName="Mallory")
    iam.attach_user_policy(UserName="Mallory", PolicyArn="arn:aws:iam::aws:policy/IAMFullAccess")
    return "User Mallory can take the payer over, by AWS's policy IAMFullAccess."


def group(iam, _):
    iam.create_user(UserName="Mallory")
    iam.create_group(GroupName="Power")
    iam.add_user_to_group(UserName="Mallory", GroupName="Power")
    iam.attach_group_policy(GroupName="Power", PolicyArn="arn:aws:iam::aws:policy/PowerUserAccess")
    return "Group Power can take the payer over, by AWS's policy PowerUserAccess. In the group: Mallory."


def role(iam, who, path="/"):
    iam.create_role(RoleName="Ops", AssumeRolePolicyDocument=trust(**who), Path=path)
    iam.attach_role_policy(RoleName="Ops", PolicyArn=ADMINISTRATOR)
    return "Role Ops can take the payer over, by AWS's policy AdministratorAccess. May assume it: "


def role_of_another_account(iam, _):
    return role(iam, {"AWS": f"arn:aws:iam::{OTHER}:root"}) + f"account {OTHER}."


def role_of_an_identity_provider(iam, _):
    who = {"Federated": "arn:aws:iam::123456789012:saml-provider/Campus"}
    return role(iam, who) + "users of the identity provider saml-provider/Campus."


def role_of_identity_center(iam, _):
    path = "/aws-reserved/sso.amazonaws.com/"
    who = {"Federated": "arn:aws:iam::123456789012:saml-provider/AWSSSO_x"}
    return role(iam, who, path) + "whomever Identity Center assigns it to."


def resource_policy(_, organizations):
    organizations.create_organization(FeatureSet="ALL")
    allowed = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"},
        "Action": "organizations:AttachPolicy",
        "Resource": "*",
    }
    organizations.put_resource_policy(Content=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))
    return f"The organization's resource policy lets arn:aws:iam::{OTHER}:root call organizations:AttachPolicy."


def trusted_service(_, organizations):
    organizations.create_organization(FeatureSet="ALL")
    organizations.enable_aws_service_access(ServicePrincipal="account.amazonaws.com")
    return "The service account.amazonaws.com is trusted in the organization: its administrator edits contacts"


def delegated_administrator(_, organizations):
    organizations.create_organization(FeatureSet="ALL")
    organizations.enable_aws_service_access(ServicePrincipal="access-analyzer.amazonaws.com")
    account = organizations.create_account(AccountName="Lab", Email="lab@example.edu")["CreateAccountStatus"][
        "AccountId"
    ]
    organizations.register_delegated_administrator(AccountId=account, ServicePrincipal="access-analyzer.amazonaws.com")
    return f"Account {account} (Lab) administers services for the whole organization"


@pytest.mark.parametrize(
    "plant",
    [
        user_by_customer_policy,
        user_by_policy_of_aws,
        group,
        role_of_another_account,
        role_of_an_identity_provider,
        role_of_identity_center,
        resource_policy,
        trusted_service,
        delegated_administrator,
    ],
)
def test_every_way_into_the_payer_is_named(warned, iam, organizations, plant):
    expected = plant(iam, organizations)
    (warning,) = warned()
    assert warning.startswith(expected)


@pytest.mark.parametrize(
    "action",
    [
        "organizations:DisablePolicyType",
        "organizations:UpdatePolicy",
        "identitystore:CreateGroupMembership",
        "sso-directory:AddMemberToGroup",
        "sso-directory:UpdatePassword",
        "sso:PutInlinePolicyToPermissionSet",
        "sts:AssumeRoot",
    ],
)
def test_who_may_lift_the_guards_or_give_rights_elsewhere_is_named(warned, iam, action):
    iam.create_user(UserName="Mallory")
    iam.put_user_policy(UserName="Mallory", PolicyName="Ops", PolicyDocument=statement(Action=action))
    assert warned() == [f"User Mallory can take the payer over, by policy Ops, which allows {action}."]


def test_a_role_of_a_service_of_aws_is_no_way_in(warned, iam):
    iam.create_service_linked_role(AWSServiceName="support.amazonaws.com")
    assert warned() == []


def test_a_role_that_may_not_take_over_is_not_named(warned, iam):
    iam.create_role(RoleName="Reader", AssumeRolePolicyDocument=trust(AWS=f"arn:aws:iam::{OTHER}:root"))
    iam.attach_role_policy(RoleName="Reader", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    assert warned() == []


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ({"AWS": "arn:aws:iam::123456789012:root"}, "users and roles of the payer."),
        ({"AWS": "123456789012"}, "users and roles of the payer."),
        ({"AWS": "arn:aws:iam::123456789012:user/Mallory"}, "user/Mallory."),
        ({"AWS": "*"}, "anybody."),
        ({"Service": "ec2.amazonaws.com"}, "the service ec2.amazonaws.com."),
    ],
)
def test_who_may_assume_a_role_is_said_in_words(warned, iam, who, words):
    iam.create_user(UserName="Mallory")
    expected = role(iam, who)
    assert warned() == [expected + words]


def test_trusted_roles_are_known_and_must_be_there(aws, settings, warned, iam):
    trusted = replace(settings, trusted_roles=("Ops",))
    said = "trusted_roles names Ops, but no user, group or role of the payer has that name."
    assert notes.find(aws(), trusted).warnings == (said,)
    role(iam, {"AWS": f"arn:aws:iam::{OTHER}:root"})
    assert notes.find(aws(), trusted).warnings == ()


# SCPs


def test_an_scp_at_the_root_that_is_not_in_the_settings(warned, bootstrapped, organizations):
    root = organizations.list_roots()["Roots"][0]["Id"]
    made = organizations.create_policy(Name="theirs", Description="", Content=EVERYTHING, Type=SCP)["Policy"]
    policy = made["PolicySummary"]["Id"]
    assert warned() == []
    organizations.attach_policy(PolicyId=policy, TargetId=root)
    assert warned() == [f"SCP theirs ({policy}) at the root is not in orgkit.yaml: unknown."]
    organizations.detach_policy(PolicyId=policy, TargetId=root)
    assert warned() == []


# Billing transfers


@pytest.mark.parametrize(("direction", "who"), [("inbound", "this payer"), ("outbound", OTHER)])
@pytest.mark.parametrize(
    ("status", "verb"), [("REQUESTED", "is asked to pay"), ("ACCEPTED", "pays"), ("WITHDRAWN", "pays, until")]
)
def test_a_billing_transfer(warned, organizations, direction, who, status, verb):
    organizations.create_organization(FeatureSet="ALL")
    assert warned() == []
    transfer = add_responsibility_transfer(direction, OTHER, status)
    (warning,) = warned()
    assert warning.startswith(f"Billing transfer {transfer}: {who} {verb}")


@pytest.mark.parametrize(("days", "over"), [(-1, True), (1, False)])
def test_a_billing_transfer_is_warned_of_until_it_has_ended(warned, organizations, days, over):
    organizations.create_organization(FeatureSet="ALL")
    add_responsibility_transfer("inbound", OTHER, end=clock.now() + timedelta(days=days))
    assert any("Billing transfer" in warning for warning in warned()) != over


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
