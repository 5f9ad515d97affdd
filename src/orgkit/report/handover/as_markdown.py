"""A page as GitHub's Markdown. What is not orgkit's own text is escaped: it must not become a link, a tag or a row."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
)
from orgkit.settings.text import printable

_MARKUP: Final = re.compile(r"[\\`*_\[\]<>&|~#$:@!]")
# A dash or a number where a line begins would make a list of it.
_AT_THE_START: Final = re.compile(r"^(\d*)([-+=.)])")
_ADDRESS: Final = re.compile(r"(?i)\b(www)\.")


def markdown(page: Page) -> str:
    """The whole page."""
    lines = [line for section in page.sections for line in _section(section)]
    return "\n".join([*lines, "---", "", _text(page.footer)])


def escaped(text: str) -> str:
    """Somebody's text, so that it shows as it is."""
    text = _MARKUP.sub(r"\\\g<0>", printable(text))
    text = _ADDRESS.sub(r"\1\\.", text)
    return _AT_THE_START.sub(r"\1\\\2", text)


def _section(section: Section) -> Iterator[str]:
    yield f"{'#' * section.level} {_text(section.title)}"
    yield ""
    for block in section.blocks:
        yield from _block(block)
        yield ""


def _block(block: Block) -> Iterator[str]:
    match block:
        case Paragraph():
            yield _text(block.text)
        case Items():
            yield from (f"{f'{n}.' if block.ordered else '-'} {_text(item)}" for n, item in enumerate(block.items, 1))
        case Facts():
            yield from (f"- **{_text(term)}**: {_text(text)}" for term, text in block.rows)
        case Table():
            yield from _table(block)
        case Drawing():
            yield from _branch(block.root, "")
        case Verbatim():
            fence = _fence(block.text)
            yield from (f"{block.about}:", "", fence, block.text.rstrip("\n"), fence)


def _table(table: Table) -> Iterator[str]:
    yield _row(*table.head)
    yield f"|{'---|' * len(table.head)}"
    for group in table.groups:
        if group.title:
            yield _row(f"**{group.title}**", *[""] * (len(table.head) - 1))
        for row in group.rows:
            yield _row(*(_cell(cell) for cell in row))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: Text) -> str:
    """A cell ends at a bar, even within code."""
    return "".join(
        _inline(inline).replace("|", r"\|") if isinstance(inline, Code) else _inline(inline) for inline in text
    )


def _branch(branch: Branch, indent: str) -> Iterator[str]:
    yield f"{indent}- {_node(branch)}"
    below = f"{indent}  "
    yield from (f"{below}- {_node(leaf)}" for leaf in branch.leaves)
    if drawing.more(branch):
        yield f"{below}- {drawing.more(branch)}{_marks(branch.more_marks)}"
    for each in branch.branches:
        yield from _branch(each, below)


def _node(node: Branch | Leaf) -> str:
    note = f" ({node.note})" if node.note else ""
    scps = f" \\[{escaped(', '.join(node.scps))}\\]" if node.scps else ""
    return f"{escaped(node.name)} {_code(node.id)}{note}{scps}{_marks(node.marks)}"


def _marks(marks: tuple[Mark, ...]) -> str:
    return "".join(f" **({escaped(mark.text)})**" for mark in marks)


def _text(text: Text) -> str:
    return "".join(map(_inline, text))


def _inline(inline: Inline) -> str:
    match inline:
        case str():
            return inline
        case Name(text):
            return escaped(text)
        case Code(text):
            return _code(text)
        case Link(url):
            return f"<{url}>"
        case Verdict(_, word):
            return word


def _code(text: str) -> str:
    """Code shows as it is; backticks in it need longer ones around, and a space to keep them apart."""
    ticks, space = _longer(text, 1), " " if "`" in text else ""
    return f"{ticks}{space}{printable(text)}{space}{ticks}"


def _fence(text: str) -> str:
    return _longer(text, 3)


def _longer(text: str, least: int) -> str:
    """More backticks than the text has in a row."""
    return "`" * max([least, *(len(run) + 1 for run in re.findall("`+", text))])
