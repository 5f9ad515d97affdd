"""AWS CloudFormation: looking at a stack, creating it, and waiting until it has settled (all else: drift.py)."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import uuid4

from orgkit.aws.client import Service, remembered
from orgkit.aws.shapes import Stack, StackEvent
from orgkit.errors import AwsError, OrgkitError, UnexpectedAnswer

_BEGUN_WITHIN: Final = 10.0  # seconds, like all below
_ROLLED_BACK_WITHIN: Final = 60.0
_TIME_OUT: Final = 1800.0
# Stack-level events that begin what the stack goes through; all others (rollback, clean-up) go on with it.
_BEGINS: Final = frozenset({"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "IMPORT_IN_PROGRESS"})
NO_REASON: Final = "AWS gave no reason"
_CANCELLED: Final = "cancelled"  # what CloudFormation says of resources that another one's failure stopped


@dataclass(frozen=True)
class Plan:
    """A stack as it should be."""

    name: str
    template: str
    parameters: Mapping[str, str]
    tags: Mapping[str, str]

    def sent(self) -> dict[str, Any]:
        """As CloudFormation is told."""
        return {
            "StackName": self.name,
            "TemplateBody": self.template,
            "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in self.parameters.items()],
            "Tags": [{"Key": k, "Value": v} for k, v in self.tags.items()],
            "Capabilities": ["CAPABILITY_NAMED_IAM"],
        }


class Ending(NamedTuple):
    """How what CloudFormation did to a stack has ended."""

    stack: Stack | None
    failures: Mapping[str, str]
    """AWS's reason for each resource that failed. An update that ended well could not delete these."""

    @property
    def status(self) -> str:
        return self.stack["StackStatus"] if self.stack else "DELETE_COMPLETE"


class StackFailed(OrgkitError):
    """The stack did not end well. `failures` has each resource's reason: AWS's rollback erases them."""

    def __init__(self, name: str, ending: Ending) -> None:
        self.failures = dict(ending.failures)
        reason = ending.stack.get("StackStatusReason") if ending.stack else ""
        reasons = self.failures or ({"": reason} if reason else {})
        super().__init__(
            "\n".join([f"Stack {name} ended in {ending.status}.", *as_lines(reasons)]),
            "Clear what the reason names, then run the same command again: orgkit replaces a stack that is "
            "left empty, and updates one that was rolled back.",
        )


