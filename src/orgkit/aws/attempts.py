"""One call to AWS: its attempts, as botocore tells of them in its events, and its answer, checked."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, Final

from orgkit.aws import diagnosis
from orgkit.aws.diagnosis import SERVER_ERROR
from orgkit.errors import NO_PATIENCE, UnexpectedAnswer, remedy_of

if TYPE_CHECKING:
    from orgkit.aws.client import Calls

_TOO_MANY: Final = 429  # HTTP status
_FIRST_WAIT: Final = 0.5  # seconds, like all below
_LONGEST_WAIT: Final = 20.0
_GIVE_UP: Final = 300.0
_GIVE_UP_OFFLINE: Final = 60.0
_GIVE_UP_UNREACHED: Final = 0.0
_GIVE_UP_HURRIED: Final = 2.0
_ATTEMPTS: Final = 3  # at least so many, however long each takes
ANNOUNCED: Final = 4.0  # a wait that brings the sum to this is announced
_SLOW: Final = 5.0

_SCALARS: Final = {"string": str, "boolean": bool, "integer": int, "long": int, "timestamp": datetime}
# JSON documents, by the names of their shapes; botocore parses them.
_DOCUMENTS: Final = frozenset({"policyDocumentType", "TemplateBody"})


@dataclass
class Watch:
    """Tells of what takes long. One thread watches all that is under way: one for each costs more than most calls."""

    tell: Callable[[str], object]
    _under_way: dict[object, tuple[float, str]] = field(default_factory=dict)
    _changing: Lock = field(default_factory=Lock)
    _watched: bool = False

    def begin(self, what: object, line: str) -> None:
        """Tell the line if this has not ended in some seconds."""
        with self._changing:
            self._under_way[what] = time.monotonic() + _SLOW, line
            if not self._watched:
                self._watched = True
                Thread(target=self._watch, daemon=True).start()

    def end(self, what: object) -> None:
        with self._changing:
            self._under_way.pop(what, None)

    def _watch(self) -> None:
        """Until nothing is under way any more."""
        watched = True
        while watched:
            Event().wait(_SLOW / 5)
            with self._changing:
                late = [what for what, (due, _) in self._under_way.items() if due <= time.monotonic()]
                lines = [self._under_way.pop(what)[1] for what in late]
                watched = self._watched = bool(self._under_way)
            for line in lines:
                self.tell(line)


@dataclass(eq=False)
class Attempts:
    """The attempts at one call, as botocore tells of them: how many seconds they have taken, and whether to go on.

    A line is told if one of them takes long.
    """

    calls: Calls
    model: Any
    endpoint: str
    status: int = 0
    """The HTTP status of the last answer."""
    _began: float = field(default_factory=lambda: time.monotonic())
    _made: int = 0
    _spent: float = 0.0

    def sign(self, request: Any) -> None:
        """Have botocore sign with credentials renewed here, and say so if the answer takes long: it waits in silence.

        If it renewed them itself, nothing would tell that failure from AWS's refusal of the call.
        """
        request.context.setdefault("signing", {})["request_credentials"] = self.calls.credentials()
        self.calls.watch.begin(self, f"    no answer to {self.model.name} yet")

    def check(self, response: dict[str, Any]) -> None:
        """Raise OrgkitError for an answer that is not AWS's.

        But AWS's own gateways, too, answer 5xx in HTML or without a word: that may pass. Without its body, botocore
        takes the HTTP status for the error's code.
        """
        shape, in_xml = self.model.output_shape, self.model.service_model.resolved_protocol == "query"
        self.status, body = response["status_code"], bytes(response["body"] or b"")
        if diagnosis.is_by_aws(self.status, body, answers_something=in_xml or bool(shape and shape.members)):
            return
        if self.status < SERVER_ERROR:
            raise diagnosis.not_by_aws(self.model.name, self.endpoint, self.status)
        response["body"] = b""

    def again(self, response: tuple[Any, Mapping[str, Any]] | None, failure: Exception | None) -> bool:
        """Whether to make another attempt, after waiting for it; the user is told of a long wait."""
        self.calls.watch.end(self)
        said = response[1].get("Error", {}) if response else {"Message": str(failure), "Code": "no answer"}
        patience = self._patience(response, failure, said.get("Code"))
        # An attempt without an answer takes long by itself; tests wait without time passing. The larger one counts.
        self._made += 1
        self._spent = max(self._spent, time.monotonic() - self._began)
        least = 1 if _HURRIED.get() else _ATTEMPTS
        if patience < 0 or (self._spent >= patience and self._made >= least):
            return False
        longest = min(_FIRST_WAIT * 2 ** (self._made - 1), _LONGEST_WAIT)
        wait = longest * random.uniform(0.5, 1)  # noqa: S311  so that threads do not all come back at once
        self._spent += wait
        if self._spent >= ANNOUNCED:
            why = f"{said.get('Message')} ({said.get('Code')})"
            self.calls.tell(f"    waiting {wait:.0f} s: {self.model.name}: {why}")
        self.calls.sleep(wait)
        return True

    def _patience(self, response: tuple[Any, Any] | None, failure: Exception | None, code: str | None) -> float:
        """For how many seconds a call is repeated that ended like this; negative if another attempt cannot help."""
        if response is not None and not str(code).isdecimal():
            self.calls.reached, status = True, response[0].status_code
            of_code = remedy_of(code).patience if code else NO_PATIENCE
            patience = _GIVE_UP if status >= SERVER_ERROR or status == _TOO_MANY else of_code
        elif response is None and not diagnosis.may_pass(failure):
            patience = NO_PATIENCE
        else:
            # Once AWS has answered, this passes more often than not: a connection lost, a gateway of AWS's or a proxy
            # restarted. Before that, the way to AWS is most likely closed, and nothing is done that could be lost.
            patience = _GIVE_UP_OFFLINE if self.calls.reached else _GIVE_UP_UNREACHED
        return min(patience, _GIVE_UP_HURRIED) if _HURRIED.get() else patience


CALL: Final[ContextVar[Attempts]] = ContextVar("call")
"""The call that this thread is making."""

_HURRIED: Final[ContextVar[bool]] = ContextVar("hurried", default=False)

# botocore's events around each attempt. At the last, None ends the call and a number repeats it: botocore counts the
# attempts in the answer's RetryAttempts. It would sleep itself, but in silence.
HEARD: Final[Mapping[str, Callable[..., Any]]] = {
    "before-sign": lambda request, **_: CALL.get().sign(request),
    "before-parse": lambda response_dict, **_: CALL.get().check(response_dict),
    "needs-retry": lambda response, caught_exception, **_: 0 if CALL.get().again(response, caught_exception) else None,
}


@contextmanager
def hurried() -> Iterator[None]:
    """Wait for seconds at most: what this thread reads here is not needed for the verdict."""
    before = _HURRIED.set(True)
    try:
        yield
    finally:
        _HURRIED.reset(before)


class Answer(dict[str, Any]):
    """A structure in an answer. Reading a member that AWS left out raises UnexpectedAnswer; `get` and `in` don't."""

    def __init__(self, operation: str, members: Mapping[str, Any]) -> None:
        super().__init__(members)
        self._operation = operation

    def __missing__(self, member: str) -> Any:
        raise UnexpectedAnswer(self._operation, f"it lacks {member}")


def checked(operation: Any, answer: Mapping[str, Any]) -> Answer:
    """The answer to a botocore operation model. Raises UnexpectedAnswer if any member has the wrong type.

    Members that are missing are not looked for: only the reader knows which ones matter, see `Answer`.
    """

    def read(shape: Any, value: object) -> Any:
        if shape.type_name in ("structure", "map") and isinstance(value, Mapping):
            members = shape.members if shape.type_name == "structure" else dict.fromkeys(value, shape.value)
            known = [name for name in value if name in members]
            return Answer(operation.name, {name: read(members[name], value[name]) for name in known})
        if shape.type_name == "list" and isinstance(value, list):
            return [read(shape.member, each) for each in value]
        if isinstance(value, _SCALARS.get(shape.type_name, ())):
            return value
        if shape.name in _DOCUMENTS and isinstance(value, Mapping):
            return value
        what = f"a {type(value).__name__} in the place of {shape.name}, a {shape.type_name}"
        raise UnexpectedAnswer(operation.name, what)

    shape = operation.output_shape
    return read(shape, answer) if shape else Answer(operation.name, {})
