"""Somebody who works in the consoles of the payer by hand."""

from __future__ import annotations

import json
from typing import Any, Final

import boto3

from orgkit.sandbox import PAYER

STACK: Final = "orgkit-iam"
INSTITUTION: Final = "Example University"
SCP: Final = "SERVICE_CONTROL_POLICY"
FULL_ACCESS: Final = "p-FullAWSAccess"
READ_ONLY: Final = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ANYTHING: Final = json.dumps(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
)
NOTHING: Final = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}})


def policy_arn(name: str) -> str:
    return f"arn:aws:iam::{PAYER}:policy/{name}"


class Hands:
    """What such a person does; they may do everything."""

    def __init__(self, session: boto3.Session) -> None:
        self.organizations = session.client("organizations")
        self.iam = session.client("iam")
        self.cloudformation = session.client("cloudformation")

    @property
    def root(self) -> str:
        return str(self.organizations.list_roots()["Roots"][0]["Id"])

    def ou(self, name: str = INSTITUTION, parent: str = "") -> str:
        asked = {"ParentId": parent or self.root}
        ous = self.organizations.list_organizational_units_for_parent(**asked)["OrganizationalUnits"]
        return next(str(ou["Id"]) for ou in ous if ou["Name"] == name)

    def scp(self, name: str) -> str:
        policies = self.organizations.list_policies(Filter=SCP)["Policies"]
        return next(str(policy["Id"]) for policy in policies if policy["Name"] == name)

    def account(self, name: str) -> str:
        accounts = self.organizations.list_accounts()["Accounts"]
        return next(str(account["Id"]) for account in accounts if account["Name"] == name)

    def new_account(self, name: str, to: str = "") -> str:
        made = self.organizations.create_account(AccountName=name, Email=f"{name.lower()}@example.edu")
        account = str(made["CreateAccountStatus"]["AccountId"])
        if to:
            self.move(account, self.root, to)
        return account

    def new_ou(self, name: str, parent: str = "") -> str:
        made = self.organizations.create_organizational_unit(ParentId=parent or self.root, Name=name)
        return str(made["OrganizationalUnit"]["Id"])

    def new_scp(self, name: str, *targets: str) -> str:
        made = self.organizations.create_policy(Name=name, Description="Ours", Content=NOTHING, Type=SCP)
        policy = str(made["Policy"]["PolicySummary"]["Id"])
        for target in targets:
            self.organizations.attach_policy(PolicyId=policy, TargetId=target)
        return policy

    def move(self, account: str, source: str, destination: str) -> None:
        self.organizations.move_account(AccountId=account, SourceParentId=source, DestinationParentId=destination)

    def give_mfa(self, user: str) -> None:
        device = self.iam.create_virtual_mfa_device(VirtualMFADeviceName=user)["VirtualMFADevice"]["SerialNumber"]
        codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
        self.iam.enable_mfa_device(UserName=user, SerialNumber=device, **codes)

    def parameters(self, **given: str) -> list[dict[str, Any]]:
        """The stack's parameters as they are, except for those given."""
        (stack,) = self.cloudformation.describe_stacks(StackName=STACK)["Stacks"]
        names = [parameter["ParameterKey"] for parameter in stack["Parameters"]]
        return [
            {"ParameterKey": name, **({"ParameterValue": given[name]} if name in given else {"UsePreviousValue": True})}
            for name in names
        ]

    def protect(self, *, on: bool) -> None:
        self.cloudformation.update_termination_protection(StackName=STACK, EnableTerminationProtection=on)

    def update_stack(self, **changes: Any) -> None:
        same = {"UsePreviousTemplate": True, "Parameters": self.parameters(), "Capabilities": ["CAPABILITY_NAMED_IAM"]}
        if "TemplateBody" in changes:
            del same["UsePreviousTemplate"]
        self.cloudformation.update_stack(**{"StackName": STACK, **same, **changes})
        self.settled()

    def settled(self) -> None:
        for _ in range(5):
            if self.cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"].endswith("_COMPLETE"):
                return
