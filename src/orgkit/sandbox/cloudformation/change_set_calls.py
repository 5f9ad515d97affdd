"""Change sets, which tell what a deployment would do before it is done, and the operations on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from moto.core.utils import utcnow

from orgkit.sandbox.cloudformation import parameters
from orgkit.sandbox.cloudformation.backend import Backend
from orgkit.sandbox.cloudformation.drift import as_value
from orgkit.sandbox.cloudformation.errors import Refused, ValidationError
from orgkit.sandbox.cloudformation.events import Failure
from orgkit.sandbox.cloudformation.plans import Change, change_set_reason, plan
from orgkit.sandbox.cloudformation.stack_calls import (
    Answer,
    Request,
    add_stack,
    begin,
    check_can_be_updated,
    check_name,
    deployment_of,
    is_repeated,
    page,
    would_change,
)
from orgkit.sandbox.cloudformation.stacks import Deployment, Place, Stack

NO_CHANGES: Final = (
    "The submitted information didn't contain changes. Submit different information to create a change set."
)


@dataclass
class ChangeSet:
    """A change set as it stands. It is still being made until it was looked at often enough."""

    id: str
    name: str
    stack: Stack
    deployment: Deployment
    request: Mapping[str, Any]
    created: datetime
    changes: tuple[Change, ...]
    is_empty: bool
    """Whether executing it would change nothing at all."""
    looks: int
    invalid: tuple[Failure, ...] = ()
    """What the validation before deployment does not let pass."""
    execution_status: str = "AVAILABLE"
    operation: str = field(default_factory=lambda: str(uuid4()))

    @property
    def drift_aware(self) -> bool:
        """Whether it mends what was changed by hand too."""
        return self.request.get("DeploymentMode") == "REVERT_DRIFT"

    @property
    def status(self) -> str:
        """A ChangeSetStatus."""
        if self.looks > 0:
            return "CREATE_IN_PROGRESS"
        return "FAILED" if self.is_empty or self.invalid else "CREATE_COMPLETE"

    @property
    def status_reason(self) -> str | None:
        """Why it failed."""
        if self.status != "FAILED":
            return None
        return change_set_reason(self.invalid) if self.invalid else NO_CHANGES

    @property
    def is_executed(self) -> bool:
        """Whether it is over: it is then found by its id alone."""
        return self.execution_status == "EXECUTE_COMPLETE"

    @property
    def can_be_executed(self) -> bool:
        """Whether it is made, holds changes and was not overtaken."""
        return self.status == "CREATE_COMPLETE" and self.execution_status == "AVAILABLE"

    @property
    def summary(self) -> dict[str, Any]:
        """A ChangeSetSummary."""
        status = self.status
        return {
            "ChangeSetId": self.id,
            "ChangeSetName": self.name,
            "CreationTime": self.created,
            "Description": self.request.get("Description"),
            "ExecutionStatus": self.execution_status if status == "CREATE_COMPLETE" else "UNAVAILABLE",
            "StackId": self.stack.id,
            "StackName": self.stack.name,
            "Status": status,
            "StatusReason": self.status_reason,
            "IncludeNestedStacks": False,
        }

    def described(self) -> dict[str, Any]:
        """What DescribeChangeSet tells, without the changes."""
        deployment = self.deployment
        result: dict[str, Any] = {
            **self.summary,
            "Capabilities": list(deployment.capabilities),
            "NotificationARNs": list(deployment.notification_arns),
            "OnStackFailure": self.request.get("OnStackFailure"),
            "Parameters": parameters.shown(deployment.template, deployment.parameters),
            "RollbackConfiguration": {},
            "DeploymentConfig": {"Mode": "STANDARD", "DisableRollback": False},
            "Tags": [{"Key": key, "Value": value} for key, value in deployment.tags],
        }
        if self.drift_aware:
            drifted = any(change.drift_status in {"DELETED", "MODIFIED"} for change in self.changes)
            result["DeploymentMode"] = "REVERT_DRIFT"
            result["StackDriftStatus"] = "DRIFTED" if drifted else "IN_SYNC"
        return result

    def described_changes(self) -> list[dict[str, Any]]:
        """The changes; none before the change set is made."""
        if self.status != "CREATE_COMPLETE":
            return []
        return [{"Type": "Resource", "ResourceChange": _resource_change(change, self)} for change in self.changes]


def _resource_change(change: Change, owner: ChangeSet) -> dict[str, Any]:
    record = change.record
    result: dict[str, Any] = {
        "Action": change.action,
        "LogicalResourceId": record.logical_id,
        "PhysicalResourceId": change.before.physical_id if change.before else None,
        "ResourceType": record.kind.type,
        "ResourceDriftStatus": change.drift_status,
        "Scope": [],
        "Details": [],
    }
    if change.action in {"Modify", "SyncWithActual"}:
        replaced = {"Replacement": str(change.replaces), "PolicyAction": "ReplaceAndDelete"}
        result |= replaced if change.replaces else {"Replacement": "False"}
        result["Scope"] = sorted({"Tags" if name == "Tags" else "Properties" for name in change.names})
        result["Details"] = list(_details(change, owner))
    elif change.action == "Remove":
        result["PolicyAction"] = "Retain" if owner.stack.retains(record.logical_id) else "Delete"
    return result


def _details(change: Change, owner: ChangeSet) -> Iterator[dict[str, Any]]:
    for name in change.names:
        former, wanted = change.former_properties.get(name), change.wanted_properties.get(name)
        kind = "Add" if former is None else "Remove" if wanted is None else "Modify"
        kind = change.action if change.action == "SyncWithActual" else kind
        target: dict[str, Any] = {
            "Attribute": "Tags" if name == "Tags" else "Properties",
            "Name": name,
            "Path": f"/Properties/{name}",
            "RequiresRecreation": "Always" if name in change.record.kind.create_only else "Never",
            "AttributeChangeType": kind,
            "BeforeValue": as_value(former) if former is not None else None,
            "AfterValue": as_value(wanted) if wanted is not None else None,
        }
        if change.drift_status == "MODIFIED" and change.before:
            previous = change.before.properties.get(name)
            target |= {"BeforeValueFrom": "ACTUAL_STATE", "AfterValueFrom": "TEMPLATE"}
            target["Drift"] = {
                "PreviousValue": as_value(previous) if previous is not None else None,
                "ActualValue": as_value(former) if former is not None else None,
                "DriftDetectionTimestamp": owner.created,
            }
        yield {"Target": target, "Evaluation": "Static", "ChangeSource": "DirectModification"}


def create_change_set(backend: Backend, request: Request) -> Answer:
    """CreateChangeSet: CREATE and UPDATE, and drift-aware ones (DeploymentMode)."""
    kind, name = request.get("ChangeSetType", "UPDATE"), request["ChangeSetName"]
    if kind not in {"CREATE", "UPDATE"}:
        raise ValidationError("The sandbox does not import resources.")
    stack = backend.find(request["StackName"])
    if stack and (made := _of(backend, stack, name)):
        if "ClientToken" in request and made.request == request:
            return {"Id": made.id, "StackId": stack.id}
        raise Refused("AlreadyExistsException", f"ChangeSet [{name}] already exists")
    place = _place(backend, request, stack, kind)
    drift_aware = request.get("DeploymentMode") == "REVERT_DRIFT"
    deployment = deployment_of(place, request, stack.deployment if stack else None)
    if stack is None:
        stack = add_stack(backend, place)
        stack.timeline.stack("REVIEW_IN_PROGRESS", "User Initiated")
    changes = tuple(plan(stack, deployment, backend.iam, drift_aware=drift_aware))
    empty = not would_change(backend, stack, deployment, drift_aware=drift_aware)
    change_set = ChangeSet(
        backend.arn("changeSet", name),
        name,
        stack,
        deployment,
        request,
        utcnow(),
        changes,
        empty,
        backend.controls.change_set_looks,
        backend.invalid(request, changes),
    )
    backend.change_sets[change_set.id] = change_set
    return {"Id": change_set.id, "StackId": stack.id}


def describe_change_set(backend: Backend, request: Request) -> Answer:
    """DescribeChangeSet. A look at a change set lets its time pass."""
    change_set = change_set_of(backend, request)
    described = change_set.described() | page("Changes", change_set.described_changes(), request)
    change_set.looks -= 1
    return described


def list_change_sets(backend: Backend, request: Request) -> Answer:
    """ListChangeSets."""
    stack = backend.stack(request["StackName"])
    owned = [change_set for change_set in backend.change_sets.values() if change_set.stack is stack]
    return page("Summaries", [change_set.summary for change_set in owned if not change_set.is_executed], request)


def execute_change_set(backend: Backend, request: Request) -> Answer:
    """ExecuteChangeSet. It deletes the stack's other change sets (model)."""
    change_set = change_set_of(backend, request)
    stack = change_set.stack
    if is_repeated(stack, request):
        return {}
    if not change_set.can_be_executed:
        status = change_set.summary["Status" if change_set.status != "CREATE_COMPLETE" else "ExecutionStatus"]
        raise Refused(
            "InvalidChangeSetStatus",
            f"ChangeSet [{change_set.id}] cannot be executed in its current status of [{status}]",
        )
    creates = stack.status == "REVIEW_IN_PROGRESS"
    if not creates:
        check_can_be_updated(stack)
    change_set.execution_status = "EXECUTE_COMPLETE"
    begin(backend, stack, request)
    _forget_others(backend, change_set)
    stack.change_set_id = change_set.id
    engine, disabled = backend.engine(stack), request.get("DisableRollback", False)
    if creates:
        stack.updated = utcnow()
        default = "DO_NOTHING" if disabled else "ROLLBACK"
        engine.create(change_set.deployment, change_set.request.get("OnStackFailure", default))
    else:
        engine.update(change_set.deployment, drift_aware=change_set.drift_aware, disable_rollback=disabled)
    return {}


