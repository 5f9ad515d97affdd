"""The life of a stack: made, watched, failed, rolled back, protected, deleted."""

from __future__ import annotations

from itertools import pairwise

import boto3
import pytest
from moto.core.utils import get_service_model
from moto.server import ThreadedMotoServer

from cloud import NAMED_IAM, TEMPLATE, Cloud, arn, given, refused
from orgkit import sandbox
from orgkit.sandbox import cloudformation as pretend


@pytest.fixture
def cloud(session, pretend_aws):
    return Cloud(session)


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


# Failed


@pytest.fixture
def taken(cloud):
    """Someone has a group of the name already."""
    cloud.iam.create_group(GroupName="admins")
    return cloud.people()


def test_what_cannot_be_made_is_rolled_back_with_the_reason(cloud, taken):
    stack = cloud.created()
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    reason = "The following resource(s) failed to create: [Admins]. Rollback requested by user."
    assert stack["StackStatusReason"] == reason
    said = "Resource of type 'AWS::IAM::Group' with identifier 'Admins' already exists."
    assert cloud.reasons("CREATE_FAILED")["Admins"].startswith(f'Resource handler returned message: "{said}"')
    assert cloud.people() == taken


def test_what_starts_together_is_cancelled_together(cloud):
    pretend.fail_resource("Rights", "Out of ink")
    cloud.created()
    assert cloud.reasons("CREATE_FAILED") == {"Rights": "Out of ink", "MfaPolicy": "Resource creation cancelled"}
    assert cloud.people() == {}


def test_a_resource_is_made_whole_or_not_at_all(cloud):
    missing = "arn:aws:iam::123456789012:policy/Missing"
    stack = cloud.created(TEMPLATE.replace("ManagedPolicyArns: [!Ref Rights", f"ManagedPolicyArns: [{missing}"))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "HandlerErrorCode: NotFound" in cloud.reasons("CREATE_FAILED")["Admins"]
    assert cloud.people() == {}


def test_a_statement_of_a_condition_alone_is_left_to_iam(cloud):
    statement = '[{Condition: {Bool: {"aws:SecureTransport": "false"}}}]'
    cloud.created(TEMPLATE.replace('[{Effect: Deny, Action: "*", Resource: "*"}]', statement))
    assert "policy" in cloud.reasons("CREATE_FAILED")["MfaPolicy"]


def test_a_resource_fails_once(cloud):
    pretend.fail_resource("Ada", "Out of ink")
    assert cloud.created()["StackStatus"] == "ROLLBACK_COMPLETE"
    cloud.cfn.delete_stack(StackName="people")
    assert "does not exist" in refused(cloud.settled)
    assert cloud.created()["StackStatus"] == "CREATE_COMPLETE"


@pytest.mark.parametrize("how", [{"OnFailure": "DO_NOTHING"}, {"DisableRollback": True}])
def test_what_failed_can_be_left_as_it_is(cloud, how):
    pretend.fail_resource("Ada", "Out of ink")
    stack = cloud.created(**how)
    assert stack["StackStatus"] == "CREATE_FAILED"
    assert stack["StackStatusReason"] == "The following resource(s) failed to create: [Ada]. "
    assert "arn:aws:iam::123456789012:group/Admins" in cloud.people()


def test_what_is_to_become_of_a_failure_is_said_once(cloud):
    answer = refused(cloud.create, OnFailure="DELETE", DisableRollback=True)
    assert answer == "ValidationError: You can specify either OnFailure or DisableRollback, but not both."


def test_what_failed_can_be_rolled_back_later(cloud):
    pretend.fail_resource("Ada", "Out of ink")
    cloud.created(OnFailure="DO_NOTHING")
    cloud.cfn.rollback_stack(StackName="people")
    assert cloud.settled()["StackStatus"] == "ROLLBACK_COMPLETE"
    assert cloud.people() == {}


def test_what_failed_can_be_deleted_at_once(cloud, taken):
    stack_id = cloud.create(OnFailure="DELETE")
    assert cloud.settled(stack_id)["StackStatus"] == "DELETE_COMPLETE"
    assert refused(cloud.stack) == "ValidationError: Stack with id people does not exist"
    assert cloud.people() == taken


def test_a_stack_that_rolled_back_can_only_be_deleted(cloud, taken):
    stack_id = cloud.created()["StackId"]
    answer = refused(cloud.update)
    assert answer == f"ValidationError: Stack:{stack_id} is in ROLLBACK_COMPLETE state and can not be updated."
    cloud.cfn.delete_stack(StackName="people")
    assert "does not exist" in refused(cloud.settled)


# Protected, deleted


