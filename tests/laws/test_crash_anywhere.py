"""Law 3: a run may stop at any call to AWS, and the next run ends as if it had not."""

from __future__ import annotations

import pytest

from laws.faults import LOST
from laws.scenes import SCENES


@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_a_run_that_stops_at_any_call_is_taken_up_by_the_next(bench, tally, scene):
    bench.set(scene)
    stops = bench.stops(scene)
    wanted = bench.look()
    for number, left in enumerate(stops):
        tally["stops"] += 1
        if number and left == stops[number - 1]:
            continue  # nothing has changed since the stop before, byte for byte
        bench.put_back(left)
        bench.run(scene)
        assert bench.look() == wanted, f"stop {number}"


@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_an_answer_that_is_lost_is_got_over_in_the_same_run(bench, tally, scene):
    start = bench.set(scene)
    calls, wanted = bench.undisturbed(scene)
    for number, call in enumerate(calls):
        tally["stops"] += 1
        bench.put_back(start)
        with bench.wire.disturbed(LOST, number):
            bench.run(scene)
        assert bench.look() == wanted, f"lost answer {number}, to {call}"
