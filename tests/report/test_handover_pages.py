"""The pages of handover as HTML and Markdown: accessible, printable, whole, and broken by nobody's name."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree.ElementTree import fromstring, tostring

import pytest
from markdown_it import MarkdownIt

from handed_over import ACCOUNTS, ELSEWHERE, INSTITUTION, OU, Reader
from orgkit.report.handover.findings import Party
from orgkit.report.handover.page import HERE, element, escaped, filled, markdown
from orgkit.sandbox import PAYER

STYLE = HERE / "page.css"
BOTH = pytest.mark.parametrize("party", Party)


# Names are text


@BOTH
def test_no_name_becomes_an_element(read, party):
    assert read[party].tags().isdisjoint({"script", "img", "b", "iframe", "object", "embed", "svg", "form", "base"})
    assert sum(tag == "main" for tag, _, _ in read[party].elements) == 1
    assert INSTITUTION in read[party].text


@BOTH
def test_no_name_becomes_markup_in_markdown(handed, party):
    shown = Reader(MarkdownIt("commonmark").enable("table").render(handed.markdown[party]))
    assert shown.tags().isdisjoint({"script", "img", "bdi", "main", "b", "em", "blockquote"})
    assert all(name in shown.text for name in (*ACCOUNTS, ELSEWHERE, OU, INSTITUTION))
    assert {link["href"] for link in shown.all("a")} == {f"https://{PAYER}.signin.aws.amazon.com/console"}


@BOTH
def test_every_row_of_a_markdown_table_is_as_wide_as_its_head(handed, party):
    rendered = MarkdownIt("commonmark").enable("table").render(handed.markdown[party])
    for table in re.findall(r"<table>.*?</table>", rendered, re.DOTALL):
        widths = {len(re.findall("<t[hd]", row)) for row in re.findall(r"<tr>.*?</tr>", table, re.DOTALL)}
        assert len(widths) == 1
    assert "Denies | *all* &lt;b&gt;billing&lt;/b&gt; &amp; [cost](x)" in rendered


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Example University", "Example University"),
        ("lab-1 (dev), v2.0", "lab-1 (dev), v2.0"),
        ("1. First", r"1\. First"),
        ("- item", r"\- item"),
        ("# a_b*c", r"\# a\_b\*c"),
        ("www.evil.example", r"www\.evil.example"),
        ("two\nlines", r"two\\nlines"),
        ("\u202edlrow", r"\\u202edlrow"),
    ],
)
def test_names_in_markdown_show_as_they_are(name, shown):
    assert escaped(name) == shown


def markdown_of(template, **values):
    """The Markdown of one element of a template."""
    return markdown(element("body", {}, *filled(fromstring(template), values)))


def test_values_stay_values_in_text_and_in_code():
    (shown,) = filled(fromstring("<p>Hello {name}: <code>run {name}</code></p>"), {"name": "`{name}` <b>"})
    assert tostring(shown, encoding="unicode") == (
        "<p>Hello <bdi>`{name}` &lt;b&gt;</bdi>: <code>run `{name}` &lt;b&gt;</code></p>"
    )


def test_code_with_backticks_stays_code():
    assert markdown_of("<p><code>{code}</code></p>", code="a ``b`` `c`") == "``` a ``b`` `c` ```"


def test_a_bar_in_code_ends_no_cell():
    row = "<tr><th><code>{code}</code></th><td>c</td></tr>"
    table = f"<table><thead><tr><th>What</th><th>Is</th></tr></thead><tbody>{row}</tbody></table>"
    assert r"| `a\|b` | c |" in markdown_of(table, code="a|b").splitlines()


@pytest.mark.parametrize("tag", ["code", "a", "b"])
def test_no_value_steers_a_terminal(tag):
    (shown,) = filled(fromstring(f"<p><{tag}>{{name}}</{tag}></p>"), {"name": "a\x1b[2J\u202eb"})
    assert "".join(shown.itertext()) == r"a\x1b[2J\u202eb"


def test_an_element_is_there_if_all_it_needs_is_true_and_nothing_it_excludes():
    template = '<ul><li each="all" if="a b" unless="c d">{name}</li></ul>'
    cases = {name: [letter in name for letter in "abcd"] for name in ("ab", "a", "abc", "abd", "abcd", "")}
    every = [{"name": (name,), **dict(zip("abcd", there, strict=True))} for name, there in cases.items()]
    assert markdown_of(template, all=every) == "- ab"


# Accessible, printable, whole


@BOTH
def test_the_landmarks_are_there_once(read, party):
    found = [(tag, inside) for tag, _, inside in read[party].elements if tag in ("header", "nav", "main", "footer")]
    assert found == [(tag, ("html", "body")) for tag in ("header", "nav", "main", "footer")]
    assert read[party].all("html") == [{"lang": "en"}]
    assert read[party].all("nav") == [{"aria-label": "Contents"}]


@BOTH
def test_the_headings_go_down_one_at_a_time(read, party):
    levels = [int(tag[1]) for tag, _, _ in read[party].elements if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(deeper <= level + 1 for level, deeper in pairwise(levels))


@BOTH
def test_every_link_leads_within_the_page_or_to_signing_in(read, party):
    ids = [attributes["id"] for _, attributes, _ in read[party].elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    outside = {link["href"] for link in read[party].all("a") if link["href"].lstrip("#") not in ids}
    assert outside == {f"https://{PAYER}.signin.aws.amazon.com/console"}


@BOTH
def test_every_table_has_a_caption_and_headers_with_a_scope(read, party):
    tables = read[party].all("table")
    assert len(tables) == 4
    assert len(read[party].all("caption")) == len(tables)
    assert {header.get("scope") for header in read[party].all("th")} == {"col", "row", "rowgroup"}


@BOTH
def test_the_page_needs_nothing_else(read, handed, party):
    attributes = {name for _, attributes, _ in read[party].elements for name in attributes}
    assert not {name for name in attributes if name.startswith("on")} | (attributes & {"src", "srcset", "style"})
    assert not re.search(r"url\(|@import|@font-face", STYLE.read_text(encoding="utf-8"))
    assert "default-src 'none'" in handed.html[party]
    assert handed.html[party].isascii()


def palettes():
    """The colours of the style sheet by where they hold: light, dark, print."""
    style = STYLE.read_text(encoding="utf-8")
    light, dark, printed = (
        dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", block))
        for block in re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    )
    return {"light": light, "dark": dark, "print": printed}


def luminance(colour: str) -> float:
    """Relative luminance as in WCAG 2.2."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def test_contrast_is_measured_as_wcag_does():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("where", ["light", "dark", "print"])
@pytest.mark.parametrize("ground", ["ground", "raised"])
def test_every_text_has_the_contrast_of_level_aa(where, ground):
    colours = palettes()[where]
    for text in set(colours) - {"ground", "raised", "line"}:
        assert contrast(colours[text], colours[ground]) >= 4.5, text


def test_every_colour_is_one_of_the_palette():
    rules = re.sub(r":root \{.*?\}", "", STYLE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not re.search(r"#[0-9a-f]{3,8}\b|rgb|hsl", rules)
    assert {frozenset(palette) for palette in palettes().values()} == {
        frozenset({"ground", "raised", "text", "quiet", "line", "accent", "allowed", "denied"})
    }
