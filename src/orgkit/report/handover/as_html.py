"""A page as one HTML file that needs nothing else: no script, no font, no picture, no other address.

The landmarks, the order of headings and the scopes of table headers are what WCAG 2.2 asks of such a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from string import Template
from typing import Final

from orgkit.report import drawing
from orgkit.report.drawing import Branch, Leaf, Mark
from orgkit.report.handover.page import (
    Block,
    Bullets,
    Code,
    Drawing,
    Facts,
    Inline,
    Link,
    Name,
    Page,
    Paragraph,
    Rows,
    Section,
    Steps,
    Table,
    Text,
    Verbatim,
    Verdict,
    plain,
)
from orgkit.settings.text import printable

_TEMPLATE: Final = Path(__file__).with_name("page.html")
STYLE: Final = Path(__file__).with_name("page.css")


def html(page: Page) -> str:
    """The whole file, in ASCII alone: it reads the same in whatever encoding a shell writes it to disk."""
    filled = Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=_safe(plain(page.title)),
        style=STYLE.read_text(encoding="utf-8"),
        heading=_text(page.title),
        lead="\n".join(f"<p>{_text(line)}</p>" for line in page.lead),
        contents="\n".join(f'<li><a href="#{section.id}">{_safe(section.title)}</a></li>' for section in page.sections),
        sections="\n".join(line for section in page.sections for line in _section(section, 2)),
        footer=_text(page.footer),
    )
    return filled.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _section(section: Section, level: int) -> Iterator[str]:
    yield "<section>"
    yield f'<h{level} id="{section.id}">{_safe(section.title)}</h{level}>'
    for block in section.blocks:
        yield from _block(block, section.id)
    for part in section.parts:
        yield from _section(part, level + 1)
    yield "</section>"


def _block(block: Block, where: str) -> Iterator[str]:
    match block:
        case Paragraph():
            yield f"<p>{_text(block.text)}</p>"
        case Bullets():
            yield from _items("ul", block.items)
        case Steps():
            yield from _items("ol", block.items)
        case Facts():
            yield from (
                "<dl>",
                *(f"<dt>{_safe(term)}</dt><dd>{_text(text)}</dd>" for term, text in block.rows),
                "</dl>",
            )
        case Table():
            yield from _table(block, where)
        case Drawing():
            yield from _tree(block.root)
        case Verbatim():
            yield f"<figure><figcaption>{_safe(block.about)}</figcaption>"
            yield f"<pre>{escape(block.text)}</pre></figure>"


def _items(element: str, items: tuple[Text, ...]) -> Iterator[str]:
    yield f"<{element}>"
    yield from (f"<li>{_text(item)}</li>" for item in items)
    yield f"</{element}>"


def _table(table: Table, where: str) -> Iterator[str]:
    # Wide tables scroll by themselves; a part that scrolls must be reachable by keyboard, and so have a name.
    name = f"{where}-{re.sub('[^a-z]+', '-', table.caption.lower())}"
    yield f'<div class="scroll" role="region" aria-labelledby="{name}" tabindex="0">'
    yield f'<table><caption id="{name}">{_safe(table.caption)}</caption>'
    heads = (f'<th scope="col"{_own(table, column)}>{_safe(head)}</th>' for column, head in enumerate(table.head))
    yield f"<thead><tr>{''.join(heads)}</tr></thead>"
    for group in table.groups:
        yield from _rows(table, group)
    yield "</table></div>"


def _rows(table: Table, group: Rows) -> Iterator[str]:
    yield "<tbody>"
    if group.title:
        yield f'<tr><th scope="rowgroup" colspan="{len(table.head)}">{_safe(group.title)}</th></tr>'
    for first, *others in group.rows:
        cells = (f"<td{_own(table, column)}>{_text(cell)}</td>" for column, cell in enumerate(others, start=1))
        yield f'<tr><th scope="row">{_text(first)}</th>{"".join(cells)}</tr>'
    yield "</tbody>"


def _own(table: Table, column: int) -> str:
    return ' class="own"' if column == table.own else ""


def _tree(root: Branch) -> Iterator[str]:
    # role="list": some browsers take a list without bullets for no list.
    yield '<ul class="tree" role="list">'
    yield from _branch(root)
    yield "</ul>"


def _branch(branch: Branch) -> Iterator[str]:
    yield f"<li>{_node(branch)}"
    more = drawing.more(branch)
    if branch.leaves or branch.branches or more:
        yield '<ul role="list">'
        yield from (f"<li>{_node(leaf)}</li>" for leaf in branch.leaves)
        if more:
            yield f'<li><span class="note">{_safe(more)}</span>{_marks(branch.more_marks)}</li>'
        for below in branch.branches:
            yield from _branch(below)
        yield "</ul>"
    yield "</li>"


def _node(node: Branch | Leaf) -> str:
    note = f' <span class="note">({_safe(node.note)})</span>' if isinstance(node, Leaf) and node.note else ""
    scps = f' <span class="note">[{_safe(", ".join(node.scps))}]</span>' if node.scps else ""
    name = f"<bdi>{_safe(node.name)}</bdi>"
    name = f"<strong>{name}</strong>" if isinstance(node, Branch) else name
    return f"{name} <code>{_safe(node.id)}</code>{note}{scps}{_marks(node.marks)}"


def _marks(marks: tuple[Mark, ...]) -> str:
    return "".join(f' <span class="mark">({_safe(mark.text)})</span>' for mark in marks)


def _text(text: Text) -> str:
    return "".join(map(_inline, text))


def _inline(inline: Inline) -> str:
    match inline:
        case str():
            return _safe(inline)
        case Name(text):
            return f"<bdi>{_safe(text)}</bdi>"
        case Code(text):
            return f"<code>{_safe(text)}</code>"
        case Link(url):
            return f'<a href="{_safe(url)}">{_safe(url)}</a>'
        case Verdict(kind, word):
            return f'<span class="{kind}">{_safe(word)}</span>'


def _safe(text: str) -> str:
    return escape(printable(text))
