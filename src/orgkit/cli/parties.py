"""The commands `orgkit prove` and `orgkit handover`: what each party may do, as a matrix and as a page to read."""

import os
from datetime import UTC, datetime
from typing import Final

import click

from orgkit.cli.bootstrap import payer
from orgkit.cli.common import Access, Answer, command, tell
from orgkit.proof import capabilities
from orgkit.proof import prove as separation
from orgkit.report import matrix
from orgkit.report.handover.findings import Party, owner_page, page
from orgkit.report.handover.page import html, markdown
from orgkit.settings import load

_OWNER: Final = "owner"


@command()
def prove(answer: Answer, access: Access) -> int:
    aws, settings = payer(access)
    tell("Asking AWS's policy simulator about what is deployed; this takes some seconds.\n")
    rows = separation.prove(aws, settings, capabilities.capabilities())
    remedy, notes = separation.remedy(settings, rows), separation.notes(settings)
    if answer.as_json:
        answer.document.update(matrix.document(aws.caller.account, rows, remedy, notes))
    else:
        answer.say(*matrix.lines(rows, remedy, notes))
    return 3 if remedy else 0


@command(formats=("markdown", "html"))
@click.option(
    "--for",
    "reader",
    type=click.Choice([*map(str, Party), _OWNER]),
    required=True,
    help="Whose page: each party has its own.",
)
def handover(answer: Answer, access: Access, reader: str) -> None:
    if reader == _OWNER:
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
        written = owner_page(load(access.settings_file), region)
    else:
        aws, settings = payer(access)
        written = page(aws, settings, Party(reader), datetime.now(UTC).date())
    answer.say((html if answer.format == "html" else markdown)(written).rstrip("\n"))
