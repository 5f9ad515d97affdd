"""A stack, and the hands of someone who tampers with what it made: what the tests of CloudFormation share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import ClientError

# Whoever imports moto before the first client is made has that client reach moto.
from moto.core import DEFAULT_ACCOUNT_ID as ACCOUNT

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
NAMED_IAM = ["CAPABILITY_NAMED_IAM"]

TEMPLATE = """\
AWSTemplateFormatVersion: 2010-09-09
Description: Two people in one group
Parameters:
  Mfa: {Type: String, AllowedValues: ["true", "false"], Default: "true"}
  Admin: {Type: String, Default: Ada}
  Secret: {Type: String, NoEcho: true, Default: hush}
Conditions:
  MfaRequired: !Equals [!Ref Mfa, "true"]
Resources:
  Ada:
    Type: AWS::IAM::User
    Properties:
      UserName: !Ref Admin
      Groups: [!Ref Admins]
      PermissionsBoundary: !Ref Rights
  Admins:
    Type: AWS::IAM::Group
    Properties:
      GroupName: Admins
      ManagedPolicyArns: [!Ref Rights, !If [MfaRequired, !Ref MfaPolicy, !Ref AWS::NoValue]]
  Rights:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: Rights
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - {Effect: Allow, Action: ["organizations:List*", "organizations:Describe*"], Resource: "*"}
  MfaPolicy:
    Type: AWS::IAM::ManagedPolicy
    Condition: MfaRequired
    Properties:
      ManagedPolicyName: Mfa
      PolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Deny, Action: "*", Resource: "*"}]}
Outputs:
  AdminArn: {Value: !GetAtt Ada.Arn, Description: The admin}
"""
"""Everything that orgkit's own template makes use of."""

ANYTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


def arn(policy: str) -> str:
    """The ARN of a managed policy of the account."""
    return f"arn:aws:iam::{ACCOUNT}:policy/{policy}"


def given(**values: str) -> list[dict[str, str]]:
    """Parameters as CloudFormation takes them."""
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]


def refused(call: Any, **parameters: Any) -> str:
    """How AWS refuses a call: its error code and message."""
    try:
        call(**parameters)
    except ClientError as error:
        return f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
    raise AssertionError("AWS took the call")


def sized(characters: int) -> str:
    """A policy document of so many characters."""
    document = json.loads(ANYTHING)
    document["Statement"][0]["Sid"] = ""
    document["Statement"][0]["Sid"] = "x" * (characters - len("".join(json.dumps(document).split())))
    return json.dumps(document, indent=4)


@cache
def _client(session: boto3.Session, service: str) -> Any:
    return session.client(service)


