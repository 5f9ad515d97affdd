"""How a stack is made, changed, rolled back and deleted, and the events of the stack itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from moto.core.utils import utcnow

from orgkit.sandbox.cloudformation.events import Failure
from orgkit.sandbox.cloudformation.handling import Handling
from orgkit.sandbox.cloudformation.plans import ROLLED_BACK, Change, change_of, removals, stack_reason
from orgkit.sandbox.cloudformation.stacks import Deployment, Record, Stack
from orgkit.sandbox.iam.backend import Backend as Iam

BY_USER: Final = "User Initiated"


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
