"""Text that fits the terminal: whole words, columns by what the eye sees, at 80 columns and at 60."""

from __future__ import annotations

import pytest

from orgkit.proof.capabilities import Persona, Should, capabilities
from orgkit.proof.prove import Cell, Found, Row
from orgkit.report import by_hand, matrix, text
from orgkit.step import drifted, missing

LONG = "is named Renamed by somebody else, and should be named Example University of Applied Sciences"


def matrix_lines(settings):
    fine = Cell(Found.DENIED, Should.DENIED)
    wrong = Cell(Found.PARTLY, Should.DENIED, ("ce:GetCostAndUsage", "budgets:ModifyBudget"))
    cells = dict(zip(Persona, (fine, wrong, fine, fine), strict=True))
    return matrix.lines([Row(capability, cells) for capability in capabilities()])


SAID = {
    "steps": lambda settings: text.lines(
        [missing("SCP keep-membership at the institution OU", LONG, str), drifted("OU", LONG, str, [LONG * 2, LONG])]
    ),
    "verdict": lambda settings: text.verdict([], [LONG * 3], settings, "orgkit bootstrap"),
    "by hand": lambda settings: text.by_hand(list(by_hand.tasks(settings).values())),
    "matrix": matrix_lines,
}


@pytest.mark.parametrize(
    ("shown", "columns"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("\x1b[31m!\x1b[0m", 1), ("\u200bx", 1)]
)
def test_the_width_is_what_the_eye_sees(shown, columns):
    assert text.width(shown) == columns


def test_a_word_is_never_cut_and_a_command_stays_whole():
    command = "`aws organizations attach-policy --policy-id p-1`"
    lines = text.wrapped(f"Attach it with {command} at once", 20)
    assert lines == ["Attach it with", command, "at once"]


def test_wide_characters_have_no_words_and_break_anywhere():
    lines = text.wrapped("日" * 30, 20)
    assert [text.width(line) for line in lines] == [20, 20, 20]


def test_columns_line_up_below_wide_names():
    rows = list(text.table([("日本", "one"), ("abc", "two")]))
    assert [text.width(row[: row.index(word)]) for row, word in zip(rows, ("one", "two"), strict=True)] == [6, 6]


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize("what", SAID)
def test_everything_fits_the_terminal(settings, monkeypatch, what, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = [line for shown in SAID[what](settings) for line in shown.split("\n")]
    assert [line for line in lines if text.width(line) > columns] == []
    assert max(map(text.width, lines)) > columns / 2
