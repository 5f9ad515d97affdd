"""The organization's resource policy, which delegates to members. moto has none; here it is only kept."""

from __future__ import annotations

import json
from dataclasses import replace

from moto.moto_api._internal import mock_random
from moto.organizations.models import OrganizationsBackend
from moto.organizations.utils import CHARSET

from orgkit.sandbox.organizations import structure, tags
from orgkit.sandbox.organizations.answering import Answer, Request
from orgkit.sandbox.organizations.refusals import invalid, refused
from orgkit.sandbox.organizations.state import ResourcePolicy, memory


def put(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: creates it or replaces its content; the id stays."""
    _check_json(request["Content"])
    tags.check(request.get("Tags", []))
    remembered = memory(backend)
    if remembered.resource_policy is None:
        new_tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags", [])}
        remembered.resource_policy = ResourcePolicy(_new_id(), request["Content"], new_tags)
    else:
        remembered.resource_policy = replace(remembered.resource_policy, content=request["Content"])
    return _shown(backend, remembered.resource_policy)


def describe(backend: OrganizationsBackend, _: Request) -> Answer:
    return _shown(backend, _there(backend))


def delete(backend: OrganizationsBackend, _: Request) -> Answer:
    _there(backend)
    memory(backend).resource_policy = None
    return {}


def _there(backend: OrganizationsBackend) -> ResourcePolicy:
    if (policy := memory(backend).resource_policy) is None:
        raise refused("ResourcePolicyNotFoundException")
    return policy


def _shown(backend: OrganizationsBackend, policy: ResourcePolicy) -> Answer:
    owner = f"arn:{backend.partition}:organizations::{backend.account_id}"
    arn = f"{owner}:resourcepolicy/{structure.organization(backend).id}/{policy.id}"
    return {"ResourcePolicy": {"ResourcePolicySummary": {"Id": policy.id, "Arn": arn}, "Content": policy.content}}


def _new_id() -> str:
    return "rp-" + "".join(mock_random.choice(CHARSET) for _ in range(8))


def _check_json(content: str) -> None:
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        raise invalid("INVALID_RESOURCE_POLICY_JSON") from None
