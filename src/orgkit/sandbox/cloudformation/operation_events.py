"""DescribeEvents: what happened by operation, and what the validation before deployment found.

The order and the names are those that AWS was recorded to give (2026-09): a progress event is called PROGRESS, where
the service model says PROGRESS_EVENT.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from orgkit.sandbox.cloudformation.backend import Backend
from orgkit.sandbox.cloudformation.calls import Answer, Request, page
from orgkit.sandbox.cloudformation.change_set_calls import change_set_of
from orgkit.sandbox.cloudformation.change_sets import ChangeSet
from orgkit.sandbox.cloudformation.errors import ValidationError
from orgkit.sandbox.cloudformation.events import Event, Failure
from orgkit.sandbox.cloudformation.stacks import Stack

_OPERATIONS: Final = {"CREATE": "CREATE_STACK", "UPDATE": "UPDATE_STACK", "DELETE": "DELETE_STACK"}
_FAILED_EVENTS: Final = frozenset({"VALIDATION_ERROR", "PROVISIONING_ERROR", "HOOK_INVOCATION_ERROR"})


def describe_events(backend: Backend, request: Request) -> Answer:
    """DescribeEvents, newest first."""
    if "ChangeSetName" in request:
        events = list(_of_change_set(change_set_of(backend, request)))
    elif "StackName" in request:
        events = list(_of_stack(backend, backend.look(request["StackName"], "events")))
    elif "OperationId" in request:
        everything = [event for stack in backend.stacks.values() for event in _of_stack(backend, stack)]
        events = [event for event in everything if event["OperationId"] == request["OperationId"]]
    else:
        raise ValidationError("One of ChangeSetName, OperationId or StackName must be specified.")
    if (request.get("Filters") or {}).get("FailedEvents"):
        events = [event for event in events if event["EventType"] in _FAILED_EVENTS]
    return page("OperationEvents", events[::-1], request)


def _of_stack(backend: Backend, stack: Stack) -> Iterator[dict[str, Any]]:
    """Oldest first: each operation with its beginning, what it did, and its end where that is to be seen."""
    for change_set in backend.change_sets.values():
        if change_set.stack is stack and change_set.invalid:
            yield from _of_change_set(change_set)
    shown = stack.timeline.shown
    for operation, group in groupby(shown, lambda event: event.operation):
        events = list(group)
        if not operation:  # REVIEW_IN_PROGRESS, which no operation brings about
            continue
        first = events[0].status
        kind = "ROLLBACK" if "ROLLBACK" in first else _OPERATIONS.get(first.partition("_")[0], "CONTINUE_ROLLBACK")
        base = {"StackId": stack.id, "OperationId": operation, "OperationType": kind}
        yield {**base, **_stack_event(stack, events[0], "IN_PROGRESS")}
        for event in events:
            yield from ({**base, **_invalid(failure, event)} for failure in event.failures)
            yield {**base, **_told(event)}
        last = events[-1]
        if last is not shown[-1] or (last.is_of_stack and not last.status.endswith("_IN_PROGRESS")):
            yield {**base, **_stack_event(stack, last, "FAILED" if last.status.endswith("_FAILED") else "SUCCEEDED")}


def _of_change_set(change_set: ChangeSet) -> Iterator[dict[str, Any]]:
    stack = change_set.stack
    base = {"StackId": stack.id, "OperationId": change_set.operation, "OperationType": "CREATE_CHANGESET"}
    event = Event(stack.name, stack.id, "AWS::CloudFormation::Stack", "", timestamp=change_set.created)
    yield {**base, **_stack_event(stack, event, "IN_PROGRESS")}
    if change_set.status == "CREATE_IN_PROGRESS":
        return
    yield from ({**base, **_invalid(failure, event)} for failure in change_set.invalid)
    yield {**base, **_stack_event(stack, event, "FAILED" if change_set.status == "FAILED" else "SUCCEEDED")}


def _stack_event(stack: Stack, event: Event, status: str) -> dict[str, Any]:
    return {
        "EventId": f"{event.event_id}-{status}",
        "EventType": "STACK_EVENT",
        "OperationStatus": status,
        "LogicalResourceId": stack.name,
        "PhysicalResourceId": stack.id,
        "ResourceType": "AWS::CloudFormation::Stack",
        "Timestamp": event.timestamp,
        "ClientRequestToken": event.token,
    }


def _told(event: Event) -> dict[str, Any]:
    return {
        "EventId": event.event_id,
        "EventType": "PROVISIONING_ERROR" if event.status.endswith("_FAILED") else "PROGRESS",
        "LogicalResourceId": event.logical_id,
        "PhysicalResourceId": event.physical_id,
        "ResourceType": event.type,
        "ResourceStatus": event.status,
        "ResourceStatusReason": event.reason,
        "DetailedStatus": "VALIDATION_FAILED" if event.failures else None,
        "Timestamp": event.timestamp,
        "ClientRequestToken": event.token,
    }


def _invalid(failure: Failure, event: Event) -> dict[str, Any]:
    return {
        "EventId": f"{event.event_id}-{failure.logical_id}-{failure.validation}",
        "EventType": "VALIDATION_ERROR",
        "LogicalResourceId": failure.logical_id,
        "PhysicalResourceId": "",
        "ResourceType": failure.type,
        "ValidationFailureMode": "FAIL",
        "ValidationName": failure.validation,
        "ValidationStatus": "FAILED",
        "ValidationStatusReason": failure.reason,
        "ValidationPath": failure.path,
        "Timestamp": event.timestamp,
        "ClientRequestToken": event.token,
    }
