"""Law 4: what AWS does now and then, it may do at any call."""

from __future__ import annotations

from contextlib import suppress
from time import sleep
from unittest.mock import Mock

import pytest
from moto.core.botocore_stubber import BotocoreStubber

from laws.faults import PASSING, RESET, SILENCE, UNTRUSTED, Fault, at, at_every_call, at_reads, from_
from laws.scenes import DRIFTED, EMPTY, OUTDATED, SCENES, Scene
from orgkit.aws.attempts import hurried
from orgkit.aws.client import Calls, Clients
from orgkit.errors import OrgkitError, StackFailed
from orgkit.sandbox import cloudformation, organizations
from orgkit.sandbox.cloudformation.events import Timeline
from orgkit.sandbox.organizations import whole
from orgkit.step import State
from steps import in_order

A_FEW_SECONDS = 8
A_MINUTE = 60  # for which botocore waits for an answer
SOME_MINUTES = 600


@pytest.mark.parametrize("fault", PASSING, ids=str)
@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_a_fault_at_every_call_is_got_over_in_the_same_run(bench, tally, scene, fault):
    start = bench.set(scene)
    calls, wanted = bench.undisturbed(scene)
    bench.put_back(start)
    with bench.wire.disturbed(fault, at_every_call()) as clock:
        bench.run(scene)
    assert set(bench.wire.hit) == {call for call in calls if fault.hits(call)}
    tally["faults"] += len(bench.wire.hit)
    assert bench.look() == wanted
    assert clock.in_silence < A_FEW_SECONDS


@pytest.mark.parametrize("fault", [fault for fault in PASSING if fault is not SILENCE], ids=str)
def test_a_fault_that_lasts_longer_than_botocore_s_patience_is_got_over_too(bench, tally, fault):
    start = bench.set(EMPTY)
    _, wanted = bench.undisturbed(EMPTY)
    bench.put_back(start)
    often = at_every_call(times=5)
    with bench.wire.disturbed(fault, lambda number, call: number > 0 and often(number, call)) as clock:
        bench.run(EMPTY)
    tally["faults"] += len(bench.wire.hit)
    assert bench.look() == wanted
    assert clock.in_silence < A_FEW_SECONDS


def test_who_is_offline_from_the_start_is_told_so_at_once(bench):
    with bench.wire.disturbed(RESET, from_(0)) as clock, pytest.raises(OrgkitError, match="could not be asked"):
        bench.run(EMPTY)
    assert clock.now < A_FEW_SECONDS


def test_who_is_offline_and_in_a_hurry_waits_for_one_attempt(bench, tally):
    with bench.wire.disturbed(SILENCE, from_(0)) as clock, pytest.raises(OrgkitError), hurried():
        bench.run(EMPTY)
    tally["faults"] += len(bench.wire.hit)
    assert len(bench.wire.hit) == 1
    assert clock.now <= A_MINUTE


def test_a_certificate_that_is_not_trusted_is_not_waited_for(bench):
    with bench.wire.disturbed(UNTRUSTED, from_(3)) as clock, pytest.raises(OrgkitError, match="could not be asked"):
        bench.run(EMPTY)
    assert clock.now < A_FEW_SECONDS


def test_how_often_botocore_tries_is_said_and_not_left_to_its_version(session, monkeypatch):
    told = {}
    monkeypatch.setattr(session, "client", lambda service, **how: told.update({service: how["config"]}) or Mock())
    Calls(session, Clients(session), tell=told.update, region="us-east-1").clients("iam", "us-east-1")
    assert told["iam"].retries == {"mode": "standard", "total_max_attempts": 1}
    assert (told["iam"].connect_timeout, told["iam"].read_timeout) == (10, 60)


def test_a_fault_at_a_single_write_is_got_over_in_the_same_run(bench, tally):
    start = bench.set(EMPTY)
    calls, wanted = bench.undisturbed(EMPTY)
    for number, call in enumerate(calls):
        for fault in [fault for fault in PASSING if fault.hits(call) and not at_reads(call)]:
            tally["faults"] += 1
            bench.put_back(start)
            with bench.wire.disturbed(fault, at(number)):
                bench.run(EMPTY)
            assert bench.wire.hit == [call]
            assert bench.look() == wanted, f"{fault.name} at {call}"


