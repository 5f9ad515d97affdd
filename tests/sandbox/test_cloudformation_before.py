"""What CloudFormation validates before it deploys: it ends as recorded, and DescribeEvents alone tells the reason."""

from __future__ import annotations

from typing import Any

import pytest

from cloud import ANYTHING, NAMED_IAM, TEMPLATE, Cloud, arn
from orgkit.sandbox import cloudformation

TAKEN = "Resource of type 'AWS::IAM::ManagedPolicy' with identifier 'Rights' already exists."
NAMES = {"StackName": "people", "ChangeSetName": "changes"}
MORE = """\
  More:
    Type: AWS::IAM::ManagedPolicy
    Properties: {ManagedPolicyName: More, PolicyDocument: {Version: 2012-10-17, Statement: []}}
"""


@pytest.fixture
def taken(cloud: Cloud) -> Cloud:
    """One of the names of the template's managed policies is taken."""
    cloud.iam.create_policy(PolicyName="Rights", PolicyDocument=ANYTHING)
    return cloud


def invalid(cloud: Cloud, **which: str) -> list[tuple[str, str, str]]:
    """What was not let pass: the resource, where in it, and why."""
    told = cloud.cfn.describe_events(**which, Filters={"FailedEvents": True})["OperationEvents"]
    return [
        (event["LogicalResourceId"], event["ValidationPath"], event["ValidationStatusReason"])
        for event in told
        if event["EventType"] == "VALIDATION_ERROR"
    ]


def test_a_stack_is_rolled_back_before_anything_is_made(taken: Cloud) -> None:
    assert taken.created()["StackStatus"] == "ROLLBACK_COMPLETE"
    statuses = ["CREATE_IN_PROGRESS", "CREATE_FAILED", "ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE"]
    assert taken.events() == [f"people {status}" for status in statuses]
    assert set(taken.people()) == {arn("Rights")}


def test_the_reason_is_in_the_events_of_the_operation_alone(taken: Cloud) -> None:
    taken.created()
    assert TAKEN not in str(taken.cfn.describe_stack_events(StackName="people"))
    assert invalid(taken, StackName="people") == [("Rights", "/Resources/Rights", TAKEN)]


def test_the_answer_names_the_operation(taken: Cloud) -> None:
    sent = {"StackName": "people", "TemplateBody": TEMPLATE, "Capabilities": NAMED_IAM}
    operation = taken.cfn.create_stack(**sent)["OperationId"]
    taken.settled()
    assert invalid(taken, OperationId=operation) == invalid(taken, StackName="people")


def test_an_update_goes_back_to_what_was(cloud: Cloud) -> None:
    cloud.created()
    before = cloud.people()
    cloud.iam.create_policy(PolicyName="More", PolicyDocument=ANYTHING)
    assert cloud.updated(TEMPLATE.replace("Outputs:", f"{MORE}Outputs:"))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert [name for name, _, _ in invalid(cloud, StackName="people")] == ["More"]
    assert {name: it for name, it in cloud.people().items() if name != arn("More")} == before


def test_a_change_set_fails(taken: Cloud) -> None:
    made = taken.change_set(TemplateBody=TEMPLATE, ChangeSetType="CREATE")
    assert (made["Status"], made["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert "AWS::EarlyValidation::ResourceExistenceCheck" in made["StatusReason"]
    assert TAKEN not in made["StatusReason"]
    assert invalid(taken, **NAMES) == [("Rights", "/Resources/Rights", TAKEN)]


def test_properties_are_checked_too(cloud: Cloud) -> None:
    cloud.created(TEMPLATE.replace("ManagedPolicyName: Rights", "PolicyName: Rights"))
    ((name, path, reason),) = invalid(cloud, StackName="people")
    assert (name, path) == ("Rights", "/Resources/Rights/Properties")
    assert "extraneous key [PolicyName] is not permitted" in reason


def test_other_types_are_not_checked(cloud: Cloud) -> None:
    cloud.iam.create_group(GroupName="Admins")
    cloud.created()
    assert invalid(cloud, StackName="people") == []
    assert "already exists" in cloud.reasons("CREATE_FAILED")["Admins"]


@pytest.mark.parametrize("how", [{"DisableValidation": True}, {}])
def test_it_can_be_switched_off(taken: Cloud, how: dict[str, Any]) -> None:
    if not how:
        cloudformation.validates(on=False)
    taken.created(**how)
    assert "already exists" in taken.reasons("CREATE_FAILED")["Rights"]


def test_a_test_can_let_it_fail(cloud: Cloud) -> None:
    cloudformation.fail_validation("Ada", "Because.")
    cloud.created()
    assert invalid(cloud, StackName="people") == [("Ada", "/Resources/Ada/Properties", "Because.")]


def test_every_event_of_an_operation_bears_its_id(cloud: Cloud) -> None:
    cloud.created()
    told = cloud.cfn.describe_events(StackName="people")["OperationEvents"]
    assert len({event["OperationId"] for event in told}) == 1
    assert [event["OperationStatus"] for event in told if event["EventType"] == "STACK_EVENT"] == [
        "SUCCEEDED",
        "IN_PROGRESS",
    ]
