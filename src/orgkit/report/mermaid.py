"""The organization as a Mermaid flowchart: who pays, who runs it, and what stands where. Data in, lines out.

Mermaid draws up to 50,000 characters and 500 lines between boxes (`maxTextSize` and `maxEdges` in its configuration;
GitHub keeps to them). So the accounts of a node share a box, and what is too large is folded further.
"""

import re
from collections.abc import Iterator
from typing import Final

from orgkit.found import Ours
from orgkit.report import drawing
from orgkit.report.drawing import Node
from orgkit.settings import Settings
from orgkit.settings.text import shown

MOST_CHARACTERS: Final = 50_000
MOST_EDGES: Final = 500

# Accounts and OUs shown at a node, more and more folded until the diagram fits.
_FOLDS: Final = ((drawing.SHOWN, None), (5, None), (0, None), (0, 20), (0, 8), (0, 3), (0, 1))

_PLAIN: Final = re.compile(r"[^\W_]|[,…]|(?<=[^\W_])-(?=[^\W_])|(?<=\S) (?=\S)")
# Formulas ($$), icons (fa:fa-car), and the form in which it keeps codes itself.
_TAKEN: Final = re.compile("(?<=[$])(?=[$])|(?<=:)(?=fa-)|(?<=\N{LATIN SMALL LIGATURE FL})(?=°)|(?<=¶)(?=ß)")
_SPACES: Final = re.compile(r"(?<!\S) | (?!\S)")
_AMISS: Final = ":::amiss"
_STYLES: Final = "  classDef amiss stroke:#d1242f,stroke-width:3px"  # a border shows on light ground and on dark


def lines(root: Node | None, settings: Settings, ours: Ours) -> list[str]:
    """The diagram of this organization, or of what there is before it."""
    for accounts, ous in _FOLDS:
        drawn = _organization(drawing.draw(root, settings, ours, accounts=accounts, ous=ous)) if root else ()
        diagram = [*_payer(settings), *drawn, _STYLES]
        edges = sum("-->" in line or "-.->" in line for line in diagram)
        if edges <= MOST_EDGES and sum(len(line) + 1 for line in diagram) <= MOST_CHARACTERS:
            break
    return diagram


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


def _organization(root: Node) -> Iterator[str]:
    """Each OU and the root: its SCPs, its accounts, what is not as it should be there, and what is below it."""
    yield f"  subgraph organization[{_label('Organization')}]"
    names = {node.id: f"n{number}" for number, node in enumerate(root.walk())}
    for node in root.walk():
        name = names[node.id]
        yield f"    {name}[{_label(node.name, node.id)}]"
        if scps := _scps(node):
            yield f"    {name}_scps{{{{{_label('SCPs', *scps)}}}}} -.-> {name}"
        if node.marks:
            yield f"    {name}_amiss{{{{{_label(*map(str, node.marks))}}}}}{_AMISS} -.-> {name}"
        if accounts := [each for each in node.accounts if node is not root or each.note != drawing.PAYER]:
            marked = any(each.marks for each in accounts)
            yield f"    {name} --> {name}_accounts[{_label(*map(_account, accounts))}]{_AMISS if marked else ''}"
        yield from (f"    {name} --> {names[ou.id]}" for ou in node.ous)
    yield "  end"
    yield f"  payer -- {_label('pays for')} --> n0"
    yield from (f"  org_admin -- {_label('runs')} --> {names[node.id]}" for node in root.walk() if node.note)


def _account(account: Node) -> str:
    note = f"({account.note})" if account.note else ""
    scps = f"[{', '.join(_scps(account))}]" if _scps(account) else ""
    return " ".join(filter(None, (account.name, account.id, note, scps, *map(str, account.marks))))


def _scps(node: Node) -> list[str]:
    """FullAWSAccess is at every node by itself: only its absence says anything."""
    return [scp for scp in node.scps if scp != drawing.FULL_ACCESS]


def _label(*rows: str) -> str:
    return '"' + "<br>".join(escaped(row) for row in rows) + '"'
