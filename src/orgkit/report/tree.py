"""The organization as a tree: the root, OUs and accounts, with the SCPs at each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from orgkit.aws import Aws
from orgkit.aws.organizations import Account, Root
from orgkit.aws.parallel import side_by_side


@dataclass(frozen=True)
class Node:
    """A root or an OU, with what is right below it.

    FullAWSAccess is among the SCPs of the root alone. AWS attaches it to everything, so that listing where takes
    a call for every twenty accounts and OUs.
    """

    id: str
    name: str
    scps: tuple[str, ...]
    accounts: tuple[tuple[Account, tuple[str, ...]], ...]
    ous: tuple[Node, ...]


def grow(aws: Aws) -> Node | None:
    """Read the whole organization. None where there is none.

    Never one call an account: the accounts come by OU, twenty a call, and the SCPs' places by SCP, likewise.
    """
    root = aws.organizations.root()
    if root is None:
        return None
    _read_ahead(aws, root)
    return _node(aws, root.id, "Root", _scps_by_target(aws, root) if root.scp_status == "ENABLED" else {})


def _read_ahead(aws: Aws, root: Root) -> None:
    """Have the OUs and accounts known: those of one level side by side, for only their parents name the next."""
    reads: list[Callable[[], object]] = []
    if root.scp_status == "ENABLED":
        reads += [aws.scps.all, partial(aws.scps.attached, root.id)]
    level = [root.id]
    while level:
        for node in level:
            reads += [partial(aws.organizations.ous, node), partial(aws.organizations.accounts, node)]
        tuple(side_by_side(reads))
        reads = []
        level = [ou.id for node in level for ou in aws.organizations.ous(node)]


def _node(aws: Aws, node: str, name: str, scps: Mapping[str, tuple[str, ...]]) -> Node:
    return Node(
        id=node,
        name=name,
        scps=scps.get(node, ()),
        accounts=tuple((account, scps.get(account.id, ())) for account in aws.organizations.accounts(node)),
        ous=tuple(_node(aws, ou.id, ou.name, scps) for ou in aws.organizations.ous(node)),
    )


def _scps_by_target(aws: Aws, root: Root) -> dict[str, tuple[str, ...]]:
    """The names of the SCPs at each node and account, sorted."""
    own = sorted((policy for policy in aws.scps.all() if not policy.aws_managed), key=lambda policy: policy.name)
    attached: dict[str, tuple[str, ...]] = {}
    for policy, targets in zip(own, side_by_side(partial(aws.scps.targets, policy.id) for policy in own), strict=True):
        for target in targets:
            attached[target] = (*attached.get(target, ()), policy.name)
    return {**attached, root.id: tuple(sorted(policy.name for policy in aws.scps.attached(root.id)))}
