"""The operations that the sandbox has. moto looks them up on this class by their names in snake case."""

from __future__ import annotations

from collections.abc import Callable

from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import ActionResult, BaseResponse

from orgkit.sandbox.cloudformation import (
    change_set_calls,
    drift_calls,
    look_calls,
    stack_calls,
)
from orgkit.sandbox.cloudformation.backend import Backend, cloudformation_backends
from orgkit.sandbox.cloudformation.stack_calls import Answer, Request


def _answers(call: Callable[[Backend, Request], Answer]) -> Callable[[CloudFormationResponse], ActionResult]:
    def operation(self: CloudFormationResponse) -> ActionResult:
        backend = cloudformation_backends[self.current_account][self.region]
        return ActionResult(call(backend, self.params))

    return operation


class CloudFormationResponse(BaseResponse):
    """CloudFormation, as far as orgkit and the people who tamper with its stack need it."""

    def __init__(self) -> None:
        super().__init__(service_name="cloudformation")
        self.automated_parameter_parsing = True

    def serialized(self, action_result: ActionResult) -> TYPE_RESPONSE:
        """As moto, but XML readers take a bare carriage return for a line feed, and templates come back as sent."""
        status, headers, body = super().serialized(action_result)
        return status, headers, body.replace("\r", "&#13;") if isinstance(body, str) else body

    continue_update_rollback = _answers(stack_calls.continue_update_rollback)
    create_stack = _answers(stack_calls.create_stack)
    delete_stack = _answers(stack_calls.delete_stack)
    rollback_stack = _answers(stack_calls.rollback_stack)
    update_stack = _answers(stack_calls.update_stack)
    update_termination_protection = _answers(stack_calls.update_termination_protection)

    describe_events = _answers(look_calls.describe_events)
    describe_stack_events = _answers(look_calls.describe_stack_events)
    describe_stack_resource = _answers(look_calls.describe_stack_resource)
    describe_stack_resources = _answers(look_calls.describe_stack_resources)
    describe_stacks = _answers(look_calls.describe_stacks)
    list_stack_resources = _answers(look_calls.list_stack_resources)
    list_stacks = _answers(look_calls.list_stacks)

    get_stack_policy = _answers(look_calls.get_stack_policy)
    get_template = _answers(look_calls.get_template)
    get_template_summary = _answers(look_calls.get_template_summary)
    validate_template = _answers(look_calls.validate_template)

    create_change_set = _answers(change_set_calls.create_change_set)
    delete_change_set = _answers(change_set_calls.delete_change_set)
    describe_change_set = _answers(change_set_calls.describe_change_set)
    execute_change_set = _answers(change_set_calls.execute_change_set)
    list_change_sets = _answers(change_set_calls.list_change_sets)

    describe_stack_drift_detection_status = _answers(drift_calls.describe_stack_drift_detection_status)
    describe_stack_resource_drifts = _answers(drift_calls.describe_stack_resource_drifts)
    detect_stack_drift = _answers(drift_calls.detect_stack_drift)


# Where moto sends the requests that CloudFormation gets. The names are its own.

url_bases = [r"https?://cloudformation\.(.+)\.amazonaws\.com"]

url_paths = {"{0}/$": CloudFormationResponse.dispatch}
