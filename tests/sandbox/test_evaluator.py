"""What the evaluator decides where AWS's documentation decides the case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from orgkit.sandbox.language.evaluator import Decision, Effect, Layer, Policy, Request, decide

ALLOWED, EXPLICIT, IMPLICIT = Effect.ALLOWED, Effect.EXPLICIT_DENY, Effect.IMPLICIT_DENY

Statement = Mapping[str, Any]


def statement(effect: str, action: str | Sequence[str], resource: str = "*", **more: Any) -> Statement:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def policy(*statements: Statement, name: str = "policy") -> Policy:
    return Policy.parse(name, {"Version": "2012-10-17", "Statement": list(statements)})


def ask(action: str, resource: str = "*", **context: str) -> Request:
    return Request(action, resource, {f"aws:{key}": [value] for key, value in context.items()})


FULL = policy(statement("Allow", "*"), name="FullAWSAccess")
NOTHING_ELSE = ask("s3:GetObject", "arn:aws:s3:::bucket/key")


def test_nothing_is_allowed_by_default() -> None:
    decision = decide(NOTHING_ELSE, identity=[])
    assert decision == Decision(IMPLICIT, (), None, None, False)


def test_a_deny_wins_over_every_allow() -> None:
    decision = decide(NOTHING_ELSE, identity=[FULL, policy(statement("Deny", "s3:*"))])
    assert decision.effect is EXPLICIT


@pytest.mark.parametrize(
    ("pattern", "action", "expected"),
    [
        ("*", "iam:CreateUser", ALLOWED),
        ("iam:*", "iam:CreateUser", ALLOWED),
        ("iam:create*", "IAM:CreateUser", ALLOWED),
        ("IAM:*User", "iam:CreateUser", ALLOWED),
        ("iam:CreateUse?", "iam:CreateUser", ALLOWED),
        ("iam:Create", "iam:CreateUser", IMPLICIT),
        ("iam:CreateUser?", "iam:CreateUser", IMPLICIT),
        ("iam:*", "iamx:CreateUser", IMPLICIT),
        ("*:CreateUser", "iam:CreateUser", ALLOWED),
        ("iam:*AccessKey*", "iam:ListAccessKeys", ALLOWED),
    ],
)
def test_actions_match_whatever_their_case(pattern: str, action: str, expected: Effect) -> None:
    assert decide(ask(action), identity=[policy(statement("Allow", pattern))]).effect is expected


ORGANIZATION = "arn:aws:organizations::123456789012"


@pytest.mark.parametrize(
    ("pattern", "resource", "expected"),
    [
        ("*", f"{ORGANIZATION}:ou/o-1/ou-1", ALLOWED),
        (f"{ORGANIZATION}:ou/o-1/*", f"{ORGANIZATION}:ou/o-1/ou-1", ALLOWED),
        (f"{ORGANIZATION}:ou/o-1/*", f"{ORGANIZATION}:root/o-1/r-1", IMPLICIT),
        (f"{ORGANIZATION}:OU/o-1/*", f"{ORGANIZATION}:ou/o-1/ou-1", IMPLICIT),
        (f"{ORGANIZATION}:ou/o-1/ou-?", f"{ORGANIZATION}:ou/o-1/ou-1", ALLOWED),
        ("arn:aws:iam::*:role/Access", "arn:aws:iam::210987654321:role/Access", ALLOWED),
        ("arn:aws:iam::*:role/Access", "arn:aws:iam::210987654321:role/Access2", IMPLICIT),
        ("arn:aws:s3:::b.cket/*", "arn:aws:s3:::bucket/x", IMPLICIT),
        ("arn:aws:s3:::bucket/*", "*", IMPLICIT),
    ],
)
def test_resources_match_in_their_own_case(pattern: str, resource: str, expected: Effect) -> None:
    assert decide(ask("s3:Get", resource), identity=[policy(statement("Allow", "*", pattern))]).effect is expected


@pytest.mark.parametrize(("action", "expected"), [("iam:GetUser", IMPLICIT), ("s3:GetObject", ALLOWED)])
def test_not_action_is_every_other_action(action: str, expected: Effect) -> None:
    others = {"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"}
    assert decide(ask(action), identity=[policy(others)]).effect is expected


@pytest.mark.parametrize(("bucket", "expected"), [("hr", ALLOWED), ("payroll", EXPLICIT)])
def test_a_deny_with_not_resource_spares_what_it_names(bucket: str, expected: Effect) -> None:
    spare = {"Effect": "Deny", "Action": "s3:*", "NotResource": ["arn:aws:s3:::hr", "arn:aws:s3:::hr/*"]}
    request = ask("s3:GetObject", f"arn:aws:s3:::{bucket}/file")
    assert decide(request, identity=[FULL, policy(spare)]).effect is expected


@pytest.mark.parametrize(
    ("element", "resource", "context", "expected"),
    [
        ("Resource", "user/${aws:username}", {"username": "ann"}, ALLOWED),
        ("Resource", "user/${aws:username}", {"username": "bob"}, IMPLICIT),
        ("Resource", "user/${aws:username}", {}, IMPLICIT),
        ("Resource", "user/${aws:username, 'ann'}", {}, ALLOWED),
        ("Resource", "user/${aws:username}", {"username": "*"}, IMPLICIT),
        ("Resource", "user/${aws:PrincipalTag/who}", {"PrincipalTag/who": "ann"}, ALLOWED),
        ("Resource", "user/${aws:username}*", {}, IMPLICIT),
        ("NotResource", "user/${aws:username}", {"username": "ann"}, IMPLICIT),
        ("NotResource", "user/${aws:username}", {}, ALLOWED),
    ],
)
def test_a_variable_in_a_resource(element: str, resource: str, context: dict[str, str], expected: Effect) -> None:
    """Without a value it matches no resource: "Policy variables with no value" in the IAM User Guide."""
    base = "arn:aws:iam::123456789012:"
    own = {"Effect": "Allow", "Action": "iam:*", element: base + resource}
    request = ask("iam:GetUser", f"{base}user/ann", **context)
    assert decide(request, identity=[policy(own)]).effect is expected


def test_the_old_version_has_no_variables_in_resources() -> None:
    own = statement("Allow", "s3:*", "arn:aws:s3:::${aws:username}")
    old = Policy.parse("old", {"Version": "2008-10-17", "Statement": own})
    assert decide(ask("s3:Get", "arn:aws:s3:::${aws:username}", username="ann"), identity=[old]).allowed


MFA_ONLY = policy(
    statement("Allow", "*"),
    {
        "Sid": "DenyAllExceptListedIfNoMFA",
        "Effect": "Deny",
        "NotAction": ["iam:EnableMFADevice", "iam:GetUser", "iam:ListMFADevices", "sts:GetSessionToken"],
        "Resource": "*",
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    },
)


@pytest.mark.parametrize(
    ("action", "context", "expected"),
    [
        ("ec2:RunInstances", {"MultiFactorAuthPresent": "true"}, ALLOWED),
        ("ec2:RunInstances", {"MultiFactorAuthPresent": "false"}, EXPLICIT),
        ("ec2:RunInstances", {}, EXPLICIT),
        ("iam:GetUser", {}, ALLOWED),
    ],
)
def test_the_mfa_policy_of_the_user_guide(action: str, context: dict[str, str], expected: Effect) -> None:
    """ "Allows MFA-authenticated IAM users to manage their own credentials"."""
    assert decide(ask(action, **context), identity=[MFA_ONLY]).effect is expected


# "Permissions boundaries for IAM entities": Shirley may have S3, CloudWatch and EC2, and is given more.
SHIRLEYS_BOUNDARY = policy(statement("Allow", ["s3:*", "cloudwatch:*", "ec2:*"]))


@pytest.mark.parametrize(
    ("given_to_her", "action", "expected", "allowed_by_boundary"),
    [
        ("iam:CreateUser", "iam:CreateUser", IMPLICIT, False),
        ("s3:*", "s3:GetObject", ALLOWED, True),
        ("s3:*", "ec2:RunInstances", IMPLICIT, True),
    ],
)
def test_a_boundary_allows_nothing_and_limits_everything(
    given_to_her: str, action: str, expected: Effect, allowed_by_boundary: bool
) -> None:
    identity = [policy(statement("Allow", given_to_her))]
    decision = decide(ask(action), identity=identity, boundary=[SHIRLEYS_BOUNDARY])
    assert (decision.effect, decision.allowed_by_boundary) == (expected, allowed_by_boundary)


def test_nothing_is_named_where_nothing_matches_everywhere() -> None:
    decision = decide(NOTHING_ELSE, identity=[FULL], boundary=[policy(statement("Allow", "ec2:*"))])
    assert decision.matched == ()


def test_a_boundary_denies_too() -> None:
    boundary = [policy(statement("Allow", "*"), statement("Deny", "ce:*"))]
    decision = decide(ask("ce:GetCostAndUsage"), identity=[FULL], boundary=boundary)
    assert (decision.effect, decision.allowed_by_boundary) == (EXPLICIT, False)


def test_a_boundary_whose_policy_is_gone_allows_nothing() -> None:
    assert decide(NOTHING_ELSE, identity=[FULL], boundary=[]).effect is IMPLICIT


def services(*names: str) -> list[Policy]:
    return [policy(statement("Allow", [f"{name}:*" for name in names]))]


@pytest.mark.parametrize(
    ("action", "expected"), [("a:Do", False), ("b:Do", False), ("c:Do", True), ("d:Do", False), ("e:Do", False)]
)
def test_every_level_of_service_control_policies_must_allow(action: str, expected: bool) -> None:
    """The Organizations guide's example: the root allows A, B and C, the OU C, D and E; C is what is left."""
    scps = [services("a", "b", "c"), services("c", "d", "e")]
    decision = decide(ask(action), identity=[FULL], scps=scps)
    assert (decision.allowed_by_organizations, decision.allowed) == (expected, expected)


