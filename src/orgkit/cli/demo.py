"""The command `orgkit demo`."""

from __future__ import annotations

from typing import Final

import click

from orgkit.cli.command import Answer, command
from orgkit.cli.sandbox import need_sandbox

_HELP: Final = """
\b
orgkit demo

It needs no account and no network.
"""


@command(_HELP, 0, 1, 130, formats=(), options=())
def demo(_: Answer) -> None:
    need_sandbox()
    from orgkit.sandbox import demo as story  # the extra may be missing

    story.tell(click.get_current_context().find_root().command)
