"""Keeping to the rates that AWS publishes, however many reads run side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from threading import Lock

from orgkit.settings.limits import Rate


class Pace:
    """A token bucket an operation, as AWS has one itself. What has no published rate is not held up."""

    def __init__(
        self,
        rates: Mapping[str, Rate],
        sleep: Callable[[float], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rates = rates
        self._sleep = sleep
        self._clock = clock
        self._lock = Lock()
        self._free_at = dict.fromkeys(rates, float("-inf"))
        """When the bucket of an operation will be full again."""

    def keep(self, operation: str) -> None:
        """Sleep until the operation may be called once more."""
        rate = self._rates.get(operation)
        if rate is None:
            return
        with self._lock:
            now = self._clock()
            full = max(self._free_at[operation], now) + 1 / rate.a_second
            self._free_at[operation] = full
        wait = full - now - rate.burst / rate.a_second
        if wait > 0:
            self._sleep(wait)
