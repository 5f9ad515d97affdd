"""An organization with names as nasty as AWS lets them be, and the pages that are handed over for it."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree.ElementTree import Element

from orgkit import procedure, sandbox
from orgkit.aws import Aws, Caller
from orgkit.aws.client import Calls, Clients
from orgkit.report.handover.findings import Party, page
from orgkit.report.handover.page import html, markdown
from orgkit.sandbox import PAYER
from orgkit.settings import Settings, load, write

VOID = {"meta", "img", "br", "hr", "link", "input"}
TODAY = date(2026, 11, 23)
INSTITUTION = "Aix & \"Co\" *University* | `tick` {institution} $title '#1'"
OU = "1. Physics \u00e9t\u00e9 _x_ ~~y~~"
SECRET_SCP = "secret-research"
ACCOUNTS = (
    "<script>window.broken = true</script>",
    '"><img src=x onerror="window.broken = true">',
    "</main></bdi> | [x](https://evil.example)",
    "https://evil.example www.evil.example a@evil.net",
    "- # > 1) `code` ``more`` &lt;b&gt; {c} $heading \\",
)
ELSEWHERE = "Left at the root"
DENY = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}'


@dataclass(frozen=True)
class HandedOver:
    settings: Settings
    pages: dict[Party, Element]
    html: dict[Party, str]
    markdown: dict[Party, str]
    passwords: tuple[str, ...]


class Reader(HTMLParser):
    """The elements of a page with the elements around them, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], tuple[str, ...]]] = []
        self.open: list[str] = []
        self.pieces: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == [], "elements are left open"

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), tuple(self.open)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert tag in VOID
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.pieces.append(data)

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes, _ in self.elements if tag in tags]

    def tags(self) -> set[str]:
        return {tag for tag, _, _ in self.elements}


@cache
def handed_over(session: Any) -> HandedOver:
    """The pages for all tests: bootstrap in an empty pretend AWS, fill it, and write them."""
    with TemporaryDirectory() as folder:
        return _hand_over(session, Path(folder))


def _hand_over(session: Any, folder: Path) -> HandedOver:
    settings = _settings(folder)
    with sandbox.running():
        list(procedure.bootstrap(_aws(session), settings))
        _fill(session.client("organizations"))
        pages = {party: page(_aws(session), settings, party, TODAY) for party in Party}
    return HandedOver(
        settings,
        pages,
        {party: html(page) for party, page in pages.items()},
        {party: markdown(page) for party, page in pages.items()},
        tuple(_password(file) for file in sorted(folder.glob("*.csv"))),
    )


def _settings(folder: Path) -> Settings:
    write(folder / "orgkit.yaml", PAYER, INSTITUTION)
    settings = load(folder / "orgkit.yaml")
    guard, *others = settings.scps
    return replace(settings, scps=(replace(guard, description="Denies | *all* <b>billing</b> & [cost](x)"), *others))


def _aws(session: Any) -> Aws:
    calls = Calls(session, Clients(session), tell=lambda line: None, region="us-east-1", sleep=lambda seconds: None)
    return Aws(calls, Caller(PAYER, f"arn:aws:iam::{PAYER}:root", long_lived=False))


def _fill(api: Any) -> None:
    root = api.list_roots()["Roots"][0]["Id"]
    (institution,) = api.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"]
    ou = api.create_organizational_unit(ParentId=institution["Id"], Name=OU)["OrganizationalUnit"]["Id"]
    scp = api.create_policy(Name=SECRET_SCP, Description="", Type="SERVICE_CONTROL_POLICY", Content=DENY)
    api.attach_policy(PolicyId=scp["Policy"]["PolicySummary"]["Id"], TargetId=ou)
    for number, name in enumerate(ACCOUNTS):
        made = api.create_account(AccountName=name, Email=f"a{number}@example.edu")["CreateAccountStatus"]
        api.move_account(AccountId=made["AccountId"], SourceParentId=root, DestinationParentId=ou)
    api.create_account(AccountName=ELSEWHERE, Email="root@example.edu")
    api.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": "210987654321"})


def _password(file: Path) -> str:
    return next(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))["Password"]
