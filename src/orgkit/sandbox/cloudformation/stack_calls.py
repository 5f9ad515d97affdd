"""The operations that change stacks."""

from __future__ import annotations

import re
from typing import Final

from moto.core.utils import utcnow

from orgkit.sandbox.cloudformation.backend import Backend
from orgkit.sandbox.cloudformation.calls import (
    Answer,
    Request,
    begin,
    check_can_be_updated,
    deployment_of,
    is_repeated,
)
from orgkit.sandbox.cloudformation.engine import BY_USER
from orgkit.sandbox.cloudformation.errors import AlreadyExists, ValidationError
from orgkit.sandbox.cloudformation.events import Timeline
from orgkit.sandbox.cloudformation.plans import plan
from orgkit.sandbox.cloudformation.stacks import Deployment, Place, Stack

_NAME: Final = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")

# A stack that is being created may be deleted; one that is being changed may not.
_CANNOT_BE_DELETED: Final = re.compile(r"(IMPORT|UPDATE).*_IN_PROGRESS")


def create_stack(backend: Backend, request: Request) -> Answer:
    """CreateStack."""
    name = request["StackName"]
    check_name(name)
    existing = backend.find(name)
    planned = existing if existing and existing.status == "REVIEW_IN_PROGRESS" else None
    if existing and not planned:
        if is_repeated(existing, request):
            return {"StackId": existing.id}
        raise AlreadyExists(f"Stack [{name}] already exists")
    if "OnFailure" in request and "DisableRollback" in request:
        raise ValidationError("You can specify either OnFailure or DisableRollback, but not both.")
    place = planned.place if planned else backend.new_place(name)
    deployment = deployment_of(place, request, None)
    stack = planned or add_stack(backend, place)
    stack.termination_protection = request.get("EnableTerminationProtection", False)
    on_failure = request.get("OnFailure", "DO_NOTHING" if request.get("DisableRollback") else "ROLLBACK")
    stack.disable_rollback = on_failure == "DO_NOTHING"
    is_repeated(stack, request)
    invalid = backend.invalid(request, plan(stack, deployment, backend.iam, drift_aware=False))
    begun = begin(backend, stack, request)
    backend.engine(stack).create(deployment, on_failure, invalid)
    return begun


def update_stack(backend: Backend, request: Request) -> Answer:
    """UpdateStack."""
    stack = backend.find(request["StackName"])
    if stack is None:
        raise ValidationError(f"Stack [{request['StackName']}] does not exist")
    if is_repeated(stack, request):
        return {"StackId": stack.id}
    check_can_be_updated(stack)
    deployment = deployment_of(stack.place, request, stack.deployment)
    if not would_change(backend, stack, deployment, drift_aware=False):
        raise ValidationError("No updates are to be performed.")
    invalid = backend.invalid(request, plan(stack, deployment, backend.iam, drift_aware=False))
    begun = begin(backend, stack, request)
    disabled = request.get("DisableRollback", False)
    backend.engine(stack).update(deployment, drift_aware=False, disable_rollback=disabled, invalid=invalid)
    return begun


def delete_stack(backend: Backend, request: Request) -> Answer:
    """DeleteStack. Deleting what is not there, or is being deleted, is no error."""
    stack = backend.find(request["StackName"])
    if stack is None or is_repeated(stack, request):
        return None
    if stack.status in {"DELETE_COMPLETE", "DELETE_IN_PROGRESS"}:
        return None
    if stack.termination_protection:
        raise ValidationError(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
    if _CANNOT_BE_DELETED.fullmatch(stack.status):
        raise ValidationError(f"Stack [{stack.id}] cannot be deleted while in status {stack.status}")
    if request.get("RetainResources") and stack.status != "DELETE_FAILED":
        raise ValidationError("RetainResources can only be specified for a stack in the DELETE_FAILED state.")
    begin(backend, stack, request)
    backend.engine(stack).delete(BY_USER, request.get("RetainResources", ()))
    return None


def update_termination_protection(backend: Backend, request: Request) -> Answer:
    """UpdateTerminationProtection."""
    stack = backend.stack(request["StackName"])
    stack.termination_protection = request["EnableTerminationProtection"]
    return {"StackId": stack.id}


def continue_update_rollback(backend: Backend, request: Request) -> Answer:
    """ContinueUpdateRollback."""
    stack = backend.stack(request["StackName"])
    if stack.status != "UPDATE_ROLLBACK_FAILED":
        raise ValidationError("ContinueUpdateRollback cannot be called from current stack status")
    begin(backend, stack, request)
    forced = [step.after.logical_id for step in stack.undoable if request.get("ForceRollback")]
    backend.engine(stack).roll_back_update(BY_USER, [*forced, *request.get("ResourcesToSkip", ())])
    return {}


def check_name(name: str) -> None:
    """Raise ValidationError for what cannot be a stack's name (CreateStack, StackName, model)."""
    if not _NAME.fullmatch(name):
        raise ValidationError(
            f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
        )


def add_stack(backend: Backend, place: Place) -> Stack:
    """A new stack that holds nothing yet."""
    stack = Stack(place, utcnow(), Timeline(place.stack_name, place.stack_id))
    backend.stacks[stack.id] = stack
    return stack


def would_change(backend: Backend, stack: Stack, deployment: Deployment, *, drift_aware: bool) -> bool:
    """Whether deploying would do anything."""
    current = stack.deployment
    if plan(stack, deployment, backend.iam, drift_aware=drift_aware) or current is None:
        return True
    return deployment.beside_properties() != current.beside_properties()
