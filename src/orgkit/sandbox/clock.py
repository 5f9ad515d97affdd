"""The sandbox's own clock, which tests and people can move forward. It is right again after a reset."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from moto.core.utils import utcnow

from orgkit.sandbox.kept import kept

_AHEAD: Final = "orgkit_clock_ahead"


def now() -> datetime:
    """The time in the sandbox: UTC without a zone, as moto keeps it."""
    ahead: timedelta = kept().get(_AHEAD, timedelta())
    return utcnow() + ahead


def advance(by: timedelta) -> None:
    """Move the time forward, so that invitations expire and sessions end. ValueError if it would go back."""
    if by < timedelta():
        raise ValueError("time does not go back")
    kept()[_AHEAD] = kept().get(_AHEAD, timedelta()) + by
