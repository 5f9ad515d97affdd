"""IAM: what AWS refuses and moto takes, and AWS's own policies."""

from __future__ import annotations

import pytest

from cloud import ADMIN, ANYTHING, arn, refused, sized
from orgkit import sandbox

# AWS's own policies


@pytest.mark.parametrize("name", ["AdministratorAccess", "IAMFullAccess", "ReadOnlyAccess", "job-function/Billing"])
def test_the_policies_of_aws_can_be_attached(iam, ada, name):
    policy = f"arn:aws:iam::aws:policy/{name}"
    iam.attach_user_policy(UserName=ada, PolicyArn=policy)
    (attached,) = iam.list_attached_user_policies(UserName=ada)["AttachedPolicies"]
    assert attached == {"PolicyName": name.rpartition("/")[2], "PolicyArn": policy}
    version = iam.get_policy(PolicyArn=policy)["Policy"]["DefaultVersionId"]
    assert iam.get_policy_version(PolicyArn=policy, VersionId=version)["PolicyVersion"]["Document"]["Statement"]


@pytest.mark.parametrize("name", ["Billing", "NoSuchAccess"])
def test_a_policy_that_aws_does_not_have_cannot_be_attached(iam, ada, name):
    answer = refused(iam.attach_user_policy, UserName=ada, PolicyArn=f"arn:aws:iam::aws:policy/{name}")
    assert answer.startswith("NoSuchEntity")
    assert refused(iam.get_policy, PolicyArn=f"arn:aws:iam::aws:policy/{name}").startswith("NoSuchEntity")


