"""What deploying would do to each resource, compared with what was deployed before and, on request, with what is.

A drift-aware deployment compares three ways: the actual state, the former deployment and the new template
(CloudFormation User Guide, "Using drift-aware change sets"). What it leaves alone is from there too: properties
that force a replacement, tag keys that no template knows, and passwords, which cannot be read.

Before it makes anything, CloudFormation validates what it is to do: of CreateChangeSet since November 2025, of
CreateStack and UpdateStack since 30 June 2026 (User Guide, "Validate stack deployments"). Only the names and the
properties of managed policies are checked: of the other types of IAM, AWS says that it does not validate them. The
reason is told by DescribeEvents alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orgkit.sandbox.cloudformation import drift
from orgkit.sandbox.cloudformation.errors import ValidationError
from orgkit.sandbox.cloudformation.events import Failure
from orgkit.sandbox.cloudformation.kinds import Properties
from orgkit.sandbox.cloudformation.resources import ManagedPolicy
from orgkit.sandbox.cloudformation.stacks import UNKNOWN, Deployment, Record, Stack
from orgkit.sandbox.iam.backend import Backend as Iam

NAME_CONFLICT, PROPERTY = "NAME_CONFLICT_VALIDATION", "PROPERTY_VALIDATION"
_HOOKS = {NAME_CONFLICT: "ResourceExistenceCheck", PROPERTY: "PropertyValidation"}
ROLLED_BACK = "Validation failure detected. See the operation's FAILED event for details."


@dataclass(frozen=True)
class Change:
    """What is to be done to one resource. `action` is a ChangeAction (model)."""

    action: str
    before: Record | None
    after: Record | None
    names: tuple[str, ...] = ()
    """The properties that differ."""
    live: Properties | None = None
    """These properties as they are, when the deployment is drift-aware."""
    drift_status: str | None = None

    @property
    def record(self) -> Record:
        """The resource as wanted, or as it is to be removed."""
        record = self.after or self.before
        assert record is not None, "a change of nothing into nothing"  # noqa: S101  for mypy
        return record

    @property
    def verb(self) -> str:
        """What the statuses of its events begin with."""
        return "CREATE" if self.action == "Add" else "UPDATE"

    @property
    def replaces(self) -> bool:
        """Whether a new resource takes the old one's place."""
        return self.action == "Modify" and not self.record.kind.create_only.isdisjoint(self.names)

    @property
    def former_properties(self) -> Properties:
        """What the handler starts from."""
        if self.live is not None:
            return self.live
        return self.before.properties if self.before else {}

    @property
    def wanted_properties(self) -> Properties:
        """What the handler is to make of it."""
        wanted = self.after.properties if self.after else {}
        if self.live is None:
            return wanted
        return {name: value for name, value in wanted.items() if name in self.names}


def plan(stack: Stack, deployment: Deployment, iam: Iam, *, drift_aware: bool) -> list[Change]:
    """All changes, in the order in which they would be made; removals come last."""
    new: set[str] = set()

    def values(logical_id: str, attribute: str | None) -> Any:
        return UNKNOWN if logical_id in new else stack.value(logical_id, attribute)

    changes = []
    for logical_id in deployment.order:
        change = change_of(stack, deployment.record(logical_id, values), iam, drift_aware=drift_aware)
        if change:
            changes.append(change)
        if change and (change.before is None or change.replaces):
            new.add(logical_id)
    return [*changes, *removals(stack, deployment)]


def removals(stack: Stack, deployment: Deployment) -> Iterator[Change]:
    """The resources that the deployment no longer has, those first that need others."""
    order = stack.deployment.order if stack.deployment else ()
    for logical_id in reversed(order):
        if logical_id in stack.resources and logical_id not in deployment.order:
            yield Change("Remove", stack.resources[logical_id], None)


