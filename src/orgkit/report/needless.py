"""Reads that are not needed for the verdict: one that fails becomes a sentence, and nobody waits long for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from orgkit.aws.attempts import hurried
from orgkit.errors import OrgkitError

T = TypeVar("T")


@dataclass(frozen=True)
class Unread:
    """Why something could not be read."""

    text: str


def checked(what: str, read: Callable[[], T]) -> T | Unread:
    """What `read` finds, or why it finds nothing: `whether … could not be checked: AccessDenied`."""
    try:
        with hurried():
            return read()
    except OrgkitError as error:
        return Unread(f"{what} could not be checked: {error.message}")
