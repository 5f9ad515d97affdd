"""Policies of every type: written, read, changed, deleted, and attached to roots, OUs and accounts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from moto.organizations.models import FakePolicy, OrganizationsBackend
from moto.organizations.utils import DEFAULT_RCP_POLICY_ID, SCP_ARN_FORMAT

from orgkit.sandbox.language.documents import Policy
from orgkit.sandbox.organizations import structure, tags
from orgkit.sandbox.organizations.answering import Answer, Request, page
from orgkit.sandbox.organizations.refusals import invalid, refused, violates
from orgkit.sandbox.organizations.state import just_made, listed
from orgkit.sandbox.organizations.structure import Target, link, unlink
from orgkit.sandbox.organizations.whole import RCP, SCP, is_enabled

MAX_POLICIES: Final = {SCP: 10_000, "RESOURCE_CONTROL_POLICY": 2_000}
"""Policies of a type in an organization; 1,000 of every other. AWS: Quotas for AWS Organizations."""


MAX_CHARACTERS: Final = {SCP: 10_240, RCP: 5_120}
"""Of the document as it was sent, white space included. AWS: Quotas for AWS Organizations, since May 2026."""
_VERSION: Final = "2012-10-17"
MAX_ATTACHED: Final = {SCP: 10, RCP: 5}
"""Policies of a type attached to one target, FullAWSAccess among them. AWS: Quotas, SCPs since May 2026."""


def create(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: names differ within a type, documents are sound and not too long, and there are fifteen types.

    moto compares names across types, takes any document, and knows four types.
    """
    policy_type = request["Type"]
    if structure.organization(backend).feature_set != "ALL":
        raise refused("PolicyTypeNotAvailableForOrganizationException")
    check_document(policy_type, request["Content"])
    tags.check(request.get("Tags", []))
    _check_name(backend, policy_type, request["Name"])
    if sum(policy.type == policy_type for policy in backend.policies) >= MAX_POLICIES.get(policy_type, 1_000):
        raise violates("POLICY_NUMBER_LIMIT_EXCEEDED")
    # moto builds only some types; they differ in nothing but the type and the ARN.
    policy = FakePolicy(structure.organization(backend), **{**request, "Type": SCP})
    policy.type = policy_type
    policy._arn_format = SCP_ARN_FORMAT.replace(SCP.lower(), policy_type.lower())
    backend.policies.append(policy)
    just_made(backend, policy.id)
    return policy.describe()


def describe(backend: OrganizationsBackend, request: Request) -> Answer:
    return structure.policy(backend, request["PolicyId"]).describe()


def update(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: the same demands as at creation, and AWS's own policies cannot be changed.

    The answer has of name and description only what was asked, and an empty description is not kept.
    """
    policy = _own(backend, request)
    if "Content" in request:
        check_document(policy.type, request["Content"])
    name = request.get("Name", policy.name)
    if name != policy.name:
        _check_name(backend, policy.type, name)
    kept = {key: value for key, value in request.items() if key != "Description" or value}
    answer = backend.update_policy(**kept)["Policy"]
    asked = {key: request[key] for key in ("Name", "Description") if key in request}
    unasked = {key: value for key, value in answer["PolicySummary"].items() if key not in ("Name", "Description")}
    return {"Policy": {**answer, "PolicySummary": {**unasked, **asked}}}


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


def _own(backend: OrganizationsBackend, request: Request) -> FakePolicy:
    policy = structure.policy(backend, request["PolicyId"])
    if policy.aws_managed:
        raise invalid("IMMUTABLE_POLICY")
    return policy


def _check_name(backend: OrganizationsBackend, policy_type: str, name: str) -> None:
    if any(policy.type == policy_type and policy.name == name for policy in backend.policies):
        raise refused("DuplicatePolicyException")


def check_document(policy_type: str, content: str) -> None:
    """AWS: a JSON object within the type's size; an SCP also keeps to the policy language of its own version.

    Raises ConstraintViolationException or MalformedPolicyDocumentException. What AWS asks of the other types'
    content is not checked.
    """
    if len(content) > MAX_CHARACTERS.get(policy_type, len(content)):
        raise violates("POLICY_CONTENT_LIMIT_EXCEEDED")
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or (policy_type == SCP and not _is_scp(document, content)):
        raise refused("MalformedPolicyDocumentException")


def _is_scp(document: Mapping[str, Any], content: str) -> bool:
    """AWS, "SCP syntax": the newer version of the language that identity policies have, too."""
    try:
        Policy.parse("SCP", content)
    except ValueError:
        return False
    return bool(document.get("Version", _VERSION) == _VERSION)


def attach(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: of an enabled type, not twice, and not more than the quota. moto takes all of it."""
    policy = structure.policy(backend, request["PolicyId"])
    target = structure.target(backend, request["TargetId"])
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
    policy = structure.policy(backend, request["PolicyId"])
    target = structure.target(backend, request["TargetId"])
    if policy.id == DEFAULT_RCP_POLICY_ID:
        raise invalid("NON_DETACHABLE_POLICY")
    if policy not in target.attached_policies:
        raise refused("PolicyNotAttachedException")
    if policy.type == SCP and _count(target, SCP) == 1:
        raise violates("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    unlink(policy, target)
    return {}


def list_for_target(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: pages of twenty, TargetNotFoundException for every kind of target."""
    target = structure.target(backend, request["TargetId"])
    of_type = (policy for policy in target.attached_policies if policy.type == request["Filter"])
    attached = listed(backend, of_type, lambda policy: (policy.id, target.id))
    return page("Policies", request, attached, summary)


def list_targets(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: pages of twenty. moto gives everything at once."""
    policy = structure.policy(backend, request["PolicyId"])
    targets = listed(backend, policy.attachments, lambda target: (policy.id, target.id))
    return page(
        "Targets", request, targets, lambda it: {"TargetId": it.id, "Arn": it.arn, "Name": it.name, "Type": it.type}
    )


def _count(target: Target, policy_type: str) -> int:
    return sum(policy.type == policy_type for policy in target.attached_policies)