class CloudFormation(Service):
    """The stacks of the payer in one region."""

    name = "cloudformation"

    # Looking. CloudFormation has no error codes of its own for what is told from its words here (service model).

    @remembered("stack")
    def find(self, name: str) -> Stack | None:
        """The stack of that name, or None. A deleted one is none."""
        try:
            stacks: list[Stack] = self._call("describe_stacks", StackName=name)["Stacks"]
        except AwsError as error:
            if error.code == "ValidationError" and "does not exist" in error.text:
                return None
            raise
        if not stacks:
            raise UnexpectedAnswer("DescribeStacks", "it lists no stack")
        return None if stacks[0]["StackStatus"] == "DELETE_COMPLETE" else stacks[0]

    @remembered("template")
    def template(self, name: str) -> str:
        """The stack's template as it was sent."""
        body = self._call("get_template", StackName=name, TemplateStage="Original")["TemplateBody"]
        return body if isinstance(body, str) else json.dumps(body)  # botocore parses templates in JSON

    @remembered("made")
    def is_made_now(self, name: str) -> bool:  # noqa: ARG002  by which it is remembered
        """Whether this run has created the stack: then all of it is as in the template, also where IAM's lists lag."""
        return False

    # Changing. Each change waits until the stack has settled, and raises StackFailed if it did not end well. Each has
    # a token of its own: with it, CloudFormation takes a call that is sent twice for one, and marks its events.

    def create(self, plan: Plan) -> Ending:
        """Create the stack. Raises AwsError AlreadyExistsException if somebody else was quicker."""
        done = self._change("create_stack", plan, EnableTerminationProtection=True)
        self._facts.learn(("made", plan.name), value=True)
        return done

    def settled(self, name: str, stack_id: str, token: str = "") -> Ending:
        """Wait until CloudFormation is done with the stack, telling each event as it comes.

        With a token, until it is done with what the call of that token began, which may take a moment to begin;
        but not for ever, as there is nothing to begin where somebody else has just done the same.
        """
        told: set[tuple[str, str]] = set()
        failures: dict[str, str] = {}
        rolled_back_by = _TIME_OUT
        for waited in self._calls.polls(f"for stack {name}", _TIME_OUT):
            status = self._tell_events(stack_id, token, told, failures)
            begun = status or waited >= _BEGUN_WITHIN
            if begun and not _at_work(status):  # what the events tell first is then looked up
                self.forget(name)
                stack = self.find(name)
                if stack and stack["StackStatus"].endswith("_FAILED") and _is_invalid(stack.get("StackStatusReason")):
                    rolled_back_by = min(rolled_back_by, waited + _ROLLED_BACK_WITHIN)
                    if waited < rolled_back_by:
                        continue
                if stack is None or not _at_work(stack["StackStatus"]):
                    return Ending(stack, self._explained(failures, StackName=stack_id))
        raise AssertionError  # polls never ends by itself

    def _change(self, operation: str, plan: Plan, **more: Any) -> Ending:
        token = f"orgkit-{uuid4()}"
        begun = self._call(operation, ClientRequestToken=token, **plan.sent(), **more)
        return self._settled_well(plan.name, begun["StackId"], token)

    def _settled_well(self, name: str, stack_id: str, token: str) -> Ending:
        ending = self.settled(name, stack_id, token)
        if ending.status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            raise StackFailed(name, ending)
        return ending

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
                failures[resource] = reason or NO_REASON
        return newest

    def _events(self, stack_id: str) -> Iterator[StackEvent]:
        """The events of what the stack is going through now, newest first."""
        for page in self._calls.pages(self.name, "describe_stack_events", in_region=self.region, StackName=stack_id):
            for event in page["StackEvents"]:
                yield event
                if _is_of_stack(event) and event["ResourceStatus"] in _BEGINS:
                    return

    def _explained(self, failures: dict[str, str], **of: str) -> dict[str, str]:
        """The reasons of a failed validation, by resource: AWS validates before it deploys since 30 June 2026.

        It tells them in DescribeEvents alone, newest operation first. Who may not read that still gets the failure.
        """
        if not any(map(_is_invalid, failures.values())):
            return failures
        try:
            events = self._list("describe_events", "OperationEvents", Filters={"FailedEvents": True}, **of)
        except OrgkitError as refusal:
            self._calls.tell(f"    why the validation failed cannot be read: {refusal.message}")
            return failures
        errors = [event for event in events if event.get("ValidationFailureMode") == "FAIL"]
        newest = [event for event in errors if event.get("OperationId") == errors[0].get("OperationId")]
        reasons = {each["LogicalResourceId"]: each.get("ValidationStatusReason") or NO_REASON for each in newest}
        return reasons or failures


def parameters_of(stack: Stack) -> dict[str, str]:
    return {each["ParameterKey"]: each.get("ParameterValue", "") for each in stack.get("Parameters", [])}


def tags_of(stack: Stack) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in stack.get("Tags", [])}


def overtaken(refusal: AwsError) -> bool:
    """Whether CloudFormation refused a change because somebody else's has just begun, or has just been made."""
    busy = refusal.code == "ValidationError" and "_IN_PROGRESS" in refusal.text
    return busy or refusal.code in ("AlreadyExistsException", "ChangeSetNotFound", "InvalidChangeSetStatus")


def as_lines(reasons: Mapping[str, str]) -> list[str]:
    return [f"  {resource}: {why}" if resource else f"  {why}" for resource, why in reasons.items()]


def _at_work(status: str) -> bool:
    """Whether CloudFormation is changing the stack; one in review waits for somebody to execute a change set."""
    return status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS"


def _is_invalid(reason: str | None) -> bool:
    """Whether this is what AWS says if the validation before deployment failed: of a stack, or of a change set."""
    return (reason or "").startswith("Validation failed") or "EarlyValidation" in (reason or "")


def _is_of_stack(event: StackEvent) -> bool:
    return bool(event.get("PhysicalResourceId") == event["StackId"])
