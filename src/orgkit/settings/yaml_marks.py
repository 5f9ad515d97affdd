"""YAML, and with it JSON, read together with the line and column of every value and key."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import yaml
from yaml.reader import ReaderError

from orgkit.errors import FileProblems, Problem
from orgkit.settings.marks import Document, Place, Spot, dotted, shown, spot_after

_DEEPEST: Final = 20
_TAG: Final = "tag:yaml.org,2002:"
_NO_TEXT: Final = ("int", "float", "timestamp", "merge", "value")


@dataclass(frozen=True)
class Unquoted:
    """A scalar that YAML takes for a number or a date. No setting is either, so it is not worked out any further."""

    text: str


def parse(text: str, file: str) -> tuple[Document, list[Problem]]:
    """The data of one YAML document, and what is wrong with its keys and tags.

    Raises FileProblems if it cannot be read at all. An empty file holds None.
    """
    node = _composed(text, file)
    walk = _Walk(file)
    data = walk.value(node, ()) if node else None
    return Document(file, data, walk.values, walk.keys), walk.problems


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


def _composed(text: str, file: str) -> yaml.Node | None:
    loader = None
    spot: Spot = (1, 1)
    try:
        loader = _Loader(text)
        return loader.get_single_node()
    except ReaderError as error:
        spot = spot_after(text[: error.position])
        words = f"the character U+{error.character:04X} is not allowed"
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        spot = (mark.line + 1, mark.column + 1) if mark else spot
        words = f"cannot be read: {(error.problem or error.context or '').removeprefix('but ')}"
    except (ValueError, OverflowError):  # PyYAML works out escapes and %YAML versions without a look at their size
        spot = (loader.line + 1, loader.column + 1) if loader else spot
        words = "cannot be read: a number is out of range"
    raise FileProblems([Problem(file, *spot, "", words)])


class _Walk:
    """One walk through the nodes: the data comes back, the spots and the problems are collected."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.values: dict[Place, Spot] = {}
        self.keys: dict[Place, Spot] = {}
        self.problems: list[Problem] = []

    def value(self, node: yaml.Node, place: Place) -> object:
        self.values[place] = _spot(node)
        tag = node.tag.removeprefix(_TAG)
        if isinstance(node, yaml.MappingNode) and tag == "map":
            return self.mapping(node, place)
        if isinstance(node, yaml.SequenceNode) and tag == "seq":
            return [self.value(item, (*place, index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode) and tag in ("str", "null", "bool", *_NO_TEXT):
            return _scalar(tag, node.value)
        self.problem(node, place, f"the tag {shown(node.tag.replace(_TAG, '!!'))} is not supported")
        return None

    def mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, object]:
        data: dict[str, object] = {}
        for key, value in node.value:
            name = self.key(key, place)
            if name is not None:
                here = (*place, name)
                self.keys[here] = _spot(key)
                data[name] = self.value(value, here)
        return data

    def key(self, node: yaml.Node, place: Place) -> str | None:
        """A key's text, or None if it cannot be one or was there before: then it is reported and left out."""
        if not isinstance(node, yaml.ScalarNode):
            self.problem(node, place, "a key must be text")
            return None
        here = (*place, node.value)
        if here in self.keys:
            self.problem(node, here, f"is set twice; the first is on line {self.keys[here][0]}")
            return None
        if node.tag.removeprefix(_TAG) not in ("str", "merge", "value"):
            self.problem(node, here, "a key must be text, so put it in quotes")
        return str(node.value)

    def problem(self, node: yaml.Node, place: Place, text: str) -> None:
        self.problems.append(Problem(self.file, *_spot(node), dotted(place), text))


def _scalar(tag: str, text: str) -> object:
    if tag == "str":
        return text
    if tag == "null":
        return None
    return yaml.SafeLoader.bool_values.get(text.lower(), Unquoted(text)) if tag == "bool" else Unquoted(text)


def _spot(node: yaml.Node) -> Spot:
    return node.start_mark.line + 1, node.start_mark.column + 1
