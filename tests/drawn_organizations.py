"""Organizations to draw, and names that a drawing must survive."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from orgkit.report import drawing
from orgkit.report.drawing import Node, Ours, leaf
from orgkit.sandbox import PAYER
from orgkit.settings import Settings, load, schema

GUARDS = ("FullAWSAccess", "deny-billing", "keep-membership")

HOSTILE = [
    "quotes \" and ' and `ticks`",
    "brackets [a] (b) {c} <d>",
    '"] --> evil["',
    "end",
    "%% a comment",
    "%%{init: {'theme': 'dark'}}%%",
    "style n0 fill:#f00;",
    "classDef x fill:#f00;",
    "subgraph one; two",
    "1. a list",
    "- a list",
    "+ a list",
    "# a heading",
    "**bold** _slanted_ ~~gone~~",
    "fa:fa-car",
    "$$x^2$$",
    "www.example.com https://example.com a@example.com",
    "#35; #quot; &lt; &amp;",
    "ﬂ°°35¶ß",
    "two  spaces, 大学 Zürich, 🙂 | a\\b",
    "-->",
    "x-",
    "click n0 href",
    "<script>alert(1)</script>",
    ":::amiss",
    "@{ shape: circle }",
]


def by_name(accounts: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    """Numbers and names of accounts in the order in which they are drawn."""
    return sorted(accounts, key=lambda account: (account[1].casefold(), account[0]))


NAME = schema.read(schema.SETTINGS)["properties"]["institution"]
ALLOWED = [name for name in HOSTILE if not schema.text_amiss(name, NAME)]


def account(number: int, name: str = "", state: str = "ACTIVE") -> dict[str, str]:
    return {"Id": f"{number:012}", "Name": name or f"Account {number}", "Email": "it@example.edu", "State": state}


def ou(name: str, *inside: Any, number: int = 1, scps: tuple[str, ...] = (), id_: str = "") -> Node:
    accounts = tuple(leaf(each, PAYER, (), bool(id_)) for each in inside if not isinstance(each, Node))
    ous = tuple(each for each in inside if isinstance(each, Node))
    return Node(id_ or f"ou-abcd-{number:08}", name, scps, accounts, ous)


def organization(*inside: Any, scps: tuple[str, ...] = GUARDS) -> Node:
    return ou("Root", account(int(PAYER), "Payer"), *inside, scps=scps, id_="r-abcd")


def settings_for(more: str = "", institution: str = "Example University") -> Settings:
    text = f"account: '{PAYER}'\ninstitution: {json.dumps(institution, ensure_ascii=False)}\n{more}"
    return load(Path("orgkit.yaml"), text)


def ours_in(root: Node | None, settings: Settings) -> Ours:
    """What is ours in an organization where nothing has been renamed."""
    scps = {scp.name: scp.name for scp in settings.scps}
    return Ours(next((ou.id for ou in root.ous if ou.name == settings.institution), None) if root else None, scps)


def diagram(root: Node | None, settings: Settings) -> list[str]:
    return drawing.mermaid(root, settings, ours_in(root, settings))


def plain(text: str) -> str:
    """As people see it."""
    return text.replace("\N{WORD JOINER}", "").replace("\N{NO-BREAK SPACE}", " ")
