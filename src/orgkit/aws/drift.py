"""What is there, but not as it should be: an outdated stack, changes by hand in it, and those that only IAM shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from orgkit.aws.client import remembered
from orgkit.aws.cloudformation import NO_REASON, CloudFormation, Ending, Plan, StackFailed, as_lines, status_of
from orgkit.aws.iam import NO_ENTITY, Iam, Principal
from orgkit.errors import AwsError, NotMended, OrgkitError

if TYPE_CHECKING:
    from types_boto3_cloudformation.type_defs import StackResourceDriftTypeDef, StackTypeDef

    from orgkit.aws.attempts import Answer

_TIME_OUT: Final = 300.0  # seconds
_NO_UPDATES: Final = "No updates are to be performed"
_VERSIONS: Final = 5  # that IAM keeps of a managed policy


class StackDrift(CloudFormation):
    """The stacks, and how one that is not as it should be is updated, deleted, or rid of changes by hand."""

    def update(self, plan: Plan) -> Ending:
        """Update the stack; that there is nothing to update is success."""
        try:
            return self._change("update_stack", plan)
        except AwsError as error:
            if _NO_UPDATES not in error.text:
                raise
            self.forget(plan.name)
            return Ending(status_of(self.find(plan.name)), {})

    def delete(self, stack: StackTypeDef) -> None:
        """Delete what is left of a stack, and wait until it is gone. A new stack of the same name is another one."""
        token, stack_id = f"orgkit-{uuid4()}", stack["StackId"]
        if stack.get("EnableTerminationProtection"):
            self.protect(stack_id, on=False)
        self._call("delete_stack", StackName=stack_id, ClientRequestToken=token)
        self.forget(stack["StackName"])
        left, failures = self.settled(stack_id, stack_id, token)
        if left:
            raise StackFailed(left["StackName"], left, failures)

    def protect(self, name: str, *, on: bool = True) -> None:
        """Set termination protection."""
        self._call("update_termination_protection", StackName=name, EnableTerminationProtection=on)
        self._facts.drop(("stack", name))

    @remembered("drift")
    def drift(self, name: str) -> tuple[StackResourceDriftTypeDef, ...]:
        """Every resource of the stack, as it is and as the template has it. AWS looks for some seconds.

        A detection that failed for one resource has still looked at others, and lists those alone.
        """
        what, detection = f"CloudFormation's drift detection of stack {name}", self._begin_detection(name)
        asked = {"StackDriftDetectionId": detection}
        ended = self._until_done(what, "describe_stack_drift_detection_status", "DetectionStatus", **asked)
        failed = ended["DetectionStatus"] == "DETECTION_FAILED"
        failure = (ended.get("DetectionStatusReason") or NO_REASON) if failed else ""
        seen = self._list("describe_stack_resource_drifts", "StackResourceDrifts", StackName=name)
        every = self._list("list_stack_resources", "StackResourceSummaries", StackName=name) if failure else ()
        known = {each["LogicalResourceId"] for each in seen}
        unseen = {"StackResourceDriftStatus": "NOT_CHECKED", "DriftStatusReason": failure}
        return (*seen, *({**each, **unseen} for each in every if each["LogicalResourceId"] not in known))

    def _begin_detection(self, name: str) -> str:
        """The id of a new detection. One that a stopped run or somebody else has begun must end first."""
        polls = self._calls.polls(f"for somebody else's drift detection of stack {name}", _TIME_OUT)
        while True:
            try:
                return str(self._call("detect_stack_drift", StackName=name)["StackDriftDetectionId"])
            except AwsError as error:
                if "already in progress" not in error.text:
                    raise
            next(polls)

    def revert_drift(self, plan: Plan) -> Ending:
        """Bring the stack and what was changed by hand back to the plan, by a drift-aware change set.

        CloudFormation has these since November 2025 (`CreateChangeSet`, `DeploymentMode=REVERT_DRIFT`). Executing
        one deletes the stack's other change sets (`ExecuteChangeSet`): those that stopped runs have left, too.
        Raises NotMended if CloudFormation finds nothing to change.
        """
        token = f"orgkit-{uuid4()}"
        of_stack, asked = {"StackName": plan.name, "ChangeSetName": token}, {"ClientToken": token, **plan.sent()}
        made = self._call("create_change_set", DeploymentMode="REVERT_DRIFT", ChangeSetName=token, **asked)
        planned = self._until_done(f"the change set of stack {plan.name}", "describe_change_set", "Status", **of_stack)
        if planned["Status"] == "CREATE_COMPLETE":
            self._call("execute_change_set", ClientRequestToken=token, **of_stack)
            return self._settled_well(plan.name, made["StackId"], token)
        reason = planned.get("StatusReason") or NO_REASON
        nothing_to_revert = "didn't contain changes" in reason or _NO_UPDATES in reason
        why = {} if nothing_to_revert else self._explained({"": reason}, **of_stack)
        self._call("delete_change_set", **of_stack)
        if why:
            raise OrgkitError(
                "\n".join([f"CloudFormation could not plan the changes to stack {plan.name}.", *as_lines(why)]),
                "Clear what the reason names, then run the same command again.",
            )
        self.forget(plan.name)
        self._facts.learn(("drift", plan.name), value=())  # what it reports is of no use: IAM is compared whole
        raise NotMended(
            "CloudFormation reports changes by hand, but finds nothing to revert",
            "Compare the values in the CloudFormation console (Stack actions, View drift results). If they mean "
            "the same, nothing is wrong: orgkit has compared users, groups and policies with the template itself.",
        )

    def _until_done(self, what: str, operation: str, status: str, **parameters: str) -> Answer:
        """What the operation answers as soon as AWS is no longer at work."""
        for _ in self._calls.polls(f"for {what}", _TIME_OUT):
            answer = self._call(operation, **parameters)
            if not answer[status].endswith(("_PENDING", "_IN_PROGRESS")):
                return answer
        raise AssertionError  # polls never ends by itself


def _undo(operation: str, *, sent_as: str = "") -> Callable[..., None]:
    """A call for a principal, by its kind, with one value. What is so already, from an earlier sending of the call or
    from another run, is success."""

    def undo(iam: IamDrift, principal: Principal, value: str = "") -> None:
        kind = principal.kind
        named = operation.format(principal=kind, member=kind, bounded=kind)
        iam.change(named, **{f"{kind.title()}Name": principal.name}, **({sent_as: value} if sent_as else {}))

    return undo


class IamDrift(Iam):
    """IAM, and the calls that undo in it what people changed by hand."""

    attach = _undo("attach_{principal}_policy", sent_as="PolicyArn")
    detach = _undo("detach_{principal}_policy", sent_as="PolicyArn")
    delete_inline = _undo("delete_{principal}_policy", sent_as="PolicyName")
    move = _undo("update_{member}", sent_as="NewPath")
    join_group = _undo("add_user_to_group", sent_as="GroupName")
    leave_group = _undo("remove_user_from_group", sent_as="GroupName")
    put_boundary = _undo("put_{bounded}_permissions_boundary", sent_as="PermissionsBoundary")
    delete_boundary = _undo("delete_{bounded}_permissions_boundary")

    def create(self, principal: Principal) -> None:
        """Create a user, group or role again, with nothing on it yet."""
        trust = {"AssumeRolePolicyDocument": _written(principal.trust)} if principal.kind == "role" else {}
        named = {f"{principal.kind.title()}Name": principal.name}
        self.change(f"create_{principal.kind}", Path=principal.path, **named, **trust)

    def delete_role(self, role: Principal) -> None:
        """Delete a role with all that is on it."""
        for policy in role.policies:
            self.detach(role, policy)
        for inline in role.inline:
            self.delete_inline(role, inline)
        self.change("delete_role", RoleName=role.name)

    def trust(self, role: Principal, document: Any) -> None:
        """Set who may assume a role."""
        self.change("update_assume_role_policy", RoleName=role.name, PolicyDocument=_written(document))

    def create_policy(self, arn: str, document: Any) -> None:
        """Create a managed policy again, under the ARN that it had."""
        self.change("create_policy", PolicyName=arn.rpartition("/")[2], PolicyDocument=_written(document))

    def rewrite_policy(self, arn: str, document: Any) -> None:
        """Give a managed policy another document. IAM keeps five versions; the oldest gives way."""
        versions = self.details()[1][arn]
        if len(versions) >= _VERSIONS:
            self.change("delete_policy_version", PolicyArn=arn, VersionId=versions[-1]["VersionId"])
        self.change("create_policy_version", PolicyArn=arn, PolicyDocument=_written(document), SetAsDefault=True)

    def change(self, operation: str, **parameters: Any) -> None:
        """One call that changes IAM."""
        so_already = {"create": "EntityAlreadyExists", "delete": NO_ENTITY, "detach": NO_ENTITY, "remove": NO_ENTITY}
        self._unless(so_already.get(operation.partition("_")[0], ""), operation, **parameters)
        self._facts.drop("details")


def _written(document: Any) -> str:
    return json.dumps(document, separators=(",", ":"))
