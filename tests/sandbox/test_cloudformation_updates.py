"""Updates: what changes, what does not, and what is replaced."""

from __future__ import annotations

import json

import pytest

from cloud import ANYTHING, TEMPLATE, arn, given, refused
from orgkit.sandbox import cloudformation as pretend

OTHER = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}
INLINE = {"PolicyName": "inline", "PolicyDocument": json.loads(ANYTHING)}
NOTHING = "ValidationError: No updates are to be performed."


@pytest.fixture
def cloud(deployed):
    return deployed


# Nothing to do


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"Parameters": given(Mfa="true", Admin="Ada", Secret="hush")},
        {"Parameters": [{"ParameterKey": "Mfa", "UsePreviousValue": True}]},
        {"template": TEMPLATE + "# only a comment\n"},
        {"template": TEMPLATE.replace("Two people", "Few people")},
        {"template": TEMPLATE.replace("Type: String, Default: Ada", "Type: String, Default: Ada, MinLength: 1")},
        {"template": TEMPLATE.replace("UserName: !Ref Admin", "UserName: Ada")},
    ],
)
def test_what_comes_out_the_same_is_no_update(cloud, change):
    assert refused(cloud.update, **change) == NOTHING
    assert cloud.cfn.get_template(StackName="people")["TemplateBody"] == TEMPLATE


def test_the_previous_template_and_values_are_no_update(cloud):
    keep = [{"ParameterKey": key, "UsePreviousValue": True} for key in ("Mfa", "Admin", "Secret")]
    more = {"StackName": "people", "UsePreviousTemplate": True, "Capabilities": ["CAPABILITY_NAMED_IAM"]}
    assert refused(cloud.cfn.update_stack, Parameters=keep, **more) == NOTHING


def test_an_update_of_no_stack_is_refused(cloud):
    assert refused(cloud.update, StackName="other") == "ValidationError: Stack [other] does not exist"


# Something to do


@pytest.mark.parametrize(
    "change",
    [
        {"Tags": [{"Key": "Team", "Value": "One"}]},
        {"Parameters": given(Secret="louder")},
        {"template": TEMPLATE.replace("Description: The admin", "Description: That admin")},
        {"template": TEMPLATE.replace("Type: AWS::IAM::User", "Type: AWS::IAM::User\n    Metadata: {Note: x}")},
    ],
)
def test_what_is_not_a_property_is_an_update_too(cloud, change):
    stack = cloud.updated(**change)
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert stack["LastUpdatedTime"] >= stack["CreationTime"]
    assert refused(cloud.update, **change) == NOTHING


def test_capabilities_alone_are_no_update(cloud):
    assert refused(cloud.update, Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]) == NOTHING


def test_an_update_is_watched_like_a_creation(cloud):
    pretend.settle_reads(1)
    cloud.update(Parameters=given(Mfa="false"))
    assert [cloud.stack()["StackStatus"] for _ in range(2)] == [
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_COMPLETE",
    ]


def test_only_what_changes_is_told(cloud):
    before = len(cloud.events())
    cloud.update(Parameters=given(Mfa="false"))
    assert cloud.events()[before:] == [
        "people UPDATE_IN_PROGRESS",
        "Admins UPDATE_IN_PROGRESS",
        "Admins UPDATE_COMPLETE",
        "people UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "MfaPolicy DELETE_IN_PROGRESS",
        "MfaPolicy DELETE_COMPLETE",
        "people UPDATE_COMPLETE",
    ]
    listed = cloud.cfn.list_stack_resources(StackName="people")["StackResourceSummaries"]
    assert {it["LogicalResourceId"]: it["ResourceStatus"] for it in listed} == {
        "Rights": "CREATE_COMPLETE",
        "Admins": "UPDATE_COMPLETE",
        "Ada": "CREATE_COMPLETE",
    }


def test_a_condition_makes_and_deletes_resources(cloud):
    both = cloud.people()
    cloud.update(Parameters=given(Mfa="false"))
    assert arn("Mfa") not in cloud.people()
    cloud.update(Parameters=given(Mfa="true"))
    assert cloud.people() == both


