"""IAM's policy simulator in the sandbox, asked through boto3."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from access import allow, client, deny, document
from enforced import a_guarded_organization
from orgkit.sandbox import PAYER

ANN = f"arn:aws:iam::{PAYER}:user/ann"

pytestmark = pytest.mark.usefixtures("pretend_aws")


FULL = document(allow("*"))


def user(name: str = "ann", account: str = PAYER, inline: str | None = None) -> str:
    said = client("iam", account).create_user(UserName=name)
    if inline:
        client("iam", account).put_user_policy(UserName=name, PolicyName="own", PolicyDocument=inline)
    return str(said["User"]["Arn"])


def managed(text: str, name: str = "Shared") -> str:
    return str(client("iam").create_policy(PolicyName=name, PolicyDocument=text)["Policy"]["Arn"])


def simulate(action: str = "s3:GetObject", arn: str = ANN, **more: Any) -> dict[str, Any]:
    answer = client("iam").simulate_principal_policy(PolicySourceArn=arn, ActionNames=[action], **more)
    return dict(answer["EvaluationResults"][0])


def custom(*texts: str, action: str = "s3:GetObject", **more: Any) -> dict[str, Any]:
    answer = client("iam").simulate_custom_policy(PolicyInputList=texts, ActionNames=[action], **more)
    return dict(answer["EvaluationResults"][0])


def levels(*texts: list[str]) -> list[dict[str, list[str]]]:
    return [{"ServiceControlPolicyInputList": level} for level in texts]


def key(name: str, *values: str, kind: str = "string") -> dict[str, Any]:
    return {"ContextKeyName": name, "ContextKeyValues": list(values), "ContextKeyType": kind}


def error_of(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


def test_a_user_without_policies_may_do_nothing() -> None:
    user()
    assert simulate() == {
        "EvalActionName": "s3:GetObject",
        "EvalResourceName": "*",
        "EvalDecision": "implicitDeny",
        "MatchedStatements": [],
        "MissingContextValues": [],
    }


def test_inline_attached_and_group_policies_count() -> None:
    user(inline=document(allow("s3:*")))
    client("iam").attach_user_policy(UserName="ann", PolicyArn=managed(document(allow("ec2:*"))))
    client("iam").create_group(GroupName="staff")
    client("iam").add_user_to_group(GroupName="staff", UserName="ann")
    client("iam").put_group_policy(GroupName="staff", PolicyName="own", PolicyDocument=document(allow("sqs:*")))
    group_policy = managed(document(allow("sns:*")), "Group")
    client("iam").attach_group_policy(GroupName="staff", PolicyArn=group_policy)
    actions = ["s3:Get", "ec2:Get", "sqs:Get", "sns:Get", "rds:Get"]
    said = client("iam").simulate_principal_policy(PolicySourceArn=ANN, ActionNames=actions)
    matched = [[found["SourcePolicyId"] for found in each["MatchedStatements"]] for each in said["EvaluationResults"]]
    assert matched == [["user_ann_own"], ["Shared"], ["group_staff_own"], ["Group"], []]


def test_the_version_in_force_counts() -> None:
    user()
    arn = managed(document(allow("s3:*")))
    client("iam").attach_user_policy(UserName="ann", PolicyArn=arn)
    client("iam").create_policy_version(PolicyArn=arn, PolicyDocument=document(deny("*")), SetAsDefault=True)
    assert simulate()["EvalDecision"] == "explicitDeny"


def test_a_statement_is_found_where_aws_says_it_stands() -> None:
    """AWS's published answer for AdministratorAccess: from right after the bracket to right after the brace."""
    text = json.dumps(json.loads(FULL), indent=2)
    statement = custom(text)["MatchedStatements"][0]
    assert statement == {
        "SourcePolicyId": "PolicyInputList.1",
        "SourcePolicyType": "IAM Policy",
        "StartPosition": {"Line": 3, "Column": 17},
        "EndPosition": {"Line": 8, "Column": 6},
    }


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ('{"Statement":%(one)s}', 15, 62),
        ('{"Statement": [ %(other)s , %(one)s ] }', 66, 117),
        ('{ "Version" : "2012-10-17", "Statement":[%(one)s]}', 42, 90),
    ],
)
def test_a_statement_is_found_among_others(text: str, start: int, end: int) -> None:
    one = '{"Effect":"Allow","Action":"s3:*","Resource":"*"}'
    filled = text % {"one": one, "other": one.replace("s3", "ec")}
    statement = custom(filled)["MatchedStatements"][0]
    columns = (statement["StartPosition"]["Column"], statement["EndPosition"]["Column"])
    assert columns == (start, end + 1)


