"""The command line as a whole. What each command takes, asks and prints: cli_*.py. What is done: procedure.py."""

from __future__ import annotations

import os
import sys
from typing import Final

import click

from orgkit import __version__
from orgkit.cli.bootstrap import bootstrap
from orgkit.cli.common import EXITS, exit_codes, settle_colour, stopped_by
from orgkit.cli.handover import handover
from orgkit.cli.help import help_command
from orgkit.cli.init import init
from orgkit.cli.interrupt import interrupted
from orgkit.cli.invite import invite
from orgkit.cli.prove import prove
from orgkit.cli.sandbox import demo, sandbox
from orgkit.cli.status import status
from orgkit.cli.validate import validate

_COMMANDS: Final = (init, validate, bootstrap, status, prove, invite, handover, demo, sandbox, help_command)
_CONTEXT: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(commands=_COMMANDS, epilog=exit_codes(*EXITS), context_settings=_CONTEXT)
@click.version_option(__version__, prog_name="orgkit")
@click.pass_context
def cli(context: click.Context) -> None:
    """Bootstrap an AWS organization that a partner pays for and an institution runs.

    \b
    orgkit init                   write a settings file
    orgkit validate               check it, and the policies it names
    orgkit bootstrap --dry-run    see what would be done
    orgkit bootstrap              do it
    orgkit status                 see that it is still so
    orgkit prove                  see who may do what
    orgkit invite                 bring accounts in
    orgkit handover               write the page that each party holds in hand
    """
    settle_colour(context)


def main() -> None:
    """The command line of this process. Ends in SystemExit."""
    _open_what_is_closed()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without Unicode gets ? for ✓, not a traceback
    try:
        code = cli.main(prog_name="orgkit", standalone_mode=False)
    except SystemExit as end:
        code = end.code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except OSError as failure:  # help, or an error told as JSON, into a full disk
        code = stopped_by(failure)
    except click.Abort:  # what click makes of a Ctrl-C before a command has begun
        code = interrupted()
    sys.exit(code if _written_out() else 1)


def _written_out() -> bool:
    """Whether stdout took all that was written. If not, it is given up: Python would end with 120, trying once more."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


def _open_what_is_closed() -> None:
    """Open the standard streams that whoever started this had closed: to nothing.

    Else the next file that is opened takes the place of one, and gets what is meant for it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
