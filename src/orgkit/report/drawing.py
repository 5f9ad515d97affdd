"""The organization, read as a tree and drawn: folded where there is too much to show, marked where something is amiss.

The same drawing becomes text and a Mermaid flowchart here, and a list on the handover pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from orgkit import found
from orgkit.aws import Aws
from orgkit.aws.accounts import unlike_active
from orgkit.aws.client import side_by_side
from orgkit.aws.organizations import has_scps
from orgkit.aws.shapes import Account
from orgkit.report import text
from orgkit.settings import Settings
from orgkit.settings.text import shown
from orgkit.step import State

SHOWN: Final = 20
"""Accounts shown at one node; the others are counted."""
PAYER: Final = "the payer, whose root user is the partner's"
FULL_ACCESS: Final = "FullAWSAccess"

# Mermaid draws up to 50,000 characters and 500 lines between boxes (`maxTextSize` and `maxEdges` in its configuration;
# GitHub keeps to them). So the accounts of a node share a box, and what is too large is folded further.
MOST_CHARACTERS: Final = 50_000
MOST_EDGES: Final = 500

# Accounts and OUs shown at a node, more and more folded until the diagram fits.
_FOLDS: Final = ((SHOWN, None), (5, None), (0, None), (0, 20), (0, 8), (0, 3), (0, 1))

_NEEDS_NO_QUOTES: Final = re.compile(r"[\w.-]+")
_NEEDS_NO_CODE: Final = re.compile(r"[^\W_]|[,…]|(?<=[^\W_])-(?=[^\W_])|(?<=\S) (?=\S)")
# Formulas ($$), icons (fa:fa-car), and the form in which Mermaid keeps codes itself.
_TAKEN: Final = re.compile("(?<=[$])(?=[$])|(?<=:)(?=fa-)|(?<=\N{LATIN SMALL LIGATURE FL})(?=°)|(?<=¶)(?=ß)")
_SPACES: Final = re.compile(r"(?<!\S) | (?!\S)")
_AMISS: Final = ":::amiss"
_STYLES: Final = "  classDef amiss stroke:#d1242f,stroke-width:3px"  # a border shows on light ground and on dark


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


@dataclass(frozen=True)
class Ours:
    """What a drawing of the organization marks: the id of the institution's OU, and what each of our SCPs is called."""

    ou: str | None
    scps: Mapping[str, str]
    """By its name in the settings. One that is not there is left out."""


def ours(aws: Aws, settings: Settings) -> Ours:
    """The institution's OU and our SCPs, wherever they are and whatever they are called."""
    ou = found.institution_ou(aws, settings)
    policies = ((wanted.name, found.scp(aws, settings, wanted)) for wanted in settings.scps)
    return Ours(ou["Id"] if ou else None, {name: policy["Name"] for name, policy in policies if policy})


def read(aws: Aws, only: Collection[str] | None = None) -> Node | None:
    """Read the whole organization, with no other SCPs than those of these names. None if there is none.

    Never one call per account: the accounts come by OU, twenty a call, and the SCPs' places by SCP, likewise.
    """
    root = aws.organizations.root()
    if root is None:
        return None
    # First all reads, those of one level side by side: only their parents name the next. The tree is made of them then.
    reads: list[Callable[[], object]] = [aws.scps.all, partial(aws.scps.attached, root["Id"])] if has_scps(root) else []
    level = [root["Id"]]
    while level:
        below = (aws.organizations.ous, aws.organizations.accounts)
        tuple(side_by_side([*reads, *(partial(read, node) for node in level for read in below)]))
        reads = []
        level = [ou["Id"] for node in level for ou in aws.organizations.ous(node)]
    every = _scps_by_target(aws, root["Id"]) if has_scps(root) else {}
    scps = {where: tuple(each for each in names if only is None or each in only) for where, names in every.items()}

    def node(id_: str, name: str) -> Node:
        at_root = id_ == root["Id"]
        accounts = aws.organizations.accounts(id_)
        return Node(
            id_,
            name,
            scps.get(id_, ()),
            tuple(leaf(each, aws.caller.account, scps.get(each["Id"], ()), at_root) for each in accounts),
            tuple(node(ou["Id"], ou["Name"]) for ou in aws.organizations.ous(id_)),
        )

    return node(root["Id"], "Root")


