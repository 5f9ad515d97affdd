"""The separation for real: after bootstrap, with IAM enforced, each user's own access key meets AWS."""

from __future__ import annotations

import json
from dataclasses import replace

import boto3
import pytest
from botocore.exceptions import ClientError

import access
from orgkit import procedure
from orgkit.sandbox import PAYER
from orgkit.sandbox.authorization import enforcement

DENIED = {"AccessDenied", "AccessDeniedException"}
OPEN = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


def client(service: str, key: dict[str, str]):
    return boto3.client(
        service,
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        aws_session_token=key.get("SessionToken", ""),
    )


@pytest.fixture
def world(aws, settings, session):
    """A bootstrapped payer with one account in the institution's OU, IAM enforced: names and their ids."""
    steps = {step.thing: step.detail for step in procedure.bootstrap(aws(), settings)}
    organizations = session.client("organizations")
    root = organizations.list_roots()["Roots"][0]["Id"]
    ou = steps["institution OU Example University"]
    made = organizations.create_account(AccountName="Physics", Email="physics@example.edu")
    account = made["CreateAccountStatus"]["AccountId"]
    organizations.move_account(AccountId=account, SourceParentId=root, DestinationParentId=ou)
    enforcement.enforce(True)
    return {"root": root, "ou": ou, "account": account, "guard": steps["SCP deny-billing"]}


def key_of(session, user: str, *, mfa: bool = True) -> dict[str, str]:
    key = session.client("iam").create_access_key(UserName=user)["AccessKey"]
    if mfa:
        enforcement.signed_in_with_mfa(key["AccessKeyId"])
    return key


@pytest.fixture
def org_admin(world, session):
    return key_of(session, "OrgAdmin")


@pytest.fixture
def billing_admin(world, session):
    return key_of(session, "BillingAdmin")


