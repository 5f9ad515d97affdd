"""moto's organization: its things found, attached to one another, and where an account stands among them.

Each refusal has the code that AWS gives at that place. A policy knows its targets, and a target its policies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from moto.organizations.models import (
    FakeAccount,
    FakeOrganization,
    FakeOrganizationalUnit,
    FakePolicy,
    FakeRoot,
    OrganizationsBackend,
    organizations_backends,
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


_SCP: Final = "SERVICE_CONTROL_POLICY"
_Node = FakeOrganizationalUnit | FakeAccount


@dataclass(frozen=True)
class Membership:
    """An account and its organization. Read anew for each request: accounts move."""

    account: str
    payer: OrganizationsBackend
    organization: FakeOrganization

    @property
    def is_payer(self) -> bool:
        """Whether this is the management account, whom no service control policy binds."""
        return self.account == self.organization.master_account_id

    @property
    def path(self) -> str:
        """The value of `aws:PrincipalOrgPaths` and `aws:ResourceOrgPaths`, such as `o-…/r-…/ou-…/`."""
        containers = [node.id for node in self._way_down() if isinstance(node, FakeOrganizationalUnit)]
        return "/".join((self.organization.id, *containers, ""))

    def scps(self) -> list[list[FakePolicy]] | None:
        """The policies of the root, of each OU on the way and of the account, or None where none bind."""
        roots = (ou for ou in self.payer.ou if isinstance(ou, FakeRoot))
        enabled = any(kind == {"Type": _SCP, "Status": "ENABLED"} for root in roots for kind in root.policy_types)
        if self.is_payer or not enabled:
            return None
        return [[each for each in node.attached_policies if each.type == _SCP] for node in self._way_down()]

    def _way_down(self) -> list[_Node]:
        everything: list[_Node] = [*self.payer.ou, *self.payer.accounts]
        nodes = {node.id: node for node in everything}
        way, node = [], nodes.get(self.account)
        while node:
            way.append(node)
            node = nodes.get(node.parent_id or "")
        return way[::-1]


def membership(account: str, partition: str = "aws") -> Membership | None:
    """The organization that this account owns or belongs to, if any."""
    payer, where = organizations_backends.master_accounts.get(account, (account, partition))
    if payer not in organizations_backends:  # asking moto for an account brings it into being
        return None
    backend = organizations_backends[payer][where]
    return Membership(account, backend, backend.org) if backend.org else None