def test_a_fault_that_stays_stops_the_run_with_a_remedy_and_leaves_what_a_crash_leaves(bench, tally):
    start = bench.set(EMPTY)
    stops = bench.stops(EMPTY)
    calls = bench.wire.sent
    for number, call in enumerate(calls):
        bench.put_back(stops[2 * number])
        left = bench.look()
        for fault in [fault for fault in PASSING if fault.hits(call)]:
            tally["faults"] += 1
            bench.put_back(start)
            with bench.wire.disturbed(fault, from_(number)) as clock, pytest.raises(OrgkitError) as stopped:
                bench.run(EMPTY)
            assert stopped.value.remedy
            assert clock.now < SOME_MINUTES, f"{fault.name} at {call}"
            assert clock.in_silence < A_FEW_SECONDS
            assert bench.look() == left, f"{fault.name} at {call}"


def test_too_many_requests_are_waited_for_whatever_their_code(bench, tally):
    start = bench.set(EMPTY)
    _, wanted = bench.undisturbed(EMPTY)
    bench.put_back(start)
    with bench.wire.disturbed(Fault("HTTP 429", code="Unheard", status=429), at(5)):
        bench.run(EMPTY)
    tally["faults"] += len(bench.wire.hit)
    assert len(bench.wire.hit) == 1
    assert bench.look() == wanted


REFUSALS = (
    Fault("AccessDeniedException", code="AccessDeniedException", services=frozenset({"organizations"})),
    Fault("InvalidInputException", code="InvalidInputException", services=frozenset({"organizations"})),
    Fault("AccessDenied", code="AccessDenied", services=frozenset({"cloudformation", "iam"})),
    Fault("ValidationError", code="ValidationError", services=frozenset({"cloudformation", "iam"})),
)


@pytest.mark.parametrize("fault", REFUSALS, ids=str)
def test_what_cannot_be_read_is_not_taken_for_absent(bench, tally, fault):
    bench.run(EMPTY)
    start = bench.keep()
    with bench.wire.disturbed():
        tuple(in_order(bench.new_run(), bench.settings))
    for number, call in enumerate(bench.wire.sent):
        if not fault.hits(call):
            continue
        tally["faults"] += 1
        bench.put_back(start)
        with bench.wire.disturbed(fault, at(number)), suppress(OrgkitError):
            found = tuple(in_order(bench.new_run(), bench.settings))
            assert {step.state for step in found} == {State.IN_PLACE}, call
        assert bench.wire.hit == [call]


@pytest.mark.slow
def test_a_slow_answer_is_told_of(aws, told, monkeypatch):
    def slow(stubber, request):
        for _ in range(6000):  # a minute, on a machine that does not get round to it
            if told:
                break
            sleep(0.01)
        return process_request(stubber, request)

    process_request = BotocoreStubber.process_request
    monkeypatch.setattr(BotocoreStubber, "process_request", slow)
    monkeypatch.setattr("orgkit.aws.attempts._SLOW", 0.01)
    aws().organizations.organization()
    assert told == ["    no answer to DescribeOrganization yet"]


# Eventual consistency


@pytest.mark.parametrize("lists", [1, 3, 8])
@pytest.mark.parametrize("scene", [EMPTY, DRIFTED, OUTDATED], ids=str)
def test_lists_that_lag_make_no_doubles_and_no_failure(bench, tally, scene, lists):
    start = bench.set(scene)
    _, wanted = bench.undisturbed(scene)
    bench.put_back(start)
    organizations.lag(lists)
    with bench.wire.disturbed() as clock:
        bench.run(scene)
    tally["faults"] += 1
    assert bench.look() == wanted
    assert clock.in_silence < A_FEW_SECONDS


@pytest.mark.parametrize("scene", [EMPTY, OUTDATED], ids=str)
def test_a_run_that_stopped_is_taken_up_while_lists_lag(bench, tally, scene):
    bench.set(scene)
    organizations.lag(3)
    bench.go_on_after_each_stop(scene, tally)


def test_what_no_list_ever_shows_is_not_waited_for_for_ever(bench):
    with bench.wire.disturbed() as clock, pytest.raises(OrgkitError, match="and gives up") as stopped:
        bench.new_run().organizations.until_listed("OU Example University", lambda: None)
    assert stopped.value.remedy
    assert clock.now < SOME_MINUTES
    assert clock.in_silence < A_FEW_SECONDS


UNKNOWN_YET = Fault("unknown yet", code="NoSuchEntity", status=404)


def first(times, operation):
    """The first sendings of an operation."""
    left = [times]

    def when(_, call):
        hit = call == operation and left[0] > 0
        left[0] -= hit
        return hit

    return when


