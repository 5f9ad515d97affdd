"""The command `orgkit status`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from orgkit import found, procedure
from orgkit.aws import Aws
from orgkit.cli.command import Access, Answer, command, typed
from orgkit.cli.fleet import DRAWINGS, look_at_all
from orgkit.cli.payer import payer
from orgkit.cli.state import show, whole
from orgkit.report import drawing, mermaid
from orgkit.report import text as report
from orgkit.settings import Settings

_DIFFERENCE: Final = 3


@command(
    """
    \b
    orgkit status
    orgkit status -o json | jq -r '.steps[] | select(.state != "in-place") | .thing'
    orgkit status -o tree
    orgkit status -o mermaid > organization.mmd
    orgkit status payers/ another.yaml --quick

    Exit code 3 means something differs, so a scheduled job can tell it from a failure. The drawings (tree, mermaid)
    show where things are, mark what is out of place, and end in 0. They show FullAWSAccess only at the root: AWS
    attaches it to everything.

    With settings FILEs, or a FOLDER of them, it looks at all of those payers side by side and prints a line for
    each, the worst first. In JSON each payer is on a line of its own, as soon as it is known. Each file can name the
    profile that signs in to its payer (profile: NAME). The exit code is that of the worst payer, in this order: 1, 4,
    2, 3, 0.
    """,
    exits=(0, 1, 2, 3, 4, 130),
    formats=("text", "json", *DRAWINGS),
)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE|FOLDER]...")
@click.option("--quick", is_flag=True, help="Leave out CloudFormation's drift detection, which takes AWS seconds.")
def status(answer: Answer, access: Access, files: tuple[Path, ...], quick: bool) -> int:
    if files:
        return look_at_all(answer, files, access, quick=quick)
    aws, settings = payer(access)
    if answer.format in DRAWINGS:
        _draw(answer, aws, settings)
        return 0
    steps = show(answer, procedure.seen(aws, settings, quick=quick))
    document = whole(aws, settings, steps, quick=quick)
    if answer.as_json:
        answer.document.update(document)
    else:
        restore, waiting = typed("bootstrap", settings.path), document["invitations"]["open"]
        said = {"open_invitations": waiting, "remaining": document["remaining"]}
        answer.say(*report.verdict(steps, document["warnings"], settings, restore, **said))
    return 0 if report.in_place(steps) else _DIFFERENCE


def _draw(answer: Answer, aws: Aws, settings: Settings) -> None:
    root, ours = drawing.read(aws), found.ours(aws, settings)
    if answer.format == "mermaid":
        answer.say(*mermaid.lines(root, settings, ours))
    elif root:
        answer.say(*drawing.tree(drawing.draw(root, settings, ours)))
    else:
        answer.say("There is no organization yet.")
