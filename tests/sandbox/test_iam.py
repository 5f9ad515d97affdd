"""IAM: passwords, boundaries and what the account holds, where AWS does what moto does not."""

from __future__ import annotations

import json

import pytest
from moto.iam.exceptions import IAMException

from cloud import ADMIN, ANYTHING, Cloud, arn, refused, sized
from orgkit import sandbox
from orgkit.sandbox import iam as pretend
from orgkit.sandbox.iam.backend import check_password


def details(iam, **filters):
    return iam.get_account_authorization_details(**filters)


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
        ({"Marker": "next"}, "InvalidInput: Invalid marker for pagination."),
        (
            {"MaxItems": 1001},
            "ValidationError: 1 validation error detected: Value at 'maxItems' failed to satisfy constraint: "
            "Member must have value less than or equal to 1000",
        ),
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
