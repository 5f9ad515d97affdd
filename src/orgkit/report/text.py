"""What orgkit says: steps and summaries as lines of text or as JSON. Data in, lines out. Drawings: drawing.py."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from orgkit.errors import AwsError, FileProblems, OrgkitError, Problem
from orgkit.report import table
from orgkit.settings import Settings
from orgkit.settings.text import printable
from orgkit.step import State, Step

MARKS: Final = {State.IN_PLACE: "✓", State.MISSING: "+", State.DRIFTED: "~", State.BLOCKED: "!"}
_COLOURS: Final = {State.IN_PLACE: 32, State.MISSING: 36, State.DRIFTED: 33, State.BLOCKED: 31}
_SGR: Final = re.compile("(\x1b\\[(?:0|31|32|33|36)m)")
_MARGIN: Final = 4  # columns: the mark stands in it
_THING: Final = 42
_SHORT: Final = 160


def line(step: Step) -> str:
    """A step as one line, or as several where it does not fit: its mark, the thing, the detail."""
    return marked(step.state, step.thing, step.detail)


def marked(state: State, thing: str, detail: str) -> str:
    """A line with a mark, wrapped under its two columns."""
    room = table.screen() - _MARGIN - 2
    columns = min(_THING, room * 47 // 100)
    first, *rest = table.row((printable(thing), printable(detail)), (columns, room - columns))
    return "\n".join([f"  {coloured(state)} {first}", *(f"    {line}" for line in rest)])


def coloured(state: State) -> str:
    """A mark. The colour only repeats it; whoever prints strips colour where it is not wanted."""
    return f"\x1b[{_COLOURS[state]}m{MARKS[state]}\x1b[0m"


def lines(steps: Sequence[Step]) -> Iterator[str]:
    """Every step, with its differences where there is more to say than its line has."""
    for step in steps:
        yield line(step)
        if len(step.differences) > 1 or (step.differences and step.differences[0] not in step.detail):
            for difference in step.differences:
                yield from table.paragraph(shortened(difference), "      ", "        ")


def safe(text: str) -> str:
    """What a terminal may be given: the colours of marks, and nothing else that steers it, wherever it came from."""
    pieces = _SGR.split(text)
    return "".join(
        piece if number % 2 else "\n".join(map(printable, piece.split("\n"))) for number, piece in enumerate(pieces)
    )


def shortened(text: str) -> str:
    """A text on one line of bearable length."""
    flat = printable(" ".join(text.split()))
    return flat if len(flat) <= _SHORT else f"{flat[: _SHORT - 1]}…"


def counted(number: int, noun: str) -> str:
    """`1 account`, `2 accounts`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def quoted(word: str) -> str:
    """A word as the reader's shell takes it."""
    return subprocess.list2cmdline([word]) if sys.platform == "win32" else shlex.quote(word)


def summary(steps: Sequence[Step]) -> str:
    """`1 missing, 2 drifted, 6 in place.`"""
    counts = Counter(step.state for step in steps)
    words = [
        f"{counts[state]} {word}"
        for state, word in (
            (State.MISSING, "missing"),
            (State.DRIFTED, "drifted"),
            (State.BLOCKED, "blocked"),
        )
        if counts[state]
    ]
    return ", ".join([*words, f"{counts[State.IN_PLACE]} in place"]) + "."


def in_place(steps: Sequence[Step]) -> bool:
    return all(step.state is State.IN_PLACE for step in steps)


def verdict(
    steps: Sequence[Step],
    warnings: Sequence[str],
    settings: Settings,
    restore: str,
    *,
    open_invitations: int = 0,
    remaining: Sequence[str] = (),
) -> Iterator[str]:
    """What follows the steps: counts, warnings, remedies, what is left by hand. `restore` is the command to run."""
    yield ""
    yield f"Everything in {settings.path.name} is in place." if in_place(steps) else summary(steps)
    if open_invitations:
        yield f"{counted(open_invitations, 'open invitation')}: orgkit invitations"
    for warning in warnings:
        yield from table.paragraph(printable(warning), "Warning: ", "  ")
    for step in steps:
        if step.remedy:
            yield from table.paragraph(printable(f"{step.thing}: {step.remedy}"), "", "  ")
    if any(step.to_do for step in steps):
        yield f"To restore it: {restore}"
    yield from by_hand(remaining)


def by_hand(tasks: Sequence[str]) -> Iterator[str]:
    """What is left for a person, in its order."""
    if tasks:
        yield ""
        yield "Finish by hand, in this order:"
    for number, task in enumerate(tasks, start=1):
        yield from table.paragraph(printable(task), f"  {number}. ", "     ")


def as_json(document: Mapping[str, Any]) -> str:
    """One JSON document, for machines. What could steer a terminal is written as JSON's \\u…."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def step_json(step: Step) -> dict[str, Any]:
    """A step as JSON; empty members are left out."""
    rest = {"remedy": step.remedy, "differences": list(step.differences)}
    return {
        "thing": step.thing,
        "state": str(step.state),
        "detail": step.detail,
        **{key: value for key, value in rest.items() if value},
    }


def error_json(error: OrgkitError) -> dict[str, Any]:
    """An error as JSON; problems in files one by one."""
    document: dict[str, Any] = {"message": error.message, "remedy": error.remedy}
    if isinstance(error, AwsError):
        document["code"] = error.code
    if isinstance(error, FileProblems):
        document["problems"] = [problem_json(problem) for problem in error.problems]
    return {key: value for key, value in document.items() if value}


def problem_json(problem: Problem) -> dict[str, Any]:
    """A problem in a file as JSON."""
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "path": problem.path,
        "problem": problem.text,
    }
