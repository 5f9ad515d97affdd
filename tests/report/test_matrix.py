"""The matrix in words: its counts, its width, and the table of the documentation."""

from __future__ import annotations

from pathlib import Path

import write_separation
from orgkit.proof.capabilities import Persona, Should, capabilities
from orgkit.proof.prove import Cell, Found, Row
from orgkit.report import matrix

CAPABILITY = capabilities()[0]
FINE = Cell(Found.DENIED, Should.DENIED)
NONE = Cell(Found.NOT_APPLICABLE, Should.NOT_APPLICABLE)
WRONG = Cell(Found.PARTLY, Should.DENIED, ("ce:GetCostAndUsage",))


def row(*cells: Cell) -> Row:
    return Row(CAPABILITY, dict(zip(Persona, cells, strict=False)))


def test_the_count_leaves_out_what_is_not_applicable():
    assert "1 capability, 2 cells: all as it should be." in matrix.lines([row(FINE, FINE, NONE, NONE)])


def test_the_count_says_how_many_are_wrong():
    rows = [row(FINE, WRONG, NONE, NONE), row(WRONG, FINE, FINE, NONE)]
    assert "2 capabilities, 5 cells: 2 not as it should be (marked !)." in matrix.lines(rows)


def test_no_sentence_is_longer_than_its_column():
    assert [c.may for c in capabilities() if len(c.may) > 56] == []


def test_what_should_be_allowed_and_is_not_is_explained():
    lost = Cell(Found.DENIED, Should.ALLOWED, ("ce:GetCostAndUsage",))
    lines = list(matrix.lines([row(lost, FINE, NONE, NONE)]))
    assert "      ! partner's billing admin may not, but should: ce:GetCostAndUsage" in lines


def test_on_a_narrow_screen_the_cells_of_five_personas_stand_below_the_sentence(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    lines = list(matrix.lines([row(FINE, WRONG, NONE, NONE, FINE)]))
    assert max(len(line.replace("\x1b[31m", "").replace("\x1b[0m", "")) for line in lines) <= 60
    assert "  read the bills" in lines
    assert lines[0].split() == ["billing", "org", "member", "member", "watcher"]


def test_the_markdown_has_a_line_for_every_capability_and_group():
    every = capabilities()
    lines = list(write_separation.markdown(every))
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == 2 + len(every) + len({capability.group for capability in every})
    assert {line.count("|") for line in table} == {1 + 1 + len(Persona)}
    assert "| read the bills | allowed | denied | denied | denied | denied |" in table


def test_the_documentation_has_this_very_table():
    page = (Path(__file__).parents[2] / "docs" / "separation.md").read_text(encoding="utf-8")
    between = page.split("<!-- matrix -->")[1].split("<!-- /matrix -->")[0]
    assert between.strip().splitlines() == list(write_separation.markdown(capabilities()))
