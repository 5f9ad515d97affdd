"""The commands that only read a payer: `orgkit status`, of one or of many, `orgkit prove` and `orgkit handover`."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from orgkit import procedure
from orgkit.aws import Aws, Sessions
from orgkit.aws.client import side_by_side
from orgkit.cli.bootstrap import payer, payer_of, show, state
from orgkit.cli.common import Access, Answer, command, tell, typed
from orgkit.errors import OrgkitError
from orgkit.proof import capabilities
from orgkit.proof import prove as separation
from orgkit.report import drawing, matrix, notes
from orgkit.report import text as report
from orgkit.report.handover.findings import Party, owner_page, page
from orgkit.report.handover.page import html, markdown
from orgkit.settings import Settings, load
from orgkit.settings.text import shown
from orgkit.step import Step

_DRAWINGS: Final = {"tree": drawing.tree, "mermaid": drawing.mermaid}
"""The formats that show one organization."""
WORST_FIRST: Final = (1, 4, 2, 3, 0)
"""The exit codes of single payers, the worst first: that of all is the worst among them."""


@command(formats=("text", "json", *_DRAWINGS))
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE|FOLDER]...")
@click.option("--quick", is_flag=True, help="Leave out CloudFormation's drift detection, which takes AWS seconds.")
def status(answer: Answer, access: Access, files: tuple[Path, ...], quick: bool) -> int:
    if files:
        return _status_of_all(answer, files, access, quick=quick)
    aws, settings = payer(access)
    if answer.format in _DRAWINGS:
        answer.say(*_DRAWINGS[answer.format](drawing.read(aws), settings, drawing.ours(aws, settings)))
        return 0
    aws.cloudformation.quick = quick
    steps = show(answer, aws, settings)
    document = _document(aws, settings, steps)
    if answer.as_json:
        answer.document.update(document)
    else:
        answer.say(*report.verdict(document, settings, typed("bootstrap", settings.path)))
    return 0 if report.in_place(steps) else 3


def _document(aws: Aws, settings: Settings, steps: Sequence[Step]) -> dict[str, Any]:
    """All that status knows of a payer, as JSON."""
    known = notes.find(aws, settings)
    left_out = ["CloudFormation's drift detection was left out (--quick)."] if aws.cloudformation.quick else []
    return state(aws, settings, steps) | {
        "warnings": [*known.warnings, *left_out],
        "invitations": {"open": known.open_invitations},
        "remaining": list(known.remaining),
    }


@command()
def prove(answer: Answer, access: Access) -> int:
    aws, settings = payer(access)
    tell("Asking AWS's policy simulator about what is deployed; this takes some seconds.\n")
    rows = separation.prove(aws, settings, capabilities.capabilities())
    remedy, footnotes = separation.remedy(settings, rows), separation.notes(settings)
    if answer.as_json:
        answer.document.update(matrix.document(aws.caller.account, rows, remedy, footnotes))
    else:
        answer.say(*matrix.lines(rows, remedy, footnotes))
    return 3 if remedy else 0


@command(formats=("markdown", "html"))
@click.option(
    "--for",
    "reader",
    type=click.Choice([*map(str, Party), "owner"]),
    required=True,
    help="Whose page: each party has its own.",
)
def handover(answer: Answer, access: Access, reader: str) -> None:
    if reader == "owner":
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
        written = owner_page(load(access.settings_file), region)
    else:
        aws, settings = payer(access)
        written = page(aws, settings, Party(reader), datetime.now(UTC).date())
    answer.say((html if answer.format == "html" else markdown)(written).rstrip("\n"))


# The status of many payers


@dataclass(frozen=True)
class Payer:
    """What is known of one payer: in the end its state, or the error that kept it from being read."""

    document: dict[str, Any]
    """Its file and whose it is; then the same as in `orgkit status -o json`, or the error."""
    settings: Settings | None = None
    aws: Aws | None = None
    """Where it is signed in to already."""
    error: OrgkitError | None = None

    @property
    def exit_code(self) -> int:
        """What `orgkit status` would end in for this payer alone."""
        if self.error:
            return self.error.exit_code
        return 0 if self.document["in_place"] else 3

    @property
    def verdict(self) -> str:
        """How it stands, in a line."""
        if self.error:
            return shown(" ".join(f"failed: {self.error.message}".split()), report.LONG)
        states = (step["state"] for step in self.document["steps"])
        warnings = len(self.document["warnings"])
        return report.summary(states) + (f" {report.counted(warnings, 'warning')}." if warnings else "")


def _status_of_all(answer: Answer, named: Sequence[Path], access: Access, *, quick: bool) -> int:
    """The status of every payer, in JSON as one document however it ends. Answers the exit code of the worst."""
    context = click.get_current_context()
    if answer.format in _DRAWINGS:
        raise click.UsageError(f"-o {answer.format} draws one organization: name it with --settings.", context)
    if context.get_parameter_source("settings_file") is click.core.ParameterSource.COMMANDLINE:
        raise click.UsageError("Name the settings files either as arguments or with --settings.", context)
    sessions, payers = Sessions(access.endpoint_url), list[Payer]()
    begun = tuple(_begun(access, sessions, settings_files(named)))
    write = answer.write if answer.as_json else str  # which prints nothing: as text the table comes at the end
    write('{"payers": [')
    try:
        for each in side_by_side([partial(_read, one, access, sessions, quick=quick) for one in begun]):
            write("," * bool(payers) + json.dumps(each.document))
            payers.append(each)
            if sys.stderr.isatty():
                tell(f"{len(payers)} of {len(begun)}: {each.document['file']}: {each.verdict}")
    finally:
        in_place = len(payers) == len(begun) and not any(each.exit_code for each in payers)
        write(f'], "in_place": {json.dumps(in_place)}}}')
    payers.sort(key=lambda each: (WORST_FIRST.index(each.exit_code), each.document["file"]))
    answer.say(*_table(payers))
    for each in payers:
        if each.error:
            tell(f"\nError with {each.document['file']}:\n{each.error.message}\n{each.error.remedy}".rstrip())
    return payers[0].exit_code


def settings_files(named: Sequence[Path]) -> list[Path]:
    """The settings files that are named, and those in the folders that are. Raises OrgkitError for an empty folder.

    Not what editors and file systems put there (`._a.yaml`, `.#a.yaml`), nor a pipe, which nobody may fill.
    """
    found: dict[Path, None] = {}
    for path in named:
        inside = [path]
        if path.is_dir():
            inside = [file for file in sorted(path.iterdir()) if file.suffix.lower() in (".yaml", ".yml")]
            inside = [file for file in inside if not file.name.startswith(".") and file.is_file()]
        if not inside:
            raise OrgkitError(f"{path} has no settings files.", "Name a folder with .yaml files, or name the files.")
        found.update(dict.fromkeys(inside))
    return list(found)


def _begun(access: Access, sessions: Sessions, files: Sequence[Path]) -> Iterator[Payer]:
    """Read each file, and sign in where that asks for an MFA code.

    One payer after the other, here in the main thread, which hears Ctrl-C. Nobody is asked for a code twice.
    """
    for file in files:
        document, settings, aws = {"file": str(file)}, None, None
        try:
            settings = load(file)
            document |= {"account": settings.account, "institution": settings.institution}
            if sessions.asks(access.profile or settings.profile):
                tell(f"{file}: signing in to {settings.account}, the payer of {settings.institution}")
                aws = payer_of(settings, access, sessions, greet=False)
            yield Payer(document, settings, aws)
        except OrgkitError as error:
            yield Payer(document, settings, error=error)


def _read(one: Payer, access: Access, sessions: Sessions, *, quick: bool) -> Payer:
    """A payer with its state, or with the error that kept it from being read: no payer's failure hides another."""
    document, error, file = one.document, one.error, one.document["file"]
    try:
        if one.settings and not error:
            aws = one.aws or payer_of(
                one.settings, access, sessions, tell=lambda line: tell(f"{file}: {line.strip()}"), greet=False
            )
            aws.cloudformation.quick = quick
            document = document | _document(aws, one.settings, tuple(procedure.seen(aws, one.settings)))
    except OrgkitError as failure:
        error = failure
    except Exception as bug:
        alone = f"Look at it alone: `orgkit status -s {report.quoted(file)} --debug`"
        error = OrgkitError(f"orgkit has a bug: {type(bug).__name__}: {bug}", alone)
    if error:
        document = document | {"in_place": False, "error": report.error_json(error)}
        error.__cause__ = error.__context__ = error.__traceback__ = None
    return Payer(document, error=error)  # without `aws`, which holds all that AWS answered, as an error's past does


def _table(payers: Sequence[Payer]) -> Iterator[str]:
    """One row per payer."""
    rows = [("FILE", "ACCOUNT", "INSTITUTION", "STATE")]
    for each in payers:
        file, account, whose = (each.document.get(member, "") for member in ("file", "account", "institution"))
        rows.append((file, account, shown(whose), each.verdict))
    return report.table(rows)