def leaf(account: Account, payer: str, scps: tuple[str, ...], at_root: bool) -> Node:
    """An account as a node."""
    note = PAYER if account["Id"] == payer else unlike_active(account)
    misplaced = at_root and found.is_misplaced(account, payer)
    return Node(account["Id"], account.get("Name", ""), scps, note=note, misplaced=misplaced)


def _scps_by_target(aws: Aws, root: str) -> dict[str, tuple[str, ...]]:
    """The names of the SCPs at each node and account, sorted."""
    own = sorted((scp for scp in aws.scps.all() if not scp.get("AwsManaged")), key=lambda scp: scp["Name"])
    attached: dict[str, tuple[str, ...]] = {}
    for scp, targets in zip(own, side_by_side(partial(aws.scps.targets, scp["Id"]) for scp in own), strict=True):
        for target in targets:
            attached[target] = (*attached.get(target, ()), scp["Name"])
    return {**attached, root: tuple(sorted(scp["Name"] for scp in aws.scps.attached(root)))}


def draw(node: Node, settings: Settings, ours: Ours, *, accounts: int = SHOWN, ous: int | None = None) -> Node:
    """A node and what is below it as it is drawn: with marks, and at most so many accounts and OUs at each."""
    # The payer and the institution's OU come first, so they are never folded away.
    leaves = sorted(node.accounts, key=lambda leaf: (leaf.note != PAYER, leaf.name.casefold(), leaf.id))
    by_name = sorted(node.ous, key=lambda ou: (ou.id != ours.ou, ou.name.casefold(), ou.id))
    places = max(accounts, 1) if leaves and leaves[0].note == PAYER else accounts
    here = [draw(leaf, settings, ours) for leaf in leaves[:places]]
    below = tuple(draw(ou, settings, ours, accounts=accounts, ous=ous) for ou in by_name[:ous])
    more = [
        (len(node.ous) - len(below), "more OU"),
        (len(leaves) - len(here), "more account" if here else "account"),
    ]
    if words := " and ".join(text.counted(number, noun) for number, noun in more if number):
        marks = {mark: None for leaf in leaves[places:] for mark in _amiss(leaf, settings, ours)}
        here.append(Node("", f"… and {words}" if here else words, marks=tuple(marks)))
    return replace(
        node,
        name=shown(node.name),
        scps=tuple(map(shown, node.scps)),
        accounts=tuple(here),
        ous=below,
        note=f"run by {settings.iam.org_admin}" if node.id == ours.ou else node.note,
        marks=tuple(_amiss(node, settings, ours)),
    )


def _amiss(node: Node, settings: Settings, ours: Ours) -> Iterator[Mark]:
    """What is not as it should be at a node: its place, names, SCPs that are not attached, FullAWSAccess."""
    at_root, institution = node.id.startswith("r-"), shown(settings.institution)
    if node.misplaced:
        yield Mark(State.DRIFTED, f"at the root, outside {institution}")
    if not at_root and node.id != ours.ou:
        return
    if not at_root and node.name != settings.institution:
        yield Mark(State.DRIFTED, f"should be named {institution}")
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
        yield Mark(State.MISSING, f"institution OU {institution} is missing")


# As text


def tree(root: Node | None, settings: Settings, ours: Ours) -> Iterator[str]:
    """The drawing as text. Every node has its id and, in brackets, the SCPs attached to it; marks stand last."""
    if root is None:
        yield "There is no organization yet."
        return
    drawn = draw(root, settings, ours)
    yield from text.paragraph(_told(drawn), "", "│   ")
    yield from _below(drawn, "")
    if any(node.marks for each in drawn.walk() for node in (each, *each.accounts)):
        yield from ("", "+ missing  ~ drifted  ! blocked: `orgkit status` says more.")


def _below(node: Node, indent: str) -> Iterator[str]:
    below = [*node.accounts, *node.ous]
    for number, each in enumerate(below, start=1):
        last = number == len(below)
        deeper = indent + ("    " if last else "│   ")
        yield from text.paragraph(_told(each), f"{indent}{'└── ' if last else '├── '}", f"{deeper}  ")
        yield from _below(each, deeper)


