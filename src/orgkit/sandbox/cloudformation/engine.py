"""How a stack and its resources are made, changed, put back and deleted, and the events that this makes."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass, replace
from typing import Final
from uuid import uuid4

from moto.core.exceptions import ServiceException
from moto.core.utils import utcnow

from orgkit.sandbox.cloudformation.errors import ValidationError
from orgkit.sandbox.cloudformation.events import Failure
from orgkit.sandbox.cloudformation.kinds import MISSING, Request
from orgkit.sandbox.cloudformation.plans import ROLLED_BACK, Change, change_of, removals, stack_reason
from orgkit.sandbox.cloudformation.stacks import Deployment, Record, Stack, Step
from orgkit.sandbox.iam.backend import Backend as Iam

_CANCELLED: Final = {"CREATE": "Resource creation cancelled", "UPDATE": "Resource update cancelled"}
_HANDLER_ERRORS: Final = {
    "DeleteConflict": "ResourceConflict",
    "EntityAlreadyExists": "AlreadyExists",
    "LimitExceeded": "ServiceLimitExceeded",
    "NoSuchEntity": "NotFound",
}


BY_USER: Final = "User Initiated"


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


class _ResourcesFailedError(Exception):
    """Some resources could not be made as wanted; the text is the stack's reason."""


