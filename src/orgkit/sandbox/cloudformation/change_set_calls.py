"""The operations on change sets."""

from __future__ import annotations

from typing import Any

from moto.core.utils import utcnow

from orgkit.sandbox.cloudformation.backend import Backend
from orgkit.sandbox.cloudformation.calls import (
    Answer,
    Request,
    begin,
    check_can_be_updated,
    deployment_of,
    is_repeated,
    page,
)
from orgkit.sandbox.cloudformation.change_sets import ChangeSet
from orgkit.sandbox.cloudformation.errors import (
    AlreadyExists,
    ChangeSetNotFound,
    InvalidChangeSetStatus,
    ValidationError,
)
from orgkit.sandbox.cloudformation.plans import plan
from orgkit.sandbox.cloudformation.stack_calls import add_stack, check_name, would_change
from orgkit.sandbox.cloudformation.stacks import Place, Stack


def create_change_set(backend: Backend, request: Request) -> Answer:
    """CreateChangeSet: CREATE and UPDATE, and drift-aware ones (DeploymentMode)."""
    kind, name = request.get("ChangeSetType", "UPDATE"), request["ChangeSetName"]
    if kind not in {"CREATE", "UPDATE"}:
        raise ValidationError("The sandbox does not import resources.")
    stack = backend.find(request["StackName"])
    if stack and (made := _of(backend, stack, name)):
        if "ClientToken" in request and made.request == request:
            return {"Id": made.id, "StackId": stack.id}
        raise AlreadyExists(f"ChangeSet [{name}] already exists")
    place = _place(backend, request, stack, kind)
    drift_aware = request.get("DeploymentMode") == "REVERT_DRIFT"
    deployment = deployment_of(place, request, stack.deployment if stack else None)
    if stack is None:
        stack = add_stack(backend, place)
        stack.timeline.stack("REVIEW_IN_PROGRESS", "User Initiated")
    changes = tuple(plan(stack, deployment, backend.iam, drift_aware=drift_aware))
    empty = not would_change(backend, stack, deployment, drift_aware=drift_aware)
    change_set = ChangeSet(
        backend.arn("changeSet", name),
        name,
        stack,
        deployment,
        request,
        utcnow(),
        changes,
        empty,
        backend.controls.change_set_looks,
        backend.invalid(request, changes),
    )
    backend.change_sets[change_set.id] = change_set
    return {"Id": change_set.id, "StackId": stack.id}


def describe_change_set(backend: Backend, request: Request) -> Answer:
    """DescribeChangeSet. A look at a change set lets its time pass."""
    change_set = change_set_of(backend, request)
    described = change_set.described() | page("Changes", change_set.described_changes(), request)
    change_set.looks -= 1
    return described


def list_change_sets(backend: Backend, request: Request) -> Answer:
    """ListChangeSets."""
    stack = backend.stack(request["StackName"])
    owned = [change_set for change_set in backend.change_sets.values() if change_set.stack is stack]
    return page("Summaries", [change_set.summary for change_set in owned if not change_set.is_executed], request)


def execute_change_set(backend: Backend, request: Request) -> Answer:
    """ExecuteChangeSet. It deletes the stack's other change sets (model)."""
    change_set = change_set_of(backend, request)
    stack = change_set.stack
    if is_repeated(stack, request):
        return {}
    if not change_set.can_be_executed:
        status = change_set.summary["Status" if change_set.status != "CREATE_COMPLETE" else "ExecutionStatus"]
        raise InvalidChangeSetStatus(
            f"ChangeSet [{change_set.id}] cannot be executed in its current status of [{status}]"
        )
    creates = stack.status == "REVIEW_IN_PROGRESS"
    if not creates:
        check_can_be_updated(stack)
    change_set.execution_status = "EXECUTE_COMPLETE"
    begin(backend, stack, request)
    _forget_others(backend, change_set)
    stack.change_set_id = change_set.id
    engine, disabled = backend.engine(stack), request.get("DisableRollback", False)
    if creates:
        stack.updated = utcnow()
        default = "DO_NOTHING" if disabled else "ROLLBACK"
        engine.create(change_set.deployment, change_set.request.get("OnStackFailure", default))
    else:
        engine.update(change_set.deployment, drift_aware=change_set.drift_aware, disable_rollback=disabled)
    return {}


def delete_change_set(backend: Backend, request: Request) -> Answer:
    """DeleteChangeSet. Deleting what is not there is no error."""
    found = _find(backend, request)
    if found and found.status == "CREATE_IN_PROGRESS":
        raise InvalidChangeSetStatus(f"ChangeSet [{found.id}] cannot be deleted while it is being created")
    if found and found.is_executed:
        raise InvalidChangeSetStatus("Cannot delete ChangeSet in execution status EXECUTE_COMPLETE")
    if found:
        del backend.change_sets[found.id]
    return {}


def change_set_of(backend: Backend, request: Request) -> ChangeSet:
    """The change set that a request names. Raises ChangeSetNotFound."""
    found = _find(backend, request)
    if found is None:
        raise ChangeSetNotFound(f"ChangeSet [{request['ChangeSetName']}] does not exist")
    return found


def _find(backend: Backend, request: Request) -> ChangeSet | None:
    name = request["ChangeSetName"]
    if name in backend.change_sets:
        return backend.change_sets[name]
    if name.startswith("arn:"):
        return None
    if "StackName" not in request:
        raise ValidationError("StackName must be specified if ChangeSetName is not specified as an ARN.")
    stack = backend.find(request["StackName"])
    if stack is None:
        raise ValidationError(f"Stack [{request['StackName']}] does not exist")
    return _of(backend, stack, name)


def _of(backend: Backend, stack: Stack, name: str) -> ChangeSet | None:
    """An executed change set keeps its id, and its name is free again."""
    owned = (it for it in backend.change_sets.values() if it.stack is stack and it.name == name)
    return next((it for it in owned if not it.is_executed), None)


def _place(backend: Backend, request: Request, stack: Stack | None, kind: str) -> Place:
    name = request["StackName"]
    if kind == "UPDATE":
        if stack is None:
            raise ValidationError(f"Stack [{name}] does not exist")
        check_can_be_updated(stack)
        return stack.place
    if "DeploymentMode" in request:
        raise ValidationError("DeploymentMode can only be specified for a change set of type UPDATE.")
    if stack is None:
        check_name(name)
        return backend.new_place(name)
    if stack.status != "REVIEW_IN_PROGRESS":
        raise ValidationError(
            f"Stack [{name}] already exists and cannot be created again with the changeSet "
            f"[{request['ChangeSetName']}]."
        )
    return stack.place


def _forget_others(backend: Backend, executed: ChangeSet) -> None:
    others: list[Any] = [
        change_set.id
        for change_set in backend.change_sets.values()
        if change_set.stack is executed.stack and change_set is not executed
    ]
    for change_set_id in others:
        del backend.change_sets[change_set_id]
