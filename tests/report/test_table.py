"""Text that fits the terminal: whole words, columns by what the eye sees, at 80 columns and at 60."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from orgkit.proof.capabilities import Persona, Should, capabilities
from orgkit.proof.prove import Cell, Found, Row
from orgkit.report import invitations, matrix, notes, text
from orgkit.settings.rules import verdicts
from orgkit.step import State, Step

LONG = "is named Renamed by somebody else, and should be named Example University of Applied Sciences"


def matrix_lines(settings):
    fine = Cell(Found.DENIED, Should.DENIED)
    wrong = Cell(Found.PARTLY, Should.DENIED, ("ce:GetCostAndUsage", "budgets:ModifyBudget"))
    cells = dict(zip(Persona, (fine, wrong, fine, fine), strict=False))
    return matrix.lines([Row(capability, cells) for capability in capabilities()])


STATUS = {"in_place": True, "steps": [], "warnings": [LONG * 3], "invitations": {"open": 0}, "remaining": []}
SAID = {
    "steps": lambda settings: [
        text.line(Step("SCP keep-membership at the institution OU", State.MISSING, LONG, str)),
        text.line(Step("OU", State.DRIFTED, LONG, str, [LONG * 2, LONG])),
    ],
    "verdict": lambda settings: text.verdict(STATUS, settings, "orgkit bootstrap"),
    "by hand": lambda settings: text.checklist([task["to_do"] for task in notes.tasks(settings).values()]),
    "matrix": matrix_lines,
    "owners": invitations.what_owners_do,
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


def test_a_row_that_does_not_fit_becomes_a_paragraph(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    rows = [("TARGET", "SINCE", "STATE"), ("a" * 50, "2026-11-27", "open"), ("210987654321", "2026-11-28", "")]
    assert list(text.table(rows)) == ["a" * 50, "  since 2026-11-27, state open", "210987654321", "  since 2026-11-28"]


def test_a_detail_that_does_not_fit_beside_the_thing_stands_below_it(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    file = "scp-examples/with-a-rather-long-name.json"
    lines = click.unstyle(text.line(Step("SCP guard", State.MISSING, f"from {file}", str))).splitlines()
    assert lines == ["  + SCP guard", f"      from {file}"]


def test_only_a_line_that_does_not_fit_is_wrapped(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    kept, command = "    CREATE_COMPLETE      OrgAdmins", f"  echo {'word ' * 10}"
    lines = list(text.fitted(f"{kept}\n  {'word ' * 10}\n\n{command}\n{command}"))
    parted = ["  echo word word word word word word \\", "    word word word word"]
    assert lines == [kept, "  word word word word word word word", "  word word word", "", *parted, *parted]


COMMANDS = [
    *(verdict.command for verdict in verdicts().values() if verdict.command),
    "orgkit bootstrap --dry-run -s 'our payers/of a university.yaml' --profile 'a   b'",
    shlex.join(["orgkit", "status", "-s", 'it\'s "ours" in a $(folder).yaml', "-o", "json", "--profile", "payer"]),
    'pipx install --force "dist/orgkit-1.2.3-py3-none-any.whl[sandbox]"',
    """echo "$(printf %s http://127.0.0.1:5770/orgkit-sandbox/as/BillingAdmin)" and 'a word of its own'""",
    f"aws organizations attach-policy --policy-id p-1 --target-id {'x' * 70}",
]


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_is_copied_line_by_line_means_the_same(monkeypatch, command, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    command = command.format(account="210987654321", region="REGION")
    lines = list(text.paragraph(f"As its administrator run `{command}`: that is enough.", "Warning: ", "  "))
    copied = re.search("`(.*)`", "\n".join(lines), re.DOTALL)
    assert copied
    assert arguments(copied[1]) == arguments(command)
    too_wide = [line.strip() for line in lines if text.width(line) > columns]
    assert [line for line in too_wide if " " in line.removesuffix(" \\")] == []  # but a word that is too long alone


def test_only_commands_are_broken_as_a_shell_joins_them(monkeypatch):
    """Also where the lines below have less room than the first."""
    monkeypatch.setenv("COLUMNS", "60")
    lines = list(text.paragraph('the payer, whose root user is the "partner\'s own"', "├── ", "│" + " " * 20))
    assert lines == ['├── the payer, whose root user is the "partner\'s own"']
    lines = list(text.paragraph("word " * 20, "├── ", "│" + " " * 20))
    assert "\\" not in "".join(lines)
    assert max(map(text.width, lines)) <= 60


def arguments(command: str) -> list[str]:
    """What a shell makes of a command."""
    told = subprocess.run(["sh", "-c", f"printf '%s\\0' {command}"], capture_output=True, encoding="utf-8", check=True)
    return told.stdout.split("\0")


def test_a_command_that_no_posix_shell_reads_stays_whole(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    assert text.broken("orgkit status --quick", 10) == ["orgkit status --quick"]


def test_the_matrix_stands_below_its_questions_where_it_is_narrow(settings, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    lines = [click.unstyle(line) for line in matrix_lines(settings)]
    place = lines.index("  read the bills from an account that is still at the root")
    assert lines[place + 1].split() == ["denied", "!", "partly", "denied", "denied"]
    assert lines[place + 1].index("denied") == lines[0].index("billing")


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


@pytest.mark.parametrize("columns", [60, 80])
def test_errors_and_remedies_fit_the_terminal_too(orgkit, pretend_aws, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    Path("a-file-with-a-rather-long-name.yaml").write_text("account: '210987654321'\ninstitution: Another\n", "utf-8")
    said = orgkit("status -s a-file-with-a-rather-long-name.yaml").stderr
    assert "You are signed in to 123456789012" in said
    assert [line for line in said.splitlines() if text.width(line) > columns] == []
