"""How orgkit calls AWS: the one place for clients, retries, paging, waiting and the wording of refusals."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from threading import Lock
from typing import Any, Final, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from orgkit.aws import answers, credentials, unanswered
from orgkit.aws.answers import Answer
from orgkit.aws.attempts import ANNOUNCED, Attempts, listen
from orgkit.aws.credentials import Source
from orgkit.aws.facts import Facts
from orgkit.errors import AwsError, OrgkitError, UnexpectedAnswer

T = TypeVar("T")
Tell = Callable[[str], None]

# botocore makes one attempt; `Attempts` decides about all others.
_CONFIG: Final = Config(
    retries={"mode": "standard", "total_max_attempts": 1},
    connect_timeout=10,
    read_timeout=60,
    user_agent_extra="orgkit",
)

_LISTED_WITHIN: Final = 120.0
_FIRST_POLL: Final = 0.5
_SLOWEST_POLL: Final = 5.0
_SLOWER: Final = 1.5

# What AWS says of credentials that it does not accept, or of a signature that is too early or too late.
_UNKNOWN_KEY: Final = frozenset({"InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException"})
_REFUSED: Final = _UNKNOWN_KEY | {
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidSignatureException",
    "RequestExpired",
    "SignatureDoesNotMatch",
}

_SECRET: Final = frozenset({"Password"})
_LONGEST_TRACED: Final = 100  # characters
_LONGEST_TOLD: Final = 1000


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
        source: Source | None = None,
    ) -> None:
        self.tell = tell
        self.region = region
        self.sleep = sleep or time.sleep
        self.source = source or Source()
        self._trace = trace
        self._session = session
        self._endpoint_url = endpoint_url
        self._clients: dict[tuple[str, str], Any] = {}
        self._making_clients = Lock()  # a client may be used by several threads, a session may not
        self.reached = False
        """Whether AWS has answered before."""
        self.accepted = False
        """Whether AWS has accepted the credentials before."""

    def __call__(self, service: str, operation: str, *, in_region: str = "", **parameters: Any) -> Answer:
        """One call, repeated while AWS asks for patience. Raises AwsError or OrgkitError."""
        client = self._client(service, in_region or self.region)
        model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation])
        secrets = [str(value) for key, value in parameters.items() if key in _SECRET]
        if self._trace:
            self._trace(f"{service}:{operation} {_traceable(parameters)}")
        attempts = Attempts(self, model.name, client.meta.endpoint_url)
        try:
            with attempts:
                answer = getattr(client, operation)(**parameters)
        except (ClientError, BotoCoreError, ResponseParserError) as failure:
            region = in_region if in_region != self.region else ""
            error = self._error(model.name, failure, secrets, region, attempts)
            if self._trace:
                self._trace(f"{service}:{operation} -> {error.message}")
            raise error from (None if secrets else failure)  # AWS quotes what it does not like
        except answers.ODD as odd:
            raise UnexpectedAnswer(model.name, repr(odd)) from odd
        self.accepted = True
        return answers.checked(model, answer)

    def pages(self, service: str, operation: str, *, marker: str = "NextToken", **parameters: Any) -> Iterator[Answer]:
        """Every page of a list, in order. `marker` is the service's name for where the next page begins."""
        place: dict[str, str] = {}
        while True:
            page = self(service, operation, **parameters, **place)
            yield page
            if not page.get(marker):
                return
            if page[marker] == place.get(marker):
                raise UnexpectedAnswer(operation, f"the list returned the same {marker} twice")
            place = {marker: page[marker]}

    def polls(self, waiting: str, time_out: float) -> Iterator[float]:
        """The seconds waited so far, after each wait: short waits first, then longer ones, until the time-out.

        Every few seconds the user is told what is waited for: `waiting` is as in "until AWS shows it".
        """
        waited, told, wait = 0.0, 0.0, _FIRST_POLL
        while waited < time_out:
            if waited + wait - told >= ANNOUNCED:
                self.tell(f"    waiting {waiting}: {waited:.0f} s")
                told = waited
            self.sleep(wait)
            waited += wait
            yield waited
            wait = min(wait * _SLOWER, _SLOWEST_POLL)

    def until_listed(self, what: str, find: Callable[[], T | None], forget: Callable[[], None] | None = None) -> T:
        """What AWS says is there, as soon as its lists show it: they may lag behind its writes."""
        polls = self.polls(f"until AWS shows {what}", _LISTED_WITHIN)
        while (found := find()) is None:
            if next(polls, None) is None:
                raise OrgkitError(
                    f"AWS says {what} is there, but after {_LISTED_WITHIN:.0f} s still does not show it.",
                    "Run the same command again in a few minutes.",
                )
            if forget:
                forget()
        return found

    def address(self) -> str:
        """Where Organizations is asked, as `https://organizations.us-east-1.amazonaws.com`."""
        return str(self._client("organizations", self.region).meta.endpoint_url)

    def renew_credentials(self) -> Any:
        """The access key, as it is now. Raises SignInError if the credentials have ended, and cannot be renewed."""
        return credentials.frozen(self._session, self.source, self.tell, again=self.accepted)

    def _error(
        self, operation: str, failure: Exception, secrets: Sequence[str], region: str, attempts: Attempts
    ) -> OrgkitError:
        if isinstance(failure, ResponseParserError):
            return unanswered.not_aws(operation, attempts.endpoint, attempts.status)
        if not isinstance(failure, ClientError):
            return unanswered.error(operation, failure, _without(secrets, failure), profile=self.source.profile)
        said, metadata = failure.response.get("Error", {}), failure.response.get("ResponseMetadata", {})
        code, text = str(said.get("Code") or "Unknown"), _without(secrets, said.get("Message") or "")
        if code.isdecimal():
            return unanswered.not_aws(operation, attempts.endpoint, attempts.status)
        ahead = unanswered.clock_skew(metadata.get("HTTPHeaders", {})) if code in _REFUSED else None
        if ahead:
            return unanswered.wrong_clock(operation, ahead)
        if code in _UNKNOWN_KEY and region and self.accepted:
            return OrgkitError(
                f"{operation}: {region} does not know this account: the region is not enabled for it. ({code})",
                f"Enable {region} on the payer's Account page, AWS Regions; it takes some minutes. Then run the same "
                "command: it goes on from here.",
            )
        if code in _REFUSED:
            return credentials.refused(self.source, f"{operation}: {text} ({code})", again=self.accepted)
        again = metadata.get("RetryAttempts", 0) > 0
        return AwsError(operation, code, text, reason=str(failure.response.get("Reason") or ""), sent_again=again)

    def _client(self, service: str, region: str) -> Any:
        with self._making_clients:
            if (service, region) not in self._clients:
                self._clients[service, region] = self._new_client(service, region)
            return self._clients[service, region]

    def _new_client(self, service: str, region: str) -> Any:
        try:
            client = self._session.client(service, region_name=region, endpoint_url=self._endpoint_url, config=_CONFIG)
        except ValueError as odd:
            raise OrgkitError(
                f"AWS cannot be asked: {str(odd).rstrip('.')}.",
                "Check --endpoint-url and AWS_ENDPOINT_URL, and the region in AWS_REGION or your profile.",
            ) from odd
        listen(client)
        return client


