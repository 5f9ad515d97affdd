"""The pretend AWS as a whole: looked at, kept, and put back, without asking it.

To look through its API would take longer than the run that is looked at, and would let its time pass.
"""

from __future__ import annotations

import io
import json
import pickle
from functools import cache
from typing import Any, Final

from moto.core.base_backend import BackendDict, BaseBackend
from moto.iam.models import Group, IAMBackend, ManagedPolicy, Role, User, iam_backends
from moto.organizations.models import FakePolicy, OrganizationsBackend, organizations_backends
from moto.sts.models import sts_backends

from orgkit.sandbox import PAYER, clock
from orgkit.sandbox.cloudformation.backend import cloudformation_backends
from orgkit.sandbox.cloudformation.kinds import Kind
from orgkit.sandbox.cloudformation.resources import KINDS
from orgkit.sandbox.cloudformation.stacks import Stack
from orgkit.sandbox.handshakes import model as handshakes
from orgkit.sandbox.organizations import state

World = dict[str, Any]

_SERVICES: Final = (organizations_backends, iam_backends, cloudformation_backends)
_LOOKED_AT: Final = ("org", "ou", "accounts", "policies", "services", "admins", "root_features")
_CONTROLS: Final = ("orgkit_arranged", "orgkit_clock_ahead", "orgkit_enforcement")


def look() -> World:
    """Everything in the payer's account. Things have names for ids: runs that did the same leave equal worlds."""
    _only_these_services()
    organization = organizations_backends[PAYER]["aws"]
    members = [account.id for account in organization.accounts if account.id != PAYER]
    seen = {
        "organization": _organization(organization),
        "iam": _iam(iam_backends[PAYER]["aws"]),
        "members": {account: _iam(iam_backends[account]["aws"]) for account in members},
        "stacks": _stacks(),
    }
    return ordered(json.loads(_named(json.dumps(seen), organization)))


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
    for service in _SERVICES:
        service.clear()
    services, master_accounts = _Unpickler(io.BytesIO(kept)).load()
    for service, accounts in zip(_SERVICES, services, strict=True):
        for account, regions in accounts.items():
            for region, attributes in regions.items():
                vars(service[account][region]).clear()
                vars(service[account][region]).update(attributes)
    organizations_backends.master_accounts.update(master_accounts)


@cache
def _is_kept_by_name(kind: type) -> bool:
    return issubclass(kind, (BaseBackend, Kind))


class _Pickler(pickle.Pickler):
    """Resource types are compared by identity, and backends refer to each other: both are kept by name."""

    def persistent_id(self, thing: object) -> tuple[str, ...] | None:
        if not _is_kept_by_name(type(thing)):
            return None
        if isinstance(thing, Kind):
            return (thing.type,)
        if isinstance(thing, BaseBackend):
            service = next(each for each in _SERVICES if isinstance(thing, each.backend))
            return service.service_name, thing.account_id, thing.region_name
        return None


class _Unpickler(pickle.Unpickler):
    def persistent_load(self, name: tuple[str, ...]) -> Kind | BaseBackend:
        if len(name) == 1:
            return KINDS[name[0]]
        service, account, region = name
        return next(each for each in _SERVICES if each.service_name == service)[account][region]


# Organizations


def _organization(backend: OrganizationsBackend) -> World | None:
    if backend.org is None:
        return None
    return {
        "features": backend.org.feature_set,
        "ous": [_target(ou) for ou in backend.ou],
        "accounts": [_target(account) for account in backend.accounts],
        "policies": [_policy(policy) for policy in backend.policies],
        "services": [service["ServicePrincipal"] for service in backend.services],
        "root features": sorted(vars(backend).get("root_features", ())),
        "administrators": [[each.account.id, sorted(each.services)] for each in backend.admins],
        "handshakes": [[each.target, each.notes, each.state(clock.now())] for each in handshakes.sent_by(backend)],
        **_rest(backend, *_LOOKED_AT, *_CONTROLS, "orgkit_handshakes", "orgkit_organization"),
        **_rest(state.memory(backend), "controls", "settling", "unseen", "failed_creations"),
    }


def _target(target: Any) -> World:
    return {
        "name": target.name,
        "attached": [policy.id for policy in target.attached_policies],
        "parent": target.parent_id,
        **_rest(target, "attached_policies", "parent_id", "id", "create_account_status_id", "create_time"),
    }


