"""The steps of the SCPs: each as its file has it, each attached where the settings say."""

from __future__ import annotations

import json

from orgkit import memory, quotas, tags
from orgkit.aws import Aws
from orgkit.aws.calls import present
from orgkit.aws.scps import FULL_ACCESS_ID, Policy
from orgkit.errors import OrgkitError
from orgkit.settings import Scp, Settings
from orgkit.steps import Step, blocked, drifted, in_place, missing


def as_written(aws: Aws, settings: Settings, scp: Scp) -> Step:
    """An SCP that equals its file: content (compared as parsed JSON), description and tags."""
    thing = f"SCP {scp.name}"
    found = find(aws, settings, scp)
    if found is None:
        return missing(thing, f"from {scp.source}", lambda: _create(aws, settings, scp).id)
    differences = _differences(aws, scp, found)
    step = in_place(thing, found.id)
    if differences:
        step = drifted(
            thing,
            f"{found.id} is not as in {scp.source}",
            lambda: aws.scps.update(found, scp.name, scp.description, scp.content).id,
            differences,
        )
    return tags.checked(aws, settings, step, found.id)


def attached(aws: Aws, settings: Settings, scp: Scp) -> Step:
    """An SCP attached to its target. What is attached there already is counted before anything is attached."""
    thing = f"SCP {scp.name} at the {'root' if scp.attach == 'root' else 'institution OU'}"
    target = target_of(aws, settings, scp)
    found = find(aws, settings, scp) if target else None
    there = _attached(aws, target) if target else ()
    if found and found.id in {policy.id for policy in there}:
        return in_place(thing, f"attached to {target}")
    if len(there) >= quotas.SCPS_PER_TARGET:
        return blocked(
            thing,
            f"{target} has {len(there)} SCPs already, FullAWSAccess included, and AWS allows no more",
            f"Detach or merge some of {', '.join(sorted(policy.name for policy in there))}; then run again.",
        )

    def attach() -> str:
        target = present(target_of(aws, settings, scp))
        aws.scps.attach(present(find(aws, settings, scp)), target)
        return f"attached to {target}"

    return missing(thing, "to be attached", attach)


def full_access(aws: Aws) -> Step:
    """AWS's FullAWSAccess at the root. orgkit never attaches or detaches it, and says so where it is gone."""
    thing, root = "FullAWSAccess at the root", aws.organizations.root()
    if root is None or root.scp_status != "ENABLED":
        return missing(thing, "AWS attaches it with the policy type", lambda: "attached by AWS")
    if any(policy.id == FULL_ACCESS_ID for policy in aws.scps.attached(root.id)):
        return in_place(thing, "attached by AWS")
    return blocked(
        thing,
        "not attached: nobody in a member account may do anything that another SCP does not allow",
        "If nobody meant this, attach FullAWSAccess to the root in the Organizations console "
        f"(Policies, Service control policies), or: aws organizations attach-policy --policy-id {FULL_ACCESS_ID} "
        f"--target-id {root.id}",
    )


def find(aws: Aws, settings: Settings, scp: Scp) -> Policy | None:
    """The SCP by its name, or one that the IAM stack protects and that somebody renamed."""
    root = aws.organizations.root()
    if root is None:
        return None
    likely_at = target_of(aws, settings, scp) if root.scp_status == "ENABLED" else None
    return aws.scps.named(scp.name, likely_at) or _renamed(aws, settings, scp)


def target_of(aws: Aws, settings: Settings, scp: Scp) -> str | None:
    """The id of the root or OU the SCP belongs to, or None where that is not there yet."""
    target = aws.organizations.root() if scp.attach == "root" else memory.institution_ou(aws, settings)
    return target.id if target else None


def _attached(aws: Aws, target: str) -> tuple[Policy, ...]:
    root = aws.organizations.root()
    return aws.scps.attached(target) if root and root.scp_status == "ENABLED" else ()


def _renamed(aws: Aws, settings: Settings, scp: Scp) -> Policy | None:
    """A protected SCP of the same content under a name that no setting has."""
    known = {other.name for other in settings.scps}
    protected = memory.protected_policies(aws, settings)
    for policy in aws.scps.all():
        if policy.arn in protected and policy.name not in known and _same(aws.scps.content(policy.id), scp):
            return policy
    return None


def _create(aws: Aws, settings: Settings, scp: Scp) -> Policy:
    made = aws.scps.create(scp.name, scp.description, scp.content, dict(settings.tags))
    if made:
        return made
    # It was there after all: made by a call of ours whose answer was lost, or by somebody else meanwhile.
    there = aws.scps.soon(scp.name)
    tags.put_on(aws, settings, there.id)
    if _differences(aws, scp, there):
        return aws.scps.update(there, scp.name, scp.description, scp.content)
    return there


def _differences(aws: Aws, scp: Scp, policy: Policy) -> tuple[str, ...]:
    found = []
    if policy.name != scp.name:
        found.append(f"name is {policy.name!r}, should be {scp.name!r}")
    if policy.description != scp.description:
        found.append(f"description is {policy.description!r}, should be {scp.description!r}")
    if not _same(aws.scps.content(policy.id), scp):
        found.append(f"content is not that of {scp.source}")
    return tuple(found)


def _same(content: str, scp: Scp) -> bool:
    try:
        return bool(json.loads(content) == json.loads(scp.content))
    except ValueError as odd:
        raise OrgkitError(f"AWS's copy of SCP {scp.name} is not JSON: {odd}") from odd
