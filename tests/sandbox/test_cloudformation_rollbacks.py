"""Updates that fail, and how they are undone."""

from __future__ import annotations

import pytest

from cloud import TEMPLATE, arn, given, refused
from orgkit.sandbox import cloudformation as pretend


@pytest.fixture
def cloud(deployed):
    return deployed


def test_a_failed_update_leaves_everything_as_it_was(cloud):
    before, outputs = cloud.people(), cloud.stack()["Outputs"]
    pretend.fail_resource("Ada", "Out of ink")
    grown = TEMPLATE.replace("organizations:List*", "organizations:*").replace("GroupName: Admins", "GroupName: Owners")
    stack = cloud.updated(grown, Parameters=given(Mfa="false"))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stack["StackStatusReason"] == "The following resource(s) failed to update: [Ada]. "
    assert stack["Outputs"] == outputs
    assert cloud.reasons("UPDATE_FAILED") == {"Ada": "Out of ink"}
    assert cloud.people() == before
    assert cloud.cfn.get_template(StackName="people")["TemplateBody"] == TEMPLATE
    assert {p["ParameterKey"]: p["ParameterValue"] for p in stack["Parameters"]}["Mfa"] == "true"
    assert refused(cloud.update) == "ValidationError: No updates are to be performed."


def test_a_failed_update_can_be_tried_again(cloud):
    pretend.fail_resource("Admins", "Out of ink")
    cloud.updated(Parameters=given(Mfa="false"))
    assert cloud.updated(Parameters=given(Mfa="false"))["StackStatus"] == "UPDATE_COMPLETE"
    assert arn("Mfa") not in cloud.people()


def test_a_failed_update_can_be_left_as_it_is(cloud):
    before = cloud.people()
    pretend.fail_resource("Ada", "Out of ink")
    grown = TEMPLATE.replace("organizations:List*", "organizations:*")
    assert cloud.updated(grown, Parameters=given(Admin="Grace"), DisableRollback=True)["StackStatus"] == "UPDATE_FAILED"
    assert cloud.people() != before
    cloud.cfn.rollback_stack(StackName="people")
    assert cloud.settled()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert cloud.people() == before
    assert refused(cloud.cfn.rollback_stack, StackName="people").endswith("and can not be rolled back.")


def test_a_rollback_goes_back_to_the_last_good_state(cloud):
    before = cloud.people()
    for action in ("organizations:*", "iam:*"):
        pretend.fail_resource("Ada", "Out of ink")
        grown = TEMPLATE.replace("organizations:List*", action)
        stack = cloud.updated(grown, Parameters=given(Admin="Grace"), DisableRollback=True)
        assert stack["StackStatus"] == "UPDATE_FAILED"
    pretend.fail_resource("Ada", "Out of ink")
    stack = cloud.updated(TEMPLATE.replace("GroupName: Admins", "GroupName: Owners"))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert cloud.people() == before


@pytest.mark.parametrize("how", [{"ResourcesToSkip": ["Ada"]}, {"ForceRollback": True}])
def test_what_was_deleted_by_hand_stops_the_rollback_until_it_is_skipped(cloud, how):
    cloud.iam.remove_user_from_group(GroupName="Admins", UserName="Ada")
    cloud.iam.delete_user(UserName="Ada")
    stack = cloud.updated(TEMPLATE.replace("      PermissionsBoundary: !Ref Rights\n", ""))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_FAILED"
    assert "HandlerErrorCode: NotFound" in cloud.reasons("UPDATE_FAILED")["Ada"]
    assert refused(cloud.update).endswith("is in UPDATE_ROLLBACK_FAILED state and can not be updated.")
    cloud.cfn.continue_update_rollback(StackName="people")
    assert cloud.settled()["StackStatus"] == "UPDATE_ROLLBACK_FAILED"
    cloud.cfn.continue_update_rollback(StackName="people", **how)
    assert cloud.settled()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
