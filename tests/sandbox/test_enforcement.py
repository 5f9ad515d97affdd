"""The sandbox with IAM enforced, called with real access keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from threading import Thread
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from orgkit.sandbox import PAYER, billing_services, clock, enforcement, handshakes, iam, identity, organizations

STANDALONE = "310987654321"
ROLE = "OrganizationAccountAccessRole"
ORG = f"arn:aws:organizations::{PAYER}"
SESSION = boto3.Session()  # moto drops boto3's own, with all that it has read, at each test


@pytest.fixture(autouse=True)
def pretend() -> Iterator[None]:
    for service in (identity, organizations, handshakes, iam, enforcement):
        service.install()
    with mock_aws():
        yield


@dataclass(frozen=True)
class Key:
    id: str
    secret: str = "any"
    token: str | None = None


ROOT = Key(PAYER)


def client(service: str, key: Key = ROOT, **more: Any) -> Any:
    return _client(service, key, tuple(more.items()))


@cache
def _client(service: str, key: Key, more: tuple[tuple[str, Any], ...]) -> Any:
    return SESSION.client(
        service,
        region_name="us-east-1",
        aws_access_key_id=key.id,
        aws_secret_access_key=key.secret,
        aws_session_token=key.token,
        **dict(more),
    )


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def user(*statements: dict[str, Any], name: str = "ann", account: str = PAYER) -> Key:
    """A user with these statements, and its key. IAM is enforced from now on."""
    api = client("iam", Key(account))
    api.create_user(UserName=name)
    if statements:
        api.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
    made = api.create_access_key(UserName=name)["AccessKey"]
    enforcement.enforce(True)
    return Key(made["AccessKeyId"], made["SecretAccessKey"])


@dataclass(frozen=True)
class Organization:
    """An organization with one OU and one account at the root, where Cost Explorer is denied."""

    id: str
    root: str
    ou: str
    scp: str
    member: str

    def arn(self, kind: str, thing: str) -> str:
        return f"{ORG}:{kind}/{self.id}/{thing}"


@pytest.fixture
def org() -> Organization:
    api = client("organizations")
    api.create_organization(FeatureSet="ALL")
    root = api.list_roots()["Roots"][0]["Id"]
    api.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    while api.list_roots()["Roots"][0]["PolicyTypes"][0]["Status"] != "ENABLED":
        pass
    scp = api.create_policy(
        Name="NoCosts", Description="", Type="SERVICE_CONTROL_POLICY", Content=document(deny("ce:*"))
    )["Policy"]["PolicySummary"]["Id"]
    api.attach_policy(PolicyId=scp, TargetId=root)
    api.create_account(AccountName="member", Email="member@example.com")
    return Organization(
        id=api.describe_organization()["Organization"]["Id"],
        root=root,
        ou=api.create_organizational_unit(ParentId=root, Name="University")["OrganizationalUnit"]["Id"],
        scp=scp,
        member=next(each["Id"] for each in api.list_accounts()["Accounts"] if each["Id"] != PAYER),
    )


def refused(call: Any, **arguments: Any) -> str:
    """AWS's reason, of a call that must be refused."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    assert error["Code"] in ("AccessDenied", "AccessDeniedException")
    return str(error["Message"])


def costs(key: Key) -> Any:
    def call() -> Any:
        period = {"Start": "2026-10-01", "End": "2026-11-01"}
        api = client("ce", key)
        return api.get_cost_and_usage(TimePeriod=period, Granularity="MONTHLY", Metrics=["UnblendedCost"])

    return call


def test_nothing_is_enforced_at_first() -> None:
    key = user()
    enforcement.enforce(False)
    assert client("iam", key).list_users()["Users"]


def test_a_reset_ends_enforcement() -> None:
    user()
    moto_api_backend.reset()
    client("iam").create_user(UserName="bob")
    key = client("iam").create_access_key(UserName="bob")["AccessKey"]
    assert client("iam", Key(key["AccessKeyId"])).list_users()["Users"]


def test_a_user_may_do_what_it_is_allowed_alone() -> None:
    key = user(allow("iam:ListUsers"))
    assert client("iam", key).list_users()["Users"]
    refused(client("iam", key).list_groups)


def test_the_refusal_is_in_awss_words() -> None:
    key = user()
    assert refused(client("iam", key).create_user, UserName="eve") == (
        f"User: arn:aws:iam::{PAYER}:user/ann is not authorized to perform: iam:CreateUser on resource: "
        f"arn:aws:iam::{PAYER}:user/eve because no identity-based policy allows the iam:CreateUser action"
    )


