"""Law 10: what bootstrap would meet and cannot do, the plan says, before anything is changed."""

from __future__ import annotations

import pytest

from laws import world
from laws.adopted import ADOPTED, SERVICES, Adopted, write_settings
from orgkit.report.text import MARKS

LAST = ("procedure.full_access", "services.")
"""Nothing is to be done after these: all else is done before."""


def said_of(thing: str, shown: str) -> str:
    """What the plan says of a thing, its further lines included. The name of a thing may be wrapped, too."""
    entries: list[list[str]] = []
    for line in shown.splitlines():
        if line[2:3] in MARKS.values():
            entries.append([])
        if entries:
            entries[-1].append(line)
    for entry in entries:
        name = " ".join(line[4:].partition("  ")[0] for line in entry if line[4:5].strip())
        if f"{name} ".startswith(f"{thing} "):
            return " ".join(" ".join(entry).split())
    raise AssertionError(f"the plan says nothing of {thing}")


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
