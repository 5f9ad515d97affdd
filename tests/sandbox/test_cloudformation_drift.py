"""Drift: what detection sees and does not see, and what a drift-aware change set brings back."""

from __future__ import annotations

import json

import pytest

from cloud import (
    ADMIN,
    ANYTHING,
    TEMPLATE,
    arn,
    delete_group,
    delete_policy,
    delete_user,
    free,
    given,
    join_others,
    leave,
    refused,
    widen,
)
from orgkit.sandbox import cloudformation as pretend

GROUPS = "arn:aws:iam::123456789012:group"


@pytest.fixture
def cloud(deployed):
    return deployed


TAMPERINGS = [
    (join_others, {"Ada": "MODIFIED"}),
    (leave, {"Ada": "MODIFIED"}),
    (free, {"Ada": "MODIFIED"}),
    (lambda iam: iam.put_user_permissions_boundary(UserName="Ada", PermissionsBoundary=ADMIN), {"Ada": "MODIFIED"}),
    (delete_user, {"Ada": "DELETED"}),
    (lambda iam: iam.update_user(UserName="Ada", NewUserName="Grace"), {"Ada": "DELETED"}),
    (lambda iam: iam.attach_group_policy(GroupName="Admins", PolicyArn=ADMIN), {"Admins": "MODIFIED"}),
    (lambda iam: iam.detach_group_policy(GroupName="Admins", PolicyArn=arn("Mfa")), {"Admins": "MODIFIED"}),
    (delete_group, {"Admins": "DELETED", "Ada": "MODIFIED"}),
    (lambda iam: iam.update_group(GroupName="Admins", NewGroupName="Owners"), {"Admins": "DELETED", "Ada": "MODIFIED"}),
    (widen, {"Rights": "MODIFIED"}),
    (delete_policy, {"Rights": "DELETED", "Admins": "MODIFIED", "Ada": "MODIFIED"}),
]


@pytest.mark.parametrize(("tamper", "expected"), TAMPERINGS)
def test_drift_in_what_the_template_names_is_found(cloud, tamper, expected):
    tamper(cloud.iam)
    assert cloud.drifted() == expected
    assert cloud.stack()["DriftInformation"]["StackDriftStatus"] == "DRIFTED"


@pytest.mark.parametrize(("tamper", "expected"), TAMPERINGS)
def test_a_drift_aware_change_set_brings_everything_back(cloud, tamper, expected):
    before = {name: entity for name, entity in cloud.people().items() if name != f"{GROUPS}/Others"}
    tamper(cloud.iam)
    assert cloud.reverted()["StackStatus"] == "UPDATE_COMPLETE"
    assert cloud.drifted() == {}
    assert {name: cloud.people()[name] for name in before} == before


@pytest.mark.parametrize(
    "tamper",
    [
        lambda iam: iam.put_group_policy(GroupName="Admins", PolicyName="x", PolicyDocument=ANYTHING),
        lambda iam: iam.put_user_policy(UserName="Ada", PolicyName="x", PolicyDocument=ANYTHING),
        lambda iam: iam.attach_user_policy(UserName="Ada", PolicyArn=ADMIN),
        lambda iam: iam.tag_user(UserName="Ada", Tags=[{"Key": "Team", "Value": "One"}]),
        lambda iam: iam.create_login_profile(UserName="Ada", Password="Correct-1"),
        lambda iam: iam.update_user(UserName="Ada", NewPath="/x/"),
        lambda iam: iam.create_policy_version(PolicyArn=arn("Rights"), PolicyDocument=ANYTHING),
    ],
)
def test_what_the_template_does_not_name_is_not_looked_at(cloud, tamper):
    tamper(cloud.iam)
    assert cloud.drifted() == {}
    assert cloud.stack()["DriftInformation"]["StackDriftStatus"] == "IN_SYNC"
    change_set = cloud.change_set(TemplateBody=TEMPLATE, DeploymentMode="REVERT_DRIFT")
    assert change_set["Status"] == "FAILED"


def test_a_stack_as_deployed_is_in_sync(cloud):
    drifts = cloud.drift()
    assert {name: drift["StackResourceDriftStatus"] for name, drift in drifts.items()} == dict.fromkeys(
        ("Ada", "Admins", "Rights", "MfaPolicy"), "IN_SYNC"
    )
    ada = drifts["Ada"]
    expected = {"Groups": ["Admins"], "PermissionsBoundary": arn("Rights"), "UserName": "Ada"}
    assert json.loads(ada["ExpectedProperties"]) == json.loads(ada["ActualProperties"]) == expected
    assert ada["PropertyDifferences"] == []


@pytest.mark.parametrize(
    ("tamper", "resource", "path", "expected", "actual", "kind"),
    [
        (join_others, "Ada", "/Groups/1", "null", "Others", "ADD"),
        (leave, "Ada", "/Groups/0", "Admins", "null", "REMOVE"),
        (free, "Ada", "/PermissionsBoundary", arn("Rights"), "null", "REMOVE"),
        (TAMPERINGS[3][0], "Ada", "/PermissionsBoundary", arn("Rights"), ADMIN, "NOT_EQUAL"),
        (TAMPERINGS[6][0], "Admins", "/ManagedPolicyArns/2", "null", ADMIN, "ADD"),
        (
            widen,
            "Rights",
            "/PolicyDocument/Statement/0/Action",
            '["organizations:List*","organizations:Describe*"]',
            "*",
            "NOT_EQUAL",
        ),
    ],
)
def test_a_difference_tells_where_and_how(cloud, tamper, resource, path, expected, actual, kind):
    tamper(cloud.iam)
    (difference,) = cloud.drift()[resource]["PropertyDifferences"]
    assert difference == {
        "PropertyPath": path,
        "ExpectedValue": expected,
        "ActualValue": actual,
        "DifferenceType": kind,
    }