@pytest.mark.parametrize(
    ("service", "operation", "code", "status"),
    [
        ("organizations", "list_roots", "AccessDeniedException", 400),
        ("ce", "get_cost_categories", "AccessDeniedException", 400),
        ("budgets", "describe_budgets", "AccessDeniedException", 400),
        ("iam", "list_users", "AccessDenied", 403),
        ("sts", "get_access_key_info", "AccessDenied", 403),
        ("cloudformation", "list_stacks", "AccessDenied", 403),
        ("account", "get_alternate_contact", "AccessDeniedException", 403),
        ("billing", "list_billing_views", "AccessDeniedException", 400),
        ("invoicing", "list_invoice_units", "AccessDeniedException", 400),
        ("freetier", "get_free_tier_usage", "AccessDeniedException", 400),
        ("cur", "describe_report_definitions", "AccessDeniedException", 400),
        ("savingsplans", "describe_savings_plans", "AccessDeniedException", 400),
        ("billingconductor", "list_billing_groups", "AccessDeniedException", 403),
        ("cost-optimization-hub", "list_recommendations", "AccessDeniedException", 400),
        ("bcm-data-exports", "list_exports", "AccessDeniedException", 400),
    ],
)
def test_every_service_refuses_in_its_own_way(service: str, operation: str, code: str, status: int) -> None:
    """Also the services about money that moto lacks, and operations of others that it lacks."""
    needed = {
        "get_cost_categories": {"TimePeriod": {"Start": "2026-10-01", "End": "2026-11-01"}},
        "describe_budgets": {"AccountId": PAYER},
        "get_alternate_contact": {"AlternateContactType": "BILLING"},
        "get_access_key_info": {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE"},
    }
    with pytest.raises(ClientError) as caught:
        getattr(client(service, user()), operation)(**needed.get(operation, {}))
    answer = caught.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    assert "is not authorized to perform: " in answer["Error"]["Message"]


def test_a_service_that_is_lacking_says_so_to_those_who_may_use_it() -> None:
    key = user(allow("billing:*"))
    with pytest.raises(NotImplementedError):
        client("billing", key).list_billing_views()


def test_budgets_has_an_action_for_looking() -> None:
    key = user(allow("budgets:ViewBudget"))
    assert client("budgets", key).describe_budgets(AccountId=PAYER)["Budgets"] == []
    refused(client("budgets", key).delete_budget, AccountId=PAYER, BudgetName="all")


@pytest.mark.parametrize(
    ("service", "operation", "action"),
    [
        ("cloudwatch", "list_metrics", "cloudwatch:ListMetrics"),
        ("resourcegroupstaggingapi", "get_resources", "tag:GetResources"),
    ],
)
def test_an_action_may_begin_otherwise_than_its_service_signs(service: str, operation: str, action: str) -> None:
    key = user(allow(action))
    assert getattr(client(service, key), operation)()


def test_everyone_may_ask_who_they_are() -> None:
    key = user(deny("*"))
    assert client("sts", key).get_caller_identity()["Account"] == PAYER


def test_the_payers_root_user_may_do_everything(org: Organization) -> None:
    enforcement.enforce(True)
    assert client("organizations").list_roots()["Roots"]
    assert costs(ROOT)()


def test_a_group_and_a_managed_policy_count() -> None:
    key = user()
    api = client("iam")
    arn = api.create_policy(PolicyName="Look", PolicyDocument=document(allow("iam:List*")))["Policy"]["Arn"]
    api.create_group(GroupName="staff")
    api.attach_group_policy(GroupName="staff", PolicyArn=arn)
    api.add_user_to_group(GroupName="staff", UserName="ann")
    assert client("iam", key).list_users()["Users"]


def test_a_denying_policy_is_named() -> None:
    key = user(allow("*"))
    policy = client("iam").create_policy(PolicyName="No", PolicyDocument=document(deny("iam:*")))["Policy"]
    client("iam").attach_user_policy(UserName="ann", PolicyArn=policy["Arn"])
    reason = refused(client("iam", key).list_users)
    assert reason.endswith(f"with an explicit deny in an identity-based policy: {policy['Arn']}")


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (allow("s3:*"), "because no permissions boundary allows the iam:ListUsers action"),
        (deny("iam:*"), f"in a permissions boundary: arn:aws:iam::{PAYER}:policy/Limit"),
    ],
)
def test_a_boundary_binds(statement: dict[str, Any], reason: str) -> None:
    key = user(allow("*"))
    text = document(allow("sts:*"), statement)
    limit = client("iam").create_policy(PolicyName="Limit", PolicyDocument=text)["Policy"]["Arn"]
    client("iam").put_user_permissions_boundary(UserName="ann", PermissionsBoundary=limit)
    assert refused(client("iam", key).list_users).endswith(reason)


