"""The organization read as a tree, and as it is drawn: folded where there is too much to show, and marked where it is
not as it should be.

The same drawing becomes text here, a diagram in mermaid.py and a list on the handover pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from orgkit.aws import Aws
from orgkit.aws.client import side_by_side
from orgkit.aws.organizations import has_scps, state_of
from orgkit.aws.shapes import Account, Root
from orgkit.found import Ours, is_misplaced
from orgkit.report import text
from orgkit.settings import Settings
from orgkit.settings.text import shown
from orgkit.step import State

SHOWN: Final = 20
"""Accounts shown at one node; the others are counted."""

PAYER: Final = "the payer, whose root user is the partner's"
FULL_ACCESS: Final = "FullAWSAccess"

_PLAIN: Final = re.compile(r"[\w.-]+")


@dataclass(frozen=True)
class Mark:
    """What is not as it should be at a node, in the words of the step that finds it."""

    state: State
    text: str

    def __str__(self) -> str:
        return f"{text.MARKS[self.state]} {self.text}"


@dataclass(frozen=True)
class Node:
    """The root, an OU or an account, with what is right below it; without an id, what is there but not drawn.

    FullAWSAccess is among the SCPs of the root alone. AWS attaches it to everything, so that listing where takes
    a call for every twenty accounts and OUs.
    """

    id: str
    name: str
    scps: tuple[str, ...] = ()
    accounts: tuple[Node, ...] = ()
    ous: tuple[Node, ...] = ()
    note: str = ""
    """What is special about it: it is the payer, closed, or run by the institution."""
    misplaced: bool = False
    """Whether it is an account that belongs in the institution's OU."""
    marks: tuple[Mark, ...] = ()

    def walk(self) -> Iterator[Node]:
        """This node and all OUs below it."""
        yield self
        for ou in self.ous:
            yield from ou.walk()


def read(aws: Aws, only: Collection[str] | None = None) -> Node | None:
    """Read the whole organization, with no other SCPs than those of these names. None if there is none.

    Never one call per account: the accounts come by OU, twenty a call, and the SCPs' places by SCP, likewise.
    """
    root = aws.organizations.root()
    if root is None:
        return None
    _read_ahead(aws, root)
    every = _scps_by_target(aws, root) if has_scps(root) else {}
    scps = {where: tuple(each for each in names if only is None or each in only) for where, names in every.items()}

    def node(id_: str, name: str) -> Node:
        at_root, payer = id_ == root["Id"], aws.caller.account
        accounts = (leaf(each, payer, scps.get(each["Id"], ()), at_root) for each in aws.organizations.accounts(id_))
        ous = tuple(node(ou["Id"], ou["Name"]) for ou in aws.organizations.ous(id_))
        return Node(id_, name, scps.get(id_, ()), tuple(accounts), ous)

    return node(root["Id"], "Root")


def leaf(account: Account, payer: str, scps: tuple[str, ...], at_root: bool) -> Node:
    """An account as a node."""
    state = state_of(account)
    note = PAYER if account["Id"] == payer else "" if state in ("ACTIVE", "") else state.replace("_", " ").lower()
    misplaced = at_root and is_misplaced(account, payer)
    return Node(account["Id"], account.get("Name", ""), scps, note=note, misplaced=misplaced)


def draw(node: Node, settings: Settings, ours: Ours, *, accounts: int = SHOWN, ous: int | None = None) -> Node:
    """The organization below a node as it is drawn: with marks, and at most so many accounts and OUs at each."""
    astray = (Mark(State.DRIFTED, f"at the root, outside {shown(settings.institution)}"),)
    leaves = sorted(node.accounts, key=lambda leaf: (leaf.note != PAYER, leaf.name.casefold(), leaf.id))
    drawn = [_shown(leaf, marks=astray if leaf.misplaced else ()) for leaf in leaves]
    places = max(accounts, 1) if leaves and leaves[0].note == PAYER else accounts
    here, hidden = drawn[:places], drawn[places:]
    by_name = sorted(node.ous, key=lambda ou: (ou.id != ours.ou, ou.name.casefold(), ou.id))  # the institution's first
    below = tuple(draw(ou, settings, ours, accounts=accounts, ous=ous) for ou in by_name[:ous])
    more = (len(node.ous) - len(below), "more OU"), (len(hidden), "more account" if here else "account")
    if words := " and ".join(text.counted(number, noun) for number, noun in more if number):
        marks = astray if any(leaf.marks for leaf in hidden) else ()
        here.append(Node("", f"… and {words}" if here else words, marks=marks))
    note = f"run by {settings.iam.org_admin}" if node.id == ours.ou else ""
    amiss = tuple(_amiss(node, settings, ours, at_root=node.id.startswith("r-")))
    return _shown(node, accounts=tuple(here), ous=below, note=note, marks=amiss)