def test_a_deleted_resource_has_no_properties(cloud):
    delete_user(cloud.iam)
    assert not {"ExpectedProperties", "ActualProperties", "PropertyDifferences"} & set(cloud.drift()["Ada"])


def test_the_order_of_a_list_is_no_drift(cloud):
    for name in ("Rights", "Mfa"):
        cloud.iam.detach_group_policy(GroupName="Admins", PolicyArn=arn(name))
    for name in ("Mfa", "Rights"):
        cloud.iam.attach_group_policy(GroupName="Admins", PolicyArn=arn(name))
    assert cloud.drifted() == {}


def test_a_document_written_as_text_is_no_drift(cloud):
    text = json.dumps(ANYTHING)
    cloud.update(f"""
        Resources:
          Admins:
            Type: AWS::IAM::Group
            Properties: {{GroupName: Admins, Policies: [{{PolicyName: inline, PolicyDocument: {text}}}]}}
          Rights:
            Type: AWS::IAM::ManagedPolicy
            Properties: {{ManagedPolicyName: Rights, PolicyDocument: {text}}}
    """)
    assert cloud.drifted() == {}


def test_an_older_version_made_the_default_is_drift(cloud):
    cloud.update(TEMPLATE.replace("organizations:List*", "organizations:*"))
    cloud.iam.set_default_policy_version(PolicyArn=arn("Rights"), VersionId="v1")
    assert cloud.drifted() == {"Rights": "MODIFIED"}


def test_drift_can_be_asked_for_by_status_and_in_pages(cloud):
    free(cloud.iam)
    cloud.drift()
    ask = cloud.cfn.describe_stack_resource_drifts
    (only,) = ask(StackName="people", StackResourceDriftStatusFilters=["MODIFIED"])["StackResourceDrifts"]
    assert only["LogicalResourceId"] == "Ada"
    first = ask(StackName="people", MaxResults=3)
    rest = ask(StackName="people", MaxResults=3, NextToken=first["NextToken"])
    assert (len(first["StackResourceDrifts"]), len(rest["StackResourceDrifts"])) == (3, 1)
    assert "NextToken" not in rest


def test_some_resources_can_be_checked_alone(cloud):
    pretend.settle_reads(0, drift=0)
    detection = cloud.cfn.detect_stack_drift(StackName="people", LogicalResourceIds=["Admins", "Rights"])
    cloud.cfn.describe_stack_drift_detection_status(StackDriftDetectionId=detection["StackDriftDetectionId"])
    found = cloud.cfn.describe_stack_resource_drifts(StackName="people")["StackResourceDrifts"]
    assert {drift["LogicalResourceId"] for drift in found} == {"Admins", "Rights"}


def test_the_stacks_own_tags_are_not_looked_at(cloud):
    cloud.update(Tags=[{"Key": "Team", "Value": "One"}])
    cloud.iam.untag_user(UserName="Ada", TagKeys=["Team"])
    assert cloud.drifted() == {}


def test_a_detection_takes_a_look_and_tells_what_was_when_it_began(cloud):
    pretend.settle_reads(0, drift=2)
    detection = cloud.cfn.detect_stack_drift(StackName="people")["StackDriftDetectionId"]
    free(cloud.iam)
    told = [
        cloud.cfn.describe_stack_drift_detection_status(StackDriftDetectionId=detection)["DetectionStatus"]
        for _ in range(3)
    ]
    assert told == ["DETECTION_IN_PROGRESS"] * 2 + ["DETECTION_COMPLETE"]
    assert cloud.stack()["DriftInformation"]["StackDriftStatus"] == "IN_SYNC"


def test_a_stack_is_looked_at_by_one_detection_at_a_time(cloud):
    pretend.settle_reads(0, drift=2)
    cloud.cfn.detect_stack_drift(StackName=cloud.name)
    for _ in range(2):
        assert "already in progress" in refused(cloud.cfn.detect_stack_drift, StackName=cloud.name)
    assert cloud.drifted() == {}


def test_an_unknown_detection_is_refused(cloud):
    call = cloud.cfn.describe_stack_drift_detection_status
    assert refused(call, StackDriftDetectionId="none").startswith("ValidationError")


@pytest.mark.parametrize("status", ["UPDATE_IN_PROGRESS", "ROLLBACK_COMPLETE", "DELETE_FAILED", "REVIEW_IN_PROGRESS"])
def test_drift_is_not_looked_for_in_every_status(cloud, status):
    pretend.force_status("people", status)
    assert "Drift detection cannot be performed" in refused(cloud.cfn.detect_stack_drift, StackName="people")


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_FAILED", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"])
def test_drift_is_looked_for_in_statuses_that_are_good_enough(cloud, status):
    pretend.force_status("people", status)
    assert cloud.drifted() == {}


def test_an_update_forgets_what_was_detected(cloud):
    cloud.drift()
    cloud.update(Parameters=given(Mfa="false"))
    assert cloud.stack()["DriftInformation"]["StackDriftStatus"] == "NOT_CHECKED"


def test_what_other_resources_of_the_stack_attach_is_no_drift(cloud):
    more = """
  Extra:
    Type: AWS::IAM::ManagedPolicy
    Properties: {ManagedPolicyName: Extra, Groups: [!Ref Admins], Users: [!Ref Ada], PolicyDocument: %s}
Outputs:"""
    template = TEMPLATE.replace("Outputs:", (more % ANYTHING).lstrip("\n"))
    cloud.update(template)
    assert cloud.drifted() == {}
    assert cloud.change_set(TemplateBody=template, DeploymentMode="REVERT_DRIFT")["Status"] == "FAILED"
