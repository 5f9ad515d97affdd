"""`orgkit demo` and `orgkit sandbox`, as far as they are commands."""

from __future__ import annotations

import sys

import pytest


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
        assert f'\n  {command} "orgkit[sandbox]"\n' in result.stderr


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
