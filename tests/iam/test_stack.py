"""The IAM stack: every state it can be found in, every way it can fail, and what drift detection misses.

Every change by hand that it does see is in laws/test_drift.py.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from threading import Barrier, Event

import botocore.session
import pytest
import yaml
from moto.core.exceptions import ServiceException

from orgkit import procedure
from orgkit.aws import Caller
from orgkit.errors import AwsError, Blocked, OrgkitError, StackFailed
from orgkit.iam import resources, template
from orgkit.iam import stack as iam_stack
from orgkit.sandbox import PAYER
from orgkit.sandbox import cloudformation as pretend
from orgkit.step import State
from steps import in_order

STACK = "orgkit-iam"
GROUP_POLICY = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def found(aws, settings) -> dict[str, procedure.Step]:
    steps = in_order(aws(), settings)
    return {step.thing: step for step in steps if step.state is not State.IN_PLACE}


def mend(aws, settings) -> None:
    tuple(procedure.bootstrap(aws(), settings))


def policy(name: str) -> str:
    return f"arn:aws:iam::{PAYER}:policy/{name}"


# Changes by hand


def edit_a_policy(iam):
    iam.create_policy_version(PolicyArn=policy("OrgAdminPolicy"), PolicyDocument=GROUP_POLICY, SetAsDefault=True)


def leave_the_group(iam):
    iam.remove_user_from_group(UserName="OrgAdmin", GroupName="OrgAdmins")


def take_the_boundary_off(iam):
    iam.delete_user_permissions_boundary(UserName="OrgAdmin")


def another_boundary(iam):
    iam.put_user_permissions_boundary(UserName="OrgAdmin", PermissionsBoundary=READ_ONLY)


def detach_a_policy(iam):
    iam.detach_group_policy(GroupName="OrgAdmins", PolicyArn=policy("OrgAdminPolicy"))


# The stack itself


def delete_the_stack(session):
    for user in ("OrgAdmin", "BillingAdmin"):
        session.client("iam").delete_login_profile(UserName=user)
    cloudformation = session.client("cloudformation")
    cloudformation.update_termination_protection(StackName=STACK, EnableTerminationProtection=False)
    cloudformation.delete_stack(StackName=STACK)


def gone(cloudformation):
    with suppress(cloudformation.exceptions.ClientError):  # "does not exist"
        while True:
            cloudformation.describe_stacks(StackName=STACK)


def test_a_stack_that_orgkit_did_not_make_is_not_touched(aws, settings, cloudformation):
    body = json.dumps({"Resources": {"G": {"Type": "AWS::IAM::Group"}}})
    cloudformation.create_stack(StackName=STACK, TemplateBody=body, Capabilities=["CAPABILITY_NAMED_IAM"])
    with pytest.raises(Blocked, match="not made by orgkit") as stopped:
        mend(aws, settings)
    assert "iam.stack" in stopped.value.remedy
    assert json.loads(json.dumps(cloudformation.get_template(StackName=STACK)["TemplateBody"])) == json.loads(body)


EVERY_STATUS = botocore.session.get_session().get_service_model("cloudformation").shape_for("StackStatus").enum
# What AWS goes on to from what it is busy with.
ENDS = {
    "CREATE_IN_PROGRESS": "CREATE_COMPLETE",
    "IMPORT_IN_PROGRESS": "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_IN_PROGRESS": "IMPORT_ROLLBACK_COMPLETE",
    "ROLLBACK_IN_PROGRESS": "ROLLBACK_COMPLETE",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": "UPDATE_COMPLETE",
    "UPDATE_IN_PROGRESS": "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": "UPDATE_ROLLBACK_COMPLETE",
    "UPDATE_ROLLBACK_IN_PROGRESS": "UPDATE_ROLLBACK_COMPLETE",
}
STUCK = {"DELETE_FAILED", "IMPORT_ROLLBACK_FAILED", "ROLLBACK_FAILED", "UPDATE_FAILED", "UPDATE_ROLLBACK_FAILED"}


@pytest.mark.parametrize("status", EVERY_STATUS)
def test_every_status_a_stack_can_be_found_in_is_mended_or_blocked(
    aws, settings, bootstrapped, session, cloudformation, status
):
    if status.startswith("DELETE_") and status != "DELETE_FAILED":
        delete_the_stack(session)
        if status == "DELETE_COMPLETE":
            gone(cloudformation)
    else:
        pretend.force_status(STACK, status, then=ENDS.get(status))
    if status in STUCK:
        with pytest.raises(Blocked, match=status) as stopped:
            mend(aws, settings)
        assert "run the same command again" in stopped.value.remedy
        return
    mend(aws, settings)
    left = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]
    assert left.endswith("_COMPLETE")
    assert left not in ("ROLLBACK_COMPLETE", "DELETE_COMPLETE")
    assert found(aws, settings) == {}


def test_a_resource_that_fails_is_named_with_its_reason_and_the_next_run_replaces_the_stack(aws, settings, told):
    pretend.fail_resource("OrgAdmins", "OrgAdmins already exists")
    with pytest.raises(StackFailed) as failed:
        mend(aws, settings)
    assert "ended in ROLLBACK_COMPLETE" in failed.value.message
    assert "OrgAdmins" in failed.value.message
    assert "already exists" in failed.value.message
    assert any(line.strip().startswith("ROLLBACK_COMPLETE") for line in told)
    mend(aws, settings)
    assert found(aws, settings) == {}


def test_what_another_one_s_failure_stopped_is_not_named_as_a_failure(aws, settings):
    pretend.fail_resource("BillingPolicy", "Out of ink")  # the other policies begin at the same time
    with pytest.raises(StackFailed) as failed:
        mend(aws, settings)
    assert failed.value.failures == {"BillingPolicy": "Out of ink"}


def tag_by_hand(cloudformation, value: str) -> None:
    """Begin an update of the stack that changes nothing but a tag."""
    (stack,) = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    same = [{"ParameterKey": each["ParameterKey"], "UsePreviousValue": True} for each in stack["Parameters"]]
    cloudformation.update_stack(
        StackName=STACK,
        UsePreviousTemplate=True,
        Parameters=same,
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Tags=[{"Key": "CostCentre", "Value": value}],
    )


def test_an_update_that_somebody_else_has_begun_meanwhile_is_waited_for(
    aws, settings, bootstrapped, cloudformation, told
):
    tagged = replace(settings, tags=(("CostCentre", "4711"),))
    mine = iam_stack.deployed(aws(), tagged)
    assert mine.state is State.DRIFTED
    tag_by_hand(cloudformation, "4711")
    told.clear()
    assert mine.applied().detail == "UPDATE_COMPLETE"
    assert any("UPDATE_IN_PROGRESS" in line for line in told)
    assert not any("CREATE_" in line for line in told), "what the stack went through before is told too"
    assert STACK not in "".join(found(aws, tagged))


def test_an_update_leaves_the_stack_s_tags_of_others(aws, settings, bootstrapped, cloudformation):
    tag_by_hand(cloudformation, "0815")
    cloudformation.get_waiter("stack_update_complete").wait(StackName=STACK, WaiterConfig={"Delay": 0})
    mend(aws, replace(settings, tags=(("Team", "cloud"),)))
    (stack,) = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    assert {each["Key"]: each["Value"] for each in stack["Tags"]} == {"CostCentre": "0815", "Team": "cloud"}


def test_an_update_of_somebody_else_that_ends_otherwise_is_not_taken_for_ours(
    aws, settings, bootstrapped, cloudformation
):
    tagged = replace(settings, tags=(("CostCentre", "4711"),))
    mine = iam_stack.deployed(aws(), tagged)
    tag_by_hand(cloudformation, "0815")
    with pytest.raises(AwsError, match="IN_PROGRESS"):
        mine.applied()
    assert f"IAM stack {STACK}" in found(aws, tagged)


def test_a_former_admin_that_cannot_be_deleted_is_told_with_the_reason(aws, settings, bootstrapped, iam):
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="OrgAdmin")["VirtualMFADevice"]["SerialNumber"]
    iam.enable_mfa_device(
        UserName="OrgAdmin", SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321"
    )
    renamed = replace(settings, iam=replace(settings.iam, org_admin="CloudLead"))
    ended = {step.thing: step.detail for step in procedure.bootstrap(aws(), renamed)}[f"IAM stack {STACK}"]
    assert ended.startswith("UPDATE_COMPLETE, but delete by hand what AWS could not: OrgAdmin: ")
    assert "must remove tokens from principal first" in ended  # its MFA device, in the words AWS was recorded to use
    assert found(aws, renamed) == {}
    later = {step.thing: step.detail for step in in_order(aws(), renamed)}
    assert later["IAM users and groups"].endswith("delete by hand the former OrgAdmin, which AWS could not")


def test_a_quick_look_leaves_drift_detection_out_and_asks_iam_itself(aws, settings, bootstrapped, iam, wire):
    edit_a_policy(iam)
    wire.clear()
    now = aws()
    now.cloudformation.quick = True
    steps = tuple(in_order(now, settings))
    assert [step.thing for step in steps if step.state is not State.IN_PLACE] == ["IAM users and groups"]
    assert "DetectStackDrift" not in wire


# CloudFormation's drift detection has been reported to miss changes that it should see.

BLIND = [edit_a_policy, leave_the_group, take_the_boundary_off, another_boundary, detach_a_policy]


@pytest.mark.parametrize("by_hand", BLIND)
def test_what_drift_detection_misses_is_found_in_iam_and_put_right(
    aws, settings, bootstrapped, iam, by_hand, monkeypatch
):
    monkeypatch.setattr("orgkit.aws.drift.StackDrift.drift", lambda self, name: ())
    by_hand(iam)
    assert list(found(aws, settings)) == ["IAM users and groups"]
    mend(aws, settings)
    assert found(aws, settings) == {}


@pytest.mark.parametrize(("in_force", "kept"), [("v5", "v2 v3 v4 v5 v6"), ("v2", "v2 v3 v4 v5 v6")])
def test_of_five_versions_of_a_policy_the_oldest_gives_way(
    aws, settings, bootstrapped, iam, monkeypatch, in_force, kept
):
    monkeypatch.setattr("orgkit.aws.drift.StackDrift.drift", lambda self, name: ())
    for _ in range(4):
        edit_a_policy(iam)
    iam.set_default_policy_version(PolicyArn=policy("OrgAdminPolicy"), VersionId=in_force)
    mend(aws, settings)
    assert found(aws, settings) == {}
    versions = iam.list_policy_versions(PolicyArn=policy("OrgAdminPolicy"))["Versions"]
    assert sorted(version["VersionId"] for version in versions) == kept.split()


def test_the_version_in_force_does_not_give_way_even_if_it_is_the_oldest(aws, settings, bootstrapped, iam, monkeypatch):
    monkeypatch.setattr("orgkit.aws.drift.StackDrift.drift", lambda self, name: ())
    arn = policy("OrgAdminPolicy")
    edit_a_policy(iam)
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    for _ in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=GROUP_POLICY)
    mend(aws, settings)
    assert found(aws, settings) == {}
    versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    assert sorted(version["VersionId"] for version in versions) == ["v2", "v4", "v5", "v6", "v7"]


def delete_the_user(iam):
    iam.delete_login_profile(UserName="OrgAdmin")
    leave_the_group(iam)
    iam.delete_user(UserName="OrgAdmin")


def delete_the_group(iam):
    leave_the_group(iam)
    for attached in iam.list_attached_group_policies(GroupName="OrgAdmins")["AttachedPolicies"]:
        iam.detach_group_policy(GroupName="OrgAdmins", PolicyArn=attached["PolicyArn"])
    iam.delete_group(GroupName="OrgAdmins")


def delete_the_policy(iam):
    iam.detach_group_policy(GroupName="OrgAdmins", PolicyArn=policy("OrgAdminLimitsPolicy"))
    iam.delete_policy(PolicyArn=policy("OrgAdminLimitsPolicy"))


@pytest.mark.parametrize("delete", [delete_the_user, delete_the_group, delete_the_policy])
def test_what_was_deleted_and_drift_detection_misses_is_made_anew(
    aws, settings, bootstrapped, iam, monkeypatch, delete
):
    """With the stack as it is, and so with the other admin's password."""
    with monkeypatch.context() as patch:
        patch.setattr("orgkit.aws.drift.StackDrift.drift", lambda self, name: ())
        delete(iam)
        assert "was deleted, should be there" in str(found(aws, settings)["IAM users and groups"].differences)
        mend(aws, settings)
    assert found(aws, settings) == {}
    assert iam.get_login_profile(UserName="BillingAdmin")


