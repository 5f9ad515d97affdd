"""Where an account stands in its organization, and which service control policies bind it there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from moto.organizations.models import (
    FakeAccount,
    FakeOrganization,
    FakeOrganizationalUnit,
    FakePolicy,
    FakeRoot,
    OrganizationsBackend,
    organizations_backends,
)

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
        if self.is_payer or not self._scps_enabled():
            return None
        return [[each for each in node.attached_policies if each.type == _SCP] for node in self._way_down()]

    def _scps_enabled(self) -> bool:
        roots = (ou for ou in self.payer.ou if isinstance(ou, FakeRoot))
        return any(kind == {"Type": _SCP, "Status": "ENABLED"} for root in roots for kind in root.policy_types)

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
