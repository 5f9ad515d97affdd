"""A page: read from its template, filled in, and written as one HTML file or as GitHub's Markdown.

A template (partner.html, institution.html, owner.html) is HTML. `<slot name="x"/>` stands for the part of shared.html
that has this id, and {name} for a value, which stays what it is whatever it holds. An element is there once for each
item of the list that its `each` names, and only if all is true that its `if` names, and nothing that its `unless` does.

The HTML needs nothing else: no script, no font, no picture, no other address. Its landmarks, the order of headings and
the scopes of table headers are what WCAG 2.2 asks of such a page. In both, what is not orgkit's own text is escaped: it
must not become a link, a tag or a row.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path
from string import Formatter, Template
from typing import Any, Final
from xml.etree.ElementTree import Element, fromstring, tostring

from orgkit.settings.text import printable

HERE: Final = Path(__file__).parent

Data = Mapping[str, Any]
"""Values by name: str (somebody's text), a tuple (orgkit's own words, and elements), or a list of more Data."""

_CONTROL: Final = ("each", "if", "unless")
_ROLES: Final = {"table": "table", "thead": "rowgroup", "tbody": "rowgroup", "tr": "row", "td": "cell"}
# Each block on a line of its own, so that whoever compares two pages sees what changed.
_END_OF_BLOCK: Final = re.compile(r"(</(?:h\d|p|[uod]l|li|dd|table|caption|thead|tbody|tr|figcaption|figure)>) *")
_MARKUP: Final = re.compile(r"[\\`*_\[\]<>&|~#$:@!]")


def read(template: str, data: Data) -> Element:
    """The page of a template, filled in: its headings, paragraphs, lists, tables and so on, one after the other."""
    whole, shared = ((HERE / f"{name}.html").read_text(encoding="utf-8") for name in (template, "shared"))
    parts = dict(re.findall(r'<template id="(\w+)">\n(.*?)</template>', shared, re.DOTALL))
    whole = re.sub(r'<slot name="(\w+)"/>', lambda found: parts[found[1]], whole)
    (page,) = filled(fromstring(whole), data)  # noqa: S314 - the templates are orgkit's own
    # A narrow screen shows a table as a list. It gets the names of the columns, and stays a table for who hears it.
    for part in page.iter():
        part.attrib |= {"role": _ROLES[part.tag]} if part.tag in _ROLES else {}
    for table in page.iter("table"):
        heads = table.findall("thead/tr/th")
        for head in heads:
            head.attrib |= {"role": "columnheader", "scope": "col"}
        for first, *others in table.iterfind("tbody/tr"):
            first.attrib = {"role": "rowheader", "scope": "row"} | first.attrib
            for cell, head in zip(others, heads[1:], strict=False):
                cell.set("data-head", "".join(head.itertext()))
    return page


def filled(template: Element, data: Data) -> Iterator[Element]:
    """An element of a template with its values: not at all, once, or for each item of a list."""
    each, needed, unwanted = (template.get(name, "").split() for name in _CONTROL)
    for item in data[each[0]] if each else [{}]:
        values = {**data, **item}
        if all(values[name] for name in needed) and not any(values[name] for name in unwanted):
            inside = [*_words(template.text, values, template.tag)]
            for child in template:
                inside += [*filled(child, values), *_words(child.tail, values, template.tag)]
            rest = {name: value.format_map(values) for name, value in template.items() if name not in _CONTROL}
            yield element(template.tag, rest, *inside)


def element(tag: str, attributes: Mapping[str, str], *inside: str | Element) -> Element:
    """An element with words and other elements inside."""
    made = Element(tag, {**attributes})
    for each in inside:
        if not isinstance(each, str):
            made.append(each)
        elif len(made):
            made[-1].tail = (made[-1].tail or "") + each
        else:
            made.text = (made.text or "") + each
    return made


def html(page: Element) -> str:
    """The whole file, in ASCII alone: it reads the same in whatever encoding a shell writes it to disk."""
    chapters = page.findall("h2")
    links = (element("a", {"href": f"#{each.get('id')}"}, "".join(each.itertext())) for each in chapters)
    contents = [element("li", {}, link) for link in links]
    begin = list(page).index(chapters[0])
    parts = {"heading": page[:begin], "contents": contents, "sections": page[begin:-1], "footer": page[-1:]}
    text = {name: "".join(tostring(each, "unicode", "html") for each in part) for name, part in parts.items()}
    written = Template((HERE / "page.html").read_text(encoding="utf-8")).substitute(
        {name: _END_OF_BLOCK.sub(r"\1\n", part) for name, part in text.items()},
        title=escape("".join(page[0].itertext())),
        style=(HERE / "page.css").read_text(encoding="utf-8"),
    )
    return written.encode("ascii", "xmlcharrefreplace").decode("ascii")


def markdown(page: Iterable[Element]) -> str:
    """A page, or some of its blocks."""
    return "\n\n".join("\n".join(_markdown(block)) for block in page)


def escaped(text: str) -> str:
    """Somebody's text in Markdown, so that it shows as it is."""
    text = _MARKUP.sub(r"\\\g<0>", printable(text))
    text = re.sub(r"(?i)\b(www)\.", r"\1\\.", text)
    # A dash or a number where a line begins would make a list of it.
    return re.sub(r"^(\d*)([-+=.)])", r"\1\\\2", text)


