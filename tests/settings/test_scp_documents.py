"""SCP documents: what AWS would refuse is refused here, at its line and column."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgkit.errors import FileProblems
from orgkit.sandbox.language.conditions import parse_operator
from orgkit.settings import scps
from orgkit.settings.reader import parse_json, read


def content(text: str, file: str) -> str:
    return scps.content(parse_json(text, file))


def problems(text: str) -> list[str]:
    with pytest.raises(FileProblems) as caught:
        content(text, "scp.json")
    return [str(problem).removeprefix("scp.json:") for problem in caught.value.problems]


def policy(**statement: object) -> str:
    """A good policy on one line, but for these elements; None leaves one out."""
    whole = {"Effect": "Deny", "Action": "ec2:*", "Resource": "*"} | statement
    kept = {name: value for name, value in whole.items() if value is not None}
    return json.dumps({"Version": "2012-10-17", "Statement": kept})


def test_every_action_of_aws_may_be_written() -> None:
    catalogue = json.loads((Path(__file__).parents[1] / "data" / "iam-actions.json").read_text("utf-8"))
    actions = [f"{service}:{action}" for service, names in catalogue.items() for action in names]
    for start in range(0, len(actions), 100):
        content(policy(Action=actions[start : start + 100]), "scp.json")


@pytest.mark.parametrize(
    "text",
    [
        policy(),
        policy(Sid="No machines at all", Effect="Allow"),
        policy(Action=None, NotAction=["ec2:Describe*", "iam:?et*"], Resource=["arn:aws:s3:::*"]),
        policy(Resource=None, NotResource="arn:*:iam::*:role/${aws:PrincipalTag/team}"),
        policy(Condition={"ForAllValues:StringNotLikeIfExists": {"aws:TagKeys": ["a", "b"]}}),
        policy(Condition={"Bool": {"aws:ViaAWSService": False}, "NumericLessThan": {"s3:max-keys": [1, 2.5]}}),
        policy(Condition={"Null": {"aws:MultiFactorAuthAge": "true"}}),
        '\t{"Version"\t:"2012-10-17",\r\n"Statement":[{"Effect":"Deny","Action":"a:\\u002a","Resource":"*"}]}\n',
    ],
)
def test_good_documents_pass_unchanged_but_for_white_space(text: str) -> None:
    assert json.loads(content(text, "scp.json")) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "1:1: is not JSON: Expecting value"),
        ("Version: 2012-10-17", "1:1: is not JSON: Expecting value"),
        ('{"Version":\n "2012-10-17"\n "Statement": []}', "3:2: is not JSON: Expecting ',' delimiter"),
        ("[" * 100_000, "1:1: is nested too deep, or has a number that is too long"),
        ("[" * 30 + "]" * 30, "1:1: must be a mapping of keys to values; it needs Version and Statement"),
        ("9" * 5000, "1:1: is nested too deep, or has a number that is too long"),
        ("null", "1:1: must be a mapping of keys to values; it needs Version and Statement"),
        ("[]", "1:1: must be a mapping of keys to values; it needs Version and Statement"),
        ('{"Statement": [], "Version": 1, "Version": 2}', "1:33: Version: is set twice; the first is on line 1"),
        (policy(Sid=1), "1:102: Statement.Sid: must be text"),
    ],
)
def test_what_is_no_policy_is_one_problem(text: str, problem: str) -> None:
    assert problems(text) == [problem]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", ["1:1: Version: is missing", "1:1: Statement: is missing"]),
        (
            '{"Version": "2008-10-17", "Statement": []}',
            [
                "1:13: Version: must be 2012-10-17",
                "1:40: Statement: must not be empty",
            ],
        ),
        (
            '{"version": "2012-10-17", "Id": "x", "Statement": [1]}',
            [
                "1:2: version: is not known here; did you mean Version?",
                "1:27: Id: is not known here; there are Version, Statement",
                "1:52: Statement[0]: must be a mapping of keys to values; it needs Effect",
            ],
        ),
    ],
)
def test_every_problem_of_a_policy_comes_at_once(text: str, expected: list[str]) -> None:
    assert problems(text) == expected


PATTERN = "must be * or a service, without wildcards, and its actions, such as ec2:Run*"
SCALAR = "must be text or a number or true or false"
ELEMENTS = "is not known here; there are Sid, Effect, Action, NotAction, Resource, NotResource, Condition"
OPERATOR = "is not a condition operator, such as StringEquals"
MAPPING = "must be a mapping of keys to values"

STATEMENTS: list[tuple[dict[str, object], str]] = [
    ({"Effect": "deny"}, "Effect: must be Allow or Deny"),
    ({"Effect": ["Deny"]}, "Effect: must be text"),
    ({"Effect": None}, "Effect: is missing"),
    ({"Action": None}, "Action: is missing, and so is NotAction"),
    ({"Action": None, "Actions": "*"}, "Actions: is not known here; did you mean Action?"),
    ({"Resource": None}, "Resource: is missing, and so is NotResource"),
    ({"NotAction": "*"}, "NotAction: cannot stand beside Action"),
    ({"NotResource": "*"}, "NotResource: cannot stand beside Resource"),
    ({"Principal": "*"}, f"Principal: {ELEMENTS}"),
    ({"NotPrincipal": "*"}, f"NotPrincipal: {ELEMENTS}"),
    ({"Action": []}, "Action: must not be empty"),
    ({"Action": {}}, "Action: must be text or a list"),
    ({"Action": ["ec2:*", 1]}, "Action[1]: must be text"),
    ({"Action": "ec2"}, f"Action: {PATTERN}"),
    ({"Action": "ec2:Run Instances"}, f"Action: {PATTERN}"),
    ({"Action": "ec2:*\n"}, f"Action: {PATTERN}"),
    ({"Action": "bcm-*:*"}, f"Action: {PATTERN}"),
    ({"Action": "*:*"}, f"Action: {PATTERN}"),
    ({"Resource": "bucket"}, "Resource: must be * or an ARN, which begins with arn:"),
    ({"Condition": []}, f"Condition: {MAPPING}"),
    ({"Condition": {"StringEqual": {"a:b": "c"}}}, f"Condition.StringEqual: {OPERATOR}"),
    ({"Condition": {"NullIfExists": {"a:b": "c"}}}, f"Condition.NullIfExists: {OPERATOR}"),
    ({"Condition": {"Bool": "true"}}, f"Condition.Bool: {MAPPING}"),
    ({"Condition": {"Bool": {"a:b": {}}}}, f"Condition.Bool.a:b: {SCALAR} or a list"),
    ({"Condition": {"NumericEquals": {"a:b": [1, float("nan")]}}}, f"Condition.NumericEquals.a:b[1]: {SCALAR}"),
    ({"Condition": {"NumericEquals": {"a:b": float("inf")}}}, f"Condition.NumericEquals.a:b: {SCALAR} or a list"),
]


@pytest.mark.parametrize(("elements", "problem"), STATEMENTS, ids=lambda value: str(value)[:40])
def test_each_slip_in_a_statement_is_one_problem(elements: dict[str, object], problem: str) -> None:
    (line,) = problems(policy(**elements))
    assert line.partition(": Statement.")[2] == problem


def test_a_slip_is_reported_where_it_stands() -> None:
    lines = policy(Action=["ec2:*", "s3"]).replace('"s3"', '\n\t"s3"')
    assert problems(lines) == [f"2:2: Statement.Action[1]: {PATTERN}"]


ORDERS = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
OPERATORS = [
    *("StringEquals", "StringEqualsIgnoreCase", "StringLike"),
    *("StringNotEquals", "StringNotEqualsIgnoreCase", "StringNotLike"),
    *(f"{kind}{order}" for kind in ("Numeric", "Date") for order in ORDERS),
    *("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "Bool", "BinaryEquals", "IpAddress", "NotIpAddress"),
]
"""All but Null, which takes neither qualifier nor IfExists. IAM User Guide, "Condition operators"."""


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_operator_may_be_written_and_the_stand_in_evaluates_it(operator: str) -> None:
    for written in (operator, f"{operator}IfExists", f"ForAllValues:{operator}", f"ForAnyValue:{operator}IfExists"):
        content(policy(Condition={written: {"a:b": "c"}}), "scp.json")
    assert parse_operator(f"ForAnyValue:{operator}IfExists") == ("ForAnyValue", operator, True)


def test_a_byte_order_mark_is_no_part_of_the_document(tmp_path: Path) -> None:
    file = tmp_path / "scp.json"
    file.write_text(policy(), "utf-8-sig")
    assert content(read(file, "scp.json"), "scp.json") == policy().replace(" ", "")


def test_the_size_counts_escapes_as_they_are_sent() -> None:
    text = policy(Sid="é" * 1800)
    assert problems(text) == ["1:1: has 10,895 characters without white space; AWS allows 10,240"]


@given(
    st.text(), st.lists(st.text() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False))
)
def test_what_is_sent_is_the_same_document_in_plain_ascii(sid: str, values: list[object]) -> None:
    text = policy(Sid=sid, Condition={"StringEquals": {"aws:PrincipalTag/x": values}})
    sent = content(text, "scp.json")
    assert json.loads(sent) == json.loads(text)
    assert sent.isascii()


def test_what_is_sent_has_no_white_space_but_in_texts_and_keeps_its_order() -> None:
    sent = content(
        '{"Version": "2012-10-17", "Statement": {"Sid": "é 1", "Resource": "*", "Effect": "Deny", "Action": ["a:*"]}}',
        "scp.json",
    )
    assert (
        sent
        == '{"Version":"2012-10-17","Statement":{"Sid":"\\u00e9 1","Resource":"*","Effect":"Deny","Action":["a:*"]}}'
    )
