"""The steps of the IAM stack: deployed as bundled, and what it made as its template has it."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from orgkit import found
from orgkit.aws import Aws
from orgkit.aws.cloudformation import plan, tags_of
from orgkit.aws.shapes import Stack
from orgkit.errors import AwsError, Blocked
from orgkit.iam import changes, template
from orgkit.settings import Settings
from orgkit.step import State, Step, blocked

MADE: Final = "IAM users and groups"
"""What the step is called of all that the stack makes."""

# Nothing of use is left of a stack in these states: it is deleted and created again.
_LEFTOVERS: Final = frozenset({"CREATE_FAILED", "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"})

# What CloudFormation says of a change if somebody else's has just been made.
_OVERTAKEN: Final = frozenset({"AlreadyExistsException", "ChangeSetNotFound", "InvalidChangeSetStatus"})

_CONSOLE: Final = "in the CloudFormation console. Then run the same command again."
_STUCK: Final[Mapping[str, str]] = {
    "DELETE_FAILED": "Somebody tried to delete it. Go on: in IAM, take passwords, MFA devices and access keys off its "
    f"users, which AWS does not delete with them; then retry the deletion {_CONSOLE} orgkit creates all of it again.",
    "IMPORT_ROLLBACK_FAILED": "Somebody tried to import resources into it. CloudFormation has no way on from there. "
    "Ask AWS Support to end that rollback: until then both users keep all they have. Then run the same command again.",
    "ROLLBACK_FAILED": f"Nothing of it was ever in use. Delete what its events name, then the stack, {_CONSOLE}",
    "UPDATE_FAILED": f"Choose 'Stack actions', 'Roll back' {_CONSOLE}",
    "UPDATE_ROLLBACK_FAILED": f"Choose 'Stack actions', 'Continue update rollback' {_CONSOLE}",
}


def deployed(aws: Aws, settings: Settings) -> Step:
    """The stack: there, of the bundled template, with the right parameters, protected, and not drifted."""
    name, thing = settings.iam.stack, f"IAM stack {settings.iam.stack}"
    foreign = _foreign(aws, settings, thing)
    if foreign:
        return foreign
    step = _as_read(aws, settings, thing)
    if step.state is not State.BLOCKED:
        return step
    # Somebody else's run may have made or updated the stack since it was read.
    aws.cloudformation.forget(name)
    aws.iam.changed_by_stack()
    return _as_read(aws, settings, thing)


def _as_read(aws: Aws, settings: Settings, thing: str) -> Step:
    name = settings.iam.stack
    stack = aws.cloudformation.find(name)
    if stack is None:
        taken = None if _is_iam_empty(aws, settings) else changes.taken(aws, settings, None)
        return taken or Step(thing, State.MISSING, f"in {aws.cloudformation.region}", lambda: _create(aws, settings))
    if found.iam_stack(aws, settings) is None:
        return blocked(
            thing,
            f"{stack['StackStatus']}; it was not made by orgkit, which does not touch it",
            "Give orgkit's stack another name: set iam.stack in the settings.",
        )
    status = stack["StackStatus"]
    if status in _STUCK:
        return blocked(thing, status, _STUCK[status])
    if status in _LEFTOVERS:
        detail = f"{status}: left by a run that failed; to be deleted and created again"
        return Step(thing, State.DRIFTED, detail, lambda: _create(aws, settings, stack))
    if status.endswith("_IN_PROGRESS"):
        detail = f"{status}: AWS is at work"
        return Step(thing, State.DRIFTED, detail, lambda: _settled(aws, settings, stack).applied().detail)
    update = partial(_update, aws, settings)
    return changes.of_stack(aws, settings, thing, stack, parameters(aws, settings), update)


def as_in_template(aws: Aws, settings: Settings) -> Step:
    """What the stack made, as it was told to make it: drift detection misses much."""
    stack = found.iam_stack(aws, settings)
    if stack is None or not stack["StackStatus"].endswith("_COMPLETE") or stack["StackStatus"] in _LEFTOVERS:
        return Step(MADE, State.TO_FOLLOW, "come with the stack")
    if aws.cloudformation.is_made_now(settings.iam.stack):
        return Step(MADE, State.IN_PLACE, changes.AS_IT_SHOULD)
    return changes.by_hand(aws, MADE, stack)


def parameters(aws: Aws, settings: Settings) -> dict[str, str] | None:
    """The template's parameters, or None while the organization, the OU or an SCP is missing."""
    organization, root = aws.organizations.organization(), aws.organizations.root()
    ou, scps = found.institution_ou(aws, settings), [found.scp(aws, settings, scp) for scp in settings.scps]
    if organization is None or root is None or ou is None or not all(scps):
        return None
    return {
        "OrganizationId": organization["Id"],
        "RootId": root["Id"],
        "InstitutionOuId": ou["Id"],
        "ProtectedPolicyArns": ",".join(policy["Arn"] for policy in found.partners_scps(aws, settings)),
        "OwnPolicies": str(len(settings.scps)),
        **template.chosen(settings.iam),
    }