def _words(text: str | None, values: Data, tag: str) -> Iterator[str | Element]:
    """The words of a template with their values.

    What somebody named is kept apart (bdi), so that its direction of writing does not turn the words around it.
    """
    for literal, name, _, _ in Formatter().parse(text or ""):
        yield literal if tag == "pre" else re.sub(r"\s+", " ", literal)
        value = values[name] if name else ()
        if isinstance(value, tuple):
            yield from value
        elif tag == "pre":
            yield value
        else:
            yield printable(value) if tag in ("code", "a") else element("bdi", {}, printable(value))


def _markdown(block: Element) -> Iterator[str]:
    match block.tag:
        case "h1" | "h2" | "h3":
            yield f"{'#' * int(block.tag[1])} {_text(block)}"
        case "ul" | "ol":
            for number, item in enumerate(block, start=1):
                yield f"{f'{number}.' if block.tag == 'ol' else '-'} {_text(item)}"
                for below in item.iterfind("ul"):
                    yield from (f"  {line}" for line in _markdown(below))
        case "dl":
            facts = zip(block.iterfind("dt"), block.iterfind("dd"), strict=True)
            yield from (f"- **{_text(term)}**: {_text(fact)}" for term, fact in facts)
        case "table":
            head, *rows = block.iter("tr")
            yield from (f"| {' | '.join(map(_text, head))} |", f"|{'---|' * len(head)}")
            for row in rows:
                # A cell ends at a bar, even within code; the title of a group stands alone.
                cells = [_text(cell, bar=r"\|") for cell in row]
                cells = cells if cells[1:] else [f"**{cells[0]}**", *[""] * (len(head) - 1)]
                yield f"| {' | '.join(cells)} |"
        case "figure":
            about, text = map(_text, block)
            yield from (f"{about}:", "", text)
        case "footer":
            yield from ("---", "", *map(_text, block))
        case _:
            yield _text(block)


def _text(part: Element, bar: str = "|") -> str:
    """The words of a part. Code shows as it is: backticks in it need longer ones around, and a space between."""
    pieces = (_text(child, bar) + (child.tail or "") for child in part if child.tag != "ul")
    text = "".join([part.text or "", *pieces])
    ticks = "`" * (1 + max(map(len, re.findall("`*", text))))
    match part.tag:
        case "code":
            space = " " if "`" in text else ""
            return f"{ticks}{space}{text}{space}{ticks}".replace("|", bar)
        case "pre":
            fence = max("```", ticks, key=len)
            return f"{fence}\n{text}{fence}"
        case "a":
            return f"<{text}>"
        case "span" if part.get("class") == "mark":
            return f"**{text}**"
        case "bdi":
            return escaped(text)
        case _:
            return text
