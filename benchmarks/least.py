"""The least possible: straight-line scripts that make only the calls that cannot be left out for the same result.

They know what they will find and check no answer; they have no messages, no patience, no second thoughts. What
they leave out is what orgkit's own calls are measured against.

    python benchmarks/least.py first|again|status|tree|invite [ACCOUNT...]
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import boto3

TOP: Final = Path(__file__).parents[1]
INSTITUTION: Final = "Example University"
SCPS: Final = ("deny-billing", "keep-membership")
SCP: Final = "SERVICE_CONTROL_POLICY"
STACK: Final = "orgkit-iam"
USERS: Final = ("BillingAdmin", "OrgAdmin")


def first() -> None:
    """A bootstrap that knows the account to be empty."""
    boto3.client("sts").get_caller_identity()
    organizations, cloudformation, iam = map(boto3.client, ("organizations", "cloudformation", "iam"))
    organization = organizations.create_organization(FeatureSet="ALL")["Organization"]["Id"]
    root = organizations.list_roots()["Roots"][0]["Id"]
    ou = organizations.create_organizational_unit(ParentId=root, Name=INSTITUTION)["OrganizationalUnit"]["Id"]
    organizations.enable_policy_type(RootId=root, PolicyType=SCP)
    until(lambda: any(kind["Status"] == "ENABLED" for kind in organizations.list_roots()["Roots"][0]["PolicyTypes"]))
    arns = []
    for name in SCPS:
        made = organizations.create_policy(Name=name, Description=name, Content=document(name), Type=SCP)
        organizations.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=root)
        arns.append(made["Policy"]["PolicySummary"]["Arn"])
    parameters = {
        "OrganizationId": organization,
        "RootId": root,
        "InstitutionOuId": ou,
        "ProtectedPolicyArns": ",".join(arns),
        "OwnPolicies": str(len(arns)),
    }
    cloudformation.create_stack(
        StackName=STACK,
        TemplateBody=(TOP / "cloudformation" / "iam.yaml").read_text(encoding="utf-8"),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_NAMED_IAM"],
        EnableTerminationProtection=True,
    )
    until(lambda: cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE")
    for user in USERS:
        iam.create_login_profile(UserName=user, Password="Pretend-1234567890", PasswordResetRequired=True)


def again() -> None:
    """Read what shows that everything is in place, and what is left to a person."""
    boto3.client("sts").get_caller_identity()
    organizations, cloudformation, iam = map(boto3.client, ("organizations", "cloudformation", "iam"))
    organizations.describe_organization()
    root = organizations.list_roots()["Roots"][0]["Id"]
    ous = organizations.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"]
    ou = next(each["Id"] for each in ous if each["Name"] == INSTITUTION)
    organizations.list_policies_for_target(TargetId=ou, Filter=SCP)
    for policy in organizations.list_policies_for_target(TargetId=root, Filter=SCP)["Policies"]:
        if policy["Name"] in SCPS:
            organizations.describe_policy(PolicyId=policy["Id"])
    for _ in pages(organizations.list_accounts_for_parent, ParentId=root):
        pass
    detection = cloudformation.detect_stack_drift(StackName=STACK)["StackDriftDetectionId"]
    cloudformation.describe_stacks(StackName=STACK)
    cloudformation.get_template(StackName=STACK)
    iam.get_account_authorization_details(Filter=["User", "Group", "LocalManagedPolicy"])
    for user in USERS:
        iam.get_login_profile(UserName=user)
    seen = cloudformation.describe_stack_drift_detection_status
    until(lambda: seen(StackDriftDetectionId=detection)["DetectionStatus"] == "DETECTION_COMPLETE")
    cloudformation.describe_stack_resource_drifts(StackName=STACK)
    iam.get_account_summary()
    for _ in pages(organizations.list_handshakes_for_organization, Filter={"ActionType": "INVITE"}):
        pass


def status() -> None:
    """As `again`, and who else could do what: access keys of the admins, delegations, trusted services, transfers."""
    again()
    organizations, iam = map(boto3.client, ("organizations", "iam"))
    for user in USERS:
        iam.list_access_keys(UserName=user)
    with suppress(organizations.exceptions.ResourcePolicyNotFoundException):
        organizations.describe_resource_policy()
    for _ in pages(organizations.list_aws_service_access_for_organization):
        pass
    for _ in pages(organizations.list_delegated_administrators):
        pass
    organizations.list_inbound_responsibility_transfers(Type="BILLING")
    organizations.list_outbound_responsibility_transfers(Type="BILLING")


def tree() -> None:
    """Read the whole organization, one call after the other, and print its names."""
    boto3.client("sts").get_caller_identity()
    organizations = boto3.client("organizations")
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.list_policies_for_target(TargetId=root, Filter=SCP)
    for page in pages(organizations.list_policies, Filter=SCP):
        for policy in page["Policies"]:
            if not policy["AwsManaged"]:
                for _ in pages(organizations.list_targets_for_policy, PolicyId=policy["Id"]):
                    pass
    nodes = [root]
    while nodes:
        node = nodes.pop()
        for page in pages(organizations.list_accounts_for_parent, ParentId=node):
            print(*(account["Name"] for account in page["Accounts"]), sep="\n")
        for page in pages(organizations.list_organizational_units_for_parent, ParentId=node):
            nodes += [ou["Id"] for ou in page["OrganizationalUnits"]]


def invite(*accounts: str) -> None:
    """Invite these, once it is known who was invited before and who is a member."""
    boto3.client("sts").get_caller_identity()
    organizations = boto3.client("organizations")
    for _ in pages(organizations.list_handshakes_for_organization, Filter={"ActionType": "INVITE"}):
        pass
    for _ in pages(organizations.list_accounts):
        pass
    for account in accounts:
        organizations.invite_account_to_organization(Target={"Id": account, "Type": "ACCOUNT"})


def document(name: str) -> str:
    """An SCP as it is sent: without white space."""
    text = (TOP / "scp-examples" / f"{name}.json").read_text(encoding="utf-8")
    return json.dumps(json.loads(text), separators=(",", ":"))


def until(done: Callable[[], bool]) -> None:
    """Ask again and again, at orgkit's own intervals, so that both wait equally long for AWS."""
    wait = 0.5
    while not done():
        time.sleep(wait)
        wait = min(wait * 1.5, 5.0)


def pages(operation: Callable[..., dict[str, Any]], **parameters: Any) -> Iterator[dict[str, Any]]:
    """Every page of a list."""
    token: dict[str, str] = {}
    while True:
        page = operation(**parameters, **token)
        yield page
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


if __name__ == "__main__":
    scripts: dict[str, Callable[..., None]] = {
        "first": first,
        "again": again,
        "status": status,
        "tree": tree,
        "invite": invite,
    }
    scripts[sys.argv[1]](*sys.argv[2:])
