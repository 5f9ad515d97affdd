"""How a stack fails and is rolled back, and how it is deleted."""

from __future__ import annotations

import pytest

from cloud import TEMPLATE, arn, refused
from orgkit.sandbox import cloudformation as pretend

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
