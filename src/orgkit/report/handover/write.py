"""A page as one HTML file, and as GitHub's Markdown.

The HTML needs nothing else: no script, no font, no picture, no other address. Its landmarks, the order of headings and
the scopes of table headers are what WCAG 2.2 asks of such a page. In both, what is not orgkit's own text is escaped: it
must not become a link, a tag or a row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Final

from orgkit.report.handover.page import (
    Facts,
    Item,
    Items,
    Kind,
    Page,
    Paragraph,
    Section,
    Span,
    Table,
    Text,
    Verbatim,
    plain,
)
from orgkit.settings.text import printable

STYLE: Final = Path(__file__).with_name("page.css")
_TEMPLATE: Final = Path(__file__).with_name("page.html")

_MARKUP: Final = re.compile(r"[\\`*_\[\]<>&|~#$:@!]")
# A dash or a number where a line begins would make a list of it.
_AT_THE_START: Final = re.compile(r"^(\d*)([-+=.)])")
_ADDRESS: Final = re.compile(r"(?i)\b(www)\.")

_HTML: Final[Mapping[Kind, str]] = {
    "name": "<bdi>{0}</bdi>",
    "strong": "<strong><bdi>{0}</bdi></strong>",
    "code": "<code>{0}</code>",
    "link": '<a href="{0}">{0}</a>',
    "note": '<span class="note">{0}</span>',
    "mark": '<span class="mark">{0}</span>',
    "allowed": '<span class="allowed">{0}</span>',
    "denied": '<span class="denied">{0}</span>',
    "none": '<span class="none">{0}</span>',
}


def html(page: Page) -> str:
    """The whole file, in ASCII alone: it reads the same in whatever encoding a shell writes it to disk."""
    title, *sections = page.sections
    chapters = (section for section in sections if section.level == 2)
    filled = Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=_safe(plain(title.title)),
        style=STYLE.read_text(encoding="utf-8"),
        heading="\n".join(_html_section(title)),
        contents="\n".join(f'<li><a href="#{section.id}">{_html(section.title)}</a></li>' for section in chapters),
        sections="\n".join(line for section in sections for line in _html_section(section)),
        footer=_html(page.footer),
    )
    return filled.encode("ascii", "xmlcharrefreplace").decode("ascii")


def markdown(page: Page) -> str:
    """The whole page."""
    lines = [line for section in page.sections for line in _markdown_section(section)]
    return "\n".join([*lines, *(("---", "", _markdown(page.footer)) if page.footer else ())])


def escaped(text: str) -> str:
    """Somebody's text in Markdown, so that it shows as it is."""
    text = _MARKUP.sub(r"\\\g<0>", printable(text))
    text = _ADDRESS.sub(r"\1\\.", text)
    return _AT_THE_START.sub(r"\1\\\2", text)


def _html_section(section: Section) -> Iterator[str]:
    yield f'<h{section.level} id="{section.id}">{_html(section.title)}</h{section.level}>'
    for block in section.blocks:
        match block:
            case Paragraph(text):
                yield f"<p>{_html(text)}</p>"
            case Items(kind, items):
                element = "ol" if kind == "numbers" else "ul"
                # role="list": some browsers take a list without bullets for no list.
                more = ' class="tree" role="list"' if kind == "tree" else ""
                yield from (f"<{element}{more}>", *map(_html_item, items), f"</{element}>")
            case Facts(rows):
                yield from ("<dl>", *(f"<dt>{_html(term)}</dt><dd>{_html(text)}</dd>" for term, text in rows), "</dl>")
            case Table():
                yield from _html_table(block)
            case Verbatim(about, text):
                yield f"<figure><figcaption>{_safe(about)}</figcaption>\n<pre>{escape(text)}</pre></figure>"


