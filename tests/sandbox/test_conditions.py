"""Each operator of the Condition element, against what the IAM User Guide says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from orgkit.sandbox.language.evaluator import Policy, Request, decide


def holds(condition: Mapping[str, Any], context: Mapping[str, Sequence[str]], version: str = "2012-10-17") -> bool:
    """Whether a statement with this condition takes effect."""
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
    policy = Policy.parse("policy", {"Version": version, "Statement": statement})
    return decide(Request("s3:GetObject", "*", context), identity=[policy]).allowed


@pytest.mark.parametrize(
    ("operator", "wanted", "value", "expected"),
    [
        ("StringEquals", "Team", "Team", True),
        ("StringEquals", "Team", "team", False),
        ("StringEquals", "Te*", "Team", False),
        ("StringEquals", "Te*", "Te*", True),
        ("StringNotEquals", "Team", "team", True),
        ("StringEqualsIgnoreCase", "Team", "tEAM", True),
        ("StringNotEqualsIgnoreCase", "Team", "tEAM", False),
        ("StringLike", "t?am-*", "team-", True),
        ("StringLike", "t?am-*", "tam-1", False),
        ("StringLike", "a.c", "abc", False),
        ("StringLike", "a*b", "a\nb", True),
        ("StringNotLike", "t*", "team", False),
        ("NumericEquals", "10", "10.0", True),
        ("NumericNotEquals", "10", "11", True),
        ("NumericLessThan", "10", "9.5", True),
        ("NumericLessThan", "10", "10", False),
        ("NumericLessThanEquals", "10", "10", True),
        ("NumericGreaterThan", "9", "10", True),
        ("NumericGreaterThanEquals", "10", "9", False),
        ("NumericEquals", "10", "ten", False),
        ("NumericLessThan", "10", "nan", False),
        ("DateEquals", "2026-11-23T09:00:00Z", "2026-11-23T10:00:00+01:00", True),
        ("DateEquals", "1795424400", "2026-11-23T09:00:00Z", True),
        ("DateNotEquals", "2026-11-23", "2026-11-24", True),
        ("DateLessThan", "2026-11-23", "2026-11-22T23:59:59Z", True),
        ("DateLessThanEquals", "2026-11-23", "2026-11-23T00:00:00Z", True),
        ("DateGreaterThan", "2020-01-01T00:00:01Z", "2020-01-01T00:00:01Z", False),
        ("DateGreaterThanEquals", "2020-01-01T00:00:01Z", "2020-01-01T00:00:01Z", True),
        ("DateEquals", "2026-11-23", "soon", False),
        ("DateEquals", "2026-11-23", "9" * 30, False),
        ("Bool", "true", "TRUE", True),
        ("Bool", "false", "true", False),
        ("Bool", "yes", "yes", False),
        ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", True),
        ("BinaryEquals", "QmluYXJ5", "QmluYXJz", False),
        ("BinaryEquals", "not base64!", "not base64!", False),
        ("IpAddress", "203.0.113.0/24", "203.0.113.7", True),
        ("IpAddress", "203.0.113.0/24", "203.0.114.7", False),
        ("IpAddress", "203.0.113.7", "203.0.113.7", True),
        ("IpAddress", "2001:DB8:1234:5678::/64", "2001:db8:1234:5678::1", True),
        ("IpAddress", "203.0.113.0/24", "2001:db8::1", False),
        ("IpAddress", "203.0.113.0/24", "nowhere", False),
        ("NotIpAddress", "203.0.113.0/24", "203.0.114.7", True),
        ("NotIpAddress", "203.0.113.0/24", "203.0.113.7", False),
        ("ArnEquals", "arn:aws:iam::*:user/A*", "arn:aws:iam::123456789012:user/Ann", True),
        ("ArnLike", "arn:aws:iam::123456789012:*", "arn:aws:iam::123456789012:user/a:b", True),
        ("ArnNotEquals", "arn:aws:iam::*:user/A*", "arn:aws:iam::123456789012:user/Bob", True),
        ("ArnNotLike", "arn:aws:iam::*:user/A*", "arn:aws:iam::123456789012:user/Ann", False),
        ("ArnLike", "*", "arn:aws:iam::123456789012:user/Ann", False),
    ],
)
def test_an_operator_compares_as_documented(operator: str, wanted: str, value: str, expected: bool) -> None:
    assert holds({operator: {"aws:key": wanted}}, {"aws:key": [value]}) is expected


SNS = "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"


@pytest.mark.parametrize(("operator", "expected"), [("StringLike", True), ("ArnLike", False)])
def test_a_wildcard_of_an_arn_operator_stays_within_its_part(operator: str, expected: bool) -> None:
    """The User Guide's own example, under "Amazon Resource Name (ARN) condition operators"."""
    pattern = "arn:aws:someservice:*:111122223333:finance/*"
    assert holds({operator: {"aws:SourceArn": pattern}}, {"aws:SourceArn": [SNS]}) is expected


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("StringEquals", False),
        ("StringNotEquals", True),
        ("StringLike", False),
        ("StringNotLike", True),
        ("NumericEquals", False),
        ("NumericNotEquals", True),
        ("NumericLessThan", False),
        ("DateNotEquals", True),
        ("Bool", False),
        ("BinaryEquals", False),
        ("IpAddress", False),
        ("NotIpAddress", True),
        ("ArnLike", False),
        ("ArnNotLike", True),
        ("StringEqualsIfExists", True),
        ("StringNotEqualsIfExists", True),
        ("BoolIfExists", True),
        ("NumericLessThanIfExists", True),
        ("ForAllValues:StringEquals", True),
        ("ForAllValues:StringNotEquals", True),
        ("ForAnyValue:StringEquals", False),
        ("ForAnyValue:StringNotEquals", False),
        ("ForAnyValue:StringEqualsIfExists", True),
    ],
)
def test_a_missing_key_matches_negations_and_nothing_else(operator: str, expected: bool) -> None:
    assert holds({operator: {"aws:key": "1"}}, {}) is expected


