"""The command `orgkit prove`."""

from __future__ import annotations

from orgkit.cli.common import Access, Answer, command, tell
from orgkit.cli.payer import payer
from orgkit.proof import capabilities
from orgkit.proof import prove as separation
from orgkit.report import matrix


@command(
    """
    \b
    orgkit prove
    orgkit prove -o json | jq .rows

    It asks about what is deployed, not about files here: the policies on the two admins, and the partner's SCPs.
    Exit code 3 means something is not as it should be; below the table it says what to do about it.
    """,
    exits=(0, 1, 2, 3, 4, 130),
)
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
