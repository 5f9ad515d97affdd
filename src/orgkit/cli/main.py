"""The command line as a whole: its commands, each loaded when it is named, and how all of them end.

What lists commands stays quick: nothing here takes long to import.
"""

import os
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any, Final

import click

from orgkit import __version__
from orgkit.cli import process
from orgkit.errors import plain

COMMANDS: Final = {
    "init": ("settings_file", "Write a settings file, and beside it the schema for editors."),
    "validate": ("settings_file", "Check the settings, their SCPs and the IAM template, offline."),
    "bootstrap": ("bootstrap", "Bring the payer account in line with the settings."),
    "status": ("status", "Compare the payer account with the settings. Changes nothing."),
    "prove": ("status", "Prove who may do what, by AWS's own policy simulator."),
    "invite": ("invite", "Invite accounts into the organization."),
    "invitations": ("invite", "Show which invitations nobody has answered. Changes nothing."),
    "cancel": ("invite", "Take invitations back."),
    "place": ("invite", "Move the accounts at the root into the institution's OU."),
    "handover": ("status", "Write a handover page for a party. Changes nothing."),
    "demo": ("sandbox", "Show the whole story on a pretend AWS in this process."),
    "sandbox": ("sandbox", "Serve a pretend AWS on 127.0.0.1, for the real commands."),
    "help": ("help", "Show how a command is used, or what AWS's errors ask for."),
}
"""Every command by its name, which is its function's too: its module, and the first sentence of its help."""

EXITS: Final = {
    0: "done, or everything in place",
    1: "failed; the message says what to do",
    2: "bad usage, settings or policy; AWS was not asked",
    3: "a difference was found",
    4: "no credentials, or the wrong account",
    process.EXIT_CODE: "interrupted (hung up: 129, terminated: 143)",
}
"""Every exit code and what it means."""

CLEAR: Final = "Clear that, and run the same command again: it goes on from here."
"""What to do about what this machine refuses."""


def exit_codes(*codes: int) -> str:
    """The end of a command's help: what its exit codes mean."""
    return "\n".join(["\b", "Exit codes:", *(f"  {code:<4} {EXITS[code]}" for code in codes)])


class _Command(click.Command):
    """A command whose module is imported when it is named."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        name = str(self.name)
        command: click.Command = getattr(import_module(f"orgkit.cli.{COMMANDS[name][0]}"), name)
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
    commands={name: _Command(name, short_help=words) for name, (_, words) in COMMANDS.items()},
    help=_HELP,
    epilog=exit_codes(*EXITS),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="orgkit")
@click.pass_context
def cli(context: click.Context) -> None:
    """Colour only on a terminal, and never against NO_COLOR; FORCE_COLOR has it anywhere."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        context.color = False
    elif os.environ.get("FORCE_COLOR"):
        context.color = True


def main() -> None:
    """The command line of this process. Ends in SystemExit."""
    process.prepare_streams()
    try:
        code = cli.main(prog_name="orgkit", standalone_mode=False)
    except SystemExit as end:
        code = end.code
    except (click.ClickException, OSError) as failure:  # the latter for help, or an error as JSON, into a full disk
        what = f"{plain(failure)}\n\n{CLEAR}"
        error = failure if isinstance(failure, click.ClickException) else click.ClickException(what)
        with suppress(OSError):
            error.show()
        code = error.exit_code
    except click.Abort as cause:  # what click makes of a Ctrl-C before a command has begun
        code = process.interrupted(cause)
    process.flushed(sys.stderr)  # what cannot be told is lost, and changes nothing
    sys.exit(code if process.flushed(sys.stdout) else 1)
