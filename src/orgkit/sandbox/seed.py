"""Thousands of accounts and OUs at once, for tests and benchmarks of large organizations.

Made by calls, five thousand accounts take minutes: moto gives each an IAM backend and scans all of them at
every request. Written straight into moto's model they take a moment, and bear no access role.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from itertools import count, cycle, islice

from moto.organizations.models import (
    FakeAccount,
    FakeOrganizationalUnit,
    FakePolicy,
    OrganizationsBackend,
    organizations_backends,
)

from orgkit.sandbox import PAYER
from orgkit.sandbox.organizations import structure
from orgkit.sandbox.organizations.structure import link, link_aws_managed
from orgkit.sandbox.organizations.whole import SCP

_DENY_NOTHING = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"none:None","Resource":"*"}]}'


@dataclass(frozen=True)
class Seeded:
    """The ids of what was put in."""

    accounts: tuple[str, ...]
    ous: tuple[str, ...]
    scps: tuple[str, ...]


def seed(accounts: int, ous: int, scps: int = 0, parent: str = "", payer: str = PAYER) -> Seeded:
    """Put OUs under `parent` (the root if empty), accounts evenly into them, and SCPs, each OU having one.

    Without OUs the accounts go to the parent itself. The organization exists already; quotas are not kept.
    Raises AWSOrganizationsNotInUseException or ParentNotFoundException.
    """
    backend = organizations_backends[payer]["aws"]
    structure.organization(backend)
    place = structure.container(backend, parent) if parent else structure.root(backend)
    units = [_unit(backend, place.id) for _ in range(ous)]
    places = cycle([unit.id for unit in units] or [place.id])
    taken = {account.id for account in backend.accounts}
    free = (str(number) for number in count(700_000_000_000) if str(number) not in taken)
    members = [_account(backend, next(places), account_id) for account_id in islice(free, accounts)]
    policies = [_policy(backend) for _ in range(scps)]
    for unit, policy in zip(units, cycle(policies), strict=False):
        link(policy, unit)
    return Seeded(
        tuple(member.id for member in members),
        tuple(unit.id for unit in units),
        tuple(policy.id for policy in policies),
    )


def _unit(backend: OrganizationsBackend, parent_id: str) -> FakeOrganizationalUnit:
    name = f"Unit {len(backend.ou):04}"
    unit = FakeOrganizationalUnit(structure.organization(backend), Name=name, ParentId=parent_id)
    backend.ou.append(unit)
    link_aws_managed(backend, unit)
    return unit


def _account(backend: OrganizationsBackend, parent_id: str, account_id: str) -> FakeAccount:
    # moto's own way makes an IAM backend; a copy of the payer's account does without.
    account = copy(structure.account(backend, backend.account_id))
    account.id, account.parent_id, account.joined_method = account_id, parent_id, "CREATED"
    account.name, account.email = f"Account {account_id}", f"account+{account_id}@example.com"
    account.create_account_status_id = f"car-{account_id}"
    account.attached_policies, account.tags = [], {}
    backend.accounts.append(account)
    link_aws_managed(backend, account)
    organizations_backends.master_accounts[account_id] = (backend.account_id, backend.partition)
    return account


def _policy(backend: OrganizationsBackend) -> FakePolicy:
    policy = FakePolicy(
        structure.organization(backend),
        Name=f"Policy {len(backend.policies):04}",
        Description="One of many",
        Type=SCP,
        Content=_DENY_NOTHING,
    )
    backend.policies.append(policy)
    return policy