def test_a_user_manages_itself_alone() -> None:
    own = f"arn:aws:iam::{PAYER}:user/${{aws:username}}"
    key = user(allow(["iam:GetUser", "iam:*AccessKey*", "iam:ChangePassword"], own))
    client("iam").create_user(UserName="bob")
    assert client("iam", key).get_user()["User"]["UserName"] == "ann"
    assert client("iam", key).list_access_keys(UserName="ann")["AccessKeyMetadata"]
    refused(client("iam", key).get_user, UserName="bob")
    refused(client("iam", key).create_access_key, UserName="bob")


def test_a_password_is_changed_on_oneself() -> None:
    reason = refused(client("iam", user()).change_password, OldPassword="first", NewPassword="second")
    assert f"iam:ChangePassword on resource: arn:aws:iam::{PAYER}:user/ann " in reason


def test_a_user_is_asked_about_with_its_path() -> None:
    key = user(allow("iam:GetUser", f"arn:aws:iam::{PAYER}:user/staff/*"))
    client("iam").create_user(UserName="bob", Path="/staff/")
    client("iam").create_user(UserName="eve")
    assert client("iam", key).get_user(UserName="bob")
    refused(client("iam", key).get_user, UserName="eve")


def test_a_service_linked_role_is_named_by_its_service() -> None:
    place = f"arn:aws:iam::{PAYER}:role/aws-service-role/organizations.amazonaws.com/*"
    named = {"StringEquals": {"iam:AWSServiceName": "organizations.amazonaws.com"}}
    api = client("iam", user(allow("iam:CreateServiceLinkedRole", place, Condition=named)))
    assert api.create_service_linked_role(AWSServiceName="organizations.amazonaws.com")
    refused(api.create_service_linked_role, AWSServiceName="sso.amazonaws.com")


def test_iam_tells_which_policy_is_attached() -> None:
    wanted = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    key = user(allow("iam:AttachUserPolicy", Condition={"ArnEquals": {"iam:PolicyARN": wanted}}))
    client("iam", key).attach_user_policy(UserName="ann", PolicyArn=wanted)
    other = "arn:aws:iam::aws:policy/AdministratorAccess"
    refused(client("iam", key).attach_user_policy, UserName="ann", PolicyArn=other)


MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}


def test_mfa_opens_what_it_guards() -> None:
    key = user(allow("iam:*"), deny("iam:*", Condition=MFA))
    refused(client("iam", key).list_users)
    enforcement.signed_in_with_mfa(key.id)
    assert client("iam", key).list_users()["Users"]


def test_a_key_without_mfa_lacks_the_condition_key() -> None:
    key = user(allow("iam:*", Condition={"Null": {"aws:MultiFactorAuthPresent": "true"}}))
    assert client("iam", key).list_users()["Users"]


def test_the_time_is_the_sandboxes() -> None:
    tomorrow = f"{clock.now() + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    key = user(allow("iam:*", Condition={"DateGreaterThan": {"aws:CurrentTime": tomorrow}}))
    refused(client("iam", key).list_users)
    clock.advance(timedelta(days=2))
    assert client("iam", key).list_users()["Users"]


def guard(org: Organization) -> Key:
    """May do everything in Organizations, but for the root, the payer and the protected policy."""
    protected = org.arn("policy", f"service_control_policy/{org.scp}")
    return user(
        allow("organizations:*"),
        deny("organizations:*", [org.arn("root", "*"), org.arn("account", PAYER), protected]),
        name="admin",
    )


def test_each_thing_that_a_call_names_must_be_allowed(org: Organization) -> None:
    key = guard(org)
    api = client("organizations", key)
    text = document(deny("s3:*"))
    mine = api.create_policy(Name="Mine", Description="", Type="SERVICE_CONTROL_POLICY", Content=text)
    policy = mine["Policy"]["PolicySummary"]["Id"]
    api.attach_policy(PolicyId=policy, TargetId=org.ou)
    assert org.arn("root", org.root) in refused(api.attach_policy, PolicyId=policy, TargetId=org.root)
    assert f"/{org.scp} " in refused(api.attach_policy, PolicyId=org.scp, TargetId=org.ou)


