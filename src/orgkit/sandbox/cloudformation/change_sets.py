"""A change set: what a deployment would do, to be looked at before it is done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from orgkit.sandbox.cloudformation import parameters, validation
from orgkit.sandbox.cloudformation.drift import as_value
from orgkit.sandbox.cloudformation.events import Failure
from orgkit.sandbox.cloudformation.plans import Change
from orgkit.sandbox.cloudformation.stacks import Deployment, Stack

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
        return validation.of_change_set(self.invalid) if self.invalid else NO_CHANGES

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
        target: dict[str, Any] = {
            "Attribute": "Tags" if name == "Tags" else "Properties",
            "Name": name,
            "Path": f"/Properties/{name}",
            "RequiresRecreation": "Always" if name in change.record.kind.create_only else "Never",
            "AttributeChangeType": _kind_of_change(change, former, wanted),
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


def _kind_of_change(change: Change, former: Any, wanted: Any) -> str:
    if change.action == "SyncWithActual":
        return "SyncWithActual"
    if former is None:
        return "Add"
    return "Remove" if wanted is None else "Modify"
