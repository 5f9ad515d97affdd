"""IAM: what AWS does and moto does not."""

from __future__ import annotations

import json

import pytest
from moto.iam.exceptions import IAMException

from cloud import ANYTHING, Cloud, arn, refused
from orgkit import sandbox
from orgkit.sandbox import iam as pretend
from orgkit.sandbox.iam.passwords import check_password

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.fixture
def iam(session, pretend_aws):
    return Cloud(session).iam


@pytest.fixture
def ada(iam):
    iam.create_user(UserName="Ada")
    return "Ada"


@pytest.fixture
def policy(iam):
    return iam.create_policy(PolicyName="Own", PolicyDocument=ANYTHING)["Policy"]["Arn"]


def details(iam, **filters):
    return iam.get_account_authorization_details(**filters)


def sized(characters: int) -> str:
    """A policy document of so many characters."""
    document = json.loads(ANYTHING)
    document["Statement"][0]["Sid"] = ""
    document["Statement"][0]["Sid"] = "x" * (characters - len("".join(json.dumps(document).split())))
    return json.dumps(document, indent=4)


# Passwords


@pytest.mark.parametrize("required", [True, False])
def test_a_password_that_must_be_changed_says_so(iam, ada, required):
    made = iam.create_login_profile(UserName=ada, Password="Correct-1", PasswordResetRequired=required)
    found = iam.get_login_profile(UserName=ada)["LoginProfile"]
    assert made["LoginProfile"] == found
    assert found["PasswordResetRequired"] is required


def test_a_user_has_one_login_profile(iam, ada):
    iam.create_login_profile(UserName=ada, Password="Correct-1")
    again = refused(iam.create_login_profile, UserName=ada, Password="Correct-2")
    assert again == "EntityAlreadyExists: Login Profile for user Ada already exists."


def test_asking_for_a_new_password_keeps_the_profile(iam, ada):
    iam.create_login_profile(UserName=ada, Password="Correct-1")
    iam.update_login_profile(UserName=ada, PasswordResetRequired=True)
    assert iam.get_login_profile(UserName=ada)["LoginProfile"]["PasswordResetRequired"] is True


def test_a_new_password_alone_leaves_it_to_be_changed(iam, ada):
    iam.create_login_profile(UserName=ada, Password="Correct-1", PasswordResetRequired=True)
    iam.update_login_profile(UserName=ada, Password="Correct-2")
    assert iam.get_login_profile(UserName=ada)["LoginProfile"]["PasswordResetRequired"] is True


def test_a_deleted_login_profile_is_gone(iam, ada):
    iam.create_login_profile(UserName=ada, Password="Correct-1")
    iam.delete_login_profile(UserName=ada)
    assert refused(iam.get_login_profile, UserName=ada).startswith("NoSuchEntity")


@pytest.mark.parametrize("password", ["Short-1", "alllowercase", "lower-case-and-symbols", "ALLUPPER1", "1234567890"])
def test_the_default_password_policy_wants_eight_characters_of_three_kinds(password):
    with pytest.raises(IAMException, match="PasswordPolicyViolation"):
        check_password(password, None)


@pytest.mark.parametrize("password", ["Abcdefg1", "abcdef-1", "ABCDEF-1", "Abcdefg-"])
def test_three_kinds_of_any_make_a_password(password):
    check_password(password, None)


def test_a_password_that_the_policy_does_not_take_is_refused(iam, ada):
    answer = refused(iam.create_login_profile, UserName=ada, Password="short")
    assert answer == "PasswordPolicyViolation: Password does not conform to the account password policy."
    iam.create_login_profile(UserName=ada, Password="Correct-1")
    assert refused(iam.update_login_profile, UserName=ada, Password="short").startswith("PasswordPolicyViolation")


