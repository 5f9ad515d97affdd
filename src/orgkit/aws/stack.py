"""A CloudFormation stack as data: as it is, as it should be, and how its resources have drifted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orgkit.errors import OrgkitError


@dataclass(frozen=True)
class Stack:
    id: str
    name: str
    status: str
    reason: str
    description: str
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    outputs: Mapping[str, str]
    protected: bool
    """Whether termination protection is on."""
    left_behind: Mapping[str, str] = field(default_factory=dict)
    """What an update took out of the stack and could not delete, each with AWS's reason; known right after it only."""


@dataclass(frozen=True)
class Plan:
    """A stack as it should be."""

    name: str
    template: str
    parameters: Mapping[str, str]
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Difference:
    """One property changed by hand. `kind` is ADD, REMOVE or NOT_EQUAL, CloudFormation's own words."""

    path: str
    kind: str
    expected: str
    actual: str


@dataclass(frozen=True)
class Resource:
    """A resource of the stack as drift detection saw it."""

    logical_id: str
    physical_id: str
    type: str
    status: str
    expected: Mapping[str, Any]
    differences: tuple[Difference, ...]

    @property
    def drifted(self) -> bool:
        return self.status in ("MODIFIED", "DELETED")


class StackFailed(OrgkitError):
    """The stack did not end well. `failures` has each resource's reason, as rollback would erase it."""

    def __init__(self, stack: Stack, failures: Mapping[str, str]) -> None:
        reasons = [f"  {resource}: {reason}" for resource, reason in failures.items()]
        if not reasons and stack.reason:
            reasons = [f"  {stack.reason}"]
        super().__init__(
            "\n".join([f"Stack {stack.name} ended in {stack.status}.", *reasons]),
            "Clear what the reason names, then run the same command again: orgkit replaces a stack that is "
            "left empty, and updates one that was rolled back.",
        )
        self.stack = stack
        self.failures = dict(failures)


def stack_of(answer: Mapping[str, Any]) -> Stack:
    return Stack(
        id=answer["StackId"],
        name=answer["StackName"],
        status=answer["StackStatus"],
        reason=answer.get("StackStatusReason", ""),
        description=answer.get("Description", ""),
        parameters={p["ParameterKey"]: p.get("ParameterValue", "") for p in answer.get("Parameters", [])},
        tags={t["Key"]: t["Value"] for t in answer.get("Tags", [])},
        outputs={o["OutputKey"]: o["OutputValue"] for o in answer.get("Outputs", [])},
        protected=bool(answer.get("EnableTerminationProtection", False)),
    )


def no_stack(name: str) -> Stack:
    return Stack("", name, "DELETE_COMPLETE", "", "", {}, {}, {}, protected=False)


def text_of(body: object) -> str:
    """A template's text; botocore hands JSON templates out parsed."""
    return body if isinstance(body, str) else json.dumps(body)


def resource_of(drift: Mapping[str, Any]) -> Resource:
    return Resource(
        logical_id=drift["LogicalResourceId"],
        physical_id=drift.get("PhysicalResourceId", ""),
        type=drift["ResourceType"],
        status=drift["StackResourceDriftStatus"],
        expected=json.loads(drift.get("ExpectedProperties") or "{}"),
        differences=tuple(
            Difference(d["PropertyPath"], d["DifferenceType"], d["ExpectedValue"], d["ActualValue"])
            for d in drift.get("PropertyDifferences", [])
        ),
    )