def test_only_denies_are_shown_where_one_decides() -> None:
    shown = custom(FULL, document(deny("s3:*")))["MatchedStatements"]
    assert [statement["SourcePolicyId"] for statement in shown] == ["PolicyInputList.2"]


OWN = f"arn:aws:iam::{PAYER}:user/ann"
OTHER = f"arn:aws:iam::{PAYER}:user/bob"


def test_each_resource_has_its_own_decision() -> None:
    """One result an action; its decision is the strictest, as the service model says."""
    text = document(allow("iam:*"), deny("iam:*", OTHER))
    result = custom(text, action="iam:DeleteUser", ResourceArns=[OWN, OTHER])
    specific = [(each["EvalResourceName"], each["EvalResourceDecision"]) for each in result["ResourceSpecificResults"]]
    assert specific == [(OWN, "allowed"), (OTHER, "explicitDeny")]
    assert (result["EvalDecision"], len(result["MatchedStatements"])) == ("explicitDeny", 1)


def test_the_strictest_decision_has_its_order() -> None:
    text = document(allow("iam:*", OWN))
    assert custom(text, action="iam:DeleteUser", ResourceArns=[OWN, OTHER])["EvalDecision"] == "implicitDeny"


@pytest.mark.parametrize(
    ("action", "resource", "decision"),
    [
        ("iam:GetUser", OWN, "allowed"),
        ("iam:PassRole", OWN, "implicitDeny"),
        ("iam:ListUsers", OWN, "implicitDeny"),
        ("organizations:AttachPolicy", "arn:aws:organizations::aws:policy/service_control_policy/p-F", "implicitDeny"),
        ("iam:MadeUp", OWN, "allowed"),
        ("iam:ListUsers", "*", "allowed"),
    ],
)
def test_an_action_is_done_only_on_what_it_has(action: str, resource: str, decision: str) -> None:
    assert custom(FULL, action=action, ResourceArns=[resource])["EvalDecision"] == decision


def test_a_deny_is_none_on_what_the_action_has_not() -> None:
    result = custom(document(deny("*")), action="iam:ListUsers", ResourceArns=[OWN])
    assert (result["EvalDecision"], result["MatchedStatements"]) == ("implicitDeny", [])


def test_a_user_brings_its_own_keys() -> None:
    said = client("iam").create_user(UserName="ann", Tags=[{"Key": "team", "Value": "a"}])["User"]
    equal = {
        "aws:username": "ann",
        "aws:userid": said["UserId"],
        "aws:PrincipalArn": ANN,
        "aws:PrincipalAccount": PAYER,
        "aws:PrincipalTag/team": "a",
    }
    text = document(allow("s3:*", Condition={"StringEquals": equal}))
    client("iam").put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=text)
    assert (simulate()["EvalDecision"], simulate()["MissingContextValues"]) == ("allowed", [])


def test_the_caller_may_be_another() -> None:
    user(inline=document(allow("iam:*", f"arn:aws:iam::{PAYER}:user/${{aws:username}}")))
    resources = {"ResourceArns": [OTHER]}
    assert simulate("iam:GetUser", **resources)["EvalDecision"] == "implicitDeny"
    assert simulate("iam:GetUser", CallerArn=OTHER, **resources)["EvalDecision"] == "allowed"


def test_context_entries_override_what_the_principal_brings() -> None:
    user(inline=document(allow("s3:*", Condition={"StringEquals": {"aws:username": "bob"}})))
    assert simulate(ContextEntries=[key("AWS:UserName", "bob")])["EvalDecision"] == "allowed"


def test_lists_of_values_are_sets() -> None:
    condition = {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}
    entries = [key("aws:TagKeys", "a", "c", kind="stringList")]
    assert custom(document(allow("s3:*", Condition=condition)), ContextEntries=entries)["EvalDecision"] == (
        "implicitDeny"
    )


