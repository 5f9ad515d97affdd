"""Whom to invite: accounts by id or e-mail address, from the command line and from a file.

A file has one target a line, or is a CSV whose header names `account` or `email`, or an export of AWS. Lines that begin
with `#` are comments. Every problem is found before AWS is asked.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from orgkit.errors import FileProblems, Problem
from orgkit.settings.reader import spot_after
from orgkit.settings.text import did_you_mean, misspelt, shown

ARGUMENTS: Final = "arguments"
"""What problems call the command line; their line is the argument's place."""

_LARGEST: Final = 8 * 1024 * 1024  # bytes: five thousand targets with the longest notes
COLUMNS: Final = ("account", "email", "notes", "name")
_ALSO: Final = {
    **dict.fromkeys(("account id", "accountid", "id"), "account"),
    **dict.fromkeys(("e-mail", "email address", "account email"), "email"),
    "account name": "name",
}
"""What else a column may be called: as in the account list that the Organizations console exports
("Exporting account details" in its user guide), and as ListAccounts names its members."""
_DELIMITERS: Final = (",", ";", "\t")  # spreadsheets write the second where a comma is the decimal sign
_COMMENT: Final = re.compile(r"(^|\s)#.*")

# Shapes AccountId, Email and HandshakeNotes of Organizations' API.
_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_ADDRESS: Final = re.compile(r"(?=.{6,64}\Z)[^\s@]+@[^\s@]+\.[^\s@]+")
_NOTES: Final = 1_024  # characters
_AS_THE_CONSOLE_SHOWS_IT: Final = re.compile(r"[0-9]{4}-[0-9]{4}-[0-9]{4}")


@dataclass(frozen=True)
class Target:
    """An account to invite. `name` is the institution's own word for it, AWS never hears it."""

    id: str
    notes: str = ""
    name: str = ""

    @property
    def kind(self) -> str:
        """What it is to AWS: ACCOUNT or EMAIL."""
        return "EMAIL" if "@" in self.id else "ACCOUNT"

    @property
    def key(self) -> str:
        """The target as it is compared: case means nothing in an e-mail address."""
        return self.id.lower()


@dataclass(frozen=True)
class Targets:
    """Each target once, in the order they were named; how often one was named again; and columns that are not used."""

    each: tuple[Target, ...]
    doubles: int
    unused: tuple[str, ...] = ()


def gather(arguments: Sequence[str], file: BinaryIO | None = None, notes: str = "") -> Targets:
    """The targets of the command line and of a file; `notes` are for those that have none of their own.

    Raises FileProblems with every problem of both.
    """
    found = [_target(argument, ARGUMENTS, place, 1) for place, argument in enumerate(arguments, start=1)]
    unused: tuple[str, ...] = ()
    if file is not None:
        in_file, unused = _in_file(file, shown(str(getattr(file, "name", "stdin"))))
        found += in_file
    problems = [each for each in found if isinstance(each, Problem)]
    if problems:
        raise FileProblems(problems)
    named = [each for each in found if isinstance(each, Target)]
    first: dict[str, Target] = {}
    for target in named:
        first.setdefault(target.key, Target(target.id, target.notes or notes, target.name))
    return Targets(tuple(first.values()), len(named) - len(first), unused)


def notes_amiss(notes: str) -> str:
    """Why AWS would not take these notes, or "" if it would."""
    if len(notes) > _NOTES:
        return f"are {len(notes)} characters long; AWS takes {_NOTES}"
    if not all(character.isprintable() or character in "\t\r\n" for character in notes):
        return "have control characters"
    if any(character in "<>" for character in notes):
        return "must not contain < or >, which AWS refuses"
    return ""


def _target(text: str, file: str, line: int, column: int) -> Target | Problem:
    wrong = _amiss(text)
    return Problem(file, line, column, "", wrong) if wrong else Target(text)


def _amiss(text: str) -> str:
    """Why this is no target, or "" if it is one."""
    if _ACCOUNT.fullmatch(text) or (_ADDRESS.fullmatch(text) and text.isprintable()):
        return ""
    if _AS_THE_CONSOLE_SHOWS_IT.fullmatch(text):
        return f"write {text} without dashes: {text.replace('-', '')}"
    if re.fullmatch(r"[0-9]+", text):
        lost = " (spreadsheets drop leading zeros)" if len(text) < 12 else ""
        return f"{shown(text)} is not 12 digits long but {len(text)}{lost}"
    return f"'{shown(text)}' is neither an account id (12 digits) nor an e-mail address"


