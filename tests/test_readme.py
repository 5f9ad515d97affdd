"""The README and the docs are true: their console blocks, run in order in an empty account, print what they show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from orgkit.cli.main import cli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("*/README.md"), ROOT / "tests" / "live" / "README.md"]

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


def transcripts(page: Path) -> Iterator[tuple[str, str]]:
    """Every `$ orgkit …` of a console block, and what is shown below it."""
    for block in re.findall(r"^```console\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
        for command, shown in re.findall(r"^\$ orgkit(.*)\n((?:(?!^\$ ).*\n)*)", block, re.MULTILINE):
            yield command.strip(), shown


@pytest.mark.parametrize("page", [page for page in PAGES if any(transcripts(page))], ids=lambda page: page.name)
def test_every_transcript_is_what_is_printed(orgkit, page, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    for command, expected in transcripts(page):
        result = orgkit(command)
        assert normal(result.output) == normal(expected), command


def test_the_readme_has_transcripts():
    assert len(list(transcripts(ROOT / "README.md"))) >= 4


def test_the_readme_is_read_in_ten_minutes():
    assert len(README.splitlines()) <= 250


@pytest.mark.parametrize("command", sorted(cli.commands))
def test_every_command_is_in_the_readme(command):
    assert f"`orgkit {command}" in README


def test_the_python_that_is_named_is_new_enough():
    needed = re.search(r'requires-python = ">=3\.(\d+)"', (ROOT / "pyproject.toml").read_text("utf-8"))[1]
    named = re.findall(r"python3\.(\d+) -m venv", README)
    assert named
    assert all(int(each) >= int(needed) for each in named)


def test_every_make_target_that_is_named_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE))
    assert {"demo", "test"} <= named
    assert named <= targets


def test_every_point_not_verified_on_live_aws_has_a_check_that_settles_it():
    points = README.partition("## Not yet verified on live AWS\n")[2].partition("\n## ")[0]
    live = ROOT / "tests" / "live"
    rows = re.findall(r"^\| (?!not yet).* \| `(test_\d+)`.*\|$", (live / "README.md").read_text("utf-8"), re.MULTILINE)
    assert len(rows) == len(re.findall(r"^- ", points, re.MULTILINE))
    assert set(rows) <= set(re.findall(r"^def (test_\d+)_", (live / "test_live.py").read_text("utf-8"), re.MULTILINE))


LINKS = [(page, link) for page in PAGES for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8"))]


@pytest.mark.parametrize(("page", "link"), LINKS, ids=lambda part: part.name if isinstance(part, Path) else part)
def test_every_link_within_the_repository_leads_somewhere(page, link):
    assert (page.parent / link).exists()


ANCHORS = [
    (page, *link)
    for page in PAGES
    for link in re.findall(r"\]\((?!https?:)([^)#]*)#([^)]+)\)", page.read_text("utf-8"))
]


@pytest.mark.parametrize(
    ("page", "file", "anchor"), ANCHORS, ids=lambda part: part.name if isinstance(part, Path) else part
)
def test_every_link_to_a_heading_leads_to_one(page, file, anchor):
    headings = re.findall(r"^#+ (.*)$", (page.parent / file if file else page).read_text("utf-8"), re.MULTILINE)
    assert anchor in {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


BY_NAME = re.compile(r"(?:pip|pipx|uv tool|uvx)\b[^\n`]*\s[\"']?orgkit(?![-\w./])")


def test_nobody_is_told_to_install_by_name():
    """The name is not claimed on the package index: whoever did so would run with the payer's credentials."""
    assert BY_NAME.search("pip install orgkit")
    assert BY_NAME.search('pipx install --force "orgkit[login]"')
    texts = [*PAGES, *(ROOT / "src").rglob("*.py"), *(ROOT / "src").rglob("*.html"), *(ROOT / ".github").rglob("*.*")]
    assert [str(path) for path in texts if BY_NAME.search(path.read_text("utf-8"))] == []