@pytest.mark.parametrize(
    ("kinds", "allowed"),
    [(("account", "ou", "root"), True), (("account", "ou"), False), (("ou", "root"), False)],
)
def test_moving_an_account_is_asked_about_three_times(org: Organization, kinds: tuple[str, ...], allowed: bool) -> None:
    key = user(allow("organizations:MoveAccount", [org.arn(kind, "*") for kind in kinds]))
    call = client("organizations", key).move_account
    move = {"AccountId": org.member, "SourceParentId": org.root, "DestinationParentId": org.ou}
    if allowed:
        call(**move)
    else:
        refused(call, **move)


def below_the_root(org: Organization) -> list[tuple[str, dict[str, Any]]]:
    return [
        ("create_organizational_unit", {"ParentId": org.root, "Name": "Other"}),
        ("enable_policy_type", {"RootId": org.root, "PolicyType": "TAG_POLICY"}),
        ("tag_resource", {"ResourceId": org.root, "Tags": [{"Key": "a", "Value": "b"}]}),
        ("untag_resource", {"ResourceId": org.root, "TagKeys": ["a"]}),
        ("list_children", {"ParentId": org.root, "ChildType": "ACCOUNT"}),
        ("list_policies_for_target", {"TargetId": org.root, "Filter": "SERVICE_CONTROL_POLICY"}),
        ("detach_policy", {"PolicyId": "p-FullAWSAccess", "TargetId": org.root}),
        ("delete_policy", {"PolicyId": org.scp}),
        ("update_policy", {"PolicyId": org.scp, "Name": "Mine"}),
        ("describe_policy", {"PolicyId": org.scp}),
        ("list_parents", {"ChildId": PAYER}),
    ]


@pytest.mark.parametrize("place", range(11))
def test_every_way_to_name_a_thing_is_seen(org: Organization, place: int) -> None:
    operation, arguments = below_the_root(org)[place]
    reason = refused(getattr(client("organizations", guard(org)), operation), **arguments)
    assert "with an explicit deny" in reason


def test_ous_and_accounts_are_named_by_their_arns(org: Organization) -> None:
    things = [org.arn("ou", org.ou), org.arn("account", org.member)]
    key = user(allow(["organizations:UpdateOrganizationalUnit", "organizations:DescribeAccount"], things))
    api = client("organizations", key)
    api.update_organizational_unit(OrganizationalUnitId=org.ou, Name="Renamed")
    api.describe_account(AccountId=org.member)
    assert org.arn("account", PAYER) in refused(api.describe_account, AccountId=PAYER)


def test_awss_own_policy_is_nobodys(org: Organization) -> None:
    arn = "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess"
    key = user(allow("organizations:DescribePolicy", arn))
    assert client("organizations", key).describe_policy(PolicyId="p-FullAWSAccess")


@pytest.mark.parametrize(("kind", "allowed"), [("SERVICE_CONTROL_POLICY", True), ("TAG_POLICY", False)])
def test_the_type_of_a_policy_is_a_condition(org: Organization, kind: str, allowed: bool) -> None:
    condition = {"StringEquals": {"organizations:PolicyType": "SERVICE_CONTROL_POLICY"}}
    key = user(allow(["organizations:CreatePolicy", "organizations:ListPolicies"], Condition=condition))
    call = client("organizations", key).list_policies
    if allowed:
        assert call(Filter=kind)["Policies"]
    else:
        refused(call, Filter=kind)


def test_the_type_of_a_known_policy_is_known(org: Organization) -> None:
    condition = {"StringEquals": {"organizations:PolicyType": "SERVICE_CONTROL_POLICY"}}
    key = user(allow(["organizations:DescribePolicy", "organizations:TagResource"], Condition=condition))
    api = client("organizations", key)
    assert api.describe_policy(PolicyId=org.scp)
    api.tag_resource(ResourceId=org.scp, Tags=[{"Key": "a", "Value": "b"}])
    refused(api.tag_resource, ResourceId=org.ou, Tags=[{"Key": "a", "Value": "b"}])