def change_of(stack: Stack, wanted: Record, iam: Iam, *, drift_aware: bool) -> Change | None:
    """What is to be done to one resource, or None."""
    record = stack.resources.get(wanted.logical_id)
    if record is None:
        return Change("Add", None, wanted)
    if record.kind is not wanted.kind:
        raise ValidationError(
            "Update of resource type is not permitted. The new template modifies resource type of the "
            f"following resources: [{wanted.logical_id}]"
        )
    names = tuple(
        name
        for name in sorted({*record.properties, *wanted.properties})
        if not drift.same(name, record.properties.get(name), wanted.properties.get(name))
    )
    replaces = not record.kind.create_only.isdisjoint(names)
    if drift_aware and not replaces:
        return _against_live(stack, record, wanted, names, iam)
    return Change("Modify", record, wanted, names) if names else None


def _against_live(stack: Stack, record: Record, wanted: Record, changed: tuple[str, ...], iam: Iam) -> Change | None:
    found = drift.live_properties(stack, record, iam)
    if found is None:
        return Change("Add", record, wanted, drift_status="DELETED")
    compared = sorted((wanted.named | set(changed)) - record.kind.create_only)
    live = {name: _revertible(name, found.get(name), record, wanted) for name in compared}
    as_deployed = all(drift.same(name, value, record.properties.get(name)) for name, value in live.items())
    status = "IN_SYNC" if as_deployed else "MODIFIED"
    names = tuple(name for name in compared if not drift.same(name, live[name], wanted.properties.get(name)))
    there = {name: live[name] for name in names or changed if live.get(name) is not None}
    if names:
        return Change("Modify", record, wanted, names, there, status)
    return Change("SyncWithActual", record, wanted, changed, there, status) if changed else None


def _revertible(name: str, value: Any, record: Record, wanted: Record) -> Any:
    """A live value as far as a drift-aware deployment would touch it."""
    if name == "LoginProfile":
        return record.properties.get(name)
    if name == "Tags":
        known = {tag["Key"] for it in (record, wanted) for tag in it.properties.get("Tags", ())}
        return [tag for tag in value or () if tag["Key"] in known]
    return value


def invalid(changes: Iterable[Change], iam: Iam, arranged: Mapping[str, str]) -> tuple[Failure, ...]:
    """What does not pass the validation. `arranged` names resources whose properties are not to pass, with reasons."""
    return tuple(found for change in changes for found in _failures(change, iam, arranged))


def _failures(change: Change, iam: Iam, arranged: Mapping[str, str]) -> Iterator[Failure]:
    record, reason = change.record, arranged.get(change.record.logical_id)
    path = f"/Resources/{record.logical_id}"
    if reason:
        yield Failure(record.logical_id, record.kind.type, PROPERTY, f"{path}/Properties", reason)
    if record.kind.type != ManagedPolicy.type or change.action == "Remove":
        return
    try:
        record.kind.check(record.logical_id, record.properties)
    except ValidationError as error:
        yield Failure(record.logical_id, record.kind.type, PROPERTY, f"{path}/Properties", error.message)
    name = record.properties.get(record.kind.name_property)
    taken = name in {policy.name for policy in iam.managed_policies.values() if f"::{iam.account_id}:" in policy.arn}
    if taken and (change.action == "Add" or (change.replaces and record.kind.name_property in change.names)):
        said = f"Resource of type '{record.kind.type}' with identifier '{name}' already exists."
        yield Failure(record.logical_id, record.kind.type, NAME_CONFLICT, path, said)


def stack_reason(found: tuple[Failure, ...]) -> str:
    """Why a stack fails."""
    return (
        f"Validation failed with {len(found)} error(s). Call DescribeEvents to retrieve the full list of issues with "
        "resource and property details, resolve each error, then retry the operation."
    )


def change_set_reason(found: tuple[Failure, ...]) -> str:
    """Why a change set fails."""
    hooks = dict.fromkeys(f"AWS::EarlyValidation::{_HOOKS[each.validation]}" for each in found)
    return (
        f"The following hook(s)/validation failed: [{', '.join(hooks)}]. To troubleshoot Early Validation errors, use "
        "the DescribeEvents API for detailed failure information."
    )
