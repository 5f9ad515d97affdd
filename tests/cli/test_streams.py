"""Streams that were closed beforehand, have no room or lack characters: nothing breaks, no file takes their place."""

from __future__ import annotations

import codecs
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from orgkit.cli import process

WHERE_THE_NEXT_FILE_GOES = """
import os
from orgkit.cli import main as cli
from orgkit import settings
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
@pytest.mark.parametrize("line", ["--help", "--version", "validate", "validate -o json -s nowhere.yaml"])
def test_an_output_without_room_is_one_message(settings, line, buffered, monkeypatch):
    monkeypatch.setenv("PYTHONUNBUFFERED", "" if buffered else "1")
    code, said = ended("> /dev/full", "-m", "orgkit", *line.split())
    assert code == 1
    assert said.strip().splitlines()[0] == "Error: No space left on device"
    assert "Clear that" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("line", "ends", "buffered"),
    [
        ("--help", 0, True),
        ("--nonsense", 2, True),
        ("--nonsense", 2, False),
        ("validate", 0, True),
        ("validate -s nowhere.yaml", 2, True),
        ("status", 4, False),
    ],
)
def test_messages_without_room_are_lost_and_change_no_exit_code(settings, line, ends, buffered, monkeypatch):
    monkeypatch.setenv("PYTHONUNBUFFERED", "" if buffered else "1")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    code, said = ended("2> /dev/full", "-m", "orgkit", *line.split())
    assert (code, said) == (ends, "")


@pytest.mark.parametrize("encoding", ["ascii", "utf-16"])
def test_json_is_utf_8_whatever_the_console_takes(encoding, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    command = [sys.executable, "-m", "orgkit", "validate", "-o", "json", "-s", "Universit\u00e4t \u2713.yaml".encode()]
    process = subprocess.run(command, capture_output=True, check=False)
    assert "Universit\u00e4t \u2713.yaml" in json.loads(process.stdout.decode("utf-8"))["error"]["message"]


def test_text_gets_along_with_any_encoding(settings, monkeypatch):
    name = "\u00fc\u2713.yaml".encode()  # of a file, in whatever encoding this process has
    Path("orgkit.yaml").rename(os.fsdecode(name))
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    process = subprocess.run([sys.executable, "-m", "orgkit", "validate", "-s", name], capture_output=True, check=False)
    assert process.returncode == 0
    assert process.stdout.startswith(b"\xfc=.yaml, its SCPs")


def test_marks_and_trees_stay_legible_in_ascii():
    codecs.register_error(process._PLAIN, process._in_ascii)
    assert (
        "\u2713 \u251c\u2500\u2500 \u2514\u2500\u2500 \u2026 \u00e9".encode("ascii", process._PLAIN)
        == b"= |-- `-- ... ?"
    )


def test_help_is_there_without_docstrings():
    for line in ("--help", "bootstrap --help"):
        command = ["-m", "orgkit", *line.split()]
        plain = subprocess.run([sys.executable, *command], capture_output=True, check=True)
        stripped = subprocess.run([sys.executable, "-OO", *command], capture_output=True, check=True)
        assert plain.stdout == stripped.stdout
