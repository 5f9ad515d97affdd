"""AWS CloudFormation: finding a stack, creating it, and waiting until it has settled (all else: drift.py).
AWS IAM: what a first bootstrap asks of it (all else: principals.py)."""

import re
from collections.abc import Collection, Mapping
from itertools import chain
from typing import Any, Final, NamedTuple
from uuid import uuid4

from orgkit.aws.client import Service, remembered
from orgkit.aws.shapes import Stack, StackEvent
from orgkit.errors import AwsError, OrgkitError, StackFailed, UnexpectedAnswer

_BEGUN_WITHIN: Final = 10.0  # seconds, like all below
_ROLLED_BACK_WITHIN: Final = 60.0
_TIME_OUT: Final = 1800.0
# Stack-level events that begin what the stack goes through; all others (rollback, clean-up) go on with it.
_BEGINS: Final = frozenset({"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "IMPORT_IN_PROGRESS"})
WELL: Final = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
GONE: Final = "DELETE_COMPLETE"
# What AWS says if the validation before deployment failed: of a stack, and of a change set.
_INVALID: Final = re.compile("^Validation failed|EarlyValidation")
NO_ENTITY: Final = "NoSuchEntity"
NO_REASON: Final = "AWS gave no reason"
_CANCELLED: Final = "cancelled"  # what CloudFormation says of resources that another one's failure stopped


class Ending(NamedTuple):
    """How what CloudFormation did to a stack has ended."""

    status: str
    """The stack's; of one that is gone, DELETE_COMPLETE."""
    failures: Mapping[str, str]
    """AWS's reason for each resource that failed. An update that ended well could not delete these."""


def plan(name: str, template: str, parameters: Mapping[str, str], tags: Mapping[str, str]) -> dict[str, Any]:
    """A stack as it should be, as CloudFormation is told."""
    return {
        "StackName": name,
        "TemplateBody": template,
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
    }


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
        return None if stacks[0]["StackStatus"] == GONE else stacks[0]

    @remembered("made")
    def is_made_now(self, name: str) -> bool:  # noqa: ARG002  by which it is remembered
        """Whether this run has created the stack: then all of it is as in the template, also where IAM's lists lag."""
        return False

    # Changing. Each change waits until the stack has settled, and raises StackFailed if it did not end well. Each has
    # a token of its own: with it, CloudFormation takes a call that is sent twice for one, and marks its events.

    def create(self, plan: Mapping[str, Any]) -> Ending:
        """Create the stack. Raises AwsError AlreadyExistsException if somebody else was quicker."""
        done = self._change("create_stack", plan, EnableTerminationProtection=True)
        self._facts.learn(("made", plan["StackName"]), value=True)
        return done

    def _change(self, operation: str, plan: Mapping[str, Any], **more: Any) -> Ending:
        token = f"orgkit-{uuid4()}"
        begun = self._call(operation, ClientRequestToken=token, **plan, **more)
        return self.settled(plan["StackName"], begun["StackId"], token, well=WELL)

    def settled(self, name: str, stack_id: str, token: str = "", *, well: Collection[str] = ()) -> Ending:
        """Wait until CloudFormation is done with the stack, telling each event as it comes.

        With a token, until it is done with what the call of that token began, which may take a moment to begin;
        but not forever: if somebody else has just done the same, there is nothing to begin. Raises StackFailed if
        it did not end `well`, where these statuses are given.
        """
        told: set[tuple[str, str]] = set()
        failures: dict[str, str] = {}
        rolled_back_by = _TIME_OUT
        for waited in self._calls.polls(f"for stack {name}", _TIME_OUT):
            status = self._tell_events(stack_id, token, told, failures)
            if _at_work(status) or (not status and waited < _BEGUN_WITHIN):
                continue
            self.forget(name)  # the events may be ahead of it
            stack = self.find(name)
            status, reason = (stack["StackStatus"], stack.get("StackStatusReason", "")) if stack else (GONE, "")
            if status.endswith("_FAILED") and _INVALID.search(reason):
                rolled_back_by = min(rolled_back_by, waited + _ROLLED_BACK_WITHIN)
                if waited < rolled_back_by:
                    continue
            if not _at_work(status):
                break
        failures = self._explained(failures, StackName=stack_id)
        if well and status not in well:
            named = stack["StackName"] if stack else name
            raise StackFailed(f"Stack {named} ended in {status}.", failures or ({"": reason} if reason else {}))
        return Ending(status, failures)

    def forget(self, name: str) -> None:
        """The stack has changed: know nothing of it."""
        self._facts.drop(("stack", name), ("template", name), ("drift", name), ("made", name))

    def _tell_events(self, stack_id: str, token: str, told: set[tuple[str, str]], failures: dict[str, str]) -> str:
        """Tell what is new, and answer the newest status of the stack itself; "" if none bears the token."""
        pages = self._pages("describe_stack_events", StackName=stack_id)
        events: list[StackEvent] = []
        for event in chain.from_iterable(page["StackEvents"] for page in pages):  # newest first
            events.append(event)
            if event.get("PhysicalResourceId") == stack_id and event["ResourceStatus"] in _BEGINS:
                break  # the events before are of what the stack went through before
        newest = ""
        for event in reversed(events):
            if token not in ("", event.get("ClientRequestToken")):
                continue
            status, resource = event["ResourceStatus"], event["LogicalResourceId"]
            newest = status if event.get("PhysicalResourceId") == stack_id else newest
            if (status, resource) in told:  # CloudFormation also tells twice that it has begun
                continue
            told.add((status, resource))
            self._calls.tell(f"    {status:<28} {resource}")
            reason = event.get("ResourceStatusReason", "")
            if status.endswith("_FAILED") and _CANCELLED not in reason.lower():
                failures[resource] = reason or NO_REASON
        return newest

    def _explained(self, failures: dict[str, str], **of: str) -> dict[str, str]:
        """The reasons of a failed validation, by resource: AWS validates before it deploys since 30 June 2026.

        It tells them in DescribeEvents alone, newest operation first. Who may not read that still gets the failure.
        """
        if not any(map(_INVALID.search, failures.values())):
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


class Iam(Service):
    """IAM, as far as a first bootstrap needs it (all else: principals.py)."""

    name = "iam"

    @remembered("summary")
    def summary(self) -> Mapping[str, int]:
        """`iam:GetAccountSummary`: among others whether the root user has MFA and access keys, and MFA devices in use.

        The names are AWS's: AccountMFAEnabled, AccountAccessKeysPresent, MFADevicesInUse.
        """
        summary: Mapping[str, int] = self._call("get_account_summary")["SummaryMap"]
        return summary

    @remembered("password")
    def has_password(self, user: str) -> bool:
        """Whether a user has a login profile; a user that is not there has none."""
        return self._unless(NO_ENTITY, "get_login_profile", UserName=user) is not None

    def create_password(self, user: str, password: str) -> None:
        """Give a user a login profile whose password must be changed at the first sign-in.

        A user that has just been made may be unknown to IAM for a moment (IAM User Guide, "Eventual consistency").
        Raises AwsError EntityAlreadyExists where there is one; `sent_again` then tells that it may be ours.
        """
        self._facts.drop(("password", user))
        sent = {"UserName": user, "Password": password, "PasswordResetRequired": True}
        self.until_listed(f"user {user}", lambda: self._unless(NO_ENTITY, "create_login_profile", **sent))
        self._facts.learn(("password", user), value=True)

    def changed_by_stack(self, *made: str) -> None:
        """CloudFormation has changed users and groups: what was read of them may be wrong.

        The users that it has made have no login profile: the template gives none.
        """
        self._facts.drop("details", "password")
        for user in made:
            self._facts.learn(("password", user), value=False)


def _at_work(status: str) -> bool:
    """Whether CloudFormation is changing the stack; one in review waits for somebody to execute a change set."""
    return status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS"