def _html_item(item: Item) -> str:
    below = ['<ul role="list">', *map(_html_item, item.below), "</ul>"] if item.below else []
    return "\n".join([f"<li>{_html(item.text)}", *below, "</li>"]) if below else f"<li>{_html(item.text)}</li>"


def _html_table(table: Table) -> Iterator[str]:
    """A table, which a narrow screen shows as a list. The roles keep it a table for those who hear it even then."""

    def row(cells: Sequence[Text]) -> str:
        others = (
            f'<td role="cell" data-head="{_safe(head)}">{_html(cell)}</td>'
            for head, cell in zip(table.head[1:], cells[1:], strict=True)
        )
        return f'<tr role="row"><th role="rowheader" scope="row">{_html(cells[0])}</th>{"".join(others)}</tr>'

    yield f'<table role="table"><caption>{_safe(table.caption)}</caption>'
    heads = (f'<th role="columnheader" scope="col">{_safe(head)}</th>' for head in table.head)
    yield f'<thead role="rowgroup"><tr role="row">{"".join(heads)}</tr></thead>'
    for group in table.groups:
        yield '<tbody role="rowgroup">'
        if group.title:
            title = f'<th role="rowheader" scope="rowgroup" colspan="{len(table.head)}">{_safe(group.title)}</th>'
            yield f'<tr role="row">{title}</tr>'
        yield from (*map(row, group.rows), "</tbody>")
    yield "</table>"


def _html(text: Text) -> str:
    return "".join(_safe(each) if isinstance(each, str) else _HTML[each.kind].format(_safe(each.text)) for each in text)


def _safe(text: str) -> str:
    return escape(printable(text))


def _markdown_section(section: Section) -> Iterator[str]:
    yield from (f"{'#' * section.level} {_markdown(section.title)}", "")
    for block in section.blocks:
        match block:
            case Paragraph(text):
                yield _markdown(text)
            case Items(kind, items):
                for number, item in enumerate(items, start=1):
                    yield from _markdown_item(item, f"{number}." if kind == "numbers" else "-")
            case Facts(rows):
                yield from (f"- **{_markdown(term)}**: {_markdown(text)}" for term, text in rows)
            case Table():
                yield from _markdown_table(block)
            case Verbatim(about, text):
                fence = _longer(text, 3)
                yield from (f"{about}:", "", fence, text.rstrip("\n"), fence)
        yield ""


def _markdown_item(item: Item, bullet: str) -> Iterator[str]:
    yield f"{bullet} {_markdown(item.text)}"
    for each in item.below:
        yield from (f"  {line}" for line in _markdown_item(each, "-"))


def _markdown_table(table: Table) -> Iterator[str]:
    """A cell ends at a bar, even within code."""

    def row(*cells: str) -> str:
        return f"| {' | '.join(cells)} |"

    yield from (row(*table.head), f"|{'---|' * len(table.head)}")
    for group in table.groups:
        if group.title:
            yield row(f"**{group.title}**", *[""] * (len(table.head) - 1))
        yield from (row(*(_markdown(cell, bar=r"\|") for cell in cells)) for cells in group.rows)


def _markdown(text: Text, bar: str = "|") -> str:
    return "".join(each if isinstance(each, str) else _markdown_span(each, bar) for each in text)


def _markdown_span(span: Span, bar: str) -> str:
    """Code shows as it is; backticks in it need longer ones around, and a space to keep them apart."""
    match span.kind:
        case "code":
            ticks, space = _longer(span.text, 1), " " if "`" in span.text else ""
            return f"{ticks}{space}{printable(span.text)}{space}{ticks}".replace("|", bar)
        case "link":
            return f"<{span.text}>"
        case "mark":
            return f"**{escaped(span.text)}**"
        case "allowed" | "denied" | "none":
            return span.text
        case _:
            return escaped(span.text)


def _longer(text: str, least: int) -> str:
    """More backticks than the text has in a row."""
    return "`" * max([least, *(len(run) + 1 for run in re.findall("`+", text))])
