"""Compares IAM and the stack with the template and the settings: changes by hand, and names that others have taken.

CloudFormation's drift detection compares only what a template names, and not all of that. So orgkit compares users,
groups, roles and policies itself, and puts them right through IAM. What it does not compare, and what was deleted,
is left to CloudFormation.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import unified_diff
from functools import partial
from typing import Any, Final

from orgkit import bundled
from orgkit.aws import Aws
from orgkit.aws.cloudformation import NO_REASON
from orgkit.aws.drift import parameters_of, tags_of
from orgkit.aws.principals import Principal
from orgkit.aws.principals import Principals as Iam
from orgkit.aws.shapes import ResourceDrift, Stack
from orgkit.iam import template
from orgkit.iam.resources import KINDS, Resources, resources, same
from orgkit.settings import Settings
from orgkit.step import State, Step, blocked, differing

COMPARED: Final = frozenset(
    {"AssumeRolePolicyDocument", "Groups", "ManagedPolicyArns", "Path", "PermissionsBoundary", "PolicyDocument"}
    | {"GroupName", "ManagedPolicyName", "RoleName", "UserName"}
)
"""The properties that are compared here."""

_SHOWN: Final = 12  # lines of a document
AS_IT_SHOULD: Final = "as in the template"


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
    wanted = resources(parameters_of(stack), aws.caller)
    drift = aws.cloudformation.drift(name)
    deleted = {_key(each) for each in drift if each["StackResourceDriftStatus"] == "DELETED"}
    changed = tuple(_changes(aws.iam, wanted, deleted))
    former = ", ".join(_former_users(aws.iam, wanted))
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


def _former_users(iam: Iam, wanted: Resources) -> Iterator[str]:
    """Admins by an earlier name in the settings, whom CloudFormation could not delete: their boundary shows it."""
    for each in iam.details().principals:
        is_ours = (each.kind, each.name) in wanted.principals
        if each.kind == "user" and not is_ours and each.boundary.endswith(f":policy/{each.name}Policy"):
            yield each.name


def _changes(iam: Iam, wanted: Resources, deleted: Collection[tuple[str, str]]) -> Iterator[Change]:
    """Everything that differs from the template, in an order in which nobody has too many rights for a moment.

    Policies come first, then who is in a group of the template and should not be. What drift detection found deleted
    is left to CloudFormation.
    """
    for arn, document in wanted.documents.items():
        actual = iam.details().documents.get(arn)
        write = partial(iam.write_policy, arn, iam.details().versions.get(arn, ()), document)
        if actual is None and ("policy", arn) not in deleted:
            yield Change(f"policy {arn} was deleted, should be there", write)
        elif actual not in (None, document):
            yield Change(f"policy {arn} is not that of the template", write, overwritten(actual, document))
    there = {(principal.kind, principal.name): principal for principal in iam.details().principals}
    groups = {name for kind, name in wanted.principals if kind == "group"}
    for stranger in (each for key, each in there.items() if key not in wanted.principals):
        yield from _of_principal(iam, stranger, replace(stranger, groups=tuple({*stranger.groups} - groups)))
    for key, expected in wanted.principals.items():
        if key not in deleted:
            yield from _of_principal(iam, there.get(key), expected)


def _of_principal(iam: Iam, there: Principal | None, expected: Principal) -> Iterator[Change]:
    """What differs in one user, group or role: what it has and should not, then what it lacks.

    One that is not there is created again, and lacks all.
    """

    def change(words: str, undo: Callable[..., None], *value: Any, of_document: Sequence[str] = ()) -> Change:
        return Change(f"{expected.kind} {expected.name} {words}", partial(undo, there, *value), of_document)

    if there and there.path != expected.path:
        words = f"has the path {there.path}, should have {expected.path}"
        if there.kind == "role":  # whose path nothing can change
            others = sorted({*there.policies, *there.inline} - {*expected.policies})
            lost = f", without {', '.join(others)}" if others else ""
            yield change(f"{words}; to be created again{lost}", iam.delete_role)
            there = None
        else:
            yield change(words, iam.move, expected.path)
    if not there:
        there = replace(expected, groups=(), policies=())
        yield change("was deleted, should be there", iam.create)
    boundary = f"the boundary {there.boundary}" if there.boundary else "no boundary"
    if expected.boundary not in ("", there.boundary):
        yield change(f"has {boundary}, should have {expected.boundary}", iam.put_boundary, expected.boundary)
    if there.trust != expected.trust:
        lines = overwritten(there.trust, expected.trust)
        yield change("may be assumed by others than the template says", iam.trust, expected.trust, of_document=lines)
    for words, undo, values in (
        ("has {}, should not", iam.detach, {*there.policies} - {*expected.policies}),
        ("has the inline policy {}, should not", iam.delete_inline, {*there.inline} - {*expected.inline}),
        ("is in the group {}, should not be", iam.leave_group, {*there.groups} - {*expected.groups}),
        ("lacks {}, should have it", iam.attach, {*expected.policies} - {*there.policies}),
        ("is not in the group {}, should be", iam.join_group, {*expected.groups} - {*there.groups}),
    ):
        for value in sorted(values):
            yield change(words.format(value), undo, value)
    if there.boundary and not expected.boundary:
        yield change(f"has {boundary}, should have none", iam.delete_boundary)


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
    stale = differing("parameter ", parameters_of(stack), wanted)
    stale += differing("tag ", tags_of(stack), dict(settings.tags))
    actual, own = aws.cloudformation.template(name), template.text()
    if not same(actual, own):
        stale += [f"template is not this orgkit's {bundled.IAM_TEMPLATE.name}:", *overwritten(actual, own)]
    in_the_way = taken(aws, settings, stack) if stale else None
    if in_the_way:
        return in_the_way
    unprotected = [] if stack.get("EnableTerminationProtection") else ["termination protection is off, should be on"]
    seen, doubts = _of_drift(drift, COMPARED if same(actual, own) else frozenset())
    if not (seen or stale or unprotected):
        return Step(thing, State.IN_PLACE, stack["StackStatus"] + doubts)

    def correct() -> str:
        if unprotected:
            aws.cloudformation.protect(name)
        if not seen and not stale:
            return stack["StackStatus"]
        return update(any(each["StackResourceDriftStatus"] in ("MODIFIED", "DELETED") for each in drift))

    detail = "changed by hand" if seen or unprotected else "not up to date"
    return Step(thing, State.DRIFTED, detail + doubts, correct, [*seen, *stale, *unprotected])


def _of_drift(drift: Sequence[ResourceDrift], compared: Collection[str]) -> tuple[list[str], str]:
    """What CloudFormation found and orgkit does not compare, line by line, and what it could not compare, and why.

    AWS is known to report values that differ only in how they are written. So of what orgkit compares itself, its own
    step tells, unless the stack is still of another template. Where AWS could not compare, that step is all there is.
    """
    lines, unknown = [], []
    for resource in drift:
        status, differences = resource["StackResourceDriftStatus"], resource.get("PropertyDifferences", [])
        kind, name = _key(resource)
        named = f"{kind} {name or resource['LogicalResourceId']}"
        if status == "DELETED":
            lines.append(f"{named} was deleted, should be there")
        elif status == "MODIFIED":
            lines += [] if differences else [f"{named} was modified"]
            for each in differences:
                path = each["PropertyPath"].strip("/")
                if path.partition("/")[0] not in compared:
                    lines.append(f"{named}: {path} is {each['ActualValue']}, should be {each['ExpectedValue']}")
        elif status != "IN_SYNC":  # AWS may also say UNKNOWN, UNSUPPORTED or NOT_CHECKED
            unknown.append(resource)
    if not unknown:
        return lines, ""
    why = next((each["DriftStatusReason"] for each in unknown if each.get("DriftStatusReason")), NO_REASON)
    names = ", ".join(resource["LogicalResourceId"] for resource in unknown)
    return lines, f"; CloudFormation could not compare {names}: {why.rstrip('.')}"


def taken(aws: Aws, settings: Settings, stack: Stack | None) -> Step | None:
    """Blocked, if IAM has names of the template that the stack did not make: it sees no difference in case or path."""
    made = resources(parameters_of(stack), aws.caller).names if stack else set()
    to_come = resources(template.chosen(settings.iam), aws.caller).names - made
    if not to_come:
        return None
    principals, documents, _ = aws.iam.details()
    there = Resources({(each.kind, each.name): each for each in principals}, documents).names
    folded = {(kind, name.casefold()) for kind, name in to_come}
    in_the_way = sorted((kind, name) for kind, name in there if (kind, name.casefold()) in folded)
    if not in_the_way:
        return None
    file = settings.path.name
    watcher = ("role", template.WATCHER.casefold())
    of_watcher = [(kind, name.casefold()) == watcher for kind, name in in_the_way]
    ways = []
    if not all(of_watcher):
        ways.append(f"set iam.billing_admin and iam.org_admin in {file} to names that nobody bears")
    if any(of_watcher):
        ways.append(f"delete the role {template.WATCHER} or iam.watcher")
    remedy = " and ".join(ways)
    elsewhere = "If orgkit made them, its stack is in another region or has another name: set iam.region or iam.stack "
    return blocked(
        f"IAM stack {settings.iam.stack}",
        f"IAM has {len(in_the_way)} of the names that it needs",
        f"{remedy[0].upper()}{remedy[1:]}." if stack else f"{elsewhere}in {file} to it. Otherwise {remedy}.",
        [f"{kind} {name} is there already" for kind, name in in_the_way],
    )


def _key(resource: ResourceDrift) -> tuple[str, str]:
    """The kind and the name of a user, group or role, or the ARN of a policy."""
    return KINDS.get(resource["ResourceType"], "policy"), resource.get("PhysicalResourceId", "")


def overwritten(actual: Any, wanted: Any) -> list[str]:
    """What applying a step would take out of a text or a JSON document (-) and put into it (+), line by line."""
    former, new = (each if isinstance(each, str) else json.dumps(each, indent=1) for each in (actual, wanted))
    changed = unified_diff(former.splitlines(), new.splitlines(), n=0, lineterm="")
    lines = [line for line in changed if not line.startswith(("--- ", "+++ ", "@@ "))]
    more = len(lines) - _SHOWN
    return [*lines[:_SHOWN], *([f"… and {more} more lines"] if more > 0 else [])]
