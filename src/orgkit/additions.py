"""What was put by hand on the stack's users and groups and its template never named.

CloudFormation's drift detection compares only the properties that a template names, so it misses these.
What should be there is what drift detection itself expects: the template stays the only description.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from orgkit.aws.iam import Iam, Principal
from orgkit.aws.stack import Resource

_KINDS: Final = {"AWS::IAM::User": "user", "AWS::IAM::Group": "group"}


@dataclass(frozen=True)
class Addition:
    """One thing too much on a principal: a `policy` (ARN), an `inline` policy, a `group`, or a `boundary`."""

    principal: Principal
    kind: str
    what: str

    @property
    def text(self) -> str:
        words = {
            "policy": f"has {self.what}",
            "inline": f"has the inline policy {self.what}",
            "group": f"is in the group {self.what}",
            "boundary": f"has the boundary {self.what}",
        }
        return f"{self.principal.kind} {self.principal.name} {words[self.kind]}"

    def remove(self, iam: Iam) -> None:
        """Take it off."""
        match self.kind:
            case "policy":
                iam.detach(self.principal, self.what)
            case "inline":
                iam.delete_inline(self.principal, self.what)
            case "group":
                iam.leave_group(self.principal.name, self.what)
            case _:
                iam.delete_boundary(self.principal.name)


def additions(principals: Sequence[Principal], resources: Sequence[Resource]) -> tuple[Addition, ...]:
    """Everything on the stack's users and groups, and every user in its groups, that does not belong there.

    What drift detection has found itself is left to it.
    """
    managed = {(_KINDS[r.type], r.physical_id): r for r in resources if r.type in _KINDS}
    groups = {name for kind, name in managed if kind == "group"}
    found: list[Addition] = []
    for principal in principals:
        resource = managed.get((principal.kind, principal.name))
        if resource:
            found += _beyond(principal, resource)
        else:
            found += [Addition(principal, "group", name) for name in principal.groups if name in groups]
    return tuple(found)


def _beyond(principal: Principal, resource: Resource) -> Iterator[Addition]:
    expected = resource.expected
    seen = [difference.actual for difference in resource.differences if difference.kind == "ADD"]
    inline = {policy["PolicyName"] for policy in expected.get("Policies", [])}
    for kind, actual, named in (
        ("policy", principal.policies, expected.get("ManagedPolicyArns", [])),
        ("inline", tuple(principal.inline), inline),
        ("group", principal.groups, expected.get("Groups", [])),
    ):
        for what in actual:
            if what not in named and not any(what in difference for difference in seen):
                yield Addition(principal, kind, what)
    if principal.boundary and "PermissionsBoundary" not in expected:
        yield Addition(principal, "boundary", principal.boundary)
