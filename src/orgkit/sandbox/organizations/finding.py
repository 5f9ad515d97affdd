"""Finding things in moto's organization, each refusal with the code that AWS gives at that place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from moto.organizations.models import (
    FakeAccount,
    FakeOrganization,
    FakeOrganizationalUnit,
    FakePolicy,
    FakeRoot,
    OrganizationsBackend,
)

from orgkit.sandbox.organizations.refusals import refused

Target = FakeAccount | FakeOrganizationalUnit
"""What a policy can be attached to. moto's root is an OU of its own kind, without a parent."""


class _Identified(Protocol):
    id: str


_Thing = TypeVar("_Thing", bound=_Identified)


def organization(backend: OrganizationsBackend) -> FakeOrganization:
    """Raises AWSOrganizationsNotInUseException."""
    if backend.org is None:
        raise refused("AWSOrganizationsNotInUseException")
    return backend.org


def root(backend: OrganizationsBackend) -> FakeRoot:
    return next(ou for ou in backend.ou if isinstance(ou, FakeRoot))


def container(
    backend: OrganizationsBackend, container_id: str, otherwise: str = "ParentNotFoundException"
) -> FakeOrganizationalUnit:
    """The root or OU of this id; raises the error code `otherwise`."""
    return _by_id(backend.ou, container_id, otherwise)


def account(backend: OrganizationsBackend, account_id: str, otherwise: str = "AccountNotFoundException") -> FakeAccount:
    """The account of this id; raises the error code `otherwise`."""
    return _by_id(backend.accounts, account_id, otherwise)


def policy(backend: OrganizationsBackend, policy_id: str, otherwise: str = "PolicyNotFoundException") -> FakePolicy:
    """The policy of this id; raises the error code `otherwise`."""
    return _by_id(backend.policies, policy_id, otherwise)


def targets(backend: OrganizationsBackend) -> list[Target]:
    """The root, every OU and every account."""
    return [*backend.ou, *backend.accounts]


def target(backend: OrganizationsBackend, target_id: str) -> Target:
    """The root, OU or account of this id. AWS: TargetNotFoundException; moto has a code for each kind."""
    if target_id.isdigit():
        return account(backend, target_id, "TargetNotFoundException")
    return container(backend, target_id, "TargetNotFoundException")


def path_finder(backend: OrganizationsBackend) -> Callable[[str], str]:
    """A function from the id of a root or OU to its path, such as `o-…/r-…/ou-…/`."""
    parents = {ou.id: ou.parent_id for ou in backend.ou}
    start = organization(backend).id

    def path(container_id: str) -> str:
        parent = parents[container_id]
        return f"{path(parent) if parent else f'{start}/'}{container_id}/"

    return path


def _by_id(things: Iterable[_Thing], wanted: str, otherwise: str) -> _Thing:
    found = next((thing for thing in things if thing.id == wanted), None)
    if found is None:
        raise refused(otherwise)
    return found
