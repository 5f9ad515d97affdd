"""How orgkit calls AWS: call by call, lists page by page, waiting, and remembering what was read."""

import time
from collections import deque
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass, field
from functools import wraps
from threading import Lock, RLock, Thread, current_thread
from typing import Any, ClassVar, Concatenate, Final, ParamSpec, TypeVar

import boto3
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from orgkit import __version__
from orgkit.aws import diagnosis
from orgkit.aws.attempts import ANNOUNCED, CALL, HEARD, Answer, Attempts, Watch, checked
from orgkit.aws.diagnosis import Source
from orgkit.errors import AwsError, OrgkitError, SignInError, UnexpectedAnswer

P = ParamSpec("P")
S = TypeVar("S", bound="Service")
T = TypeVar("T")
Tell = Callable[[str], object]

_SECRET: Final = frozenset({"Password"})
_LONGEST_TRACED: Final = 100  # characters

_LISTED_WITHIN: Final = 120.0
_FIRST_POLL: Final = 0.5
_SLOWEST_POLL: Final = 5.0
_SLOWER: Final = 1.5

# With 80 ms a call, eight bring 147 reads from 14 s down to 3 s; sixteen hardly less.
_AT_ONCE: Final = 8
_GRACE: Final = 1.0  # seconds

_UNKNOWN: Final[Any] = object()

# botocore makes one attempt; `Attempts` decides about all others.
_CONFIG: Final = Config(
    retries={"mode": "standard", "total_max_attempts": 1},
    connect_timeout=10,
    read_timeout=60,
    user_agent=f"orgkit/{__version__} Boto3/{boto3.__version__}",
)


@dataclass
class Clients:
    """Makes each client once, for a service and a region, and has `Attempts` hear of its attempts."""

    session: boto3.Session
    endpoint_url: str | None = None
    _made: dict[tuple[str, str], Any] = field(default_factory=dict)
    _making: Lock = field(default_factory=Lock)
    """A client may be used by several threads, a session may not."""

    def __call__(self, service: str, region: str) -> Any:
        """The client. Raises OrgkitError for an address or a region that cannot be."""
        with self._making:
            if (service, region) in self._made:
                return self._made[service, region]
            where = {"region_name": region, "endpoint_url": self.endpoint_url}
            try:
                client = self.session.client(service, config=_CONFIG, **where)
            except ValueError as odd:
                raise OrgkitError(
                    f"AWS cannot be asked: {str(odd).rstrip('.')}.",
                    "Check --endpoint-url and AWS_ENDPOINT_URL, and the region in AWS_REGION or your profile.",
                ) from odd
            for event, hear in HEARD.items():
                client.meta.events.register(event, hear, unique_id=f"orgkit-{event}")
            self._made[service, region] = client
            return client


