"""What can go wrong at a single call to AWS, injected between botocore and the pretend AWS.

botocore asks whoever listens to `before-send` for an answer before it opens a connection. The pretend AWS is
such a listener; the wire listens before and after it. To botocore, an Exception raised there is a failed
connection, which it may try again; a BaseException ends the run, as the end of its process would.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

import boto3
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

_TIME_OUT: Final = 60.0  # seconds: the read time-out that orgkit sets
_JSON: Final = "application/x-amz-json-1.1"
_ERROR: Final = (
    "<ErrorResponse><Error><Type>Sender</Type><Code>{}</Code><Message>injected</Message></Error></ErrorResponse>"
)


class Stopped(BaseException):
    """The process ends here."""

    def __init__(self, **_: object) -> None:
        super().__init__()


@dataclass(frozen=True)
class Fault:
    """What becomes of a sending. What `code` names, AWS refuses without doing it."""

    name: str
    unsent: Callable[..., BaseException] | None = None
    """Raised before it leaves."""
    unheard: Callable[..., BaseException] | None = None
    """Raised when AWS has acted and answers."""
    code: str = ""
    status: int = 400
    services: frozenset[str] = frozenset()
    """Whose calls it can hit; all if empty."""

    def hits(self, call: str) -> bool:
        return not self.services or call.partition(":")[0] in self.services


def _interrupted(**_: object) -> BaseException:
    return KeyboardInterrupt()


STOPPED_BEFORE = Fault("stopped before the call", unsent=Stopped)
STOPPED_AFTER = Fault("stopped before the answer", unheard=Stopped)
LOST = Fault("answer lost", unheard=ReadTimeoutError)
INTERRUPTED_BEFORE = Fault("Ctrl-C before the call", unsent=_interrupted)
INTERRUPTED_AFTER = Fault("Ctrl-C before the answer", unheard=_interrupted)

_ORGANIZATIONS = frozenset({"organizations"})
_OTHERS = frozenset({"cloudformation", "iam"})
PASSING: Final = (
    Fault("TooManyRequests", code="TooManyRequestsException", services=_ORGANIZATIONS),
    Fault("ConcurrentModification", code="ConcurrentModificationException", services=_ORGANIZATIONS),
    Fault("Finalizing", code="FinalizingOrganizationException", services=_ORGANIZATIONS),
    Fault("PolicyChangesInProgress", code="PolicyChangesInProgressException", services=_ORGANIZATIONS),
    Fault("ServiceException", code="ServiceException", services=_ORGANIZATIONS),
    Fault("Throttling", code="Throttling", services=_OTHERS),
    Fault("HTTP 500", code="InternalFailure", status=500),
    Fault("connection reset", unsent=ConnectionClosedError),
    Fault("read time-out", unsent=ReadTimeoutError),
)
"""What waiting helps against. The codes are those of botocore's models; IAM and CloudFormation have no others."""


class Clock:
    """A time that passes only by waiting. `unannounced` is the longest wait, in seconds, that no line was said before."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.now = 0.0
        self.unannounced = 0.0
        self._since_told = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self._since_told += seconds
        self.unannounced = max(self.unannounced, self._since_told)

    def time_out(self) -> None:
        """No one can announce that no answer will come."""
        self.now += _TIME_OUT

    def tell(self, line: str) -> None:
        self.told.append(line)
        self._since_told = 0.0


class Wire:
    """The way to AWS and back: counts what is sent, and disturbs what it is told to."""

    def __init__(self, session: boto3.Session) -> None:
        self.sent: list[str] = []
        """Every sending since the disturbance began, as `organizations:CreatePolicy`."""
        self.clock = Clock()
        self._fault: Fault | None = None
        self._at = range(0)
        self._see: Callable[[], None] | None = None
        # Before there are clients: a client copies its session's listeners when it is made.
        session.events.register_first("before-send", self._leaves)
        session.events.register_last("before-send", self._is_answered)

    @contextmanager
    def disturbed(self, fault: Fault | None = None, at: int = 0, times: float = 1) -> Iterator[Clock]:
        """Let the fault befall the sending of this number and those after it, `times` in all; count from here."""
        self.sent, self.clock, self._fault = [], Clock(), fault
        self._at = range(at, 10**9 if times == math.inf else at + int(times))
        try:
            yield self.clock
        finally:
            self._fault = None

    @contextmanager
    def watched(self, see: Callable[[], None]) -> Iterator[None]:
        """Look before every call, and again when AWS has acted."""
        self._see = see
        try:
            yield
        finally:
            self._see = None

    def _due(self) -> Fault | None:
        call = self.sent[-1]
        return self._fault if self._fault and len(self.sent) - 1 in self._at and self._fault.hits(call) else None

    def _leaves(self, request: Any, event_name: str, **_: object) -> AWSResponse | None:
        _, service, operation = event_name.split(".")
        self.sent.append(f"{service}:{operation}")
        if self._see:
            self._see()
        fault = self._due()
        if fault is None:
            return None
        if fault.unsent:
            raise self._timed(fault.unsent(endpoint_url=request.url, error="injected"))
        if fault.code:
            return _refusal(request, fault)
        return None

    def _is_answered(self, request: Any, **_: object) -> None:
        if self._see:
            self._see()
        fault = self._due()
        if fault and fault.unheard:
            raise self._timed(fault.unheard(endpoint_url=request.url, error="injected"))

    def _timed(self, failure: BaseException) -> BaseException:
        if isinstance(failure, ReadTimeoutError):
            self.clock.time_out()
        return failure


class _Body(BytesIO):
    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


def _refusal(request: Any, fault: Fault) -> AWSResponse:
    is_json = "X-Amz-Target" in request.headers
    body = json.dumps({"__type": fault.code, "message": "injected"}) if is_json else _ERROR.format(fault.code)
    url, request.url = request.url, "http://nowhere.invalid/"  # all listeners are asked: the pretend AWS passes on this
    return AWSResponse(url, fault.status, {"content-type": _JSON if is_json else "text/xml"}, _Body(body.encode()))
