"""Tags on roots, OUs, accounts, policies and the resource policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from moto.organizations.models import OrganizationsBackend

from orgkit.sandbox.organizations import structure
from orgkit.sandbox.organizations.answering import Answer, Request, page
from orgkit.sandbox.organizations.refusals import invalid, refused, violates
from orgkit.sandbox.organizations.state import memory

MAX_TAGS: Final = 50
"""Tags on one resource. AWS: Quotas for AWS Organizations."""


def tag(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: at most fifty on one resource, counted with those that it has."""
    tags = _tags(backend, request["ResourceId"])
    check(request["Tags"], already=tags)
    tags.update({tag["Key"]: tag["Value"] for tag in request["Tags"]})
    return {}


def untag(backend: OrganizationsBackend, request: Request) -> Answer:
    tags = _tags(backend, request["ResourceId"])
    for key in request["TagKeys"]:
        tags.pop(key, None)
    return {}


def list_all(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: in pages. moto gives everything at once."""
    tags = _tags(backend, request["ResourceId"]).items()
    return page("Tags", request, tags, lambda tag: {"Key": tag[0], "Value": tag[1]}, key=lambda tag: tag[0])


def check(tags: Iterable[Mapping[str, str]], already: Iterable[str] = ()) -> None:
    """AWS: keys are unique, none is AWS's own, and a resource bears fifty. moto takes anything."""
    keys = [tag["Key"] for tag in tags]
    if len(set(keys)) < len(keys):
        raise invalid("DUPLICATE_TAG_KEY")
    if any(key.lower().startswith("aws:") for key in keys):
        raise invalid("INVALID_SYSTEM_TAGS_PARAMETER")
    if len({*keys, *already}) > MAX_TAGS:
        raise violates("MAX_TAG_LIMIT_EXCEEDED")


def _tags(backend: OrganizationsBackend, resource_id: str) -> dict[str, str]:
    """The tags of a resource, to be changed in place. Raises TargetNotFoundException."""
    if resource_id.startswith("p-"):
        return structure.policy(backend, resource_id, "TargetNotFoundException").tags
    if not resource_id.startswith(("rp-", "rt-")):
        return structure.target(backend, resource_id).tags
    resource_policy = memory(backend).resource_policy
    if resource_policy is None or resource_policy.id != resource_id:
        raise refused("TargetNotFoundException")
    return resource_policy.tags
