"""The files that ship with orgkit are where the code looks for them, and can be used as they are."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from orgkit import bundled
from orgkit.settings import scps
from orgkit.settings.reader import parse_json, read

SCPS = sorted(bundled.SCP_EXAMPLES.glob("*.json"))


def test_every_folder_is_there() -> None:
    for path in (bundled.CONFIG, bundled.SCP_EXAMPLES, bundled.IAM_TEMPLATE):
        assert path.exists(), path


def test_the_partners_guards_ship_with_orgkit() -> None:
    assert {"deny-billing", "keep-membership"} <= {file.stem for file in SCPS}


def test_what_each_scp_does_is_said_as_in_their_readme() -> None:
    rows = re.findall(
        r"^\| `([a-z-]+)\.json` \| ([^|]+) \|", (bundled.SCP_EXAMPLES / "README.md").read_text("utf-8"), re.M
    )
    assert dict(rows) == scps.meanings()
    assert sorted(scps.meanings()) == [file.stem for file in SCPS]


@pytest.mark.parametrize("file", SCPS, ids=lambda file: file.stem)
def test_every_scp_can_be_attached_as_it_is(file: Path) -> None:
    text = read(file, file.name)
    content = scps.content(parse_json(text, file.name))
    assert json.loads(content) == json.loads(text)
    assert len(content) <= scps.SCP_CHARACTERS / 2
