"""The organization as it is drawn: folded where there is too much to show, and marked where it is not as it should be.

Data in, lines out. The same drawing becomes a tree of text here and a diagram in mermaid.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orgkit.aws.organizations import state_of
from orgkit.found import Ours, is_misplaced
from orgkit.report import table
from orgkit.report.text import coloured, counted
from orgkit.report.tree import Node
from orgkit.settings import Settings
from orgkit.settings.text import shown
from orgkit.step import State

if TYPE_CHECKING:
    from types_boto3_organizations.type_defs import AccountTypeDef

SHOWN: Final = 20
"""Accounts shown at one node; the others are counted."""

PAYER: Final = "the payer, whose root user is the partner's"

_FULL_ACCESS: Final = "FullAWSAccess"
_PLAIN: Final = re.compile(r"[\w.-]+")


@dataclass(frozen=True)
class Mark:
    """What is not as it should be at a node, in the words of the step that finds it."""

    state: State
    text: str


@dataclass(frozen=True)
class Leaf:
    """An account. `note` says what is special about it: it is the payer, or closed."""

    id: str
    name: str
    note: str
    scps: tuple[str, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Branch:
    """The root or an OU, with how many accounts and OUs right below it are not shown."""

    id: str
    name: str
    note: str
    """Who runs it, if it is the institution's OU."""
    scps: tuple[str, ...]
    marks: tuple[Mark, ...]
    leaves: tuple[Leaf, ...]
    branches: tuple[Branch, ...]
    more_accounts: int
    more_ous: int
    more_marks: tuple[Mark, ...]
    """What is not as it should be about accounts that are not shown."""

    def walk(self) -> Iterator[Branch]:
        """This node and all that are shown below it."""
        yield self
        for branch in self.branches:
            yield from branch.walk()

    def all_marks(self) -> Iterator[Mark]:
        """What is not as it should be at this node or anywhere below it."""
        for node in self.walk():
            yield from (*node.marks, *node.more_marks, *(mark for leaf in node.leaves for mark in leaf.marks))


def draw(root: Node, settings: Settings, ours: Ours, *, accounts: int = SHOWN, ous: int | None = None) -> Branch:
    """The organization below `root`, with at most so many accounts and OUs at one node."""
    return _Hand(settings, ours, accounts, ous).root(root)