def test_the_policies_of_one_level_add_up() -> None:
    assert decide(ask("b:Do"), identity=[FULL], scps=[[*services("a"), *services("b")]]).allowed


@pytest.mark.parametrize("level", [0, 1, 2])
def test_a_deny_at_any_level_wins(level: int) -> None:
    scps = [[FULL], [FULL], [FULL]]
    scps[level].append(policy(statement("Deny", "ce:*")))
    decision = decide(ask("ce:GetCostAndUsage"), identity=[FULL], scps=scps)
    assert (decision.effect, decision.allowed_by_organizations) == (EXPLICIT, False)


def test_a_level_without_policies_allows_nothing() -> None:
    assert decide(NOTHING_ELSE, identity=[FULL], scps=[[FULL], []]).effect is IMPLICIT


def test_service_control_policies_grant_nothing() -> None:
    decision = decide(NOTHING_ELSE, identity=[], scps=[[FULL]])
    assert (decision.effect, decision.allowed_by_organizations) == (IMPLICIT, True)


REGION_LOCK = policy(
    {
        "Effect": "Deny",
        "NotAction": ["iam:*", "organizations:*", "support:*"],
        "Resource": "*",
        "Condition": {
            "StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]},
            "ArnNotLike": {"aws:PrincipalARN": "arn:aws:iam::*:role/Role1AllowedToBypassThisSCP"},
        },
    }
)


