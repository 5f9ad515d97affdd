"""What people changed by hand in IAM: what the stack's users, groups and policies are, against the template.

CloudFormation's drift detection compares only what a template names, and not all of that. What it has found
itself is left to it and its change set; the rest is found here, and put right through IAM.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from orgkit.aws.cloudformation import has_drifted
from orgkit.aws.iam import Iam, Principal
from orgkit.errors import Blocked
from orgkit.iam.resources import Expected, Resources

if TYPE_CHECKING:
    from types_boto3_cloudformation.type_defs import StackResourceDriftTypeDef

_KINDS: Final = {"AWS::IAM::User": "user", "AWS::IAM::Group": "group"}

COMPARED: Final = frozenset(
    {
        "Groups",
        "GroupName",
        "ManagedPolicyArns",
        "ManagedPolicyName",
        "PermissionsBoundary",
        "PolicyDocument",
        "UserName",
    }
)
"""The properties that are compared here."""


@dataclass(frozen=True)
class Change:
    """One change by hand: what it is, and the deed that puts it right. Nobody has called that yet."""

    text: str
    undo: Callable[[Iam], None] = field(repr=False, compare=False)


def changes(
    principals: Sequence[Principal],
    documents: Mapping[str, Any],
    wanted: Resources,
    drift: Sequence[StackResourceDriftTypeDef],
) -> tuple[Change, ...]:
    """Everything that differs from the template and that drift detection has not found itself."""
    found = {
        (_KINDS.get(each["ResourceType"], "policy"), each.get("PhysicalResourceId", "")): each
        for each in drift
        if has_drifted(each)
    }
    there = {(principal.kind, principal.name): principal for principal in principals}
    result: list[Change] = []
    for key, expected in wanted.principals.items():
        principal = there.get(key)
        if principal:
            result += _too_much(principal, expected, found.get(key))
            result += [] if key in found else _too_little(principal, expected)
        elif key not in found:
            result.append(_deleted(*key))
    result += _strangers(principals, wanted)
    for arn, document in wanted.documents.items():
        if ("policy", arn) not in found:
            result += _rewritten(arn, documents, document)
    return tuple(result)


def differs(
    principals: Sequence[Principal],
    documents: Mapping[str, Any],
    wanted: Resources,
    resource: StackResourceDriftTypeDef,
) -> bool:
    """Whether one resource differs from the template; also if the template does not tell."""
    arn = name = resource.get("PhysicalResourceId", "")
    key = (_KINDS.get(resource["ResourceType"], "policy"), name)
    principal = next((each for each in principals if (each.kind, each.name) == key), None)
    if principal and key in wanted.principals:
        expected = wanted.principals[key]
        return any(_too_much(principal, expected, None)) or any(_too_little(principal, expected))
    return arn not in wanted.documents or any(_rewritten(arn, documents, wanted.documents[arn]))


def _too_much(principal: Principal, expected: Expected, drifted: StackResourceDriftTypeDef | None) -> Iterator[Change]:
    seen = [each["ActualValue"] for each in drifted.get("PropertyDifferences", [])] if drifted else []

    def unseen(what: str) -> bool:
        return not any(what in actual for actual in seen)

    named = f"{principal.kind} {principal.name}"
    for policy in filter(unseen, sorted(set(principal.policies) - expected.policies)):
        yield Change(f"{named} has {policy}, should not", _detach(principal, policy))
    for inline in sorted(principal.inline):
        yield Change(f"{named} has the inline policy {inline}, should not", _delete_inline(principal, inline))
    for group in filter(unseen, sorted(set(principal.groups) - expected.groups)):
        yield Change(f"{named} is in the group {group}, should not be", _leave(principal.name, group))
    if principal.boundary and not expected.boundary:
        text = f"{named} has the boundary {principal.boundary}, should have none"
        yield Change(text, lambda iam: iam.delete_boundary(principal.name))
    if principal.path != expected.path:
        text = f"{named} has the path {principal.path}, should have {expected.path}"
        yield Change(text, lambda iam: iam.move(principal, expected.path))


def _too_little(principal: Principal, expected: Expected) -> Iterator[Change]:
    named = f"{principal.kind} {principal.name}"
    for policy in sorted(expected.policies - set(principal.policies)):
        yield Change(f"{named} lacks {policy}, should have it", _attach(principal, policy))
    for group in sorted(expected.groups - set(principal.groups)):
        yield Change(f"{named} is not in the group {group}, should be", _join(principal.name, group))
    if expected.boundary and principal.boundary != expected.boundary:
        has = principal.boundary or "none"
        yield Change(
            f"{named} has the boundary {has}, should have {expected.boundary}",
            lambda iam: iam.put_boundary(principal.name, expected.boundary),
        )


def _strangers(principals: Sequence[Principal], wanted: Resources) -> Iterator[Change]:
    """Other users in the stack's groups."""
    groups = {name for kind, name in wanted.principals if kind == "group"}
    for principal in principals:
        if (principal.kind, principal.name) not in wanted.principals:
            for group in sorted(groups.intersection(principal.groups)):
                text = f"user {principal.name} is in the group {group}, should not be"
                yield Change(text, _leave(principal.name, group))


def _rewritten(arn: str, documents: Mapping[str, Any], document: Any) -> Iterator[Change]:
    if arn not in documents:
        yield _deleted("policy", arn)
    elif documents[arn] != document:
        yield Change(f"policy {arn} is not that of the template", lambda iam: iam.rewrite_policy(arn, document))


def _deleted(kind: str, name: str) -> Change:
    def stuck(_: Iam) -> None:
        raise Blocked(
            f"{kind} {name} was deleted, and CloudFormation does not see it.",
            "Turn off the termination protection of the stack and delete it in the CloudFormation console; then "
            "run the same command again: orgkit makes it anew.",
        )

    return Change(f"{kind} {name} was deleted, should be there", stuck)


def _detach(principal: Principal, policy: str) -> Callable[[Iam], None]:
    return lambda iam: iam.detach(principal, policy)


def _attach(principal: Principal, policy: str) -> Callable[[Iam], None]:
    return lambda iam: iam.attach(principal, policy)


def _delete_inline(principal: Principal, policy: str) -> Callable[[Iam], None]:
    return lambda iam: iam.delete_inline(principal, policy)


def _leave(user: str, group: str) -> Callable[[Iam], None]:
    return lambda iam: iam.leave_group(user, group)


def _join(user: str, group: str) -> Callable[[Iam], None]:
    return lambda iam: iam.join_group(user, group)
