"""`orgkit handover --for owner`. The pages of the two parties: tests/report."""

from __future__ import annotations

import re

from handed_over import Reader
from orgkit.report.handover.findings import owner_page
from orgkit.report.handover.page import markdown


def test_the_page_for_owners_needs_the_settings_alone(orgkit, settings, asked, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    result = orgkit("handover --for owner")
    assert (result.exit_code, asked) == (0, [])
    assert result.stdout == markdown(owner_page(settings)) + "\n"


def test_the_region_of_the_environment_tells_the_partition(orgkit, settings, monkeypatch):
    monkeypatch.setenv("AWS_REGION", "us-gov-east-1")
    assert "arn:aws-us-gov:iam::aws:policy" in orgkit("handover --for owner").stdout


def test_the_page_for_owners_as_html_has_the_whole_text(orgkit, settings):
    shown = Reader(orgkit("handover --for owner -o html").stdout).text
    lines = [re.sub(r"^(#+|-) |^-+$|`|:$", "", line) for line in markdown(owner_page(settings)).splitlines()]
    assert sum(map(bool, lines)) > 30
    assert [line for line in lines if line not in shown] == []
