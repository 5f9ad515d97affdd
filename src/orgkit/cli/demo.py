"""The command `orgkit demo`."""

from __future__ import annotations

import sys

import click

from orgkit.cli.common import Answer, command
from orgkit.cli.sandbox import need_sandbox


@command(
    """
    \b
    orgkit demo
    orgkit demo --no-pause

    It needs no account and no network. On a terminal it waits for a key after each scene.
    """,
    exits=(0, 1, 2, 130),
    formats=(),
    options=(),
)
@click.option("--no-pause", is_flag=True, help="Do not wait for a key.")
def demo(_: Answer, no_pause: bool) -> None:
    need_sandbox()
    from orgkit.sandbox import demo as story  # the extra may be missing

    interactive = not no_pause and sys.stdin.isatty() and sys.stdout.isatty()
    story.tell(click.get_current_context().find_root().command, _wait_for_a_key if interactive else lambda: None)


def _wait_for_a_key() -> None:
    """Any key but Ctrl-C, which ends the demo."""
    click.echo("\n[any key: go on; Ctrl-C: end]", err=True, nl=False)
    try:
        click.getchar()
    except EOFError:  # Ctrl-D
        pass
    finally:
        click.echo(err=True)
