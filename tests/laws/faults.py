"""What can go wrong at a single call to AWS, injected between botocore and the pretend AWS.

botocore asks whoever listens to `before-send` for an answer before it opens a connection. The pretend AWS is
such a listener; the wire listens before and after it. To botocore, an Exception raised there is a failed
connection, which it may try again; a BaseException ends the run, as the end of its process would.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

import boto3
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError, SSLError

_TIME_OUT: Final = 60.0  # seconds: the read time-out that orgkit sets
_JSON: Final = "application/x-amz-json-1.1"
_ERROR: Final = (
    "<ErrorResponse><Error><Type>Sender</Type><Code>{}</Code><Message>injected</Message></Error></ErrorResponse>"
)


@dataclass(frozen=True)
class Fault:
    """What becomes of a sending. What `code` names, AWS refuses without doing it."""

    name: str
    unsent: Callable[..., BaseException] | None = None
    """Raised before it leaves."""
    unheard: Callable[..., BaseException] | None = None
    """Raised when AWS has acted and answers."""
    code: str = ""
    reason: str = ""
    status: int = 400
    services: frozenset[str] = frozenset()
    """Whose calls it can hit; all if empty."""

    def __str__(self) -> str:
        return self.name

    def hits(self, call: str) -> bool:
        return not self.services or call.partition(":")[0] in self.services


def _interrupted(**_: object) -> BaseException:
    return KeyboardInterrupt()


LOST: Final = Fault("answer lost", unheard=ReadTimeoutError)
INTERRUPTED: Final = Fault("Ctrl-C before the answer", unheard=_interrupted)

RESET: Final = Fault("connection reset", unsent=ConnectionClosedError)
SILENCE: Final = Fault("read time-out", unsent=ReadTimeoutError)
UNTRUSTED: Final = Fault("a certificate that is not trusted", unsent=SSLError)
_ORGANIZATIONS: Final = frozenset({"organizations"})
BUSY: Final = Fault("ConcurrentModification", code="ConcurrentModificationException", services=_ORGANIZATIONS)
_OTHERS: Final = frozenset({"cloudformation", "iam"})
PASSING: Final = (
    Fault("TooManyRequests", code="TooManyRequestsException", services=_ORGANIZATIONS),
    BUSY,
    Fault("Finalizing", code="FinalizingOrganizationException", services=_ORGANIZATIONS),
    Fault("PolicyChangesInProgress", code="PolicyChangesInProgressException", services=_ORGANIZATIONS),
    Fault("ServiceException", code="ServiceException", services=_ORGANIZATIONS),
    Fault("Throttling", code="Throttling", services=_OTHERS),
    Fault("HTTP 500", code="InternalFailure", status=500),
    RESET,
    SILENCE,
)
"""What waiting helps against. The codes are those of botocore's models; IAM and CloudFormation have no others."""


class Clock:
    """A time that passes only by waiting, in seconds. `in_silence` is the longest that no line announced."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.now = 0.0
        self.in_silence = 0.0
        self._announced = False
        self._silence = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self._silence = 0.0 if self._announced else self._silence + seconds
        self._announced = False
        self.in_silence = max(self.in_silence, self._silence)

    def time_out(self) -> None:
        """No one can announce that no answer will come."""
        self.now += _TIME_OUT

    def tell(self, line: str) -> None:
        self.told.append(line)
        self._announced = True

    def answered(self) -> None:
        """Work goes on: what was waited for is over."""
        self._announced, self._silence = False, 0.0


class Wire:
    """The way to AWS and back: counts what is sent, and disturbs what it is told to."""

    def __init__(self, session: boto3.Session) -> None:
        self.sent: list[str] = []
        """Every sending since the disturbance began, as `organizations:CreatePolicy`."""
        self.hit: list[str] = []
        """Those of them that the fault has befallen."""
        self.clock = Clock()
        self._fault: Fault | None = None
        self._when: Callable[[int, str], bool] = _never
        self._befalls: Fault | None = None
        self._see: Callable[[], None] | None = None
        # Before there are clients: a client copies its session's listeners when it is made.
        session.events.register_first("before-send", self._leaves)
        session.events.register_last("before-send", self._is_answered)

    @contextmanager
    def disturbed(self, fault: Fault | None = None, when: Callable[[int, str], bool] | None = None) -> Iterator[Clock]:
        """Count from here, and let the fault befall the sendings, by number and call, that `when` says."""
        self.sent, self.hit, self.clock = [], [], Clock()
        self._fault, self._when = fault, when or _never
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

    def _leaves(self, request: Any, event_name: str, **_: object) -> AWSResponse | None:
        _, service, operation = event_name.split(".")
        self._befalls = self._due(f"{service}:{operation}")
        self._look()
        if self._befalls and self._befalls.unsent:
            raise self._timed(self._befalls.unsent(endpoint_url=request.url, error="injected"))
        return refusal(request, self._befalls) if self._befalls and self._befalls.code else None

    def _is_answered(self, request: Any, **_: object) -> None:
        if self._befalls and self._befalls.code:
            return
        self.clock.answered()
        self._look()
        if self._befalls and self._befalls.unheard:
            raise self._timed(self._befalls.unheard(endpoint_url=request.url, error="injected"))

    def _due(self, call: str) -> Fault | None:
        number = len(self.sent)
        self.sent.append(call)
        if not (self._fault and self._fault.hits(call) and self._when(number, call)):
            return None
        self.hit.append(call)
        return self._fault

    def _look(self) -> None:
        """Whoever looks may call AWS as well, unseen."""
        see, befalls, self._see = self._see, self._befalls, None
        if see:
            see()
        self._see, self._befalls = see, befalls

    def _timed(self, failure: BaseException) -> BaseException:
        if isinstance(failure, ReadTimeoutError):
            self.clock.time_out()
        return failure


def at(number: int) -> Callable[[int, str], bool]:
    """At the sending of this number."""
    return lambda sent, _: sent == number


def from_(number: int) -> Callable[[int, str], bool]:
    """At the sending of this number, and for ever after."""
    return lambda sent, _: sent >= number


def at_every_call(times: int = 1) -> Callable[[int, str], bool]:
    """So many times at every call: it goes well when it is sent again after that."""
    befallen: list[int] = []

    def when(sent: int, _: str) -> bool:
        if befallen[-times:] == list(range(sent - times, sent)):
            return False
        befallen.append(sent)
        return True

    return when


def at_reads(call: str) -> bool:
    """Whether a call only reads. Looking for drift is something that AWS does."""
    return call.partition(":")[2].startswith(("Describe", "Get", "List"))


def _never(number: int, call: str) -> bool:
    return False


class _Body(BytesIO):
    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


def refusal(request: Any, fault: Fault) -> AWSResponse:
    """AWS's answer in the stead of the pretend one's."""
    is_json = "X-Amz-Target" in request.headers
    said = {"__type": fault.code, "message": "injected", **({"Reason": fault.reason} if fault.reason else {})}
    body = json.dumps(said) if is_json else _ERROR.format(fault.code)
    url, request.url = request.url, "http://nowhere.invalid/"  # all listeners are asked: the pretend AWS passes on this
    return AWSResponse(url, fault.status, {"content-type": _JSON if is_json else "text/xml"}, _Body(body.encode()))