def delete_change_set(backend: Backend, request: Request) -> Answer:
    """DeleteChangeSet. Deleting what is not there is no error."""
    found = _find(backend, request)
    if found and found.status == "CREATE_IN_PROGRESS":
        raise Refused("InvalidChangeSetStatus", f"ChangeSet [{found.id}] cannot be deleted while it is being created")
    if found and found.is_executed:
        raise Refused("InvalidChangeSetStatus", "Cannot delete ChangeSet in execution status EXECUTE_COMPLETE")
    if found:
        del backend.change_sets[found.id]
    return {}


def change_set_of(backend: Backend, request: Request) -> ChangeSet:
    """The change set that a request names. Raises ChangeSetNotFound."""
    found = _find(backend, request)
    if found is None:
        raise Refused("ChangeSetNotFound", f"ChangeSet [{request['ChangeSetName']}] does not exist")
    return found


def _find(backend: Backend, request: Request) -> ChangeSet | None:
    name = request["ChangeSetName"]
    if name in backend.change_sets:
        return backend.change_sets[name]
    if name.startswith("arn:"):
        return None
    if "StackName" not in request:
        raise ValidationError("StackName must be specified if ChangeSetName is not specified as an ARN.")
    stack = backend.find(request["StackName"])
    if stack is None:
        raise ValidationError(f"Stack [{request['StackName']}] does not exist")
    return _of(backend, stack, name)