@pytest.mark.parametrize(
    ("rule", "password"),
    [
        ({"MinimumPasswordLength": 20}, "Not-Twenty-1"),
        ({"RequireSymbols": True}, "Abcdefgh1"),
        ({"RequireNumbers": True}, "Abcdefgh-"),
        ({"RequireUppercaseCharacters": True}, "abcdefg-1"),
        ({"RequireLowercaseCharacters": True}, "ABCDEFG-1"),
    ],
)
def test_the_accounts_own_password_policy_holds(iam, ada, rule, password):
    iam.update_account_password_policy(**rule)
    assert refused(iam.create_login_profile, UserName=ada, Password=password).startswith("PasswordPolicyViolation")
    iam.create_login_profile(UserName=ada, Password="Abcdefghijklmnopqrst-1")


# Boundaries


def boundary(iam, user="Ada"):
    return iam.get_user(UserName=user)["User"].get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")


def test_a_user_is_made_with_its_boundary(iam, policy):
    made = iam.create_user(UserName="Ada", PermissionsBoundary=policy)["User"]
    assert made["PermissionsBoundary"]["PermissionsBoundaryArn"] == policy == boundary(iam)


@pytest.mark.parametrize("by_aws", [True, False])
def test_a_boundary_is_put_and_taken(iam, ada, policy, by_aws):
    iam.put_user_permissions_boundary(UserName=ada, PermissionsBoundary=ADMIN if by_aws else policy)
    assert boundary(iam) == (ADMIN if by_aws else policy)
    iam.delete_user_permissions_boundary(UserName=ada)
    assert boundary(iam) is None
    assert refused(iam.delete_user_permissions_boundary, UserName=ada).startswith("NoSuchEntity")


def test_a_boundary_must_exist(iam, ada):
    missing = arn("Missing")
    for call, more in ((iam.create_user, {"UserName": "Bob"}), (iam.put_user_permissions_boundary, {"UserName": ada})):
        assert refused(call, PermissionsBoundary=missing, **more) == (
            f"NoSuchEntity: Scope ARN: {missing} does not exist or is not attachable."
        )


def test_listing_users_leaves_out_the_boundary(iam, ada, policy):
    iam.put_user_permissions_boundary(UserName=ada, PermissionsBoundary=policy)
    assert "PermissionsBoundary" not in iam.list_users()["Users"][0]


# What the account holds


def test_the_details_tell_everything_of_a_user(iam, ada, policy):
    iam.tag_user(UserName=ada, Tags=[{"Key": "Team", "Value": "One"}])
    iam.create_group(GroupName="Admins")
    iam.add_user_to_group(GroupName="Admins", UserName=ada)
    iam.attach_user_policy(UserName=ada, PolicyArn=policy)
    iam.put_user_policy(UserName=ada, PolicyName="inline", PolicyDocument=ANYTHING)
    iam.put_user_permissions_boundary(UserName=ada, PermissionsBoundary=policy)
    (user,) = details(iam)["UserDetailList"]
    assert user["GroupList"] == ["Admins"]
    assert user["AttachedManagedPolicies"] == [{"PolicyName": "Own", "PolicyArn": policy}]
    assert user["UserPolicyList"] == [{"PolicyName": "inline", "PolicyDocument": json.loads(ANYTHING)}]
    assert user["PermissionsBoundary"]["PermissionsBoundaryArn"] == policy
    assert user["Tags"] == [{"Key": "Team", "Value": "One"}]


def test_the_details_tell_everything_of_a_group(iam, policy):
    iam.create_group(GroupName="Admins")
    iam.attach_group_policy(GroupName="Admins", PolicyArn=policy)
    iam.put_group_policy(GroupName="Admins", PolicyName="inline", PolicyDocument=ANYTHING)
    (group,) = details(iam)["GroupDetailList"]
    assert group["GroupName"] == "Admins"
    assert group["AttachedManagedPolicies"] == [{"PolicyName": "Own", "PolicyArn": policy}]
    assert group["GroupPolicyList"] == [{"PolicyName": "inline", "PolicyDocument": json.loads(ANYTHING)}]