@pytest.mark.parametrize(
    ("action", "region", "role", "expected"),
    [
        ("ec2:RunInstances", "eu-west-1", "Any", ALLOWED),
        ("ec2:RunInstances", "us-east-1", "Any", EXPLICIT),
        ("iam:CreateUser", "us-east-1", "Any", ALLOWED),
        ("ec2:RunInstances", "us-east-1", "Role1AllowedToBypassThisSCP", ALLOWED),
    ],
)
def test_the_region_lock_of_the_organizations_guide(action: str, region: str, role: str, expected: Effect) -> None:
    request = ask(action, RequestedRegion=region, PrincipalArn=f"arn:aws:iam::210987654321:role/{role}")
    assert decide(request, identity=[FULL], scps=[[FULL, REGION_LOCK]]).effect is expected


def test_what_decided_is_named() -> None:
    deny = policy(statement("Allow", "s3:*"), statement("Deny", "s3:*", Sid="NoStorage"), name="guard")
    by_scp = policy(statement("Deny", "s3:*"), name="scp")
    decision = decide(NOTHING_ELSE, identity=[FULL, deny], scps=[[FULL], [by_scp]])
    assert [(match.layer, match.policy, match.statement, match.place) for match in decision.matched] == [
        (Layer.IDENTITY, "guard", "NoStorage", 1),
        (Layer.ORGANIZATION, "scp", "1", 0),
    ]


