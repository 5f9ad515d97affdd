"""Whom to invite: accounts by id or e-mail address, from the command line and from a file.

A file has one target per line, or is a CSV whose header names `account` or `email`, or is an export of AWS. Lines that
begin with `#` are comments. Every problem is found before AWS is asked.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO, Final

from orgkit.errors import FileProblems, Problem
from orgkit.settings.reader import decoded
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
    """Each target once, in the order they were named; how many were named again; and columns that are not used."""

    each: tuple[Target, ...]
    doubles: int
    unused: tuple[str, ...] = ()


def gather(arguments: Sequence[str], file: BinaryIO | None = None, notes: str = "") -> Targets:
    """The targets of the command line and of a file; `notes` are for those that have none of their own.

    Raises FileProblems with every problem of both.
    """
    found = [_target(ARGUMENTS, place, 1, argument) for place, argument in enumerate(arguments, start=1)]
    unused: list[str] = []
    if file is not None:
        try:
            in_file, unused = _in_file(file, shown(str(getattr(file, "name", "stdin"))))
            found += in_file
        except FileProblems as unreadable:
            found += unreadable.problems
    if problems := [each for each in found if isinstance(each, Problem)]:
        raise FileProblems(problems)
    named = [each for each in found if isinstance(each, Target)]
    first: dict[str, Target] = {}
    for target in named:
        first.setdefault(target.key, Target(target.id, target.notes or notes, target.name))
    return Targets(tuple(first.values()), len(named) - len(first), tuple(unused))


def notes_amiss(notes: str) -> str:
    """Why AWS would not take these notes, or "" if it would."""
    if len(notes) > _NOTES:
        return f"are {len(notes)} characters long; AWS takes {_NOTES}"
    if not all(character.isprintable() or character in "\t\r\n" for character in notes):
        return "have control characters"
    if any(character in "<>" for character in notes):
        return "must not contain < or >, which AWS refuses"
    return ""


def _target(file: str, line: int, column: int, text: str, notes: str = "", name: str = "") -> Target | Problem:
    """The target that is named at a place, or what is wrong with it."""
    if not (_ACCOUNT.fullmatch(text) or (_ADDRESS.fullmatch(text) and text.isprintable())):
        account = "an account id (12 digits without dashes; spreadsheets drop leading zeros)"
        return Problem(file, line, column, "", f"'{shown(text)}' is neither {account} nor an e-mail address")
    if wrong := notes_amiss(notes):
        return Problem(file, line, column, "notes", wrong)
    return Target(text, notes, name)


def _in_file(file: BinaryIO, name: str) -> tuple[list[Target | Problem], list[str]]:
    """The targets of a file or what is wrong with them, and the columns of its header that are not used.

    Raises FileProblems if it is no text.
    """
    text = decoded(file, name, _LARGEST)
    uncommented = (_COMMENT.sub("", line).rstrip() for line in io.StringIO(text, newline=None))
    lines = [(number, line) for number, line in enumerate(uncommented, start=1) if line]
    number, first = lines[0] if lines else (1, "")
    delimiter, columns = _header(first)
    found: list[Target | Problem]
    if delimiter:
        found = [Problem(name, number, 1, "", wrong) for wrong in _header_amiss(columns)]
        found += _rows(text, name, number, delimiter, columns)
    elif columns:
        has = ", ".join(map(repr, map(shown, columns)))
        words = f"a CSV needs a header that names account or email, and optionally notes and name; this one has {has}"
        found = [Problem(name, number, 1, "", words)]
    else:
        found = [_target(name, at, len(line) - len(line.lstrip()) + 1, line.lstrip()) for at, line in lines]
    unused = [column for column in columns if column and column not in COLUMNS]
    return found or [Problem(name, 1, 1, "", "names no account")], unused


# CSV


def _header(first: str) -> tuple[str, list[str]]:
    """The delimiter of a header, and its columns by the names that orgkit knows; one of AWS's counts if ours is absent.

    Any other line has no delimiter, but may have cells.
    """
    others: list[str] = []
    for delimiter in _DELIMITERS:
        try:
            cells = next(csv.reader([first], delimiter=delimiter, skipinitialspace=True), [])
        except csv.Error:  # longer than any cell may be
            cells = [first]
        names = [cell.strip().lower() for cell in cells]
        ours = {name: _ALSO.get(name.replace("_", " "), name) for name in names}
        columns = [name if ours[name] in names else ours[name] for name in names]
        if {"account", "email"}.intersection(columns):
            return delimiter, columns
        others = others or (columns if len(columns) > 1 else [])
    return "", others


def _header_amiss(columns: Sequence[str]) -> Iterator[str]:
    """Columns named twice, and those that look like a missing one of ours; other columns are ignored."""
    absent = [column for column in COLUMNS if column not in columns]
    for column in dict.fromkeys(columns):
        if column in COLUMNS and columns.count(column) > 1:
            yield f"the header names {column} twice"
        elif column not in COLUMNS and misspelt([column], absent):
            yield f"{shown(column)!r} is not a column; {did_you_mean(column, absent)}"


def _rows(text: str, file: str, header: int, delimiter: str, columns: Sequence[str]) -> Iterator[Target | Problem]:
    """The target of each row but the header's: its account id if it has one, which never changes, else its address.

    A `#` begins a comment only where a row could begin, so that notes may have lines that begin with one.
    """
    lines = enumerate(io.StringIO(text, newline=""), start=1)
    for number, line in lines:
        if line.lstrip()[:1] in ("", "#"):
            continue
        row_and_more = chain([line], (more for _, more in lines))  # of which the reader takes what belongs to the row
        try:
            row = next(csv.reader(row_and_more, delimiter=delimiter, skipinitialspace=True, strict=True))
        except csv.Error as error:
            yield Problem(file, number, 1, "", f"is not CSV from here on: {error}")
            return
        cells = dict(zip(columns, map(str.strip, row), strict=False))
        target = cells.get("account") or cells.get("email", "")
        if number == header:
            continue
        if len(row) > len(columns):
            more = "has more cells than the header; put a cell that contains commas into double quotes"
            yield Problem(file, number, 1, "", more)
        elif target:
            yield _target(file, number, 1, target, cells.get("notes", ""), cells.get("name", ""))
        elif any(cells.values()):
            yield Problem(file, number, 1, "", "names neither account nor email")
