"""Corrects what is there but not as it should be: a stack, an OU, an account, an SCP (IAM: principals.py).

A first bootstrap of an empty payer needs none of this: what it calls is in cloudformation.py and organizations.py.
"""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final
from uuid import uuid4

from orgkit.aws.attempts import Answer
from orgkit.aws.client import Listed, listed, remembered, require, side_by_side
from orgkit.aws.cloudformation import GONE, NO_REASON, WELL, CloudFormation, Ending
from orgkit.aws.organizations import Organizations, Scps, tag_list
from orgkit.aws.shapes import Account, Ou, Policy, ResourceDrift, Stack
from orgkit.errors import AwsError, NothingChanged, OrgkitError, StackFailed

_TIME_OUT: Final = 300.0  # seconds
# Refusals of a move that say nothing about the other accounts.
_OF_ONE_ACCOUNT: Final = ("AccountNotFoundException", "DuplicateAccountException", "SourceParentNotFoundException")
_TOLD_AFTER: Final = 10  # accounts, which takes some five seconds
_NO_UPDATES: Final = "No updates are to be performed"


class StackDrift(CloudFormation):
    """The stacks, and how one that is not as it should be is updated, deleted, or rid of changes by hand."""

    @remembered("template")
    def template(self, name: str) -> str:
        """The stack's template as it was sent."""
        body = self._call("get_template", StackName=name, TemplateStage="Original")["TemplateBody"]
        return body if isinstance(body, str) else json.dumps(body)  # botocore parses templates in JSON

    def update(self, plan: Mapping[str, Any]) -> Ending:
        """Update the stack; that there is nothing to update is success."""
        try:
            return self._change("update_stack", plan)
        except AwsError as error:
            if _NO_UPDATES not in error.text:
                raise
            self.forget(plan["StackName"])
            stack = self.find(plan["StackName"])
            return Ending(stack["StackStatus"] if stack else GONE, {})

    def delete(self, stack: Stack) -> None:
        """Delete what is left of a stack, and wait until it is gone. A new stack of the same name is another one."""
        token, stack_id = f"orgkit-{uuid4()}", stack["StackId"]
        if stack.get("EnableTerminationProtection"):
            self.protect(stack_id, on=False)
        self._call("delete_stack", StackName=stack_id, ClientRequestToken=token)
        self.forget(stack["StackName"])
        self.settled(stack_id, stack_id, token, well=[GONE])

    def protect(self, name: str, *, on: bool = True) -> None:
        """Set termination protection."""
        self._call("update_termination_protection", StackName=name, EnableTerminationProtection=on)
        self._facts.drop(("stack", name))

    quick = False
    """Whether drift detection is left out, as if it found nothing: AWS looks for some ten seconds."""

    @remembered("drift")
    def drift(self, name: str) -> tuple[ResourceDrift, ...]:
        """Every resource of the stack, as it is and as the template has it.

        A detection that a stopped run or somebody else has begun must end first. One that failed for one resource has
        still looked at others, and lists those alone.
        """
        if self.quick:
            return ()
        detection = None
        polls = self._calls.polls(f"for somebody else's drift detection of stack {name}", _TIME_OUT)
        while detection is None:
            try:
                detection = self._call("detect_stack_drift", StackName=name)["StackDriftDetectionId"]
            except AwsError as error:
                if "already in progress" not in error.text:
                    raise
                next(polls)
        ended = self._until_done(
            f"CloudFormation's drift detection of stack {name}",
            "describe_stack_drift_detection_status",
            "DetectionStatus",
            StackDriftDetectionId=detection,
        )
        seen = self._list("describe_stack_resource_drifts", "StackResourceDrifts", StackName=name)
        if ended["DetectionStatus"] != "DETECTION_FAILED":
            return seen
        known = {each["LogicalResourceId"] for each in seen}
        failure = ended.get("DetectionStatusReason") or NO_REASON
        unseen = {"StackResourceDriftStatus": "NOT_CHECKED", "DriftStatusReason": failure}
        every = self._list("list_stack_resources", "StackResourceSummaries", StackName=name)
        return (*seen, *({**each, **unseen} for each in every if each["LogicalResourceId"] not in known))

    def revert_drift(self, plan: Mapping[str, Any]) -> Ending:
        """Bring the stack and what was changed by hand back to the plan, by a drift-aware change set.

        CloudFormation has these since November 2025 (`CreateChangeSet`, `DeploymentMode=REVERT_DRIFT`). Executing
        one deletes the stack's other change sets (`ExecuteChangeSet`): those that stopped runs have left, too.
        Raises NothingChanged if CloudFormation finds nothing to change.
        """
        name, token = plan["StackName"], f"orgkit-{uuid4()}"
        of_stack = {"StackName": name, "ChangeSetName": token}
        asked = {"ChangeSetName": token, "ClientToken": token, **plan}
        made = self._call("create_change_set", DeploymentMode="REVERT_DRIFT", **asked)
        planned = self._until_done(f"the change set of stack {name}", "describe_change_set", "Status", **of_stack)
        if planned["Status"] == "CREATE_COMPLETE":
            self._call("execute_change_set", ClientRequestToken=token, **of_stack)
            return self.settled(name, made["StackId"], token, well=WELL)
        reason = planned.get("StatusReason") or NO_REASON
        nothing_to_revert = "didn't contain changes" in reason or _NO_UPDATES in reason
        why = {} if nothing_to_revert else self._explained({"": reason}, **of_stack)
        self._call("delete_change_set", **of_stack)
        if why:
            raise StackFailed(f"CloudFormation could not plan the changes to stack {name}.", why)
        self.forget(name)
        self._facts.learn(("drift", name), value=())  # what it reports is of no use: IAM is compared whole
        raise NothingChanged(
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


class OrganizationDrift(Organizations):
    """The organization, and how an OU, its tags or an account's place in it is put right."""

    members: Listed[Account] = listed("members", "list_accounts", "Accounts")
    """Every account of the organization, the payer included: one call per twenty."""

    parents: Listed[str] = listed(
        "parents", "list_parents", "Parents", each="Id", of="ChildId", unless="ChildNotFoundException"
    )
    """The id of the root or OU right above an account, alone; nothing while AWS does not show it yet."""

    def namesakes(self, name: str, level: Sequence[Ou]) -> list[str]:
        """What is to say of OUs of that name below those of a level, which are read level by level."""
        said: list[str] = []
        parents = [("", ou) for ou in level]  # each with the way to it, as in `Schools/Physics/`
        while parents:
            children = side_by_side([partial(self.ous, ou["Id"]) for _, ou in parents])
            pairs = zip(parents, children, strict=True)
            parents = [(f"{above}{parent['Name']}/", ou) for (above, parent), ous in pairs for ou in ous]
            for above, ou in parents:
                if ou["Name"] == name:
                    said.append(
                        f"{above}{name} ({ou['Id']}) has the same name and stays as it is, with its "
                        f"{len(self.accounts(ou['Id']))} accounts: AWS moves accounts, but no OUs"
                    )
        return said

    @remembered("tags")
    def tags(self, resource: str) -> dict[str, str]:
        """The tags of a root, OU, account or SCP."""
        return {tag["Key"]: tag["Value"] for tag in self._list("list_tags_for_resource", "Tags", ResourceId=resource)}

    def rename_ou(self, ou: Ou, name: str) -> Ou:
        """Give an OU right below the root another name."""
        root = require(self.root())["Id"]
        others = tuple(other for other in self.ous(root) if other["Id"] != ou["Id"])
        try:
            answer = self._call("update_organizational_unit", OrganizationalUnitId=ou["Id"], Name=name)
        except AwsError as error:
            # The name may be taken by this very OU: from an earlier sending of the call, or from another run.
            self._facts.drop(("ous", root))
            taken_by = self.ou_named(name)
            if error.code != "DuplicateOrganizationalUnitException" or not taken_by or taken_by["Id"] != ou["Id"]:
                raise
            return taken_by
        renamed: Ou = answer["OrganizationalUnit"]
        self._facts.learn(("ous", root), (*others, renamed))
        return renamed

    def tag(self, resource: str, tags: Mapping[str, str]) -> None:
        """Set these tags and leave all others."""
        self._call("tag_resource", ResourceId=resource, Tags=tag_list(tags))
        self._facts.drop(("tags", resource))

    def place(self, accounts: Sequence[Account], ou: Ou) -> str:
        """Move these accounts from the root into an OU. Raises OrgkitError in the end, naming each that was not."""
        refused: list[AwsError] = []
        for number, account in enumerate(accounts, start=1):
            refusal = self.move_account(account["Id"], ou)
            refused += [refusal] if refusal else []
            if number % _TOLD_AFTER == 0:
                self._calls.tell(f"    moved {number - len(refused)} of {len(accounts)} accounts")
        if refused:
            failed = f"{len(refused)} of {len(accounts)} accounts were not moved into {ou['Name']}."
            raise OrgkitError("\n".join([failed, *map(str, refused)]), refused[0].remedy)
        return f"{len(accounts)} moved into {ou['Id']}"

    def move_account(self, account: str, ou: Ou) -> AwsError | None:
        """Move an account from the root into an OU; one that is there already stays.

        AWS's refusal comes back, if it is about this account. Raises AwsError for what would stop the others too.
        """
        root, inside = require(self.root())["Id"], ("accounts", ou["Id"])
        try:
            self._call("move_account", AccountId=account, SourceParentId=root, DestinationParentId=ou["Id"])
        except AwsError as error:
            if error.code not in _OF_ONE_ACCOUNT:
                raise
            self._facts.drop(inside)
            if account not in {each["Id"] for each in self.accounts(ou["Id"])}:
                return error
        self._facts.drop(("accounts", root), inside, ("path", account), ("parents", account))
        return None


class ScpDrift(Scps):
    """The SCPs, and how one that was changed is put right."""

    targets: Listed[str] = listed("targets", "list_targets_for_policy", "Targets", each="TargetId", of="PolicyId")
    """The ids of all roots, OUs and accounts an SCP is attached to."""

    @remembered("content")
    def content(self, policy: str) -> str:
        """An SCP's document, as AWS keeps it."""
        return str(self._call("describe_policy", PolicyId=policy)["Policy"]["Content"])

    def update(self, policy: str, name: str, description: str, content: str) -> Policy:
        """Give an SCP another name, description and document."""
        answer = self._call("update_policy", PolicyId=policy, Name=name, Description=description, Content=content)
        updated: Policy = answer["Policy"]["PolicySummary"]
        self._facts.amend(lambda known: tuple(updated if p["Id"] == policy else p for p in known), "scps", "attached")
        self._facts.learn(("content", policy), content)
        return updated


def parameters_of(stack: Stack) -> dict[str, str]:
    return {each["ParameterKey"]: each.get("ParameterValue", "") for each in stack.get("Parameters", [])}


def tags_of(stack: Stack) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in stack.get("Tags", [])}