def test_a_changed_document_is_a_new_default_version(cloud):
    for action in "abcdefg":
        cloud.update(TEMPLATE.replace("organizations:List*", f"organizations:{action}*"))
    versions = cloud.iam.list_policy_versions(PolicyArn=arn("Rights"))["Versions"]
    default = [version["VersionId"] for version in versions if version["IsDefaultVersion"]]
    assert (len(versions), default) == (5, ["v8"])
    document = cloud.iam.get_policy_version(PolicyArn=arn("Rights"), VersionId="v8")["PolicyVersion"]["Document"]
    assert document["Statement"][0]["Action"][0] == "organizations:g*"


def test_what_others_changed_stays(cloud):
    cloud.iam.attach_group_policy(GroupName="Admins", PolicyArn="arn:aws:iam::aws:policy/IAMFullAccess")
    cloud.update(Parameters=given(Mfa="false"))
    attached = cloud.iam.list_attached_group_policies(GroupName="Admins")["AttachedPolicies"]
    assert {policy["PolicyName"] for policy in attached} == {"Rights", "IAMFullAccess"}


def test_what_others_took_off_already_need_not_be_taken_off(cloud):
    cloud.iam.detach_group_policy(GroupName="Admins", PolicyArn=arn("Mfa"))
    assert cloud.updated(Parameters=given(Mfa="false"))["StackStatus"] == "UPDATE_COMPLETE"


@pytest.mark.parametrize(
    ("sent", "left"),
    [
        ({}, {"Team": "One", "Keep": "1"}),
        ({"Tags": [{"Key": "Team", "Value": "Two"}]}, {"Team": "Two"}),
        ({"Tags": []}, {}),
    ],
)
def test_tags_of_the_stack_go_to_its_users(cloud, sent, left):
    cloud.update(Tags=[{"Key": "Team", "Value": "One"}, {"Key": "Keep", "Value": "1"}])
    cloud.update(Parameters=given(Secret="louder"), **sent)
    assert {tag["Key"]: tag["Value"] for tag in cloud.iam.list_user_tags(UserName="Ada")["Tags"]} == left


def one(kind: str, **properties) -> str:
    """A template with one resource."""
    return json.dumps({"Resources": {"One": {"Type": f"AWS::IAM::{kind}", "Properties": properties}}})


@pytest.mark.parametrize(
    ("kind", "name", "first", "second"),
    [
        ("User", "Path", "/a/", "/b/"),
        ("User", "PermissionsBoundary", arn("Rights"), arn("Mfa")),
        ("User", "Groups", ["Admins"], []),
        ("User", "ManagedPolicyArns", [arn("Rights")], [arn("Mfa"), arn("Rights")]),
        ("User", "Policies", [INLINE], [{**INLINE, "PolicyDocument": json.dumps(OTHER)}]),
        ("User", "Tags", [{"Key": "Team", "Value": "One"}], [{"Key": "Team", "Value": "Two"}]),
        ("Group", "Path", "/a/", "/b/"),
        ("Group", "ManagedPolicyArns", [arn("Rights")], [arn("Mfa"), arn("Rights")]),
        ("Group", "Policies", [INLINE], [{**INLINE, "PolicyName": "other"}, INLINE]),
        ("ManagedPolicy", "Groups", ["Admins"], []),
        ("ManagedPolicy", "Users", ["Ada"], []),
        ("ManagedPolicy", "PolicyDocument", json.loads(ANYTHING), OTHER),
    ],
)
def test_a_property_is_set_and_changed_and_taken_away(cloud, kind, name, first, second):
    plain = {f"{kind}Name": "One", **({"PolicyDocument": OTHER} if kind == "ManagedPolicy" else {})}
    cloud.create(one(kind, **plain), StackName="single")
    seen = [cloud.people()]
    for value in ({name: first}, {name: second}, {name: first}, {}):
        cloud.update(one(kind, **{**plain, **value}), StackName="single")
        seen.append(cloud.people())
    assert seen[0] == seen[4]
    assert seen[1] == seen[3]
    assert seen[0] != seen[1] != seen[2]


