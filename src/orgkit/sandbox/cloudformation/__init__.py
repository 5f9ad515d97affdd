"""CloudFormation: an engine of the sandbox's own in the place of moto's.

moto's engine reads templates in a way that its resource types cannot help: no groups, no events of resources, no
rollback, no drift, deletions in the order of a hash. Importing it takes more than a second, too. What is here
knows the IAM resource types alone, and keeps to what CloudFormation documents.
"""

from __future__ import annotations

from orgkit.sandbox import PAYER
from orgkit.sandbox.cloudformation.backend import Controls, cloudformation_backends


def settle_reads(stacks: int, *, drift: int = 1, change_sets: int = 1) -> None:
    """How many looks find a stack, a drift detection and a change set still busy, from now on until a reset.

    DescribeStacks and DescribeStackEvents look at a stack, DescribeStackDriftDetectionStatus at a detection,
    and DescribeChangeSet at a change set. Without this it is two, one and one.
    """
    controls = _controls()
    controls.stack_looks, controls.drift_looks, controls.change_set_looks = stacks, drift, change_sets


def fail_resource(logical_id: str, reason: str) -> None:
    """Let the next attempt to make or change this resource fail, whatever the stack."""
    _controls().failures[logical_id] = reason


def validates(on: bool) -> None:
    """Whether CloudFormation validates before it deploys, as it does unless told not to."""
    _controls().validates = on


def fail_validation(logical_id: str, reason: str) -> None:
    """Let this resource's properties not pass the validation before deployment, whatever the stack."""
    _controls().invalid[logical_id] = reason


def say_of_drift(logical_id: str, status: str, reason: str = "") -> None:
    """Let drift detection say this StackResourceDriftStatus of a resource from now on, whatever is so.

    DETECTION_FAILED, which is none: the detection as a whole fails, and tells nothing of this resource.
    """
    _controls().drifts[logical_id] = (status, reason)


def force_status(stack_name: str, status: str, *, then: str | None = None) -> None:
    """Put a stack in this StackStatus, where it stays, or goes on to another one after the usual looks.

    Raises LookupError when no stack bears that name.
    """
    backends = (region for account in cloudformation_backends.values() for region in account.values())
    stack = next((stack for backend in backends if (stack := backend.find(stack_name))), None)
    if stack is None:
        raise LookupError(f"There is no stack {stack_name}.")
    stack.timeline.begin(_controls().stack_looks if then else 0)
    stack.timeline.stack(status)
    if then:
        stack.timeline.stack(then)


def _controls() -> Controls:
    return cloudformation_backends[PAYER]["us-east-1"].controls
