"""The actions that AWS has, by AWS's Service Authorization Reference, and those in SCPs that it does not have.

AWS itself refuses no action that it does not know, and one that is misspelt guards nothing. AWS adds actions all the
time, so what is not in the list may simply be newer.

One line of the list per service: its prefix first, then each action with the numbers of the resource types it has. The
ARN patterns of these types follow on a line of their own, which begins with a space.
"""

import gzip
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from orgkit.errors import Problem
from orgkit.settings.reader import Document, Place

FILE: Final = Path(__file__).with_name("actions.txt.gz")
OF: Final = "September 2026"

Services = Mapping[str, tuple[str, ...]]
"""Every action by its service's prefix, which is in lower case; AWS heeds no case in either."""


def lines() -> list[str]:
    """The lines of the list."""
    return gzip.decompress(FILE.read_bytes()).decode("utf-8").splitlines()


def load() -> Services:
    """The actions that ship with orgkit."""
    split = (line.split() for line in lines() if not line.startswith(" "))
    return {service: tuple(action.partition(":")[0] for action in actions) for service, *actions in split}


def doubts(documents: Iterable[Document]) -> Iterator[Problem]:
    """Actions in SCPs that AWS does not have: an error if it is most likely a slip, else a warning."""
    services = load()
    for document in documents:
        for place, pattern in _patterns(document):
            words, slip = doubt(pattern, services)
            if words:
                yield document.problem(place, words, warning=not slip)


def doubt(pattern: str, services: Services) -> tuple[str, bool]:
    """What is odd about a pattern such as `ec2:Run*`, or "" if it names an action; and whether it looks like a slip."""
    service, _, action = pattern.partition(":")
    known = services.get(service.lower())
    if known is None:
        # Of AWS's own prefixes two in three differ by one letter from another: the action tells which was meant.
        words = f"{service} is no service"
        meant = [each for each in services if _one_slip(service, each) and _named(action, services[each])]
        meant = meant if len(meant) == 1 else []
    elif _named(action, known):
        return "", False
    else:
        words = f"{pattern} names no action"
        meant = [f"{service.lower()}:{each}" for each in known if _one_slip(action, each)]
    guess = f"did you mean {' or '.join(meant)}?" if meant else "is it newer?"
    return f"{words} in AWS's list of {OF}; {guess}", bool(meant)


def _patterns(document: Document) -> Iterator[tuple[Place, str]]:
    """Every pattern of one service's actions in an SCP, with its place. What is none, the SCP's schema reports."""

    def each(*place: str | int) -> list[tuple[str | int, ...]]:
        """The places of the members of a list, or that of the one thing that stands in its stead."""
        written = document.at(*place)
        return [(*place, index) for index in range(len(written))] if isinstance(written, list) else [place]

    for statement in each("Statement"):
        for place in (*each(*statement, "Action"), *each(*statement, "NotAction")):
            pattern = document.at(*place)
            if isinstance(pattern, str) and ":" in pattern:
                yield place, pattern


def _named(pattern: str, actions: Iterable[str]) -> bool:
    """Whether a pattern such as `Run*` names any of these actions."""
    return any(fnmatchcase(each.lower(), pattern.lower()) for each in actions)


def _one_slip(one: str, other: str) -> bool:
    """Whether one letter too many, too few or wrong, or two of them swapped, is all that is different.

    Of AWS's actions one in a hundred is that close to another of its service, so what is that close is hardly
    ever a new one.
    """
    one, other = one.lower(), other.lower()
    while one and other and one[0] == other[0]:
        one, other = one[1:], other[1:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    return (len(one) <= 1 and len(other) <= 1) or (len(one) == len(other) == 2 and one == other[::-1])
