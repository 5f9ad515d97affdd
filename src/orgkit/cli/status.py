"""The command `orgkit status`: one payer, or those of several settings files side by side."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, Final

import click

from orgkit import found, procedure
from orgkit.aws import Aws
from orgkit.aws.credentials import asking
from orgkit.cli.common import Access, Answer, command, tell, typed, unusable
from orgkit.cli.payer import payer, payer_of, show, state
from orgkit.errors import OrgkitError
from orgkit.report import drawing, fleet, mermaid
from orgkit.report import text as report
from orgkit.report import warnings as checks
from orgkit.report.fleet import Found
from orgkit.settings import Settings, load
from orgkit.step import Step

_DIFFERENCE: Final = 3
_DRAWINGS: Final = ("tree", "mermaid")
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
        return _look_at_all(answer, files, access, quick=quick)
    aws, settings = payer(access)
    if answer.format in _DRAWINGS:
        root, ours = drawing.read(aws), found.ours(aws, settings)
        if answer.format == "mermaid":
            answer.say(*mermaid.lines(root, settings, ours))
        else:
            nothing = ["There is no organization yet."]
            answer.say(*(drawing.tree(drawing.draw(root, settings, ours)) if root else nothing))
        return 0
    steps = show(answer, procedure.seen(aws, settings, quick=quick))
    document = _whole(aws, settings, steps, quick=quick)
    if answer.as_json:
        answer.document.update(document)
    else:
        restore, waiting = typed("bootstrap", settings.path), document["invitations"]["open"]
        said = {"open_invitations": waiting, "remaining": document["remaining"]}
        answer.say(*report.verdict(steps, document["warnings"], settings, restore, **said))
    return 0 if report.in_place(steps) else _DIFFERENCE


def _whole(aws: Aws, settings: Settings, steps: Sequence[Step], *, quick: bool) -> dict[str, Any]:
    """All that status knows of a payer, as JSON."""
    notes = checks.find(aws, settings)
    left_out = ["CloudFormation's drift detection was left out (--quick)."] if quick else []
    return state(aws, settings, steps) | {
        "warnings": [*notes.warnings, *left_out],
        "invitations": {"open": notes.open_invitations},
        "remaining": list(notes.remaining),
    }


def _look_at_all(answer: Answer, named: Sequence[Path], access: Access, *, quick: bool) -> int:
    """Look at every payer, and answer the exit code of the worst."""
    if answer.format in _DRAWINGS:
        unusable(f"-o {answer.format} draws one organization: name it with --settings.")
    source = click.get_current_context().get_parameter_source("settings_file")
    if source is click.core.ParameterSource.COMMANDLINE:
        unusable("Name the settings files either as arguments or with --settings.")
    files = fleet.files(named)
    read = cache(load)
    signed_in, numbers = dict(_with_codes(access, files, read)), count(1)

    def look(file: Path) -> Found:
        seen = _look(read(file), access, signed_in.get(file), quick=quick)
        if sys.stderr.isatty():
            tell(f"{next(numbers)} of {len(files)}: {file}: {fleet.verdict(seen)}")
        return seen.alone()

    looking = fleet.look(files, look)
    payers = fleet.worst_first(_streamed(answer, looking) if answer.as_json else looking)
    if not answer.as_json:
        answer.say(*fleet.table(payers))
    for each in payers:
        if each.error:
            tell(f"\nError with {each.file}:\n{each.error.message}\n{each.error.remedy}".rstrip())
    return fleet.exit_code(payers)


def _with_codes(
    access: Access, files: Iterable[Path], read: Callable[[Path], Settings]
) -> Iterator[tuple[Path, Aws | OrgkitError]]:
    """Sign in where that asks for an MFA code: one payer after the other, here in the main thread, which hears Ctrl-C.

    What is wrong with a payer is said when it is looked at; nobody is asked for a code twice.
    """
    asks = asking()
    for file in files:
        try:
            settings = read(file)
            if asks(access.profile or settings.profile):
                tell(f"{file}: signing in to {settings.account}, the payer of {settings.institution}")
                yield file, payer_of(settings, access, greet=False)
        except OrgkitError as error:
            yield file, error


def _look(settings: Settings, access: Access, signed_in: Aws | OrgkitError | None, *, quick: bool) -> Found:
    """Look at one payer of several."""
    file = settings.path
    try:
        if isinstance(signed_in, OrgkitError):
            raise signed_in
        aws = signed_in or payer_of(settings, access, tell=lambda line: tell(f"{file}: {line.strip()}"), greet=False)
        steps = tuple(procedure.seen(aws, settings, quick=quick))
        return Found(file, settings, steps, _whole(aws, settings, steps, quick=quick))
    except OrgkitError as error:
        return Found(file, settings, error=error)


def _streamed(answer: Answer, looking: Iterable[Found]) -> list[Found]:
    """All payers as one JSON document, however it ends, in which each is a line of its own as soon as it is known."""
    payers: list[Found] = []
    answer.write('{"payers": [')
    try:
        for each in looking:
            line = json.dumps(fleet.payer_json(each), ensure_ascii=False)
            answer.write(f",{line}" if payers else line)
            payers.append(each)
    finally:
        answer.write(f'], "in_place": {json.dumps(fleet.exit_code(payers) == 0)}}}')
    return payers