def _of(backend: Backend, stack: Stack, name: str) -> ChangeSet | None:
    """An executed change set keeps its id, and its name is free again."""
    owned = (it for it in backend.change_sets.values() if it.stack is stack and it.name == name)
    return next((it for it in owned if not it.is_executed), None)


def _place(backend: Backend, request: Request, stack: Stack | None, kind: str) -> Place:
    name = request["StackName"]
    if kind == "UPDATE":
        if stack is None:
            raise ValidationError(f"Stack [{name}] does not exist")
        check_can_be_updated(stack)
        return stack.place
    if "DeploymentMode" in request:
        raise ValidationError("DeploymentMode can only be specified for a change set of type UPDATE.")
    if stack is None:
        check_name(name)
        return backend.new_place(name)
    if stack.status != "REVIEW_IN_PROGRESS":
        raise ValidationError(
            f"Stack [{name}] already exists and cannot be created again with the changeSet "
            f"[{request['ChangeSetName']}]."
        )
    return stack.place


def _forget_others(backend: Backend, executed: ChangeSet) -> None:
    others: list[Any] = [
        change_set.id
        for change_set in backend.change_sets.values()
        if change_set.stack is executed.stack and change_set is not executed
    ]
    for change_set_id in others:
        del backend.change_sets[change_set_id]
