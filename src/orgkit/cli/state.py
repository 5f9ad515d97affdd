"""The state of a payer as `orgkit status` and `orgkit bootstrap` show it: step by step, and as JSON."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from typing import Any

from orgkit import found
from orgkit.aws import Aws
from orgkit.cli.command import Answer
from orgkit.report import text as report
from orgkit.report import warnings as checks
from orgkit.settings import Settings
from orgkit.step import Step


def show(answer: Answer, steps: Iterable[Step]) -> tuple[Step, ...]:
    """Every step, each said as soon as it is known."""
    shown = []
    answer.say("")
    try:
        for step in steps:
            shown.append(step)
            answer.say(*report.lines([step]))
    finally:
        if isinstance(steps, Generator):
            steps.close()  # at once, so that reads still under way end before the command does
    return tuple(shown)


def state(aws: Aws, settings: Settings, steps: Sequence[Step], *, failed: bool = False) -> dict[str, Any]:
    """The state of the payer as JSON. After a failure AWS is not asked again."""
    organization = None if failed else aws.organizations.organization()
    root = None if failed else aws.organizations.root()
    ou = None if failed else found.institution_ou(aws, settings)
    ids = {"id": organization and organization["Id"], "root_id": root and root["Id"], "ou_id": ou and ou["Id"]}
    return {
        "account": aws.caller.account,
        "in_place": not failed and report.in_place(steps),
        "steps": [report.step_json(step) for step in steps],
        "organization": {key: value for key, value in ids.items() if value},
    }


def whole(aws: Aws, settings: Settings, steps: Sequence[Step], *, quick: bool) -> dict[str, Any]:
    """All that status knows of a payer, as JSON."""
    notes = checks.find(aws, settings)
    left_out = ["CloudFormation's drift detection was left out (--quick)."] if quick else []
    return state(aws, settings, steps) | {
        "warnings": [*notes.warnings, *left_out],
        "invitations": {"open": notes.open_invitations},
        "remaining": list(notes.remaining),
    }
