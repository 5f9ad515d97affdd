"""Law 10: what bootstrap would meet and cannot do, the plan says, before anything is changed."""

from __future__ import annotations

import pytest

from laws import world
from laws.adopted import ADOPTED, SERVICES, Adopted, write_settings

LAST = ("procedure.full_access", "services.")
"""Nothing is to be done after these: all else is done before."""


def said_of(thing: str, shown: str) -> str:
    """What the plan says of a thing, its further lines included."""
    lines = shown.splitlines()
    begin = next(number for number, line in enumerate(lines) if line[4:].startswith(f"{thing} "))
    end = next((n for n, line in enumerate(lines[begin + 1 :], begin + 1) if not line.startswith("      ")), len(lines))
    return " ".join(" ".join(lines[begin:end]).split())


@pytest.mark.parametrize("adopted", [*ADOPTED, *SERVICES], ids=str)
def test_the_dry_run_says_what_bootstrap_meets(begun, hands, tally, adopted: Adopted):
    write_settings(adopted.before)
    adopted.deed(hands)
    before = world.look()
    plan = begun("bootstrap --dry-run")
    assert plan.exit_code == (1 if adopted.blocked else 0), plan.output
    for thing, words in adopted.says.items():
        assert words in said_of(thing, plan.stdout)
    done = begun("bootstrap --yes")
    assert done.exit_code == (1 if adopted.blocked else 0), done.output
    if adopted.blocked and not adopted.blocked.startswith(LAST):
        assert world.look() == before
    tally["payers adopted"] += 1
