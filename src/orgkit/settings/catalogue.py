"""The actions that AWS knows, so that one that is misspelt in an SCP, and guards nothing, is found without AWS.

AWS itself refuses no unknown action. The list is that of AWS's Service Authorization Reference: one line per service,
its prefix first, then each action with the numbers of the resource types it has. The ARN patterns of these types follow
on a line of their own, which begins with a space. AWS adds to the list all the time, so what is not in it may simply be
newer.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("actions.txt.gz")
OF: Final = "September 2026"

_TELLING: Final = 4
"""The shortest prefix to take for a slip: of AWS's shorter ones, two in three differ by one letter from another."""

_CLOSE: Final = 0.8
"""How much alike two words must be, as difflib measures it, to ask whether the one was meant."""


@dataclass(frozen=True)
class Doubt:
    """What is odd about a pattern of actions, and whether it is most likely a slip."""

    text: str
    slip: bool


class Catalogue:
    """Every action, by its service's prefix, in lower case; AWS heeds no case in either."""

    def __init__(self, lines: list[str]) -> None:
        self._services: dict[str, tuple[str, ...]] = {}
        for line in lines:
            service, *actions = line.split()
            self._services[service] = tuple(action.partition(":")[0] for action in actions)

    def doubt(self, pattern: str) -> Doubt | None:
        """What is odd about a pattern such as `ec2:Run*`, or None where it names at least one action."""
        service, _, action = pattern.partition(":")
        known = self._services.get(service.lower())
        if known is None:
            return self._no_service(service, action)
        if _named(action, known):
            return None
        near = _nearest(action, known)
        slip = any(_one_slip(action, each) for each in known)
        names = "matches no action" if "*" in action or "?" in action else "is no action"
        return _doubt(f"{pattern} {names}", near and f"{service.lower()}:{near}", slip=slip)

    def _no_service(self, service: str, action: str) -> Doubt:
        """A short prefix is a slip only where the action tells which service was meant."""
        close = [each for each in self._services if _one_slip(service, each)]
        meant = [each for each in close if action.strip("*?") and _named(action, self._services[each])]
        slip = len(meant) == 1 or (len(service) >= _TELLING and bool(close))
        near = meant[0] if len(meant) == 1 else _nearest(service, self._services)
        return _doubt(f"{service} is no service", near, slip=slip)


def load() -> Catalogue:
    """The catalogue that ships with orgkit."""
    return Catalogue([line for line in lines() if not line.startswith(" ")])


def lines() -> list[str]:
    """The lines of the list."""
    return gzip.decompress(FILE.read_bytes()).decode("utf-8").splitlines()


def _named(pattern: str, actions: Iterable[str]) -> bool:
    """Whether a pattern such as `Run*` names any of these actions."""
    return any(fnmatchcase(each.lower(), pattern.lower()) for each in actions)


def _doubt(text: str, near: str, *, slip: bool) -> Doubt:
    guess = f"did you mean {near}?" if near else "is it newer?"
    return Doubt(f"{text} in AWS's list of {OF}; {guess}", slip)


def _nearest(word: str, known: Iterable[str]) -> str:
    spelt = {each.lower(): each for each in known}
    return next((spelt[each] for each in get_close_matches(word.lower(), spelt, n=1, cutoff=_CLOSE)), "")


def _one_slip(one: str, other: str) -> bool:
    """Whether one letter too many, too few or wrong, or two of them swapped, is all that is different.

    Of AWS's actions one in a hundred is that close to another of its service, so what is that close is hardly
    ever a new one.
    """
    one, other = one.lower(), other.lower()
    begin = _alike(one, other)
    one, other = one[begin:], other[begin:]
    end = _alike(one[::-1], other[::-1])
    one, other = one[: len(one) - end], other[: len(other) - end]
    return (len(one) <= 1 and len(other) <= 1) or (len(one) == len(other) == 2 and one == other[::-1])


def _alike(one: str, other: str) -> int:
    """How many letters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))
