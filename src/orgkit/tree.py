"""The organization as a tree: the root, OUs and accounts, with the SCPs at each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orgkit.aws import Aws
from orgkit.aws.organizations import Account


@dataclass(frozen=True)
class Node:
    """A root or an OU, with what is right below it."""

    id: str
    name: str
    scps: tuple[str, ...]
    accounts: tuple[tuple[Account, tuple[str, ...]], ...]
    ous: tuple[Node, ...]


def grow(aws: Aws) -> Node | None:
    """Read the whole organization: OUs and accounts by parent, SCPs by their targets. None where there is none."""
    root = aws.organizations.root()
    if root is None:
        return None
    return _node(aws, root.id, "Root", _scps_by_target(aws) if root.scp_status == "ENABLED" else {})


def _node(aws: Aws, node: str, name: str, scps: Mapping[str, tuple[str, ...]]) -> Node:
    return Node(
        id=node,
        name=name,
        scps=scps.get(node, ()),
        accounts=tuple((account, scps.get(account.id, ())) for account in aws.organizations.accounts(node)),
        ous=tuple(_node(aws, ou.id, ou.name, scps) for ou in aws.organizations.ous(node)),
    )


def _scps_by_target(aws: Aws) -> dict[str, tuple[str, ...]]:
    attached: dict[str, tuple[str, ...]] = {}
    for policy in sorted(aws.scps.all(), key=lambda policy: policy.name):
        for target in aws.scps.targets(policy.id):
            attached[target] = (*attached.get(target, ()), policy.name)
    return attached
