"""IAM and its stack as they are, against the template and the settings: names that others have taken, changes by hand.

CloudFormation's drift detection compares only what a template names, and not all of that. So orgkit compares users,
groups, roles and policies itself, and puts them right through IAM. What it does not compare, and what was deleted,
is left to CloudFormation.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from orgkit import bundled
from orgkit.aws import Aws
from orgkit.aws.cloudformation import parameters_of, tags_of
from orgkit.aws.principals import Principal
from orgkit.aws.principals import Principals as Iam
from orgkit.aws.shapes import ResourceDrift, Stack
from orgkit.iam import template
from orgkit.iam.resources import KINDS, Resources, resources, same
from orgkit.settings import Settings
from orgkit.step import State, Step, blocked, differing, overwritten

COMPARED: Final = frozenset(
    {"AssumeRolePolicyDocument", "Groups", "ManagedPolicyArns", "Path", "PermissionsBoundary", "PolicyDocument"}
) | {"GroupName", "ManagedPolicyName", "RoleName", "UserName"}
"""The properties that are compared here."""

AS_IT_SHOULD: Final = "as in the template"
_WATCHER: Final = ("role", template.WATCHER.casefold())


@dataclass(frozen=True)
class Change:
    """One change by hand: in words, and what undoes it, not yet called."""

    text: str
    undo: Callable[[], None]
    of_document: Sequence[str] = ()
    """Lines of a document that would be overwritten."""


def by_hand(aws: Aws, thing: str, stack: Stack) -> Step:
    """Users, groups, roles and policies that people changed, set back to what the stack was told to make."""
    name = stack["StackName"]
    if not same(aws.cloudformation.template(name), template.text()):
        return Step(thing, State.TO_FOLLOW, "come with the stack's update")
    wanted = _wanted(aws, parameters_of(stack))
    drift = aws.cloudformation.drift(name)
    deleted = {_key(each) for each in drift if each["StackResourceDriftStatus"] == "DELETED"}
    changed = tuple(_changes(aws.iam, wanted, deleted))
    former = ", ".join(_former_admins(aws.iam, wanted))
    well = AS_IT_SHOULD + (f"; delete by hand the former {former}, which AWS could not" if former else "")
    if not changed:
        return Step(thing, State.IN_PLACE, well)

    def undo() -> str:
        for change in changed:
            change.undo()
        return well

    detail = changed[0].text if len(changed) == 1 else f"{len(changed)} changes by hand"
    differences = [line for each in changed for line in (each.text, *each.of_document)]
    return Step(thing, State.DRIFTED, detail, undo, differences)


def _changes(iam: Iam, wanted: Resources, deleted: Collection[tuple[str, str]]) -> Iterator[Change]:
    """Everything that differs from the template, in an order in which nobody has too many rights for a moment.

    Policies come first. What drift detection found deleted is left to CloudFormation.
    """
    for arn, document in wanted.documents.items():
        actual = iam.details().documents.get(arn)
        write = partial(iam.write_policy, arn, iam.details().versions.get(arn, ()), document)
        if actual is None and ("policy", arn) not in deleted:
            yield Change(f"policy {arn} was deleted, should be there", write)
        elif actual not in (None, document):
            text = f"policy {arn} is not that of the template"
            yield Change(text, write, overwritten(actual, document))
    there = {(principal.kind, principal.name): principal for principal in iam.details().principals}
    groups = {name for kind, name in wanted.principals if kind == "group"}
    for stranger in (each for key, each in there.items() if key not in wanted.principals):
        for group in sorted(groups.intersection(stranger.groups)):
            text = f"user {stranger.name} is in the group {group}, should not be"
            yield Change(text, partial(iam.leave_group, stranger, group))
    for key, expected in wanted.principals.items():
        if key not in deleted:
            yield from _of_principal(iam, there.get(key), expected)


def _of_principal(iam: Iam, there: Principal | None, expected: Principal) -> Iterator[Change]:
    """What differs in one user, group or role. One that is not there is created again, and lacks all."""
    named = f"{expected.kind} {expected.name}"
    if there and there.path != expected.path:
        text = f"{named} has the path {there.path}, should have {expected.path}"
        if there.kind == "role":  # whose path nothing can change
            others = sorted({*there.policies, *there.inline} - {*expected.policies})
            lost = f", without {', '.join(others)}" if others else ""
            yield Change(f"{text}; to be created again{lost}", partial(iam.delete_role, there))
            there = None
        else:
            yield Change(text, partial(iam.move, there, expected.path))
    principal = there or replace(expected, groups=(), policies=())
    if not there:
        yield Change(f"{named} was deleted, should be there", partial(iam.create, principal))
    yield from _rights(iam, principal, expected)


def _rights(iam: Iam, principal: Principal, expected: Principal) -> Iterator[Change]:
    """What a user, group or role has and should not, then what it lacks; of a role, also who may assume it."""
    named = f"{expected.kind} {expected.name}"
    policies, expected_policies = set(principal.policies), set(expected.policies)
    groups, expected_groups = set(principal.groups), set(expected.groups)
    put, take_off = partial(iam.put_boundary, principal, expected.boundary), partial(iam.delete_boundary, principal)
    has = f"the boundary {principal.boundary}" if principal.boundary else "no boundary"
    of_boundary = Change(
        f"{named} has {has}, should have {expected.boundary or 'none'}", put if expected.boundary else take_off
    )
    if expected.boundary not in ("", principal.boundary):
        yield of_boundary
    if principal.trust != expected.trust:
        text = f"{named} may be assumed by others than the template says"
        undo = partial(iam.trust, principal, expected.trust)
        yield Change(text, undo, overwritten(principal.trust, expected.trust))
    for policy in sorted(policies - expected_policies):
        yield Change(f"{named} has {policy}, should not", partial(iam.detach, principal, policy))
    for inline in sorted(principal.inline):
        text = f"{named} has the inline policy {inline}, should not"
        yield Change(text, partial(iam.delete_inline, principal, inline))
    for group in sorted(groups - expected_groups):
        yield Change(f"{named} is in the group {group}, should not be", partial(iam.leave_group, principal, group))
    for policy in sorted(expected_policies - policies):
        yield Change(f"{named} lacks {policy}, should have it", partial(iam.attach, principal, policy))
    for group in sorted(expected_groups - groups):
        yield Change(f"{named} is not in the group {group}, should be", partial(iam.join_group, principal, group))
    if principal.boundary and not expected.boundary:
        yield of_boundary


def _former_admins(iam: Iam, wanted: Resources) -> Iterator[str]:
    """Users of an earlier name in the settings, whom CloudFormation could not delete: the boundary tells them."""
    for each in iam.details().principals:
        known = (each.kind, each.name) in wanted.principals
        if each.kind == "user" and each.boundary.endswith(f":policy/{each.name}Policy") and not known:
            yield each.name


def of_stack(
    aws: Aws,
    settings: Settings,
    thing: str,
    stack: Stack,
    wanted: Mapping[str, str] | None,
    update: Callable[[bool], str],
) -> Step:
    """The step of the stack itself: not of this template or these settings, or changed where IAM is not compared.

    `wanted` are its parameters, None while something that they name is missing. `update` is told whether to revert
    drift.
    """
    if wanted is None:
        return Step(thing, State.DRIFTED, "refers to an OU or SCP that is missing (see above)", partial(update, False))
    name = stack["StackName"]
    drift = aws.cloudformation.drift(name)
    same_template = same(aws.cloudformation.template(name), template.text())
    stale = _stale(aws, settings, stack, wanted, same_template=same_template)
    unprotected = [] if stack.get("EnableTerminationProtection") else ["termination protection is off, should be on"]
    in_the_way = taken(aws, settings, stack) if stale else None
    if in_the_way:
        return in_the_way
    seen = [line for each in drift for line in _drift_lines(each, same_template=same_template)]
    differences, doubts = [*seen, *stale, *unprotected], _doubts(drift)
    if not differences:
        return Step(thing, State.IN_PLACE, stack["StackStatus"] + doubts)

    def mend() -> str:
        if unprotected:
            aws.cloudformation.protect(name)
        if not seen and not stale:
            return stack["StackStatus"]
        return update(any(each["StackResourceDriftStatus"] in ("MODIFIED", "DELETED") for each in drift))

    detail = "changed by hand" if seen or unprotected else "not up to date"
    return Step(thing, State.DRIFTED, detail + doubts, mend, differences)


def _stale(aws: Aws, settings: Settings, stack: Stack, wanted: Mapping[str, str], *, same_template: bool) -> list[str]:
    """What is not as the settings and the template say."""
    lines = differing("parameter ", parameters_of(stack), wanted)
    lines += differing("tag ", tags_of(stack), dict(settings.tags))
    if not same_template:
        lines.append(f"template is not this orgkit's {bundled.IAM_TEMPLATE.name}:")
        lines += overwritten(aws.cloudformation.template(stack["StackName"]), template.text())
    return lines


def _drift_lines(resource: ResourceDrift, *, same_template: bool) -> list[str]:
    """What CloudFormation found in a resource and orgkit does not compare.

    AWS is known to report values that differ only in how they are written. So of what orgkit compares itself, its own
    step tells, unless the stack is still of another template.
    """
    kind, name = _key(resource)
    named = f"{kind} {name or resource['LogicalResourceId']}"
    if resource["StackResourceDriftStatus"] == "DELETED":
        return [f"{named} was deleted, should be there"]
    if resource["StackResourceDriftStatus"] != "MODIFIED":
        return []
    differences = resource.get("PropertyDifferences", [])
    lines = []
    for each in differences:
        path = each["PropertyPath"].strip("/")
        if not same_template or path.partition("/")[0] not in COMPARED:
            lines.append(f"{named}: {path} is {each['ActualValue']}, should be {each['ExpectedValue']}")
    return lines if differences else [f"{named} was modified"]


def _doubts(drift: Sequence[ResourceDrift]) -> str:
    """Which resources AWS could not compare, and why: orgkit's own comparison of IAM is then all there is."""
    compared = ("IN_SYNC", "MODIFIED", "DELETED")  # AWS may also say UNKNOWN, UNSUPPORTED or NOT_CHECKED
    unknown = [resource for resource in drift if resource["StackResourceDriftStatus"] not in compared]
    if not unknown:
        return ""
    why = next((each["DriftStatusReason"] for each in unknown if each.get("DriftStatusReason")), "AWS gave no reason")
    names = ", ".join(resource["LogicalResourceId"] for resource in unknown)
    return f"; CloudFormation could not compare {names}: {why.rstrip('.')}"