def open_the_group_to_a_stranger(iam):
    detach_a_policy(iam)
    iam.create_user(UserName="Stranger")
    iam.add_user_to_group(UserName="Stranger", GroupName="OrgAdmins")


def be_out_of_the_group_and_without_a_boundary(iam):
    leave_the_group(iam)
    take_the_boundary_off(iam)


@pytest.mark.parametrize(
    "by_hand", [delete_the_user, be_out_of_the_group_and_without_a_boundary, open_the_group_to_a_stranger]
)
def test_at_no_moment_has_anybody_the_org_admin_s_rights_without_its_boundary(
    aws, settings, bootstrapped, iam, monkeypatch, by_hand
):
    """A run may stop at any moment, and the moment then lasts until the next one."""
    monkeypatch.setattr("orgkit.aws.drift.StackDrift.drift", lambda self, name: ())
    by_hand(iam)
    unbound = []

    def look(**_):
        attached = {
            each["PolicyArn"] for each in iam.list_attached_group_policies(GroupName="OrgAdmins")["AttachedPolicies"]
        }
        for user in iam.get_group(GroupName="OrgAdmins")["Users"] if policy("OrgAdminPolicy") in attached else ():
            bound = iam.get_user(UserName=user["UserName"])["User"].get("PermissionsBoundary", {})
            if bound.get("PermissionsBoundaryArn") != policy("OrgAdminPolicy"):
                unbound.append(user["UserName"])

    run = aws()
    events = run.calls.clients("iam", "us-east-1").meta.events
    events.register("after-call", look)
    try:
        tuple(procedure.bootstrap(run, settings))
    finally:
        events.unregister("after-call", look)
    assert unbound == []
    assert found(aws, settings) == {}


