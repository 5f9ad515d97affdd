"""The command `orgkit invitations`."""

from __future__ import annotations

import click

from orgkit.cli.common import Access, Answer, command
from orgkit.cli.payer import payer
from orgkit.invite import invitations as invited
from orgkit.report import invitations as report


@command(
    """
    \b
    orgkit invitations
    orgkit invitations --all -o json

    AWS remembers an invitation for 30 days after its end.
    """
)
@click.option("--all", "history", is_flag=True, help="Show what became of the others too, as far as AWS remembers.")
def invitations(answer: Answer, access: Access, history: bool) -> None:
    aws, settings = payer(access)
    found = invited.sent(aws, history=history)
    answer.document.update(
        {"account": settings.account, "invitations": [report.handshake_json(each) for each in found]}
    )
    if found:
        answer.say(*report.table(found, with_state=history))
    else:
        answer.say("AWS remembers no invitation." if history else "No invitation is open.")