class Cloud:
    """CloudFormation with one stack named `people`, and IAM."""

    name = "people"

    def __init__(self, session: boto3.Session) -> None:
        self.cfn, self.iam = _client(session, "cloudformation"), _client(session, "iam")

    def create(self, template: str = TEMPLATE, **more: Any) -> str:
        """Create the stack and give its id."""
        sent = {"StackName": self.name, "TemplateBody": template, "Capabilities": NAMED_IAM, **more}
        stack_id: str = self.cfn.create_stack(**sent)["StackId"]
        return stack_id

    def created(self, template: str = TEMPLATE, **more: Any) -> dict[str, Any]:
        """Create the stack and wait."""
        return self.settled(self.create(template, **more))

    def update(self, template: str = TEMPLATE, **more: Any) -> None:
        """Update the stack."""
        sent = {"StackName": self.name, "TemplateBody": template, "Capabilities": NAMED_IAM, **more}
        self.cfn.update_stack(**sent)

    def updated(self, template: str = TEMPLATE, **more: Any) -> dict[str, Any]:
        """Update the stack and wait."""
        self.update(template, **more)
        return self.settled()

    def stack(self, name_or_id: str | None = None) -> dict[str, Any]:
        """The stack as it is described now."""
        (stack,) = self.cfn.describe_stacks(StackName=name_or_id or self.name)["Stacks"]
        described: dict[str, Any] = stack
        return described

    def settled(self, name_or_id: str | None = None) -> dict[str, Any]:
        """The stack when it is no longer busy."""
        while True:
            stack = self.stack(name_or_id)
            invalid = stack.get("StackStatusReason", "").startswith("Validation failed")  # a rollback is to come
            if not stack["StackStatus"].endswith("IN_PROGRESS") and not invalid:
                return stack

    def events(self, stack_id: str | None = None) -> list[str]:
        """The events to be seen, oldest first: who and what."""
        told = self.cfn.describe_stack_events(StackName=stack_id or self.name)["StackEvents"]
        return [f"{event['LogicalResourceId']} {event['ResourceStatus']}" for event in reversed(told)]

    def reasons(self, status: str) -> dict[str, str]:
        """The reasons of all events with this status."""
        told = self.cfn.describe_stack_events(StackName=self.name)["StackEvents"]
        found = [event for event in told if event["ResourceStatus"] == status]
        return {event["LogicalResourceId"]: event.get("ResourceStatusReason", "") for event in found}

    def drift(self) -> dict[str, dict[str, Any]]:
        """What drift detection finds of every resource."""
        detection = self.cfn.detect_stack_drift(StackName=self.name)["StackDriftDetectionId"]
        ask = self.cfn.describe_stack_drift_detection_status
        while ask(StackDriftDetectionId=detection)["DetectionStatus"] == "DETECTION_IN_PROGRESS":
            pass
        drifts = self.cfn.describe_stack_resource_drifts(StackName=self.name)["StackResourceDrifts"]
        return {drift["LogicalResourceId"]: drift for drift in drifts}

    def drifted(self) -> dict[str, str]:
        """The resources that have drifted, and how."""
        found = {name: drift["StackResourceDriftStatus"] for name, drift in self.drift().items()}
        return {name: status for name, status in found.items() if status != "IN_SYNC"}

    def change_set(self, name: str = "changes", **more: Any) -> dict[str, Any]:
        """Create a change set, and describe it when it is made."""
        names = {"StackName": self.name, "ChangeSetName": name}
        self.cfn.create_change_set(**names, Capabilities=NAMED_IAM, **more)
        while True:
            described: dict[str, Any] = self.cfn.describe_change_set(**names)
            if described["Status"] != "CREATE_IN_PROGRESS":
                return described

    def reverted(self, template: str = TEMPLATE, **more: Any) -> dict[str, Any]:
        """Bring the stack back to its template by a drift-aware change set."""
        self.change_set("revert", TemplateBody=template, DeploymentMode="REVERT_DRIFT", **more)
        self.cfn.execute_change_set(StackName=self.name, ChangeSetName="revert")
        return self.settled()

    def people(self) -> dict[str, Any]:
        """All users, groups and policies of the account: what they are, not when, how often or in what order."""
        details = self.iam.get_account_authorization_details()
        entities = [*details["UserDetailList"], *details["GroupDetailList"], *details["Policies"]]
        return {entity["Arn"]: _lasting(entity) for entity in entities}


def _lasting(entity: Mapping[str, Any]) -> dict[str, Any]:
    documents = [it["Document"] for it in entity.get("PolicyVersionList", ()) if it["IsDefaultVersion"]]
    attached = sorted(it["PolicyArn"] for it in entity.get("AttachedManagedPolicies", ()))
    lasting = {key: value for key, value in entity.items() if key not in _OF_THE_MOMENT}
    return {**lasting, "Documents": documents, "AttachedManagedPolicies": attached}


_OF_THE_MOMENT = frozenset(
    {
        "AttachmentCount",
        "CreateDate",
        "DefaultVersionId",
        "GroupId",
        "PermissionsBoundaryUsageCount",
        "PolicyId",
        "PolicyVersionList",
        "UpdateDate",
        "UserId",
    }
)


def join_others(iam: Any) -> None:
    iam.create_group(GroupName="Others")
    iam.add_user_to_group(GroupName="Others", UserName="Ada")


def widen(iam: Any) -> None:
    iam.create_policy_version(PolicyArn=arn("Rights"), PolicyDocument=ANYTHING, SetAsDefault=True)


def free(iam: Any) -> None:
    iam.delete_user_permissions_boundary(UserName="Ada")


def leave(iam: Any) -> None:
    iam.remove_user_from_group(GroupName="Admins", UserName="Ada")


def delete_user(iam: Any) -> None:
    leave(iam)
    iam.delete_user(UserName="Ada")


def delete_group(iam: Any) -> None:
    leave(iam)
    for name in ("Rights", "Mfa"):
        iam.detach_group_policy(GroupName="Admins", PolicyArn=arn(name))
    iam.delete_group(GroupName="Admins")


def delete_policy(iam: Any) -> None:
    iam.detach_group_policy(GroupName="Admins", PolicyArn=arn("Rights"))
    free(iam)
    iam.delete_policy(PolicyArn=arn("Rights"))
