"""The README is true: its console blocks, run in order in one empty account, print what they show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")

# What differs from one organization to the next.
IDS = (
    (r"\bo-[a-z0-9]{10,}", "o-…"),
    (r"\bou-[a-z0-9]{4,}-[a-z0-9]{8,}", "ou-…"),
    (r"\br-[a-z0-9]{4,}\b", "r-…"),
    (r"\bp-[a-z0-9]{8,}", "p-…"),
    (r"\bh-[a-z0-9]{8,}", "h-…"),
    (r"\d{4}-\d\d-\d\d", "date"),
)


def normal(text: str) -> str:
    for pattern, name in IDS:
        text = re.sub(pattern, name, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def transcripts() -> Iterator[tuple[str, str]]:
    """Every `$ orgkit …` of a console block, and what is shown below it."""
    for block in re.findall(r"^```console\n(.*?)^```", README, re.DOTALL | re.MULTILINE):
        for command, shown in re.findall(r"^\$ orgkit(.*)\n((?:(?!^\$ ).*\n)*)", block, re.MULTILINE):
            yield command.strip(), shown


def test_every_transcript_is_what_is_printed(orgkit):
    shown = list(transcripts())
    assert len(shown) >= 5
    for command, expected in shown:
        result = orgkit(command)
        assert normal(result.output) == normal(expected), command


def test_every_make_target_that_is_named_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE))
    assert {"demo", "test"} <= named
    assert named <= targets


@pytest.mark.parametrize("target", re.findall(r"\]\((?!https?:)([^)#]+)", README))
def test_every_link_within_the_repository_leads_somewhere(target):
    assert (ROOT / target).exists()