def test_tags_on_what_is_created_need_the_right_to_tag(org: Organization) -> None:
    key = user(allow("organizations:CreateOrganizationalUnit"))
    api = client("organizations", key)
    api.create_organizational_unit(ParentId=org.ou, Name="Plain")
    tags = [{"Key": "a", "Value": "b"}]
    reason = refused(api.create_organizational_unit, ParentId=org.ou, Name="Tagged", Tags=tags)
    assert f"organizations:TagResource on resource: {org.arn('ou', '*')} " in reason


def test_tags_are_conditions(org: Organization) -> None:
    client("organizations").tag_resource(ResourceId=org.ou, Tags=[{"Key": "team", "Value": "a"}])
    mine = {"StringEquals": {"aws:ResourceTag/team": "a", "aws:RequestTag/cost": "1"}}
    key = user(allow("organizations:TagResource", Condition=mine))
    api = client("organizations", key)
    api.tag_resource(ResourceId=org.ou, Tags=[{"Key": "cost", "Value": "1"}])
    refused(api.tag_resource, ResourceId=org.ou, Tags=[{"Key": "cost", "Value": "2"}])
    refused(api.tag_resource, ResourceId=org.member, Tags=[{"Key": "cost", "Value": "1"}])


def test_the_names_of_tags_are_a_condition(org: Organization) -> None:
    own = {"ForAnyValue:StringEquals": {"aws:TagKeys": "cost"}}
    api = client("organizations", user(allow("organizations:UntagResource", Condition=own)))
    api.untag_resource(ResourceId=org.ou, TagKeys=["cost", "other"])
    refused(api.untag_resource, ResourceId=org.ou, TagKeys=["team"])


def test_an_invitation_is_about_the_account_and_then_about_the_handshake(org: Organization) -> None:
    key = user(
        allow("organizations:InviteAccountToOrganization", org.arn("account", STANDALONE)),
        allow("organizations:CancelHandshake", org.arn("handshake", "invite/*")),
    )
    api = client("organizations", key)
    invited = api.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": STANDALONE})
    api.cancel_handshake(HandshakeId=invited["Handshake"]["Id"])
    other = {"Type": "ACCOUNT", "Id": "410987654321"}
    refused(api.invite_account_to_organization, Target=other)


def test_a_members_root_user_is_bound(org: Organization) -> None:
    enforcement.enforce(True)
    member = Key(org.member)
    assert client("iam", member).list_users()["Users"] == []
    scp = org.arn("policy", f"service_control_policy/{org.scp}")
    assert refused(costs(member)).endswith(f"with an explicit deny in a service control policy: {scp}")


def test_a_members_user_is_bound(org: Organization) -> None:
    key = user(allow("*"), account=org.member)
    assert client("iam", key).list_users()["Users"]
    refused(costs(key))


def test_the_policies_of_the_place_bind(org: Organization) -> None:
    """An account that is moved out of an OU leaves that OU's policies."""
    api = client("organizations")
    text = document(deny("iam:*"))
    policy = api.create_policy(Name="NoIam", Description="", Type="SERVICE_CONTROL_POLICY", Content=text)
    api.attach_policy(PolicyId=policy["Policy"]["PolicySummary"]["Id"], TargetId=org.ou)
    enforcement.enforce(True)
    member = client("iam", Key(org.member))
    assert member.list_users()["Users"] == []
    api.move_account(AccountId=org.member, SourceParentId=org.root, DestinationParentId=org.ou)
    refused(member.list_users)


def test_nothing_binds_where_the_policy_type_is_disabled(org: Organization) -> None:
    api = client("organizations")
    api.disable_policy_type(RootId=org.root, PolicyType="SERVICE_CONTROL_POLICY")
    while api.list_roots()["Roots"][0]["PolicyTypes"]:
        pass
    enforcement.enforce(True)
    assert costs(Key(org.member))()


def test_an_account_outside_is_not_bound(org: Organization) -> None:
    enforcement.enforce(True)
    assert costs(Key(STANDALONE))()


def test_a_member_that_accepts_an_invitation_leaves(org: Organization) -> None:
    text = document(deny("organizations:LeaveOrganization"))
    api = client("organizations")
    policy = api.create_policy(Name="Stay", Description="", Type="SERVICE_CONTROL_POLICY", Content=text)
    api.attach_policy(PolicyId=policy["Policy"]["PolicySummary"]["Id"], TargetId=org.root)
    enforcement.enforce(True)
    member = client("organizations", Key(org.member))
    reason = refused(member.accept_handshake, HandshakeId="h-examplehandshake")
    assert "organizations:LeaveOrganization" in reason


