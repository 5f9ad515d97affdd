"""The operations that change stacks, and what they have in common with those on change sets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from moto.core.utils import utcnow

from orgkit.sandbox.authorization import callers
from orgkit.sandbox.cloudformation import parameters
from orgkit.sandbox.cloudformation.backend import Backend
from orgkit.sandbox.cloudformation.engine import BY_USER
from orgkit.sandbox.cloudformation.errors import Refused, ValidationError
from orgkit.sandbox.cloudformation.events import Timeline
from orgkit.sandbox.cloudformation.plans import plan
from orgkit.sandbox.cloudformation.stacks import Deployment, Place, Stack
from orgkit.sandbox.cloudformation.template import Template, read

Request = Mapping[str, Any]
"""What the caller sent, by the names of the service model."""

Answer = dict[str, Any] | None
"""What the caller gets, by the names of the service model."""

PAGE: Final = 100

_CAN_BE_UPDATED: Final = frozenset(
    [
        *("CREATE_COMPLETE", "CREATE_FAILED", "UPDATE_COMPLETE", "UPDATE_FAILED", "UPDATE_ROLLBACK_COMPLETE"),
        *("IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"),
    ]
)


_NAME: Final = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")
# A stack that is being created may be deleted; one that is being changed may not.
_CANNOT_BE_DELETED: Final = re.compile(r"(IMPORT|UPDATE).*_IN_PROGRESS")


def template_of(request: Request, current: Deployment | None) -> Template:
    """The template of a request: its body, or that of the stack as it stands."""
    if request.get("UsePreviousTemplate"):
        if request.get("TemplateBody"):
            raise ValidationError("You cannot specify both usePreviousTemplate and Template Body/Template URL.")
        if current is None:
            raise ValidationError("Cannot use the previous template of a stack that has none.")
        return current.template
    if not request.get("TemplateBody"):
        raise ValidationError("Either Template URL or Template Body must be specified.")
    return read(request["TemplateBody"])


def deployment_of(place: Place, request: Request, current: Deployment | None) -> Deployment:
    """What a request asks for. Raises ValidationError and InsufficientCapabilities before anything is done."""
    template = template_of(request, current)
    previous = current.parameters if current else {}
    values = parameters.values(template, request.get("Parameters", ()), previous)
    capabilities = tuple(sorted(set(request.get("Capabilities", ()))))
    # "If you have IAM resources, you can specify either capability" unless they have custom names (model).
    if not {*template.capabilities, "CAPABILITY_NAMED_IAM"} & set(capabilities):
        raise Refused(
            "InsufficientCapabilitiesException", f"Requires capabilities : [{', '.join(template.capabilities)}]"
        )
    tags = current.tags if current else ()
    if "Tags" in request:
        tags = tuple((tag["Key"], tag["Value"]) for tag in request["Tags"])
    arns = current.notification_arns if current else ()
    arns = tuple(request["NotificationARNs"]) if "NotificationARNs" in request else arns
    role = request.get("RoleARN") or (current.role_arn if current else None)
    if role and callers.role_of(role) is None:
        raise ValidationError(f"Role {role} is invalid or cannot be assumed")
    deployment = Deployment(place, template, values, tags, capabilities, arns, role)
    deployment.check()
    return deployment


def is_repeated(stack: Stack, request: Request) -> bool:
    """Whether this very request came before, which its token tells; else the token is remembered."""
    token = request.get("ClientRequestToken")
    if token is None:
        return False
    if token in stack.tokens:
        if stack.tokens[token] == request:
            return True
        raise Refused(
            "TokenAlreadyExistsException",
            f"The client request token {token} has already been used for this stack. "
            "Retry the request with a different client request token",
        )
    stack.tokens[token] = request
    return False


def check_can_be_updated(stack: Stack) -> None:
    """Raise ValidationError for a stack that is busy, or that can only be deleted."""
    if stack.status not in _CAN_BE_UPDATED:
        raise ValidationError(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")


def begin(backend: Backend, stack: Stack, request: Request) -> dict[str, Any]:
    """Start an operation, which will be seen to take a while. What the caller gets names it."""
    stack.timeline.begin(backend.controls.stack_looks, request.get("ClientRequestToken"))
    for change_set in backend.change_sets.values():
        if change_set.stack is stack and change_set.execution_status == "AVAILABLE":
            change_set.execution_status = "OBSOLETE"
    return {"StackId": stack.id, "OperationId": stack.timeline.operation}


def page(member: str, items: Sequence[Any], request: Request, size: int = PAGE) -> dict[str, Any]:
    """One page of a list, and the token for the next."""
    token = request.get("NextToken") or "0"
    if not token.isdecimal():
        raise ValidationError(f"NextToken {token} is not from an answer of this operation.")
    start = int(token)
    end = start + size
    return {member: items[start:end], "NextToken": str(end) if end < len(items) else None}


def tag_list(tags: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """Tags as the answers have them."""
    return [{"Key": key, "Value": value} for key, value in tags]


def create_stack(backend: Backend, request: Request) -> Answer:
    """CreateStack."""
    name = request["StackName"]
    check_name(name)
    existing = backend.find(name)
    planned = existing if existing and existing.status == "REVIEW_IN_PROGRESS" else None
    if existing and not planned:
        if is_repeated(existing, request):
            return {"StackId": existing.id}
        raise Refused("AlreadyExistsException", f"Stack [{name}] already exists")
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


def rollback_stack(backend: Backend, request: Request) -> Answer:
    """RollbackStack. What was never made well has no state to go back to: it is deleted (model)."""
    stack = backend.stack(request["StackName"])
    if is_repeated(stack, request):
        return {"StackId": stack.id}
    if stack.status not in ("CREATE_FAILED", "UPDATE_FAILED"):
        raise ValidationError(f"Stack:{stack.id} is in {stack.status} state and can not be rolled back.")
    created, begun = stack.status == "UPDATE_FAILED", begin(backend, stack, request)
    engine = backend.engine(stack)
    engine.roll_back_update(BY_USER) if created else engine.delete(BY_USER)
    return begun


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