def _shown(node: Node, **drawn: Any) -> Node:
    """A node with its names fit for showing, and with more of what is drawn."""
    return replace(node, name=shown(node.name), scps=tuple(map(shown, node.scps)), **drawn)


def tree(root: Node | None, settings: Settings, ours: Ours) -> Iterator[str]:
    """The drawing as text. Every node has its id and, in brackets, the SCPs attached to it; marks stand last.

    Names from AWS are in quotes, so that none looks like more than a name.
    """
    if root is None:
        yield "There is no organization yet."
        return
    drawn = draw(root, settings, ours)
    yield from text.paragraph(_label(drawn, "Root"), "", "│   ")
    yield from _below(drawn, "")
    if any(node.marks for each in drawn.walk() for node in (each, *each.accounts)):
        yield from ("", "+ missing  ~ drifted  ! blocked: orgkit status says more.")


def _read_ahead(aws: Aws, root: Root) -> None:
    """Have the OUs and accounts known: those of one level side by side, for only their parents name the next."""
    reads: list[Callable[[], object]] = [aws.scps.all, partial(aws.scps.attached, root["Id"])] if has_scps(root) else []
    level = [root["Id"]]
    while level:
        below = (aws.organizations.ous, aws.organizations.accounts)
        tuple(side_by_side([*reads, *(partial(read, node) for node in level for read in below)]))
        reads = []
        level = [ou["Id"] for node in level for ou in aws.organizations.ous(node)]


def _scps_by_target(aws: Aws, root: Root) -> Mapping[str, tuple[str, ...]]:
    """The names of the SCPs at each node and account, sorted."""
    own = sorted((scp for scp in aws.scps.all() if not scp.get("AwsManaged")), key=lambda scp: scp["Name"])
    attached: dict[str, tuple[str, ...]] = {}
    for scp, targets in zip(own, side_by_side(partial(aws.scps.targets, scp["Id"]) for scp in own), strict=True):
        for target in targets:
            attached[target] = (*attached.get(target, ()), scp["Name"])
    return {**attached, root["Id"]: tuple(sorted(scp["Name"] for scp in aws.scps.attached(root["Id"])))}


def _amiss(node: Node, settings: Settings, ours: Ours, *, at_root: bool) -> Iterator[Mark]:
    """What is not as it should be at a node: names, SCPs of the settings that are not attached, FullAWSAccess."""
    if not at_root and node.id != ours.ou:
        return
    institution = settings.institution
    if not at_root and node.name != institution:
        yield Mark(State.DRIFTED, f"should be named {shown(institution)}")
    for scp in settings.scps:
        called = ours.scps.get(scp.name)
        if scp.attach != ("root" if at_root else "institution"):
            continue
        if called not in node.scps:
            yield Mark(State.MISSING, f"SCP {shown(scp.name)} is not attached")
        elif called and called != scp.name:
            yield Mark(State.DRIFTED, f"SCP {shown(called)} should be named {shown(scp.name)}")
    if at_root and FULL_ACCESS not in node.scps:
        yield Mark(State.BLOCKED, f"{FULL_ACCESS} is not attached")
    if at_root and ours.ou is None:
        yield Mark(State.MISSING, f"institution OU {shown(institution)} is missing")


def _below(node: Node, indent: str) -> Iterator[str]:
    below = [*node.accounts, *node.ous]
    for number, each in enumerate(below, start=1):
        last = number == len(below)
        deeper = indent + ("    " if last else "│   ")
        yield from text.paragraph(_label(each), f"{indent}{'└── ' if last else '├── '}", f"{deeper}  ")
        yield from _below(each, deeper)


def _label(node: Node, name: str = "") -> str:
    """A name that somebody chose stands in quotes that it cannot close, so that everybody sees where it ends."""

    def quoted(name: str) -> str:
        return '"' + name.replace('"', r"\x22") + '"'

    marks = "".join(f" {text.coloured(mark.state)} {mark.text}" for mark in node.marks)
    if not node.id:
        return f"{node.name}{marks}"
    note = f" {node.note}" if node.note else ""
    scps = f" [{', '.join(scp if _PLAIN.fullmatch(scp) else quoted(scp) for scp in node.scps)}]" if node.scps else ""
    return f"{name or quoted(node.name)} ({node.id}){note}{scps}{marks}"
