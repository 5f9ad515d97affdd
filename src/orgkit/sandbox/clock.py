"""The sandbox's own clock, which tests and people can move forward, and where all that they set is kept.

moto empties a backend's attributes at a reset: what is kept among those of the payer never outlives a sandbox.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from moto.core.utils import utcnow
from moto.organizations.models import organizations_backends

from orgkit.sandbox import PAYER

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


def kept() -> dict[str, Any]:
    """What was set since the last reset, by name; each module has names of its own."""
    return vars(organizations_backends[PAYER]["aws"])
