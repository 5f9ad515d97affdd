"""Drift: how the resources differ from what was deployed, as far as CloudFormation looks.

"Only resource properties explicitly defined in the stack template are checked for drift" (DetectStackDrift,
model). What other resources of the same stack attach is no drift (CloudFormation User Guide, "Considerations
when detecting drift").
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any, Final

from orgkit.sandbox.cloudformation.intrinsics import is_true
from orgkit.sandbox.cloudformation.kinds import MISSING, Properties, Request, as_document
from orgkit.sandbox.cloudformation.stacks import Record, Stack
from orgkit.sandbox.iam.backend import Backend as Iam

# What one type lists in a property of its own shows in a list of the other type's.
_ATTACHMENTS: Final = (
    ("AWS::IAM::ManagedPolicy", "Groups", "AWS::IAM::Group", "ManagedPolicyArns"),
    ("AWS::IAM::ManagedPolicy", "Users", "AWS::IAM::User", "ManagedPolicyArns"),
    ("AWS::IAM::ManagedPolicy", "Roles", "AWS::IAM::Role", "ManagedPolicyArns"),
    ("AWS::IAM::Group", "ManagedPolicyArns", "AWS::IAM::ManagedPolicy", "Groups"),
    ("AWS::IAM::User", "ManagedPolicyArns", "AWS::IAM::ManagedPolicy", "Users"),
    ("AWS::IAM::Role", "ManagedPolicyArns", "AWS::IAM::ManagedPolicy", "Roles"),
)


@dataclass(frozen=True)
class Difference:
    """A PropertyDifference. Values are texts, or JSON."""

    path: str
    expected: Any
    actual: Any
    kind: str

    def described(self) -> dict[str, str]:
        """As DescribeStackResourceDrifts has it."""
        return {
            "PropertyPath": self.path,
            "ExpectedValue": as_value(self.expected),
            "ActualValue": as_value(self.actual),
            "DifferenceType": self.kind,
        }


@dataclass(frozen=True)
class Drift:
    """What drift detection found of one resource. A deleted one has no properties."""

    record: Record
    timestamp: datetime
    expected: Properties
    actual: Properties | None
    said: str = ""
    """The status that it is to have, whatever is so; and the reason."""
    reason: str = ""

    @property
    def status(self) -> str:
        """A StackResourceDriftStatus."""
        if self.said:
            return self.said
        if self.actual is None:
            return "DELETED"
        return "MODIFIED" if self.differences else "IN_SYNC"

    @property
    def differences(self) -> list[Difference]:
        """In the properties that the template names."""
        actual = self.actual or {}
        if self.said and self.expected:
            name, value = next(iter(self.expected.items()))
            return [Difference(f"/{name}", value, "another", "NOT_EQUAL")] if self.said == "MODIFIED" else []
        return [
            difference
            for name, value in self.expected.items()
            for difference in _differences(f"/{name}", value, actual.get(name), ordered=False)
        ]

    def described(self, stack_id: str) -> dict[str, Any]:
        """A StackResourceDrift."""
        result: dict[str, Any] = {
            "StackId": stack_id,
            "LogicalResourceId": self.record.logical_id,
            "PhysicalResourceId": self.record.physical_id,
            "ResourceType": self.record.kind.type,
            "StackResourceDriftStatus": self.status,
            "Timestamp": self.timestamp,
            "DriftStatusReason": self.reason or None,
        }
        if self.actual is not None and self.status in ("IN_SYNC", "MODIFIED"):
            result["ExpectedProperties"] = as_value(dict(self.expected))
            result["ActualProperties"] = as_value(dict(self.actual))
            result["PropertyDifferences"] = [difference.described() for difference in self.differences]
        return result


def resource_drift(stack: Stack, record: Record, iam: Iam, now: datetime) -> Drift:
    """Compare one resource with what was deployed."""
    expected = {name: comparable(name, record.properties[name]) for name in sorted(record.named)}
    live = live_properties(stack, record, iam)
    if live is None:
        return Drift(record, now, expected, None)
    return Drift(record, now, expected, {name: live[name] for name in expected if name in live})


def live_properties(stack: Stack, record: Record, iam: Iam) -> dict[str, Any] | None:
    """The properties as they are, without what other resources of the stack attach; None when it is gone."""
    try:
        live = record.kind.read(Request(iam, record.physical_id, before=record.properties))
    except MISSING:
        return None
    for other in stack.resources.values():
        for source, written, target, seen in _ATTACHMENTS:
            attaches = (source, target) == (other.kind.type, record.kind.type)
            mine = other.physical_id in record.properties.get(seen, ())
            if attaches and not mine and record.physical_id in other.properties.get(written, ()) and seen in live:
                live[seen] = [item for item in live[seen] if item != other.physical_id]
    return live


def comparable(name: str, value: Any) -> Any:
    """A property as the read handlers give it: documents as objects, and no password, which IAM never tells."""
    if name == "PolicyDocument":
        return as_document(value)
    if name == "Policies":
        return [{**policy, "PolicyDocument": as_document(policy["PolicyDocument"])} for policy in value]
    if name == "LoginProfile":
        return {"PasswordResetRequired": is_true(value.get("PasswordResetRequired", False))}
    return value


def same(name: str, one: Any, other: Any) -> bool:
    """Whether two values of a property are the same. A list has no order (provider schemas, insertionOrder)."""
    one, other = (None if value == [] else value for value in (one, other))
    if one is None or other is None:
        return one is other
    return not list(_differences("", comparable(name, one), comparable(name, other), ordered=False))


def as_value(value: Any) -> str:
    """A value as the answers hold it: texts as they are, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _differences(path: str, expected: Any, actual: Any, *, ordered: bool) -> Iterator[Difference]:
    if actual is None:
        yield Difference(path, expected, None, "REMOVE")
    elif isinstance(expected, dict) and isinstance(actual, dict):
        for name in (*expected, *(name for name in actual if name not in expected)):
            yield from _differences(f"{path}/{name}", expected.get(name), actual.get(name), ordered=True)
    elif isinstance(expected, list) and isinstance(actual, list):
        pairs: Iterable[tuple[int, tuple[Any, Any]]] = enumerate(zip_longest(expected, actual))
        if not ordered:
            lost = [(index, (item, None)) for index, item in enumerate(expected) if item not in actual]
            pairs = [*lost, *((index, (None, item)) for index, item in enumerate(actual) if item not in expected)]
        for index, (one, other) in pairs:
            yield from _differences(f"{path}/{index}", one, other, ordered=True)
    elif expected is None:
        yield Difference(path, None, actual, "ADD")
    elif expected != actual:
        yield Difference(path, expected, actual, "NOT_EQUAL")
