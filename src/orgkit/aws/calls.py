"""How orgkit calls AWS: the one place for clients, retries, patience, paging and the wording of refusals."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, ParamSpec, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from orgkit.errors import AwsError, OrgkitError, UnexpectedAnswer

P = ParamSpec("P")
T = TypeVar("T")
Answer = dict[str, Any]
Tell = Callable[[str], None]

# botocore's default retry mode differs between its versions, so it is said here. It covers throttling,
# HTTP 5xx and lost connections; what Organizations says of itself (below) it does not know.
_RETRIES: Final = Config(
    retries={"mode": "standard", "total_max_attempts": 5},
    connect_timeout=10,
    read_timeout=60,
    user_agent_extra="orgkit",
)

# "Wait and ask again", in Organizations' words: botocore retries none of these (botocore's _retry.json names
# only TooManyRequestsException for this service, and its own attempts at that end after seconds).
_ASKS_FOR_PATIENCE: Final = frozenset(
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
_SECRET: Final = frozenset({"Password"})
_LONGEST_TRACED: Final = 100  # characters
_FIRST_WAIT: Final = 1.0
_LONGEST_WAIT: Final = 20.0
_PATIENCE: Final = 300.0  # seconds in all; a new organization may take an hour, but nobody watches that long
_WORTH_TELLING: Final = 4.0
_LISTED_WITHIN: Final = 120.0
_POLL: Final = 2.0


def understood(reads: Callable[P, T]) -> Callable[P, T]:
    """A reader of AWS's answers: what it cannot make sense of is UnexpectedAnswer, not a traceback."""

    @functools.wraps(reads)
    def reader(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return reads(*args, **kwargs)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as odd:
            raise UnexpectedAnswer(reads.__name__.replace("_", " "), repr(odd)) from odd

    return reader


class Calls:
    """Calls AWS in one session. `tell` hears why a call takes long, `trace` every call; `sleep` takes seconds."""

    def __init__(
        self,
        session: boto3.Session,
        *,
        tell: Tell,
        region: str,
        endpoint_url: str | None = None,
        sleep: Callable[[float], None] | None = None,
        trace: Tell | None = None,
    ) -> None:
        self.tell = tell
        self._trace = trace or _silent
        self.region = region
        self.sleep = sleep or time.sleep
        self._session = session
        self._endpoint_url = endpoint_url
        self._clients: dict[tuple[str, str], Any] = {}

    def __call__(self, service: str, operation: str, *, in_region: str = "", **parameters: Any) -> Answer:
        """One call, tried again while AWS asks for patience. Raises AwsError or OrgkitError."""
        method = getattr(self._client(service, in_region or self.region), operation)
        waited, wait = 0.0, _FIRST_WAIT
        while True:
            self._trace(f"{service}:{operation} {_without_secrets(parameters)}")
            try:
                answer: Answer = method(**parameters)
            except ClientError as refusal:
                error = _error(refusal)
                self._trace(f"{service}:{operation} -> {error.message}")
                if error.code not in _ASKS_FOR_PATIENCE or waited >= _PATIENCE:
                    raise error from refusal
            except BotoCoreError as failure:
                raise _unreachable(failure) from failure
            else:
                return answer
            waited += self._wait(wait, error)
            wait = min(wait * 2, _LONGEST_WAIT)

    def pages(
        self,
        service: str,
        operation: str,
        *,
        marker: str = "NextToken",
        **parameters: Any,
    ) -> Iterator[Answer]:
        """Every page of a list, in order. `marker` is what the service calls the place to go on from."""
        place: dict[str, str] = {}
        while True:
            page = self(service, operation, **parameters, **place)
            yield page
            if not page.get(marker):
                return
            place = {marker: page[marker]}

    def soon(self, what: str, find: Callable[[], T | None], forget: Callable[[], None]) -> T:
        """What AWS says is there, as soon as its lists show it: they may lag behind its writes."""
        waited = 0.0
        while (found := find()) is None:
            if waited >= _LISTED_WITHIN:
                raise OrgkitError(
                    f"AWS says {what} is there, but after {waited:.0f} s still does not show it.",
                    "Run the same command again in a few minutes.",
                )
            self.sleep(_POLL)
            waited += _POLL
            forget()
        return found

    def _client(self, service: str, region: str) -> Any:
        key = (service, region)
        if key not in self._clients:
            self._clients[key] = self._session.client(
                service, region_name=region, endpoint_url=self._endpoint_url, config=_RETRIES
            )
        return self._clients[key]

    def _wait(self, seconds: float, error: AwsError) -> float:
        if seconds >= _WORTH_TELLING:
            self.tell(f"    waiting {seconds:.0f} s: {error.operation}: {error.code}")
        self.sleep(seconds)
        return seconds


def present(thing: T | None) -> T:
    """What a step needs of the steps before it. Raises OrgkitError where there is no organization yet."""
    if thing is None:
        raise OrgkitError("There is no organization yet.", "Run `orgkit bootstrap` first.")
    return thing


def _silent(line: str) -> None:
    """Nobody listens."""


def _without_secrets(parameters: Mapping[str, Any]) -> str:
    """Parameters for the trace: passwords left out, documents shortened."""
    shown = {key: "(not shown)" if key in _SECRET else value for key, value in parameters.items()}
    return ", ".join(f"{key}={str(value)[:_LONGEST_TRACED]}" for key, value in shown.items())


def _error(refusal: ClientError) -> AwsError:
    answer = refusal.response
    said = answer.get("Error", {})
    tries = answer.get("ResponseMetadata", {}).get("RetryAttempts", 0)
    return AwsError(
        refusal.operation_name,
        str(said.get("Code") or "Unknown"),
        str(said.get("Message") or ""),
        reason=str(answer.get("Reason") or ""),
        sent_again=tries > 0,
    )


def _unreachable(failure: BotoCoreError) -> OrgkitError:
    return OrgkitError(
        f"AWS could not be asked: {failure}",
        "Check the network (and AWS_ENDPOINT_URL, if it is set), and run the same command: it goes on.",
    )
