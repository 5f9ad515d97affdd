"""The sandbox with IAM enforced, called with real access keys."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.moto_api._internal.models import moto_api_backend

from access import ROOT, Key, allow, client, deny, document
from enforced import Organization, costs, refused, user
from orgkit.sandbox import PAYER, clock
from orgkit.sandbox.authorization import enforcement

pytestmark = pytest.mark.usefixtures("pretend_aws")


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
    with pytest.raises(
        ClientError, match=r"NotImplementedException.*The sandbox does not have billing:ListBillingViews"
    ):
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


def session_of(key: Key, **mfa: str) -> Key:
    """The temporary credentials that this user gets for its own."""
    made = client("sts", key).get_session_token(**mfa)["Credentials"]
    return Key(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


def test_a_session_without_mfa_says_so() -> None:
    key = user(allow("*"), deny("*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}}))
    client("cloudformation", key).list_stacks()
    session = session_of(key)
    refused(client("cloudformation", session).list_stacks)
    with pytest.raises(ClientError, match="InvalidClientTokenId"):  # IAM takes no such session at all
        client("iam", session).list_users()


def test_a_session_with_mfa_opens_what_it_guards() -> None:
    key = user(allow("iam:*"), deny("iam:ListUsers", Condition=MFA))
    device = client("iam", key).create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
    said = {"SerialNumber": device["SerialNumber"], "TokenCode": "123456"}
    with pytest.raises(ClientError, match="MultiFactorAuthentication failed"):
        session_of(key, **said)
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
    client("iam", key).enable_mfa_device(UserName="ann", SerialNumber=said["SerialNumber"], **codes)
    with pytest.raises(ClientError, match="MultiFactorAuthentication failed"):
        session_of(key, SerialNumber=said["SerialNumber"])
    assert client("iam", session_of(key, **said)).list_users()["Users"]


def test_the_time_is_the_sandboxes() -> None:
    tomorrow = f"{clock.now() + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    key = user(allow("iam:*", Condition={"DateGreaterThan": {"aws:CurrentTime": tomorrow}}))
    refused(client("iam", key).list_users)
    clock.advance(timedelta(days=2))
    assert client("iam", key).list_users()["Users"]
