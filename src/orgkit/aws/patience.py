"""What passes by itself when one waits: which failures of a call, and how long they are waited for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer
from typing import Final

from botocore import exceptions
from botocore.parsers import ResponseParserError

# "Wait and ask again", in AWS's words. botocore retries none of the first four (its _retry.json names only
# TooManyRequestsException for Organizations), and its own attempts at the others end after seconds.
_PASSING: Final = frozenset(
    {
        "ConcurrentModificationException",
        "FinalizingOrganizationException",
        "PolicyChangesInProgressException",
        "ServiceException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_SERVERS_FAULT: Final = 500  # the HTTP status of this and all above
_FIRST_WAIT: Final = 1.0  # seconds, like all below
_LONGEST_WAIT: Final = 20.0
_LONGEST_IN_ALL: Final = 300.0  # a new organization may take an hour, but nobody watches that long
_LONGEST_OFFLINE: Final = 60.0
_WORTH_TELLING: Final = 4.0
_SLOW: Final = 8.0


class Patience:
    """How long one call has been waited for."""

    def __init__(self, sleep: Callable[[float], None], tell: Callable[[str], None]) -> None:
        self._sleep = sleep
        self._tell = tell
        self._began = time.monotonic()
        self._waited = 0.0
        self._next = _FIRST_WAIT

    def waits(self, failure: Exception, why: str) -> bool:
        """Wait, and answer whether to call again. False at once for what does not pass, or took too long by now."""
        # What has no answer takes long by itself, and in tests waiting takes no time: the longer of both counts.
        spent = max(self._waited, time.monotonic() - self._began)
        if spent >= _longest(failure):
            return False
        if spent + self._next >= _WORTH_TELLING:
            self._tell(f"    waiting {self._next:.0f} s: {why}")
        self._sleep(self._next)
        self._waited += self._next
        self._next = min(self._next * 2, _LONGEST_WAIT)
        return True


@contextmanager
def told_if_slow(operation: str, tell: Callable[[str], None]) -> Iterator[None]:
    """Say so when a call takes long: botocore waits for an answer, and calls again, in silence."""
    timer = Timer(_SLOW, tell, [f"    no answer to {operation} yet"])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def is_offline(failure: Exception) -> bool:
    """Whether the call or its answer was lost on the way. A certificate that is not trusted is another matter."""
    return isinstance(failure, (exceptions.ConnectionError, exceptions.HTTPClientError)) and not isinstance(
        failure, exceptions.SSLError
    )


def _longest(failure: Exception) -> float:
    """How long a failure is waited for in all; 0 for one that does not pass."""
    if is_offline(failure):
        return _LONGEST_OFFLINE
    if isinstance(failure, exceptions.ClientError):
        status = failure.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        passing = status >= _SERVERS_FAULT or failure.response.get("Error", {}).get("Code") in _PASSING
        return _LONGEST_IN_ALL if passing else 0.0
    # A proxy's page in the place of AWS's answer.
    return _LONGEST_OFFLINE if isinstance(failure, ResponseParserError) else 0.0
