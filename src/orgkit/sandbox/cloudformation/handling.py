"""How one resource is made, changed, put back and deleted, and the events that this makes."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, replace
from typing import Final
from uuid import uuid4

from moto.core.exceptions import ServiceException

from orgkit.sandbox.cloudformation.errors import ValidationError
from orgkit.sandbox.cloudformation.kinds import MISSING, Request
from orgkit.sandbox.cloudformation.plans import Change
from orgkit.sandbox.cloudformation.stacks import Record, Stack, Step
from orgkit.sandbox.iam.backend import Backend as Iam

_CANCELLED: Final = {"CREATE": "Resource creation cancelled", "UPDATE": "Resource update cancelled"}
_HANDLER_ERRORS: Final = {
    "DeleteConflict": "ResourceConflict",
    "EntityAlreadyExists": "AlreadyExists",
    "LimitExceeded": "ServiceLimitExceeded",
    "NoSuchEntity": "NotFound",
}


@dataclass(frozen=True)
class Handling:
    """Works on the resources of one stack. `failures` holds those that are to fail, once each, and why."""

    stack: Stack
    iam: Iam
    failures: MutableMapping[str, str]

    def begin(self, change: Change) -> None:
        """Tell that a change has begun."""
        if change.action == "SyncWithActual":
            return
        reason = "Requested update requires the creation of a new physical resource; hence creating one."
        self._tell(change, "IN_PROGRESS", reason if change.replaces else None)

    def cancel(self, change: Change) -> None:
        """Tell that a change that had begun is not made, because another failed."""
        self._tell(change, "FAILED", _CANCELLED[change.verb])

    def make(self, change: Change) -> bool:
        """Do what the change says; False when that failed."""
        assert change.after is not None  # noqa: S101  for mypy: removals are not made
        logical_id = change.record.logical_id
        try:
            if logical_id in self.failures:
                raise ValidationError(self.failures.pop(logical_id))
            made = self._handle(change, change.after)
        except ServiceException as error:
            self._tell(change, "FAILED", _reason(error, change.record))
            return False
        self.stack.resources[logical_id] = made
        if change.action == "Add":
            self._tell(change, "IN_PROGRESS", "Resource creation Initiated", made.physical_id)
        if change.action != "SyncWithActual":
            self._tell(change, "COMPLETE", None, made.physical_id)
        return True

    def _handle(self, change: Change, wanted: Record) -> Record:
        wanted.kind.check(wanted.logical_id, wanted.properties)
        if change.action == "Add" or change.replaces:
            made = self._create(change, wanted)
            self._did(change, made)
            return made
        assert change.before is not None  # noqa: S101  for mypy: only additions have none
        made = replace(wanted, physical_id=change.before.physical_id)
        if change.action == "Modify":
            self._did(change, made)
            former, to = change.former_properties, change.wanted_properties
            wanted.kind.update(Request(self.iam, made.physical_id, former, to))
        return self._with_attributes(made)

    def _create(self, change: Change, wanted: Record) -> Record:
        name = wanted.kind.name_property
        if change.replaces and name in wanted.properties and name not in change.names:
            raise ValidationError(
                "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                f"Rename {wanted.properties[name]} and update the stack again."
            )
        fallback = f"{self.stack.name[:24]}-{wanted.logical_id[:24]}-{uuid4().hex[:12].upper()}"
        physical_id = wanted.kind.create(Request(self.iam, fallback, after=wanted.properties))
        return self._with_attributes(replace(wanted, physical_id=physical_id))

    def _did(self, change: Change, made: Record) -> None:
        gone = change.drift_status == "DELETED"
        self.stack.undoable.append(Step(change.before, made, change.former_properties, change.wanted_properties, gone))

    def _with_attributes(self, record: Record) -> Record:
        attributes = record.kind.attributes(Request(self.iam, record.physical_id, record.properties))
        return replace(record, attributes=attributes)

    def restore(self, step: Step) -> bool:
        """Make of a resource what it was; False when that failed. What is new is deleted later."""
        record = step.after
        if not step.is_new:
            self._tell_of(record, "UPDATE_IN_PROGRESS")
            try:
                record.kind.update(Request(self.iam, record.physical_id, step.wanted, step.former))
            except ServiceException as error:
                self._tell_of(record, "UPDATE_FAILED", _reason(error, record))
                return False
            self._tell_of(record, "UPDATE_COMPLETE")
        if step.before:
            self.stack.resources[record.logical_id] = step.before
        return True

    def delete(self, record: Record) -> bool:
        """Delete a resource; False when that failed. One that is gone already counts as deleted."""
        if self.stack.retains(record.logical_id):
            self._tell_of(record, "DELETE_SKIPPED")
            return True
        self._tell_of(record, "DELETE_IN_PROGRESS")
        try:
            record.kind.delete(Request(self.iam, record.physical_id, record.properties))
        except MISSING:
            pass
        except ServiceException as error:
            self._tell_of(record, "DELETE_FAILED", _reason(error, record))
            return False
        self._tell_of(record, "DELETE_COMPLETE")
        if self.stack.resources.get(record.logical_id) is record:
            del self.stack.resources[record.logical_id]
        return True

    def _tell(self, change: Change, what: str, reason: str | None, physical_id: str | None = None) -> None:
        known = physical_id or (change.before.physical_id if change.before else "")
        self._tell_of(replace(change.record, physical_id=known), f"{change.verb}_{what}", reason)

    def _tell_of(self, record: Record, status: str, reason: str | None = None) -> None:
        timeline = self.stack.timeline
        timeline.resource(record.logical_id, record.physical_id, record.kind.type, status, reason)


def _reason(error: ServiceException, record: Record) -> str:
    """An event's reason: the stack's own as it is, a handler's as handlers tell it."""
    if isinstance(error, ValidationError):
        return error.message
    name = record.properties.get(record.kind.name_property)
    if error.code == "EntityAlreadyExists" and name:
        said = f"Resource of type '{record.kind.type}' with identifier '{name}' already exists."
    else:
        said = f"{error.message} (Service: Iam, Status Code: 400, Request ID: {uuid4()})"
    code = _HANDLER_ERRORS.get(error.code, "GeneralServiceException")
    return f'Resource handler returned message: "{said}" (RequestToken: {uuid4()}, HandlerErrorCode: {code})'
