"""The command line: what each command takes, asks and prints. What is done stands in procedure.py."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from orgkit import __version__
from orgkit.cli_handover import handover
from orgkit.cli_help import help_command
from orgkit.cli_invite import invite
from orgkit.cli_prove import prove
from orgkit.cli_status import state_document, status, walked
from orgkit.cli_validate import validate
from orgkit.console import (
    EXITS,
    asked,
    aws_options,
    confirmed,
    door,
    enter,
    exit_codes,
    output_option,
    say,
    settle_colour,
    stopped_by,
    tell,
    tell_marked,
)
from orgkit.errors import OrgkitError
from orgkit.interruption import interrupted

if TYPE_CHECKING:
    from orgkit.aws import Aws
    from orgkit.settings import Settings
    from orgkit.steps import Step


_SETTINGS: Final = Path("orgkit.yaml")
_CONTEXT: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(epilog=exit_codes(*EXITS), context_settings=_CONTEXT)
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


cli.add_command(validate)
cli.add_command(status)
cli.add_command(prove)
cli.add_command(invite)
cli.add_command(handover)
cli.add_command(help_command)


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


@cli.command(epilog=exit_codes(0, 1, 2, 4, 130))
@click.option("--dry-run", is_flag=True, help="Show what would be done, and change nothing.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@output_option("text", "json")
@aws_options
@door
def bootstrap(
    dry_run: bool,
    yes: bool,
    output: str,
    settings_file: Path,
    profile: str | None,
    endpoint_url: str | None,
    debug: bool,
) -> None:
    """Make the payer account what the settings say.

    \b
    orgkit bootstrap --dry-run
    orgkit bootstrap
    orgkit bootstrap --yes -o json

    It shows the plan, asks once, and goes on from wherever an earlier run stopped. What is in place is left alone.
    """
    from orgkit import passwords, procedure, report
    from orgkit.one_at_a_time import one_at_a_time

    text = output == "text"
    aws, settings = enter(settings_file, profile, endpoint_url, debug=debug)
    if not dry_run:
        click.get_current_context().with_resource(one_at_a_time(settings.account))
    plan = walked(procedure.seen(aws, settings), say if text else None)
    if dry_run or report.in_place(plan):
        _finish(aws, settings, plan, text=text, dry_run=dry_run)
        return
    if text:
        say(f"\n{report.summary(plan)}\n")
    passwords.check_files(aws, settings)
    if not yes:
        _ask(aws, plan, shown=text)
    done = _do(aws, settings, text=text)
    _finish(aws, settings, done, text=text, changed=[step.thing for step in plan if step.to_do])


def _do(aws: Aws, settings: Settings, *, text: bool) -> tuple[Step, ...]:
    """Go through the procedure, saying each step as it then is."""
    from orgkit import procedure, report

    done: list[Step] = []
    try:
        for step in procedure.bootstrap(aws, settings):
            done.append(step)
            if text:
                say(report.line(step))
    except OrgkitError as error:
        _stopped(aws, settings, done, error, text=text)
        raise
    return tuple(done)


def _ask(aws: Aws, plan: tuple[Step, ...], *, shown: bool) -> None:
    from orgkit import report

    if not shown:
        for line in report.lines(plan):
            tell_marked(line)
    if aws.organizations.organization() is None:
        tell("An organization with all features cannot go back to consolidated billing.")
    if not confirmed(f"Make these changes in {aws.caller.account}?"):
        raise OrgkitError("Nothing was changed.")
    tell()
    aws.facts.clear()  # who knows how long the question stood


def _finish(
    aws: Aws,
    settings: Settings,
    steps: tuple[Step, ...],
    *,
    text: bool,
    dry_run: bool = False,
    changed: Sequence[str] = (),
) -> None:
    """The end of a bootstrap. `changed` names the things it has made or mended."""
    from orgkit import report

    remaining = report.remaining(settings, aws.caller.account, changed)
    if not text:
        say(report.as_json(state_document(aws, settings, steps, remaining=remaining)))
        return
    if dry_run and not report.in_place(steps):
        say(f"\n{report.summary(steps)} Nothing was changed.")
    elif not changed:
        say(f"\nEverything in {settings.path.name} is in place.")
    else:
        say("\nDone. Check it at any time with `orgkit status`.")
        if remaining:
            say("\nWhat remains is for a person, in this order:")
        for number, item in enumerate(remaining, start=1):
            say(f"  {number}. {item}")


def _stopped(aws: Aws, settings: Settings, done: list[Step], error: OrgkitError, *, text: bool) -> None:
    """In JSON, what was done before the failure belongs to the answer."""
    from orgkit import report

    if not text:
        say(report.as_json(state_document(aws, settings, tuple(done), failed=True, error=report.error_json(error))))
        error.reported = True


@cli.command(epilog=exit_codes(0, 1, 2, 130))
@click.argument("path", type=click.Path(path_type=Path), default=_SETTINGS)
@click.option("--account", metavar="ID", help="The payer's account id (12 digits).")
@click.option("--institution", metavar="NAME", help="The institution's name.")
@door
def init(path: Path, account: str | None, institution: str | None) -> None:
    """Write a settings file, and beside it the schema for editors.

    \b
    orgkit init
    orgkit init --account 123456789012 --institution "Example University"
    orgkit init payers/example.yaml --institution "Example University"

    On a terminal it asks for what it is not told, and offers the account you are signed in to. It never overwrites.
    """
    from orgkit import settings

    settings.refuse_existing(path)
    if account is None:
        question = "The payer's account id (12 digits)"
        account = asked(question, "--account", partial(settings.amiss, "account"), _account_at_hand)
    if institution is None:
        institution = asked("The institution's name", "--institution", partial(settings.amiss, "institution"))
    settings.write(path, account, institution)
    named = "" if path == _SETTINGS else f" -s {shlex.quote(str(path))}"
    say(f"Wrote {path}. Read it, then run: orgkit bootstrap --dry-run{named}")


def _account_at_hand() -> str:
    from orgkit.aws.sign_in import account_at_hand

    return account_at_hand()


@cli.command(epilog=exit_codes(0, 1, 130))
@door
def demo() -> None:
    """Show the whole story on a pretend AWS in this process.

    \b
    orgkit demo

    It needs no account and no network.
    """
    _with_sandbox()
    from orgkit.sandbox import demo as story

    story.tell(cli)


@cli.command(epilog=exit_codes(0, 1, 2))
@click.option("--port", type=click.IntRange(0, 65535), default=5000, show_default=True, help="0 takes a free one.")
@door
def sandbox(port: int) -> None:
    """Serve a pretend AWS on 127.0.0.1, for the real commands.

    \b
    orgkit sandbox
    orgkit sandbox --port 0

    It prints what to set in another terminal, so that the other commands ask it instead of AWS.
    """
    _with_sandbox()
    from orgkit.sandbox import server

    server.serve(port, _announce)
    say("\nStopped; what the sandbox held is forgotten.")


def _announce(url: str) -> None:
    say("A pretend AWS is running; nothing it holds is real, and it forgets all when it stops.")
    say("In another terminal:\n")
    say(f"  export AWS_ENDPOINT_URL={url}")
    say("  export AWS_DEFAULT_REGION=us-east-1")
    say("  export AWS_ACCESS_KEY_ID=123456789012 AWS_SECRET_ACCESS_KEY=sandbox AWS_SESSION_TOKEN=sandbox\n")
    say("Press Ctrl-C to stop.")


def _with_sandbox() -> None:
    try:
        import flask  # noqa: F401  the server's own need
        import moto  # noqa: F401  the sandbox's first need
    except ImportError as absent:
        raise OrgkitError("The sandbox is not installed.", "Install it with: pip install 'orgkit[sandbox]'") from absent
