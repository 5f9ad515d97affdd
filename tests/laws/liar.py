"""A pretend AWS whose answers can be bent, one operation at a time."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse

Bend = Callable[[dict[str, Any]], None]
"""Makes of an answer, in place, what AWS would never say."""


class Liar:
    """Stands between botocore and the pretend AWS, and remembers what that answered: asking it takes long."""

    def __init__(self, session: boto3.Session) -> None:
        self.asked: list[str] = []
        """The operations that were called since it began to lie."""
        self.known: dict[tuple[str, str], tuple[int, dict[str, Any]]] = {}
        """HTTP status and answer to each request, by its operation and body."""
        self._remembers = False
        self._operation = ""
        self._bend: Bend | None = None
        self._garbage: tuple[int, bytes] | None = None
        # Before there are clients: a client copies its session's listeners when it is made.
        session.events.register("before-call", self._asked)
        for service in ("cloudformation", "iam", "organizations", "sts"):  # before botocore reads documents in answers
            session.events.register_first(f"after-call.{service}", self._answered)
        session.events.register_first("before-send", self._sent)

    @contextmanager
    def remembering(self) -> Iterator[None]:
        """What was answered once is answered again without asking AWS, for it is only looked at."""
        self._remembers = True
        try:
            yield
        finally:
            self._remembers = False
            self.known.clear()

    @contextmanager
    def lying(
        self, operation: str, *, bend: Bend | None = None, garbage: tuple[int, bytes] | None = None
    ) -> Iterator[None]:
        """Bend every answer to an operation, or let it be garbage of that HTTP status.

        AWS does what it is asked all the same.
        """
        self.asked, self._operation, self._bend, self._garbage = [], operation, bend, garbage
        try:
            yield
        finally:
            self._operation, self._bend, self._garbage = "", None, None

    def _asked(self, model: Any, params: dict[str, Any], context: Any, **_: object) -> Any:
        self.asked.append(model.name)
        context["request"] = (model.name, str(params["body"]))
        if context["request"] not in self.known:
            return None
        status, answer = self.known[context["request"]]
        return SimpleNamespace(status_code=status), copy.deepcopy(answer)

    def _answered(self, model: Any, http_response: Any, parsed: dict[str, Any], context: Any, **_: object) -> None:
        if self._remembers and context["request"] not in self.known:
            self.known[context["request"]] = (http_response.status_code, copy.deepcopy(parsed))
        if self._bend and model.name == self._operation:
            self._bend(parsed)

    def _sent(self, request: Any, event_name: str, **_: object) -> AWSResponse | None:
        if self._garbage is None or event_name.rsplit(".", 1)[1] != self._operation:
            return None
        status, body = self._garbage
        return AWSResponse(request.url, status, {"content-type": "text/html"}, _Body(body))


class _Body(BytesIO):
    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()