def taken(aws: Aws, settings: Settings, stack: Stack | None) -> Step | None:
    """Blocked, if IAM has names of the template that the stack did not make: it sees no difference in case or path."""
    made = _names(_wanted(aws, parameters_of(stack))) if stack else set()
    to_come = _names(_wanted(aws, template.chosen(settings.iam))) - made
    if not to_come:
        return None
    there = [(each.kind, each.name) for each in aws.iam.details().principals]
    there += [("policy", arn.rpartition("/")[2]) for arn in aws.iam.details().documents]
    folded = {(kind, name.casefold()) for kind, name in to_come}
    in_the_way = [(kind, name) for kind, name in there if (kind, name.casefold()) in folded]
    if not in_the_way:
        return None
    file = settings.path.name
    watcher = [(kind, name) for kind, name in in_the_way if (kind, name.casefold()) == _WATCHER]
    ways = (
        [f"set iam.billing_admin and iam.org_admin in {file} to names that nobody bears"]
        if in_the_way != watcher
        else []
    )
    ways += [f"delete the role {template.WATCHER} or iam.watcher"] if watcher else []
    remedy = " and ".join(ways)
    elsewhere = "If orgkit made them, its stack is in another region or has another name: set iam.region or iam.stack "
    return blocked(
        f"IAM stack {settings.iam.stack}",
        f"IAM has {len(in_the_way)} of the names that it needs",
        f"{remedy[0].upper()}{remedy[1:]}." if stack else f"{elsewhere}in {file} to it. Otherwise {remedy}.",
        [f"{kind} {name} is there already" for kind, name in in_the_way],
    )


def _wanted(aws: Aws, parameters: Mapping[str, str]) -> Resources:
    """What the bundled template makes in the payer."""
    return resources(template.text(), parameters, aws.caller.partition, aws.caller.account)


def _names(wanted: Resources) -> set[tuple[str, str]]:
    return {*wanted.principals, *(("policy", arn.rpartition("/")[2]) for arn in wanted.documents)}


def _key(resource: ResourceDrift) -> tuple[str, str]:
    """The kind and the name of a user, group or role, or the ARN of a policy."""
    return KINDS.get(resource["ResourceType"], "policy"), resource.get("PhysicalResourceId", "")
