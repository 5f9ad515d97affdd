"""The demo: the whole story, whatever the environment that it is told in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orgkit.cli.main import cli
from orgkit.errors import OrgkitError
from orgkit.sandbox import demo


@pytest.fixture(autouse=True)
def waited(monkeypatch) -> list[float]:
    """The seconds of each wait, which take no time."""
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    return waits


def test_the_story_is_told_to_its_end_in_short_and_waits_for_nothing(capsys, monkeypatch, waited):
    monkeypatch.setenv("COLUMNS", "80")
    pauses: list[str] = []
    demo.tell(cli, lambda: pauses.append(capsys.readouterr()))
    assert max(waited) <= 0.5  # who looks again waits longer than before the first look
    scenes = [*pauses, capsys.readouterr()]
    assert [scene.err.splitlines()[2] for scene in scenes] == [f"$ orgkit {scene.command}" for scene in demo.STORY]
    assert sum(len((scene.out + scene.err).splitlines()) for scene in scenes) < 250
    assert f"first password in\n{' ' * 40}BillingAdmin_credentials.csv" in scenes[2].out
    drift = next(scene.out for scene in scenes if "1 missing, 12 in place" in scene.out)
    assert "\n    …\n  + SCP deny-billing at the root        to be attached\n    …\n" in drift


def test_the_story_knows_nothing_of_the_teller_and_leaves_no_trace(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(home := tmp_path / "home"))
    home.mkdir()
    monkeypatch.setenv("AWS_PROFILE", "nobodys")
    monkeypatch.setenv("ORGKIT_SETTINGS", "nowhere.yaml")
    monkeypatch.setattr(demo, "STORY", demo.STORY[:3])
    before = dict(os.environ)
    demo.tell(cli, lambda: None)
    assert (dict(os.environ), list(Path().iterdir()), list(home.iterdir())) == (before, [], [])


def test_a_command_that_ends_otherwise_ends_the_story(monkeypatch):
    monkeypatch.setattr(demo, "STORY", (demo.Scene("Too early.", "status"),))
    with pytest.raises(OrgkitError, match="`orgkit status` ended with exit code 2, not 0"):
        demo.tell(cli, lambda: None)
