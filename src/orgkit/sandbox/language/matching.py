"""Wildcards and policy variables, as IAM's policy language has them.

AWS's description is the IAM User Guide: "IAM JSON policy elements: Resource" for wildcards and "IAM policy
elements: Variables and tags" for variables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

Context = Mapping[str, tuple[str, ...]]
"""The request's condition keys, in lower case because AWS compares them so, and their values."""


class ListOfValues(tuple[str, ...]):
    """The values of a key that the policy simulator was given as a list: no operator without a qualifier takes one."""


# A variable's value stands for itself even where it holds a wildcard, and so do ${*} and ${?}. They travel as
# private-use characters, which no policy may contain (its characters end at U+00FF).
_LITERAL: Final = {"*": "\ue000", "?": "\ue001"}
_HIDE: Final = str.maketrans(_LITERAL)
_SHOW: Final = str.maketrans({hidden: plain for plain, hidden in _LITERAL.items()})

_VARIABLE: Final = re.compile(r"\$\{\s*([^{},']+?)\s*(?:,\s*'([^']*)'\s*)?\}")
_CHARACTERS: Final = frozenset("*?$")
_NOTHING: Final = re.compile(r"(?!)")


def variables(pattern: str) -> tuple[str, ...]:
    """The condition keys that a pattern uses as policy variables, as written."""
    return tuple(name for name, _ in _VARIABLE.findall(pattern) if name not in _CHARACTERS)


def expand(pattern: str, context: Context) -> str | None:
    """The pattern with its variables replaced, or None when one has neither a value nor a default.

    A variable without a value matches nothing, in `Resource` and `NotResource` alike ("Policy variables with
    no value"). A key with several values cannot be a variable ("Single-valued vs. multivalued context keys").
    """
    parts: list[str] = []
    end = 0
    for found in _VARIABLE.finditer(pattern):
        value = _value(found[1], found[2], context)
        if value is None:
            return None
        parts += pattern[end : found.start()], value.translate(_HIDE)
        end = found.end()
    return "".join(parts) + pattern[end:]


def _value(name: str, default: str | None, context: Context) -> str | None:
    if name in _CHARACTERS:
        return name
    values = context.get(name.lower(), ())
    return values[0] if len(values) == 1 and values[0] else default


def literal(expanded: str) -> str:
    """What an expanded pattern says where wildcards mean nothing, as in `StringEquals`."""
    return expanded.translate(_SHOW)


def like(pattern: str, value: str) -> bool:
    """Whether an expanded pattern matches the whole value: `*` is any run of characters, `?` any one."""
    return _compiled((pattern,)).fullmatch(value) is not None


def arn_like(pattern: str, value: str) -> bool:
    """`ArnLike`: as `like`, but part by part of the ARN's six, so that a wildcard crosses no colon."""
    patterns, values = pattern.split(":", 5), value.split(":", 5)
    return len(patterns) == len(values) == 6 and all(map(like, patterns, values))


@lru_cache(maxsize=16_384)
def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(_regex, patterns)), re.DOTALL) if patterns else _NOTHING


def _regex(pattern: str) -> str:
    pieces = re.split(r"(\*+|\?)", pattern)
    wildcards = {"*": ".*", "?": "."}
    return "".join(wildcards.get(piece[:1]) or re.escape(literal(piece)) for piece in pieces)


@dataclass(frozen=True)
class Element:
    """The patterns of one `Action`, `NotAction`, `Resource` or `NotResource`.

    Those without a variable become one regular expression, because a policy is asked about thousands of
    actions. The User Guide says of a resource's wildcards that one at the end of a part of the ARN may run
    past the colon and leaves those in the middle open; here every wildcard may.
    """

    plain: re.Pattern[str]
    templates: tuple[str, ...]
    negated: bool

    @classmethod
    def of(cls, patterns: Iterable[str], *, negated: bool, with_variables: bool) -> Element:
        """Without `with_variables`, `${…}` is plain text: in actions, and before version 2012-10-17."""
        patterns = tuple(patterns)
        # What must be expanded for each request: it has a key, or one of `${*}`, `${?}` and `${$}`.
        templates = tuple(filter(_VARIABLE.search, patterns)) if with_variables else ()
        plain = tuple(pattern for pattern in patterns if pattern not in templates)
        return cls(_compiled(plain), templates, negated)

    def covers(self, value: str, context: Context) -> bool:
        """Whether the element includes the value; in lower case both, if these are actions."""
        hit = self.plain.fullmatch(value) is not None
        if self.templates and not hit:
            expanded = (expand(template, context) for template in self.templates)
            hit = any(text and like(text, value) for text in expanded)
        return hit != self.negated