def _told(node: Node) -> str:
    """A node in a line. A name that somebody chose is in quotes that it cannot close: none looks like more."""

    def quoted(name: str) -> str:
        return '"' + name.replace('"', r"\x22") + '"'

    marks = "".join(f" {text.COLOURED[mark.state]} {mark.text}" for mark in node.marks)
    if not node.id:
        return f"{node.name}{marks}"
    name = node.name if node.id.startswith("r-") else quoted(node.name)
    note = f" {node.note}" if node.note else ""
    scps = ", ".join(scp if _NEEDS_NO_QUOTES.fullmatch(scp) else quoted(scp) for scp in node.scps)
    return f"{name} ({node.id}){note}{f' [{scps}]' if scps else ''}{marks}"


# As a Mermaid flowchart


def mermaid(root: Node | None, settings: Settings, ours: Ours) -> list[str]:
    """Who pays, who runs it, and what stands where: of this organization, or of what there is before it."""
    for accounts, ous in _FOLDS:
        drawn = _boxes(draw(root, settings, ours, accounts=accounts, ous=ous)) if root else ()
        diagram = [*_payer(settings), *drawn, _STYLES]
        edges = sum("-->" in line or "-.->" in line for line in diagram)
        if edges <= MOST_EDGES and sum(len(line) + 1 for line in diagram) <= MOST_CHARACTERS:
            break
    return diagram


def _payer(settings: Settings) -> Iterator[str]:
    iam = settings.iam
    yield "flowchart TB"
    yield f"  accTitle: The organization of payer {settings.account}"
    yield f"  partner([{label('Partner')}])"
    yield f"  institution([{label(shown(settings.institution))}])"
    yield f"  subgraph payer[{label(f'Payer account {settings.account}')}]"
    yield f"    root_user[{label('Root user', 'everything')}]"
    yield f"    billing_admin[{label(iam.billing_admin, 'all billing, nothing of the organization')}]"
    yield f"    org_admin[{label(iam.org_admin, 'the organization below the root, nothing of billing')}]"
    yield "  end"
    yield "  partner --> root_user"
    yield "  partner --> billing_admin"
    yield "  institution --> org_admin"


def _boxes(root: Node) -> Iterator[str]:
    """Each OU and the root: its SCPs, its accounts, what is not as it should be there, and what is below it.

    FullAWSAccess is everywhere: only its absence says anything.
    """

    def row(account: Node) -> str:
        note = f"({account.note})" if account.note else ""
        scps = f"[{', '.join(account.scps)}]" if account.scps else ""
        return " ".join(filter(None, (account.name, account.id, note, scps, *map(str, account.marks))))

    yield f"  subgraph organization[{label('Organization')}]"
    names = {node.id: f"n{number}" for number, node in enumerate(root.walk())}
    for node in root.walk():
        name = names[node.id]
        yield f"    {name}[{label(node.name, node.id)}]"
        if scps := [scp for scp in node.scps if scp != FULL_ACCESS]:
            yield f"    {name}_scps{{{{{label('SCPs', *scps)}}}}} -.-> {name}"
        if node.marks:
            yield f"    {name}_amiss{{{{{label(*map(str, node.marks))}}}}}{_AMISS} -.-> {name}"
        if accounts := [each for each in node.accounts if node is not root or each.note != PAYER]:
            marked = any(each.marks for each in accounts)
            yield f"    {name} --> {name}_accounts[{label(*map(row, accounts))}]{_AMISS if marked else ''}"
        yield from (f"    {name} --> {names[ou.id]}" for ou in node.ous)
    yield "  end"
    yield f"  payer -- {label('pays for')} --> n0"
    yield from (f"  org_admin -- {label('runs')} --> {names[node.id]}" for node in root.walk() if node.note)


def label(*rows: str) -> str:
    """A label of so many rows, in which nearly all but words is Mermaid's `#code;`.

    So Mermaid never sees what it would take for its own syntax, for Markdown or for HTML. What it looks for after it
    has read the codes is kept apart by an invisible character. A browser draws several spaces as one, unless a label is
    wide enough to be wrapped: those become non-breaking spaces.
    """
    kept = (_SPACES.sub("\N{NO-BREAK SPACE}", _TAKEN.sub("\N{WORD JOINER}", row)) for row in rows)
    coded = (
        "".join(c if _NEEDS_NO_CODE.match(row, place) else f"#{ord(c)};" for place, c in enumerate(row)) for row in kept
    )
    return '"' + "<br>".join(coded) + '"'
