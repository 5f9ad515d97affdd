"""A page as data: sections of paragraphs, lists, tables and a drawing. What it looks like: as_html, as_markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Literal

from orgkit.report.drawing import Branch


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


@dataclass(frozen=True)
class Paragraph:
    text: Text


@dataclass(frozen=True)
class Bullets:
    items: tuple[Text, ...]


@dataclass(frozen=True)
class Steps:
    """A list in its order."""

    items: tuple[Text, ...]


@dataclass(frozen=True)
class Facts:
    """Terms and what they stand for here."""

    rows: tuple[tuple[str, Text], ...]


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
    own: int | None = None
    """The column that is about the reader."""


@dataclass(frozen=True)
class Drawing:
    """The organization."""

    root: Branch


@dataclass(frozen=True)
class Verbatim:
    """Lines to copy: commands, or a text to send."""

    about: str
    text: str


Block = Paragraph | Bullets | Steps | Facts | Table | Drawing | Verbatim


@dataclass(frozen=True)
class Section:
    """`id` is what links within the page name; `parts` are one heading deeper."""

    id: str
    title: str
    blocks: tuple[Block, ...] = ()
    parts: tuple[Section, ...] = ()


@dataclass(frozen=True)
class Page:
    title: Text
    lead: tuple[Text, ...]
    sections: tuple[Section, ...]
    footer: Text


def prose(template: str, **values: str | Inline) -> Text:
    """Text from orgkit's own words: `…` is code, and {name} a value, which stays what it is whatever it holds."""
    return tuple(_inlines(template, values))


def _inlines(template: str, values: dict[str, str | Inline]) -> Iterator[Inline]:
    for number, piece in enumerate(template.split("`")):
        if number % 2:
            yield Code(piece.format_map({key: plain((value,)) for key, value in values.items()}))
            continue
        for literal, field, _, _ in Formatter().parse(piece):
            if literal:
                yield literal
            if field is not None:
                value = values[field]
                yield Name(value) if isinstance(value, str) else value


def plain(text: Sequence[Inline]) -> str:
    """The text without what it looks like."""
    return "".join(map(_plain, text))


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


def one_table(caption: str, head: Sequence[str], rows: Sequence[Sequence[Text]]) -> Table:
    """A table without groups."""
    return Table(caption, tuple(head), (Rows("", tuple(tuple(row) for row in rows)),))