def test_what_a_template_no_longer_has_is_forgotten_even_if_it_cannot_be_deleted(cloud):
    group = "Resources:\n  One: {Type: AWS::IAM::Group, Properties: {GroupName: One}}"
    cloud.update(TEMPLATE.replace("Resources:", group))
    cloud.iam.create_user(UserName="Grace")
    cloud.iam.add_user_to_group(GroupName="One", UserName="Grace")
    assert cloud.updated()["StackStatus"] == "UPDATE_COMPLETE"
    assert "must remove users from group first" in cloud.reasons("DELETE_FAILED")["One"]
    assert refused(cloud.update) == NOTHING
    cloud.cfn.delete_stack(StackName="people")
    assert "does not exist" in refused(cloud.stack)
    assert {user["UserName"] for user in cloud.iam.get_group(GroupName="One")["Users"]} == {"Grace"}


def test_a_policy_goes_with_all_its_versions(cloud):
    cloud.update(TEMPLATE.replace("organizations:List*", "organizations:*"))
    cloud.cfn.delete_stack(StackName="people")
    assert cloud.people() == {}


# Replaced


def test_a_new_name_is_a_new_user(cloud):
    cloud.iam.create_login_profile(UserName="Ada", Password="Correct-1")
    cloud.update(Parameters=given(Admin="Grace"))
    assert [user["UserName"] for user in cloud.iam.get_group(GroupName="Admins")["Users"]] == ["Grace"]
    assert refused(cloud.iam.get_user, UserName="Ada").startswith("NoSuchEntity")
    assert refused(cloud.iam.get_login_profile, UserName="Grace").startswith("NoSuchEntity")
    assert cloud.stack()["Outputs"][0]["OutputValue"].endswith("user/Grace")
    ada = cloud.cfn.describe_stack_resource(StackName="people", LogicalResourceId="Ada")["StackResourceDetail"]
    assert (ada["PhysicalResourceId"], ada["ResourceStatus"]) == ("Grace", "UPDATE_COMPLETE")


def test_what_is_referred_to_follows_its_new_name(cloud):
    cloud.update(TEMPLATE.replace("GroupName: Admins", "GroupName: Owners"))
    assert [group["GroupName"] for group in cloud.iam.list_groups_for_user(UserName="Ada")["Groups"]] == ["Owners"]
    assert refused(cloud.iam.get_group, GroupName="Admins").startswith("NoSuchEntity")
    assert cloud.drifted() == {}


def test_an_old_resource_that_cannot_be_deleted_is_left(cloud):
    serial = cloud.iam.create_virtual_mfa_device(VirtualMFADeviceName="x")["VirtualMFADevice"]["SerialNumber"]
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
    cloud.iam.enable_mfa_device(UserName="Ada", SerialNumber=serial, **codes)
    assert cloud.updated(Parameters=given(Admin="Grace"))["StackStatus"] == "UPDATE_COMPLETE"
    assert "must remove tokens from principal first" in cloud.reasons("DELETE_FAILED")["Ada"]
    assert {user["UserName"] for user in cloud.iam.list_users()["Users"]} == {"Ada", "Grace"}


def test_what_has_a_name_of_its_own_is_not_replaced_under_it(cloud):
    stack = cloud.updated(TEMPLATE.replace("ManagedPolicyName: Rights", "ManagedPolicyName: Rights\n      Path: /x/"))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert cloud.reasons("UPDATE_FAILED")["Rights"] == (
        "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
        "Rename Rights and update the stack again."
    )


def test_a_resource_keeps_its_type(cloud):
    policy = f"Type: AWS::IAM::ManagedPolicy\n    Properties: {{PolicyDocument: {ANYTHING}}}"
    head, tail = TEMPLATE.split("Type: AWS::IAM::Group")
    answer = refused(cloud.update, template=head + policy + "\n  Rights:" + tail.split("  Rights:")[1])
    assert "Update of resource type is not permitted" in answer


def test_a_retained_resource_is_left_when_it_goes(cloud):
    cloud.update(TEMPLATE.replace("Condition: MfaRequired", "Condition: MfaRequired\n    DeletionPolicy: Retain"))
    cloud.update(TEMPLATE, Parameters=given(Mfa="false"))
    assert arn("Mfa") in cloud.people()
    assert "MfaPolicy DELETE_SKIPPED" in cloud.events()
