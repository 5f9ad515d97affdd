"""AWS's published request rates: the sandbox keeps them if told to, and orgkit lives with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.core.utils import get_service_model
from moto.moto_api._internal.models import moto_api_backend

from orgkit import procedure
from orgkit.aws import Aws, Caller
from orgkit.aws.client import Calls, Clients
from orgkit.report import drawing
from orgkit.sandbox import PAYER, clock
from orgkit.sandbox.organizations.throttling import RATES, throttle
from orgkit.sandbox.seed import seed
from orgkit.sandbox.server.controls import Controls
from orgkit.settings import Settings
from orgkit.step import State

AT_ONCE = 8
"""Threads that read side by side: while one sleeps, so may the others."""


@pytest.fixture(autouse=True)
def standing_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time passes but what the test lets pass: the calls take none."""
    monkeypatch.setattr(clock, "utcnow", lambda: datetime(2026, 11, 27))


@pytest.fixture
def waits() -> list[float]:
    """How many seconds orgkit waited, each time."""
    return []


@pytest.fixture
def new_run(session: Any, told: list[str], pretend_aws: None, waits: list[float]) -> Callable[[], Aws]:
    """AWS as a new run sees it, whose waiting moves the sandbox's clock."""
    one_at_a_time = Lock()

    def sleep(seconds: float) -> None:
        with one_at_a_time:
            waits.append(seconds)
            clock.advance(timedelta(seconds=seconds / AT_ONCE))

    calls = Calls(session, Clients(session), tell=told.append, region="us-east-1", sleep=sleep)
    return lambda: Aws(calls, Caller(PAYER, f"arn:aws:iam::{PAYER}:root", long_lived=True))


def code_of(call: Callable[[], object]) -> str:
    try:
        call()
    except ClientError as refused:
        return str(refused.response["Error"]["Code"])
    return ""


def describing(organizations: Any, times: int) -> list[str]:
    return [code_of(organizations.describe_organization) for _ in range(times)]


def test_every_rate_is_that_of_an_operation() -> None:
    assert set(RATES) <= set(get_service_model("organizations").operation_names)
    assert RATES["DescribeOrganization"] == (1, 2)
    assert RATES["ListAccountsForParent"] == (5, 8)


def test_a_burst_is_answered_and_what_is_more_is_refused_until_time_has_passed(organizations: Any) -> None:
    organizations.create_organization(FeatureSet="ALL")
    throttle()
    assert describing(organizations, 3) == ["", "", "TooManyRequestsException"]
    clock.advance(timedelta(seconds=0.9))
    assert describing(organizations, 1) == ["TooManyRequestsException"]
    clock.advance(timedelta(seconds=0.1))
    assert describing(organizations, 2) == ["", "TooManyRequestsException"]


def test_every_operation_has_a_rate_of_its_own(organizations: Any) -> None:
    organizations.create_organization(FeatureSet="ALL")
    throttle()
    describing(organizations, 3)
    assert code_of(organizations.list_roots) == ""


def test_nothing_is_refused_unless_it_is_switched_on_nor_after_a_reset(organizations: Any) -> None:
    organizations.create_organization(FeatureSet="ALL")
    assert describing(organizations, 5) == [""] * 5
    throttle()
    moto_api_backend.reset()
    organizations.create_organization(FeatureSet="ALL")
    assert describing(organizations, 5) == [""] * 5


def test_a_server_that_throttles_does_so_after_a_reset_too(organizations: Any) -> None:
    controls = Controls(enforce=False, throttled=True)
    controls.reset()
    organizations.create_organization(FeatureSet="ALL")
    assert describing(organizations, 3)[2] == "TooManyRequestsException"


def test_a_small_organization_is_not_slowed(
    new_run: Callable[[], Aws], settings: Settings, waits: list[float], bootstrapped: object
) -> None:
    """Though its calls take no time here: status and the tree of a payer that is as the settings say."""
    throttle()
    now = new_run()
    now.cloudformation.quick = True
    assert {step.state for step in procedure.seen(now, settings)} == {State.IN_PLACE}
    assert waits == []
    clock.advance(timedelta(seconds=2))
    assert drawing.read(new_run())
    assert waits == []


def test_a_larger_organization_is_read_to_its_end(
    new_run: Callable[[], Aws], organizations: Any, waits: list[float]
) -> None:
    organizations.create_organization(FeatureSet="ALL")
    seed(300, 60)
    unhurried = drawing.read(new_run())
    throttle()
    assert drawing.read(new_run()) == unhurried
    assert len(waits) > AT_ONCE