# Drift that CloudFormation does not see, cannot tell, or sees where there is none


def said_of_the_stack(aws, settings) -> procedure.Step:
    return iam_stack.deployed(aws(), settings)


@pytest.mark.parametrize("status", ["UNKNOWN", "UNSUPPORTED", "DETECTION_FAILED"])
def test_what_could_not_be_compared_is_named_and_is_no_drift(aws, settings, bootstrapped, status):
    pretend.say_of_drift("OrgPolicy", status, "Throttled.")
    step = said_of_the_stack(aws, settings)
    said = "CREATE_COMPLETE; CloudFormation could not compare OrgPolicy: Throttled"
    assert (step.state, step.detail) == (State.IN_PLACE, said)


@pytest.mark.parametrize("status", ["UNKNOWN", "UNSUPPORTED", "DETECTION_FAILED", "IN_SYNC"])
def test_what_aws_could_not_compare_is_compared_with_the_template(aws, settings, bootstrapped, iam, status):
    pretend.say_of_drift("OrgPolicy", status, "Throttled.")
    edit_a_policy(iam)
    assert list(found(aws, settings)) == ["IAM users and groups"]
    mend(aws, settings)
    assert found(aws, settings) == {}


def test_a_detection_that_failed_still_tells_of_the_others(aws, settings, bootstrapped, iam):
    pretend.say_of_drift("OrgPolicy", "DETECTION_FAILED", "Throttled.")
    delete_the_user(iam)
    step = said_of_the_stack(aws, settings)
    assert step.state is State.DRIFTED
    assert "could not compare OrgPolicy: Throttled" in step.detail
    assert any(line.startswith("user OrgAdmin ") for line in step.differences)
    mend(aws, settings)
    assert said_of_the_stack(aws, settings).state is State.IN_PLACE


