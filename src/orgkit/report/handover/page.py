"""A page as data, and how it is read from a template: partner.md, institution.md, owner.md, with shared.md in them.

A template is Markdown with values: {name} stands for a value, which stays what it is whatever it holds. `[name]` before
a line keeps the line only if that value is true (`[!name]`: if it is not), and repeats it for each item of a list
(`[name?]`: keeps it once if there are any).
`Term :: text` is a row of facts, `|= caption` begins a table, `~~~ caption` lines to copy, `{{name}}` is a whole block,
and `<< name` the part of shared.md that begins with `== name`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from string import Formatter
from typing import Any, Final, Literal

_CONDITION: Final = re.compile(r"\[(!?)(\w+)(\??)\] ?")
_HEADING: Final = re.compile(r"(#+) (.*) \{#([\w-]+)\}")
_KIND: Final = re.compile(r"#|- |1\. |\||~~~ |\{\{|(?=.* :: )")

Kind = Literal["name", "code", "link", "strong", "note", "mark", "allowed", "denied", "none"]
"""What a piece of text is, and so how it is written.

name, strong: text that is not orgkit's own (a name that somebody gave, an answer of AWS), which may look like anything;
code: a command, an id, or a word to type as it is; note, mark: what is said of a node of the organization; allowed,
denied, none: a cell of the matrix. The kind only repeats the word there, for the eye.
"""


@dataclass(frozen=True)
class Span:
    kind: Kind
    text: str


Text = tuple[str | Span, ...]
"""Orgkit's own words are str."""
Data = Mapping[str, Any]
"""Values by name: str (somebody's text), a Span, a Text (orgkit's own), a Block, or rows for `[name]`: more Data."""


@dataclass(frozen=True)
class Paragraph:
    text: Text


@dataclass(frozen=True)
class Item:
    """An item of a list, with the list below it."""

    text: Text
    below: tuple[Item, ...] = ()


@dataclass(frozen=True)
class Items:
    """A list: bulleted, numbered where the order matters, or the organization as a tree."""

    kind: Literal["bullets", "numbers", "tree"]
    items: tuple[Item, ...]


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
class Verbatim:
    """Lines to copy: commands, or a text to send."""

    about: str
    text: str


Block = Paragraph | Items | Facts | Table | Verbatim


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
    lines = [filled for line in _lines(template) for filled in _filled(line, data)]
    sections: list[Section] = []
    for kind, group in groupby(lines, key=lambda line: found[0] if (found := _KIND.match(line[0])) else None):
        if kind == "#":
            for line, values in group:
                ((marks, title, name),) = _HEADING.findall(line)
                sections.append(Section(len(marks), name, prose(title, values), ()))
        else:
            last = sections[-1]
            sections[-1] = replace(last, blocks=(*last.blocks, *_blocks(kind, list(group))))
    return Page(tuple(sections), footer)


def prose(template: str, values: Data) -> Text:
    """Text from orgkit's own words: `…` is code, and {name} a value."""
    text: list[str | Span] = []
    for number, piece in enumerate(template.split("`")):
        if number % 2:
            text.append(Span("code", _copied(piece, values)))
            continue
        for literal, field, _, _ in Formatter().parse(piece):
            text += [literal] if literal else []
            if field is not None:
                value = values[field]
                text += (
                    value if isinstance(value, tuple) else [Span("name", value) if isinstance(value, str) else value]
                )
    return tuple(text)


def plain(text: Text) -> str:
    """The text without what it looks like."""
    return "".join(each if isinstance(each, str) else each.text for each in text)


def _lines(template: str) -> Iterator[str]:
    """The lines of a template, each with those that continue it: prose goes on until something else begins."""

    def beside(name: str) -> str:
        return Path(__file__).with_name(f"{name}.md").read_text(encoding="utf-8")

    shared = dict(re.findall(r"^== (\w+)\n(.*?)(?=^== |\Z)", beside("shared"), re.MULTILINE | re.DOTALL))
    text = re.sub(r"^<< (\w+)$", lambda found: shared[found[1]], beside(template), flags=re.MULTILINE)
    for number, piece in enumerate(re.split(r"^(~~~ .*?^)~~~$", text, flags=re.MULTILINE | re.DOTALL)):
        if number % 2:
            yield piece
            continue
        for line in re.split(r"\n{2,}|\n(?=[-#|{\[]|1\. |\S[^.]* :: )", re.sub(r"\n +", " ", piece)):
            if line.strip():
                yield line.replace("\n", " ")


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


def _blocks(kind: str | None, lines: list[tuple[str, Data]]) -> Iterator[Block]:
    match kind:
        case "- " | "1. ":
            items = tuple(Item(prose(line.removeprefix(kind), values)) for line, values in lines)
            yield Items("bullets" if kind == "- " else "numbers", items)
        case "|":
            split = (([cell.strip() for cell in line.strip("|").split("|")], values) for line, values in lines)
            (caption, _), (head, _), *rows = split
            filled = tuple(tuple(prose(cell, values) for cell in cells) for cells, values in rows)
            yield Table(caption[0].removeprefix("= "), tuple(head), (Rows("", filled),))
        case "~~~ ":
            for line, values in lines:
                about, text = line.removeprefix(kind).split("\n", 1)
                yield Verbatim(about, _copied(text, values))
        case "{{":
            yield from (values[line.strip("{}")] for line, values in lines)
        case "":
            facts = ((line.split(" :: ", 1), values) for line, values in lines)
            yield Facts(tuple((prose(term, values), prose(text, values)) for (term, text), values in facts))
        case _:
            yield from (Paragraph(prose(line, values)) for line, values in lines)


def _copied(text: str, values: Data) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: plain(prose(found[0], values)), text)