@pytest.mark.parametrize(
    ("wanted", "context", "expected"),
    [
        ("true", {}, True),
        ("true", {"aws:TokenIssueTime": ["now"]}, False),
        ("false", {"aws:TokenIssueTime": ["now"]}, True),
        ("false", {}, False),
        (True, {}, True),
    ],
)
def test_null_asks_whether_the_key_is_there(wanted: Any, context: Any, expected: bool) -> None:
    assert holds({"Null": {"aws:TokenIssueTime": wanted}}, context) is expected


ALLOWED = ["PostDateTime", "Message", "Tags"]


@pytest.mark.parametrize(
    ("operator", "requested", "expected"),
    [
        ("ForAllValues:StringLike", ["PostDateTime", "Message"], True),
        ("ForAllValues:StringLike", ["PostDateTime", "ID"], False),
        ("ForAnyValue:StringLike", ["PostDateTime", "ID"], True),
        ("ForAnyValue:StringLike", ["UserName"], False),
        ("ForAllValues:StringNotEquals", ["UserName", "ID"], True),
        ("ForAllValues:StringNotEquals", ["UserName", "Tags"], False),
        ("ForAnyValue:StringNotEquals", ["UserName", "Tags"], True),
        ("ForAnyValue:StringNotEquals", ["Message", "Tags"], False),
        ("ForAllValues:StringEquals", [""], True),
        ("ForAnyValue:StringEquals", [""], False),
    ],
)
def test_a_set_qualifier_counts_the_values_of_the_request(operator: str, requested: list[str], expected: bool) -> None:
    """The User Guide's example of attributes of a DynamoDB table; an empty text is an empty set."""
    assert holds({operator: {"dynamodb:Attributes": ALLOWED}}, {"dynamodb:Attributes": requested}) is expected


