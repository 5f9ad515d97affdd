"""The steps of the IAM stack: deployed as bundled, and what it made as its template has it."""

from functools import partial
from typing import Final

from orgkit import found
from orgkit.aws import Aws
from orgkit.aws.client import require
from orgkit.aws.cloudformation import plan
from orgkit.aws.drift import tags_of
from orgkit.aws.shapes import Stack
from orgkit.bundled import shipped
from orgkit.errors import FILE, AwsError
from orgkit.iam import changes, template
from orgkit.settings import Settings
from orgkit.step import State, Step, blocked

MADE: Final = "IAM users and groups"
"""What the step is called of all that the stack makes."""

# Nothing of use is left of a stack in these states: it is deleted and created again.
_LEFTOVERS: Final = frozenset({"CREATE_FAILED", "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"})

# What CloudFormation says of a change if somebody else's has just been made.
_OVERTAKEN: Final = frozenset({"AlreadyExistsException", "ChangeSetNotFound", "InvalidChangeSetStatus"})


def deployed(aws: Aws, settings: Settings) -> Step:
    """The stack: there, of the bundled template, with the right parameters, protected, and not drifted."""
    step = _as_read(aws, settings)
    if step.state is State.BLOCKED:  # somebody else's run may have made or updated the stack since it was read
        aws.cloudformation.forget(settings.iam.stack)
        aws.iam.changed_by_stack()
        step = _as_read(aws, settings)
    return step


def _as_read(aws: Aws, settings: Settings) -> Step:
    thing = f"IAM stack {settings.iam.stack}"
    sources = {setting: getattr(settings.iam, setting) for setting in template.ACCOUNTS.values()}
    for setting, source in sources.items():
        if source and source.split(":")[1] != aws.caller.partition:  # whom a role cannot let in
            detail = f"iam.{setting} is of another partition than the payer, which is in {aws.caller.partition}"
            return blocked(thing, detail, f"Correct iam.{setting} in {settings.path.name}.")
    stack = aws.cloudformation.find(settings.iam.stack)
    if stack is None:
        kinds = ["Users", "Groups", "Policies", *(["Roles"] if any(sources.values()) else [])]
        may_be_taken = any(aws.iam.summary().get(kind, 1) for kind in kinds)
        taken = changes.taken(aws, settings, None) if may_be_taken else None
        create = partial(_change, aws, settings, None)
        return taken or Step(thing, State.MISSING, f"in {aws.cloudformation.region}", create)
    status, stuck = stack["StackStatus"], shipped(FILE)["stuck"]
    if found.iam_stack(aws, settings) is None:
        return blocked(
            thing,
            f"{status}; it was not made by orgkit, which does not touch it",
            "Give orgkit's stack another name: set iam.stack in the settings.",
        )
    if status in stuck:
        return blocked(thing, status, stuck[status])
    if status in _LEFTOVERS:
        detail = f"{status}: left by a run that failed; to be deleted and created again"
        return Step(thing, State.DRIFTED, detail, partial(_change, aws, settings, stack))
    if status.endswith("_IN_PROGRESS"):
        detail = f"{status}: AWS is at work"
        return Step(thing, State.DRIFTED, detail, lambda: _settled(aws, settings, stack).applied())
    update = partial(_change, aws, settings, stack)
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


def _change(aws: Aws, settings: Settings, stack: Stack | None, drift: bool = False) -> str:
    """Have CloudFormation create the stack, in the place of a leftover, or update it, perhaps reverting drift."""
    wanted = require(parameters(aws, settings), "OU or SCP for the IAM stack to name")
    if stack and stack["StackStatus"] in _LEFTOVERS:
        aws.cloudformation.delete(stack)
        stack = None
    made: tuple[str, ...] = ()
    change, tags = aws.cloudformation.revert_drift if drift else aws.cloudformation.update, dict(settings.tags)
    if stack is None:
        change, made = aws.cloudformation.create, (settings.iam.billing_admin, settings.iam.org_admin)
    else:
        tags = tags_of(stack) | tags
    try:
        done = change(plan(settings.iam.stack, template.text(), wanted, tags))
    except AwsError as refusal:
        return _adopted(aws, settings, refusal)
    aws.iam.changed_by_stack(*made)
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
