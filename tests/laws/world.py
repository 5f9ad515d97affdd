"""The pretend AWS as a whole: looked at, kept, and put back, without asking it.

To look through its API would take longer than the run that is looked at, and would let its time pass.
"""

from __future__ import annotations

import io
import json
import pickle
from typing import Any, Final

from moto.iam.models import Group, IAMBackend, ManagedPolicy, User, iam_backends
from moto.organizations.models import FakePolicy, OrganizationsBackend, organizations_backends

from orgkit.sandbox import PAYER, clock
from orgkit.sandbox.cloudformation.backend import cloudformation_backends
from orgkit.sandbox.cloudformation.kinds import Kind
from orgkit.sandbox.cloudformation.resources import KINDS
from orgkit.sandbox.cloudformation.stacks import Stack
from orgkit.sandbox.handshakes import model as handshakes
from orgkit.sandbox.iam.backend import boundary_arn

World = dict[str, Any]

_SERVICES: Final = (organizations_backends, iam_backends, cloudformation_backends)


def look() -> World:
    """Everything in the payer's account. Things have names for ids: runs that did the same leave equal worlds."""
    organization = organizations_backends[PAYER]["aws"]
    seen = {
        "organization": _organization(organization),
        "iam": _iam(iam_backends[PAYER]["aws"]),
        "stacks": _stacks(),
    }
    return _ordered(json.loads(_named(json.dumps(seen), organization)))


def passwords() -> dict[str, str]:
    """The password of every user who can sign in to the console."""
    users = iam_backends[PAYER]["aws"].users.values()
    return {user.name: user.password for user in users if user.password}


def keep() -> bytes:
    """The pretend AWS as it is, to be put back later."""
    kept = [
        {
            account: {region: vars(backend) for region, backend in regions.items()}
            for account, regions in service.items()
        }
        for service in _SERVICES
    ]
    text = io.BytesIO()
    _Pickler(text).dump((kept, organizations_backends.master_accounts))
    return text.getvalue()


def put_back(kept: bytes) -> None:
    """Make the pretend AWS what it was. What it holds now is forgotten."""
    services, master_accounts = _Unpickler(io.BytesIO(kept)).load()
    for service, accounts in zip(_SERVICES, services, strict=True):
        service.clear()
        for account, regions in accounts.items():
            for region, attributes in regions.items():
                vars(service[account][region]).clear()
                vars(service[account][region]).update(attributes)
    organizations_backends.master_accounts.update(master_accounts)


class _Pickler(pickle.Pickler):
    """Resource types are compared by identity, so they are kept by name."""

    def persistent_id(self, thing: object) -> str | None:
        return thing.type if isinstance(thing, Kind) else None


class _Unpickler(pickle.Unpickler):
    def persistent_load(self, name: str) -> Kind:
        return KINDS[name]


# Organizations


def _organization(backend: OrganizationsBackend) -> World | None:
    if backend.org is None:
        return None
    return {
        "features": backend.org.feature_set,
        "ous": [_seen(ou, types=getattr(ou, "policy_types", None)) for ou in backend.ou],
        "accounts": [_seen(account, state=account.state, email=account.email) for account in backend.accounts],
        "policies": [_policy(policy) for policy in backend.policies],
        "handshakes": [[each.target, each.notes, each.state(clock.now())] for each in handshakes.sent_by(backend)],
    }


def _seen(target: Any, **more: Any) -> World:
    attached = [policy.id for policy in target.attached_policies]
    return {"name": target.name, "parent": target.parent_id, "tags": target.tags, "attached": attached, **more}


def _policy(policy: FakePolicy) -> World:
    return {
        "name": policy.name,
        "type": policy.type,
        "description": policy.description,
        "content": json.loads(policy.content),
        "tags": policy.tags,
        "targets": [target.id for target in policy.attachments],
    }


def _named(text: str, backend: OrganizationsBackend) -> str:
    """With a name for every id that AWS has made up. Of things that bear one name, each keeps its own entry."""
    if backend.org is None:
        return text
    # The ids of OUs hold the id of the root, so the longer ones come first.
    names = {thing.id: f"<{thing.name}>" for thing in (*backend.ou, *backend.policies)} | {backend.org.id: "<org>"}
    for made_up in sorted(names, key=len, reverse=True):
        text = text.replace(made_up, names[made_up])
    return text


# IAM


def _iam(backend: IAMBackend) -> World:
    return {
        "users": [_user(backend, user) for user in backend.users.values()],
        "groups": [_group(group) for group in backend.groups.values()],
        "policies": [_managed(policy) for policy in backend.managed_policies.values()],
        "roles": list(backend.roles),
    }


def _user(backend: IAMBackend, user: User) -> World:
    return {
        "arn": user.arn,
        "groups": [group.name for group in backend.get_groups_for_user(user.name)],
        "boundary": boundary_arn(user),
        "attached": list(user.managed_policies),
        "inline": user.policies,
        "tags": backend.tagger.list_tags_for_resource(user.arn)["Tags"],
        "access keys": len(user.access_keys),
        "may sign in": bool(user.password),
        "must change password": user.password_reset_required,
    }


def _group(group: Group) -> World:
    return {"arn": group.arn, "attached": list(group.managed_policies), "inline": group.policies}


def _managed(policy: ManagedPolicy) -> World:
    default = next(version for version in policy.versions if version.version_id == policy.default_version_id)
    return {"arn": policy.arn, "document": json.loads(default.document)}


# CloudFormation


def _stacks() -> list[World]:
    backend = cloudformation_backends[PAYER]["us-east-1"]
    for_execution = [each.stack.id for each in backend.change_sets.values() if each.execution_status == "AVAILABLE"]
    return [
        {**_stack(stack), "change sets": for_execution.count(stack.id)}
        for stack in backend.stacks.values()
        if stack.timeline.events[-1].status != "DELETE_COMPLETE"
    ]


def _stack(stack: Stack) -> World:
    """The stack as it is when what AWS does to it now is done."""
    deployment = stack.deployment
    seen: World = {
        "name": stack.name,
        "status": stack.timeline.events[-1].status,
        "protected": stack.termination_protection,
        "resources": {name: [record.kind.type, record.physical_id] for name, record in stack.resources.items()},
        "outputs": stack.outputs,
    }
    if deployment is None:
        return seen
    template = {"parameters": deployment.parameters, "template": deployment.template.body, "tags": deployment.tags}
    return {**seen, **template}


def _ordered(value: Any) -> Any:
    """With every list in one order: AWS's lists have none that means anything."""
    if isinstance(value, dict):
        return {key: _ordered(each) for key, each in value.items()}
    if isinstance(value, list):
        return sorted(map(_ordered, value), key=json.dumps)
    return value
