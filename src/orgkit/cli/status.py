"""The command `orgkit status`: one payer, or those of several settings files side by side."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import click

from orgkit import found, procedure
from orgkit.aws import Aws, Sessions
from orgkit.aws.profiles import asking
from orgkit.cli.common import Access, Answer, command, tell, typed
from orgkit.cli.payer import payer, payer_of, show, state
from orgkit.errors import OrgkitError
from orgkit.report import drawing, fleet, mermaid, notes
from orgkit.report import text as report
from orgkit.report.fleet import Found
from orgkit.settings import Settings, load
from orgkit.step import Step

_DRAWINGS: Final = {"tree": drawing.tree, "mermaid": mermaid.lines}
"""The formats that show one organization."""


@command(
    """
    \b
    orgkit status
    orgkit status -o json | jq -r '.warnings[]'
    orgkit status -o tree
    orgkit status -o mermaid > organization.mmd
    orgkit status payers/ another.yaml --quick

    Exit code 3 means something differs, so a scheduled job can tell it from a failure. The drawings (tree, mermaid)
    show where things are, mark what is out of place, and end in 0. They show FullAWSAccess only at the root: AWS
    attaches it to everything.

    With settings FILEs, or a FOLDER of them, it looks at all of those payers side by side and prints a line for
    each, the worst first. In JSON each payer is on a line of its own, as soon as it is known. Each file can name the
    profile that signs in to its payer (profile: NAME). The exit code is that of the worst payer, in this order: 1, 4,
    2, 3, 0.
    """,
    exits=(0, 1, 2, 3, 4, 130),
    formats=("text", "json", *_DRAWINGS),
)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE|FOLDER]...")
@click.option("--quick", is_flag=True, help="Leave out CloudFormation's drift detection, which takes AWS seconds.")
def status(answer: Answer, access: Access, files: tuple[Path, ...], quick: bool) -> int:
    if files:
        return _status_of_all(answer, files, access, quick=quick)
    aws, settings = payer(access)
    if answer.format in _DRAWINGS:
        answer.say(*_DRAWINGS[answer.format](drawing.read(aws), settings, found.ours(aws, settings)))
        return 0
    steps = show(answer, aws, settings, quick=quick)
    document = _document(aws, settings, steps, quick=quick)
    if answer.as_json:
        answer.document.update(document)
    else:
        answer.say(*report.verdict(document, settings, typed("bootstrap", settings.path)))
    return 0 if report.in_place(steps) else 3


def _document(aws: Aws, settings: Settings, steps: Sequence[Step], *, quick: bool) -> dict[str, Any]:
    """All that status knows of a payer, as JSON."""
    known = notes.find(aws, settings)
    left_out = ["CloudFormation's drift detection was left out (--quick)."] if quick else []
    return state(aws, settings, steps) | {
        "warnings": [*known.warnings, *left_out],
        "invitations": {"open": known.open_invitations},
        "remaining": list(known.remaining),
    }


def _status_of_all(answer: Answer, named: Sequence[Path], access: Access, *, quick: bool) -> int:
    """The status of every payer. Answers the exit code of the worst."""
    context = click.get_current_context()
    if answer.format in _DRAWINGS:
        raise click.UsageError(f"-o {answer.format} draws one organization: name it with --settings.", context)
    if context.get_parameter_source("settings_file") is click.core.ParameterSource.COMMANDLINE:
        raise click.UsageError("Name the settings files either as arguments or with --settings.", context)
    payers = fleet.worst_first(_read(answer, access, fleet.files(named), quick=quick))
    answer.say(*fleet.table(payers))
    for each in payers:
        if each.error:
            tell(f"\nError with {each.file}:\n{each.error.message}\n{each.error.remedy}".rstrip())
    return fleet.exit_code(payers)


def _read(answer: Answer, access: Access, files: Sequence[Path], *, quick: bool) -> list[Found]:
    """Every payer. In JSON each is a line as soon as it is known, in what is one document however it ends."""

    def one(settings: Settings, aws: Aws | None) -> dict[str, Any]:
        aws = aws or payer_of(
            settings, access, sessions, tell=lambda line: tell(f"{settings.path}: {line.strip()}"), greet=False
        )
        return _document(aws, settings, tuple(procedure.seen(aws, settings, quick=quick)), quick=quick)

    sessions, payers = Sessions(access.endpoint_url), list[Found]()
    begun = tuple(_begun(access, sessions, files))
    answer.stream('{"payers": [')
    try:
        for each in fleet.read(begun, one):
            answer.stream("," * bool(payers) + json.dumps(fleet.payer_json(each), ensure_ascii=False))
            payers.append(each)
            if sys.stderr.isatty():
                tell(f"{len(payers)} of {len(files)}: {each.file}: {fleet.verdict(each)}")
    finally:
        answer.stream(f'], "in_place": {json.dumps(fleet.exit_code(payers) == 0)}}}')
    return payers


def _begun(access: Access, sessions: Sessions, files: Iterable[Path]) -> Iterator[Found]:
    """Read each file, and sign in where that asks for an MFA code.

    One payer after the other, here in the main thread, which hears Ctrl-C. Nobody is asked for a code twice.
    """
    asks = asking()
    for file in files:
        settings = aws = None
        try:
            settings = load(file)
            if asks(access.profile or settings.profile):
                tell(f"{file}: signing in to {settings.account}, the payer of {settings.institution}")
                aws = payer_of(settings, access, sessions, greet=False)
            yield Found(file, settings, aws)
        except OrgkitError as error:
            yield Found(file, settings, error=error)
