"""AWS CloudFormation: looking at a stack, changing it, and waiting until it has settled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import uuid4

from orgkit.aws.client import Calls, understood
from orgkit.aws.facts import Facts
from orgkit.aws.stack import Plan, Resource, Stack, StackFailed, no_stack, resource_of, stack_of, text_of
from orgkit.errors import AwsError, OrgkitError

_CAPABILITIES: Final = ["CAPABILITY_NAMED_IAM"]
_STILL_WAITING: Final = 15.0  # seconds, like all below
_BEGUN_WITHIN: Final = 10.0
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
        detection = self._begin_detection(name)
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

    def _begin_detection(self, name: str) -> str:
        """The id of a new detection. One that a stopped run or somebody else has begun must end first."""
        polls = self._polls(f"an earlier drift detection of {name}", _DRIFT_TIME_OUT)
        while True:
            try:
                return str(self._call("detect_stack_drift", StackName=name)["StackDriftDetectionId"])
            except AwsError as error:
                # CloudFormation has no error code of its own for this (DetectStackDrift models none).
                if "already in progress" not in error.text:
                    raise
            if next(polls) >= _STILL_WAITING:
                self._calls.tell(f"    waiting until somebody else's drift detection of {name} is over")

    def is_made_now(self, name: str) -> bool:
        """Whether this run has created the stack: then all of it is as in the template, also where IAM's lists lag."""
        return self._facts.read(("made", name), lambda: False)

    # Changing. Each waits until the stack has settled, and raises StackFailed where it did not end well. Each has
    # a token of its own: with it, CloudFormation takes a call that is sent twice for one, and marks its events.

    @understood
    def create(self, plan: Plan) -> Stack:
        """Create the stack. Raises AwsError AlreadyExistsException where somebody else was quicker."""
        token = _token()
        begun = self._call("create_stack", EnableTerminationProtection=True, ClientRequestToken=token, **_sent(plan))
        done = self._done(plan.name, begun["StackId"], token)
        self._facts.learn(("made", plan.name), value=True)
        return done

    @understood
    def update(self, plan: Plan) -> Stack:
        """Update the stack; that there is nothing to update is success."""
        token = _token()
        try:
            begun = self._call("update_stack", ClientRequestToken=token, **_sent(plan))
        except AwsError as error:
            if "No updates are to be performed" not in error.text:
                raise
            return self._gone_unless(plan.name)
        return self._done(plan.name, begun["StackId"], token)

    @understood
    def revert_drift(self, plan: Plan) -> Stack:
        """Bring the stack and what was changed by hand back to the plan, by a drift-aware change set.

        CloudFormation has these since November 2025 (`CreateChangeSet`, `DeploymentMode=REVERT_DRIFT`). Executing
        one deletes the stack's other change sets (`ExecuteChangeSet`): those that stopped runs have left, too.
        """
        token = _token()
        of_stack = {"StackName": plan.name, "ChangeSetName": token}
        made = self._call(
            "create_change_set", DeploymentMode="REVERT_DRIFT", ClientToken=token, ChangeSetName=token, **_sent(plan)
        )
        if not self._change_set_has_changes(of_stack):
            self._call("delete_change_set", **of_stack)
            return self._gone_unless(plan.name)
        self._call("execute_change_set", ClientRequestToken=token, **of_stack)
        return self._done(plan.name, made["StackId"], token)

    def delete(self, stack: Stack) -> None:
        """Delete what is left of a stack, and wait until it is gone. A new stack of the same name is another one."""
        token = _token()
        if stack.protected:
            self.protect(stack.id, on=False)
        self._call("delete_stack", StackName=stack.id, ClientRequestToken=token)
        self.forget(stack.name)
        left, failures = self.settled(stack.id, stack.id, token)
        if left:
            raise StackFailed(left, failures)

    def protect(self, name: str, *, on: bool = True) -> None:
        """Set termination protection."""
        self._call("update_termination_protection", StackName=name, EnableTerminationProtection=on)
        self._facts.drop(("stack", name))

    @understood
    def settled(self, name: str, stack_id: str, token: str = "") -> tuple[Stack | None, dict[str, str]]:
        """Wait until CloudFormation is done with the stack, telling each event as it comes.

        With a token, until it is done with what the call of that token began, which may take a moment to begin;
        but not for ever, as there is nothing to begin where somebody else has just done the same.
        Answers the stack, None where it is gone, and the reason of each resource that failed.
        """
        told: set[tuple[str, str]] = set()
        failures: dict[str, str] = {}
        for waited in self._polls(f"stack {name}", _TIME_OUT):
            status = self._tell_events(stack_id, token, told, failures)
            begun = status or waited >= _BEGUN_WITHIN
            if begun and not _at_work(status):  # what the events tell first is then looked up
                self.forget(name)
                stack = self.find(name)
                if stack is None or not _at_work(stack.status):
                    return stack, failures
            if waited >= _STILL_WAITING:
                self._calls.tell(f"    still waiting after {waited:.0f} s: {status}")
        raise AssertionError  # _polls never ends by itself

    def _done(self, name: str, stack_id: str, token: str) -> Stack:
        stack, failures = self.settled(name, stack_id, token)
        if stack is None or stack.status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            raise StackFailed(stack or no_stack(name), failures)
        return replace(stack, left_behind=failures)

    def _gone_unless(self, name: str) -> Stack:
        self.forget(name)
        return self.find(name) or no_stack(name)

    def forget(self, name: str) -> None:
        """The stack has changed: know nothing of it."""
        self._facts.drop(("stack", name), ("template", name), ("drift", name), ("made", name))

    def _tell_events(self, stack_id: str, token: str, told: set[tuple[str, str]], failures: dict[str, str]) -> str:
        """Tell what is new, and answer the newest status of the stack itself; "" if none bears the token."""
        newest = ""
        for event in reversed(tuple(self._events(stack_id))):
            if token not in ("", event.get("ClientRequestToken")):
                continue
            status, resource = event["ResourceStatus"], event["LogicalResourceId"]
            newest = status if _is_of_stack(event) else newest
            if (status, resource) in told:  # CloudFormation also tells twice that it has begun
                continue
            told.add((status, resource))
            self._calls.tell(f"    {status:<28} {resource}")
            reason = event.get("ResourceStatusReason", "")
            if status.endswith("_FAILED") and _CANCELLED not in reason.lower():
                failures[resource] = reason or "AWS gave no reason"
        return newest

    def _events(self, stack_id: str) -> Iterator[dict[str, Any]]:
        """The events of what the stack is going through now, newest first."""
        pages = self._calls.pages("cloudformation", "describe_stack_events", in_region=self.region, StackName=stack_id)
        for page in pages:
            for event in page["StackEvents"]:
                yield event
                if _is_of_stack(event) and event["ResourceStatus"] in _BEGINS:
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
        """The seconds waited so far. Raises OrgkitError in the end."""
        yield from self._calls.polls(time_out)
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


def overtaken(refusal: AwsError) -> bool:
    """Whether CloudFormation refused a change because somebody else's has just begun, or has just been made."""
    busy = refusal.code == "ValidationError" and "_IN_PROGRESS" in refusal.text
    return busy or refusal.code in ("AlreadyExistsException", "ChangeSetNotFound", "InvalidChangeSetStatus")


def _token() -> str:
    """A name for one change, that no other bears."""
    return f"orgkit-{uuid4()}"


def _at_work(status: str) -> bool:
    """Whether CloudFormation is changing the stack; one in review waits for somebody to execute a change set."""
    return status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS"


def _is_of_stack(event: Mapping[str, Any]) -> bool:
    return bool(event.get("PhysicalResourceId") == event["StackId"])