def test_the_details_tell_everything_of_a_policy(iam, ada, policy):
    before = iam.get_policy(PolicyArn=policy)["Policy"]["UpdateDate"]
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=sized(200), SetAsDefault=True)
    iam.attach_user_policy(UserName=ada, PolicyArn=policy)
    iam.put_user_permissions_boundary(UserName=ada, PermissionsBoundary=policy)
    (told,) = details(iam)["Policies"]
    assert (told["PolicyName"], told["Arn"], told["DefaultVersionId"]) == ("Own", policy, "v2")
    assert (told["AttachmentCount"], told["PermissionsBoundaryUsageCount"]) == (1, 1)
    assert told["PolicyId"] == iam.get_policy(PolicyArn=policy)["Policy"]["PolicyId"]
    assert {it["VersionId"]: it["IsDefaultVersion"] for it in told["PolicyVersionList"]} == {"v1": False, "v2": True}
    assert told["UpdateDate"] > before


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("User", {"UserDetailList": ["Ada"]}),
        ("Group", {"GroupDetailList": ["Admins"]}),
        ("Role", {"RoleDetailList": ["Guest"]}),
        ("LocalManagedPolicy", {"Policies": ["Own"]}),
        ("AWSManagedPolicy", {"Policies": ["AdministratorAccess"]}),
    ],
)
def test_the_details_come_by_kind(iam, ada, policy, kind, expected):
    iam.create_group(GroupName="Admins")
    iam.attach_group_policy(GroupName="Admins", PolicyArn=ADMIN)
    trust = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}}
    iam.create_role(RoleName="Guest", AssumeRolePolicyDocument=json.dumps(trust))
    found = details(iam, Filter=[kind])
    lists = {name: found[name] for name in found if name.endswith("List") or name == "Policies"}
    named = {name: [it.get(f"{name[:-10]}Name", it.get("PolicyName")) for it in its] for name, its in lists.items()}
    assert {name: names for name, names in named.items() if names} == expected


def test_what_the_account_holds_comes_in_pages(iam):
    for number in range(101):
        iam.create_user(UserName=f"user-{number}")
        iam.create_group(GroupName=f"group-{number}")
    for operation, member, sizes in (
        ("list_users", "Users", [100, 1]),
        ("list_groups", "Groups", [100, 1]),
        ("get_account_authorization_details", "UserDetailList", [100, 1, 0]),
        ("get_account_authorization_details", "GroupDetailList", [0, 99, 2]),
    ):
        pages = list(iam.get_paginator(operation).paginate())
        assert [len(page[member]) for page in pages] == sizes, (operation, member)
        assert [page["IsTruncated"] for page in pages] == [True] * (len(sizes) - 1) + [False]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"Marker": "next"}, "InvalidInput: Invalid Marker: next."),
        ({"MaxItems": 1001}, "ValidationError: MaxItems must be between 1 and 1000."),
    ],
)
def test_a_page_that_cannot_be_is_refused(iam, asked, said):
    assert refused(iam.list_users, **asked) == said


def test_lists_go_by_path(iam):
    iam.create_group(GroupName="Admins", Path="/team/")
    iam.create_user(UserName="Ada", Path="/team/")
    for call, member in ((iam.list_groups, "Groups"), (iam.list_users, "Users")):
        assert len(call(PathPrefix="/team/")[member]) == 1
        assert call(PathPrefix="/other/")[member] == []


def test_the_summary_tells_of_the_root_user_until_a_reset(session):
    def told():
        summary = Cloud(session).iam.get_account_summary()["SummaryMap"]
        return summary["AccountMFAEnabled"], summary["AccountAccessKeysPresent"]

    with sandbox.running():
        assert told() == (0, 0)
        pretend.root_user(mfa=True, access_keys=True)
        assert told() == (1, 1)
    with sandbox.running():
        assert told() == (0, 0)


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
        (enable_mfa, "delete MFA device"),
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
