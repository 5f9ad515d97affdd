"""Roles in a stack: made as the template says, changed, found drifted, brought back, deleted."""

from __future__ import annotations

import json

import pytest

from cloud import ADMIN
from orgkit.sandbox import cloudformation

TRUST = '{Version: 2012-10-17, Statement: [{Effect: Allow, Principal: {AWS: "%s"}, Action: "sts:AssumeRole"}]}'
ROLE = """\
Resources:
  Watcher:
    Type: AWS::IAM::Role
    Properties:
      RoleName: Watcher
      AssumeRolePolicyDocument: {trust}
      PermissionsBoundary: !Ref Limits
      ManagedPolicyArns: [arn:aws:iam::aws:policy/IAMReadOnlyAccess]
      Policies:
        - PolicyName: Own
          PolicyDocument: {{Version: 2012-10-17, Statement: [{{Effect: Deny, Action: "s3:*", Resource: "*"}}]}}
      MaxSessionDuration: {seconds}
  Limits:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: Limits
      PolicyDocument: {{Version: 2012-10-17, Statement: [{{Effect: Allow, Action: "*", Resource: "*"}}]}}
"""


def template(principal: str = "111122223333", seconds: int = 3600) -> str:
    return ROLE.format(trust=TRUST % principal, seconds=seconds)


@pytest.fixture
def stack(cloud):
    cloudformation.settle_reads(0)
    cloud.create(template())
    return cloud


def role(cloud):
    return cloud.iam.get_role(RoleName="Watcher")["Role"]


def trusted(cloud) -> str:
    return role(cloud)["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["AWS"]


def test_a_role_is_made_as_the_template_says(stack):
    made = role(stack)
    assert (made["Path"], made["MaxSessionDuration"], trusted(stack)) == ("/", 3600, "111122223333")
    assert made["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith(":policy/Limits")
    (attached,) = stack.iam.list_attached_role_policies(RoleName="Watcher")["AttachedPolicies"]
    assert attached["PolicyName"] == "IAMReadOnlyAccess"
    assert stack.iam.list_role_policies(RoleName="Watcher")["PolicyNames"] == ["Own"]
    assert stack.drifted() == {}


def test_an_update_changes_whom_it_trusts_and_for_how_long(stack):
    assert stack.updated(template("444455556666", 7200))["StackStatus"] == "UPDATE_COMPLETE"
    assert (trusted(stack), role(stack)["MaxSessionDuration"]) == ("444455556666", 7200)


TAMPERINGS = {
    "another policy": lambda iam: iam.attach_role_policy(RoleName="Watcher", PolicyArn=ADMIN),
    "no boundary": lambda iam: iam.delete_role_permissions_boundary(RoleName="Watcher"),
    "no inline policy": lambda iam: iam.delete_role_policy(RoleName="Watcher", PolicyName="Own"),
    "longer sessions": lambda iam: iam.update_role(RoleName="Watcher", MaxSessionDuration=43200),
    "trusts another": lambda iam: iam.update_assume_role_policy(
        RoleName="Watcher",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Principal": {"AWS": "999988887777"}, "Action": "sts:AssumeRole"}],
            }
        ),
    ),
}


@pytest.mark.parametrize("tamper", TAMPERINGS.values(), ids=TAMPERINGS)
def test_what_was_changed_by_hand_is_drift_and_is_brought_back(stack, tamper):
    before = role(stack)
    tamper(stack.iam)
    assert stack.drifted() == {"Watcher": "MODIFIED"}
    assert stack.reverted(template())["StackStatus"] == "UPDATE_COMPLETE"
    assert stack.drifted() == {}
    assert role(stack) == before


def test_a_deleted_stack_leaves_no_role(stack):
    stack.iam.attach_role_policy(RoleName="Watcher", PolicyArn=ADMIN)
    stack.cfn.delete_stack(StackName=stack.name)
    assert "Watcher" not in [each["RoleName"] for each in stack.iam.list_roles()["Roles"]]