def test_an_allow_is_named_by_the_identity_policies() -> None:
    decision = decide(NOTHING_ELSE, identity=[FULL, policy(statement("Allow", "s3:*"))], boundary=[FULL])
    assert [match.policy for match in decision.matched] == ["FullAWSAccess", "policy"]


GOOD: dict[str, Any] = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in GOOD.items() if name != key}


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("{", "not JSON"),
        ("[]", "must be a JSON object"),
        ('{"Statement": [], "Statement": []}', "twice"),
        ("[" * 100_000, "too deeply"),
        ({"Version": "2012-10-18", "Statement": [GOOD]}, "Version must be one of"),
        ({"Version": "2012-10-17"}, "Statement must be object"),
        ({"Statement": []}, "Statement must be object"),
        ({"Statement": ["Allow"]}, "Statement must be object"),
        ({"Statement": [GOOD], "Rules": []}, "unknown element Rules"),
        ({"Statement": [{**GOOD, "Principal": "*"}]}, "unknown element Principal"),
        ({"Statement": [{**GOOD, "Effect": "allow"}]}, "Effect must be Allow or Deny"),
        ({"Statement": [{**GOOD, "Sid": "no spaces"}]}, "Sid must be letters and digits"),
        ({"Statement": [{**GOOD, "Sid": "A"}, {**GOOD, "Sid": "A"}]}, "must be unique"),
        ({"Statement": [without("Action")]}, "either Action or NotAction"),
        ({"Statement": [{**GOOD, "NotAction": "iam:*"}]}, "either Action or NotAction"),
        ({"Statement": [without("Resource")]}, "either Resource or NotResource"),
        ({"Statement": [{**GOOD, "Action": "GetObject"}]}, "'GetObject' must be"),
        ({"Statement": [{**GOOD, "Action": [1]}]}, "Action must be text"),
        ({"Statement": [{**GOOD, "Action": []}]}, "Action must be text"),
        ({"Statement": [{**GOOD, "Resource": "bucket"}]}, "'bucket' must be"),
        ({"Statement": [{**GOOD, "Condition": []}]}, "Condition must be an object"),
        ({"Statement": [{**GOOD, "Condition": {"Bool": "aws:key"}}]}, "Bool must be an object"),
        ({"Statement": [{**GOOD, "Condition": {"Bool": {"key": "true"}}}]}, "must be a condition key"),
        ({"Statement": [{**GOOD, "Condition": {"Bool": {"aws:key": None}}}]}, "must be text or boolean"),
        ({"Statement": [GOOD, {**GOOD, "Effect": None}]}, "statement 2: "),
    ],
)
def test_a_malformed_policy_is_refused(document: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Policy.parse("policy", document)
