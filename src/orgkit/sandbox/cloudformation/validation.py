"""What CloudFormation checks before it makes anything: of CreateChangeSet since November 2025, of CreateStack and
UpdateStack since 30 June 2026 (User Guide, "Validate stack deployments").

Only the names and the properties of managed policies are checked: of the other types of IAM, AWS says that it does
not validate them. The reason is told by DescribeEvents alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from orgkit.sandbox.cloudformation.errors import ValidationError
from orgkit.sandbox.cloudformation.events import Failure
from orgkit.sandbox.cloudformation.plans import Change
from orgkit.sandbox.cloudformation.resources import ManagedPolicy
from orgkit.sandbox.iam.backend import Backend as Iam

NAME_CONFLICT, PROPERTY = "NAME_CONFLICT_VALIDATION", "PROPERTY_VALIDATION"
_HOOKS = {NAME_CONFLICT: "ResourceExistenceCheck", PROPERTY: "PropertyValidation"}


def failures(changes: Iterable[Change], iam: Iam, arranged: Mapping[str, str]) -> tuple[Failure, ...]:
    """What does not pass. `arranged` names resources whose properties are not to pass, with reasons."""
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


def of_stack(found: tuple[Failure, ...]) -> str:
    """Why a stack fails."""
    return (
        f"Validation failed with {len(found)} error(s). Call DescribeEvents to retrieve the full list of issues with "
        "resource and property details, resolve each error, then retry the operation."
    )


def of_change_set(found: tuple[Failure, ...]) -> str:
    """Why a change set fails."""
    hooks = dict.fromkeys(f"AWS::EarlyValidation::{_HOOKS[each.validation]}" for each in found)
    return (
        f"The following hook(s)/validation failed: [{', '.join(hooks)}]. To troubleshoot Early Validation errors, use "
        "the DescribeEvents API for detailed failure information."
    )


ROLLED_BACK = "Validation failure detected. See the operation's FAILED event for details."