@dataclass
class Calls:
    """Calls AWS in one session, also from several threads at once.

    `tell` hears why a call takes long, `trace` every call; `sleep` takes seconds.
    """

    session: boto3.Session
    clients: Clients
    _: KW_ONLY
    tell: Tell
    region: str
    sleep: Callable[[float], None] = field(default_factory=lambda: time.sleep)
    trace: Tell = str
    source: Source = field(default_factory=Source)
    reached: bool = False
    """Whether AWS has answered before."""

    def __post_init__(self) -> None:
        self.watch = Watch(self.tell)

    def __call__(self, service: str, operation: str, *, in_region: str = "", **parameters: Any) -> Answer:
        """One call, repeated while AWS asks for patience. Raises AwsError or OrgkitError."""
        client = self.clients(service, in_region or self.region)
        model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation])
        secrets = [str(value) for key, value in parameters.items() if key in _SECRET]
        shown = {key: "(not shown)" if key in _SECRET else value for key, value in parameters.items()}
        sent = ", ".join(f"{key}={str(value)[:_LONGEST_TRACED]}" for key, value in shown.items())
        self.trace(f"{service}:{operation} {sent}")
        attempts = Attempts(self, model, client.meta.endpoint_url)
        before = CALL.set(attempts)
        try:
            answer = getattr(client, operation)(**parameters)
        except (ClientError, BotoCoreError, ResponseParserError) as failure:
            elsewhere = "" if in_region == self.region else in_region
            error = diagnosis.failed(attempts, failure, secrets, self.source, elsewhere)
            self.trace(f"{service}:{operation} -> {error.message}")
            raise error from (None if secrets else failure)  # AWS quotes what it does not like
        except diagnosis.ODD as odd:
            raise UnexpectedAnswer(model.name, repr(odd)) from odd
        finally:
            CALL.reset(before)  # nobody else may sign with this call's credentials
            self.watch.end(attempts)
        return checked(model, answer)

    def polls(self, waiting: str, time_out: float) -> Iterator[float]:
        """The seconds waited so far, after each wait: short waits first, then longer ones. Never ends by itself.

        Every few seconds the user is told what is waited for: `waiting` is as in "until AWS shows it". Raises
        OrgkitError after the time-out.
        """
        waited, announced, wait = 0.0, 0.0, _FIRST_POLL
        while waited < time_out:
            if waited + wait - announced >= ANNOUNCED:
                self.tell(f"    waiting {waiting}: {waited:.0f} s")
                announced = waited
            self.sleep(wait)
            waited += wait
            yield waited
            wait = min(wait * _SLOWER, _SLOWEST_POLL)
        raise OrgkitError(
            f"orgkit has waited {time_out / 60:.0f} minutes {waiting}, and gives up.",
            "Run the same command again in a few minutes: it waits on. If that does not help, look in the AWS console.",
        )

    def credentials(self) -> Credentials:
        """The access key that the session signs with now, renewed if it has to be.

        Raises SignInError, or OrgkitError if it is the network that fails.
        """
        waiting = object()
        try:
            if not self.source.asks:
                self.watch.begin(waiting, f"    no answer yet from {self.source.what}")
            found = self.session.get_credentials()
            key = found and found.get_frozen_credentials()
        except Exception as failure:  # of programs and files of anybody's
            raise diagnosis.unusable(self.source, failure) from failure
        finally:
            self.watch.end(waiting)
        if key is None:
            raise SignInError("No AWS credentials were found.", diagnosis.HOW)
        # What refuses others quotes them in its error: that must not come to light.
        parts = [part for part in (key.access_key, key.secret_key, key.token) if part is not None]
        if not all(part.isascii() and part.isprintable() and " " not in part for part in parts):
            raise SignInError(
                "These credentials cannot be used: they hold a blank, a line break or another odd character.",
                "Copy them again, without the blanks and line breaks around them.",
            )
        return Credentials(key.access_key, key.secret_key, key.token)


@dataclass
class Facts:
    """What this run has read from AWS, so that nothing is read twice. What orgkit changes is dropped, or replaced by
    what AWS answered.

    Safe for concurrent reads, and what is dropped meanwhile is read again; a write must not overlap reads or writes.
    """

    _known: dict[Hashable, Any] = field(default_factory=dict)
    _reading: dict[Hashable, RLock] = field(default_factory=dict)

    def read(self, fact: Hashable, reader: Callable[[], T]) -> T:
        """The fact as known, or as `reader` finds it now. Another thread that asks meanwhile waits for that."""
        with self._reading.setdefault(fact, RLock()):  # at once: two threads that both made one would both read
            known: T = self._known.get(fact, _UNKNOWN)
            if known is _UNKNOWN:
                known = self._known[fact] = reader()
            return known

    def learn(self, fact: Hashable, value: object) -> None:
        """AWS has just answered this, so it need not be read."""
        self._known[fact] = value

    def drop(self, *facts: Hashable) -> None:
        """These may have changed. The first word of a fact's name is its kind, and stands for all of that kind."""
        for known in self._named(facts):
            self._known.pop(known, None)

    def amend(self, change: Callable[[Any], object], *facts: Hashable) -> None:
        """AWS has just answered what has changed in all of these."""
        for known in self._named(facts):
            self._known[known] = change(self._known[known])

    def _named(self, facts: Sequence[Hashable]) -> list[Hashable]:
        every = tuple(self._known)  # while others read, there may be more of them at any moment
        return [known for known in every if known in facts or (isinstance(known, tuple) and known[0] in facts)]