@pytest.mark.parametrize("resource", ["OrgPolicy", "OrgAdmins", "OrgAdmin"])
def test_drift_that_iam_does_not_show_is_none(aws, settings, bootstrapped, resource):
    pretend.say_of_drift(resource, "MODIFIED")
    assert found(aws, settings) == {}


def test_false_drift_hides_no_change(aws, settings, bootstrapped, iam):
    pretend.say_of_drift("OrgAdmins", "MODIFIED")
    detach_a_policy(iam)
    assert list(found(aws, settings)) == ["IAM users and groups"]
    mend(aws, settings)
    assert found(aws, settings) == {}


def test_changes_by_hand_and_an_update_of_the_stack_in_one_run(aws, settings, bootstrapped, iam):
    """What the update takes away may be gone already."""
    iam.detach_group_policy(GroupName="OrgAdmins", PolicyArn=policy("OrgAdminMfaPolicy"))
    edit_a_policy(iam)
    changed = replace(settings, tags=(("CostCentre", "4711"),), iam=replace(settings.iam, require_mfa=False))
    assert list(found(aws, changed))[-2:] == [f"IAM stack {STACK}", "IAM users and groups"]
    mend(aws, changed)
    assert found(aws, changed) == {}


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("UPDATE_COMPLETE", "The submitted information didn't contain changes."),
        ("UPDATE_COMPLETE", "No updates are to be performed."),
        ("UPDATE_IN_PROGRESS", "The submitted information didn't contain changes."),
    ],
)
def test_a_revert_that_reverts_nothing_is_not_done_and_stops_nothing(
    aws, settings, bootstrapped, iam, monkeypatch, wire, status, reason
):
    pretend.force_status(STACK, status, then=ENDS.get(status))
    monkeypatch.setattr("orgkit.sandbox.cloudformation.change_set_calls.NO_CHANGES", reason)
    monkeypatch.setattr("orgkit.iam.changes.COMPARED", frozenset())  # a property that orgkit does not compare
    pretend.say_of_drift("OrgAdmin", "MODIFIED")
    iam.put_group_policy(GroupName="OrgAdmins", PolicyName="Extra", PolicyDocument=GROUP_POLICY)
    done = {step.thing: step for step in procedure.bootstrap(aws(), settings)}
    assert wire.count("DetectStackDrift") == 1, "AWS looks for some ten seconds"
    left = done[f"IAM stack {STACK}"]
    assert (left.state, left.detail) == (
        State.DRIFTED,
        "CloudFormation reports changes by hand, but finds nothing to revert",
    )
    assert done["IAM users and groups"].state is State.IN_PLACE
    assert iam.list_group_policies(GroupName="OrgAdmins")["PolicyNames"] == []


