"""What the operations on stacks have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from orgkit.sandbox.authorization import callers
from orgkit.sandbox.cloudformation import parameters
from orgkit.sandbox.cloudformation.backend import Backend
from orgkit.sandbox.cloudformation.errors import (
    InsufficientCapabilities,
    TokenAlreadyExists,
    ValidationError,
)
from orgkit.sandbox.cloudformation.stacks import Deployment, Place, Stack
from orgkit.sandbox.cloudformation.template import Template, read

Request = Mapping[str, Any]
"""What the caller sent, by the names of the service model."""

Answer = dict[str, Any] | None
"""What the caller gets, by the names of the service model."""

PAGE: Final = 100

_CAN_BE_UPDATED: Final = frozenset(
    {
        "CREATE_COMPLETE",
        "CREATE_FAILED",
        "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_FAILED",
        "UPDATE_ROLLBACK_COMPLETE",
    }
)


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
        raise InsufficientCapabilities(f"Requires capabilities : [{', '.join(template.capabilities)}]")
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
        raise TokenAlreadyExists(
            f"The client request token {token} has already been used for this stack. "
            "Retry the request with a different client request token"
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
