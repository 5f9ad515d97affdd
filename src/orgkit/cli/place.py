"""The command `orgkit place`, and the moving that `orgkit invite --wait` ends with."""

from __future__ import annotations

from collections.abc import Sequence

from orgkit.aws import Aws
from orgkit.cli.common import DRY_RUN, YES, Access, Answer, command, confirm
from orgkit.cli.payer import payer
from orgkit.errors import OrgkitError
from orgkit.invite import invitations
from orgkit.invite.invitations import Placement
from orgkit.report import invitations as report
from orgkit.report.text import counted
from orgkit.settings import Settings


@command(
    """
    \b
    orgkit place --dry-run
    orgkit place

    An invited account joins at the root. The payer stays there, and so does an account that is being closed.
    `orgkit bootstrap` moves them too. It shows the plan and asks once.
    """
)
@DRY_RUN
@YES
def place(answer: Answer, access: Access, dry_run: bool, yes: bool) -> None:
    aws, settings = payer(access)
    answer.document["account"] = settings.account
    planned = invitations.to_place(aws, settings)
    if planned and not (dry_run or yes):
        answer.show(*map(report.placement_line, planned))
        confirm(f"Move {counted(len(planned), 'account')} into {settings.institution}?")
    failed = move(answer, aws, settings, planned, dry_run=dry_run)
    if failed:
        raise failed


def move(
    answer: Answer, aws: Aws, settings: Settings, planned: Sequence[Placement], *, dry_run: bool = False
) -> OrgkitError | None:
    """Move each account and say so. The error that comes back names how many could not be moved."""
    placements = []
    for placement in planned if dry_run else invitations.place(aws, settings, planned):
        placements.append(placement)
        answer.add("placed", report.placement_json(placement), report.placement_line(placement))
    if not placements:
        answer.say("No account is at the root except the payer.")
    return report.not_moved(placements)
