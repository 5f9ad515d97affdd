"""Change sets: made, looked at, executed, deleted."""

from __future__ import annotations

import pytest

from cloud import ANYTHING, NAMED_IAM, TEMPLATE, arn, given, refused
from orgkit.sandbox import cloudformation as pretend

NAMES = {"StackName": "people", "ChangeSetName": "changes"}
NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."


@pytest.fixture
def cloud(deployed):
    return deployed


def changed(change_set) -> list[tuple[str, str, str | None]]:
    changes = [change["ResourceChange"] for change in change_set["Changes"]]
    return [(change["Action"], change["LogicalResourceId"], change.get("Replacement")) for change in changes]


def test_a_change_set_is_looked_at_before_it_is_made(cloud):
    pretend.settle_reads(0, change_sets=2)
    made = cloud.cfn.create_change_set(
        **NAMES, TemplateBody=TEMPLATE, Capabilities=NAMED_IAM, Parameters=given(Mfa="false")
    )
    assert made["StackId"] == cloud.stack()["StackId"]
    answer = refused(cloud.cfn.execute_change_set, **NAMES)
    assert answer.startswith("InvalidChangeSetStatus")
    seen = [cloud.cfn.describe_change_set(ChangeSetName=made["Id"]) for _ in range(3)]
    assert [it["Status"] for it in seen] == ["CREATE_IN_PROGRESS"] * 2 + ["CREATE_COMPLETE"]
    assert [it["ExecutionStatus"] for it in seen] == ["UNAVAILABLE"] * 2 + ["AVAILABLE"]
    assert [len(it["Changes"]) for it in seen] == [0, 0, 2]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"Parameters": given(Mfa="false")}, [("Modify", "Admins", "False"), ("Remove", "MfaPolicy", None)]),
        ({"Parameters": given(Admin="Grace")}, [("Modify", "Ada", "True")]),
        ({"Tags": [{"Key": "Team", "Value": "One"}]}, [("Modify", "Ada", "False")]),
        (
            {"TemplateBody": TEMPLATE.replace("Outputs:", "  More: {Type: AWS::IAM::Group}\nOutputs:")},
            [("Add", "More", None)],
        ),
    ],
)
def test_a_change_set_tells_what_would_change(cloud, more, expected):
    before = cloud.people()
    change_set = cloud.change_set(**{"TemplateBody": TEMPLATE, **more})
    assert changed(change_set) == expected
    assert "StackDriftStatus" not in change_set
    assert cloud.people() == before


def test_a_change_is_told_property_by_property(cloud):
    change_set = cloud.change_set(TemplateBody=TEMPLATE, Parameters=given(Admin="Grace"))
    (detail,) = change_set["Changes"][0]["ResourceChange"]["Details"]
    assert detail["Target"] == {
        "Attribute": "Properties",
        "Name": "UserName",
        "RequiresRecreation": "Always",
        "Path": "/Properties/UserName",
        "BeforeValue": "Ada",
        "AfterValue": "Grace",
        "AttributeChangeType": "Modify",
    }


@pytest.mark.parametrize("mode", [{}, {"DeploymentMode": "REVERT_DRIFT"}])
def test_a_change_set_without_changes_fails(cloud, mode):
    change_set = cloud.change_set(UsePreviousTemplate=True, **mode)
    assert (change_set["Status"], change_set["StatusReason"]) == ("FAILED", NO_CHANGES)
    assert change_set["ExecutionStatus"] == "UNAVAILABLE"
    assert refused(cloud.cfn.execute_change_set, **NAMES).endswith("in its current status of [FAILED]")
    cloud.cfn.delete_change_set(**NAMES)
    assert refused(cloud.cfn.describe_change_set, **NAMES).startswith("ChangeSetNotFound")


def test_an_executed_change_set_updates_the_stack(cloud):
    change_set = cloud.change_set(TemplateBody=TEMPLATE, Parameters=given(Mfa="false"))
    cloud.cfn.execute_change_set(**NAMES)
    stack = cloud.settled()
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert stack["ChangeSetId"] == change_set["ChangeSetId"]
    assert arn("Mfa") not in cloud.people()
    executed = {"ChangeSetName": change_set["ChangeSetId"]}
    assert cloud.cfn.describe_change_set(**executed)["ExecutionStatus"] == "EXECUTE_COMPLETE"
    assert refused(cloud.cfn.execute_change_set, **executed).startswith("InvalidChangeSetStatus")


def test_executing_a_change_set_deletes_the_others(cloud):
    cloud.change_set("other", TemplateBody=TEMPLATE, Parameters=given(Admin="Grace"))
    cloud.change_set(TemplateBody=TEMPLATE, Parameters=given(Mfa="false"))
    cloud.cfn.execute_change_set(**NAMES)
    assert cloud.cfn.list_change_sets(StackName="people")["Summaries"] == []
    assert refused(cloud.cfn.describe_change_set, **NAMES).startswith("ChangeSetNotFound")


def test_an_update_makes_a_change_set_obsolete(cloud):
    cloud.change_set(TemplateBody=TEMPLATE, Parameters=given(Admin="Grace"))
    cloud.update(Parameters=given(Mfa="false"))
    assert cloud.cfn.describe_change_set(**NAMES)["ExecutionStatus"] == "OBSOLETE"
    assert refused(cloud.cfn.execute_change_set, **NAMES).endswith("in its current status of [OBSOLETE]")


