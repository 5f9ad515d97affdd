"""`orgkit demo` and `orgkit sandbox`, as far as they are commands."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
from contextlib import suppress

import pytest

from orgkit import __version__

_THREE_SCENES = """
from orgkit.cli.main import main
from orgkit.sandbox import demo
demo.STORY = tuple(demo.Scene(f"Scene {number}.", "validate", 2) for number in range(3))
main()
"""


def on_a_terminal(line: str, keys: str = "", **streams: int) -> tuple[int, str]:
    """Run three scenes of the demo on a terminal, with a key for each pause; exit code and output."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", _THREE_SCENES, *line.split()]
    run = subprocess.Popen(command, **{"stdin": theirs, "stdout": theirs, "stderr": theirs} | streams)
    os.close(theirs)
    shown = ""
    with suppress(OSError):  # how a terminal ends on Linux
        while True:
            if select.select([ours], [], [], 0.1)[0]:
                shown += os.read(ours, 1024).decode()
            elif shown.endswith("end]"):  # again and again: a terminal forgets keys when it becomes raw
                os.write(ours, keys[shown.count("[any key") - 1].encode())
    os.close(ours)
    return run.wait(), shown


def test_the_demo_waits_for_a_key_after_each_scene_on_a_terminal_and_ctrl_c_ends_it():
    code, shown = on_a_terminal("demo", "x\x03")
    assert (code, re.findall(r"Scene \d|any key|Interrupted", shown)) == (
        130,
        ["Scene 0", "any key", "Scene 1", "any key", "Interrupted"],
    )


@pytest.mark.parametrize(
    ("line", "streams"),
    [("demo --no-pause", {}), ("demo", {"stdin": subprocess.DEVNULL}), ("demo", {"stdout": subprocess.DEVNULL})],
)
def test_the_demo_does_not_wait_where_nobody_can_press_a_key(line, streams):
    code, shown = on_a_terminal(line, **streams)
    assert (code, shown.count("$ orgkit"), shown.count("[any key")) == (0, 3, 0)


def test_the_demo_can_be_interrupted_like_every_command(orgkit, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("orgkit.procedure.seen", interrupt)
    result = orgkit("demo")
    assert result.exit_code == 130
    assert result.stderr.splitlines()[-1] == "Interrupted. Run the same command again to go on from here."


def test_without_the_extra_the_demo_says_how_to_get_it(orgkit, monkeypatch):
    monkeypatch.setitem(sys.modules, "moto", None)
    result = orgkit("demo")
    assert result.exit_code == 1
    for command in ("pip install", "pipx install --force", "uv tool install"):
        assert f'\n  {command} "dist/orgkit-{__version__}-py3-none-any.whl[sandbox]"\n' in result.stderr


@pytest.mark.parametrize(
    ("platform", "line"),
    [("linux", "  export {}={}"), ("darwin", "  export {}={}"), ("win32", '  $env:{} = "{}"')],
)
def test_the_sandbox_says_what_to_type_in_the_reader_s_shell(orgkit, monkeypatch, platform, line):
    monkeypatch.setattr("orgkit.sandbox.server.serve", lambda port, announce, **_: announce("http://127.0.0.1:5770"))
    monkeypatch.setattr(sys, "platform", platform)
    shown = orgkit("sandbox").stdout.splitlines()
    assert line.format("AWS_ENDPOINT_URL", "http://127.0.0.1:5770") in shown
    assert line.format("NO_PROXY", "127.0.0.1") in shown


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("sandbox", {"enforce": True, "throttled": False}),
        ("sandbox --no-enforce", {"enforce": False, "throttled": False}),
        ("sandbox --throttle", {"enforce": True, "throttled": True}),
    ],
)
def test_the_sandbox_enforces_policies_unless_told_not_to_and_throttles_if_told_to(orgkit, monkeypatch, line, told):
    asked = []
    monkeypatch.setattr("orgkit.sandbox.server.serve", lambda port, _, **said: asked.append((port, said)))
    orgkit(line)
    assert asked == [(5770, told)]