class Service:
    """One of AWS's services. Reads are remembered in `facts`; a write puts AWS's answer there, as lists may lag."""

    name: str

    def __init__(self, calls: Calls, facts: Facts, region: str = "") -> None:
        self._calls = calls
        self._facts = facts
        self.region = region

    def _call(self, operation: str, **parameters: Any) -> Answer:
        return self._calls(self.name, operation, in_region=self.region, **parameters)

    def _list(self, operation: str, member: str, **parameters: Any) -> tuple[Any, ...]:
        """All that a paged operation lists in that member of its answers."""
        pages = self._calls.pages(self.name, operation, in_region=self.region, **parameters)
        return tuple(each for page in pages for each in page[member])


def require(thing: T | None) -> T:
    """What earlier steps have made. Raises OrgkitError if there is no organization yet."""
    if thing is None:
        raise OrgkitError("There is no organization yet.", "Run `orgkit bootstrap` first.")
    return thing


def _traceable(parameters: Mapping[str, Any]) -> str:
    """Parameters for the trace, without passwords; documents are shortened."""
    shown = {key: "(not shown)" if key in _SECRET else value for key, value in parameters.items()}
    return ", ".join(f"{key}={str(value)[:_LONGEST_TRACED]}" for key, value in shown.items())


def _without(secrets: Sequence[str], text: object) -> str:
    shown = reduce(lambda text, secret: text.replace(secret, "(not shown)"), secrets, str(text))
    return shown if len(shown) <= _LONGEST_TOLD else f"{shown[:_LONGEST_TOLD]}…"
