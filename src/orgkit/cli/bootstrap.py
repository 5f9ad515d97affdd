"""The command `orgkit bootstrap`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orgkit.cli.common import (
    aws_options,
    confirmed,
    door,
    enter,
    exit_codes,
    output_option,
    say,
    tell,
    tell_marked,
    typed,
)
from orgkit.cli.status import state_document, walked
from orgkit.errors import OrgkitError

if TYPE_CHECKING:
    from orgkit.aws import Aws
    from orgkit.settings import Settings
    from orgkit.step import Step


@click.command(epilog=exit_codes(0, 1, 2, 4, 130))
@click.option("--dry-run", is_flag=True, help="Show what would be done, and change nothing.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@output_option("text", "json")
@aws_options
@door
def bootstrap(
    dry_run: bool,
    yes: bool,
    output: str,
    settings_file: Path,
    profile: str | None,
    endpoint_url: str | None,
    debug: bool,
) -> None:
    """Make the payer account what the settings say.

    \b
    orgkit bootstrap --dry-run
    orgkit bootstrap
    orgkit bootstrap --yes -o json

    It shows the plan, asks once, and goes on from wherever an earlier run stopped. What is in place is left alone.
    """
    from orgkit import procedure
    from orgkit.cli.lock import one_at_a_time
    from orgkit.iam import passwords
    from orgkit.report import text as report

    text = output == "text"
    aws, settings = enter(settings_file, profile, endpoint_url, debug=debug)
    if not dry_run:
        click.get_current_context().with_resource(one_at_a_time(settings.account))
    plan = walked(procedure.seen(aws, settings), say if text else None)
    if dry_run or report.in_place(plan):
        _finish(aws, settings, plan, text=text, dry_run=dry_run)
        return
    if text:
        say(f"\n{report.summary(plan)}\n")
    passwords.check_files(aws, settings)
    if not yes:
        _ask(aws, plan, shown=text)
    done = _do(aws, settings, text=text)
    _finish(aws, settings, done, text=text, changed=[step.thing for step in plan if step.to_do])


def _do(aws: Aws, settings: Settings, *, text: bool) -> tuple[Step, ...]:
    """Go through the procedure, saying each step as it then is."""
    from orgkit import procedure
    from orgkit.report import text as report

    done: list[Step] = []
    try:
        for step in procedure.bootstrap(aws, settings):
            done.append(step)
            if text:
                say(report.line(step))
    except OrgkitError as error:
        _stopped(aws, settings, done, error, text=text)
        raise
    return tuple(done)


def _ask(aws: Aws, plan: tuple[Step, ...], *, shown: bool) -> None:
    from orgkit.report import text as report

    if not shown:
        for line in report.lines(plan):
            tell_marked(line)
    if aws.organizations.organization() is None:
        tell("An organization with all features cannot go back to consolidated billing.")
    if not confirmed(f"Make these changes in {aws.caller.account}?"):
        raise OrgkitError("Nothing was changed.")
    tell()
    aws.facts.clear()  # who knows how long the question stood


def _finish(
    aws: Aws,
    settings: Settings,
    steps: tuple[Step, ...],
    *,
    text: bool,
    dry_run: bool = False,
    changed: Sequence[str] = (),
) -> None:
    """The end of a bootstrap. `changed` names the things it has made or mended."""
    from orgkit.report import text as report

    remaining = report.remaining(settings, aws.caller.account, changed)
    if not text:
        say(report.as_json(state_document(aws, settings, steps, remaining=remaining)))
        return
    if dry_run and not report.in_place(steps):
        say(f"\n{report.summary(steps)} Nothing was changed.")
    elif not changed:
        say(f"\nEverything in {settings.path.name} is in place.")
    else:
        say(f"\nDone. Check it at any time with `{typed('status', settings.path)}`.")
        if remaining:
            say("\nWhat remains is for a person, in this order:")
        for number, item in enumerate(remaining, start=1):
            say(f"  {number}. {item}")


def _stopped(aws: Aws, settings: Settings, done: list[Step], error: OrgkitError, *, text: bool) -> None:
    """In JSON, what was done before the failure belongs to the answer."""
    from orgkit.report import text as report

    if not text:
        say(report.as_json(state_document(aws, settings, tuple(done), failed=True, error=report.error_json(error))))
        error.reported = True
