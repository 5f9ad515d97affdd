"""Streams that were closed beforehand or have no room: nothing breaks, and no file takes their place."""

from __future__ import annotations

import subprocess
import sys

import pytest

WHERE_THE_NEXT_FILE_GOES = """
import os
from orgkit.cli import main as cli
from orgkit.settings import settings
settings.write = lambda *_: os._exit(os.open("next", os.O_CREAT | os.O_WRONLY))
cli.main()
"""
INIT = ("init", "--account", "123456789012", "--institution", "Example University")


def ended(closed: str, *line: str) -> tuple[int, str]:
    """How a Python program ends whose streams a shell has closed."""
    command = ["sh", "-c", f'exec "$0" "$@" {closed}', sys.executable, *line]
    process = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    return process.returncode, process.stderr


@pytest.mark.parametrize(
    ("line", "says"),
    [("init", "There is no terminal to ask on: pass --account."), ("invite --from -", "1:1: names no account")],
)
def test_with_no_stdin_there_is_nobody_to_ask_and_nothing_to_read(line, says):
    code, said = ended("<&-", "-m", "orgkit", *line.split())
    assert code == 2
    assert says in said
    assert "Traceback" not in said


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_with_no_output_the_work_is_done(closed, tmp_path):
    assert ended(closed, "-m", "orgkit", *INIT) == (0, "")
    assert (tmp_path / "work" / "orgkit.yaml").exists()


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_no_file_takes_the_place_of_a_closed_stream(closed):
    code, _ = ended(closed, "-c", WHERE_THE_NEXT_FILE_GOES, *INIT)
    assert code > 2


@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize("line", ["--help", "--version", "validate", "status -o json -s nowhere.yaml"])
def test_an_output_without_room_is_one_message(line, buffered, monkeypatch):
    monkeypatch.setenv("PYTHONUNBUFFERED", "" if buffered else "1")
    ended("", "-m", "orgkit", *INIT)
    code, said = ended("> /dev/full", "-m", "orgkit", *line.split())
    assert code == 1
    assert said.strip().splitlines()[0] == "Error: [Errno 28] No space left on device"
    assert "Traceback" not in said
