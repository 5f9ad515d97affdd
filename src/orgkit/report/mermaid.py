"""The organization as a Mermaid flowchart: who pays, who runs it, and what stands where. Data in, lines out.

Mermaid draws up to 50,000 characters and 500 lines between boxes (`maxTextSize` and `maxEdges` in its configuration;
GitHub keeps to them). So the accounts of a node share a box, and what is too large is folded further.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from orgkit.found import Ours
from orgkit.report import drawing
from orgkit.report.drawing import Branch, Leaf, Mark
from orgkit.report.text import MARKS
from orgkit.report.tree import Node
from orgkit.settings import Settings
from orgkit.settings.text import shown

MOST_CHARACTERS: Final = 50_000
MOST_EDGES: Final = 500

# Accounts and OUs shown at a node, more and more folded until the diagram fits.
_FOLDS: Final = ((drawing.SHOWN, None), (5, None), (0, None), (0, 20), (0, 8), (0, 3), (0, 1))

_FULL_ACCESS: Final = "FullAWSAccess"  # at every node by itself: only its absence says anything
_PLAIN: Final = re.compile(r"[^\W_]|[,…]|(?<=[^\W_])-(?=[^\W_])|(?<=\S) (?=\S)")
# Formulas ($$), icons (fa:fa-car), and the form in which it keeps codes itself.
_TAKEN: Final = re.compile("(?<=[$])(?=[$])|(?<=:)(?=fa-)|(?<=\N{LATIN SMALL LIGATURE FL})(?=°)|(?<=¶)(?=ß)")
_SPACES: Final = re.compile(r"(?<!\S) | (?!\S)")
_AMISS: Final = ":::amiss"


def lines(root: Node | None, settings: Settings, ours: Ours) -> list[str]:
    """The diagram of this organization, or of what there is before it."""
    if root is None:
        return [*_payer(settings), *_styles()]
    for accounts, ous in _FOLDS:
        drawn = [
            *_payer(settings),
            *_organization(drawing.draw(root, settings, ours, accounts=accounts, ous=ous)),
            *_styles(),
        ]
        if _fits(drawn):
            break
    return drawn


def escaped(text: str) -> str:
    """Text for a label: nearly all but words becomes Mermaid's `#code;`.

    So Mermaid never sees what it would take for its own syntax, for Markdown or for HTML. What it looks for after it
    has read the codes is kept apart by an invisible character. A browser draws several spaces as one, unless a label is
    wide enough to be wrapped: those become non-breaking spaces.
    """
    text = _SPACES.sub("\N{NO-BREAK SPACE}", _TAKEN.sub("\N{WORD JOINER}", text))
    return "".join(
        character if _PLAIN.match(text, place) else f"#{ord(character)};" for place, character in enumerate(text)
    )


def _fits(drawn: Sequence[str]) -> bool:
    edges = sum("-->" in line or "-.->" in line for line in drawn)
    return edges <= MOST_EDGES and sum(len(line) + 1 for line in drawn) <= MOST_CHARACTERS


def _payer(settings: Settings) -> Iterator[str]:
    iam = settings.iam
    yield "flowchart TB"
    yield f"  accTitle: The organization of payer {settings.account}"
    yield f"  partner([{_label('Partner')}])"
    yield f"  institution([{_label(shown(settings.institution))}])"
    yield f"  subgraph payer[{_label(f'Payer account {settings.account}')}]"
    yield f"    root_user[{_label('Root user', 'everything')}]"
    yield f"    billing_admin[{_label(iam.billing_admin, 'all billing, nothing of the organization')}]"
    yield f"    org_admin[{_label(iam.org_admin, 'the organization below the root, nothing of billing')}]"
    yield "  end"
    yield "  partner --> root_user"
    yield "  partner --> billing_admin"
    yield "  institution --> org_admin"


def _organization(root: Branch) -> Iterator[str]:
    yield f"  subgraph organization[{_label('Organization')}]"
    numbers = {node.id: number for number, node in enumerate(root.walk())}
    for node in root.walk():
        yield from (f"    {line}" for line in _node(node, f"n{numbers[node.id]}", root))
        yield from (f"    n{numbers[node.id]} --> n{numbers[branch.id]}" for branch in node.branches)
    yield "  end"
    yield f"  payer -- {_label('pays for')} --> n0"
    for node in root.walk():
        if node.note:
            yield f"  org_admin -- {_label('runs')} --> n{numbers[node.id]}"


def _node(node: Branch, name: str, root: Branch) -> Iterator[str]:
    """An OU or the root, its SCPs, its accounts, and what is not as it should be there."""
    yield f"{name}[{_label(node.name, node.id)}]"
    scps = [scp for scp in node.scps if scp != _FULL_ACCESS]
    if scps:
        yield f"{name}_scps{{{{{_label('SCPs', *scps)}}}}} -.-> {name}"
    if node.marks:
        yield f"{name}_amiss{{{{{_label(*map(_mark, node.marks))}}}}}{_AMISS} -.-> {name}"
    at_root = node is root
    accounts = [_account(leaf) for leaf in node.leaves if not (at_root and leaf.note == drawing.PAYER)]
    if drawing.more(node):
        accounts.append(" ".join([drawing.more(node), *map(_mark, node.more_marks)]))
    if accounts:
        marked = node.more_marks or any(leaf.marks for leaf in node.leaves)
        yield f"{name} --> {name}_accounts[{_label(*accounts)}]{_AMISS if marked else ''}"


def _account(leaf: Leaf) -> str:
    scps = [scp for scp in leaf.scps if scp != _FULL_ACCESS]
    note = f"({leaf.note})" if leaf.note else ""
    words = [leaf.name, leaf.id, note, f"[{', '.join(scps)}]" if scps else "", *map(_mark, leaf.marks)]
    return " ".join(word for word in words if word)


def _mark(mark: Mark) -> str:
    return f"{MARKS[mark.state]} {mark.text}"


def _label(*rows: str) -> str:
    return '"' + "<br>".join(escaped(row) for row in rows) + '"'


def _styles() -> Iterator[str]:
    """Only a border: it shows on light ground and on dark."""
    yield "  classDef amiss stroke:#d1242f,stroke-width:3px"
