"""What reaches a terminal: whatever somebody wrote into a name, nothing but the colours of marks steers it."""

from __future__ import annotations

import os
import pty
import sys
from contextlib import redirect_stderr, redirect_stdout

import pytest

from orgkit.cli.common import Answer, tell
from orgkit.report.text import line
from orgkit.step import State, Step

NASTY = "x\x1b[2J\x1b]0;title\x07\u202e\x9b1m\r\0y"


def shown_on_a_terminal(say) -> str:
    """What reaches a terminal that is stdout and stderr."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as stream, redirect_stdout(stream), redirect_stderr(stream):
        assert sys.stdout.isatty()
        say()
        stream.flush()
        shown = os.read(ours, 10_000).decode("utf-8").replace("\r\n", "\n")
    os.close(ours)
    return shown


def by_text():
    Answer("text").say(NASTY)


def by_tree():
    Answer("tree").say(NASTY)


def by_plan():
    Answer("text").show(NASTY)


def by_plan_beside_json():
    Answer("json").show(NASTY)


def by_json():
    answer = Answer("json")
    answer.document["name"] = NASTY
    answer.finish()


def by_mark():
    Answer("text").say(line(Step(NASTY, State.MISSING, NASTY)))


def by_stderr():
    tell(NASTY)


@pytest.mark.parametrize("way", [by_text, by_tree, by_plan, by_plan_beside_json, by_json, by_mark, by_stderr])
def test_no_name_steers_the_terminal(way):
    shown = shown_on_a_terminal(way).replace("\x1b[36m+\x1b[0m", "+")
    assert "x" in shown
    assert [c for c in shown if not c.isprintable() and c != "\n"] == []
