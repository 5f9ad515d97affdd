"""What the commands say in a narrow terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

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
    assert ("To restore it:\n  orgkit bootstrap -s" in shown) == (columns == 60)
    assert "absent.yaml" in shown
    assert "Press Ctrl-C to stop." in shown
