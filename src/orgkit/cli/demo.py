"""The command `orgkit demo`."""

from __future__ import annotations

import click

from orgkit.cli.command import Answer, command
from orgkit.cli.sandbox import need_sandbox


@command(
    """
    \b
    orgkit demo

    It needs no account and no network.
    """,
    exits=(0, 1, 130),
    formats=(),
    options=(),
)
def demo(_: Answer) -> None:
    need_sandbox()
    from orgkit.sandbox import demo as story  # the extra may be missing

    story.tell(click.get_current_context().find_root().command)
