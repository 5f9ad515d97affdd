"""What orgkit says: steps and summaries as lines that fit the terminal, and as JSON. Data in, lines out.

80 columns where nobody says otherwise. A word is never cut: if it is too long, it sticks out. A command (`orgkit
place`, or anything in backticks) is there to be copied: it stays on one line, or is broken as a shell joins it again.
Columns are padded by what the eye sees.
"""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any, Final
from unicodedata import category, east_asian_width

from orgkit.errors import AwsError, FileProblems, OrgkitError, Problem
from orgkit.settings import Settings
from orgkit.settings.text import printable, shown
from orgkit.step import State, Step

MARKS: Final = {State.IN_PLACE: "✓", State.MISSING: "+", State.TO_FOLLOW: "·", State.DRIFTED: "~", State.BLOCKED: "!"}
_COLOURS: Final = {State.IN_PLACE: 32, State.MISSING: 36, State.TO_FOLLOW: 36, State.DRIFTED: 33, State.BLOCKED: 31}
COLOURED: Final = {state: f"\x1b[{_COLOURS[state]}m{mark}\x1b[0m" for state, mark in MARKS.items()}
"""Marks whose colour only repeats them; whoever prints strips colour where it is not wanted."""
_OURS: Final = re.compile("(\x1b\\[(?:0|31|32|33|36)m|\n)")  # what steers a terminal, and may
_WORD: Final = re.compile(r"(?:[^\s`]*`[^`]*`[^\s`]*)+|orgkit [a-z]\S*|\S+")
# Words of a command, which may be parted at the blanks within "$( )", too.
_SHELL_WORD: Final = re.compile(r"""(?:'[^']*'|"(?!\$\()[^"]*"|\S)+""")
_NARROWEST: Final = 40
_GAP: Final = 2  # columns between two columns
_MARGIN: Final = 4  # columns: the mark stands in it
_THING: Final = 42
LONG: Final = 160
"""Characters of a text that is on one line, but no name."""


# Text that fits the terminal


def screen() -> int:
    """How many columns the terminal has."""
    return max(_NARROWEST, shutil.get_terminal_size((80, 24)).columns)


def width(text: str) -> int:
    """The columns a text takes: two for each wide character, none for colours and what only changes another one."""
    seen = [c for c in _OURS.sub("", text) if category(c) not in ("Mn", "Me", "Cf")]
    return len(seen) + sum(east_asian_width(c) in ("W", "F") for c in seen)


def wrapped(text: str, columns: int, first: int | None = None) -> list[str]:
    """The lines of a text in so many columns, the first line in `first`.

    They are broken between words, or between wide characters, which have no words.
    """
    lines: list[str] = []
    room = columns if first is None else first
    for word in _WORD.findall(text):
        whole = width(word) <= columns or word.isascii()
        pieces = [word] if whole else re.split(r"(?<=[^\x00-\x7f])(?=[^\x00-\x7f])", word)
        for piece, glue in zip(pieces, [" ", *[""] * len(pieces)], strict=False):
            if lines and width(lines[-1] + glue + piece) <= (columns if lines[1:] else room):
                lines[-1] += glue + piece
            else:
                lines.append(piece)
    return lines


def paragraph(text: str, first: str = "", rest: str = "") -> Iterator[str]:
    """A text as lines for the terminal, after `first`, and after `rest` from its second line on."""
    columns, room = screen() - width(rest), screen() - width(first)
    begin, *below = wrapped(text, columns, room) or [""]
    # A line that does not fit now is one command.
    begun = [begin] if width(begin) <= room else broken(begin, columns)
    lines = [*begun, *(part for line in below for part in broken(line, columns))]
    yield first + lines[0]
    yield from (rest + line for line in lines[1:])


def broken(command: str, columns: int) -> list[str]:
    """A command in so many columns, as a POSIX shell joins its lines again when they are pasted."""
    words = _SHELL_WORD.findall(command)
    if width(command) <= columns or not words[1:] or sys.platform == "win32":
        return [command]
    lines = words[:1]
    for word in words[1:]:
        if width(f"{lines[-1]} {word} \\") <= columns:
            lines[-1] += f" {word}"
        else:
            lines[-1] += " \\"
            lines.append(f"  {word}")
    return lines


def fitted(text: str) -> Iterator[str]:
    """The lines of a text, each wrapped under its own indentation if it does not fit the terminal.

    What is indented after an empty line is commands to be copied.
    """
    copied = False
    for before, line in pairwise(f"-\n{text}".split("\n")):
        indent = line[: len(line) - len(line.lstrip())]
        copied = bool(indent) and (copied or not before)
        if width(line) <= screen():
            yield line
        elif copied:
            yield from (indent + part for part in broken(line.strip(), screen() - len(indent)))
        else:
            yield from paragraph(line, indent, indent)


