"""What orgkit says: steps and summaries as lines of text or as JSON. Data in, lines out. Drawings: drawing.py."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from orgkit.errors import AwsError, FileProblems, OrgkitError, Problem
from orgkit.settings import Settings
from orgkit.settings.text import printable
from orgkit.step import State, Step

MARKS: Final = {State.IN_PLACE: "✓", State.MISSING: "+", State.DRIFTED: "~", State.BLOCKED: "!"}
_COLOURS: Final = {State.IN_PLACE: 32, State.MISSING: 36, State.DRIFTED: 33, State.BLOCKED: 31}
_WIDTH: Final = 42
_SHORT: Final = 160


class RootTask(StrEnum):
    """What only the payer's root user can do; the value says that it is done."""

    BILLING = "IAM users see billing"
    EMAIL = "the payer's e-mail address is verified"
    MFA = "the root user has an MFA device"
    KEYS = "the root user has no access keys"


def line(step: Step) -> str:
    """A step as one line: its mark, the thing, the detail."""
    return marked(step.state, step.thing, step.detail)


def marked(state: State, thing: str, detail: str) -> str:
    """A line with a mark."""
    return f"  {coloured(state)} {printable(thing):<{_WIDTH}} {printable(detail)}".rstrip()


def coloured(state: State) -> str:
    """A mark. The colour only repeats it; whoever prints strips colour where it is not wanted."""
    return f"\x1b[{_COLOURS[state]}m{MARKS[state]}\x1b[0m"


def lines(steps: Sequence[Step]) -> Iterator[str]:
    """Every step, with its differences where there is more to say than its line has."""
    for step in steps:
        yield line(step)
        if len(step.differences) > 1 or (step.differences and step.differences[0] not in step.detail):
            yield from (f"      {shortened(difference)}" for difference in step.differences)


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
    steps: Sequence[Step], warnings: Sequence[str], settings: Settings, mend: str, *, open_invitations: int = 0
) -> Iterator[str]:
    """What follows from the steps, after them: counts, warnings, remedies. `mend` is the command that mends."""
    yield ""
    yield f"Everything in {settings.path.name} is in place." if in_place(steps) else summary(steps)
    if open_invitations:
        yield f"{counted(open_invitations, 'open invitation')}: orgkit invitations"
    for warning in warnings:
        yield f"Warning: {printable(warning)}"
    for step in steps:
        if step.remedy:
            yield printable(f"{step.thing}: {step.remedy}")
    if any(step.to_do for step in steps):
        yield f"To put it right: {mend}"


def remaining(settings: Settings, account: str, done: Sequence[str]) -> list[str]:
    """What only a person can do after these things were done, as the payer's root user, in this order."""
    from orgkit.iam import passwords

    users = [user for user in passwords.users(settings) if f"console access of {user}" in done]
    files = [passwords.file_of(settings, user).name for user in users]
    hand_over = (
        f"Hand over {' and '.join(files)}, each to its own party, and delete them here. "
        "A page for each: orgkit handover."
    )
    return [*(for_root(account) if "organization" in done else []), *([hand_over] if files else [])]


def for_root(account: str, done: Collection[RootTask] = ()) -> list[str]:
    """What only the payer's root user can do, in this order, without what is known to be done."""
    tasks = {
        RootTask.BILLING: f"Sign in to {account} as root, open Account (top right), 'IAM user and role access to "
        "Billing information', and activate it: without it the billing admin sees no billing pages.",
        RootTask.EMAIL: "Verify the payer's e-mail address: AWS Organizations, Settings, 'Send verification request'. "
        "Until then nobody can be invited.",
        RootTask.MFA: "Give the root user MFA: Security credentials, 'Assign MFA device'.",
        RootTask.KEYS: "Delete the root user's access keys, if it has any: Security credentials, Access keys.",
    }
    return [words for task, words in tasks.items() if task not in done]


def as_json(document: Mapping[str, Any]) -> str:
    """One JSON document, for machines."""
    return json.dumps(document, indent=2, ensure_ascii=False)


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
