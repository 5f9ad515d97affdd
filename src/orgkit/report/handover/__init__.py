"""A page for each party: who may do what in this organization, how to begin, and what to do when it is denied."""

from __future__ import annotations

from datetime import date

from orgkit import __version__
from orgkit.aws import Aws
from orgkit.invite import owner_guide
from orgkit.report.handover import findings, institution, partner
from orgkit.report.handover.findings import Party
from orgkit.report.handover.page import Page, Section, Verbatim, prose
from orgkit.settings import Settings

__all__ = ["Party", "owner_page", "page"]


def page(aws: Aws, settings: Settings, party: Party, today: date) -> Page:
    """The page of a party. Only reads. Raises OrgkitError where there is nothing to hand over yet."""
    found = findings.find(aws, settings, party, today)
    if party is Party.PARTNER:
        who, runs = "the partner", "The institution runs it and you pay for it."
        sections = partner.sections(found, partner.by_hand(aws, settings, found.done))
    else:
        who, runs = "the institution", "You run it and the partner pays for it."
        sections = institution.sections(found, owner_guide.text(settings, found.region))
    return Page(
        title=prose(f"The AWS organization of {{name}}, for {who}", name=settings.institution),
        lead=(
            prose(f"{runs} This page is for {who} alone: the other party has its own. It carries no password."),
            prose(f"It shows what AWS showed on {today:%Y-%m-%d}."),
        ),
        sections=sections,
        footer=prose(
            f"Written by orgkit {__version__} on {today:%Y-%m-%d}. When something has changed, the partner writes it "
            f"anew: `orgkit handover --for {party} -o html`."
        ),
    )


def owner_page(guide: str) -> Page:
    """The page for the owners of invited accounts: the text that they are sent, whose first line is its title."""
    title, _, text = guide.partition("\n")
    return Page(
        title=(title,),
        lead=(),
        sections=(Section("guide", "What to do", (Verbatim("Step by step", text.strip("\n")),)),),
        footer=(f"Written by orgkit {__version__}.",),
    )
