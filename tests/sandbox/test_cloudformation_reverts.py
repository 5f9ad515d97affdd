"""What a drift-aware change set brings back, beyond each single change by hand."""

from __future__ import annotations

import pytest

from cloud import (
    ADMIN,
    TEMPLATE,
    arn,
    delete_policy,
    delete_user,
    given,
    join_others,
    leave,
    refused,
    widen,
)
from orgkit.sandbox import cloudformation as pretend


@pytest.fixture
def cloud(deployed):
    return deployed


def test_a_drift_aware_change_set_brings_the_new_template(cloud):
    widen(cloud.iam)
    leave(cloud.iam)
    grown = TEMPLATE.replace("organizations:List*", "organizations:*")
    cloud.reverted(grown, Parameters=given(Mfa="false"))
    assert cloud.drifted() == {}
    assert cloud.people()[arn("Rights")]["Documents"][0]["Statement"][0]["Action"][0] == "organizations:*"
    assert arn("Mfa") not in cloud.people()
    assert refused(cloud.update, template=grown, Parameters=given(Mfa="false")).endswith("to be performed.")


@pytest.mark.parametrize(("tamper", "groups"), [(join_others, "      Groups: [!Ref Admins, Others]\n"), (leave, "")])
def test_a_template_that_meets_what_is_there_changes_nothing(cloud, tamper, groups):
    tamper(cloud.iam)
    before = cloud.people()
    met = TEMPLATE.replace("      Groups: [!Ref Admins]\n", groups)
    change_set = cloud.change_set("meet", TemplateBody=met, DeploymentMode="REVERT_DRIFT")
    (change,) = [change["ResourceChange"] for change in change_set["Changes"]]
    assert (change["Action"], change["ResourceDriftStatus"]) == ("SyncWithActual", "MODIFIED")
    cloud.cfn.execute_change_set(StackName="people", ChangeSetName="meet")
    assert cloud.people() == before
    assert cloud.drifted() == {}


def test_tag_keys_that_no_template_knows_stay(cloud):
    tagged = TEMPLATE.replace("UserName: !Ref Admin\n", "UserName: !Ref Admin\n      Tags: [{Key: Team, Value: One}]\n")
    cloud.update(tagged)
    cloud.iam.tag_user(UserName="Ada", Tags=[{"Key": "Team", "Value": "Two"}, {"Key": "Badge", "Value": "7"}])
    cloud.reverted(tagged)
    tags = {tag["Key"]: tag["Value"] for tag in cloud.iam.list_user_tags(UserName="Ada")["Tags"]}
    assert tags == {"Team": "One", "Badge": "7"}


def test_a_password_is_not_brought_back(cloud):
    profile = "UserName: !Ref Admin\n      LoginProfile: {Password: Correct-1, PasswordResetRequired: true}\n"
    signing_in = TEMPLATE.replace("UserName: !Ref Admin\n", profile)
    cloud.update(signing_in)
    cloud.iam.update_login_profile(UserName="Ada", PasswordResetRequired=False)
    assert cloud.drifted() == {"Ada": "MODIFIED"}
    assert cloud.change_set(TemplateBody=signing_in, DeploymentMode="REVERT_DRIFT")["Status"] == "FAILED"


def test_a_failed_drift_aware_update_goes_back_to_what_was_there(cloud):
    delete_user(cloud.iam)
    widen(cloud.iam)
    cloud.iam.attach_group_policy(GroupName="Admins", PolicyArn=ADMIN)
    before = cloud.people()
    pretend.fail_resource("Ada", "Out of ink")
    assert cloud.reverted()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert cloud.people() == before
    cloud.cfn.delete_change_set(StackName="people", ChangeSetName="revert")
    assert cloud.reverted()["StackStatus"] == "UPDATE_COMPLETE"
    assert cloud.drifted() == {}


def test_what_was_recreated_before_the_failure_is_deleted_again(cloud):
    delete_policy(cloud.iam)
    before = cloud.people()
    pretend.fail_resource("Admins", "Out of ink")
    assert cloud.reverted()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert cloud.people() == before
    assert cloud.drifted()["Rights"] == "DELETED"