def remembered(kind: str) -> Callable[[Callable[Concatenate[S, P], T]], Callable[Concatenate[S, P], T]]:
    """Makes what a service's method answers a fact: its kind, with the arguments if there are any."""

    def once(read: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
        @wraps(read)
        def known(service: S, /, *what: P.args, **more: P.kwargs) -> T:
            return service._facts.read((kind, *what) if what else kind, lambda: read(service, *what, **more))

        return known

    return once


@dataclass
class Service:
    """One of AWS's services. Reads are remembered in `facts`; a write puts AWS's answer there, as lists may lag."""

    name: ClassVar[str]
    _calls: Calls
    _facts: Facts
    region: str = ""

    def _call(self, operation: str, **parameters: Any) -> Answer:
        return self._calls(self.name, operation, in_region=self.region, **parameters)

    def _unless(self, codes: str | tuple[str, ...], operation: str, **parameters: Any) -> Answer | None:
        """The same, or None if AWS refuses it with this error code, or one of these."""
        try:
            return self._call(operation, **parameters)
        except AwsError as refusal:
            if refusal.code not in ((codes,) if isinstance(codes, str) else codes):
                raise
            return None

    def _pages(self, operation: str, *, marker: str = "NextToken", **parameters: Any) -> Iterator[Answer]:
        """Every page of a list, in order. `marker` is the service's name for where the next page begins."""
        place: dict[str, str] = {}
        while True:
            page = self._call(operation, **parameters, **place)
            yield page
            if not page.get(marker):
                return
            if page[marker] == place.get(marker):
                raise UnexpectedAnswer(operation, f"the list returned the same {marker} twice")
            place = {marker: page[marker]}

    def _list(self, operation: str, member: str, **parameters: Any) -> tuple[Any, ...]:
        """All that a paged operation lists in that member of its answers."""
        return tuple(each for page in self._pages(operation, **parameters) for each in page[member])

    def until_listed(self, what: str, find: Callable[[], T | None], *facts: Hashable) -> T:
        """What AWS says is there, as soon as these facts show it: its lists may lag behind its writes."""
        polls = self._calls.polls(f"until AWS shows {what}", _LISTED_WITHIN)
        self._facts.drop(*facts)
        while (found := find()) is None:
            next(polls)
            self._facts.drop(*facts)
        return found


Listed = Callable[..., tuple[T, ...]]


def listed(
    kind: str, operation: str, member: str, *, each: str = "", of: str = "", unless: str = "", **always: Any
) -> Listed[Any]:
    """A service's method: all that an operation lists in that member of its answers, as a fact of that kind.

    `each` is what it takes of each entry, `of` the parameter whose value the caller gives; one that AWS refuses
    `unless` something is there has nothing to list.
    """

    @remembered(kind)
    def read(service: Service, value: str = "") -> tuple[Any, ...]:
        try:
            found = service._list(operation, member, **({of: value} if value else {}), **always)
        except AwsError as refusal:
            if refusal.code != unless:
                raise
            return ()
        return tuple(entry[each] for entry in found) if each else found

    return read


def require(thing: T | None, what: str = "organization") -> T:
    """What earlier steps have made. Raises OrgkitError if it is not there yet."""
    if thing is None:
        raise OrgkitError(f"There is no {what} yet.", "Run `orgkit bootstrap` first.")
    return thing


def side_by_side(reads: Iterable[Callable[[], T]]) -> Generator[T, None, None]:
    """What each read answers, in the order of the reads, as soon as all before it have answered. Never for writes.

    A failure is raised in the place of its answer; what was not begun by then is left undone.
    """
    answers = [(read, Future[T]()) for read in reads]
    waiting = deque(answers)

    def work() -> None:
        with suppress(IndexError):  # raised when nothing is waiting any more
            while True:
                read, answer = waiting.popleft()
                try:
                    answer.set_result(read())
                except BaseException as failure:  # whatever it is, it belongs to the one who waits for the answer
                    answer.set_exception(failure)

    # Daemons: who presses Ctrl-C does not wait for all of them, and they only read, so that nothing is lost.
    workers = [Thread(target=work, daemon=True) for _ in answers[:_AT_ONCE]]
    for worker in workers:
        worker.start()
    try:
        for _, answer in answers:
            yield answer.result()
    finally:
        waiting.clear()
        end = time.monotonic() + _GRACE  # a moment for what is under way
        for worker in workers:
            if worker is not current_thread():  # which may be the one to clear an abandoned walk away
                worker.join(max(0.0, end - time.monotonic()))