def refused(call, **parameters) -> bool:
    try:
        call(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"] in DENIED
    return False


def test_the_org_admin_works_below_the_root(world, org_admin):
    organizations = client("organizations", org_admin)
    ou = organizations.create_organizational_unit(ParentId=world["ou"], Name="Labs")["OrganizationalUnit"]["Id"]
    scp = organizations.create_policy(Name="labs", Description="", Content=OPEN, Type="SERVICE_CONTROL_POLICY")[
        "Policy"
    ]["PolicySummary"]["Id"]
    for target in (ou, world["ou"], world["account"]):
        organizations.attach_policy(PolicyId=scp, TargetId=target)
    organizations.move_account(AccountId=world["account"], SourceParentId=world["ou"], DestinationParentId=ou)
    organizations.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": "210987654321"})
    assert [policy["Name"] for policy in attached(organizations, ou)] == ["FullAWSAccess", "labs"]


def attached(organizations, target: str):
    found = organizations.list_policies_for_target(TargetId=target, Filter="SERVICE_CONTROL_POLICY")["Policies"]
    return sorted(found, key=lambda policy: policy["Name"])


def test_the_org_admin_is_refused_at_the_root_and_at_the_guards(world, org_admin):
    organizations = client("organizations", org_admin)
    scp = organizations.create_policy(Name="mine", Description="", Content=OPEN, Type="SERVICE_CONTROL_POLICY")
    scp = scp["Policy"]["PolicySummary"]["Id"]
    assert refused(organizations.attach_policy, PolicyId=scp, TargetId=world["root"])
    assert refused(organizations.attach_policy, PolicyId=scp, TargetId=PAYER)
    assert refused(organizations.detach_policy, PolicyId=world["guard"], TargetId=world["root"])
    assert refused(organizations.update_policy, PolicyId=world["guard"], Content=OPEN)
    assert refused(organizations.attach_policy, PolicyId=world["guard"], TargetId=world["ou"])
    assert refused(organizations.create_organizational_unit, ParentId=world["root"], Name="Mine")
    assert refused(organizations.update_organizational_unit, OrganizationalUnitId=world["ou"], Name="Mine")
    assert refused(organizations.remove_account_from_organization, AccountId=world["account"])
    assert refused(organizations.disable_policy_type, RootId=world["root"], PolicyType="SERVICE_CONTROL_POLICY")


def test_the_org_admin_is_refused_at_billing_and_iam(world, org_admin):
    period = {"Start": "2026-01-01", "End": "2026-02-01"}
    assert refused(
        client("ce", org_admin).get_cost_and_usage, TimePeriod=period, Granularity="MONTHLY", Metrics=["UnblendedCost"]
    )
    assert refused(client("budgets", org_admin).describe_budgets, AccountId=PAYER)
    assert refused(client("iam", org_admin).create_user, UserName="Mine")
    assert refused(client("cloudformation", org_admin).delete_stack, StackName="orgkit-iam")


def test_the_org_admin_without_mfa_may_do_nothing(world, session):
    organizations = client("organizations", key_of(session, "OrgAdmin", mfa=False))
    assert refused(organizations.list_roots)
    assert refused(organizations.create_organizational_unit, ParentId=world["ou"], Name="Labs")


def test_the_access_role_of_a_member_opens_everything_but_billing_and_leaving(world, org_admin):
    role = f"arn:aws:iam::{world['account']}:role/OrganizationAccountAccessRole"
    inside = client("sts", org_admin).assume_role(RoleArn=role, RoleSessionName="work")["Credentials"]
    client("iam", inside).create_user(UserName="Researcher")
    assert refused(client("budgets", inside).describe_budgets, AccountId=world["account"])
    assert refused(client("organizations", inside).leave_organization)


def test_the_root_user_of_a_member_is_refused_at_billing_and_cannot_leave(world):
    root = {"AccessKeyId": world["account"], "SecretAccessKey": "pretend", "SessionToken": "pretend"}
    assert refused(client("budgets", root).describe_budgets, AccountId=world["account"])
    assert refused(client("organizations", root).leave_organization)
    client("iam", root).create_user(UserName="Researcher")


def test_the_billing_admin_reads_costs_and_is_refused_everywhere_else(world, billing_admin):
    assert not refused(client("budgets", billing_admin).describe_budgets, AccountId=PAYER)
    organizations = client("organizations", billing_admin)
    assert organizations.list_accounts()["Accounts"]
    assert refused(organizations.create_organizational_unit, ParentId=world["ou"], Name="Mine")
    assert refused(organizations.detach_policy, PolicyId=world["guard"], TargetId=world["root"])
    assert refused(client("iam", billing_admin).list_users)


@pytest.mark.parametrize("tampering", ["a policy attached", "the boundary removed", "in the partner's group"])
def test_a_mistake_with_the_org_admin_opens_neither_billing_nor_the_root(world, org_admin, session, tampering):
    iam = session.client("iam")
    if tampering == "a policy attached":
        iam.attach_user_policy(UserName="OrgAdmin", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    elif tampering == "the boundary removed":
        iam.delete_user_permissions_boundary(UserName="OrgAdmin")
    else:
        iam.add_user_to_group(UserName="OrgAdmin", GroupName="BillingAdmins")
    assert refused(client("budgets", org_admin).describe_budgets, AccountId=PAYER)
    assert refused(client("iam", org_admin).create_user, UserName="Mine")
    organizations = client("organizations", org_admin)
    assert refused(organizations.detach_policy, PolicyId=world["guard"], TargetId=world["root"])


# Without an IAM user: the roles, from another account, with no MFA that a policy could see


@pytest.fixture
def by_role(aws, settings, session):
    """A client as an admin's role: `by_role("OrgAdmin", "organizations")`. Each is assumed from a role elsewhere."""
    elsewhere, sources = "999988887777", {"OrgAdmin": "institution", "BillingAdmin": "partner"}
    roles = {
        "org_admin_from": f"arn:aws:iam::{elsewhere}:role/inst*",
        "billing_admin_from": f"arn:aws:iam::{elsewhere}:role/partner",
    }
    tuple(procedure.bootstrap(aws(), replace(settings, iam=replace(settings.iam, **roles))))
    iam = access.client("iam", elsewhere)
    iam.create_user(UserName="people")
    assume = access.document(access.allow("sts:AssumeRole"))
    iam.put_user_policy(UserName="people", PolicyName="own", PolicyDocument=assume)
    trust = json.loads(OPEN)
    trust["Statement"] = [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{elsewhere}:root"}, "Action": "sts:AssumeRole"}
    ]
    for source in sources.values():
        iam.create_role(RoleName=source, AssumeRolePolicyDocument=json.dumps(trust))
        iam.put_role_policy(RoleName=source, PolicyName="own", PolicyDocument=assume)
    key = iam.create_access_key(UserName="people")["AccessKey"]
    enforcement.enforce(True)

    def assumed(key, account: str, role: str):
        arn = f"arn:aws:iam::{account}:role/{role}"
        return client("sts", key).assume_role(RoleArn=arn, RoleSessionName="ann")["Credentials"]

    def become(admin: str, service: str, source: str = ""):
        first = assumed(key, elsewhere, source or sources[admin])
        return client(service, assumed(first, PAYER, admin))

    return become


def test_an_admin_without_a_user_does_its_work_and_no_more(by_role):
    organizations = by_role("OrgAdmin", "organizations")
    root = organizations.list_roots()["Roots"][0]["Id"]
    (ou,) = organizations.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"]
    assert organizations.create_organizational_unit(ParentId=ou["Id"], Name="Labs")
    assert refused(organizations.create_organizational_unit, ParentId=root, Name="Labs")
    assert refused(by_role("OrgAdmin", "budgets").describe_budgets, AccountId=PAYER)
    assert refused(
        by_role("OrgAdmin", "iam").change_password, OldPassword="Correct-Horse-7", NewPassword="Correct-Horse-8"
    )
    assert by_role("BillingAdmin", "budgets").describe_budgets(AccountId=PAYER)
    assert refused(by_role("BillingAdmin", "organizations").list_policies, Filter="SERVICE_CONTROL_POLICY")


def test_neither_party_takes_the_other_s_role(by_role):
    assert refused(lambda: by_role("BillingAdmin", "sts", source="institution"))
    assert refused(lambda: by_role("OrgAdmin", "sts", source="partner"))