@pytest.mark.parametrize(("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_every_partition_has_an_iam_of_its_own(session, iam, region, partition):
    there = session.client("iam", region_name=region)
    made = there.create_user(UserName="Ada")["User"]
    assert made["Arn"] == f"arn:{partition}:iam::{sandbox.PAYER}:user/Ada"
    assert iam.list_users()["Users"] == []


# What is in use


def tie_user_to_group(iam):
    iam.create_group(GroupName="Admins")
    iam.add_user_to_group(GroupName="Admins", UserName="Ada")


def enable_mfa(iam):
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]["SerialNumber"]
    iam.enable_mfa_device(
        UserName="Ada", SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321"
    )
    return serial


@pytest.mark.parametrize(
    ("tie", "what"),
    [
        (tie_user_to_group, "remove users from group"),
        (lambda iam: iam.create_login_profile(UserName="Ada", Password="Correct-1"), "delete login profile"),
        (lambda iam: iam.create_access_key(UserName="Ada"), "delete access keys"),
        (enable_mfa, "remove tokens from principal"),
        (lambda iam: iam.attach_user_policy(UserName="Ada", PolicyArn=ADMIN), "detach all policies"),
        (lambda iam: iam.put_user_policy(UserName="Ada", PolicyName="x", PolicyDocument=ANYTHING), "delete policies"),
    ],
)
def test_a_user_is_not_deleted_with_something_left(iam, ada, tie, what):
    tie(iam)
    assert refused(iam.delete_user, UserName=ada) == f"DeleteConflict: Cannot delete entity, must {what} first."


@pytest.mark.parametrize(
    ("tie", "what"),
    [
        (lambda iam: iam.add_user_to_group(GroupName="Admins", UserName="Ada"), "remove users from group"),
        (lambda iam: iam.attach_group_policy(GroupName="Admins", PolicyArn=ADMIN), "detach all policies"),
        (
            lambda iam: iam.put_group_policy(GroupName="Admins", PolicyName="x", PolicyDocument=ANYTHING),
            "delete policies",
        ),
    ],
)
def test_a_group_is_not_deleted_with_something_left(iam, ada, tie, what):
    iam.create_group(GroupName="Admins")
    tie(iam)
    answer = refused(iam.delete_group, GroupName="Admins")
    assert answer == f"DeleteConflict: Cannot delete entity, must {what} first."


@pytest.mark.parametrize(
    "tie",
    [
        lambda iam, policy: iam.attach_user_policy(UserName="Ada", PolicyArn=policy),
        lambda iam, policy: iam.put_user_permissions_boundary(UserName="Ada", PermissionsBoundary=policy),
        lambda iam, policy: iam.create_policy_version(PolicyArn=policy, PolicyDocument=ANYTHING),
    ],
)
def test_a_policy_is_not_deleted_while_in_use(iam, ada, policy, tie):
    tie(iam, policy)
    assert refused(iam.delete_policy, PolicyArn=policy).startswith("DeleteConflict")


def test_a_user_with_nothing_left_is_deleted(iam, ada):
    serial = enable_mfa(iam)
    assert refused(iam.delete_virtual_mfa_device, SerialNumber=serial).startswith("DeleteConflict")
    iam.deactivate_mfa_device(UserName=ada, SerialNumber=serial)
    iam.delete_virtual_mfa_device(SerialNumber=serial)
    iam.delete_user(UserName=ada)
    assert iam.list_users()["Users"] == []


def test_a_virtual_mfa_device_is_made_before_it_is_enabled(iam, ada):
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
    serial = f"arn:aws:iam::{sandbox.PAYER}:mfa/phone"
    assert refused(iam.enable_mfa_device, UserName=ada, SerialNumber=serial, **codes).startswith("NoSuchEntity")
    enable_mfa(iam)
    assert [it["SerialNumber"] for it in iam.list_mfa_devices(UserName=ada)["MFADevices"]] == [serial]


# Quotas


def attach_eleven(iam, attach):
    for number in range(10):
        attach(iam.create_policy(PolicyName=f"p{number}", PolicyDocument=ANYTHING)["Policy"]["Arn"])
    return lambda: attach(ADMIN)


@pytest.mark.parametrize("kind", ["User", "Group"])
def test_ten_policies_can_be_attached(iam, ada, kind):
    iam.create_group(GroupName="Ada")
    call = iam.attach_user_policy if kind == "User" else iam.attach_group_policy
    one_more = attach_eleven(iam, lambda policy: call(**{f"{kind}Name": "Ada"}, PolicyArn=policy))
    assert refused(one_more) == f"LimitExceeded: Cannot exceed quota for PoliciesPer{kind}: 10"
    call(**{f"{kind}Name": "Ada"}, PolicyArn=arn("p0"))  # what is attached may be attached again


def test_attaching_twice_is_attaching_once(iam, ada, policy):
    for _ in range(2):
        iam.attach_user_policy(UserName=ada, PolicyArn=policy)
    iam.detach_user_policy(UserName=ada, PolicyArn=policy)
    iam.delete_policy(PolicyArn=policy)


@pytest.mark.parametrize(
    ("size", "call"),
    [
        (6144, lambda iam, document: iam.create_policy(PolicyName="p", PolicyDocument=document)),
        (6144, lambda iam, document: iam.create_policy_version(PolicyArn=arn("Own"), PolicyDocument=document)),
        (2048, lambda iam, document: iam.put_user_policy(UserName="Ada", PolicyName="p", PolicyDocument=document)),
        (5120, lambda iam, document: iam.put_group_policy(GroupName="g", PolicyName="p", PolicyDocument=document)),
    ],
)
def test_policies_have_a_size_without_white_space(iam, ada, policy, size, call):
    iam.create_group(GroupName="g")
    assert refused(call, iam=iam, document=sized(size + 1)).startswith("LimitExceeded")
    call(iam, sized(size))


def test_a_user_is_in_ten_groups(iam, ada):
    for number in range(11):
        iam.create_group(GroupName=f"g{number}")
    for number in range(10):
        iam.add_user_to_group(GroupName=f"g{number}", UserName=ada)
    assert refused(iam.add_user_to_group, GroupName="g10", UserName=ada).startswith("LimitExceeded")
    iam.add_user_to_group(GroupName="g9", UserName=ada)


# Names and versions


def test_names_are_not_distinguished_by_case(iam, ada):
    iam.create_group(GroupName="Admins")
    for call, name in ((iam.create_user, {"UserName": "ADA"}), (iam.create_group, {"GroupName": "admins"})):
        assert refused(call, **name).startswith("EntityAlreadyExists")


@pytest.mark.parametrize(
    ("operation", "member", "longest"),
    [("create_user", "UserName", 64), ("create_group", "GroupName", 128), ("create_policy", "PolicyName", 128)],
)
def test_a_name_keeps_to_the_model(iam, operation, member, longest):
    more = {"PolicyDocument": ANYTHING} if operation == "create_policy" else {}
    for name, rule in (("a b", "satisfy regular expression pattern"), ("x" * (longest + 1), "have length less than")):
        said = refused(getattr(iam, operation), **{member: name}, **more)
        assert said.startswith("ValidationError: 1 validation error detected")
        assert f"Member must {rule}" in said
    getattr(iam, operation)(**{member: "x" * longest}, **more)


def test_a_name_that_is_taken_cannot_be_given(iam, ada):
    iam.create_user(UserName="Bob")
    iam.create_group(GroupName="Admins")
    iam.create_group(GroupName="Guests")
    assert refused(iam.update_user, UserName="Bob", NewUserName="ada").startswith("EntityAlreadyExists")
    answer = refused(iam.update_group, GroupName="Guests", NewGroupName="admins")
    assert answer.startswith("EntityAlreadyExists")


def test_a_renamed_user_keeps_what_it_has(iam, ada):
    tie_user_to_group(iam)
    iam.tag_user(UserName=ada, Tags=[{"Key": "Team", "Value": "One"}])
    key = iam.create_access_key(UserName=ada)["AccessKey"]["AccessKeyId"]
    iam.update_user(UserName=ada, NewUserName="Grace", NewPath="/team/")
    assert refused(iam.get_user, UserName=ada).startswith("NoSuchEntity")
    assert iam.get_user(UserName="Grace")["User"]["Tags"] == [{"Key": "Team", "Value": "One"}]
    assert [group["GroupName"] for group in iam.list_groups_for_user(UserName="Grace")["Groups"]] == ["Admins"]
    (found,) = iam.list_access_keys(UserName="Grace")["AccessKeyMetadata"]
    assert (found["AccessKeyId"], found["UserName"]) == (key, "Grace")


def test_a_group_moves_and_is_renamed(iam):
    iam.create_group(GroupName="Admins")
    iam.update_group(GroupName="Admins", NewPath="/team/")
    iam.update_group(GroupName="Admins", NewGroupName="ADMINS")
    assert iam.get_group(GroupName="ADMINS")["Group"]["Path"] == "/team/"


def test_the_default_version_stays_the_default(iam, policy):
    iam.set_default_policy_version(PolicyArn=policy, VersionId="v1")
    assert iam.list_policy_versions(PolicyArn=policy)["Versions"][0]["IsDefaultVersion"] is True