@dataclass(frozen=True)
class _Hand:
    settings: Settings
    ours: Ours
    accounts: int
    ous: int | None

    def root(self, node: Node) -> Branch:
        marks = [*self._guards(node, "root")]
        if _FULL_ACCESS not in node.scps:
            marks.append(Mark(State.BLOCKED, f"{_FULL_ACCESS} is not attached"))
        institution = self.settings.institution
        if self.ours.ou is None:
            marks.append(Mark(State.MISSING, f"institution OU {shown(institution)} is missing"))
        astray = Mark(State.DRIFTED, f"at the root, outside {shown(institution)}")
        return self._folded(node, tuple(marks), [self._below_root(ou) for ou in node.ous[: self.ous]], astray)

    def _below_root(self, node: Node) -> Branch:
        if node.id != self.ours.ou:
            return self._ou(node)
        marks = [*self._guards(node, "institution")]
        if node.name != self.settings.institution:
            marks.insert(0, Mark(State.DRIFTED, f"should be named {shown(self.settings.institution)}"))
        return self._ou(node, tuple(marks))

    def _ou(self, node: Node, marks: tuple[Mark, ...] = ()) -> Branch:
        return self._folded(node, marks, [self._ou(ou) for ou in node.ous[: self.ous]])

    def _folded(
        self, node: Node, marks: tuple[Mark, ...], branches: Sequence[Branch], astray: Mark | None = None
    ) -> Branch:
        leaves = [self._leaf(account, scps, astray) for account, scps in sorted(node.accounts, key=self._order)]
        here = max(self.accounts, 1) if leaves and leaves[0].id == self.settings.account else self.accounts
        folded = leaves[here:]
        return Branch(
            id=node.id,
            name=shown(node.name),
            note=f"run by {self.settings.iam.org_admin}" if node.id == self.ours.ou else "",
            scps=tuple(map(shown, node.scps)),
            marks=marks,
            leaves=tuple(leaves[:here]),
            branches=tuple(branches),
            more_accounts=len(folded),
            more_ous=len(node.ous) - len(branches),
            more_marks=(astray,) if astray and any(leaf.marks for leaf in folded) else (),
        )

    def _leaf(self, account: AccountTypeDef, scps: tuple[str, ...], astray: Mark | None) -> Leaf:
        payer = self.settings.account
        state = state_of(account)
        alive = state in ("ACTIVE", "")
        note = PAYER if account["Id"] == payer else "" if alive else state.replace("_", " ").lower()
        marks = (astray,) if astray and is_misplaced(account, payer) else ()
        return Leaf(account["Id"], shown(account.get("Name", "")), note, tuple(map(shown, scps)), marks)

    def _order(self, member: tuple[AccountTypeDef, tuple[str, ...]]) -> tuple[bool, str, str]:
        """The payer first, then by name."""
        account, _ = member
        return account["Id"] != self.settings.account, account.get("Name", "").casefold(), account["Id"]

    def _guards(self, node: Node, target: str) -> Iterator[Mark]:
        """The SCPs of the settings that should be attached here and are not, or have another name."""
        for scp in self.settings.scps:
            called = self.ours.scps.get(scp.name)
            if scp.attach == target and called not in node.scps:
                yield Mark(State.MISSING, f"SCP {shown(scp.name)} is not attached")
            elif scp.attach == target and called and called != scp.name:
                yield Mark(State.DRIFTED, f"SCP {shown(called)} should be named {shown(scp.name)}")


def tree(drawing: Branch) -> Iterator[str]:
    """The drawing as text. Every node has its id and, in brackets, the SCPs attached to it; marks stand last.

    Names from AWS are in quotes, so that none looks like more than a name.
    """
    yield from table.paragraph(_label(drawing, "Root"), "", "│   ")
    yield from _below(drawing, "")
    if any(drawing.all_marks()):
        yield ""
        yield "+ missing  ~ drifted  ! blocked: orgkit status says more."


def quoted(name: str) -> str:
    """A name that somebody chose, in quotes that it cannot close, so that everybody sees where it ends."""
    return '"' + name.replace('"', r"\x22") + '"'


def more(node: Branch) -> str:
    """What of a node is not shown: `… and 480 more accounts`, `25 accounts` where none is, or ""."""
    counts = ((node.more_ous, "more OU"), (node.more_accounts, "more account" if node.leaves else "account"))
    words = " and ".join(counted(number, noun) for number, noun in counts if number)
    return f"… and {words}" if words and node.leaves else words


def _below(node: Branch, indent: str) -> Iterator[str]:
    below: list[tuple[str, Branch | None]] = [(_label(leaf), None) for leaf in node.leaves]
    if more(node):
        below.append((f"{more(node)}{_marks(node.more_marks)}", None))
    below += [(_label(branch), branch) for branch in node.branches]
    for number, (label, branch) in enumerate(below, start=1):
        last = number == len(below)
        deeper = indent + ("    " if last else "│   ")
        yield from table.paragraph(label, f"{indent}{'└── ' if last else '├── '}", f"{deeper}  ")
        if branch is not None:
            yield from _below(branch, deeper)


def _label(node: Branch | Leaf, name: str = "") -> str:
    note = f" {node.note}" if node.note else ""
    scps = f" [{', '.join(scp if _PLAIN.fullmatch(scp) else quoted(scp) for scp in node.scps)}]" if node.scps else ""
    return f"{name or quoted(node.name)} ({node.id}){note}{scps}{_marks(node.marks)}"


def _marks(marks: Sequence[Mark]) -> str:
    return "".join(f" {coloured(mark.state)} {mark.text}" for mark in marks)
