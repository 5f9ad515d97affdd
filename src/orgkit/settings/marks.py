"""Files whose data remembers where it was written, so that every problem can name its line and column."""

from __future__ import annotations

import codecs
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from orgkit.errors import FileProblems, Problem

Place = tuple[str | int, ...]
"""The way to a value: `("scps", 0, "document")`."""

Spot = tuple[int, int]
"""Line and column, from 1."""

LARGEST: Final = 256 * 1024
"""Bytes of a file: several times what the largest sensible settings or SCP take."""

_SHOWN: Final = 60


@dataclass(frozen=True)
class Document:
    """What a file holds, and the spots where its values and their keys begin."""

    file: str
    data: object
    values: Mapping[Place, Spot]
    keys: Mapping[Place, Spot]

    def at(self, *place: str | int) -> object:
        """The value at a place, or None where there is none."""
        value = self.data
        for step in place:
            if isinstance(value, dict):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return value

    def problem(self, place: Place, text: str, *, at_key: bool = False) -> Problem:
        """What is wrong at a place. What was never written is reported where its parent begins."""
        if at_key and place in self.keys:
            return Problem(self.file, *self.keys[place], dotted(place), text)
        written = place
        while written and written not in self.values:
            written = written[:-1]
        return Problem(self.file, *self.values.get(written, (1, 1)), dotted(place), text)


def read(path: Path, file: str) -> str:
    """The text of a UTF-8 file that messages call `file`. Raises OSError, ValueError (a bad path) or FileProblems."""
    with path.open("rb") as stream:
        raw = stream.read(LARGEST + 1).removeprefix(codecs.BOM_UTF8)
    if len(raw) > LARGEST:
        raise FileProblems([Problem(file, 1, 1, "", f"is larger than {LARGEST // 1024} KiB")])
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        spot = spot_after(raw[: error.start].decode("utf-8"))
        raise FileProblems([Problem(file, *spot, "", "is not UTF-8 text")]) from None


def reason(error: Exception) -> str:
    """Why `read` could not open a file."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


def spot_after(text: str) -> Spot:
    """Where the character after this text stands."""
    return text.count("\n") + 1, len(text) - text.rfind("\n")


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Sorted by file, line and column; of several about one place only the first, which is the plainest."""
    first: dict[tuple[str, int, int, str], Problem] = {}
    for problem in problems:
        first.setdefault((problem.file, problem.line, problem.column, problem.path), problem)
    return sorted(first.values(), key=lambda problem: (problem.file, problem.line, problem.column))


def keys_amiss(
    document: Document, place: Place, known: Collection[str], required: Collection[str], kind: str
) -> Iterator[Problem]:
    """Keys of a mapping that are not known, and required ones that are missing rather than misspelt."""
    mapping = document.at(*place)
    present = list(mapping) if isinstance(mapping, dict) else []
    for key in present:
        if key not in known:
            text = f"is not {kind}; {did_you_mean(key, known)}"
            yield document.problem((*place, key), text, at_key=True)
    tried = misspelt(present, known)
    for key in required:
        if key not in present and key not in tried:
            yield document.problem((*place, key), "is missing")


def misspelt(present: Iterable[str], known: Collection[str]) -> set[str]:
    """The known keys that somebody tried to write."""
    near = (_nearest(key, known) for key in present if key not in known)
    return {key for key in near if key}


def did_you_mean(word: str, known: Collection[str]) -> str:
    """The known word closest to this one, as a question; or all of them."""
    nearest = _nearest(word, known)
    return f"did you mean {nearest}?" if nearest else f"there are {', '.join(known)}"


def dotted(place: Place) -> str:
    """A place as people write it: `scps[0].document`."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{shown(step)}" for step in place)
    return "".join(steps).removeprefix(".")


def shown(text: str) -> str:
    """Text from a file, fit for one line of a terminal."""
    return printable(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


def printable(text: str) -> str:
    """Text that somebody else chose, with all that would break a line or steer a terminal written out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _nearest(word: str, known: Collection[str]) -> str | None:
    return next(iter(get_close_matches(word, known, n=1)), None)
