"""The pages of handover in a real browser: alone, readable in light and dark, on paper, on a phone, and by ear."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

import pytest

from browser import chromium
from handed_over import handed_over
from orgkit.report.handover.findings import Party

pytestmark = pytest.mark.skipif(chromium.EXECUTABLE is None, reason=chromium.WHY_NOT)

BOTH = pytest.mark.parametrize("party", Party)
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])

# The least contrast of any text with what is really painted behind it, as WCAG 2.2 measures it, and where that is.
LEAST_CONTRAST = """(() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = channels(colour).map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = getComputedStyle(each).backgroundColor;
      if ((channels(colour)[3] ?? 1) > 0) return colour;
    }
    throw new Error("nothing is painted behind the text");
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let least = [Infinity, ""];
  while (texts.nextNode()) {
    const text = texts.currentNode.textContent.trim();
    if (!text) continue;
    const element = texts.currentNode.parentElement;
    const [bright, dark] = [getComputedStyle(element).color, ground(element)].map(luminance).sort((a, b) => b - a);
    const contrast = (bright + 0.05) / (dark + 0.05);
    if (contrast < least[0]) least = [contrast, text];
  }
  return least;
})()"""
WIDEST_CELL = "Math.max(...[...document.querySelectorAll('td, tbody th')].map((e) => e.getBoundingClientRect().right))"
# The ids that stand on more than one line.
BROKEN_IDS = """[...document.querySelectorAll('code')].filter((e) => /^(o|r|ou|p)-\\S+$/.test(e.textContent))
  .filter((e) => e.getBoundingClientRect().height > 1.7 * parseFloat(getComputedStyle(e).lineHeight))
  .map((e) => e.textContent)"""
# A name for the beginning of every printed text that is a heading or follows one, and a link to it, without which a PDF
# does not say where it stands: the names in their order, each with the heading whose text it is, if it is one's.
NAMED_HEADINGS = """(() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  const printed = (text) => text.textContent.trim() && !text.parentElement.closest("nav, .skip");
  const headings = "h1, h2, h3, caption, figcaption, thead, [scope=rowgroup], p:has(+ :is(ol, ul))";
  const named = [];
  let before = null;
  for (const text of texts.filter(printed)) {
    const heading = text.parentElement.closest(headings);
    if (heading !== before) {
      const [name, link] = [document.createElement("span"), document.createElement("a")];
      name.id = `heading-${named.length}`;
      link.href = `#${name.id}`;
      text.before(name);
      name.append(text);
      document.body.append(link);
      named.push([name.id, heading && heading.textContent]);
    }
    before = heading;
  }
  return named;
})()"""
NAMED = re.compile(rb"/(heading-\d+) \[(\d+) 0 R /XYZ")  # on which sheet it stands, by the number of an object
PAPER = "getComputedStyle(document.body).backgroundColor"
INK = "getComputedStyle(document.body).color"
BLACK, WHITE = "rgb(0, 0, 0)", "rgb(255, 255, 255)"


@pytest.fixture(scope="module")
def files(session, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    for party, text in handed_over(session).html.items():
        (folder / f"{party}.html").write_text(text, encoding="ascii")
    return {party: folder / f"{party}.html" for party in Party}


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with chromium.running(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def see(browser, files):
    def open_page(party, **how):
        browser.look(**how)
        browser.open(files[party])
        return browser

    return open_page


@BOTH
def test_the_page_asks_for_nothing_and_runs_nothing(see, files, party):
    page = see(party)
    assert page.requests == [files[party].as_uri()]
    assert page.complaints == []
    assert page.evaluate("[document.scripts.length, document.images.length, String(window.broken)]") == [
        0,
        0,
        "undefined",
    ]


def test_a_script_that_got_into_the_page_would_not_run(browser, files, tmp_path):
    forged = tmp_path / "forged.html"
    text = files[Party.PARTNER].read_text(encoding="ascii")
    forged.write_text(text.replace("<footer>", "<script>window.broken = true</script><footer>"), encoding="ascii")
    browser.open(forged)
    assert browser.evaluate("String(window.broken)") == "undefined"
    assert any("Content Security Policy" in complaint for complaint in browser.complaints)


@BOTH
@SCHEMES
def test_all_text_can_be_read(see, party, scheme):
    contrast, text = see(party, scheme=scheme).evaluate(LEAST_CONTRAST)
    assert contrast >= 4.5, text


def test_dark_is_dark(see):
    light, dark = (see(Party.PARTNER, scheme=scheme).evaluate(PAPER) for scheme in ("light", "dark"))
    assert light == WHITE
    assert max(int(part) for part in dark[4:-1].split(",")) < 48


@BOTH
@pytest.mark.parametrize("width", [320, 700, 1400])
def test_nothing_scrolls_sideways_and_nothing_is_hidden(see, party, width):
    page = see(party, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(WIDEST_CELL) <= width


@BOTH
@pytest.mark.parametrize("how", [{"width": 375}, {"width": 700}, {"media": "print", "width": 700}], ids=str)
def test_no_id_is_broken(see, party, how):
    assert see(party, **how).evaluate(BROKEN_IDS) == []


@BOTH
def test_on_a_phone_every_cell_says_which_column_it_is_of(see, party):
    page = see(party, width=390)
    heads = "[...document.querySelectorAll('td')].map((cell) => getComputedStyle(cell, '::before').content)"
    assert all(head.endswith((': "', '" ": "')) for head in page.evaluate(heads))
    assert "none" in see(party, width=1400).evaluate(heads)


@BOTH
@SCHEMES
def test_paper_is_white_whatever_the_screen(see, party, scheme):
    page = see(party, media="print", scheme=scheme)
    assert page.evaluate(f"[{PAPER}, {INK}]") == [WHITE, BLACK]
    assert page.evaluate("getComputedStyle(document.querySelector('nav')).display") == "none"
    assert page.evaluate("[...document.querySelectorAll('table')].every((e) => e.scrollWidth <= e.clientWidth)")


@BOTH
def test_it_prints_on_a_few_sheets(see, party):
    printed = see(party).pdf()
    assert printed.startswith(b"%PDF")
    assert 4 <= printed.count(b"/Type /Page\n") <= 12


@BOTH
def test_no_heading_is_the_last_on_a_sheet(see, party):
    page = see(party)
    named = page.evaluate(NAMED_HEADINGS)
    assert len(named) > 50
    for height in (3.5, 4.5, 6, 11.7):  # the smaller the paper, the more often a sheet ends
        sheets = {name.decode(): sheet for name, sheet in NAMED.findall(page.pdf(paperHeight=height))}
        assert sheets.keys() == {name for name, _ in named}
        left_behind = [text for (one, text), (other, _) in pairwise(named) if text and sheets[one] != sheets[other]]
        assert left_behind == [], f"on paper of {height} inches"


@BOTH
@pytest.mark.parametrize("width", [390, 1400])
def test_what_is_heard_has_landmarks_headings_and_named_tables(see, party, width):
    heard = see(party, width=width).tree()
    roles = Counter(role for role, _ in heard)
    assert [roles[role] for role in ("banner", "navigation", "main", "contentinfo")] == [1, 1, 1, 1]
    assert sum(role == "heading" and bool(name) for role, name in heard) == roles["heading"] >= 9
    assert {name for role, name in heard if role == "table"} == {
        "The roles",
        "The partner's SCPs",
        "Who may do what",
        "What is denied",
    }
    assert roles["rowheader"] > 100
    assert all(name for role, name in heard if role in ("region", "link", "columnheader", "rowheader"))
