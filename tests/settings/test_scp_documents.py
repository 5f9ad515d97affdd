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
from orgkit.settings.scps import OPERATORS


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
        ("[" * 100_000, "1:1: is nested too deep"),
        ("[" * 30 + "]" * 30, "1:1: must be a JSON object with Version and Statement"),
        ("9" * 5000, "1:1: has a number that is too long"),
        ("null", "1:1: must be a JSON object with Version and Statement"),
        ("[]", "1:1: must be a JSON object with Version and Statement"),
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
                '1:13: Version: must be "2012-10-17"',
                "1:40: Statement: must be a statement or a list of statements",
            ],
        ),
        (
            '{"version": "2012-10-17", "Id": "x", "Statement": [1]}',
            [
                "1:2: version: is not an element of SCPs; did you mean Version?",
                "1:27: Id: is not an element of SCPs; there are Version, Statement",
                "1:52: Statement[0]: must be an object with Effect, Action and Resource",
            ],
        ),
    ],
)
def test_every_problem_of_a_policy_comes_at_once(text: str, expected: list[str]) -> None:
    assert problems(text) == expected


SERVICE = "has a wildcard in the name of the service, which AWS does not offer; name each service"
PATTERN = "must be * or a service and an action, such as ec2:RunInstances"
SCALAR = "must be text, a number, true or false, or a list of these"

STATEMENTS: list[tuple[dict[str, object], str]] = [
    ({"Effect": "deny"}, "Effect: must be Allow or Deny"),
    ({"Effect": ["Deny"]}, "Effect: must be Allow or Deny"),
    ({"Effect": None}, "Effect: is missing"),
    ({"Action": None}, "Action: is missing, and so is NotAction"),
    ({"Action": None, "Actions": "*"}, "Actions: is not an element of SCPs; did you mean Action?"),
    ({"Resource": None}, "Resource: is missing, and so is NotResource"),
    ({"NotAction": "*"}, "NotAction: cannot stand beside Action"),
    ({"NotResource": "*"}, "NotResource: cannot stand beside Resource"),
    ({"Principal": "*"}, "Principal: is not an element of SCPs; use a Condition on aws:PrincipalArn"),
    ({"NotPrincipal": "*"}, "NotPrincipal: is not an element of SCPs; use a Condition on aws:PrincipalArn"),
    ({"Action": []}, "Action: must not be empty"),
    ({"Action": {}}, "Action: must be text"),
    ({"Action": ["ec2:*", 1]}, "Action[1]: must be text"),
    ({"Action": "ec2"}, f"Action: {PATTERN}"),
    ({"Action": "ec2:Run Instances"}, f"Action: {PATTERN}"),
    ({"Action": "ec2:*\n"}, f"Action: {PATTERN}"),
    ({"Action": "bcm-*:*"}, f"Action: {SERVICE}"),
    ({"Action": "*:*"}, f"Action: {SERVICE}"),
    ({"Resource": "bucket"}, "Resource: must be * or an ARN, which begins with arn:"),
    ({"Condition": []}, "Condition: must be an object of operators, such as StringEquals"),
    (
        {"Condition": {"StringEqual": {"a:b": "c"}}},
        "Condition.StringEqual: is not a condition operator; did you mean StringEquals?",
    ),
    ({"Condition": {"NullIfExists": {"a:b": "c"}}}, "Condition.NullIfExists: is not a condition operator"),
    (
        {"Condition": {"Bool": "true"}},
        "Condition.Bool: must be an object of condition keys, such as aws:RequestedRegion",
    ),
    ({"Condition": {"Bool": {"a:b": {}}}}, f"Condition.Bool.a:b: {SCALAR}"),
    ({"Condition": {"NumericEquals": {"a:b": [1, float("nan")]}}}, f"Condition.NumericEquals.a:b[1]: {SCALAR}"),
    ({"Condition": {"NumericEquals": {"a:b": float("inf")}}}, f"Condition.NumericEquals.a:b: {SCALAR}"),
]


@pytest.mark.parametrize(("elements", "problem"), STATEMENTS, ids=lambda value: str(value)[:40])
def test_each_slip_in_a_statement_is_one_problem(elements: dict[str, object], problem: str) -> None:
    (line,) = problems(policy(**elements))
    assert line.partition(": Statement.")[2] == problem


def test_a_slip_is_reported_where_it_stands() -> None:
    lines = policy(Action=["ec2:*", "s3"]).replace('"s3"', '\n\t"s3"')
    assert problems(lines) == [f"2:2: Statement.Action[1]: {PATTERN}"]


def test_the_stand_in_evaluates_every_operator_that_may_be_written() -> None:
    for operator in OPERATORS:
        assert parse_operator(f"ForAnyValue:{operator}IfExists") == ("ForAnyValue", operator, True)
    assert len(set(OPERATORS)) == 26


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
