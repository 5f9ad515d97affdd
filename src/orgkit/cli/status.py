"""The command `orgkit status`, and what `orgkit bootstrap` shares with it: showing steps, and their JSON."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from orgkit import found, procedure
from orgkit.aws import Aws
from orgkit.cli.command import Access, Answer, command, tell, typed, unusable
from orgkit.cli.payer import payer, payer_of
from orgkit.errors import OrgkitError
from orgkit.invite import invitations
from orgkit.report import drawing, fleet, mermaid, tree
from orgkit.report import text as report
from orgkit.report import warnings as checks
from orgkit.settings import Settings, load
from orgkit.step import Step

_DIFFERENCE: Final = 3
_DRAWINGS: Final = ("tree", "mermaid")


@command(
    """
    \b
    orgkit status
    orgkit status -o json | jq -r '.steps[] | select(.state != "in-place") | .thing'
    orgkit status -o tree
    orgkit status -o mermaid > organization.mmd
    orgkit status payers/ another.yaml --quick

    Exit code 3 means something differs, so a scheduled job can tell it from a failure. The drawings (tree, mermaid)
    show where things are, mark what is out of place, and end in 0. They show FullAWSAccess only at the root: AWS
    attaches it to everything.

    With settings FILEs, or a FOLDER of them, it looks at all of those payers side by side and prints a line for
    each, the worst first. Each file can name the profile that signs in to its payer (profile: NAME). The exit code
    is that of the worst payer, in this order: 1, 4, 2, 3, 0.
    """,
    exits=(0, 1, 2, 3, 4, 130),
    formats=("text", "json", *_DRAWINGS),
)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE|FOLDER]...")
@click.option("--quick", is_flag=True, help="Leave out CloudFormation's drift detection, which takes AWS seconds.")
def status(answer: Answer, access: Access, files: tuple[Path, ...], quick: bool) -> int:
    if files:
        return _fleet(answer, files, access, quick=quick)
    aws, settings = payer(access)
    if answer.format in _DRAWINGS:
        _draw(answer, aws, settings)
        return 0
    steps = show(answer, procedure.seen(aws, settings, quick=quick))
    warnings = _warnings(aws, settings, quick=quick)
    waiting = invitations.open_invitations(aws)
    if answer.as_json:
        answer.document.update(_document(aws, settings, steps, warnings, waiting))
    else:
        mend = typed("bootstrap", settings.path)
        answer.say(*report.verdict(steps, warnings, settings, mend, open_invitations=waiting))
    return 0 if report.in_place(steps) else _DIFFERENCE


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


def _document(aws: Aws, settings: Settings, steps: Sequence[Step], warnings: list[str], waiting: int) -> dict[str, Any]:
    return state(aws, settings, steps) | {"warnings": warnings, "invitations": {"open": waiting}}


def _warnings(aws: Aws, settings: Settings, *, quick: bool) -> list[str]:
    left_out = ["CloudFormation's drift detection was left out (--quick)."] if quick else []
    return [*checks.warnings(aws, settings), *left_out]


def _draw(answer: Answer, aws: Aws, settings: Settings) -> None:
    root, ours = tree.grow(aws), found.ours(aws, settings)
    if answer.format == "mermaid":
        answer.say(*mermaid.lines(root, settings, ours))
    elif root:
        answer.say(*drawing.tree(drawing.draw(root, settings, ours)))
    else:
        answer.say("There is no organization yet.")


def _fleet(answer: Answer, named: tuple[Path, ...], access: Access, *, quick: bool) -> int:
    if answer.format in _DRAWINGS:
        unusable(f"-o {answer.format} draws one organization: name it with --settings.")
    source = click.get_current_context().get_parameter_source("settings_file")
    if source is click.core.ParameterSource.COMMANDLINE:
        unusable("Name the settings files either as arguments or with --settings.")
    payers = fleet.look(fleet.files(named), partial(_look, access, quick))
    if answer.as_json:
        answer.document.update(fleet.as_document(payers))
    else:
        answer.say(*fleet.table(payers))
    for each in payers:
        if each.error:
            tell(f"\nError with {each.file}:\n{each.error.message}\n{each.error.remedy}".rstrip())
    return fleet.exit_code(payers)


def _look(access: Access, quick: bool, file: Path) -> fleet.Found:
    """Look at one payer of several. Raises OrgkitError for bad settings."""
    settings = load(file)
    try:
        aws = payer_of(settings, access, tell=lambda line: tell(f"{file}: {line.strip()}"))
        steps = tuple(procedure.seen(aws, settings, quick=quick))
        warnings = _warnings(aws, settings, quick=quick)
        document = _document(aws, settings, steps, warnings, invitations.open_invitations(aws))
    except OrgkitError as error:
        return fleet.Found(file, settings, error=error)
    return fleet.Found(file, settings, steps, document, len(warnings))
