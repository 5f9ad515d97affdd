"""The operations that look at stacks and templates. A look at a stack lets its time pass.

DescribeEvents tells what happened by operation, and what the validation before deployment found: in the order and with
the names that AWS was recorded to give (2026-09), where a progress event is called PROGRESS, and not PROGRESS_EVENT as
in the service model.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from orgkit.sandbox.cloudformation import parameters
from orgkit.sandbox.cloudformation.backend import Backend
from orgkit.sandbox.cloudformation.change_set_calls import ChangeSet, change_set_of
from orgkit.sandbox.cloudformation.errors import ValidationError
from orgkit.sandbox.cloudformation.events import Event, Failure
from orgkit.sandbox.cloudformation.intrinsics import is_true, text
from orgkit.sandbox.cloudformation.stack_calls import Answer, Request, page, tag_list, template_of
from orgkit.sandbox.cloudformation.stacks import Deployment, Stack
from orgkit.sandbox.cloudformation.template import Template

_OPERATIONS: Final = {"CREATE": "CREATE_STACK", "UPDATE": "UPDATE_STACK", "DELETE": "DELETE_STACK"}
_FAILED_EVENTS: Final = frozenset({"VALIDATION_ERROR", "PROVISIONING_ERROR", "HOOK_INVOCATION_ERROR"})


def describe_stacks(backend: Backend, request: Request) -> Answer:
    """DescribeStacks."""
    if "StackName" in request:
        return {"Stacks": [_described(backend.look(request["StackName"], "stack"))]}
    stacks = [stack for stack in backend.stacks.values() if stack.status != "DELETE_COMPLETE"]
    if "NextToken" not in request:
        for stack in stacks:
            stack.timeline.look("stack")
    return page("Stacks", [_described(stack) for stack in stacks], request)


def describe_stack_events(backend: Backend, request: Request) -> Answer:
    """DescribeStackEvents. Only the first page lets time pass, so that the pages fit together."""
    name = request.get("StackName", "")
    try:
        stack = backend.stack(name) if "NextToken" in request else backend.look(name, "events")
    except ValidationError:
        raise ValidationError(f"Stack [{name}] does not exist") from None
    return page("StackEvents", stack.timeline.described(), request)


def list_stacks(backend: Backend, request: Request) -> Answer:
    """ListStacks."""
    wanted = request.get("StackStatusFilter", ())
    stacks = [stack for stack in backend.stacks.values() if not wanted or stack.status in wanted]
    members = (
        *("CreationTime", "DriftInformation", "LastUpdatedTime", "StackId", "StackName", "StackStatus"),
        *("DeletionTime", "StackStatusReason"),
    )
    described = [_described(stack) for stack in stacks]
    summaries = [
        {name: it.get(name) for name in members} | {"TemplateDescription": it.get("Description")} for it in described
    ]
    return page("StackSummaries", summaries, request)


def list_stack_resources(backend: Backend, request: Request) -> Answer:
    """ListStackResources."""
    stack = backend.stack(request["StackName"])
    items = [{**_resource(stack, event), "LastUpdatedTimestamp": event.timestamp} for event in _resources(stack)]
    return page("StackResourceSummaries", items, request)


def describe_stack_resources(backend: Backend, request: Request) -> Answer:
    """DescribeStackResources."""
    if "StackName" not in request:
        raise ValidationError("StackName must be specified")
    stack, wanted = backend.stack(request["StackName"]), request.get("LogicalResourceId")
    events = [event for event in _resources(stack) if wanted in (None, event.logical_id)]
    return {
        "StackResources": [
            {**_names(stack), **_resource(stack, event), "Timestamp": event.timestamp} for event in events
        ]
    }


def describe_stack_resource(backend: Backend, request: Request) -> Answer:
    """DescribeStackResource."""
    stack, wanted = backend.find(request["StackName"]), request["LogicalResourceId"]
    if stack is None:
        raise ValidationError(f"Stack '{request['StackName']}' does not exist")
    for event in _resources(stack):
        if event.logical_id == wanted:
            detail = {**_names(stack), **_resource(stack, event), "LastUpdatedTimestamp": event.timestamp}
            return {"StackResourceDetail": detail}
    raise ValidationError(f"Resource {wanted} does not exist for stack {request['StackName']}")


def _described(stack: Stack) -> dict[str, Any]:
    deployment = stack.deployment
    drift = {"StackDriftStatus": stack.drift_status, "LastCheckTimestamp": stack.drift_checked}
    result: dict[str, Any] = {
        "StackId": stack.id,
        "StackName": stack.name,
        "ChangeSetId": stack.change_set_id,
        "CreationTime": stack.created,
        "LastUpdatedTime": stack.updated,
        "StackStatus": stack.status,
        "StackStatusReason": stack.timeline.reason,
        "DisableRollback": stack.disable_rollback,
        "EnableTerminationProtection": stack.termination_protection,
        "DriftInformation": drift,
        "RollbackConfiguration": {},
        "DeploymentConfig": {"Mode": "STANDARD", "DisableRollback": stack.disable_rollback},
    }
    if stack.status == "DELETE_COMPLETE":
        result["DeletionTime"] = stack.deleted
        del result["EnableTerminationProtection"]
    if deployment is None:
        return result
    outputs = stack.outputs if stack.status != "CREATE_IN_PROGRESS" else []
    return result | {
        "Description": deployment.template.content.get("Description"),
        "Parameters": parameters.shown(deployment.template, deployment.parameters),
        "Capabilities": list(deployment.capabilities),
        "NotificationARNs": list(deployment.notification_arns),
        "RoleARN": deployment.role_arn,
        "Tags": tag_list(deployment.tags),
        "Outputs": outputs,
    }


def _resources(stack: Stack) -> list[Event]:
    """The newest event to be seen of every resource; those of a stack that is gone are told as deleted."""
    newest: dict[str, Event] = {}
    for event in stack.timeline.shown:
        known = newest.get(event.logical_id)
        old = known and event.status.startswith("DELETE") and event.physical_id != known.physical_id
        if not event.is_of_stack and not old:
            newest[event.logical_id] = event
    gone = stack.status == "DELETE_COMPLETE"
    return [event for event in newest.values() if gone or event.status != "DELETE_COMPLETE"]


def _names(stack: Stack) -> dict[str, str]:
    return {"StackName": stack.name, "StackId": stack.id}


def _resource(stack: Stack, event: Event) -> dict[str, Any]:
    drift = stack.drifts.get(event.logical_id, {}).get("StackResourceDriftStatus", "NOT_CHECKED")
    return {
        "LogicalResourceId": event.logical_id,
        "PhysicalResourceId": event.physical_id,
        "ResourceType": event.type,
        "ResourceStatus": event.status,
        "ResourceStatusReason": event.reason,
        "DriftInformation": {"StackResourceDriftStatus": drift},
    }


def get_template(backend: Backend, request: Request) -> Answer:
    """GetTemplate: the body byte for byte, and none of a stack that is only planned (observed by users, 2018, 2023)."""
    if "ChangeSetName" in request:
        deployment: Deployment | None = change_set_of(backend, request).deployment
    else:
        deployment = backend.stack(request.get("StackName", "")).deployment
    return {
        "TemplateBody": deployment.template.body if deployment else None,
        "StagesAvailable": ["Original", "Processed"],
    }


def get_stack_policy(backend: Backend, request: Request) -> Answer:
    """GetStackPolicy. No stack has one here."""
    backend.stack(request["StackName"])
    return {}


def get_template_summary(backend: Backend, request: Request) -> Answer:
    """GetTemplateSummary."""
    deployment = backend.stack(request["StackName"]).deployment if "StackName" in request else None
    if "StackName" in request and deployment is None:
        raise ValidationError("GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.")
    template = deployment.template if deployment else template_of(request, None)
    declared = template.section("Parameters").items()
    metadata = template.section("Metadata")
    return _told(template) | {
        "Parameters": [_declaration(key, item) for key, item in declared],
        "ResourceTypes": list(template.types),
        "Version": template.content.get("AWSTemplateFormatVersion"),
        "Metadata": json.dumps(metadata) if metadata else None,
    }


def validate_template(_: Backend, request: Request) -> Answer:
    """ValidateTemplate."""
    template = template_of(request, None)
    members = ("ParameterKey", "DefaultValue", "NoEcho", "Description")
    declared = [_declaration(key, item) for key, item in template.section("Parameters").items()]
    return _told(template) | {"Parameters": [{name: item[name] for name in members} for item in declared]}


def _told(template: Template) -> dict[str, Any]:
    return {
        "Description": template.content.get("Description"),
        "Capabilities": list(template.capabilities),
        "CapabilitiesReason": (f"The following resource(s) require capabilities: [{', '.join(template.types)}]"),
        "DeclaredTransforms": [],
    }


def _declaration(key: str, item: dict[str, Any]) -> dict[str, Any]:
    allowed = [text(value) for value in item.get("AllowedValues", ())]
    return {
        "ParameterKey": key,
        "ParameterType": item.get("Type", "String"),
        "DefaultValue": text(item["Default"]) if "Default" in item else None,
        "NoEcho": is_true(item.get("NoEcho", False)),
        "Description": item.get("Description"),
        "ParameterConstraints": {"AllowedValues": allowed} if allowed else {},
    }


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
            yield {**base, **_operation_event(event)}
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


def _operation_event(event: Event) -> dict[str, Any]:
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
