"""`orgkit handover --for owner`. The pages of the two parties: tests/report."""

from __future__ import annotations

from html.parser import HTMLParser

from orgkit.invite import owner_guide


def test_the_page_for_owners_needs_the_settings_alone(orgkit, settings, asked, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    result = orgkit("handover --for owner")
    assert (result.exit_code, asked) == (0, [])
    assert result.stdout == owner_guide.text(settings)


def test_the_region_of_the_environment_tells_the_partition(orgkit, settings, monkeypatch):
    monkeypatch.setenv("AWS_REGION", "us-gov-east-1")
    assert "arn:aws-us-gov:iam::aws:policy" in orgkit("handover --for owner").stdout


def test_the_page_for_owners_as_html_has_the_whole_text(orgkit, settings):
    read: list[str] = []
    parser = HTMLParser()
    parser.handle_data = read.append
    parser.feed(orgkit("handover --for owner -o html").stdout)
    title, _, text = owner_guide.text(settings).partition("\n")
    assert title in read
    assert " ".join(text.split()) in " ".join(" ".join(read).split())
