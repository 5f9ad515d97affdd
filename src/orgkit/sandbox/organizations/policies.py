"""Policies of every type: written, read, changed, deleted."""

from __future__ import annotations

from typing import Final

from moto.organizations.models import FakePolicy, OrganizationsBackend
from moto.organizations.utils import SCP_ARN_FORMAT

from orgkit.sandbox.organizations import finding, tags
from orgkit.sandbox.organizations.answering import Answer, Request
from orgkit.sandbox.organizations.documents import check_document
from orgkit.sandbox.organizations.paging import page
from orgkit.sandbox.organizations.policy_types import SCP
from orgkit.sandbox.organizations.refusals import invalid, refused, violates
from orgkit.sandbox.organizations.state import just_made, listed

MAX_POLICIES: Final = {SCP: 10_000, "RESOURCE_CONTROL_POLICY": 2_000}
"""Policies of a type in an organization; 1,000 of every other. AWS: Quotas for AWS Organizations."""


def create(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: names differ within a type, documents are sound and not too long, and there are fifteen types.

    moto compares names across types, takes any document, and knows four types.
    """
    policy_type = request["Type"]
    if finding.organization(backend).feature_set != "ALL":
        raise refused("PolicyTypeNotAvailableForOrganizationException")
    check_document(policy_type, request["Content"])
    tags.check(request.get("Tags", []))
    _check_name(backend, policy_type, request["Name"])
    if sum(policy.type == policy_type for policy in backend.policies) >= MAX_POLICIES.get(policy_type, 1_000):
        raise violates("POLICY_NUMBER_LIMIT_EXCEEDED")
    policy = _made(backend, request)
    backend.policies.append(policy)
    just_made(backend, policy.id)
    return policy.describe()


def describe(backend: OrganizationsBackend, request: Request) -> Answer:
    return finding.policy(backend, request["PolicyId"]).describe()


def update(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: the same demands as at creation, and AWS's own policies cannot be changed."""
    policy = _own(backend, request)
    if "Content" in request:
        check_document(policy.type, request["Content"])
    name = request.get("Name", policy.name)
    if name != policy.name:
        _check_name(backend, policy.type, name)
    return backend.update_policy(**request)


def delete(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: not while it is attached, and never AWS's own."""
    policy = _own(backend, request)
    if policy.attachments:
        raise refused("PolicyInUseException")
    backend.policies.remove(policy)
    return {}


def list_all(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: pages of twenty, for every type."""
    of_type = (policy for policy in backend.policies if policy.type == request["Filter"])
    return page("Policies", request, listed(backend, of_type, lambda policy: (policy.id,)), summary)


def summary(policy: FakePolicy) -> Answer:
    """The part of a policy that lists show."""
    shown: Answer = policy.describe()["Policy"]["PolicySummary"]
    return shown


def _made(backend: OrganizationsBackend, request: Request) -> FakePolicy:
    # moto builds only some types; they differ in nothing but the type and the ARN.
    policy = FakePolicy(finding.organization(backend), **{**request, "Type": SCP})
    policy.type = request["Type"]
    policy._arn_format = SCP_ARN_FORMAT.replace(SCP.lower(), policy.type.lower())
    return policy


def _own(backend: OrganizationsBackend, request: Request) -> FakePolicy:
    policy = finding.policy(backend, request["PolicyId"])
    if policy.aws_managed:
        raise invalid("IMMUTABLE_POLICY")
    return policy


def _check_name(backend: OrganizationsBackend, policy_type: str, name: str) -> None:
    if any(policy.type == policy_type and policy.name == name for policy in backend.policies):
        raise refused("DuplicatePolicyException")
