"""What the evaluator decides: laws that hold for all policies."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from orgkit.sandbox.language.evaluator import Policy, Request, decide
from orgkit.sandbox.language.matching import like

Statement = Mapping[str, Any]


def policy(*statements: Statement, name: str = "policy") -> Policy:
    return Policy.parse(name, {"Version": "2012-10-17", "Statement": list(statements)})


FULL = policy({"Effect": "Allow", "Action": "*", "Resource": "*"}, name="FullAWSAccess")
law = settings(deadline=None, max_examples=60)  # a machine may be busy

# Small alphabets, so that what hypothesis makes meets often.
SERVICES = st.sampled_from(["s3", "ce", "iam"])
ACTIONS = st.builds("{}:{}".format, SERVICES, st.sampled_from(["Get", "GetAll", "Put"]))
ACTION_PATTERNS = st.one_of(
    ACTIONS, st.just("*"), st.builds("{}:{}".format, SERVICES, st.sampled_from(["*", "G*", "?ut"]))
)
ARNS = st.builds("arn:aws:x::1:{}/{}".format, st.sampled_from(["ou", "root"]), st.sampled_from(["a", "b"]))
ARN_PATTERNS = st.one_of(
    ARNS, st.sampled_from(["*", "arn:aws:x::1:ou/*", "arn:aws:x::1:*/a", "arn:aws:x::1:ou/${aws:k}"])
)
CONDITIONS = st.one_of(
    st.just({}),
    st.builds(
        lambda operator, value: {operator: {"aws:k": value}},
        st.sampled_from(["StringEquals", "StringNotLike", "StringLikeIfExists", "ForAnyValue:StringEquals"]),
        st.sampled_from(["a", "b*"]),
    ),
)
STATEMENTS = st.builds(
    lambda effect, action, actions, resource, resources, condition: {
        "Effect": effect,
        action: actions,
        resource: resources,
        "Condition": condition,
    },
    st.sampled_from(["Allow", "Allow", "Deny"]),
    st.sampled_from(["Action", "Action", "NotAction"]),
    st.lists(ACTION_PATTERNS, min_size=1, max_size=3),
    st.sampled_from(["Resource", "Resource", "NotResource"]),
    st.lists(ARN_PATTERNS, min_size=1, max_size=2),
    CONDITIONS,
)
POLICIES = st.lists(st.builds(policy, STATEMENTS), max_size=4)
LEVELS = st.lists(POLICIES.map(lambda policies: [FULL, *policies]), max_size=3)
REQUESTS = st.builds(
    Request,
    ACTIONS,
    ARNS,
    st.one_of(st.just({}), st.sampled_from(["a", "b", "bc"]).map(lambda value: {"aws:k": [value]})),
)


@law
@given(REQUESTS, POLICIES, POLICIES, LEVELS, STATEMENTS, st.integers(0, 2))
def test_a_deny_never_widens(
    request: Request,
    identity: list[Policy],
    boundary: list[Policy],
    scps: list[list[Policy]],
    extra: dict[str, Any],
    where: int,
) -> None:
    before = decide(request, identity=identity, boundary=boundary, scps=scps)
    deny = policy({**extra, "Effect": "Deny"})
    layers = [identity, boundary, scps[0] if scps else identity]
    layers[where].append(deny)
    after = decide(request, identity=identity, boundary=boundary, scps=scps)
    assert before.allowed or not after.allowed


@law
@given(REQUESTS, POLICIES, STATEMENTS)
def test_an_allow_never_narrows(request: Request, identity: list[Policy], extra: dict[str, Any]) -> None:
    allow = policy({**extra, "Effect": "Allow"})
    assert decide(request, identity=[*identity, allow]).allowed or not decide(request, identity=identity).allowed


@law
@given(REQUESTS, st.lists(STATEMENTS, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_statements_is_nothing(
    request: Request, statements: list[Statement], chance: random.Random
) -> None:
    shuffled = chance.sample(statements, len(statements))
    assert (
        decide(request, identity=[policy(*shuffled)]).effect is decide(request, identity=[policy(*statements)]).effect
    )


@law
@given(REQUESTS, st.lists(STATEMENTS, min_size=1, max_size=5))
def test_statements_may_stand_in_one_policy_or_in_many(request: Request, statements: list[Statement]) -> None:
    one, many = [policy(*statements)], [policy(each) for each in statements]
    assert decide(request, identity=one).effect is decide(request, identity=many).effect


@law
@given(REQUESTS, POLICIES, POLICIES, LEVELS)
def test_a_limit_never_widens(
    request: Request, identity: list[Policy], boundary: list[Policy], scps: list[list[Policy]]
) -> None:
    limited = decide(request, identity=identity, boundary=boundary, scps=scps)
    assert decide(request, identity=identity, boundary=boundary).allowed or not limited.allowed
    assert decide(request, identity=identity, scps=scps).allowed or not limited.allowed
    assert decide(request, identity=identity, boundary=boundary, scps=scps[1:]).allowed or not limited.allowed


@law
@given(REQUESTS, POLICIES, POLICIES, LEVELS)
def test_allowed_is_what_every_layer_allows_by_itself(
    request: Request, identity: list[Policy], boundary: list[Policy], scps: list[list[Policy]]
) -> None:
    layers = [identity, boundary, *scps]
    each = [decide(request, identity=layer).allowed for layer in layers]
    assert decide(request, identity=identity, boundary=boundary, scps=scps).allowed is all(each)


def matches(pattern: str, value: str) -> bool:
    """Wildcards by the book, one character at a time."""
    if not pattern:
        return not value
    if pattern[0] == "*":
        return any(matches(pattern[1:], value[skipped:]) for skipped in range(len(value) + 1))
    return bool(value) and pattern[0] in ("?", value[0]) and matches(pattern[1:], value[1:])


@law
@given(st.text("ab.*?", max_size=6), st.text("ab.", max_size=6))
def test_wildcards_match_by_the_book(pattern: str, value: str) -> None:
    assert like(pattern, value) is matches(pattern, value)