def test_a_failed_change_set_is_rolled_back(cloud):
    before = cloud.people()
    cloud.change_set(TemplateBody=TEMPLATE, Parameters=given(Admin="Grace"))
    pretend.fail_resource("Ada", "Out of ink")
    cloud.cfn.execute_change_set(**NAMES)
    assert cloud.settled()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert cloud.people() == before


def test_a_change_set_can_make_the_stack(cloud):
    names = {"StackName": "others", "ChangeSetName": "first"}
    group = "Resources: {G: {Type: AWS::IAM::Group, Properties: {GroupName: Others}}}"
    more = {"ChangeSetType": "CREATE", "TemplateBody": group, "Capabilities": NAMED_IAM}
    cloud.cfn.create_change_set(**names, **more)
    assert cloud.stack("others")["StackStatus"] == "REVIEW_IN_PROGRESS"
    assert "TemplateBody" not in cloud.cfn.get_template(StackName="others")
    cloud.cfn.describe_change_set(**names)
    assert cloud.cfn.describe_change_set(**names)["Changes"][0]["ResourceChange"]["Action"] == "Add"
    assert cloud.cfn.get_template(**names)["TemplateBody"] == group
    cloud.cfn.execute_change_set(**names)
    assert cloud.settled("others")["StackStatus"] == "CREATE_COMPLETE"
    assert cloud.iam.get_group(GroupName="Others")
    assert "already exists and cannot be created again" in refused(
        cloud.cfn.create_change_set, **{**names, "ChangeSetName": "second"}, **more
    )


def test_a_stack_in_review_can_be_deleted(cloud):
    names = {"StackName": "others", "ChangeSetName": "first"}
    cloud.cfn.create_change_set(**names, ChangeSetType="CREATE", TemplateBody=TEMPLATE, Capabilities=NAMED_IAM)
    assert refused(cloud.update, StackName="others").endswith("is in REVIEW_IN_PROGRESS state and can not be updated.")
    cloud.cfn.delete_stack(StackName="others")
    assert "does not exist" in refused(cloud.stack, name_or_id="others")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"StackName": "nobody"}, "ValidationError: Stack [nobody] does not exist"),
        ({"Capabilities": []}, "InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_NAMED_IAM]"),
        ({"TemplateBody": ""}, "ValidationError: Either Template URL or Template Body must be specified."),
        ({"UsePreviousTemplate": True}, "ValidationError: You cannot specify both usePreviousTemplate and Template"),
        (
            {"StackName": "new", "ChangeSetType": "CREATE", "DeploymentMode": "REVERT_DRIFT"},
            "ValidationError: DeploymentMode",
        ),
    ],
)
def test_not_every_change_set_can_be_made(cloud, more, said):
    sent = {**NAMES, "TemplateBody": TEMPLATE, "Capabilities": NAMED_IAM, **more}
    assert refused(cloud.cfn.create_change_set, **{k: v for k, v in sent.items() if v != ""}).startswith(said)


def test_a_change_set_has_a_name_of_its_own(cloud):
    more = {"TemplateBody": TEMPLATE, "Capabilities": NAMED_IAM, "Parameters": given(Mfa="false")}
    first = cloud.cfn.create_change_set(**NAMES, **more, ClientToken="token-1")
    assert cloud.cfn.create_change_set(**NAMES, **more, ClientToken="token-1")["Id"] == first["Id"]
    assert refused(cloud.cfn.create_change_set, **NAMES, **more).startswith("AlreadyExistsException")


def test_a_change_set_is_not_deleted_while_it_is_made(cloud):
    cloud.cfn.create_change_set(**NAMES, TemplateBody=TEMPLATE, Capabilities=NAMED_IAM, Parameters=given(Mfa="false"))
    assert refused(cloud.cfn.delete_change_set, **NAMES).startswith("InvalidChangeSetStatus")


def test_deleting_a_change_set_that_is_not_there_is_no_error(cloud):
    cloud.cfn.delete_change_set(**NAMES)


def test_a_drift_aware_change_set_compares_three_ways(cloud):
    cloud.iam.create_policy_version(PolicyArn=arn("Rights"), PolicyDocument=ANYTHING, SetAsDefault=True)
    cloud.iam.remove_user_from_group(GroupName="Admins", UserName="Ada")
    cloud.iam.delete_user(UserName="Ada")
    change_set = cloud.change_set(TemplateBody=TEMPLATE, DeploymentMode="REVERT_DRIFT")
    assert (change_set["DeploymentMode"], change_set["StackDriftStatus"]) == ("REVERT_DRIFT", "DRIFTED")
    changes = {it["ResourceChange"]["LogicalResourceId"]: it["ResourceChange"] for it in change_set["Changes"]}
    assert {name: (it["Action"], it["ResourceDriftStatus"]) for name, it in changes.items()} == {
        "Rights": ("Modify", "MODIFIED"),
        "Ada": ("Add", "DELETED"),
    }
    target = changes["Rights"]["Details"][0]["Target"]
    assert (target["BeforeValueFrom"], target["AfterValueFrom"]) == ("ACTUAL_STATE", "TEMPLATE")
    assert target["BeforeValue"] == target["Drift"]["ActualValue"] == ANYTHING.replace(" ", "")
    assert target["AfterValue"] == target["Drift"]["PreviousValue"]