def assume(key: Key, account: str, role: str = ROLE) -> Key:
    arn = f"arn:aws:iam::{account}:role/{role}"
    made = client("sts", key).assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
    return Key(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


def in_the_ou(org: Organization) -> dict[str, Any]:
    paths = {"ForAnyValue:StringLike": {"aws:ResourceOrgPaths": f"{org.id}/{org.root}/{org.ou}/*"}}
    return allow("sts:AssumeRole", f"arn:aws:iam::*:role/{ROLE}", Condition=paths)


def test_a_role_is_reached_in_the_ou_alone(org: Organization) -> None:
    key = user(in_the_ou(org))
    with pytest.raises(ClientError, match="because no identity-based policy allows the sts:AssumeRole"):
        assume(key, org.member)
    client("organizations").move_account(AccountId=org.member, SourceParentId=org.root, DestinationParentId=org.ou)
    said = client("sts", assume(key, org.member)).get_caller_identity()
    assert said["Arn"] == f"arn:aws:sts::{org.member}:assumed-role/{ROLE}/session"


def test_a_role_must_exist_and_trust(org: Organization) -> None:
    """AWS gives no reason here."""
    key = user(allow("sts:AssumeRole"))
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": STANDALONE}}
    client("iam", Key(org.member)).create_role(RoleName="Closed", AssumeRolePolicyDocument=document(trust))
    for role in ("Nowhere", "Closed"):
        with pytest.raises(ClientError, match=rf"sts:AssumeRole on resource: \S+/{role}$"):
            assume(key, org.member, role)


@pytest.mark.parametrize("with_mfa", [True, False])
def test_a_trust_policy_has_conditions(org: Organization, with_mfa: bool) -> None:
    key = user(allow("sts:AssumeRole"))
    condition = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{PAYER}:root"}}
    text = document({**trust, "Condition": condition})
    client("iam", Key(org.member)).create_role(RoleName="Guarded", AssumeRolePolicyDocument=text)
    if with_mfa:
        enforcement.signed_in_with_mfa(key.id)
        assume(key, org.member, "Guarded")
    else:
        with pytest.raises(ClientError, match="AccessDenied"):
            assume(key, org.member, "Guarded")


def test_a_session_has_the_roles_rights_within_the_organizations_limits(org: Organization) -> None:
    member = client("iam", Key(org.member))
    member.delete_role_policy(RoleName=ROLE, PolicyName="AdministratorAccess")
    member.put_role_policy(RoleName=ROLE, PolicyName="own", PolicyDocument=document(allow(["iam:ListUsers", "ce:*"])))
    session = assume(user(allow("sts:AssumeRole")), org.member)
    assert client("iam", session).list_users()["Users"] == []
    assert f"assumed-role/{ROLE}/session" in refused(client("iam", session).list_groups)
    assert "service control policy" in refused(costs(session))


def test_passing_a_role_to_cloudformation_is_asked_about() -> None:
    key = user(allow("cloudformation:*"))
    body = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    role = f"arn:aws:iam::{PAYER}:role/Deployer"
    reason = refused(client("cloudformation", key).create_stack, StackName="stack", TemplateBody=body, RoleARN=role)
    assert f"iam:PassRole on resource: {role} " in reason


def test_a_stack_is_named_by_its_arn() -> None:
    key = user()
    reason = refused(client("cloudformation", key).describe_stacks, StackName="stack")
    assert f"on resource: arn:aws:cloudformation:us-east-1:{PAYER}:stack/stack/* " in reason


class Quiet(MotoRequestHandler):
    def log_request(self, *_: Any) -> None:
        pass


ONCE = Config(retries={"total_max_attempts": 1})


def test_a_server_enforces_too(org: Organization) -> None:
    """Over a socket, also for a service that moto lacks."""
    key = user(allow("organizations:ListRoots"))
    application = billing_services.around(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, application, request_handler=Quiet)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        there = {"endpoint_url": f"http://127.0.0.1:{server.port}", "config": ONCE}
        assert client("organizations", key, **there).list_roots()["Roots"]
        refused(client("organizations", key, **there).list_accounts)
        refused(client("iam", key, **there).list_users)
        refused(client("billing", key, **there).list_billing_views)
    finally:
        server.shutdown()
        server.server_close()