def _policy(policy: FakePolicy) -> World:
    return {
        "name": policy.name,
        "content": json.loads(policy.content),
        "targets": [target.id for target in policy.attachments],
        **_rest(policy, "content", "attachments", "id"),
    }


def _named(text: str, backend: OrganizationsBackend) -> str:
    """With a name for every id that AWS has made up. Of things that bear one name, each keeps its own entry."""
    if backend.org is None:
        return text
    made = [account for account in backend.accounts if account.joined_method == "CREATED"]
    # The ids of OUs hold the id of the root, so the longer ones come first.
    names = {thing.id: f"<{thing.name}>" for thing in (*backend.ou, *backend.policies, *made)}
    names |= {backend.org.id: "<org>"}
    for made_up in sorted(names, key=len, reverse=True):
        text = text.replace(made_up, names[made_up])
    return text


# IAM


def _iam(backend: IAMBackend) -> World:
    own = "users", "groups", "managed_policies", "roles", "access_keys", "virtual_mfa_devices"
    return {
        "users": [_user(backend, user) for user in backend.users.values()],
        "groups": [_group(group) for group in backend.groups.values()],
        "policies": [_managed(policy) for policy in backend.managed_policies.values()],
        "roles": [_role(role) for role in backend.roles.values()],
        "MFA devices": list(backend.virtual_mfa_devices),
        **_rest(backend, *own, "account_summary", "aws_managed_policies", "policy_arn_regex", "tagger"),
    }


def _user(backend: IAMBackend, user: User) -> World:
    keys = "access_keys", "password", "password_last_used", "login_profile_created"
    return {
        "arn": user.arn,
        "groups": [group.name for group in backend.get_groups_for_user(user.name)],
        "attached": list(user.managed_policies),
        "tags": backend.tagger.list_tags_for_resource(user.arn)["Tags"],
        "access keys": len(user.access_keys),
        "MFA devices": list(user.mfa_devices),
        "may sign in": bool(user.password),
        **_rest(user, *keys, "managed_policies", "mfa_devices", "id", "create_date"),
    }


def _role(role: Role) -> World:
    return {
        "attached": list(role.managed_policies),
        "trust": json.loads(role.assume_role_policy_document),
        **_rest(role, "managed_policies", "assume_role_policy_document", "id", "create_date"),
    }


def _group(group: Group) -> World:
    attached = list(group.managed_policies)
    return {"arn": group.arn, "attached": attached, **_rest(group, "managed_policies", "users", "id", "create_date")}


def _managed(policy: ManagedPolicy) -> World:
    default = next(version for version in policy.versions if version.version_id == policy.default_version_id)
    history = "versions", "default_version_id", "next_version_num", "attachment_count", "create_date", "update_date"
    return {"arn": policy.arn, "document": json.loads(default.document), **_rest(policy, "id", *history)}


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
    history = "created", "updated", "deleted", "timeline", "former", "undoable", "tokens", "change_set_id"
    drift = "drift_status", "drift_checked", "drifts"
    seen: World = {
        "name": stack.name,
        "status": stack.timeline.events[-1].status,
        "resources": {name: [record.kind.type, record.physical_id] for name, record in stack.resources.items()},
        **_rest(stack, "place", "deployment", "resources", *history, *drift),
    }
    if deployment is None:
        return seen
    return {**seen, "template": deployment.template.body, **_rest(deployment, "place", "template", "waves")}


def _rest(thing: object, *but: str) -> World:
    """All else that a thing holds, so that nothing new goes unseen: what is not plain data stops the look."""
    return {name: value for name, value in vars(thing).items() if name not in but}


def _only_these_services() -> None:
    """Fail where another service of AWS holds anything: it would be neither seen nor put back."""
    for service in BackendDict._instances:
        for backends in service.values() if service not in _SERVICES and service is not sts_backends else ():
            for backend in backends.values():
                held = _rest(backend, "account_id", "region_name", "partition")
                assert not any(held.values()), f"world.py does not see what {service.service_name} holds: {held}"


def ordered(value: Any) -> Any:
    """With every list in one order: AWS's lists have none that means anything."""
    if isinstance(value, dict):
        return {key: ordered(each) for key, each in value.items()}
    if isinstance(value, list):
        return sorted(map(ordered, value), key=json.dumps)
    return value
