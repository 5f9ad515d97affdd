"""What people changed by hand in IAM: what the stack's users, groups and policies are, against the template.

CloudFormation's drift detection compares only what a template names, and not all of that. What it has found
itself is left to it and its change set; the rest is found here, and put right through IAM.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from orgkit.aws.drift import IamDrift as Iam
from orgkit.aws.iam import Principal
from orgkit.iam.resources import KINDS, Expected, Resources
from orgkit.step import overwritten

if TYPE_CHECKING:
    from types_boto3_cloudformation.type_defs import StackResourceDriftTypeDef

COMPARED: Final = frozenset(
    {"AssumeRolePolicyDocument", "Groups", "ManagedPolicyArns", "PermissionsBoundary", "PolicyDocument"}
) | {"GroupName", "ManagedPolicyName", "RoleName", "UserName"}
"""The properties that are compared here."""


@dataclass(frozen=True)
class Change:
    """One change by hand: in words, the method that undoes it, and what of."""

    text: str
    undo: Callable[..., None]
    what: tuple[Any, ...]
    of_document: tuple[str, ...] = ()
    """Lines of a document that would be overwritten."""

    @property
    def lines(self) -> tuple[str, ...]:
        return (self.text, *self.of_document)


def changes(iam: Iam, wanted: Resources, drift: Sequence[StackResourceDriftTypeDef]) -> tuple[Change, ...]:
    """Everything that differs from the template and that drift detection has not found itself, policies first."""
    found = {
        (KINDS.get(each["ResourceType"], "policy"), each.get("PhysicalResourceId", "")): each
        for each in drift
        if each["StackResourceDriftStatus"] in ("MODIFIED", "DELETED")
    }
    there = {(principal.kind, principal.name): principal for principal in iam.principals()}
    result: list[Change] = []
    for arn, document in wanted.documents.items():
        if ("policy", arn) not in found:
            result += _rewritten(iam, arn, document)
    for key, expected in wanted.principals.items():
        principal = there.get(key)
        if principal and principal.kind == "role" and principal.path != expected.path:
            text = f"role {principal.name} has the path {principal.path}, should have {expected.path}"
            result.append(Change(f"{text}; to be created again", Iam.delete_role, (principal,)))
            principal = None
        if principal:
            result += _too_much(principal, expected, found.get(key))
        if key not in found:
            result += _too_little(principal, expected)
    groups = {name for kind, name in wanted.principals if kind == "group"}
    for stranger in (each for key, each in there.items() if key not in wanted.principals):
        for group in sorted(groups.intersection(stranger.groups)):
            text = f"user {stranger.name} is in the group {group}, should not be"
            result.append(Change(text, Iam.leave_group, (stranger, group)))
    return tuple(result)


def of_resource(iam: Iam, wanted: Resources, resource: StackResourceDriftTypeDef) -> tuple[Change, ...] | None:
    """What differs in one resource from the template, looked at without CloudFormation; None if that cannot tell."""
    kind, name = KINDS.get(resource["ResourceType"], "policy"), resource.get("PhysicalResourceId", "")
    if kind == "policy" and name in wanted.documents:
        return tuple(_rewritten(iam, name, wanted.documents[name]))
    principal = next((each for each in iam.principals() if (each.kind, each.name) == (kind, name)), None)
    expected = wanted.principals.get((kind, name))
    if principal is None or expected is None:
        return None
    return (*_too_much(principal, expected, None), *_too_little(principal, expected))


def former_admins(iam: Iam, wanted: Resources) -> list[str]:
    """Users of an earlier name in the settings, whom CloudFormation could not delete: the boundary tells them."""
    return [
        principal.name
        for principal in iam.principals()
        if principal.kind == "user"
        and principal.boundary.endswith(f":policy/{principal.name}Policy")
        and (principal.kind, principal.name) not in wanted.principals
    ]


def _too_much(principal: Principal, expected: Expected, drifted: StackResourceDriftTypeDef | None) -> Iterator[Change]:
    """What somebody added, or said otherwise, and CloudFormation has not found itself."""
    found = drifted.get("PropertyDifferences", []) if drifted else []

    def unseen(what: str) -> bool:
        return not any(what in each["ActualValue"] for each in found)

    named = f"{principal.kind} {principal.name}"
    for policy in filter(unseen, sorted(set(principal.policies) - expected.policies)):
        yield Change(f"{named} has {policy}, should not", Iam.detach, (principal, policy))
    for inline in sorted(principal.inline):
        yield Change(f"{named} has the inline policy {inline}, should not", Iam.delete_inline, (principal, inline))
    for group in filter(unseen, sorted(set(principal.groups) - expected.groups)):
        yield Change(f"{named} is in the group {group}, should not be", Iam.leave_group, (principal, group))
    if principal.boundary and not expected.boundary:
        text = f"{named} has the boundary {principal.boundary}, should have none"
        yield Change(text, Iam.delete_boundary, (principal,))
    trust_seen = any(each["PropertyPath"].startswith("/AssumeRolePolicyDocument") for each in found)
    if principal.trust != expected.trust and not trust_seen:
        text = f"{named} may be assumed by others than the template says"
        yield Change(text, Iam.trust, (principal, expected.trust), _lines(principal.trust, expected.trust))
    if principal.path != expected.path:
        text = f"{named} has the path {principal.path}, should have {expected.path}"
        yield Change(text, Iam.move, (principal, expected.path))


def _too_little(found: Principal | None, expected: Expected) -> Iterator[Change]:
    """What a user or group lacks; one that was deleted is created again, and lacks all."""
    kind, name = expected.kind, expected.name
    principal = found or Principal(kind, name, "", (), (), {}, "", expected.path, expected.trust)
    named = f"{kind} {name}"
    if not found:
        yield Change(f"{named} was deleted, should be there", Iam.create, (principal,))
    for policy in sorted(expected.policies - set(principal.policies)):
        yield Change(f"{named} lacks {policy}, should have it", Iam.attach, (principal, policy))
    for group in sorted(expected.groups - set(principal.groups)):
        yield Change(f"{named} is not in the group {group}, should be", Iam.join_group, (principal, group))
    if expected.boundary and principal.boundary != expected.boundary:
        has = f"the boundary {principal.boundary}" if principal.boundary else "no boundary"
        text = f"{named} has {has}, should have {expected.boundary}"
        yield Change(text, Iam.put_boundary, (principal, expected.boundary))


def _rewritten(iam: Iam, arn: str, document: Any) -> Iterator[Change]:
    actual = iam.documents().get(arn)
    if actual is None:
        yield Change(f"policy {arn} was deleted, should be there", Iam.create_policy, (arn, document))
    elif actual != document:
        text = f"policy {arn} is not that of the template"
        yield Change(text, Iam.rewrite_policy, (arn, document), _lines(actual, document))


def _lines(actual: Any, wanted: Any) -> tuple[str, ...]:
    return tuple(overwritten(*(json.dumps(each, indent=1) for each in (actual, wanted))))
