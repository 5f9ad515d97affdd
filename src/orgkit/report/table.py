"""Text that fits the terminal: columns and paragraphs of whole words, padded by what the eye sees.

80 columns where nobody says otherwise. A word is never cut, and neither is a command in backticks, which is there to
be copied: if one is too long, it sticks out.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final
from unicodedata import category, east_asian_width

_WORD: Final = re.compile(r"(?:[^\s`]*`[^`]*`[^\s`]*)+|\S+")
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
_NARROWEST: Final = 40
_GAP: Final = 2


def screen() -> int:
    """How many columns the terminal has."""
    return max(_NARROWEST, shutil.get_terminal_size((80, 24)).columns)


def width(text: str) -> int:
    """The columns a text takes: two for each wide character, none for colours and what only changes another one."""
    return sum(
        0 if category(c) in ("Mn", "Me", "Cf") else 2 if east_asian_width(c) in ("W", "F") else 1
        for c in _COLOUR.sub("", text)
    )


def wrapped(text: str, columns: int) -> list[str]:
    """The lines of a text in so many columns, broken between words, or between wide characters, which have no words."""
    lines: list[str] = []
    for word in _WORD.findall(text):
        for piece, glue in _pieces(word, columns):
            if lines and width(lines[-1] + glue + piece) <= columns:
                lines[-1] += glue + piece
            else:
                lines.append(piece)
    return lines


def paragraph(text: str, first: str = "", rest: str = "") -> Iterator[str]:
    """A text as lines for the terminal, after `first`, and after `rest` from its second line on."""
    for number, line in enumerate(wrapped(text, screen() - max(width(first), width(rest))) or [""]):
        yield (rest if number else first) + line


def row(cells: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    """One row, its cells wrapped under their columns. Where a word sticks out, its neighbour goes on a line lower."""
    columns = [wrapped(cell, room) for cell, room in zip(cells, widths, strict=True)]
    places = [0, *accumulate(room + _GAP for room in widths[:-1])]
    while any(columns):
        line = ""
        for lines, place in zip(columns, places, strict=True):
            if lines and (not place or width(line) < place):
                line += " " * (place - width(line)) + lines.pop(0)
        yield line


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows of one width each column, as wide as the longest cell where that fits."""
    columns = list(zip(*rows, strict=True))
    widths = [max(map(width, column)) for column in columns]
    least = [max((width(part) for cell in column for part in wrapped(cell, 1)), default=0) for column in columns]
    while sum(widths) + _GAP * (len(widths) - 1) > screen():
        loose = [number for number, room in enumerate(widths) if room > least[number]]
        if not loose:
            break
        widths[max(loose, key=lambda number: widths[number])] -= 1
    for cells in rows:
        yield from row(cells, widths)


def _pieces(word: str, columns: int) -> Iterator[tuple[str, str]]:
    """A word, or what it may be broken into, each with what joins it to the text before."""
    if width(word) <= columns or word.isascii():
        yield word, " "
        return
    for number, piece in enumerate(re.split(r"(?<=[^\x00-\x7f])(?=[^\x00-\x7f])", word)):
        yield piece, "" if number else " "
