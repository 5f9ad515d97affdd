"""What happens to a stack, told bit by bit.

CloudFormation answers at once and works for a while. The sandbox does the work at once and tells of it little
by little: each look at the stack, or at its events, lets time pass and shows some more of what was done.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from moto.core.utils import utcnow

STACK_TYPE: Final = "AWS::CloudFormation::Stack"


@dataclass(frozen=True)
class Failure:
    """One thing that the validation before deployment does not let pass."""

    logical_id: str
    type: str
    validation: str
    path: str
    reason: str


@dataclass(frozen=True)
class Event:
    """One event of a stack, or of one of its resources."""

    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str | None = None
    token: str | None = None
    operation: str = ""
    failures: tuple[Failure, ...] = ()
    """What the validation before deployment found, where the event tells that it failed."""
    event_id: str = field(default_factory=lambda: str(uuid4()))
    timestamp: datetime = field(default_factory=utcnow)

    @property
    def is_of_stack(self) -> bool:
        """Whether this tells of the stack itself."""
        return self.type == STACK_TYPE


@dataclass
class Timeline:
    """All events of a stack, oldest first, and how many of them are to be seen."""

    stack_name: str
    stack_id: str
    events: list[Event] = field(default_factory=list)
    _start: int = 0
    _looks: int = 0
    _looked: Counter[str] = field(default_factory=Counter)
    _token: str | None = None
    operation: str = ""
    """The id of the operation that is going on, or was the last."""

    def begin(self, looks: int, token: str | None = None) -> None:
        """Start an operation that takes so many looks; what is left of the one before is over."""
        self._start, self._looks, self._looked, self._token = len(self.events), looks, Counter(), token
        self.operation = str(uuid4())

    def stack(self, status: str, reason: str | None = None, failures: tuple[Failure, ...] = ()) -> None:
        """Add an event of the stack itself. A rollback is an operation of its own."""
        if status.endswith("ROLLBACK_IN_PROGRESS"):
            self.operation = str(uuid4())
        self.resource(self.stack_name, self.stack_id, STACK_TYPE, status, reason, failures)

    def resource(
        self,
        logical_id: str,
        physical_id: str,
        kind: str,
        status: str,
        reason: str | None = None,
        failures: tuple[Failure, ...] = (),
    ) -> None:
        """Add an event of a resource."""
        told = Event(logical_id, physical_id, kind, status, reason, self._token, self.operation, failures)
        self.events.append(told)

    def look(self, at: str) -> None:
        """Let time pass. Who looks at the stack and its events in turn has waited no longer than by one of them."""
        self._looked[at] += 1

    @property
    def shown(self) -> list[Event]:
        """The events to be seen. While the operation runs, at least its first and never its last."""
        running, looked = len(self.events) - self._start, max(self._looked.values(), default=0)
        if self._looks == 0 or looked > self._looks or running < 2:
            return self.events
        return self.events[: self._start + max(1, (running - 1) * looked // self._looks)]

    @property
    def status(self) -> str:
        """The stack's status: that of its newest event to be seen."""
        return self._of_stack[-1].status

    @property
    def reason(self) -> str | None:
        """Why: a rollback that is over is explained by how it began."""
        newest = self._of_stack[-1]
        if newest.status.endswith("ROLLBACK_COMPLETE") and not newest.reason:
            began = (event for event in reversed(self._of_stack) if event.status.endswith("ROLLBACK_IN_PROGRESS"))
            return next((event.reason for event in began), None)
        return newest.reason

    @property
    def _of_stack(self) -> list[Event]:
        return [event for event in self.shown if event.is_of_stack]

    def described(self) -> list[dict[str, Any]]:
        """The events to be seen, newest first, as DescribeStackEvents has them."""
        return [
            {
                "StackId": self.stack_id,
                "EventId": event.event_id,
                "StackName": self.stack_name,
                "LogicalResourceId": event.logical_id,
                "PhysicalResourceId": event.physical_id,
                "ResourceType": event.type,
                "Timestamp": event.timestamp,
                "ResourceStatus": event.status,
                "ResourceStatusReason": event.reason,
                "ClientRequestToken": event.token,
                "OperationId": event.operation or None,
                "DetailedStatus": "VALIDATION_FAILED" if event.failures else None,
            }
            for event in reversed(self.shown)
        ]
