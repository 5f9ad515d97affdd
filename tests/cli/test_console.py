"""What all commands share: bad settings, colour, bugs, and what is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orgkit.cli.common import tell


def test_bad_settings_are_2_and_nothing_is_asked(orgkit, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # nobody listens there
    Path("orgkit.yaml").write_text("account: 12\ninsitution: x\n", encoding="utf-8")
    result = orgkit("status")
    assert result.exit_code == 2
    assert "orgkit.yaml:1:10: account: must be text, so put it in quotes" in result.stderr
    assert "did you mean institution?" in result.stderr


def test_bad_settings_in_json_are_listed(orgkit):
    Path("orgkit.yaml").write_text("account: 12\ninstitution: x\n", encoding="utf-8")
    result = orgkit("status -o json")
    problem = json.loads(result.stdout)["error"]["problems"][0]
    assert (problem["line"], problem["column"], problem["path"]) == (1, 10, "account")


def test_no_settings_file_is_2_with_the_way_to_one(orgkit):
    result = orgkit("status")
    assert result.exit_code == 2
    assert "orgkit init" in result.stderr


# Colour


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
)
def test_colour_is_for_those_who_want_it(bootstrapped, monkeypatch, environment, coloured):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert ("\x1b[32m✓" in bootstrapped("status").stdout) is coloured


# What is told


def test_what_is_told_cannot_steer_a_terminal(capsys):
    tell("\n  waiting 4 s: somebody's text \x1b]0;title\x07\u202e\nand more")
    assert capsys.readouterr().err == "\n  waiting 4 s: somebody's text \\x1b]0;title\\x07\\u202e\nand more\n"


def test_a_bug_is_one_sentence(begun, monkeypatch):
    monkeypatch.setattr("orgkit.report.text.line", lambda step: 1 / 0)
    result = begun("status")
    assert result.exit_code == 1
    assert "orgkit has a bug: ZeroDivisionError" in result.stderr
    assert "Traceback" not in result.stderr
    assert "Traceback" in begun("status --debug").stderr


def test_a_bug_is_told_in_json_too(begun, monkeypatch):
    monkeypatch.setattr("orgkit.report.notes.find", lambda *_: 1 / 0)
    result = begun("status -o json")
    assert result.exit_code == 1
    assert "orgkit has a bug: ZeroDivisionError" in json.loads(result.stdout)["error"]["message"]


def test_a_failure_of_this_machine_is_told_with_what_to_do(begun, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("orgkit.report.notes.find", fail)
    result = begun("status -o json")
    assert result.exit_code == 1
    error = json.loads(result.stdout)["error"]
    assert error["message"] == "No space left on device"
    assert error["remedy"].startswith("Clear that, and run the same command again")
