"""Ctrl-C and its kin: one exit code and one sentence, whenever they come and however often. What Python is at before
orgkit begins, is Python's."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import termios
from pathlib import Path

import pytest

SENTENCE = "Interrupted. Run the same command again to go on from here."
PRESS = """
import os, signal, sys
from orgkit.__main__ import main

def press():
    os.kill(os.getpid(), getattr(signal, os.environ.get("PRESSED", "SIGINT")))
"""
WHILE_LOADING = """
class Loading:
    def find_spec(self, name, *_):
        if name == {name!r}:
            press()

sys.meta_path.insert(0, Loading())
main()
"""
WHERE_EXCEPTIONS_ARE_LOST = """
class Dying:
    def __del__(self):
        press()

class Loading:
    def find_spec(self, name, *_):
        if name == "orgkit.settings":
            Dying()

sys.meta_path.insert(0, Loading())
main()
"""
WHILE_CLICK_READS_THE_LINE = """
import click
click.Group.parse_args = lambda *_: press()
main()
"""
AGAIN_AT_THE_END = """
import click
from orgkit import settings
leave, pressed = click.Context.__exit__, []

def check(*_):
    pressed.append(True)
    press()

def left(*how):
    if pressed:
        press()
    return leave(*how)

settings.check, click.Context.__exit__ = check, left
main()
"""
AT_A_QUESTION = """
import click, sys
sys.stdin.isatty = lambda: True
click.termui.visible_prompt_func = lambda _: press()
main()
"""
AFTER_THE_END = """
try:
    main()
finally:
    press()
"""


def ended(program: str, *line: str) -> tuple[int, str]:
    command = [sys.executable, "-c", PRESS + program, *line]
    process = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    return process.returncode, process.stderr.strip()


@pytest.mark.parametrize("name", ["orgkit.cli.main", "click", "orgkit.settings", "yaml"])
def test_while_modules_are_loaded(name):
    assert ended(WHILE_LOADING.format(name=name), "validate") == (130, SENTENCE)


@pytest.mark.parametrize("program", [WHERE_EXCEPTIONS_ARE_LOST, WHILE_CLICK_READS_THE_LINE, AGAIN_AT_THE_END])
def test_at_an_awkward_moment(program):
    assert ended(program, "validate") == (130, SENTENCE)


SIGNALS = {"SIGINT": (130, "Interrupted"), "SIGTERM": (143, "Terminated"), "SIGHUP": (129, "Hung up")}


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize(
    ("program", "line"),
    [
        (WHILE_LOADING.format(name="yaml"), "validate"),
        (AGAIN_AT_THE_END, "validate"),
        (AT_A_QUESTION, "init --account 123456789012"),
    ],
)
def test_each_signal_has_its_word_and_exit_code(monkeypatch, program, line, name):
    monkeypatch.setenv("PRESSED", name)
    code, word = SIGNALS[name]
    assert ended(program, *line.split()) == (code, SENTENCE.replace("Interrupted", word))


@pytest.mark.parametrize("name", SIGNALS)
def test_what_the_parent_ignores_stays_ignored(monkeypatch, name):
    monkeypatch.setenv("PRESSED", name)
    program = f"{PRESS}{WHILE_LOADING.format(name='yaml')}"
    command = ["sh", "-c", f'trap "" {name[3:]}; exec "$0" "$@"', sys.executable, "-c", program, "validate"]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert process.returncode == 2
    assert "orgkit init" in process.stderr


AT_A_TERMINAL = """
import fcntl, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # Ctrl-C goes to whom the terminal belongs to
main()
"""
ASKS = "role_arn = arn:aws:iam::1:role/r\nsource_profile = key\nmfa_serial = arn:aws:iam::1:mfa/me\n"
KEY = "[profile key]\naws_access_key_id = 1\naws_secret_access_key = pretend\n"
END_OF_INPUT, CTRL_C = b"\x04", b"\x03"


def at_a_prompt(*files: str, typed: bytes, name: str) -> tuple[int, str, bool]:
    """The exit code, what was shown, and whether the terminal is as it was. The last prompt meets the signal."""
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    command = [sys.executable, "-c", PRESS + AT_A_TERMINAL, "status", *files]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    shown = ""
    for number, key in enumerate((*([typed] if typed else []), CTRL_C), 1):
        while shown.count("MFA code") < number or select.select([ours], [], [], 0)[0]:
            shown += os.read(ours, 1000).decode()
        assert not termios.tcgetattr(theirs)[3] & termios.ECHO
        if name == "SIGINT" or key != CTRL_C:
            os.write(ours, key)
        else:
            process.send_signal(getattr(signal, name))
    code = process.wait(60)
    while select.select([ours], [], [], 0)[0]:
        shown += os.read(ours, 1000).decode()
    as_it_was = termios.tcgetattr(theirs) == before
    os.close(ours)
    os.close(theirs)
    return code, shown, as_it_was


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("files", [(), ("p.yaml", "q.yaml")])
def test_at_a_prompt_for_an_mfa_code_the_terminal_is_left_as_it_was(settings, monkeypatch, files, name):
    Path("config").write_text(f"[profile p]\n{ASKS}[profile q]\n{ASKS}{KEY}", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", "config")
    monkeypatch.setenv("AWS_PROFILE", "p")
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(key)
    text = Path("orgkit.yaml").read_text(encoding="utf-8")
    for file in files:
        Path(file).write_text(f"{text}profile: {file[0]}\n", encoding="utf-8")
    code, shown, as_it_was = at_a_prompt(*files, typed=END_OF_INPUT if files else b"", name=name)
    wanted, word = SIGNALS[name]
    assert code == wanted
    assert SENTENCE.replace("Interrupted", word) in shown
    assert shown.count("MFA code") == max(1, len(files))
    assert as_it_was


def test_when_all_is_done_it_changes_nothing():
    assert ended(AFTER_THE_END, "--version") == (0, "")
