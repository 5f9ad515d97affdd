"""A page as data, and how it is read from a template: partner.md, institution.md and shared.md beside this file.

A template is Markdown with values: {name} stands for a value, which stays what it is whatever it holds. `[name]` before
a line keeps the line only if that value is true (`[!name]`: if it is not), and repeats it for each item of a list
(`[name?]`: keeps it once if there are any).
`Term :: text` is a row of facts, `|= caption` begins a table, `~~~ caption` lines to copy, `{{name}}` is a whole block,
and `<< name` the part of shared.md that begins with `== name`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from string import Formatter
from typing import Any, Final, Literal

from orgkit.report.drawing import Branch

_CONDITION: Final = re.compile(r"\[(!?)(\w+)(\??)\] ?")
_HEADING: Final = re.compile(r"(#+) (.*) \{#([\w-]+)\}")


@dataclass(frozen=True)
class Name:
    """Text that is not orgkit's own: a name that somebody gave, or an answer of AWS. It may look like anything."""

    text: str


@dataclass(frozen=True)
class Code:
    """A command, an id, or a word to type as it is."""

    text: str


@dataclass(frozen=True)
class Link:
    url: str


@dataclass(frozen=True)
class Verdict:
    """What a cell of the matrix says. The kind only repeats the word, for the eye."""

    kind: Literal["allowed", "denied", "none"]
    word: str


Inline = str | Name | Code | Link | Verdict
Text = tuple[Inline, ...]
Data = Mapping[str, Any]
"""Values by name: str (somebody's text), an Inline, a Text (orgkit's own), a Block, or rows for `[name]`: more Data."""


@dataclass(frozen=True)
class Paragraph:
    text: Text


@dataclass(frozen=True)
class Items:
    """A list; `ordered` if the order matters."""

    items: tuple[Text, ...]
    ordered: bool


@dataclass(frozen=True)
class Facts:
    """Terms and what they stand for here."""

    rows: tuple[tuple[Text, Text], ...]


@dataclass(frozen=True)
class Rows:
    """Rows of a table that belong together; the first cell of each names it."""

    title: str
    rows: tuple[tuple[Text, ...], ...]


@dataclass(frozen=True)
class Table:
    caption: str
    head: tuple[str, ...]
    groups: tuple[Rows, ...]


@dataclass(frozen=True)
class Drawing:
    """The organization."""

    root: Branch


@dataclass(frozen=True)
class Verbatim:
    """Lines to copy: commands, or a text to send."""

    about: str
    text: str


Block = Paragraph | Items | Facts | Table | Drawing | Verbatim


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it. `id` is what links within the page name; the page's title has level 1."""

    level: int
    id: str
    title: Text
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Page:
    """The first section has the title, the last paragraph of the page is its footer."""

    sections: tuple[Section, ...]
    footer: Text


def read(template: str, data: Data, footer: Text) -> Page:
    """The page of a template, filled in."""
    lines = [filled for line in _lines(_included(template)) for filled in _filled(line, data)]
    sections: list[Section] = []
    for kind, group in groupby(lines, key=lambda line: _kind(line[0])):
        if kind != "#":
            last = sections[-1]
            sections[-1] = Section(last.level, last.id, last.title, (*last.blocks, *_blocks(kind, list(group))))
            continue
        for line, values in group:
            ((marks, title, name),) = _HEADING.findall(line)
            sections.append(Section(len(marks), name, prose(title, values), ()))
    return Page(tuple(sections), footer)


def prose(template: str, values: Data) -> Text:
    """Text from orgkit's own words: `…` is code, and {name} a value."""
    return tuple(_inlines(template, values))


def plain(text: Sequence[Inline]) -> str:
    """The text without what it looks like."""
    return "".join(map(_plain, text))


def _included(name: str) -> str:
    def beside(file: str) -> str:
        return Path(__file__).with_name(file).read_text(encoding="utf-8")

    shared = dict(re.findall(r"^== (\w+)\n(.*?)(?=^== |\Z)", beside("shared.md"), re.MULTILINE | re.DOTALL))
    return re.sub(r"^<< (\w+)$", lambda found: shared[found[1]], beside(f"{name}.md"), flags=re.MULTILINE)


def _lines(text: str) -> Iterator[str]:
    """The lines of a template, each with those that continue it: prose goes on until something else begins."""
    pieces = re.split(r"^(~~~ .*?^)~~~$", text, flags=re.MULTILINE | re.DOTALL)
    for number, piece in enumerate(pieces):
        if number % 2:
            yield piece
        else:
            yield from (
                " ".join(line.split("\n"))
                for line in re.split(r"\n{2,}|\n(?=[-#|{\[]|1\. |\S[^.]* :: )", re.sub(r"\n +", " ", piece))
                if line.strip()
            )


def _filled(line: str, data: Data) -> Iterator[tuple[str, Data]]:
    """A line with the values that it is to be filled with: not at all, once, or for each item of a list."""
    condition = _CONDITION.match(line)
    if not condition:
        yield line, data
        return
    value, rest = data[condition[2]], line[condition.end() :]
    if isinstance(value, list) and not condition[1] and not condition[3]:
        for item in value:
            yield from _filled(rest, {**data, **item})
    elif bool(value) != bool(condition[1]):
        yield from _filled(rest, data)


def _kind(line: str) -> str:
    for mark in ("#", "- ", "1. ", "|", "~~~ ", "{{"):
        if line.startswith(mark):
            return mark
    return "::" if " :: " in line else ""


def _blocks(kind: str, lines: list[tuple[str, Data]]) -> Iterator[Block]:
    match kind:
        case "- " | "1. ":
            items = tuple(prose(line.removeprefix(kind), values) for line, values in lines)
            yield Items(items, ordered=kind == "1. ")
        case "::":
            rows = ((line.split(" :: ", 1), values) for line, values in lines)
            yield Facts(tuple((prose(term, values), prose(text, values)) for (term, text), values in rows))
        case "|":
            yield _table(lines)
        case "~~~ ":
            for line, values in lines:
                about, text = line.removeprefix(kind).split("\n", 1)
                yield Verbatim(about, _copied(text, values))
        case "{{":
            yield from (values[line.strip("{}")] for line, values in lines)
        case _:
            yield from (Paragraph(prose(line, values)) for line, values in lines)


def _table(lines: list[tuple[str, Data]]) -> Table:
    (caption, _), (head, _), *rows = lines
    cells = (tuple(prose(cell, values) for cell in _cells(line)) for line, values in rows)
    return Table(caption.removeprefix("|= "), _cells(head), (Rows("", tuple(cells)),))


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line.strip("|").split("|"))


def _copied(text: str, values: Data) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: plain(prose(found[0], values)), text)


def _inlines(template: str, values: Data) -> Iterator[Inline]:
    for number, piece in enumerate(template.split("`")):
        if number % 2:
            yield Code(_copied(piece, values))
            continue
        for literal, field, _, _ in Formatter().parse(piece):
            if literal:
                yield literal
            if field is not None:
                value = values[field]
                yield from value if isinstance(value, tuple) else (Name(value) if isinstance(value, str) else value,)


def _plain(inline: Inline) -> str:
    match inline:
        case str():
            return inline
        case Link():
            return inline.url
        case Verdict():
            return inline.word
        case Name() | Code():
            return inline.text