@dataclass(frozen=True)
class Engine:
    """Works on one stack as a whole; `handling` works on its resources."""

    stack: Stack
    iam: Iam
    handling: Handling

    def create(self, deployment: Deployment, on_failure: str, invalid: tuple[Failure, ...] = ()) -> None:
        """Make everything. `on_failure` is CreateStack's OnFailure: ROLLBACK, DELETE or DO_NOTHING."""
        stack = self.stack
        stack.deployment = deployment
        stack.timeline.stack("CREATE_IN_PROGRESS", BY_USER)
        if invalid:
            stack.timeline.stack("CREATE_FAILED", stack_reason(invalid), invalid)
            if on_failure == "DELETE":
                self.delete(ROLLED_BACK)
            elif on_failure == "ROLLBACK":
                self.roll_back_creation(ROLLED_BACK)
            return
        try:
            self._apply(deployment, drift_aware=False)
        except _ResourcesFailedError as failed:
            if on_failure == "DO_NOTHING":
                stack.timeline.stack("CREATE_FAILED", str(failed))
            elif on_failure == "DELETE":
                self.delete(f"{failed}Delete requested by user.")
            else:
                self.roll_back_creation(f"{failed}Rollback requested by user.")
        else:
            stack.outputs = deployment.outputs(stack.value)
            stack.timeline.stack("CREATE_COMPLETE")

    def update(
        self,
        deployment: Deployment,
        *,
        drift_aware: bool,
        disable_rollback: bool,
        invalid: tuple[Failure, ...] = (),
    ) -> None:
        """Make of the stack what the deployment says; a drift-aware one also mends what others changed."""
        stack = self.stack
        stack.updated = utcnow()
        if stack.status != "UPDATE_FAILED":  # a rollback goes back to the last good state
            stack.former = stack.deployment
            stack.undoable.clear()
        stack.timeline.stack("UPDATE_IN_PROGRESS", BY_USER)
        if invalid:
            stack.timeline.stack("UPDATE_FAILED", stack_reason(invalid), invalid)
            self.roll_back_update(ROLLED_BACK)
            return
        try:
            self._apply(deployment, drift_aware=drift_aware)
        except _ResourcesFailedError as failed:
            if disable_rollback:
                stack.deployment = deployment
                stack.timeline.stack("UPDATE_FAILED", str(failed))
            else:
                self.roll_back_update(str(failed))
        else:
            stack.timeline.stack("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
            self._clean_up(deployment)
            stack.timeline.stack("UPDATE_COMPLETE")

    def delete(self, reason: str = BY_USER, retain: Iterable[str] = ()) -> None:
        """Delete everything, first what needs others."""
        stack, retain = self.stack, set(retain)
        stack.timeline.stack("DELETE_IN_PROGRESS", reason)
        records = [record for name, record in stack.resources.items() if name not in retain]
        failed = [record.logical_id for record in self._last_first(records) if not self.handling.delete(record)]
        if failed:
            stack.timeline.stack("DELETE_FAILED", _failed_to("delete", failed))
        else:
            stack.resources.clear()
            stack.deleted = utcnow()
            stack.timeline.stack("DELETE_COMPLETE")

    def roll_back_creation(self, reason: str) -> None:
        """Delete what was made."""
        stack = self.stack
        stack.timeline.stack("ROLLBACK_IN_PROGRESS", reason)
        failed = [step.after.logical_id for step in reversed(stack.undoable) if not self.handling.delete(step.after)]
        stack.undoable.clear()
        if failed:
            stack.timeline.stack("ROLLBACK_FAILED", _failed_to("delete", failed))
        else:
            stack.timeline.stack("ROLLBACK_COMPLETE")

    def roll_back_update(self, reason: str, skip: Iterable[str] = ()) -> None:
        """Make of the stack what it was before the update. Resources to skip stay as they are."""
        stack, skip = self.stack, set(skip)
        stack.deployment = stack.former or stack.deployment
        stack.timeline.stack("UPDATE_ROLLBACK_IN_PROGRESS", reason)
        new = [step for step in stack.undoable if step.is_new]
        changed = [step for step in reversed(stack.undoable) if step.after.logical_id not in skip]
        failed = [step for step in changed if not self.handling.restore(step)]
        if failed:
            stack.undoable = [*new, *reversed(failed)]
            names = [step.after.logical_id for step in failed]
            stack.timeline.stack("UPDATE_ROLLBACK_FAILED", _failed_to("update", names))
            return
        stack.timeline.stack("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        for step in reversed(new):
            self.handling.delete(step.after)
        stack.undoable.clear()
        stack.timeline.stack("UPDATE_ROLLBACK_COMPLETE")

    def _apply(self, deployment: Deployment, *, drift_aware: bool) -> None:
        """Wave by wave: what does not need one another starts together, and is cancelled together."""
        for wave in deployment.waves:
            wanted = (deployment.record(logical_id, self.stack.value) for logical_id in wave)
            changes = [
                change
                for record in wanted
                if (change := change_of(self.stack, record, self.iam, drift_aware=drift_aware))
            ]
            for change in changes:
                self.handling.begin(change)
            failed: list[Change] = []
            for change in changes:
                if failed:
                    self.handling.cancel(change)
                if failed or not self.handling.make(change):
                    failed.append(change)
            if failed:
                by_verb = [
                    (verb, [change.record.logical_id for change in failed if change.verb == verb])
                    for verb in ("CREATE", "UPDATE")
                ]
                raise _ResourcesFailedError(
                    "".join(_failed_to(verb.lower(), names) for verb, names in by_verb if names)
                )

    def _clean_up(self, deployment: Deployment) -> None:
        """What comes after all resources are as wanted: the old ones go. One that stays is no failure."""
        stack = self.stack
        replaced = [step.before for step in stack.undoable if step.before and step.replaced]
        removed = [change.record for change in removals(stack, deployment)]
        for record in self._last_first([*replaced, *removed]):
            self.handling.delete(record)
            if stack.resources.get(record.logical_id) is record:
                del stack.resources[record.logical_id]
        stack.undoable.clear()
        stack.deployment, stack.outputs = deployment, deployment.outputs(stack.value)
        stack.drift_status, stack.drifts = "NOT_CHECKED", {}

    def _last_first(self, records: list[Record]) -> list[Record]:
        """The reverse of the order in which they can be made."""
        order = self.stack.deployment.order if self.stack.deployment else ()
        place = {logical_id: index for index, logical_id in enumerate(order)}
        return sorted(records, key=lambda record: place.get(record.logical_id, len(order)), reverse=True)


def _failed_to(verb: str, names: Iterable[str]) -> str:
    return f"The following resource(s) failed to {verb}: [{', '.join(names)}]. "
