"""How orgkit calls AWS: the one place for clients, retries, patience, paging and the wording of refusals."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Lock
from typing import Any, Final, ParamSpec, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from orgkit.aws import answers
from orgkit.aws.pace import Pace
from orgkit.aws.patience import Patience, is_offline, told_if_slow
from orgkit.errors import AwsError, OrgkitError, UnexpectedAnswer
from orgkit.settings import limits

P = ParamSpec("P")
T = TypeVar("T")
Answer = dict[str, Any]
Tell = Callable[[str], None]

# botocore's default retry mode differs between its versions, so it is said here. It gets over throttling,
# HTTP 5xx and lost connections that last some seconds, in silence; patience.py over all that lasts longer.
_RETRIES: Final = Config(
    retries={"mode": "standard", "total_max_attempts": 3},
    connect_timeout=10,
    read_timeout=60,
    user_agent_extra="orgkit",
)

_SECRET: Final = frozenset({"Password"})
_LONGEST_TRACED: Final = 100  # characters
_LONGEST_TOLD: Final = 1000
_LISTED_WITHIN: Final = 120.0  # seconds, like all below
_WORTH_TELLING: Final = 4.0
_FIRST_POLL: Final = 0.5
_SLOWEST_POLL: Final = 5.0
_SLOWER: Final = 1.5


def understood(reads: Callable[P, T]) -> Callable[P, T]:
    """A reader of AWS's answers: what it cannot make sense of is UnexpectedAnswer, not a traceback."""

    @functools.wraps(reads)
    def reader(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return reads(*args, **kwargs)
        except answers.ODD as odd:
            what = f"it lacks {odd}" if isinstance(odd, KeyError) else repr(odd)
            raise UnexpectedAnswer(_in_words(reads.__qualname__), what) from odd

    return reader


class Calls:
    """Calls AWS in one session, also from several threads at once.

    `tell` hears why a call takes long, `trace` every call; `sleep` takes seconds.
    """

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
        self._making_clients = Lock()  # a client may be used by several threads, a session may not
        self._reached = False
        """Whether AWS has answered before."""
        self._pace = Pace(limits.ORGANIZATIONS_READS, self.sleep)

    def __call__(self, service: str, operation: str, *, in_region: str = "", **parameters: Any) -> Answer:
        """One call, tried again while AWS asks for patience. Raises AwsError or OrgkitError."""
        client = self._client(service, in_region or self.region)
        method, model, secrets = getattr(client, operation), _model(client, operation), _secrets(parameters)
        patience, sent_again = Patience(self.sleep, self.tell), False
        while True:
            self._pace.keep(model.name)
            self._trace(f"{service}:{operation} {_without_secrets(parameters)}")
            try:
                with told_if_slow(model.name, self.tell):
                    answer: Answer = method(**parameters)
            except (ClientError, BotoCoreError, ResponseParserError) as failure:
                error = _error(model.name, failure, secrets, sent_again=sent_again)
                self._trace(f"{service}:{operation} -> {error.message}")
                # Who has reached AWS before has a network that comes and goes; else there may be none.
                self._reached = self._reached or isinstance(failure, ClientError)
                hopeless = is_offline(failure) and not self._reached
                if hopeless or not patience.waits(failure, error.message):
                    raise error from (None if secrets else failure)  # AWS quotes what it does not like
                sent_again = True
            except answers.ODD as odd:  # botocore's parsers raise these
                raise UnexpectedAnswer(model.name, repr(odd)) from odd
            else:
                self._reached = True
                answers.check(model, answer)
                return answer

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
            if page[marker] == place.get(marker):
                raise UnexpectedAnswer(operation, "it names the same page as the next one for ever")
            place = {marker: page[marker]}

    def polls(self, time_out: float) -> Iterator[float]:
        """The seconds waited so far, after each wait: quick at first, then slower, until the time-out."""
        waited, wait = 0.0, _FIRST_POLL
        while waited < time_out:
            self.sleep(wait)
            waited += wait
            yield waited
            wait = min(wait * _SLOWER, _SLOWEST_POLL)

    def soon(self, what: str, find: Callable[[], T | None], forget: Callable[[], None]) -> T:
        """What AWS says is there, as soon as its lists show it: they may lag behind its writes."""
        polls = self.polls(_LISTED_WITHIN)
        while (found := find()) is None:
            waited = next(polls, None)
            if waited is None:
                raise OrgkitError(
                    f"AWS says {what} is there, but after {_LISTED_WITHIN:.0f} s still does not show it.",
                    "Run the same command again in a few minutes.",
                )
            if waited >= _WORTH_TELLING:
                self.tell(f"    waiting until AWS shows {what}: {waited:.0f} s")
            forget()
        return found

    def _client(self, service: str, region: str) -> Any:
        key = (service, region)
        with self._making_clients:
            if key not in self._clients:
                self._clients[key] = self._new_client(service, region)
            return self._clients[key]

    def _new_client(self, service: str, region: str) -> Any:
        try:
            return self._session.client(service, region_name=region, endpoint_url=self._endpoint_url, config=_RETRIES)
        except ValueError as odd:
            raise OrgkitError(
                f"AWS cannot be asked: {str(odd).rstrip('.')}.",
                "Check --endpoint-url and AWS_ENDPOINT_URL, and the region in AWS_REGION or your profile.",
            ) from odd


def _in_words(name: str) -> str:
    """`Organizations.create_ou` as `organizations, create ou`."""
    return name.lower().replace(".", ", ").replace("_", " ").strip()


def _model(client: Any, operation: str) -> Any:
    """What botocore knows of an operation."""
    return client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation])


def present(thing: T | None) -> T:
    """What a step needs of the steps before it. Raises OrgkitError where there is no organization yet."""
    if thing is None:
        raise OrgkitError("There is no organization yet.", "Run `orgkit bootstrap` first.")
    return thing


def _silent(line: str) -> None:
    """Nobody listens."""


def _secrets(parameters: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(value) for key, value in parameters.items() if key in _SECRET)


def _without_secrets(parameters: Mapping[str, Any]) -> str:
    """Parameters for the trace: passwords left out, documents shortened."""
    shown = {key: "(not shown)" if key in _SECRET else value for key, value in parameters.items()}
    return ", ".join(f"{key}={str(value)[:_LONGEST_TRACED]}" for key, value in shown.items())


def _error(operation: str, failure: Exception, secrets: Sequence[str], *, sent_again: bool) -> OrgkitError:
    def hidden(text: object) -> str:
        shown = functools.reduce(lambda text, secret: text.replace(secret, "(not shown)"), secrets, str(text))
        return shown if len(shown) <= _LONGEST_TOLD else f"{shown[:_LONGEST_TOLD]}…"

    if not isinstance(failure, ClientError):
        return OrgkitError(
            f"{operation}: AWS could not be asked: {hidden(failure)}",
            "Check the network (and AWS_ENDPOINT_URL, if it is set), and run the same command: it goes on.",
        )
    answer = failure.response
    said = answer.get("Error", {})
    tries = answer.get("ResponseMetadata", {}).get("RetryAttempts", 0)
    return AwsError(
        operation,
        str(said.get("Code") or "Unknown"),
        hidden(said.get("Message") or ""),
        reason=str(answer.get("Reason") or ""),
        sent_again=sent_again or tries > 0,
    )
