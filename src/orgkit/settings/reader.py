"""Files read together with the line and column of every value and key, so that every problem can name its place."""

import codecs
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Final

import yaml
from yaml.reader import ReaderError

from orgkit.errors import FileProblems, Problem
from orgkit.settings.text import shown

Place = tuple[str | int, ...]
"""The way to a value: `("scps", 0, "document")`."""

Spot = tuple[int, int]
"""Line and column, from 1."""

LARGEST: Final = 256 * 1024
"""Bytes of a file: several times what the largest sensible settings or SCP take."""

_DEEPEST: Final = 20
_TAG: Final = "tag:yaml.org,2002:"
_SCALARS: Final = ("str", "null", "bool", "int", "float", "timestamp", "merge", "value")


class Unquoted:
    """A scalar that YAML takes for a number or a date. No setting is either, so nothing more is kept of it."""


@dataclass(frozen=True)
class Spots:
    """Where the values of a file and their keys begin, and what is wrong with its keys and tags: filled by one walk."""

    file: str = ""
    values: dict[Place, Spot] = field(default_factory=dict)
    keys: dict[Place, Spot] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def value(self, node: yaml.Node, place: Place) -> object:
        """The data of a node, noting where it and all below it begin."""
        self.values[place] = _spot(node.start_mark)
        tag = node.tag.removeprefix(_TAG)
        if isinstance(node, yaml.MappingNode) and tag == "map":
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode) and tag == "seq":
            return [self.value(item, (*place, index)) for index, item in enumerate(node.value)]
        if not isinstance(node, yaml.ScalarNode) or tag not in _SCALARS:
            self._problem(node, place, f"the tag {shown(node.tag.replace(_TAG, '!!'))} is not supported")
            return None
        if tag == "bool":
            return yaml.SafeLoader.bool_values.get(node.value.lower(), Unquoted())
        return {"str": node.value, "null": None}.get(tag, Unquoted())

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, object]:
        data: dict[str, object] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._problem(key, place, "a key must be text")
                continue
            here = (*place, key.value)
            if here in self.keys:
                self._problem(key, here, f"is set twice; the first is on line {self.keys[here][0]}")
                continue
            if key.tag.removeprefix(_TAG) not in ("str", "merge", "value"):
                self._problem(key, here, "a key must be text, so put it in quotes")
            self.keys[here] = _spot(key.start_mark)
            data[key.value] = self.value(value, here)
        return data

    def _problem(self, node: yaml.Node, place: Place, text: str) -> None:
        self.problems.append(Problem(self.file, *_spot(node.start_mark), dotted(place), text))


@dataclass(frozen=True)
class Document:
    """What a file holds. Where it holds it is worked out when a problem asks for the place."""

    file: str
    data: object
    spots: Callable[[], Spots] = field(repr=False, compare=False)

    def at(self, *place: str | int) -> object:
        """The value at a place, or None if there is none."""
        value = self.data
        for step in place:
            if isinstance(value, dict):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return value

    def problem(self, place: Place, text: str, *, at_key: bool = False, warning: bool = False) -> Problem:
        """What is wrong at a place. What was never written is reported where its parent begins."""
        spots, written = self.spots(), place
        while written and written not in spots.values:
            written = written[:-1]
        spot = spots.keys[place] if at_key and place in spots.keys else spots.values.get(written, (1, 1))
        return Problem(self.file, *spot, dotted(place), text, warning)


def read(path: Path, file: str) -> str:
    """The text of a UTF-8 file that messages call `file`. Raises OSError, ValueError (a bad path) or FileProblems."""
    with path.open("rb") as stream:
        return decoded(stream, file, LARGEST)


def decoded(stream: BinaryIO, file: str, largest: int) -> str:
    """The text of an open file of so many bytes at most. Raises FileProblems."""
    try:
        raw = stream.read(largest + 1).removeprefix(codecs.BOM_UTF8)
        if len(raw) <= largest:
            return raw.decode("utf-8")
        problem = Problem(file, 1, 1, "", f"is larger than {largest // 1024:,} KiB")
    except OSError as error:
        problem = Problem(file, 1, 1, "", f"cannot be read: {reason(error)}")
    except UnicodeDecodeError as error:
        problem = Problem(file, *_spot_after(raw[: error.start].decode("utf-8")), "", "is not UTF-8 text")
    raise FileProblems([problem])


def reason(error: Exception) -> str:
    """Why `read` could not open a file."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _spot(mark: yaml.Mark) -> Spot:
    return mark.line + 1, mark.column + 1


def _spot_after(text: str) -> Spot:
    return text.count("\n") + 1, len(text) - text.rfind("\n")


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Sorted by file, line and column; of several about one place only the first, which is the plainest."""
    first: dict[tuple[str, int, int, str], Problem] = {}
    for problem in problems:
        first.setdefault((problem.file, problem.line, problem.column, problem.path), problem)
    return [first[place] for place in sorted(first, key=lambda place: place[:3])]


def dotted(place: Place) -> str:
    """A place as people write it: `scps[0].document`."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{shown(step)}" for step in place)
    return "".join(steps).removeprefix(".")


class _Loader(yaml.SafeLoader):
    """Refuses what no settings need and an attacker does: aliases, which multiply, and bottomless nesting."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # types-PyYAML has no type for it
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(None, None, "aliases (*) are not supported, write it out", mark)
        if self.depth == _DEEPEST:
            raise yaml.MarkedYAMLError(None, None, "it is nested too deep", mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


# PyYAML reads YAML 1.1, where 012345678901 is text and 012345670123 an octal number; editors read YAML 1.2,
# where both are decimal. Whether an account needs quotes must not depend on its digits.
_Loader.add_implicit_resolver(
    f"{_TAG}int", re.compile(r"[-+]?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?$"), list("-+0123456789")
)


def parse(text: str, file: str) -> Document:
    """One YAML document; an empty file holds None. What is wrong with its keys and tags is in its `spots`.

    Raises FileProblems if it cannot be read at all.
    """
    spots = Spots(file)
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        return Document(file, spots.value(node, ()) if node else None, lambda: spots)
    except ReaderError as error:
        spot = _spot_after(text[: error.position])
        words = f"the character U+{error.character:04X} is not allowed"
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        spot = _spot(mark) if mark else (1, 1)
        words = f"cannot be read: {(error.problem or error.context or '').removeprefix('but ')}"
    except (ValueError, OverflowError):  # PyYAML works out escapes and %YAML versions without a look at their size
        spot, words = _spot(loader.get_mark()), "cannot be read: a number is out of range"
    raise FileProblems([Problem(file, *spot, "", words)])


def parse_json(text: str, file: str) -> Document:
    """One JSON document. Raises FileProblems if it is not JSON, or has a key twice."""

    @cache
    def spots() -> Spots:
        # JSON is YAML but for its tabs, which here can only stand between values: one reader finds all places.
        try:
            return parse(text.replace("\t", " "), file).spots()
        except FileProblems:  # nested deeper than any SCP, or characters that YAML does not take
            return Spots()

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        data = dict(pairs)
        if len(data) < len(pairs):  # of two the last would win
            raise FileProblems(in_order(spots().problems) or [Problem(file, 1, 1, "", "has a key twice")])
        return data

    try:
        return Document(file, json.loads(text, object_pairs_hook=mapping), spots)
    except json.JSONDecodeError as error:
        problem = Problem(file, error.lineno, error.colno, "", f"is not JSON: {error.msg}")
    except (RecursionError, ValueError):  # Python turns no more than some thousand digits into a number
        problem = Problem(file, 1, 1, "", "is nested too deep, or has a number that is too long")
    raise FileProblems([problem])
