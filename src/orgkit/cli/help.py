"""The command `orgkit help`. Like all that lists commands it stays quick: nothing here takes long to import."""

import textwrap

import click

from orgkit.cli.main import COMMANDS, cli, exit_codes
from orgkit.errors import remedies


@click.command(help=f"{COMMANDS['help'][1]}\n\n\b\norgkit help bootstrap\norgkit help errors", epilog=exit_codes(0, 2))
@click.argument("topic", metavar="[COMMAND|errors]", default="")
@click.pass_context
def help(context: click.Context, topic: str) -> None:  # noqa: A001  a command is called as its function is
    """The help of a command or of the whole; or each remedy below the AWS codes that it is for."""
    if topic == "errors":
        room = click.HelpFormatter(max_width=context.max_content_width).width
        for each in dict.fromkeys(remedies().values()):
            click.echo(textwrap.fill(", ".join(each.codes.split()), room))
            click.echo(textwrap.fill(each.remedy, room, initial_indent="  ", subsequent_indent="  "))
    else:
        cli.main([*filter(None, [topic]), "--help"], context.find_root().info_name, standalone_mode=False)
