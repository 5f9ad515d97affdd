"""The command `orgkit status`, and what `orgkit bootstrap` shares with it: showing steps, and their JSON."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orgkit.cli.common import (
    aws_options,
    document,
    door,
    enter,
    enter_with,
    exit_codes,
    output_option,
    say,
    tell,
    typed,
)
from orgkit.errors import OrgkitError

if TYPE_CHECKING:
    from orgkit.aws import Aws
    from orgkit.report.fleet import Found
    from orgkit.settings import Settings
    from orgkit.step import Step


@dataclass(frozen=True)
class _Way:
    """How to look at a payer."""

    quick: bool
    profile: str | None
    endpoint_url: str | None
    debug: bool


@click.command(epilog=exit_codes(0, 1, 2, 3, 4, 130))
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE|FOLDER]...")
@click.option("--quick", is_flag=True, help="Leave out CloudFormation's drift detection, which takes AWS seconds.")
@output_option("text", "json", "tree", "mermaid")
@aws_options
@door
def status(
    files: tuple[Path, ...],
    quick: bool,
    output: str,
    settings_file: Path,
    profile: str | None,
    endpoint_url: str | None,
    debug: bool,
) -> None:
    """Compare the payer account with the settings. Changes nothing.

    \b
    orgkit status
    orgkit status -o json | jq -r '.steps[] | select(.state != "in-place") | .thing'
    orgkit status -o tree
    orgkit status -o mermaid > organization.mmd
    orgkit status payers/ another.yaml --quick

    Exit code 3 tells a difference, so a scheduled job can tell it from a failure. The drawings (tree, mermaid) show
    where things are, mark what is out of place, and end in 0. They have FullAWSAccess at the root alone: AWS attaches
    it to everything.

    With settings FILEs, or a FOLDER of them, it looks at all of those payers side by side and prints a line for
    each, the worst first. Each file can name the profile that signs in to its payer (profile: NAME). The exit code
    is that of the worst payer, in this order: 1, 4, 2, 3, 0.
    """
    way = _Way(quick, profile, endpoint_url, debug)
    if files:
        _fleet(files, output, way)
        return
    aws, settings = enter(settings_file, profile, endpoint_url, debug=debug)
    if output in ("tree", "mermaid"):
        _draw(aws, settings, output)
    else:
        _status(aws, settings, way, text=output == "text")


def walked(steps: Iterable[Step], out: Callable[[str], None] | None) -> tuple[Step, ...]:
    """Every step, each printed as soon as it is known."""
    from orgkit.report import text as report

    found = []
    if out:
        out("")
    try:
        for step in steps:
            found.append(step)
            if out:
                for line in report.lines([step]):
                    out(line)
    finally:
        if isinstance(steps, Generator):
            steps.close()  # at once, so that reads still under way end before the command does
    return tuple(found)


def state_document(
    aws: Aws, settings: Settings, steps: tuple[Step, ...], *, failed: bool = False, **rest: Any
) -> dict[str, Any]:
    """The state of the payer as one JSON document."""
    from orgkit import found
    from orgkit.report import text as report

    organization = None if failed else aws.organizations.organization()
    root = None if failed else aws.organizations.root()
    ou = None if failed else found.institution_ou(aws, settings)
    ids = document(
        id=organization.id if organization else None, root_id=root.id if root else None, ou_id=ou.id if ou else None
    )
    return document(
        account=aws.caller.account,
        in_place=not failed and report.in_place(steps),
        steps=[report.step_json(step) for step in steps],
        organization=ids,
        **rest,
    )


def _status(aws: Aws, settings: Settings, way: _Way, *, text: bool) -> None:
    from orgkit import procedure
    from orgkit.invite import invitations
    from orgkit.report import text as report

    steps = walked(procedure.seen(aws, settings, quick=way.quick), say if text else None)
    warnings = _warnings(aws, settings, way)
    waiting = invitations.open_invitations(aws)
    if text:
        mend = typed("bootstrap", settings.path)
        for line in report.verdict(steps, warnings, settings, mend, open_invitations=waiting):
            say(line)
    else:
        say(report.as_json(state_document(aws, settings, steps, warnings=warnings, invitations={"open": waiting})))
    if not report.in_place(steps):
        sys.exit(3)


def _warnings(aws: Aws, settings: Settings, way: _Way) -> list[str]:
    from orgkit.report import warnings as checks

    left_out = ["CloudFormation's drift detection was left out (--quick)."] if way.quick else []
    return [*checks.warnings(aws, settings), *left_out]


def _draw(aws: Aws, settings: Settings, output: str) -> None:
    from orgkit.report import drawing, mermaid, tree

    root = tree.grow(aws)
    if output == "mermaid":
        lines = mermaid.lines(root, settings)
    elif root:
        lines = list(drawing.tree(drawing.draw(root, settings)))
    else:
        lines = ["There is no organization yet."]
    for line in lines:
        say(line)


def _fleet(named: tuple[Path, ...], output: str, way: _Way) -> None:
    from orgkit.report import fleet
    from orgkit.report import text as report

    context = click.get_current_context()
    if output in ("tree", "mermaid"):
        raise click.UsageError(f"-o {output} draws one organization: name it with --settings.", context)
    if context.get_parameter_source("settings_file") is click.core.ParameterSource.COMMANDLINE:
        raise click.UsageError("Name the settings files either as arguments or with --settings.", context)
    found = fleet.look(fleet.files(named), lambda file: _look(file, way))
    if output == "json":
        say(report.as_json(fleet.as_document(found)))
    else:
        for line in fleet.table(found):
            say(line)
    for each in found:
        if each.error:
            tell(f"\nError with {each.file}:\n{each.error.message}\n{each.error.remedy}".rstrip())
    sys.exit(fleet.exit_code(found))


def _look(file: Path, way: _Way) -> Found:
    """Look at one payer of several. Raises OrgkitError for bad settings."""
    from orgkit import procedure
    from orgkit.invite import invitations
    from orgkit.report import fleet
    from orgkit.settings import load

    settings = load(file)
    try:
        aws = enter_with(
            settings, way.profile, way.endpoint_url, debug=way.debug, tell=lambda line: tell(f"{file}: {line.strip()}")
        )
        steps = tuple(procedure.seen(aws, settings, quick=way.quick))
        warnings = _warnings(aws, settings, way)
        whole = state_document(
            aws, settings, steps, warnings=warnings, invitations={"open": invitations.open_invitations(aws)}
        )
    except OrgkitError as error:
        return fleet.Found(file, settings, error=error)
    return fleet.Found(file, settings, steps, whole, len(warnings))