def test_several_values_are_alternatives() -> None:
    assert holds({"StringEquals": {"aws:key": ["a", "b"]}}, {"aws:key": ["b"]})


def test_several_values_of_a_negation_must_all_differ() -> None:
    assert not holds({"StringNotEquals": {"aws:key": ["a", "b"]}}, {"aws:key": ["b"]})


@pytest.mark.parametrize(("region", "expected"), [("eu-west-1", True), ("us-east-1", False)])
def test_several_keys_and_operators_must_all_hold(region: str, expected: bool) -> None:
    condition = {
        "Bool": {"aws:SecureTransport": "true", "aws:ViaAWSService": "false"},
        "StringEquals": {"aws:RequestedRegion": "eu-west-1"},
    }
    context = {"aws:SecureTransport": ["true"], "aws:ViaAWSService": ["false"], "aws:RequestedRegion": [region]}
    assert holds(condition, context) is expected


def test_keys_are_found_whatever_their_case() -> None:
    assert holds({"StringEquals": {"AWS:RequestedRegion": "eu-west-1"}}, {"aws:requestedregion": ["eu-west-1"]})


@pytest.mark.parametrize(
    ("operator", "wanted", "value", "expected"),
    [
        ("StringEquals", "${aws:username}", "ann", True),
        ("StringEquals", "${AWS:UserName}", "ann", True),
        ("StringLike", "home/${aws:username}/*", "home/ann/x", True),
        ("StringLike", "home/${aws:username}/*", "home/bob/x", False),
        ("StringEquals", "${aws:PrincipalTag/team, 'company-wide'}", "company-wide", True),
        ("StringEquals", "${aws:username, 'nobody'}", "ann", True),
        ("StringEquals", "${aws:PrincipalTag/team}", "${aws:PrincipalTag/team}", False),
        ("StringLike", "${aws:PrincipalTag/team}*", "anything", False),
        ("StringNotEquals", "${aws:PrincipalTag/team}", "anything", True),
        ("StringEquals", "${aws:TagKeys}", "one", False),
        ("StringLike", "${*}${?}${$}", "*?$", True),
        ("StringLike", "${*}", "anything", False),
        ("StringLike", "${aws:wild}", "abc", False),
        ("StringLike", "${aws:wild}", "a*c", True),
        ("StringEquals", "${aws:wild}", "a*c", True),
        ("ArnLike", "${aws:arn}", "arn:aws:iam::123456789012:user/ann", True),
        ("NumericEquals", "${aws:number}", "1", False),
        ("StringEquals", "${aws:username", "${aws:username", True),
    ],
)
def test_variables_stand_for_values_of_the_request(operator: str, wanted: str, value: str, expected: bool) -> None:
    """In texts and ARNs alone. Without a value or a default they match nothing, nor do keys with several."""
    context = {
        "aws:username": ["ann"],
        "aws:TagKeys": ["one", "two"],
        "aws:wild": ["a*c"],
        "aws:arn": ["arn:aws:iam::123456789012:user/ann"],
        "aws:number": ["1"],
        "aws:key": [value],
    }
    assert holds({operator: {"aws:key": wanted}}, context) is expected


def test_the_old_version_has_no_variables() -> None:
    condition = {"StringEquals": {"aws:key": "${aws:username}"}}
    context = {"aws:username": ["ann"], "aws:key": ["${aws:username}"]}
    assert holds(condition, context, version="2008-10-17")
    assert not holds(condition, context)


@pytest.mark.parametrize(
    "operator", ["StringMatches", "NullIfExists", "ForAnyValue:Null", "ForSomeValues:Bool", "stringequals"]
)
def test_an_unknown_operator_is_refused(operator: str) -> None:
    with pytest.raises(ValueError, match=r"statement 1: Condition: "):
        holds({operator: {"aws:key": "true"}}, {})
