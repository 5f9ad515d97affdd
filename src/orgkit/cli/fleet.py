"""What `orgkit status` does with the settings of several payers."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

import click

from orgkit import procedure
from orgkit.aws import Aws
from orgkit.aws.credentials import asks_for_code
from orgkit.cli.command import Access, Answer, tell, unusable
from orgkit.cli.payer import payer_of
from orgkit.cli.state import whole
from orgkit.errors import OrgkitError
from orgkit.report import fleet
from orgkit.report.fleet import Found
from orgkit.settings import load

DRAWINGS: Final = ("tree", "mermaid")
"""The formats that show one organization."""


def look_at_all(answer: Answer, named: Sequence[Path], access: Access, *, quick: bool) -> int:
    """Look at every payer, and answer the exit code of the worst."""
    if answer.format in DRAWINGS:
        unusable(f"-o {answer.format} draws one organization: name it with --settings.")
    source = click.get_current_context().get_parameter_source("settings_file")
    if source is click.core.ParameterSource.COMMANDLINE:
        unusable("Name the settings files either as arguments or with --settings.")
    files = fleet.files(named)
    signed_in = dict(_with_codes(access, files))
    looking = fleet.look(files, partial(_look, access, quick, signed_in, count(1), len(files)))
    payers = fleet.worst_first(_streamed(answer, looking) if answer.as_json else looking)
    if not answer.as_json:
        answer.say(*fleet.table(payers))
    for each in payers:
        if each.error:
            tell(f"\nError with {each.file}:\n{each.error.message}\n{each.error.remedy}".rstrip())
    return fleet.exit_code(payers)


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


def _with_codes(access: Access, files: Iterable[Path]) -> Iterator[tuple[Path, Aws | OrgkitError]]:
    """Sign in where that asks for an MFA code: one payer after the other, here in the main thread, which hears Ctrl-C.

    What is wrong with a payer is said when it is looked at; nobody is asked for a code twice.
    """
    for file in files:
        try:
            settings = load(file)
            if asks_for_code(access.profile or settings.profile):
                tell(f"{file}: signing in to {settings.account}, the payer of {settings.institution}")
                yield file, payer_of(settings, access, greet=False)
        except OrgkitError as error:
            yield file, error


def _look(
    access: Access,
    quick: bool,
    signed_in: Mapping[Path, Aws | OrgkitError],
    numbers: Iterator[int],
    every: int,
    file: Path,
) -> Found:
    """Look at one payer of several, and say so on a terminal. Raises OrgkitError for bad settings."""
    settings = load(file)
    try:
        aws = signed_in.get(file)
        if isinstance(aws, OrgkitError):
            raise aws
        aws = aws or payer_of(settings, access, tell=lambda line: tell(f"{file}: {line.strip()}"), greet=False)
        steps = tuple(procedure.seen(aws, settings, quick=quick))
        found = Found(file, settings, steps, whole(aws, settings, steps, quick=quick))
    except OrgkitError as error:
        found = Found(file, settings, error=error)
    if sys.stderr.isatty():
        tell(f"{next(numbers)} of {every}: {file}: {fleet.verdict(found)}")
    return found.alone()
