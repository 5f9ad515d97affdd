"""What the commands say in a narrow terminal."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import orgkit as orgkit_package
from orgkit.report import text
from orgkit.sandbox import PAYER

FILE = "payers/of the university.yaml"
LINES = (
    f"init '{FILE}' --account {PAYER} --institution 'Example University of Applied Sciences'",
    f"validate -s '{FILE}'",
    f"bootstrap -s '{FILE}' --dry-run",
    f"bootstrap -s '{FILE}' --yes",
    f"invite -s '{FILE}' 210987654321 somebody-with-a-long-name@mail.example.edu --yes",
    f"invitations -s '{FILE}'",
    f"cancel -s '{FILE}' 210987654321 --yes",
    f"status -s '{FILE}'",
    f"status -s '{FILE}' -o tree",
    f"status '{FILE}' payers/absent.yaml",
    f"place -s '{FILE}' --yes",
    "status",
    "sandbox",
)


@pytest.mark.parametrize("columns", [60, 80])
def test_nothing_sticks_out_but_single_words(orgkit, one_session, organizations, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr("orgkit.sandbox.server.serve", lambda port, announce, **_: announce(f"http://127.0.0.1:{port}"))
    Path("payers").mkdir()
    shown = ""
    for line in LINES:
        if line.startswith("invite"):
            organizations.create_account(AccountName="The Department of Physics", Email="physics@example.edu")
        said = orgkit(line)
        shown += said.output
        too_wide = [each.strip() for each in said.output.splitlines() if text.width(each) > columns]
        assert [each for each in too_wide if " " in each.removesuffix(" \\")] == [], line
    assert ("To restore it, run\n`orgkit bootstrap -s" in shown) == (columns == 60)
    assert "absent.yaml" in shown
    assert "Press Ctrl-C to stop." in shown


def test_a_command_of_the_aws_cli_is_marked_as_one_or_its_lines_could_not_be_copied():
    package = Path(orgkit_package.__file__).parent
    files = [file for file in package.rglob("*.py") if "sandbox" not in file.relative_to(package).parts]
    said = [node for file in files for node in ast.walk(ast.parse(file.read_text("utf-8"))) if text_of(node)]
    commands = [match for node in said for match in re.findall(r"(.?)\baws [a-z-]+ (?:--|[a-z]+-)", text_of(node))]
    assert len(commands) >= 5
    assert set(commands) == {"`"}


def text_of(node: ast.AST) -> str:
    """The text of a string, or what is fixed in a formatted one."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(str(part.value) for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str))
