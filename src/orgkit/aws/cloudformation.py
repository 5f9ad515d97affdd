"""AWS CloudFormation: looking at a stack, changing it, and waiting until it has settled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from orgkit.aws.calls import Calls, understood
from orgkit.aws.facts import Facts
from orgkit.aws.stack import Plan, Resource, Stack, StackFailed, no_stack, resource_of, stack_of, text_of
from orgkit.errors import AwsError, OrgkitError

_CAPABILITIES: Final = ["CAPABILITY_NAMED_IAM"]
_FIRST_POLL: Final = 1.0  # seconds; a small IAM stack takes AWS about half a minute
_SLOWEST_POLL: Final = 5.0
_STILL_WAITING: Final = 15.0
_TIME_OUT: Final = 1800.0
_DRIFT_TIME_OUT: Final = 300.0
# Stack-level events that begin what the stack goes through; all others (rollback, clean-up) go on with it.
_BEGINS: Final = frozenset({"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "IMPORT_IN_PROGRESS"})
_CANCELLED: Final = "cancelled"  # what CloudFormation says of resources that another one's failure stopped


class CloudFormation:
    """The stacks of the payer in one region."""

    def __init__(self, calls: Calls, facts: Facts, region: str) -> None:
        self._calls = calls
        self._facts = facts
        self.region = region

    # Looking

    @understood
    def find(self, name: str) -> Stack | None:
        """The stack of that name, or None. A deleted one is none."""

        def read() -> Stack | None:
            try:
                answer = self._call("describe_stacks", StackName=name)["Stacks"][0]
            except AwsError as error:
                # CloudFormation has no error code of its own for this (DescribeStacks models none).
                if error.code == "ValidationError" and "does not exist" in error.text:
                    return None
                raise
            return None if answer["StackStatus"] == "DELETE_COMPLETE" else stack_of(answer)

        return self._facts.read(("stack", name), read)

    @understood
    def template(self, name: str) -> str:
        """The stack's template as it was sent."""
        return self._facts.read(
            ("template", name),
            lambda: text_of(self._call("get_template", StackName=name, TemplateStage="Original")["TemplateBody"]),
        )

    @understood
    def drift(self, name: str) -> tuple[Resource, ...]:
        """Every resource of the stack, as it is and as the template has it. AWS looks for some seconds."""
        return self._facts.read(("drift", name), lambda: self._detect(name))

    def _detect(self, name: str) -> tuple[Resource, ...]:
        detection = self._call("detect_stack_drift", StackName=name)["StackDriftDetectionId"]
        for waited in self._polls(f"drift detection of {name}", _DRIFT_TIME_OUT):
            answer = self._call("describe_stack_drift_detection_status", StackDriftDetectionId=detection)
            if answer["DetectionStatus"] == "DETECTION_FAILED":
                why = answer.get("DetectionStatusReason", "AWS gave no reason")
                raise OrgkitError(
                    f"CloudFormation could not look for drift in stack {name}: {why}.",
                    "Run the same command again, or look without drift detection: orgkit status --quick",
                )
            if answer["DetectionStatus"] == "DETECTION_COMPLETE":
                break
            if waited >= _STILL_WAITING:
                self._calls.tell(f"    still looking for changes by hand after {waited:.0f} s")
        pages = self._calls.pages(
            "cloudformation", "describe_stack_resource_drifts", in_region=self.region, StackName=name
        )
        return tuple(resource_of(drift) for page in pages for drift in page["StackResourceDrifts"])

    # Changing. Each waits until the stack has settled, and raises StackFailed where it did not end well.

    def create(self, plan: Plan) -> Stack:
        """Create the stack; one that an earlier sending of this call began is taken up."""
        try:
            self._call("create_stack", EnableTerminationProtection=True, **_sent(plan))
        except AwsError as error:
            if error.code != "AlreadyExistsException" or not error.sent_again:
                raise
        done = self._done(plan.name)
        self._facts.learn(("drift", plan.name), ())  # all of it is as CloudFormation made it just now
        return done

    def update(self, plan: Plan) -> Stack:
        """Update the stack; that there is nothing to update is success."""
        try:
            self._call("update_stack", **_sent(plan))
        except AwsError as error:
            if "No updates are to be performed" not in error.text:
                raise
            return self._gone_unless(plan.name)
        return self._done(plan.name)

    def revert_drift(self, plan: Plan, change_set: str) -> Stack:
        """Bring the stack and what was changed by hand back to the plan, by a drift-aware change set.

        CloudFormation has these since November 2025 (`CreateChangeSet`, `DeploymentMode=REVERT_DRIFT`).
        """
        of_stack = {"StackName": plan.name, "ChangeSetName": change_set}
        self._call("delete_change_set", **of_stack)  # left by a stopped run; none is fine too
        self._call("create_change_set", DeploymentMode="REVERT_DRIFT", **_sent(plan), ChangeSetName=change_set)
        if not self._change_set_has_changes(of_stack):
            self._call("delete_change_set", **of_stack)
            return self._gone_unless(plan.name)
        self._call("execute_change_set", **of_stack)
        return self._done(plan.name)

    def delete(self, stack: Stack) -> None:
        """Delete what is left of a stack, and wait until it is gone."""
        if stack.protected:
            self.protect(stack.name, on=False)
        self._call("delete_stack", StackName=stack.name)
        self.forget(stack.name)
        left, failures = self.settled(stack.name)
        if left:
            raise StackFailed(left, failures)

    def protect(self, name: str, *, on: bool = True) -> None:
        """Set termination protection."""
        self._call("update_termination_protection", StackName=name, EnableTerminationProtection=on)
        self._facts.drop(("stack", name))

    def settled(self, name: str) -> tuple[Stack | None, dict[str, str]]:
        """Wait until CloudFormation is done with the stack, telling each event as it comes.

        Answers the stack, None where it is gone, and the reason of each resource that failed.
        """
        told: set[tuple[str, str]] = set()
        failures: dict[str, str] = {}
        for waited in self._polls(f"stack {name}", _TIME_OUT):
            stack = self.find(name)
            if stack is None:
                return None, failures
            self._tell_events(stack, told, failures)
            if not stack.status.endswith("_IN_PROGRESS") or stack.status == "REVIEW_IN_PROGRESS":
                return stack, failures
            if waited >= _STILL_WAITING:
                self._calls.tell(f"    still waiting after {waited:.0f} s: {stack.status}")
            self._facts.drop(("stack", name))
        raise AssertionError  # _polls never ends by itself

    def _done(self, name: str) -> Stack:
        self.forget(name)
        stack, failures = self.settled(name)
        if stack is None or stack.status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            raise StackFailed(stack or no_stack(name), failures)
        return stack

    def _gone_unless(self, name: str) -> Stack:
        self.forget(name)
        return self.find(name) or no_stack(name)

    def forget(self, name: str) -> None:
        """The stack has changed: know nothing of it."""
        self._facts.drop(("stack", name), ("template", name), ("drift", name))

    def _tell_events(self, stack: Stack, told: set[tuple[str, str]], failures: dict[str, str]) -> None:
        for event in reversed(tuple(self._events(stack))):
            status, resource = event["ResourceStatus"], event["LogicalResourceId"]
            if (status, resource) in told:  # CloudFormation also tells twice that it has begun
                continue
            told.add((status, resource))
            self._calls.tell(f"    {status:<28} {resource}")
            reason = event.get("ResourceStatusReason", "")
            if status.endswith("_FAILED") and _CANCELLED not in reason.lower():
                failures[resource] = reason or "AWS gave no reason"

    def _events(self, stack: Stack) -> Iterator[dict[str, Any]]:
        """The events of what the stack is going through now, newest first."""
        pages = self._calls.pages("cloudformation", "describe_stack_events", in_region=self.region, StackName=stack.id)
        for page in pages:
            for event in page["StackEvents"]:
                yield event
                if event["PhysicalResourceId"] == stack.id and event["ResourceStatus"] in _BEGINS:
                    return

    def _change_set_has_changes(self, of_stack: Mapping[str, str]) -> bool:
        for _ in self._polls(f"the change set of stack {of_stack['StackName']}", _DRIFT_TIME_OUT):
            answer = self._call("describe_change_set", **of_stack)
            if answer["Status"] == "CREATE_COMPLETE":
                return True
            if answer["Status"] == "FAILED":
                reason = answer.get("StatusReason", "")
                if "didn't contain changes" in reason or "No updates are to be performed" in reason:
                    return False
                raise OrgkitError(
                    f"CloudFormation could not plan the changes to stack {of_stack['StackName']}: {reason}",
                    "Look at the change set in the CloudFormation console; then run the same command again.",
                )
        raise AssertionError  # _polls never ends by itself

    def _polls(self, what: str, time_out: float) -> Iterator[float]:
        """The seconds waited so far, first 0: quick at first, then slower. Raises OrgkitError in the end."""
        waited, wait = 0.0, _FIRST_POLL
        while waited < time_out:
            yield waited
            self._calls.sleep(wait)
            waited += wait
            wait = min(wait * 1.5, _SLOWEST_POLL)
        raise OrgkitError(
            f"AWS has not finished {what} after {time_out / 60:.0f} minutes.",
            "Look at it in the CloudFormation console. Run the same command again to go on waiting.",
        )

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return self._calls("cloudformation", operation, in_region=self.region, **parameters)


def _sent(plan: Plan) -> dict[str, Any]:
    return {
        "StackName": plan.name,
        "TemplateBody": plan.template,
        "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in plan.parameters.items()],
        "Tags": [{"Key": k, "Value": v} for k, v in plan.tags.items()],
        "Capabilities": _CAPABILITIES,
    }
