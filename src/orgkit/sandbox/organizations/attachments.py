"""Which policy is attached to which root, OU or account."""

from __future__ import annotations

from typing import Final

from moto.organizations.models import OrganizationsBackend
from moto.organizations.utils import DEFAULT_RCP_POLICY_ID

from orgkit.sandbox.organizations import finding
from orgkit.sandbox.organizations.answering import Answer, Request
from orgkit.sandbox.organizations.finding import Target
from orgkit.sandbox.organizations.links import link, unlink
from orgkit.sandbox.organizations.paging import page
from orgkit.sandbox.organizations.policies import summary
from orgkit.sandbox.organizations.policy_types import RCP, SCP, is_enabled
from orgkit.sandbox.organizations.refusals import invalid, refused, violates
from orgkit.sandbox.organizations.state import just_made, listed

MAX_ATTACHED: Final = {SCP: 10, RCP: 5}
"""Policies of a type attached to one target, FullAWSAccess among them. AWS: Quotas, SCPs since May 2026."""


def attach(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: of an enabled type, not twice, and not more than the quota. moto takes all of it."""
    policy = finding.policy(backend, request["PolicyId"])
    target = finding.target(backend, request["TargetId"])
    if not is_enabled(backend, policy.type):
        raise refused("PolicyTypeNotEnabledException")
    if policy in target.attached_policies:
        raise refused("DuplicatePolicyAttachmentException")
    if policy.type in MAX_ATTACHED and _count(target, policy.type) >= MAX_ATTACHED[policy.type]:
        raise violates("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    link(policy, target)
    just_made(backend, policy.id, target.id)
    return {}


def detach(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: neither what is not attached, nor the last SCP, nor RCPFullAWSAccess. moto takes all of it."""
    policy = finding.policy(backend, request["PolicyId"])
    target = finding.target(backend, request["TargetId"])
    if policy.id == DEFAULT_RCP_POLICY_ID:
        raise invalid("NON_DETACHABLE_POLICY")
    if policy not in target.attached_policies:
        raise refused("PolicyNotAttachedException")
    if policy.type == SCP and _count(target, SCP) == 1:
        raise violates("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    unlink(policy, target)
    return {}


def list_policies(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: pages of twenty, TargetNotFoundException for every kind of target."""
    target = finding.target(backend, request["TargetId"])
    of_type = (policy for policy in target.attached_policies if policy.type == request["Filter"])
    attached = listed(backend, of_type, lambda policy: (policy.id, target.id))
    return page("Policies", request, attached, summary)


def list_targets(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: pages of twenty. moto gives everything at once."""
    policy = finding.policy(backend, request["PolicyId"])
    targets = listed(backend, policy.attachments, lambda target: (policy.id, target.id))
    return page("Targets", request, targets, _shown)


def _count(target: Target, policy_type: str) -> int:
    return sum(policy.type == policy_type for policy in target.attached_policies)


def _shown(target: Target) -> Answer:
    return {"TargetId": target.id, "Arn": target.arn, "Name": target.name, "Type": target.type}
