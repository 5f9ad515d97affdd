"""Law 5: whatever a person changes by hand, status shows it and bootstrap mends it. What is not orgkit's, stays."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from laws import world
from laws.drift import FULL, Drift
from laws.drifts_of_organization import ORGANIZATIONS, detach
from laws.drifts_of_people import PEOPLE
from laws.drifts_of_stack import THE_STACK
from laws.hands import FULL_ACCESS
from laws.lived_in import three_scps
from laws.no_drifts import OTHERS, attach_elsewhere
from laws.theirs import theirs
from orgkit.errors import Blocked
from orgkit.step import State, Step


@pytest.fixture
def settings():
    return three_scps()


def text(step: Step) -> str:
    return "\n".join([step.detail, *step.differences])


def shown_wrong(drift: Drift, found: tuple[Step, ...]) -> Iterator[str]:
    """What status says of a drift and should not, or the other way round."""
    if {step.thing for step in found} != set(drift.says):
        yield f"status shows {sorted(step.thing for step in found)}"
    for step in found:
        if drift.says.get(step.thing, "") not in text(step):
            yield f"status says of {step.thing}: {text(step)}"


def mended_wrong(drift: Drift, before: world.World, changed: world.World, after: world.World) -> Iterator[str]:
    """What is not as it was before the drift; or, where the drift has taken that away, not as the drift left it."""
    if not drift.leaves and after != before:
        yield f"not as it was: {[part for part in before if after[part] != before[part]]}"
    if drift.leaves and theirs(after) != theirs(changed):
        yield f"what is not orgkit's was changed: {theirs(changed)} {theirs(after)}"


@pytest.mark.parametrize("drifts", [ORGANIZATIONS, PEOPLE, THE_STACK], ids=["organization", "people", "stack"])
def test_every_change_by_hand_is_shown_and_mended(rewound, hands, status, bootstrap, tally, drifts):
    before, wrong = look(), {}
    for drift in drifts:
        rewound()
        drift.deed(hands)
        changed, passwords = look(), world.passwords()
        found = bootstrap()
        after = look()
        # Where all is as it was before, status says what it said then.
        still = () if after == before else status()
        wrong[drift.what] = [
            *shown_wrong(drift, found),
            *mended_wrong(drift, before, changed, after),
            *map(text, still),
            *(f"another password for {user}" for user, _ in passwords.items() - world.passwords().items()),
        ]
    assert {what: found for what, found in wrong.items() if found} == {}
    tally["drifts"] += len(drifts)


def test_full_access_gone_from_the_root_is_blocked_after_all_else_is_mended(lived_in, hands, status, bootstrap, tally):
    before = look()
    hands.iam.delete_user_permissions_boundary(UserName="OrgAdmin")
    detach(hands, FULL_ACCESS, hands.root)
    with pytest.raises(Blocked, match="not attached") as stopped:
        bootstrap()
    assert "Attach FullAWSAccess to the root" in stopped.value.remedy
    (step,) = status()
    assert (step.thing, step.state, step.remedy) == (FULL, State.BLOCKED, stopped.value.remedy)
    attach_elsewhere(hands, FULL_ACCESS, hands.root)  # as the remedy says
    assert status() == ()
    assert look() == before
    tally["drifts"] += 1


def test_what_is_not_orgkit_s_is_no_drift_and_stays_as_it_is(lived_in, hands, bootstrap, tally):
    """All of it in one payer, one after the other: whatever piles up, orgkit leaves it."""
    for what, deed in OTHERS.items():
        deed(hands)
        changed = look()
        assert bootstrap() == (), what
        assert look() == changed, what
    tally["changes that are no drift"] += len(OTHERS)


# Looking at the whole


def look() -> world.World:
    """The payer as it is, but for how CloudFormation came to it."""
    seen = world.look()
    stacks = [{key: value for key, value in stack.items() if key != "status"} for stack in seen["stacks"]]
    return {**seen, "stacks": stacks}
