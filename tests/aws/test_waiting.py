"""Waiting for AWS: how long, how often, and what is said meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest

from orgkit.aws.client import Calls, Clients, Facts, Service
from orgkit.errors import OrgkitError


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def calls(session, told, slept):
    return Calls(session, Clients(session), tell=told.append, region="us-east-1", sleep=slept.append)


def polled(calls, waiting: str, time_out: float) -> Iterator[float]:
    """Until the time-out."""
    with suppress(OrgkitError):
        yield from calls.polls(waiting, time_out)


def test_polling_starts_fast_and_slows_down(calls, slept):
    assert list(polled(calls, "for it", 30))[-1] >= 30
    assert slept[:3] == [0.5, 0.75, 1.125]
    assert slept == sorted(slept)
    assert slept[-1] == 5


def test_whoever_waits_hears_of_it_within_five_seconds_and_every_few_seconds(calls, told, slept):
    heard_at, waited = [0.0], 0.0
    for waited in polled(calls, "for the stack", 60):
        if len(told) >= len(heard_at):
            heard_at.append(waited - slept[-1])
    assert heard_at[1] <= 5
    assert all(later - earlier <= 10 for earlier, later in zip(heard_at, [*heard_at[1:], waited], strict=True))
    assert told[0] == "    waiting for the stack: 2 s"


def test_what_is_listed_at_once_is_not_waited_for(calls, slept):
    assert Service(calls, Facts()).until_listed("the root", lambda: "r-1") == "r-1"
    assert slept == []


def test_what_was_known_before_is_read_again_at_once(calls, slept):
    facts = Facts()
    facts.learn("root", None)
    assert Service(calls, facts).until_listed("the root", lambda: facts.read("root", lambda: "r-1"), "root") == "r-1"
    assert slept == []


def test_what_is_never_listed_is_given_up_with_a_remedy(calls, slept):
    with pytest.raises(OrgkitError, match="and gives up") as stopped:
        Service(calls, Facts()).until_listed("the root", lambda: None)
    assert "again in a few minutes" in stopped.value.remedy
    assert 120 <= sum(slept) <= 130
