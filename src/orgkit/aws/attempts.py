"""How often a call is sent, and what is done around each attempt: through botocore's events, so that it counts them."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Timer
from typing import TYPE_CHECKING, Any, Final

from botocore.credentials import Credentials

from orgkit.aws import unanswered
from orgkit.aws.unanswered import SERVER_ERROR

if TYPE_CHECKING:
    from orgkit.aws.client import Calls

# The error codes that ask for another attempt.
_TRANSIENT: Final = frozenset(
    {
        "ConcurrentModification",
        "ConcurrentModificationException",
        "EntityTemporarilyUnmodifiable",
        "FinalizingOrganizationException",
        "PolicyChangesInProgressException",
        "ServiceException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
# What orgkit names by its id, AWS has told it of: if AWS does not know it, that is because it was made a moment ago.
_LAGGING: Final = frozenset(
    {
        "DestinationParentNotFoundException",
        "OrganizationalUnitNotFoundException",
        "ParentNotFoundException",
        "PolicyNotFoundException",
        "RootNotFoundException",
        "TargetNotFoundException",
    }
)
_TOO_MANY: Final = 429  # HTTP status
_FIRST_WAIT: Final = 0.5  # seconds, like all below
_LONGEST_WAIT: Final = 20.0
_GIVE_UP: Final = 300.0  # a new organization may take an hour, but nobody watches that long
_GIVE_UP_LAGGING: Final = 60.0
_GIVE_UP_OFFLINE: Final = 60.0
_GIVE_UP_UNREACHED: Final = 0.0
_GIVE_UP_HURRIED: Final = 2.0
_NOT_TRANSIENT: Final = -1.0
_ATTEMPTS: Final = 3  # at least so many, however long each takes
ANNOUNCED: Final = 4.0  # a wait that brings the sum to this is announced
_SLOW: Final = 8.0


def listen(client: Any) -> None:
    """Have botocore tell `Attempts` of every attempt that this client makes."""
    client.meta.events.register("before-sign", _before_sign, unique_id="orgkit-sign")
    client.meta.events.register("before-parse", _before_parse, unique_id="orgkit-parse")
    client.meta.events.register("needs-retry", _needs_retry, unique_id="orgkit-retry")


class Attempts:
    """The attempts at one call: how many seconds they have taken, and a line if one of them takes long."""

    def __init__(self, calls: Calls, operation: str, endpoint: str) -> None:
        self._calls = calls
        self.endpoint = endpoint
        self.status = 0
        """The HTTP status of the last answer."""
        self._operation = operation
        self._began = time.monotonic()
        self._made = 0
        self._wait = _FIRST_WAIT
        self._spent = 0.0

    def __enter__(self) -> Attempts:
        _CALL.set(self)
        self.watch()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_watching()

    def repeat(self, response: tuple[Any, Mapping[str, Any]] | None, failure: Exception | None) -> bool:
        """Whether to make another attempt, after waiting for it; the user is told of a long wait."""
        self.stop_watching()
        self._calls.reached = self._calls.reached or _is_by_aws(response)
        if not self._patient(_patience(response, failure, reached=self._calls.reached)):
            return False
        wait = self._wait * random.uniform(0.5, 1)  # noqa: S311  so that threads do not all come back at once
        self._wait = min(self._wait * 2, _LONGEST_WAIT)
        self._spent += wait
        if self._spent >= ANNOUNCED:
            why = response[1].get("Error", {}) if response else {"Message": str(failure), "Code": "no answer"}
            self._calls.tell(f"    waiting {wait:.0f} s: {self._operation}: {why.get('Message')} ({why.get('Code')})")
        self._calls.sleep(wait)
        self.watch()
        return True

    def renewed_credentials(self) -> Credentials:
        """What botocore signs this attempt with. If it renewed them itself, nothing would tell that failure from AWS's
        refusal of the call."""
        self.stop_watching()
        key = self._calls.renew_credentials()
        self.watch()
        return Credentials(key.access_key, key.secret_key, key.token)

    def check(self, response: dict[str, Any], *, answers_something: bool) -> None:
        self.status = response["status_code"]
        unanswered.check(self._operation, self.endpoint, response, answers_something=answers_something)

    def _patient(self, patience: float) -> bool:
        # An attempt without an answer takes long by itself; tests wait without time passing. The larger one counts.
        self._made += 1
        self._spent = max(self._spent, time.monotonic() - self._began)
        if _HURRIED.get():
            patience = min(patience, _GIVE_UP_HURRIED)
        return patience >= 0 and (self._spent < patience or self._made < _ATTEMPTS)

    def watch(self) -> None:
        """Say so if the answer takes long: botocore waits for it in silence."""
        self._timer = Timer(_SLOW, self._calls.tell, [f"    no answer to {self._operation} yet"])
        self._timer.daemon = True
        self._timer.start()

    def stop_watching(self) -> None:
        self._timer.cancel()


_CALL: Final[ContextVar[Attempts]] = ContextVar("call")
"""The call that this thread is making."""

_HURRIED: Final[ContextVar[bool]] = ContextVar("hurried", default=False)


@contextmanager
def hurried() -> Iterator[None]:
    """Wait for seconds at most: what this thread reads here is not needed for the verdict."""
    before = _HURRIED.set(True)
    try:
        yield
    finally:
        _HURRIED.reset(before)


def _before_sign(request: Any, **_: object) -> None:
    request.context.setdefault("signing", {})["request_credentials"] = _CALL.get().renewed_credentials()


def _before_parse(operation_model: Any, response_dict: dict[str, Any], **_: object) -> None:
    shape = operation_model.output_shape
    in_xml = operation_model.service_model.resolved_protocol == "query"
    _CALL.get().check(response_dict, answers_something=in_xml or bool(shape and shape.members))


def _needs_retry(response: Any, caught_exception: Exception | None, **_: object) -> float | None:
    """botocore's event `needs-retry`, after every attempt: None ends the call, a number repeats it.

    botocore counts the attempts in the answer's RetryAttempts. It would sleep itself, but in silence.
    """
    return 0 if _CALL.get().repeat(response, caught_exception) else None


def _patience(response: tuple[Any, Mapping[str, Any]] | None, failure: Exception | None, *, reached: bool) -> float:
    """For how many seconds a call is repeated that ended like this; negative if another attempt cannot help."""
    if response is None or not _is_by_aws(response):
        # Once AWS has answered, this passes more often than not: a connection lost, a gateway of AWS's or a proxy that
        # is restarted. Before that, the way to AWS is most likely closed, and nothing has been done that could be lost.
        offline = _GIVE_UP_OFFLINE if reached else _GIVE_UP_UNREACHED
        return offline if response or unanswered.may_pass(failure) else _NOT_TRANSIENT
    status, code = response[0].status_code, response[1].get("Error", {}).get("Code")
    if code in _LAGGING:
        return _GIVE_UP_LAGGING
    transient = status >= SERVER_ERROR or status == _TOO_MANY or code in _TRANSIENT
    return _GIVE_UP if transient else _NOT_TRANSIENT


def _is_by_aws(response: tuple[Any, Mapping[str, Any]] | None) -> bool:
    """Whether an answer is of AWS's own words: botocore takes the HTTP status for the code of any other error."""
    return response is not None and not str(response[1].get("Error", {}).get("Code")).isdecimal()