def _in_file(file: BinaryIO, name: str) -> tuple[list[Target | Problem], tuple[str, ...]]:
    """The targets of a file or what is wrong with them, and the columns of its header that are not used."""
    text = _read(file, name)
    if isinstance(text, Problem):
        return [text], ()
    number, first = next(_lines(text), (1, ""))
    delimiter, columns = _header(first)
    if delimiter:
        found = list(_csv(text, name, delimiter))
        return found or [Problem(name, 1, 1, "", "names no account")], tuple(
            column for column in columns if column and column not in COLUMNS
        )
    if columns:
        has = ", ".join(map(repr, map(shown, columns)))
        words = f"a CSV needs a header that names account or email, and optionally notes and name; this one has {has}"
        return [Problem(name, number, 1, "", words)], ()
    found = [_target(line.lstrip(), name, number, len(line) - len(line.lstrip()) + 1) for number, line in _lines(text)]
    return found or [Problem(name, 1, 1, "", "names no account")], ()


def _read(file: BinaryIO, name: str) -> str | Problem:
    try:
        raw = file.read(_LARGEST + 1).removeprefix(codecs.BOM_UTF8)
    except OSError as error:
        return Problem(name, 1, 1, "", f"cannot be read: {error.strerror}")
    if len(raw) > _LARGEST:
        return Problem(name, 1, 1, "", f"is larger than {_LARGEST // 1024**2} MiB")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = spot_after(raw[: error.start].decode("utf-8"))
        return Problem(name, line, column, "", "is not UTF-8 text")


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Each line that says something, without its comment, and its number."""
    for number, line in enumerate(io.StringIO(text, newline=None), start=1):
        said = _COMMENT.sub("", line).rstrip()
        if said:
            yield number, said


# CSV


def _header(first: str) -> tuple[str, list[str]]:
    """The delimiter of a header, and its columns. Any other line has no delimiter, but may have cells."""
    cells: list[str] = []
    for delimiter in _DELIMITERS:
        columns = _column_names(first.replace('"', "").split(delimiter))
        if {"account", "email"}.intersection(columns):
            return delimiter, columns
        cells = cells or (columns if len(columns) > 1 else [])
    return "", cells


def _csv(text: str, file: str, delimiter: str) -> Iterator[Target | Problem]:
    columns: list[str] | None = None
    for line, record in _records(text, delimiter):
        if isinstance(record, csv.Error):
            yield Problem(file, line, 1, "", f"is not CSV from here on: {record}")
        elif columns is None:
            columns = _column_names(record)
            yield from (Problem(file, line, 1, "", wrong) for wrong in _header_amiss(columns))
        elif len(record) > len(columns):
            more = "has more cells than the header; put a cell that contains commas into double quotes"
            yield Problem(file, line, 1, "", more)
        elif any(cell.strip() for cell in record):
            yield _row(dict(zip(columns, map(str.strip, record), strict=False)), file, line)


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str] | csv.Error]]:
    """Each record and the line it begins on; at last the error, if the text ceases to be CSV.

    A `#` begins a comment only where a record could begin, so that notes may have lines that begin with one.
    """
    begins = 0

    def lines() -> Iterator[str]:
        nonlocal begins
        for number, line in enumerate(io.StringIO(text, newline=""), start=1):
            if begins == 0 and line.lstrip()[:1] in ("", "#"):
                continue
            begins = begins or number
            yield line

    try:
        for record in csv.reader(lines(), delimiter=delimiter, skipinitialspace=True, strict=True):
            yield begins, record
            begins = 0
    except csv.Error as error:
        yield begins, error


def _column_names(cells: Iterable[str]) -> list[str]:
    """The columns by the names that orgkit knows; a name that only AWS uses counts if ours is not there."""
    names = [cell.strip().lower() for cell in cells]
    ours = {name: _ALSO.get(name.replace("_", " "), name) for name in names}
    return [name if ours[name] in names else ours[name] for name in names]


def _header_amiss(columns: Sequence[str]) -> Iterator[str]:
    """Columns named twice, and those that look like a missing one of ours; any other is the reader's own."""
    absent = [column for column in COLUMNS if column not in columns]
    for column in dict.fromkeys(columns):
        if column in COLUMNS and columns.count(column) > 1:
            yield f"the header names {column} twice"
        elif column not in COLUMNS and misspelt([column], absent):
            yield f"{shown(column)!r} is not a column; {did_you_mean(column, absent)}"


def _row(cells: Mapping[str, str], file: str, line: int) -> Target | Problem:
    """The target of a row. Where both columns are filled the account id is it, for it never changes."""
    column = "account" if cells.get("account") else "email"
    target, notes = cells.get(column, ""), cells.get("notes", "")
    if not target:
        return Problem(file, line, 1, "", "names neither account nor email")
    if wrong := _amiss(target):
        return Problem(file, line, 1, column, wrong)
    if wrong := notes_amiss(notes):
        return Problem(file, line, 1, "notes", wrong)
    return Target(target, notes, cells.get("name", ""))
