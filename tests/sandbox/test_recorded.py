"""The sandbox answers as AWS was recorded to answer, and where it does not, docs/stand-in.md says why."""

from __future__ import annotations

from importlib.metadata import version

import pytest

import recorded
import write_stand_in

ENTRIES = {entry["id"]: entry for entry in recorded.corpus()["entries"]}


@pytest.mark.parametrize("service", recorded.SERVICES)
def test_what_was_recorded_is_what_is_answered(service: str) -> None:
    found = recorded.replay(service)
    may = {name: kind for name, (kind, _) in recorded.kept().items() if ENTRIES[name]["service"] == service}
    news = [
        f"{name}: {found[name][0][1] if name in found else 'is the same now'}"
        for name in ENTRIES
        if (found[name][0][0] if name in found else None) != may.get(name) and ENTRIES[name]["service"] == service
    ]
    if news:
        versions = " ".join(f"{package} {version(package)}" for package in ("moto", "botocore"))
        pytest.fail(f"{len(news)} recorded answers changed with {versions}: {'; '.join(news)}", pytrace=False)


def test_the_page_is_that_of_the_data() -> None:
    assert write_stand_in.written() == write_stand_in.PAGE.read_text(encoding="utf-8")


def test_every_entry_says_where_it_was_recorded() -> None:
    sources = recorded.corpus()["sources"]
    assert all(entry["source"][0] in sources for entry in ENTRIES.values())
