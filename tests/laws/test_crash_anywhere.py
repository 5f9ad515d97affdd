"""Law 3: a run may stop at any call to AWS, and the next run ends as if it had not."""

from __future__ import annotations

import pytest

from laws.faults import BUSY, INTERRUPTED, LOST, at, at_every_call, at_reads, from_
from laws.scenes import EMPTY, SCENES


@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_a_run_that_stops_at_any_call_is_taken_up_by_the_next(bench, tally, scene):
    bench.set(scene)
    bench.go_on_after_each_stop(scene, tally)


@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_a_lost_answer_to_a_write_is_got_over_in_the_same_run(bench, tally, scene):
    start = bench.set(scene)
    calls, wanted = bench.undisturbed(scene)
    writes = [number for number, call in enumerate(calls) if not at_reads(call)]
    for number in writes:
        tally["stops"] += 1
        bench.put_back(start)
        with bench.wire.disturbed(LOST, at(number)):
            bench.run(scene)
        assert bench.wire.hit == [calls[number]]
        assert bench.look() == wanted, f"lost answer {number}, to {calls[number]}"


@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_lost_answers_to_all_reads_are_got_over_in_the_same_run(bench, tally, scene):
    start = bench.set(scene)
    calls, wanted = bench.undisturbed(scene)
    once = at_every_call()
    bench.put_back(start)
    with bench.wire.disturbed(LOST, lambda number, call: at_reads(call) and once(number, call)):
        bench.run(scene)
    tally["stops"] += len(bench.wire.hit)
    assert set(bench.wire.hit) == {call for call in calls if at_reads(call)}
    assert bench.look() == wanted


# Ctrl-C


@pytest.fixture
def wired_orgkit(bench, wired, orgkit, monkeypatch):
    """The command line, on the bench's wire."""
    _, session = wired
    monkeypatch.setattr("boto3.Session", lambda **_: session)
    return orgkit


def test_ctrl_c_at_any_call_ends_with_one_sentence_and_is_taken_up(bench, wired_orgkit, tally):
    start = bench.keep()
    with bench.wire.disturbed():
        assert wired_orgkit("bootstrap --yes").exit_code == 0
    calls, wanted = len(bench.wire.sent), bench.look()
    for number in range(calls):
        tally["stops"] += 1
        bench.put_back(start)
        with bench.wire.disturbed(INTERRUPTED, at(number)):
            stopped = wired_orgkit("bootstrap --yes")
        assert bench.wire.hit
        assert stopped.exit_code == 130
        assert stopped.stderr.splitlines()[-1] == "Interrupted. Run the same command again to go on from here."
        assert "Traceback" not in stopped.output
        bench.run(EMPTY)
        assert bench.look() == wanted, f"Ctrl-C at call {number}"


def test_ctrl_c_while_waiting_ends_with_one_sentence(bench, wired_orgkit, monkeypatch):
    monkeypatch.setattr("time.sleep", interrupt)
    with bench.wire.disturbed(BUSY, from_(3)):
        stopped = wired_orgkit("bootstrap --yes")
    assert stopped.exit_code == 130
    assert stopped.stderr.splitlines()[-1] == "Interrupted. Run the same command again to go on from here."


def interrupt(seconds):
    raise KeyboardInterrupt
