"""The organization as a tree: the root, OUs and accounts, with the SCPs at each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from orgkit.aws import Aws
from orgkit.aws.organizations import has_scps
from orgkit.aws.parallel import side_by_side

if TYPE_CHECKING:
    from types_boto3_organizations.type_defs import AccountTypeDef, RootTypeDef


@dataclass(frozen=True)
class Node:
    """A root or an OU, with what is right below it.

    FullAWSAccess is among the SCPs of the root alone. AWS attaches it to everything, so that listing where takes
    a call for every twenty accounts and OUs.
    """

    id: str
    name: str
    scps: tuple[str, ...]
    accounts: tuple[tuple[AccountTypeDef, tuple[str, ...]], ...]
    ous: tuple[Node, ...]


def grow(aws: Aws) -> Node | None:
    """Read the whole organization. None where there is none.

    Never one call an account: the accounts come by OU, twenty a call, and the SCPs' places by SCP, likewise.
    """
    root = aws.organizations.root()
    if root is None:
        return None
    _read_ahead(aws, root)
    return _node(aws, root["Id"], "Root", _scps_by_target(aws, root) if has_scps(root) else {})


def _read_ahead(aws: Aws, root: RootTypeDef) -> None:
    """Have the OUs and accounts known: those of one level side by side, for only their parents name the next."""
    reads: list[Callable[[], object]] = []
    if has_scps(root):
        reads += [aws.scps.all, partial(aws.scps.attached, root["Id"])]
    level = [root["Id"]]
    while level:
        for node in level:
            reads += [partial(aws.organizations.ous, node), partial(aws.organizations.accounts, node)]
        tuple(side_by_side(reads))
        reads = []
        level = [ou["Id"] for node in level for ou in aws.organizations.ous(node)]


def _node(aws: Aws, node: str, name: str, scps: Mapping[str, tuple[str, ...]]) -> Node:
    return Node(
        id=node,
        name=name,
        scps=scps.get(node, ()),
        accounts=tuple((account, scps.get(account["Id"], ())) for account in aws.organizations.accounts(node)),
        ous=tuple(_node(aws, ou["Id"], ou["Name"], scps) for ou in aws.organizations.ous(node)),
    )


def _scps_by_target(aws: Aws, root: RootTypeDef) -> dict[str, tuple[str, ...]]:
    """The names of the SCPs at each node and account, sorted."""
    own = sorted(
        (policy for policy in aws.scps.all() if not policy.get("AwsManaged")), key=lambda policy: policy["Name"]
    )
    attached: dict[str, tuple[str, ...]] = {}
    for policy, targets in zip(
        own, side_by_side(partial(aws.scps.targets, policy["Id"]) for policy in own), strict=True
    ):
        for target in targets:
            attached[target] = (*attached.get(target, ()), policy["Name"])
    return {**attached, root["Id"]: tuple(sorted(policy["Name"] for policy in aws.scps.attached(root["Id"])))}