def test_a_new_user_may_be_unknown_to_iam_for_a_moment(bench, tally):
    start = bench.set(EMPTY)
    _, wanted = bench.undisturbed(EMPTY)
    bench.put_back(start)
    with bench.wire.disturbed(UNKNOWN_YET, first(5, "iam:CreateLoginProfile")) as clock:
        bench.run(EMPTY)
    tally["faults"] += 5
    assert bench.look() == wanted
    assert any(line.startswith("    waiting until AWS shows user BillingAdmin: ") for line in clock.told)


def modelled(session, call, codes):
    """Which of these codes AWS's model has for the call."""
    service, _, operation = call.partition(":")
    shapes = session.client(service).meta.service_model.operation_model(operation).error_shapes
    return sorted(codes & {shape.metadata.get("error", {}).get("code", shape.name) for shape in shapes})


def of(calls):
    """At each of these calls, twice."""
    twice = at_every_call(times=2)
    return lambda number, call: call in calls and twice(number, call)


NOT_YET_KNOWN = {
    "DestinationParentNotFoundException",
    "OrganizationalUnitNotFoundException",
    "ParentNotFoundException",
    "PolicyNotFoundException",
    "RootNotFoundException",
    "TargetNotFoundException",
}
BUSY_IN_IAM = {"ConcurrentModification", "EntityTemporarilyUnmodifiable"}


def _moved(new_run, api, settings):
    EMPTY.run(new_run(), settings)
    api("iam").update_user(UserName="OrgAdmin", NewPath="/moved/")


MOVED = Scene("bootstrap that gives a user its path again", _moved, EMPTY.run)


@pytest.mark.parametrize("code", sorted(NOT_YET_KNOWN | BUSY_IN_IAM))
def test_what_was_made_a_moment_ago_may_be_unknown_or_busy_wherever_aws_s_model_has_that(bench, wired, tally, code):
    hit, empty = set(), bench.keep()
    for scene in (EMPTY, DRIFTED, MOVED):
        bench.put_back(empty)
        start = bench.set(scene)
        calls, wanted = bench.undisturbed(scene)
        bench.put_back(start)
        affected = {call for call in calls if modelled(wired[1], call, {code})}
        with bench.wire.disturbed(Fault(code, code=code, status=404), of(affected)) as clock:
            bench.run(scene)
        assert set(bench.wire.hit) == affected
        assert bench.look() == wanted
        assert clock.in_silence < A_FEW_SECONDS
        hit |= affected
    assert hit
    tally["faults"] += len(hit)


def test_a_root_that_is_not_listed_yet_is_waited_for(bench, tally, monkeypatch):
    start = bench.set(EMPTY)
    _, wanted = bench.undisturbed(EMPTY)
    bench.put_back(start)
    page, empty = whole.page, iter([True] * 3)
    monkeypatch.setattr(
        whole,
        "page",
        lambda name, sent, roots, shown: page(name, sent, [] if name == "Roots" and next(empty, 0) else roots, shown),
    )
    with bench.wire.disturbed():
        bench.run(EMPTY)
    tally["faults"] += 3
    assert bench.look() == wanted
    assert next(empty, None) is None


def test_how_an_update_ends_is_waited_for_though_it_does_not_show_at_once(bench, monkeypatch):
    def shown(timeline):
        if timeline._start and next(late, None):
            return timeline.events[: timeline._start]
        return as_it_is(timeline)

    bench.set(OUTDATED)
    late, as_it_is = iter([True] * 6), Timeline.shown.fget
    monkeypatch.setattr(Timeline, "shown", property(shown))
    cloudformation.fail_resource("OrgLimitsPolicy", "injected")
    with pytest.raises(StackFailed, match="injected"):
        bench.run(OUTDATED)
    assert not list(late)


def test_a_password_is_not_lost_when_the_next_run_is_not_shown_that_it_is_set(bench, tally):
    bench.set(EMPTY)
    stops = bench.stops(EMPTY)
    wanted = bench.look()
    for number, call in enumerate(bench.wire.sent):
        if call == "iam:CreateLoginProfile":
            tally["stops"] += 1
            bench.put_back(stops[2 * number + 1])
            with bench.wire.disturbed(UNKNOWN_YET, first(2, "iam:GetLoginProfile")):
                bench.run(EMPTY)
            assert bench.wire.hit
            assert bench.look() == wanted
