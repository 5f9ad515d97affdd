"""The operations of drift detection."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from uuid import uuid4

from moto.core.utils import utcnow

from orgkit.sandbox.cloudformation.backend import Backend, Detection
from orgkit.sandbox.cloudformation.drift import resource_drift
from orgkit.sandbox.cloudformation.errors import ValidationError
from orgkit.sandbox.cloudformation.stack_calls import PAGE, Answer, Request, page

# CloudFormation User Guide, "Detecting unmanaged configuration changes to stacks and resources"; the imported
# ones came later.
_CAN_BE_CHECKED: Final = frozenset(
    [
        *("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED"),
        *("IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"),
    ]
)
_FAILED: Final = "DETECTION_FAILED"


def detect_stack_drift(backend: Backend, request: Request) -> Answer:
    """DetectStackDrift. A look at one that is running, though not by its id, lets its time pass too."""
    stack = backend.stack(request["StackName"])
    if stack.status not in _CAN_BE_CHECKED:
        raise ValidationError(
            f"Drift detection cannot be performed on stack [{stack.id}] while it is in [{stack.status}] state."
        )
    running = next((each for each in backend.detections.values() if each.stack is stack and each.looks > 0), None)
    if running:
        running.looks -= 1
        # Observed answer of AWS; the service model has no error of its own for it.
        raise ValidationError(f"Drift detection is already in progress for stack [{stack.id}].")
    detection = Detection(stack, backend.controls.drift_looks, utcnow())
    wanted = request.get("LogicalResourceIds")
    for logical_id, record in stack.resources.items():
        said, reason = backend.controls.drifts.get(logical_id, ("", ""))
        if said == _FAILED:
            detection.failure = reason or f"Failed to detect drift on resource [{logical_id}]"
        elif not wanted or logical_id in wanted:
            found = resource_drift(stack, record, backend.iam, detection.began)
            detection.found[logical_id] = replace(found, said=said, reason=reason)
    detection_id = str(uuid4())
    backend.detections[detection_id] = detection
    return {"StackDriftDetectionId": detection_id}


def describe_stack_drift_detection_status(backend: Backend, request: Request) -> Answer:
    """DescribeStackDriftDetectionStatus. A look at a detection lets its time pass; its results come at its end."""
    detection_id = request["StackDriftDetectionId"]
    if detection_id not in backend.detections:
        raise ValidationError(f"StackDriftDetectionId {detection_id} does not exist")
    detection = backend.detections[detection_id]
    answer = {
        "StackId": detection.stack.id,
        "StackDriftDetectionId": detection_id,
        "Timestamp": detection.began,
    }
    detection.looks -= 1
    if detection.looks >= 0:
        return answer | {"DetectionStatus": "DETECTION_IN_PROGRESS"}
    drifted = sum(drift.status in ("DELETED", "MODIFIED") for drift in detection.found.values())
    status = "DRIFTED" if drifted else "IN_SYNC"
    stack = detection.stack
    stack.drift_status, stack.drift_checked = status, detection.began
    stack.drifts |= {name: drift.described(stack.id) for name, drift in detection.found.items()}
    if detection.failure:
        # "Results will be available for resources on which CloudFormation successfully completed drift detection."
        answer |= {"DetectionStatusReason": detection.failure}
    return answer | {
        "DetectionStatus": _FAILED if detection.failure else "DETECTION_COMPLETE",
        "StackDriftStatus": status,
        "DriftedStackResourceCount": drifted,
    }


def describe_stack_resource_drifts(backend: Backend, request: Request) -> Answer:
    """DescribeStackResourceDrifts: what the last detection found."""
    stack, wanted = backend.stack(request["StackName"]), request.get("StackResourceDriftStatusFilters")
    found = [drift for drift in stack.drifts.values() if not wanted or drift["StackResourceDriftStatus"] in wanted]
    return page("StackResourceDrifts", found, request, request.get("MaxResults", PAGE))
