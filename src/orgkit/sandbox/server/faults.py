"""Which operation a request asks for, and what can go wrong with it on request: errors, lost answers, silence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, get_args
from urllib.parse import parse_qs

from werkzeug import Request, Response

from orgkit.sandbox.authorization import callers

# "Credential=<key id>/<date>/<region>/<service>/aws4_request" (AWS Signature Version 4).
_CREDENTIAL: Final = re.compile(r"Credential=(?P<key>[^/,]+)/[^/,]*/[^/,]*/(?P<service>[^/,]+)/")


Kind = Literal["error", "lost", "hang", "refuse"]
_MESSAGE: Final = "Injected by the sandbox."


@dataclass(frozen=True)
class LoggedCall:
    """One request, such as `organizations:CreatePolicy`. The status is None while, or if, it has no answer."""

    operation: str
    access_key: str
    is_json: bool
    status: int | None = None


def call_in(request: Request) -> LoggedCall:
    """The call that a request makes. What names no operation is told by method and path."""
    signed = _CREDENTIAL.search(request.headers.get("Authorization", ""))
    service, key = (signed["service"], signed["key"]) if signed else ("", "")
    target = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
    form = request.get_data(as_text=True) if request.mimetype == "application/x-www-form-urlencoded" else ""
    action = [*parse_qs(form).get("Action", ()), *request.args.getlist("Action"), ""][0]
    operation = target or action or f"{request.method} {request.path}"
    return LoggedCall(f"{service}:{operation}", key, is_json=bool(target))


@dataclass(frozen=True)
class Fault:
    """What becomes of the calls of an operation, `times` times, once `after` of them went well.

    `operation` is a name with or without its service, or * for any. Kinds: error, AWS does nothing and answers
    with `code` and the HTTP `status`; refuse, AWS does nothing and the connection breaks; lost, AWS does it
    and the connection breaks; hang, as lost, but only after `seconds` of silence.
    """

    operation: str
    kind: Kind
    code: str = "ServiceException"
    status: int = 400
    times: int = 1
    after: int = 0
    seconds: float = 30

    def __post_init__(self) -> None:
        """ValueError for a kind that does not exist."""
        if self.kind not in get_args(Kind):
            raise ValueError(f"{self.kind} is not a kind of fault: {', '.join(get_args(Kind))}")

    @property
    def takes_effect(self) -> bool:
        """Whether AWS does what it was asked."""
        return self.kind in ("lost", "hang")

    def concerns(self, call: LoggedCall) -> bool:
        """Whether this is a call of its operation."""
        return self.operation in ("*", call.operation, call.operation.partition(":")[2])

    def answer(self, call: LoggedCall) -> Response | None:
        """The error, as the call's protocol has it; None if the connection breaks instead."""
        if self.kind != "error":
            return None
        told = callers.as_json if call.is_json else callers.as_xml
        content_type, body = told(self.code, _MESSAGE)
        return Response(body, self.status, content_type=content_type)


class Faults:
    """The faults to come."""

    def __init__(self, planned: Iterable[Mapping[str, Any]] = ()) -> None:
        """TypeError or ValueError for a fault that cannot be."""
        self._planned = [Fault(**each) for each in planned]

    def take(self, call: LoggedCall) -> Fault | None:
        """The fault that is due at this call. Each counts the calls it concerns; of several, the first is due."""
        due: Fault | None = None
        for place, fault in enumerate(self._planned):
            if not fault.concerns(call):
                continue
            if fault.after:
                self._planned[place] = replace(fault, after=fault.after - 1)
            elif fault.times and due is None:
                due = fault
                self._planned[place] = replace(fault, times=fault.times - 1)
        return due
