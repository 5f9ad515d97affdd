"""What every command shares: its options, signing in, asking, and the one door errors leave by."""

from __future__ import annotations

import functools
import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, ParamSpec

import click

from orgkit.cli import interrupt
from orgkit.errors import OrgkitError, SignInError

if TYPE_CHECKING:
    from orgkit.aws import Aws
    from orgkit.settings import Settings

P = ParamSpec("P")
Command = Callable[..., None]

SETTINGS: Final = Path("orgkit.yaml")
"""The settings file that commands look for."""

_ISSUES: Final = "https://github.com/orgkit/orgkit/issues"


def tell(text: str = "") -> None:
    """Everything that is not the result: to stderr. It may hold names from AWS, which others chose."""
    from orgkit.settings.text import printable

    click.echo("\n".join(map(printable, text.split("\n"))), err=True)


def tell_marked(line: str) -> None:
    """A line of the result, with its coloured mark, while the result itself is JSON: to stderr."""
    click.echo(line, err=True)


def say(line: str = "") -> None:
    """The result: to stdout."""
    click.echo(line)


def typed(name: str, settings_file: Path) -> str:
    """How a command is typed for these settings, which are named where it would not look for them by itself."""
    named = "" if settings_file == SETTINGS else f" -s {shlex.quote(str(settings_file))}"
    return f"orgkit {name}{named}"


def settings_option(command: Command) -> Command:
    """The settings file, for every command that needs one."""
    return click.option(
        "-s",
        "--settings",
        "settings_file",
        type=click.Path(path_type=Path, readable=False),  # whoever reads it says what is wrong with it
        default=SETTINGS,
        show_default=True,
        envvar="ORGKIT_SETTINGS",
        show_envvar=True,
        help="The settings file.",
    )(command)


def output_option(*formats: str) -> Callable[[Command], Command]:
    """How the result is printed."""
    return click.option(
        "-o",
        "--output",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="How to print the result.",
    )


def aws_options(command: Command) -> Command:
    """The options of every command that talks to AWS; the rest (AWS_* and the like) is botocore's business."""
    for option in reversed(
        (
            settings_option,
            click.option("--profile", metavar="NAME", help="A profile of your AWS configuration."),
            click.option("--endpoint-url", metavar="URL", hidden=True, help="Ask this address instead of AWS."),
            click.option("--debug", is_flag=True, help="Show every call to AWS, and tracebacks; never a password."),
        )
    ):
        command = option(command)
    return command


def door(command: Callable[P, None]) -> Callable[P, None]:
    """Every failure of a command leaves here: said in words, with its remedy and its exit code."""

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        as_json = kwargs.get("output") == "json"
        try:
            command(*args, **kwargs)
        except OrgkitError as error:
            _fail(error, as_json=as_json)
        except (KeyboardInterrupt, click.Abort):
            sys.exit(interrupt.interrupted())
        except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
            raise
        except OSError as failure:
            sys.exit(stopped_by(failure))
        except Exception as bug:
            if kwargs.get("debug"):
                import traceback  # takes a while, and is hardly ever needed

                tell(traceback.format_exc())
            what = f"orgkit has a bug: {type(bug).__name__}: {bug}"
            report_it = f"Run the same command with --debug and report what it prints: {_ISSUES}"
            _fail(OrgkitError(what, report_it), as_json=as_json)

    return guarded


def stopped_by(failure: OSError) -> int:
    """Say what the machine refused: room on a full disk, most likely where the output goes. Answers the exit code."""
    tell(f"\nError: {failure}\n\nClear that, and run the same command again: it goes on from here.")
    return 1


def _fail(error: OrgkitError, *, as_json: bool) -> NoReturn:
    if as_json and not error.reported:
        from orgkit.report import text as report

        say(report.as_json({"error": report.error_json(error)}))
    tell(f"\nError: {error.message}")
    if error.remedy:
        tell(f"\n{error.remedy}")
    sys.exit(error.exit_code)