# What CloudFormation validates before it deploys


def test_a_failed_validation_names_the_resource_and_the_reason(aws, settings, iam):
    pretend.fail_validation("OrgPolicy", "Resource of that name already exists.")
    with pytest.raises(StackFailed) as failed:
        mend(aws, settings)
    assert "ROLLBACK_COMPLETE" in failed.value.message
    assert failed.value.failures == {"OrgPolicy": "Resource of that name already exists."}


def test_a_stack_whose_validation_failed_is_waited_for_until_it_is_rolled_back(aws, settings):
    pretend.settle_reads(9)
    pretend.fail_validation("OrgPolicy", "Because.")
    with pytest.raises(StackFailed, match="ended in ROLLBACK_COMPLETE"):
        mend(aws, settings)


def test_of_two_validations_that_failed_the_reasons_of_the_last_are_told(aws, settings, bootstrapped):
    without_mfa = replace(settings, iam=replace(settings.iam, require_mfa=False))
    for resource in ("OrgAdmins", "BillingAdmins"):
        pretend.fail_validation(resource, "Because.")
        with pytest.raises(StackFailed) as failed:
            mend(aws, without_mfa)
        pretend.fail_validation(resource, "")
    assert failed.value.failures == {"BillingAdmins": "Because."}


def test_a_stack_that_was_not_let_pass_is_replaced(aws, settings, iam, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("orgkit.iam.changes.taken", lambda *_: None)  # as if somebody made it between plan and stack
        iam.create_policy(PolicyName="OrgAdminPolicy", PolicyDocument=GROUP_POLICY)
        with pytest.raises(StackFailed, match=r"OrgPolicy: .* already exists"):
            mend(aws, settings)
    iam.delete_policy(PolicyArn=policy("OrgAdminPolicy"))
    mend(aws, settings)
    assert found(aws, settings) == {}


def test_who_may_not_read_the_reason_still_sees_the_failure(aws, settings, monkeypatch, told):
    def refused(self):
        raise ServiceException("AccessDenied", "You may not.")

    monkeypatch.setattr("orgkit.sandbox.cloudformation.responses.CloudFormationResponse.describe_events", refused)
    pretend.fail_validation("OrgPolicy", "Because.")
    with pytest.raises(StackFailed) as failed:
        mend(aws, settings)
    assert "Validation failed" in failed.value.message
    assert any("cannot be read" in line for line in told)


def test_a_change_set_that_was_not_let_pass_is_deleted_and_its_reason_told(
    aws, settings, bootstrapped, iam, cloudformation
):
    delete_the_user(iam)
    pretend.fail_validation("OrgAdmin", "Because.")
    with pytest.raises(OrgkitError, match="OrgAdmin: Because"):
        mend(aws, settings)
    assert cloudformation.list_change_sets(StackName=STACK)["Summaries"] == []


def test_what_the_settings_say_comes_before_what_is_worked_out_of_it(settings):
    # In this order status tells what differs.
    assert list(template.chosen(settings.iam)) == [*template.CHOSEN, *template.ACCOUNTS]


def test_the_template_is_ascii():
    # GetTemplate answers other characters as question marks, and every run would find the template changed.
    template.text().encode("ascii")


@pytest.mark.parametrize("section", ["Resources", "Conditions", "Outputs"])
def test_a_stack_of_another_template_is_told_by_each_of_its_sections(section):
    other = yaml.load(template.text(), Loader=resources._Loader)
    other[section].popitem()
    assert not resources.same(yaml.safe_dump(other), template.text())


def test_a_template_that_many_payers_have_is_parsed_once(monkeypatch, settings):
    parsed, load = [], yaml.load

    def slow(text, **more):
        parsed.append(text)
        Event().wait(0.05)  # long enough for the others to ask
        return load(text, **more)

    monkeypatch.setattr("orgkit.iam.resources.yaml.load", slow)
    resources._loaded.cache_clear()
    start = Barrier(4)

    def work_out(_):
        start.wait()
        return resources.resources(
            template.chosen(settings.iam), Caller(PAYER, f"arn:aws:iam::{PAYER}:root", long_lived=False)
        )

    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(work_out, range(4))
    assert others == [first] * 3
    assert parsed == [template.text()]
