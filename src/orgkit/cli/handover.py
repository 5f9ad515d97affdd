"""The command `orgkit handover`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from orgkit.cli.common import aws_options, door, enter, exit_codes, output_option, say


@click.command(epilog=exit_codes(0, 1, 2, 4, 130))
@click.option(
    "--for",
    "reader",
    type=click.Choice(["partner", "institution"]),
    required=True,
    help="Whose page: each party has its own.",
)
@output_option("markdown", "html")
@aws_options
@door
def handover(
    reader: str, output: str, settings_file: Path, profile: str | None, endpoint_url: str | None, debug: bool
) -> None:
    """Write the page that a party holds in hand.

    \b
    orgkit handover --for partner -o html > partner.html
    orgkit handover --for institution -o html > institution.html

    It says who has which role, how to sign in for the first time, what is allowed, what remains to be done by hand,
    and what to do when something is denied. An HTML page is one file that needs no other. It carries no password, and
    of the other party only what its reader may see in AWS. Nothing is changed.
    """
    from orgkit.report.handover import Party, page
    from orgkit.report.handover.as_html import html
    from orgkit.report.handover.as_markdown import markdown

    aws, settings = enter(settings_file, profile, endpoint_url, debug=debug)
    written = page(aws, settings, Party(reader), datetime.now(UTC).date())
    say((html if output == "html" else markdown)(written).rstrip("\n"))