def test_a_protected_stack_is_not_deleted(cloud):
    cloud.created(EnableTerminationProtection=True)
    answer = refused(cloud.cfn.delete_stack, StackName="people")
    assert answer == "ValidationError: Stack [people] cannot be deleted while TerminationProtection is enabled"
    cloud.cfn.update_termination_protection(StackName="people", EnableTerminationProtection=False)
    assert cloud.stack()["EnableTerminationProtection"] is False
    cloud.cfn.delete_stack(StackName="people")
    assert "does not exist" in refused(cloud.settled)


def test_a_deleted_stack_is_known_by_its_id_alone(cloud):
    stack_id = cloud.created()["StackId"]
    cloud.cfn.delete_stack(StackName="people")
    assert [cloud.stack()["StackStatus"] for _ in range(2)] == ["DELETE_IN_PROGRESS"] * 2
    assert refused(cloud.stack) == "ValidationError: Stack with id people does not exist"
    gone = cloud.stack(stack_id)
    assert gone["StackStatus"] == "DELETE_COMPLETE"
    assert gone["DeletionTime"] >= gone["CreationTime"]
    assert cloud.cfn.describe_stacks()["Stacks"] == []
    assert cloud.cfn.list_stacks()["StackSummaries"][0]["StackStatus"] == "DELETE_COMPLETE"
    assert cloud.people() == {}


def test_what_needs_others_is_deleted_first(cloud):
    pretend.settle_reads(0)
    stack_id = cloud.create()
    cloud.cfn.delete_stack(StackName="people")
    done = [event for event in cloud.events(stack_id) if event.endswith("DELETE_COMPLETE")]
    assert done == [f"{name} DELETE_COMPLETE" for name in ("Ada", "Admins", "MfaPolicy", "Rights", "people")]


def test_deleting_takes_off_what_others_attached(cloud):
    cloud.created()
    cloud.iam.attach_user_policy(UserName="Ada", PolicyArn="arn:aws:iam::aws:policy/IAMFullAccess")
    cloud.iam.create_login_profile(UserName="Ada", Password="Correct-1")
    cloud.iam.create_access_key(UserName="Ada")
    cloud.iam.create_group(GroupName="Others")
    cloud.iam.add_user_to_group(UserName="Ada", GroupName="Others")
    cloud.iam.attach_group_policy(GroupName="Others", PolicyArn=arn("Rights"))
    cloud.cfn.delete_stack(StackName="people")
    assert "does not exist" in refused(cloud.settled)
    assert list(cloud.people()) == ["arn:aws:iam::123456789012:group/Others"]


def test_what_is_gone_already_need_not_be_deleted(cloud):
    cloud.created()
    cloud.iam.remove_user_from_group(UserName="Ada", GroupName="Admins")
    cloud.iam.delete_user(UserName="Ada")
    cloud.cfn.delete_stack(StackName="people")
    assert "does not exist" in refused(cloud.settled)


def test_what_cannot_be_deleted_is_told_and_can_be_left(cloud):
    cloud.created()
    cloud.iam.create_user(UserName="Grace")
    cloud.iam.add_user_to_group(UserName="Grace", GroupName="Admins")
    cloud.cfn.delete_stack(StackName="people")
    stack = cloud.settled()
    assert stack["StackStatus"] == "DELETE_FAILED"
    assert stack["StackStatusReason"] == "The following resource(s) failed to delete: [Admins]. "
    assert "must remove users from group first" in cloud.reasons("DELETE_FAILED")["Admins"]
    cloud.cfn.delete_stack(StackName="people", RetainResources=["Admins"])
    assert "does not exist" in refused(cloud.settled)
    assert [user["UserName"] for user in cloud.iam.get_group(GroupName="Admins")["Users"]] == ["Grace"]


def test_only_what_could_not_be_deleted_can_be_left(cloud):
    cloud.created()
    answer = refused(cloud.cfn.delete_stack, StackName="people", RetainResources=["Admins"])
    assert answer == "ValidationError: RetainResources can only be specified for a stack in the DELETE_FAILED state."
    assert cloud.stack()["StackStatus"] == "CREATE_COMPLETE"


def test_deleting_what_is_not_there_is_no_error(cloud):
    cloud.cfn.delete_stack(StackName="people")


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


@pytest.mark.parametrize("operation", ["CancelUpdateStack", "ContinueUpdateRollback", "RollbackStack"])
def test_what_does_not_fit_the_status_is_refused(cloud, operation):
    cloud.created()
    call = {"CancelUpdateStack": "cancel_update_stack", "RollbackStack": "rollback_stack"}
    answer = refused(getattr(cloud.cfn, call.get(operation, "continue_update_rollback")), StackName="people")
    assert answer == f"ValidationError: {operation} cannot be called from current stack status"


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
