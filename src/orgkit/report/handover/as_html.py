"""A page as one HTML file that needs nothing else: no script, no font, no picture, no other address.

The landmarks, the order of headings and the scopes of table headers are what WCAG 2.2 asks of such a page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Final

from orgkit.report import drawing
from orgkit.report.drawing import Branch, Leaf, Mark
from orgkit.report.handover.page import (
    Block,
    Code,
    Drawing,
    Facts,
    Inline,
    Items,
    Link,
    Name,
    Page,
    Paragraph,
    Section,
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
    title, *sections = page.sections
    filled = Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=_safe(plain(title.title)),
        style=STYLE.read_text(encoding="utf-8"),
        heading="\n".join(_section(title)),
        contents="\n".join(
            f'<li><a href="#{section.id}">{_text(section.title)}</a></li>' for section in sections if section.level == 2
        ),
        sections="\n".join(line for section in sections for line in _section(section)),
        footer=_text(page.footer),
    )
    return filled.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _section(section: Section) -> Iterator[str]:
    yield f'<h{section.level} id="{section.id}">{_text(section.title)}</h{section.level}>'
    for block in section.blocks:
        yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Paragraph():
            yield f"<p>{_text(block.text)}</p>"
        case Items():
            element = "ol" if block.ordered else "ul"
            yield from (f"<{element}>", *(f"<li>{_text(item)}</li>" for item in block.items), f"</{element}>")
        case Facts():
            rows = (f"<dt>{_text(term)}</dt><dd>{_text(text)}</dd>" for term, text in block.rows)
            yield from ("<dl>", *rows, "</dl>")
        case Table():
            yield from _table(block)
        case Drawing():
            yield from _tree(block.root)
        case Verbatim():
            yield f"<figure><figcaption>{_safe(block.about)}</figcaption>"
            yield f"<pre>{escape(block.text)}</pre></figure>"


def _table(table: Table) -> Iterator[str]:
    """A table, which a narrow screen shows as a list. The roles keep it a table for those who hear it even then."""
    yield f'<table role="table"><caption>{_safe(table.caption)}</caption>'
    heads = (f'<th role="columnheader" scope="col">{_safe(head)}</th>' for head in table.head)
    yield f'<thead role="rowgroup"><tr role="row">{"".join(heads)}</tr></thead>'
    for group in table.groups:
        yield '<tbody role="rowgroup">'
        if group.title:
            title = f'<th role="rowheader" scope="rowgroup" colspan="{len(table.head)}">{_safe(group.title)}</th>'
            yield f'<tr role="row">{title}</tr>'
        yield from (_row(table.head, row) for row in group.rows)
        yield "</tbody>"
    yield "</table>"


def _row(head: Sequence[str], row: Sequence[Text]) -> str:
    first, *others = row
    cells = (
        f'<td role="cell" data-head="{_safe(name)}">{_text(cell)}</td>'
        for name, cell in zip(head[1:], others, strict=True)
    )
    return f'<tr role="row"><th role="rowheader" scope="row">{_text(first)}</th>{"".join(cells)}</tr>'


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
    note = f' <span class="note">({_safe(node.note)})</span>' if node.note else ""
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