def confirmed(question: str) -> bool:
    """Ask on the terminal; the answer is no unless it is yes. Raises OrgkitError where there is no terminal."""
    if not _is_terminal():
        raise OrgkitError("There is no terminal to ask on.", "Pass --yes to go ahead without asking.")
    return click.confirm(question, err=True)


def asked(question: str, option: str, amiss: Callable[[str], str], default: Callable[[], str] = str) -> str:
    """Ask for a value, offering the default, until nothing is amiss with it.

    Raises click.UsageError where there is no terminal.
    """
    if not _is_terminal():
        raise click.UsageError(f"There is no terminal to ask on: pass {option}.", click.get_current_context())

    def checked(answer: str) -> str:
        value = answer.strip()
        if words := amiss(value):
            raise click.UsageError(words)
        return value

    given: str = click.prompt(question, default=default() or None, value_proc=checked, err=True)
    return given


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def enter(settings_file: Path, profile: str | None, endpoint_url: str | None, *, debug: bool) -> tuple[Aws, Settings]:
    """Read the settings, sign in, and make sure that this is the payer they are for. Nothing is changed.

    Raises FileProblems for bad settings, and SignInError for the wrong account.
    """
    from orgkit.settings import load

    settings = load(settings_file)
    return enter_with(settings, profile, endpoint_url, debug=debug), settings


def enter_with(
    settings: Settings,
    profile: str | None,
    endpoint_url: str | None,
    *,
    debug: bool,
    tell: Callable[[str], None] = tell,
) -> Aws:
    """Sign in to the payer of these settings, and make sure that it is. Raises SignInError for another account."""
    from orgkit.aws import connect, sign_in

    calls, caller = sign_in(profile or settings.profile, endpoint_url, tell=tell, trace=tell if debug else None)
    if caller.account != settings.account:
        raise SignInError(
            f"You are signed in to {caller.account}, but {settings.path} is for {settings.account}.",
            f"You are {caller.arn}.\nSign in to {settings.account}, or pass the --settings of {caller.account}.",
        )
    aws = connect(calls, caller, settings.iam.region)
    _refuse_a_member(aws)
    tell(f"Signed in to {caller.account} as {caller.arn}")
    if caller.is_root and caller.long_lived:
        tell(
            "You use an access key of the root user, which never expires. Better: delete it after this, and sign in "
            "with `aws login` or use CloudShell."
        )
    return aws


def _refuse_a_member(aws: Aws) -> None:
    organization = aws.organizations.organization()
    if organization and organization.payer != aws.caller.account:
        raise SignInError(
            f"{aws.caller.account} is a member of organization {organization.id}, whose payer is "
            f"{organization.payer}; it cannot be a payer itself.",
            f"Sign in to {organization.payer}, with settings for it. If {aws.caller.account} shall be a payer, it has "
            "to leave that organization first.",
        )


EXITS: Final = {
    0: "done, or everything in place",
    1: "failed; the message says what to do",
    2: "bad usage, settings or policy; AWS was not asked",
    3: "a difference was found",
    4: "no credentials, or the wrong account",
    interrupt.EXIT_CODE: "interrupted; run it again",
}
"""Every exit code there is, and what it says."""


def exit_codes(*codes: int) -> str:
    """The end of a command's help: what its exit codes say."""
    return "\n".join(["\b", "Exit codes:", *(f"  {code:<4} {EXITS[code]}" for code in codes)])


def settle_colour(context: click.Context) -> None:
    """Colour only on a terminal, and never against NO_COLOR; FORCE_COLOR has it anywhere."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        context.color = False
    elif os.environ.get("FORCE_COLOR"):
        context.color = True


def document(**members: Any) -> dict[str, Any]:
    """A JSON document without the members that are None."""
    return {key: value for key, value in members.items() if value is not None}
