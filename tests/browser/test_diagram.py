"""The diagram of the organization as a browser draws it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import mermaid_js
from browser import chromium
from drawn_organizations import GUARDS, HOSTILE, account, by_name, diagram, organization, ou, plain, settings_for

pytestmark = pytest.mark.skipif(chromium.EXECUTABLE is None, reason=chromium.WHY_NOT)

_LABELS = "[...document.querySelectorAll('.nodeLabel')].map(label => label.innerText.split('\\n'))"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An empty page that has Mermaid."""
    script = mermaid_js.installed() / "mermaid" / "dist" / "mermaid.min.js"
    file = tmp_path_factory.mktemp("page") / "empty.html"
    file.write_text(f"<!doctype html><meta charset='utf-8'><script src='{script.as_uri()}'></script>", encoding="ascii")
    with chromium.running(tmp_path_factory.mktemp("profile")) as browser:
        browser.open(file)
        yield browser


def drawn(page: Any, lines: list[str], style: str = "") -> list[list[str]]:
    """The rows of every label, as people see them. `style` is CSS that overrules Mermaid's for the labels."""
    svg = f"mermaid.render('drawing', {json.dumps(chr(10).join(lines))}).then(done => done.svg)"
    styled = f"'<style>.nodeLabel, .nodeLabel * {{ {style} }}</style>' + "
    draw = f"{svg}.then(svg => document.body.innerHTML = {styled}svg)"
    page.call("Runtime.evaluate", expression=draw, awaitPromise=True)
    return [[plain(row) for row in label] for label in page.evaluate(_LABELS)]


def test_the_reference_architecture_is_drawn(page: Any, tmp_path: Path) -> None:
    root = organization(account(1, "Physics"), ou("Example University", account(2, "Library")), scps=GUARDS[:2])
    labels = drawn(page, diagram(root, settings_for()))
    page.picture(tmp_path / "diagram.png")
    assert ["Partner"] in labels
    assert ["BillingAdmin", "all billing, nothing of the organization"] in labels
    assert ["SCPs", "deny-billing"] in labels
    assert ["+ SCP keep-membership is not attached"] in labels
    assert ["Physics 000000000001 ~ at the root, outside Example University"] in labels
    assert ["Library 000000000002"] in labels


# Mermaid wraps a label that is wider than 200 pixels, and how wide a label is depends on the fonts.
@pytest.mark.parametrize("style", ["white-space: nowrap !important", "white-space: break-spaces !important"])
def test_hostile_names_are_drawn_as_they_are(page: Any, style: str) -> None:
    ous = [ou(name, number=number) for number, name in enumerate(HOSTILE, start=2)]
    labels = drawn(page, diagram(organization(ou("Example University", *ous)), settings_for()), style)
    names = [label[0] for label in labels if len(label) == 2 and label[1].startswith("ou-")]
    assert sorted(names) == sorted([*HOSTILE, "Example University"])


def test_a_list_of_hostile_accounts_keeps_its_rows(page: Any) -> None:
    members = [account(number, name) for number, name in enumerate(HOSTILE)]
    labels = drawn(page, diagram(organization(ou("Example University", *members[10:])), settings_for()))
    rows = by_name(list(enumerate(HOSTILE))[10:])
    assert [f"{name} {number:012}" for number, name in rows] in labels
