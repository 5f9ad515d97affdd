"""Law 11: a read that fails and is not needed for the verdict changes no verdict and stops no deed."""

from __future__ import annotations

from itertools import count

import pytest

from laws.faults import RESET, Fault
from laws.scenes import EMPTY
from orgkit import procedure
from orgkit.report import notes

REFUSED = Fault("refused", code="AccessDeniedException")
THROTTLED = Fault("throttled for ever", code="Throttling")
FAULTS = pytest.mark.parametrize("fault", [REFUSED, THROTTLED, RESET], ids=str)
A_FEW_SECONDS = 8


@pytest.fixture
def needless(bench):
    """Every call that only a warning, or what is left by hand, makes in a payer where all is in place."""
    bench.set(EMPTY)
    bench.run(EMPTY)
    aws = bench.new_run()
    with bench.wire.disturbed():
        tuple(procedure.seen(aws, bench.settings))
        needed = set(bench.wire.sent)
    with bench.wire.disturbed():
        notes.find(aws, bench.settings)
    calls = sorted(set(bench.wire.sent) - needed)
    assert len(calls) >= 7
    return calls


@FAULTS
def test_a_warning_that_cannot_be_read_changes_no_verdict(bench, tally, needless, fault):
    for call in needless:
        aws = bench.new_run()
        with bench.wire.disturbed(fault, lambda _, sent, call=call: sent == call) as clock:
            steps = tuple(procedure.seen(aws, bench.settings))
            found = notes.find(aws, bench.settings)
        assert bench.wire.hit, call
        assert [step for step in steps if step.to_do] == [], call
        assert any("could not be checked: " in warning for warning in found.warnings), call
        assert clock.now < A_FEW_SECONDS, call
        tally["needless reads"] += 1


@FAULTS
def test_a_bootstrap_ends_well_without_what_it_only_reminds_of(bench, tally, needless, fault):
    for call in needless:
        aws = bench.new_run()
        with bench.wire.disturbed(fault, lambda _, sent, call=call: sent == call):
            assert notes.root_tasks(aws, bench.settings).remaining, call
        tally["needless reads"] += len(bench.wire.hit) > 0


def test_a_check_that_fails_keeps_what_it_said_before_and_hides_no_other(bench, session):
    bench.set(EMPTY)
    bench.run(EMPTY)
    session.client("iam").create_access_key(UserName="BillingAdmin")
    asked = count(1)
    with bench.wire.disturbed(REFUSED, lambda _, sent: sent.endswith("ListAccessKeys") and next(asked) > 1):
        warnings = notes.find(bench.new_run(), bench.settings).warnings
    assert bench.wire.hit
    assert [line for line in warnings if "BillingAdmin has an access key" in line]
    assert [line for line in warnings if line.startswith("whether the two admins have access keys could not be")]
    assert "OrgAdmin has no MFA device yet." in warnings