def row(cells: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    """One row, its cells wrapped under their columns. Where a word sticks out, its neighbour goes on a line lower."""
    columns = [wrapped(cell, room) for cell, room in zip(cells, widths, strict=True)]
    places = [0, *accumulate(room + _GAP for room in widths[:-1])]
    while any(columns):
        line = ""
        for lines, place in zip(columns, places, strict=True):
            if lines and (not place or width(line) < place):
                line += " " * (place - width(line)) + lines.pop(0)
        yield line


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A head and rows of one width each column, as wide as the longest cell where that fits.

    Where the longest words do not, each row becomes a paragraph.
    """
    columns = list(zip(*rows, strict=True))
    widths = [max(map(width, column)) for column in columns]
    least = [max((width(part) for cell in column for part in wrapped(cell, 1)), default=0) for column in columns]
    while sum(widths) + _GAP * (len(widths) - 1) > screen():
        loose = [number for number, room in enumerate(widths) if room > least[number]]
        if not loose:
            for first, *others in rows[1:]:
                told = (f"{head.lower()} {cell}" for head, cell in zip(rows[0][1:], others, strict=True) if cell)
                yield from (first, *paragraph(", ".join(told), "  ", "  "))
            return
        widths[max(loose, key=lambda number: widths[number])] -= 1
    for cells in rows:
        yield from row(cells, widths)


def safe(text: str) -> str:
    """What a terminal may be given: the colours of marks, and nothing else that steers it, wherever it came from."""
    return "".join(piece if number % 2 else printable(piece) for number, piece in enumerate(_OURS.split(text)))


def counted(number: int, noun: str) -> str:
    """`1 account`, `2 accounts`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def quoted(word: str) -> str:
    """A word as the reader's shell takes it."""
    return subprocess.list2cmdline([word]) if sys.platform == "win32" else shlex.quote(word)


# Steps


def line(step: Step) -> str:
    """A step as a line: its mark, the thing, the detail; below it, its differences if there is more to say than that.

    What does not fit is wrapped under the two columns; the detail stands below if a word is too long for them.
    """
    thing, detail = printable(step.thing), printable(step.detail)
    room = screen() - _MARGIN - _GAP
    columns = min(_THING, room * 47 // 100)
    first, *rest = row((thing, detail), (columns, room - columns))
    if any(width(line) > screen() - _MARGIN for line in (first, *rest)):
        first, *rest = wrapped(thing, room + _GAP)
        rest += (f"  {line}" for line in wrapped(detail, room))
    lines = [f"  {COLOURED[step.state]} {first}", *(f"    {line}" for line in rest)]
    if len(step.differences) > 1 or (step.differences and step.differences[0] not in step.detail):
        for difference in step.differences:
            lines += paragraph(shown(" ".join(difference.split()), LONG), "      ", "        ")
    return "\n".join(lines)


def summary(states: Iterable[str]) -> str:
    """`1 missing, 2 drifted, 6 in place.`"""
    counts = Counter(states)
    others = [state for state in State if counts[state] and state is not State.IN_PLACE]
    return ", ".join(f"{counts[state]} {state}".replace("-", " ") for state in (*others, State.IN_PLACE)) + "."


def in_place(steps: Sequence[Step]) -> bool:
    return all(step.state is State.IN_PLACE for step in steps)


def verdict(document: Mapping[str, Any], settings: Settings, restore: str) -> Iterator[str]:
    """What follows the steps: counts, warnings, remedies, what is left by hand. `restore` is the command to run.

    The document is that of `orgkit status -o json`.
    """
    steps = document["steps"]
    states = [step["state"] for step in steps]
    yield ""
    yield f"Everything in {settings.path.name} is in place." if document["in_place"] else summary(states)
    if waiting := document["invitations"]["open"]:
        yield f"{counted(waiting, 'open invitation')}: `orgkit invitations`"
    for warning in document["warnings"]:
        yield from paragraph(printable(warning), "Warning: ", "  ")
    for step in steps:
        if "remedy" in step:
            yield from paragraph(printable(f"{step['thing']}: {step['remedy']}"), "", "  ")
    if State.MISSING in states or State.DRIFTED in states:
        yield from paragraph(f"To restore it, run `{restore}`.")
    yield from checklist(document["remaining"])


def checklist(tasks: Sequence[str]) -> Iterator[str]:
    """What is left for a person, in its order."""
    if tasks:
        yield from ("", "Finish by hand, in this order:")
    for number, task in enumerate(tasks, start=1):
        yield from paragraph(printable(task), f"  {number}. ", "     ")


# JSON


def as_json(document: Mapping[str, Any]) -> str:
    """One JSON document, for machines. What could steer a terminal is written as JSON's \\u…."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def filled(**members: Any) -> dict[str, Any]:
    """The members of a JSON document that have something to say."""
    return {name: value for name, value in members.items() if value}


def step_json(step: Step) -> dict[str, Any]:
    """A step as JSON; empty members are left out."""
    rest = filled(remedy=step.remedy, differences=list(step.differences))
    return {"thing": step.thing, "state": str(step.state), "detail": step.detail, **rest}


def error_json(error: OrgkitError) -> dict[str, Any]:
    """An error as JSON; problems in files one by one."""
    problems = error.problems if isinstance(error, FileProblems) else ()
    return filled(
        message=error.message,
        remedy=error.remedy,
        code=error.code if isinstance(error, AwsError) else "",
        problems=[problem_json(problem) for problem in problems],
    )


def problem_json(problem: Problem) -> dict[str, Any]:
    """A problem in a file as JSON."""
    where = {"file": problem.file, "line": problem.line, "column": problem.column}
    return {**where, "path": problem.path, "problem": problem.text}
