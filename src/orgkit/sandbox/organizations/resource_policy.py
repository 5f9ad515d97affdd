"""The organization's resource policy, which delegates to members. moto has none; here it is only kept."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from moto.moto_api._internal import mock_random
from moto.organizations.models import OrganizationsBackend
from moto.organizations.utils import CHARSET

from orgkit.sandbox.organizations import structure, tags
from orgkit.sandbox.organizations.answering import Answer, Request
from orgkit.sandbox.organizations.refusals import invalid, refused, violates
from orgkit.sandbox.organizations.state import ResourcePolicy, memory


def put(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: creates it or replaces its content; the id stays."""
    content = _with_arns(backend, request["Content"])
    tags.check(request.get("Tags", []))
    remembered = memory(backend)
    if remembered.resource_policy is None:
        new_tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags", [])}
        remembered.resource_policy = ResourcePolicy(_new_id(), content, new_tags)
    elif request.get("Tags"):
        raise violates("UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED")
    else:
        remembered.resource_policy = replace(remembered.resource_policy, content=content)
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


def _with_arns(backend: OrganizationsBackend, content: str) -> str:
    """The document with accounts as the ARNs of their roots. A principal outside the organization is no good JSON."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        raise invalid("INVALID_RESOURCE_POLICY_JSON") from None
    members = {account.id for account in backend.accounts}
    for account in dict.fromkeys(re.findall(r'"(\d{12})"', json.dumps(document))):
        if account not in members:
            raise invalid("INVALID_RESOURCE_POLICY_JSON")
        content = content.replace(f'"{account}"', f'"arn:{backend.partition}:iam::{account}:root"')
    return content
