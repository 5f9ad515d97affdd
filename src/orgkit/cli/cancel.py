"""The command `orgkit cancel`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import BinaryIO

from orgkit.cli.common import DRY_RUN, YES, Access, Answer, command
from orgkit.cli.invite import SOURCE, TARGETS, carry_out, raise_all, targets_of
from orgkit.cli.payer import payer
from orgkit.invite import invitations
from orgkit.report import invitations as report
from orgkit.report.text import counted


@command(
    """
    \b
    orgkit cancel 210987654321
    orgkit cancel --from accounts.csv --dry-run

    A TARGET is what was invited: an account id or an e-mail address. It shows the plan and asks once.
    """
)
@TARGETS
@SOURCE
@DRY_RUN
@YES
def cancel(
    answer: Answer, access: Access, named: Sequence[str], source: BinaryIO | None, dry_run: bool, yes: bool
) -> None:
    wanted = targets_of(named, source)
    aws, settings = payer(access)
    answer.document["account"] = settings.account
    planned = invitations.to_cancel(aws, wanted)
    ends = sum(result.to_do for result in planned)
    question = f"Cancel {counted(ends, 'invitation')} of the organization of {settings.account}?"
    act = partial(invitations.cancel, aws)
    results = carry_out(answer, planned, act, question if ends and not (yes or dry_run) else "", dry_run=dry_run)
    raise_all(None if dry_run else report.failure(results))
