"""The results as Markdown, written between the marks in README.md."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from fleet import FEW, MANY, Fleet
from measured import TURNS, Cost
from results import Results, machine

BEGIN: Final = "<!-- what follows is written by `make bench` -->"
END: Final = "<!-- what `make bench` has written ends here -->"

WORDS: Final = {
    "first": "first bootstrap",
    "again": "second bootstrap",
    "status": "status",
    "tree": "list everything",
    "invite": "invite 100 accounts",
}
GOALS: Final = {"first": 1.3, "again": 1.1, "status": 1.1}
_LEAST: Final = "least possible"
_BARE: Final = "a bare click program"
_DETAILED: Final = ("first", "again", "status 5,000 / 200", "tree 1,000 / 50")


def write(readme: Path, results: Results) -> None:
    """Put the results in the place of those that were there."""
    before, _, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    readme.write_text("\n".join([before + BEGIN, "", *lines(results), "", END]) + after, encoding="utf-8")


def lines(results: Results) -> Iterator[str]:
    """Everything that was measured."""
    yield f"Measured on {machine()}."
    yield ""
    yield from (f"{sentence}\n" for sentence in results.missing)
    yield from _side_by_side(results)
    yield ""
    if results.fleet:
        yield from _fleet(results.fleet)
        yield ""
    yield from _start_up(results)
    for job in _DETAILED:
        if job in results.costs:
            yield ""
            yield from _by_operation(job, results.costs[job])


def job_name(job: str) -> str:
    """A job in words: of `tree 10 / 1`, `list everything: 10 accounts in 1 OU`."""
    word, _, size = job.partition(" ")
    accounts, _, ous = size.partition(" / ")
    return f"{WORDS[word]}: {accounts} accounts in {ous} {'OU' if ous == '1' else 'OUs'}" if size else WORDS[word]


def _side_by_side(results: Results) -> Iterator[str]:
    tools = list(results.versions)
    named = [f"{tool} {results.versions[tool]}".strip() for tool in tools]
    yield from _header("", *named, "orgkit's calls ÷ least", "goal")
    for job, costs in results.costs.items():
        goal = GOALS.get(job.partition(" ")[0])
        yield _row(
            job_name(job),
            *(_cell(costs.get(tool)) for tool in tools),
            f"{results.ratio(job, _LEAST):.2f}",
            f"≤ {goal}" if goal else "",
        )


def _fleet(found: Fleet) -> Iterator[str]:
    """What a payer costs among many."""
    yield from _header("status of many payers", "processor time", "seconds", "memory", "goal")
    for name, cost in (
        (f"{FEW} payers, a process each", found.apart),
        (f"{FEW} payers, one process", found.few),
        (f"{MANY} payers, one process", found.many),
    ):
        yield _row(name, f"{cost.processor:.1f} s", f"{cost.seconds:.1f}", f"{cost.megabytes:.0f} MB", "")
    each = (f"{found.further_seconds:.3f} s", "", f"{found.further_megabytes:.2f} MB", "≤ 0.1 s, ≤ 0.5 MB")
    yield _row("**each further payer**", *each)


def _start_up(results: Results) -> Iterator[str]:
    yield from _header(f"`--help`, the quickest of {TURNS}", "milliseconds", "÷ bare click", "goal")
    for name, seconds in results.start.items():
        goal = "≤ 1.5" if name == "orgkit" else ""
        yield _row(name, f"{seconds * 1000:.0f}", f"{seconds / results.start[_BARE]:.2f}", goal)


def _by_operation(job: str, costs: dict[str, Cost]) -> Iterator[str]:
    """A table of the calls of one job by operation."""
    yield from _header(f"calls: {job_name(job)}", *costs)
    operations = dict.fromkeys(operation for cost in costs.values() for operation in cost.calls)
    for operation in operations:
        yield _row(operation, *(str(cost.calls[operation] or "") for cost in costs.values()))
    yield _row("**all**", *(f"**{cost.total}**" for cost in costs.values()))


def _cell(cost: Cost | None) -> str:
    return f"{cost.total_in_words} calls, {cost.seconds:.1f} s, {cost.megabytes:.0f} MB" if cost else "-"


def _header(first: str, *others: str) -> Iterator[str]:
    yield _row(first, *others)
    yield _row("---", *("---:" for _ in others))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
