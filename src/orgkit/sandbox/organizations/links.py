"""Attachments as moto keeps them: a policy knows its targets, and a target its policies."""

from __future__ import annotations

from moto.organizations.models import FakePolicy, OrganizationsBackend

from orgkit.sandbox.organizations.finding import Target


def link(policy: FakePolicy, target: Target) -> None:
    """Attach, whatever AWS would say."""
    target.attached_policies.append(policy)
    policy.attachments.append(target)


def link_aws_managed(backend: OrganizationsBackend, target: Target) -> None:
    """Attach what AWS attaches to each new root, OU and account: its own policies, such as FullAWSAccess."""
    for policy in backend.policies:
        if policy.aws_managed:
            link(policy, target)


def unlink(policy: FakePolicy, target: Target) -> None:
    """Detach, whatever AWS would say."""
    target.attached_policies.remove(policy)
    policy.attachments.remove(target)


def unlink_all(target: Target) -> None:
    """Detach everything from a target that goes away."""
    for policy in tuple(target.attached_policies):
        unlink(policy, target)
