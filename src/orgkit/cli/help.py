"""The command `orgkit help`."""

from __future__ import annotations

import textwrap
from typing import Final, cast

import click

from orgkit.cli.common import door, exit_codes, say
from orgkit.errors import remedies

_ERRORS: Final = "errors"
_WIDTH: Final = 100  # columns


@click.command("help", epilog=exit_codes(0, 2))
@click.argument("topic", metavar=f"[COMMAND|{_ERRORS}]", default="")
@click.pass_context
@door
def help_command(context: click.Context, topic: str) -> None:
    """Show how a command is used, or what AWS's errors ask for.

    \b
    orgkit help bootstrap
    orgkit help errors
    """
    group = context.find_root()
    if topic == _ERRORS:
        _say_errors()
    elif topic:
        say(_command(group, topic).get_help())
    else:
        say(group.get_help())


def _command(group: click.Context, name: str) -> click.Context:
    """The command as if it had been asked for help itself. Raises click.UsageError where there is none."""
    _, command, _ = cast("click.Group", group.command).resolve_command(group, [name])
    return click.Context(cast("click.Command", command), parent=group, info_name=name)


def _say_errors() -> None:
    """A paragraph a remedy, below AWS's codes. It is printed with the error, too."""
    for codes, remedy in remedies():
        say(textwrap.fill(", ".join(codes), _WIDTH))
        say(textwrap.fill(remedy, _WIDTH, initial_indent="  ", subsequent_indent="  "))
