"""The command line as a whole: its commands, each loaded when it is named, and the streams of this process."""

from __future__ import annotations

import codecs
import os
import shutil
import sys
import textwrap
from contextlib import suppress
from importlib import import_module
from typing import Any, Final, TextIO

import click

from orgkit import __version__
from orgkit.cli.console import COMMANDS, EXITS, exit_codes, help_of
from orgkit.cli.interrupt import interrupted
from orgkit.errors import remedies

_CONTEXT: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_ERRORS: Final = "errors"
_WIDTH: Final = min(100, shutil.get_terminal_size((80, 24)).columns)
_PLAIN: Final = "orgkit.plain"
_ASCII: Final = {"✓": "=", "·": ".", "├": "|", "└": "`", "─": "-", "│": "|", "…": "...", "→": "->"}


class _Command(click.Command):
    """A command whose module is imported when it is named: what only lists commands stays quick."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        command: click.Command = getattr(import_module(f"orgkit.cli.{self.name}"), str(self.name))
        return command.make_context(*args, **kwargs)


_HELP: Final = """
Bootstrap an AWS organization that a partner pays for and an institution runs.

\b
orgkit init                 write a settings file
orgkit validate             check it, and its policies
orgkit bootstrap --dry-run  see what would be done
orgkit bootstrap            do it
orgkit status               check that it is still so
orgkit prove                check who may do what
orgkit invite               invite accounts
orgkit handover             write a page for each party
"""


@click.group(
    commands={name: _Command(name, short_help=words) for name, words in COMMANDS.items()},
    help=_HELP,
    epilog=exit_codes(*EXITS),
    context_settings=_CONTEXT,
)
@click.version_option(__version__, prog_name="orgkit")
@click.pass_context
def cli(context: click.Context) -> None:
    """Colour only on a terminal, and never against NO_COLOR; FORCE_COLOR has it anywhere."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        context.color = False
    elif os.environ.get("FORCE_COLOR"):
        context.color = True


@cli.command(
    "help",
    help=help_of("help", "\b\norgkit help bootstrap\norgkit help errors"),
    short_help=COMMANDS["help"],
    epilog=exit_codes(0, 2),
)
@click.argument("topic", metavar=f"[COMMAND|{_ERRORS}]", default="")
@click.pass_context
def help_command(context: click.Context, topic: str) -> None:
    """The help of a command or of the whole; or each remedy below the AWS codes that it is for."""
    root = context.find_root()
    if topic == _ERRORS:
        for codes, remedy in remedies():
            click.echo(textwrap.fill(", ".join(codes), _WIDTH))
            click.echo(textwrap.fill(remedy, _WIDTH, initial_indent="  ", subsequent_indent="  "))
    elif topic:
        _, command, _ = cli.resolve_command(root, [topic])
        named = command and command.make_context(topic, [], parent=root, resilient_parsing=True)
        click.echo(named and named.get_help())
    else:
        click.echo(root.get_help())


def main() -> None:
    """The command line of this process. Ends in SystemExit."""
    _open_closed_streams()
    codecs.register_error(_PLAIN, _in_ascii)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_PLAIN)
    try:
        code = cli.main(prog_name="orgkit", standalone_mode=False)
    except SystemExit as end:
        code = end.code
    except click.ClickException as error:
        with suppress(OSError):
            error.show()
        code = error.exit_code
    except OSError as failure:  # help, or an error as JSON, into a full disk
        with suppress(OSError):
            click.echo(f"\nError: {failure}", err=True)
        code = 1
    except click.Abort as cause:  # what click makes of a Ctrl-C before a command has begun
        code = interrupted(cause)
    _flushed(sys.stderr)  # what cannot be told is lost, and changes nothing
    sys.exit(code if _flushed(sys.stdout) else 1)


def _flushed(stream: TextIO) -> bool:
    """Whether it took everything. On failure it goes to /dev/null, or Python flushes again and ends with 120."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return False
    return True


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    """What a terminal gets whose encoding lacks a character."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_ASCII.get(lacking, "?") for lacking in error.object[error.start : error.end]), error.end


def _open_closed_streams() -> None:
    """Open the standard streams that were closed by whoever started this, to nothing.

    Otherwise the next file that is opened takes the place of one, and gets what is meant for it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
