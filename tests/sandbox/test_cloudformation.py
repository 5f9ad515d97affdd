"""The life of a stack: made, watched, refused, and its statuses."""

from __future__ import annotations

from itertools import pairwise

import boto3
import pytest
from moto.core.utils import get_service_model
from moto.server import ThreadedMotoServer

from cloud import NAMED_IAM, TEMPLATE, Cloud, arn, given, refused
from orgkit import sandbox
from orgkit.sandbox import cloudformation as pretend

# Made


def test_a_stack_makes_what_its_template_says(cloud):
    stack = cloud.created(Tags=[{"Key": "Team", "Value": "One"}])
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert stack["Outputs"] == [
        {"OutputKey": "AdminArn", "OutputValue": "arn:aws:iam::123456789012:user/Ada", "Description": "The admin"}
    ]
    ada, admins = cloud.people()["arn:aws:iam::123456789012:user/Ada"], cloud.iam.get_group(GroupName="Admins")
    assert ada["GroupList"] == ["Admins"]
    assert ada["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn("Rights")
    assert ada["Tags"] == [{"Key": "Team", "Value": "One"}]
    assert [user["UserName"] for user in admins["Users"]] == ["Ada"]
    attached = cloud.iam.list_attached_group_policies(GroupName="Admins")["AttachedPolicies"]
    assert {policy["PolicyArn"] for policy in attached} == {arn("Rights"), arn("Mfa")}


def test_a_stack_is_described_as_it_was_asked_for(cloud):
    tags = [{"Key": "Team", "Value": "One"}]
    stack = cloud.created(Tags=tags, EnableTerminationProtection=True)
    assert stack["Description"] == "Two people in one group"
    assert (stack["Tags"], stack["Capabilities"]) == (tags, NAMED_IAM)
    assert stack["EnableTerminationProtection"] is True
    assert stack["DriftInformation"] == {"StackDriftStatus": "NOT_CHECKED"}
    assert stack["Parameters"] == given(Mfa="true", Admin="Ada", Secret="****")


@pytest.mark.parametrize("tail", ["", "\n", "# caf\u00e9 <&>]]> \r\n# \t\r\n\n"])
def test_the_template_comes_back_byte_for_byte(cloud, tail):
    cloud.create(TEMPLATE + tail)
    assert cloud.cfn.get_template(StackName="people")["TemplateBody"] == TEMPLATE + tail
    assert "StackPolicyBody" not in cloud.cfn.get_stack_policy(StackName="people")


# Watched


def test_a_stack_is_busy_for_two_looks(cloud):
    cloud.create()
    seen = [cloud.stack()["StackStatus"] for _ in range(4)]
    assert seen == ["CREATE_IN_PROGRESS"] * 2 + ["CREATE_COMPLETE"] * 2


@pytest.mark.parametrize("looks", [0, 1, 5])
def test_how_long_a_stack_is_busy_can_be_set(cloud, looks):
    pretend.settle_reads(looks)
    cloud.create()
    seen = [cloud.stack()["StackStatus"] for _ in range(looks + 1)]
    assert seen == ["CREATE_IN_PROGRESS"] * looks + ["CREATE_COMPLETE"]


def test_a_reset_sets_it_back(session):
    cloud = Cloud(session)
    with sandbox.running():
        pretend.settle_reads(0)
    with sandbox.running():
        cloud.create()
        assert cloud.stack()["StackStatus"] == "CREATE_IN_PROGRESS"


def test_whoever_looks_at_events_alone_sees_the_end_too(cloud):
    cloud.create()
    seen = [cloud.events() for _ in range(3)]
    assert seen[0][-1] != "people CREATE_COMPLETE"
    assert seen[2][-1] == "people CREATE_COMPLETE"
    assert len(seen[0]) < len(seen[1]) < len(seen[2])
    assert all(later[: len(earlier)] == earlier for earlier, later in pairwise(seen))


def test_events_tell_who_did_what_in_the_order_of_need(cloud):
    pretend.settle_reads(0)
    cloud.create()
    assert cloud.events() == [
        "people CREATE_IN_PROGRESS",
        "Rights CREATE_IN_PROGRESS",
        "MfaPolicy CREATE_IN_PROGRESS",
        "Rights CREATE_IN_PROGRESS",
        "Rights CREATE_COMPLETE",
        "MfaPolicy CREATE_IN_PROGRESS",
        "MfaPolicy CREATE_COMPLETE",
        "Admins CREATE_IN_PROGRESS",
        "Admins CREATE_IN_PROGRESS",
        "Admins CREATE_COMPLETE",
        "Ada CREATE_IN_PROGRESS",
        "Ada CREATE_IN_PROGRESS",
        "Ada CREATE_COMPLETE",
        "people CREATE_COMPLETE",
    ]


def test_events_are_newest_first_and_each_its_own(cloud):
    stack_id = cloud.created(ClientRequestToken="token-1")["StackId"]
    events = cloud.cfn.describe_stack_events(StackName="people")["StackEvents"]
    assert len({event["EventId"] for event in events}) == len(events)
    assert [event["Timestamp"] for event in events] == sorted((e["Timestamp"] for e in events), reverse=True)
    assert {event["ClientRequestToken"] for event in events} == {"token-1"}
    ada = next(event for event in events if event["LogicalResourceId"] == "Ada")
    assert (ada["PhysicalResourceId"], ada["ResourceType"]) == ("Ada", "AWS::IAM::User")
    assert (events[0]["PhysicalResourceId"], events[0]["StackId"]) == (stack_id, stack_id)


def test_events_come_in_pages(cloud):
    pretend.settle_reads(0)
    cloud.create()
    for number in range(20):
        cloud.update(Tags=[{"Key": "Turn", "Value": str(number)}])
    pages = list(cloud.cfn.get_paginator("describe_stack_events").paginate(StackName="people"))
    assert [len(page["StackEvents"]) for page in pages] == [100, 14]


def test_a_page_that_is_nowhere_is_refused(cloud):
    cloud.created()
    answer = refused(cloud.cfn.describe_stack_events, StackName="people", NextToken="next")
    assert answer == "ValidationError: NextToken next is not from an answer of this operation."


def test_resources_are_listed_as_far_as_they_are_to_be_seen(cloud):
    cloud.create()
    assert cloud.cfn.list_stack_resources(StackName="people")["StackResourceSummaries"] == []
    cloud.settled()
    listed = cloud.cfn.list_stack_resources(StackName="people")["StackResourceSummaries"]
    assert {it["LogicalResourceId"]: it["PhysicalResourceId"] for it in listed} == {
        "Rights": arn("Rights"),
        "MfaPolicy": arn("Mfa"),
        "Admins": "Admins",
        "Ada": "Ada",
    }
    assert {it["ResourceStatus"] for it in listed} == {"CREATE_COMPLETE"}
    described = cloud.cfn.describe_stack_resources(StackName="people")["StackResources"]
    assert [it["LogicalResourceId"] for it in described] == [it["LogicalResourceId"] for it in listed]
    one = cloud.cfn.describe_stack_resource(StackName="people", LogicalResourceId="Ada")["StackResourceDetail"]
    assert one["PhysicalResourceId"] == "Ada"


def test_stacks_are_listed_by_status(cloud):
    cloud.created()
    cloud.create("Resources: {G: {Type: AWS::IAM::Group}}", StackName="other")
    listed = cloud.cfn.list_stacks(StackStatusFilter=["CREATE_COMPLETE"])["StackSummaries"]
    assert [it["StackName"] for it in listed] == ["people"]
    seen = [cloud.cfn.describe_stacks()["Stacks"] for _ in range(3)]
    assert [it["StackName"] for it in seen[0]] == ["people", "other"]
    assert [stacks[1]["StackStatus"] for stacks in seen] == ["CREATE_IN_PROGRESS"] * 2 + ["CREATE_COMPLETE"]


# Refused


@pytest.mark.parametrize("call", ["update_stack", "create_change_set"])
def test_a_busy_stack_takes_no_change(cloud, call):
    stack_id = cloud.create()
    more = {"ChangeSetName": "changes"} if call == "create_change_set" else {}
    answer = refused(
        getattr(cloud.cfn, call), StackName="people", TemplateBody=TEMPLATE, Capabilities=NAMED_IAM, **more
    )
    assert answer == f"ValidationError: Stack:{stack_id} is in CREATE_IN_PROGRESS state and can not be updated."


@pytest.mark.parametrize("capabilities", [[], ["CAPABILITY_IAM"]])
def test_named_iam_resources_must_be_acknowledged(cloud, capabilities):
    answer = refused(cloud.create, Capabilities=capabilities)
    assert answer == "InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_NAMED_IAM]"
    assert refused(cloud.stack) == "ValidationError: Stack with id people does not exist"


def test_a_name_is_taken_until_the_stack_is_gone(cloud):
    cloud.created()
    assert refused(cloud.create) == "AlreadyExistsException: Stack [people] already exists"
    cloud.cfn.delete_stack(StackName="people")
    assert refused(cloud.create).startswith("AlreadyExistsException")
    assert refused(cloud.settled).startswith("ValidationError: Stack with id people")
    assert cloud.created()["StackStatus"] == "CREATE_COMPLETE"


def test_a_request_sent_again_with_its_token_is_one_request(cloud):
    again = {"ClientRequestToken": "token-1"}
    assert cloud.create(**again) == cloud.create(**again)
    assert refused(cloud.create, Parameters=given(Admin="Grace"), **again).startswith("TokenAlreadyExistsException")
    assert refused(cloud.cfn.delete_stack, StackName="people", **again).startswith("TokenAlreadyExistsException")
    cloud.settled()
    change = {"ClientRequestToken": "token-2", "Parameters": given(Mfa="false")}
    cloud.update(**change)
    cloud.update(**change)
    assert cloud.settled()["StackStatus"] == "UPDATE_COMPLETE"


@pytest.mark.parametrize("name", ["1st", "with_underscore", "x" * 129])
def test_not_every_name_is_a_stacks_name(cloud, name):
    assert "failed to satisfy constraint" in refused(cloud.create, StackName=name)


# Statuses


def test_a_stack_can_be_in_any_status(cloud):
    stack_id = cloud.created()["StackId"]
    for status in get_service_model("cloudformation").shape_for("StackStatus").enum:
        pretend.force_status(stack_id, status)
        assert cloud.stack(stack_id)["StackStatus"] == status


def test_a_forced_status_stays_unless_another_follows(cloud):
    cloud.created()
    pretend.force_status("people", "UPDATE_IN_PROGRESS")
    assert {cloud.stack()["StackStatus"] for _ in range(5)} == {"UPDATE_IN_PROGRESS"}
    pretend.force_status("people", "UPDATE_IN_PROGRESS", then="UPDATE_COMPLETE")
    assert [cloud.stack()["StackStatus"] for _ in range(3)] == ["UPDATE_IN_PROGRESS"] * 2 + ["UPDATE_COMPLETE"]


def test_only_a_stack_that_is_there_is_forced(cloud):
    with pytest.raises(LookupError, match="no stack people"):
        pretend.force_status("people", "UPDATE_IN_PROGRESS")


@pytest.mark.parametrize("status", ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "IMPORT_IN_PROGRESS"])
def test_a_stack_is_not_deleted_while_it_changes(cloud, status):
    stack_id = cloud.created()["StackId"]
    pretend.force_status("people", status)
    answer = refused(cloud.cfn.delete_stack, StackName="people")
    assert answer == f"ValidationError: Stack [{stack_id}] cannot be deleted while in status {status}"


def test_a_stack_can_be_deleted_while_it_is_made(cloud):
    cloud.create()
    cloud.cfn.delete_stack(StackName="people")
    assert "does not exist" in refused(cloud.settled)
    assert cloud.people() == {}


def test_what_does_not_fit_the_status_is_refused(cloud):
    cloud.created()
    answer = refused(cloud.cfn.continue_update_rollback, StackName="people")
    assert answer == "ValidationError: ContinueUpdateRollback cannot be called from current stack status"


def test_the_server_answers_as_this_process_does(pretend_aws):
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    there = {"region_name": "us-east-1", "aws_access_key_id": sandbox.PAYER, "aws_secret_access_key": "pretend"}
    cfn = boto3.client("cloudformation", endpoint_url=f"http://{host}:{port}", **there)
    assert refused(cfn.describe_stacks, StackName="people").startswith("ValidationError")
    cfn.create_stack(StackName="people", TemplateBody=TEMPLATE, Capabilities=NAMED_IAM)
    cfn.get_waiter("stack_create_complete").wait(StackName="people", WaiterConfig={"Delay": 0})
    assert cfn.get_template(StackName="people")["TemplateBody"] == TEMPLATE
    cfn.close()
    server.stop()