def test_missing_keys_are_those_of_all_identity_policies() -> None:
    """As AWS does (boto3 issue 3111), and of those alone (aws-cli issue 10525)."""
    text = document(
        allow("s3:*", Condition={"Bool": {"aws:SecureTransport": "true"}}),
        allow("iam:*", f"arn:aws:iam::{PAYER}:user/${{aws:username}}"),
    )
    scp = document(allow("*"), deny("ec2:*", Condition={"Null": {"aws:RequestedRegion": "true"}}))
    result = custom(text, OrderedOrganizationPolicyInputList=levels([scp]))
    assert result["MissingContextValues"] == ["aws:SecureTransport", "aws:username"]


def test_a_users_boundary_limits() -> None:
    user(inline=FULL)
    boundary = managed(document(allow("ec2:*")))
    client("iam").put_user_permissions_boundary(UserName="ann", PermissionsBoundary=boundary)
    result = simulate()
    assert result["EvalDecision"] == "implicitDeny"
    assert result["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}


def test_a_boundarys_deny_is_shown() -> None:
    user(inline=FULL)
    result = simulate(PermissionsBoundaryPolicyInputList=[document(allow("*"), deny("s3:*"))])
    matched = [each["SourcePolicyId"] for each in result["MatchedStatements"]]
    assert (result["EvalDecision"], matched) == ("explicitDeny", ["PermissionsBoundaryPolicyInputList.1"])


def test_a_boundary_whose_policy_is_gone_allows_nothing() -> None:
    nowhere = f"arn:aws:iam::{PAYER}:policy/Nowhere"
    role = auditor(PermissionsBoundary=nowhere)
    client("iam").put_role_policy(RoleName="auditor", PolicyName="own", PolicyDocument=FULL)
    assert simulate(arn=role)["EvalDecision"] == "implicitDeny"


def test_a_given_boundary_takes_the_place_of_the_users() -> None:
    user(inline=FULL)
    boundary = managed(document(allow("ec2:*")))
    client("iam").put_user_permissions_boundary(UserName="ann", PermissionsBoundary=boundary)
    result = simulate(PermissionsBoundaryPolicyInputList=[document(allow("s3:*"))], ResourceArns=["arn:aws:s3:::b"])
    assert result["EvalDecision"] == "allowed"
    detail = result["ResourceSpecificResults"][0]["PermissionsBoundaryDecisionDetail"]
    assert detail == {"AllowedByPermissionsBoundary": True}


@pytest.mark.parametrize(
    ("scps", "decision", "allowed"),
    [
        (levels([FULL], [FULL], [FULL]), "allowed", True),
        (levels([FULL], [document(allow("ec2:*"))], [FULL]), "implicitDeny", False),
        (levels([FULL, document(deny("s3:*"))], [FULL]), "explicitDeny", False),
    ],
)
def test_every_level_of_service_control_policies_must_allow(scps: list[Any], decision: str, allowed: bool) -> None:
    result = custom(FULL, OrderedOrganizationPolicyInputList=scps)
    assert result["EvalDecision"] == decision
    assert result["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": allowed}
    assert bool(result["MatchedStatements"]) is allowed


@pytest.mark.parametrize(("action", "decision"), [("ce:GetCostAndUsage", "explicitDeny"), ("s3:GetObject", "allowed")])
def test_a_members_user_is_bound_by_its_organization(action: str, decision: str) -> None:
    member = a_guarded_organization().member
    arn = user("dave", account=member, inline=FULL)
    answer = client("iam", member).simulate_principal_policy(PolicySourceArn=arn, ActionNames=[action])
    assert answer["EvaluationResults"][0]["EvalDecision"] == decision


def test_the_payers_user_is_not_bound_by_its_organization() -> None:
    a_guarded_organization()
    user(inline=FULL)
    result = simulate("ce:GetCostAndUsage")
    assert result["EvalDecision"] == "allowed"
    assert result["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": True}


def test_results_come_in_pages() -> None:
    user(inline=FULL)
    pages = client("iam").get_paginator("simulate_principal_policy")
    actions = [f"s3:Get{number}" for number in range(5)]
    answers = list(pages.paginate(PolicySourceArn=ANN, ActionNames=actions, PaginationConfig={"PageSize": 2}))
    assert [len(answer["EvaluationResults"]) for answer in answers] == [2, 2, 1]
    assert [each["EvalActionName"] for answer in answers for each in answer["EvaluationResults"]] == actions


def test_a_hundred_results_are_a_page() -> None:
    actions = [f"s3:Get{number}" for number in range(101)]
    answer = client("iam").simulate_custom_policy(PolicyInputList=[FULL], ActionNames=actions)
    assert (len(answer["EvaluationResults"]), answer["IsTruncated"]) == (100, True)


@pytest.mark.parametrize("kind", ["user", "group", "role"])
def test_an_unknown_principal_is_an_error(kind: str) -> None:
    arn = f"arn:aws:iam::{PAYER}:{kind}/nobody"
    call = client("iam").simulate_principal_policy
    assert error_of(call, PolicySourceArn=arn, ActionNames=["s3:GetObject"]) == "NoSuchEntity"


@pytest.mark.parametrize(
    "wrong",
    [
        {"ActionNames": ["GetObject"]},
        {"ActionNames": ["s3:GetObject", "s3:Made"], "ResourceArns": ["arn:aws:s3:::a", "arn:aws:s3:::b"]},
        {"ResourceArns": ["bucket"]},
        {"ResourceArns": ["*", OWN]},
        {"PolicyInputList": ["{not a policy}"]},
        {"PolicyInputList": [document({"Effect": "Allow"})]},
        {"PermissionsBoundaryPolicyInputList": [FULL, FULL]},
        {"OrderedOrganizationPolicyInputList": levels([FULL], [])},
        {"OrderedOrganizationPolicyInputList": levels(["{}"])},
        {"CallerArn": "arn:aws:sts::123456789012:assumed-role/Role/session"},
        {"ContextEntries": [key("aws:username", "a", "b")]},
        {"ContextEntries": [key("aws:username")]},
        {"ContextEntries": [key("aws:username", "a"), key("aws:UserName", "b")]},
        {"Marker": "next"},
        {"ResourcePolicy": FULL},
        {"ResourceHandlingOption": "EC2-VPC-EBS"},
    ],
)
def test_bad_input_is_refused(wrong: dict[str, Any]) -> None:
    call = client("iam").simulate_custom_policy
    good = {"PolicyInputList": [FULL], "ActionNames": ["s3:GetObject"]}
    assert error_of(call, **{**good, **wrong}) == "InvalidInput"


@pytest.mark.parametrize(
    "wrong",
    [
        {"MaxItems": 1001},
        {"OrderedOrganizationPolicyInputList": levels(*[[FULL]] * 8)},
        {"ContextEntries": [key("aws:username", "a", kind="text")]},
    ],
)
def test_too_much_is_refused(wrong: dict[str, Any]) -> None:
    call = client("iam").simulate_custom_policy
    assert error_of(call, PolicyInputList=[FULL], ActionNames=["s3:GetObject"], **wrong) == "ValidationError"


def test_a_principal_must_be_an_arn_of_iam() -> None:
    call = client("iam").simulate_principal_policy
    arn = "arn:aws:iam::123456789012:root"
    assert error_of(call, PolicySourceArn=arn, ActionNames=["s3:GetObject"]) == "InvalidInput"


KEYS = document(
    allow("s3:*", "arn:aws:s3:::b/${aws:username}", Condition={"Bool": {"aws:SecureTransport": "true"}}),
    deny("s3:*", Condition={"StringLike": {"AWS:securetransport": "${aws:PrincipalTag/team}*"}}),
)


def test_the_keys_of_a_principals_policies() -> None:
    user(inline=KEYS)
    more = document(deny("*", Condition={"NumericLessThan": {"aws:MultiFactorAuthAge": "60"}}))
    answer = client("iam").get_context_keys_for_principal_policy(PolicySourceArn=ANN, PolicyInputList=[more])
    names = ["aws:SecureTransport", "aws:username", "aws:PrincipalTag/team", "aws:MultiFactorAuthAge"]
    assert answer["ContextKeyNames"] == names


def test_the_keys_of_given_policies() -> None:
    answer = client("iam").get_context_keys_for_custom_policy(PolicyInputList=[KEYS])
    assert answer["ContextKeyNames"] == ["aws:SecureTransport", "aws:username", "aws:PrincipalTag/team"]


def auditor(**more: Any) -> str:
    trust = document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": PAYER}})
    made = client("iam").create_role(RoleName="auditor", AssumeRolePolicyDocument=trust, **more)
    return str(made["Role"]["Arn"])


def test_a_role_can_be_simulated() -> None:
    role = auditor(Path="/x/")
    client("iam").put_role_policy(RoleName="auditor", PolicyName="own", PolicyDocument=FULL)
    result = simulate(arn=role)
    assert [each["SourcePolicyId"] for each in result["MatchedStatements"]] == ["role_auditor_own"]
