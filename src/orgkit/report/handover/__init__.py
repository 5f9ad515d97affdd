"""A page for each party: what is left to do, how to begin, who may do what, and what to do when it is denied."""

from __future__ import annotations

from datetime import date

from orgkit import __version__
from orgkit.aws import Aws
from orgkit.report.handover import findings
from orgkit.report.handover.findings import Party, flowing
from orgkit.report.handover.page import Page, Section, Verbatim, prose, read
from orgkit.settings import Settings

__all__ = ["Party", "owner_page", "page"]


def page(aws: Aws, settings: Settings, party: Party, today: date) -> Page:
    """The page of a party. Only reads. Raises OrgkitError where there is nothing to hand over yet."""
    footer = (
        f"Written by orgkit {__version__} on {today.isoformat()}. The partner renews it when something has changed: "
        f"`orgkit handover --for {party} -o html`."
    )
    return read(party, findings.find(aws, settings, party, today), prose(footer, {}))


def owner_page(guide: str) -> Page:
    """The page for the owners of invited accounts: the text that they are sent, whose first line is its title."""
    title, _, text = flowing(guide).partition("\n")
    steps = Section(2, "guide", ("What to do",), (Verbatim("Step by step", text.strip("\n")),))
    return Page((Section(1, "title", (title,), ()), steps), (f"Written by orgkit {__version__}.",))