def _foreign(aws: Aws, settings: Settings, thing: str) -> Step | None:
    """Blocked, if a role is to trust somebody of another partition, whom it cannot let in."""
    for setting in template.ACCOUNTS.values():
        source = getattr(settings.iam, setting)
        if source and source.split(":")[1] != aws.caller.partition:
            detail = f"iam.{setting} is of another partition than the payer, which is in {aws.caller.partition}"
            return blocked(thing, detail, f"Correct iam.{setting} in {settings.path.name}.")
    return None


def _is_iam_empty(aws: Aws, settings: Settings) -> bool:
    """Whether IAM has nothing of the kinds that the stack makes, so that no name can be taken."""
    roles = ["Roles"] if any(getattr(settings.iam, source) for source in template.ACCOUNTS.values()) else []
    return not any(aws.iam.summary().get(kind, 1) for kind in ("Users", "Groups", "Policies", *roles))


def _plan(aws: Aws, settings: Settings, tags: Mapping[str, str]) -> dict[str, Any]:
    wanted = parameters(aws, settings)
    if wanted is None:
        raise Blocked("The IAM stack needs the organization, the OU and the SCPs.", "Run `orgkit bootstrap`.")
    return plan(settings.iam.stack, template.text(), wanted, {**tags, **dict(settings.tags)})


def _create(aws: Aws, settings: Settings, leftover: Stack | None = None) -> str:
    if leftover:
        aws.cloudformation.delete(leftover)
    try:
        status = aws.cloudformation.create(_plan(aws, settings, {})).status
    except AwsError as refusal:
        return _adopted(aws, settings, refusal)
    aws.iam.changed_by_stack(settings.iam.billing_admin, settings.iam.org_admin)
    return status


def _update(aws: Aws, settings: Settings, drift: bool) -> str:
    stack = aws.cloudformation.find(settings.iam.stack)
    wanted = _plan(aws, settings, tags_of(stack) if stack else {})
    change = aws.cloudformation.revert_drift if drift else aws.cloudformation.update
    try:
        done = change(wanted)
    except AwsError as refusal:
        return _adopted(aws, settings, refusal)
    aws.iam.changed_by_stack()
    # An admin that gets another name may leave a user whose MFA device AWS does not delete.
    left = "; ".join(f"{resource}: {reason}" for resource, reason in done.failures.items())
    return f"{done.status}, but delete by hand what AWS could not: {left}" if left else done.status


def _adopted(aws: Aws, settings: Settings, refusal: AwsError) -> str:
    """Somebody else's run was quicker. Wait for what it does: that is as good, if it ends as it should."""
    busy = refusal.code == "ValidationError" and "_IN_PROGRESS" in refusal.text
    if not busy and refusal.code not in _OVERTAKEN:
        raise refusal
    aws.cloudformation.forget(settings.iam.stack)
    stack = aws.cloudformation.find(settings.iam.stack)
    if stack is None:
        raise refusal
    step = _settled(aws, settings, stack)
    if step.to_do:
        raise refusal
    return step.applied().detail


def _settled(aws: Aws, settings: Settings, stack: Stack) -> Step:
    """The step as it stands when AWS has done what it does to the stack now."""
    aws.cloudformation.settled(stack["StackName"], stack["StackId"])
    aws.iam.changed_by_stack()
    return deployed(aws, settings)
