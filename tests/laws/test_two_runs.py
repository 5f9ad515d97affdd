"""No surprises: one bootstrap at a time on a machine, and two machines end where one would."""

from __future__ import annotations

import pytest

from laws.faults import Fault, at, at_reads
from laws.scenes import BULK_INVITE, DRIFTED, EMPTY, FAILED, OUTDATED, SCENES
from orgkit import procedure


def with_another_at(number, bench, scene, fault=None):
    """Run the scene, and the same on another machine right before the call of this number, which has the fault."""
    looks = iter(range(10**6))  # two a call

    def other() -> None:
        if next(looks) == 2 * number:
            scene.run(bench.new_run(), elsewhere)

    elsewhere = bench.elsewhere()
    with bench.wire.disturbed(fault, at(number)), bench.wire.watched(other):
        bench.run(scene)


@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_another_machine_may_do_it_all_at_any_moment(bench, tally, scene):
    start = bench.set(scene)
    calls, wanted = bench.undisturbed(scene)
    for number, call in enumerate(calls):
        if scene not in (EMPTY, BULK_INVITE) and at_reads(call):
            continue  # what has been read by then goes stale; where a run is short, that is tried at every read too
        tally["interleaved runs"] += 1
        bench.put_back(start)
        with_another_at(number, bench, scene)
        assert bench.look() == wanted, f"before call {number}, {call}"


def test_a_name_that_another_machine_has_just_given_back_may_be_taken(bench):
    # What AWS says to an OU that has the name already is not documented. The sandbox says nothing.
    start = bench.set(DRIFTED)
    calls, wanted = bench.undisturbed(DRIFTED)
    bench.put_back(start)
    taken = Fault("name taken", code="DuplicateOrganizationalUnitException")
    with_another_at(calls.index("organizations:UpdateOrganizationalUnit"), bench, DRIFTED, taken)
    assert bench.wire.hit == ["organizations:UpdateOrganizationalUnit"]
    assert bench.look() == wanted


@pytest.mark.parametrize(
    ("scene", "leads"), [(EMPTY, range(14)), (DRIFTED, (0, 1, 6)), (OUTDATED, (1, 5)), (FAILED, (0, 8))], ids=str
)
def test_two_machines_may_take_turns_step_by_step(bench, tally, scene, leads):
    start = bench.set(scene)
    _, wanted = bench.undisturbed(scene)
    steps = len(tuple(procedure.reads(bench.new_run(), bench.settings)))
    for lead in leads:
        tally["interleaved runs"] += 1
        bench.put_back(start)
        elsewhere = bench.elsewhere()
        one = procedure.bootstrap(bench.new_run(), bench.settings)
        other = procedure.bootstrap(bench.new_run(), elsewhere)
        for _ in range(lead):
            next(one)
        for _ in range(steps):
            next(other, None)
            next(one, None)
        assert bench.look() == wanted, f"{lead} steps ahead"
