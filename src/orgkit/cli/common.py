"""What every command shares: its options, its result, its failures, what it asks.

The result goes to stdout, as text or as one JSON document; everything else goes to stderr.
"""

import functools
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import click

from orgkit.bundled import shipped
from orgkit.cli import process
from orgkit.cli.main import CLEAR, COMMANDS, exit_codes
from orgkit.errors import OrgkitError, plain
from orgkit.report import text as report
from orgkit.settings.text import printable

SETTINGS_FILE: Final = Path("orgkit.yaml")
"""The settings file that commands look for."""
_HELP: Final = Path(__file__).with_name("commands.yaml")


# Options


@dataclass(frozen=True)
class Access:
    """The options of every command that talks to AWS; the rest (AWS_* and the like) is botocore's business."""

    settings_file: Path
    profile: str | None
    endpoint_url: str | None
    debug: bool


PROFILE: Final = click.Option(["--profile"], metavar="NAME", help="A profile of your AWS configuration.")
SETTINGS: Final = click.Option(
    ["-s", "--settings", "settings_file"],
    type=click.Path(path_type=Path, readable=False),  # whoever reads it says what is wrong with it
    default=SETTINGS_FILE,
    show_default=True,
    envvar="ORGKIT_SETTINGS",
    show_envvar=True,
    help="The settings file.",
)
AWS: Final = (
    SETTINGS,
    PROFILE,
    click.Option(["--endpoint-url"], metavar="URL", hidden=True, help="Ask this address instead of AWS."),
    click.Option(["--debug"], is_flag=True, help="Show every call to AWS, and tracebacks; never a password."),
)
DRY_RUN: Final = click.option("--dry-run", is_flag=True, help="Show what would be done, and change nothing.")
YES: Final = click.option("-y", "--yes", is_flag=True, help="Do not ask.")


# A command and its result


@dataclass
class Answer:
    """The result of a command, on stdout: as text each line at once, in any other format one document at the end."""

    format: str
    document: dict[str, Any] = field(default_factory=dict)
    """The members of the JSON document."""

    @property
    def as_json(self) -> bool:
        return self.format == "json"

    def say(self, *lines: str) -> None:
        """Lines of the text; the JSON has them as members."""
        for line in () if self.as_json else lines:
            self.write("\n".join(report.fitted(line)) if self.format == "text" else line)

    def add(self, member: str, entry: dict[str, Any], *lines: str) -> None:
        """An entry of a list in the JSON, and what the text says instead."""
        self.document.setdefault(member, []).append(entry)
        self.say(*lines)

    def show(self, *lines: str) -> None:
        """Lines of a plan or of progress, with coloured marks: beside JSON they go to stderr."""
        for line in lines:
            click.echo(report.safe(line), err=self.as_json)

    def finish(self) -> None:
        """Print the JSON document, if that is what was asked for."""
        if self.document and self.as_json:
            self.write(report.as_json(self.document))

    def write(self, text: str) -> None:
        """Print text for a terminal in its encoding, anything else in UTF-8: files and programs expect that."""
        for_terminal = self.format in ("text", "tree")
        click.echo(report.safe(text) if for_terminal else text.encode("utf-8", "backslashreplace"))


def command(
    *, formats: Sequence[str] = ("text", "json"), options: Sequence[click.Option] = AWS
) -> Callable[[Callable[..., int | None]], click.Command]:
    """A command from its body, which is called with the Answer, the Access if it talks to AWS, and its own options.

    The body may return an exit code. Its help is data, commands.yaml: docstrings are gone under -OO.
    """

    def made_of(body: Callable[..., int | None]) -> click.Command:
        @functools.wraps(body)
        def run(**given: Any) -> None:
            debug = given.get("debug", False)
            if options is AWS:
                given["access"] = Access(*(given.pop(name) for name in Access.__dataclass_fields__))
            sys.exit(_exit_code(body, Answer(given.pop("output", "text")), given, debug=debug))

        name = body.__name__
        told = shipped(_HELP)[name]
        words = "\n".join([COMMANDS[name][1], "", "\b", *told["examples"], "", told["words"]])
        made = click.command(name, help=words, epilog=exit_codes(*told["exits"]))(run)
        if formats:
            how, words = click.Choice(formats), "How to print the result."
            output = click.Option(["-o", "--output"], type=how, default=formats[0], show_default=True, help=words)
            made.params.append(output)
        made.params += options
        return made

    return made_of


class Declined(OrgkitError):
    """The answer to the question was no."""


def _exit_code(body: Callable[..., int | None], answer: Answer, given: dict[str, Any], *, debug: bool) -> int:
    """Run a command. Turns any exception into a message, a remedy and an exit code.

    In JSON an error stands beside what was done before it.
    """
    try:
        code = body(answer, **given) or 0
        answer.finish()
        return code
    except OrgkitError as failure:
        error = failure
    except (KeyboardInterrupt, click.Abort) as cause:
        answer.finish()
        return process.interrupted(cause)
    except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
        raise
    except OSError as failure:  # a full disk, most likely where the output goes
        error = OrgkitError(plain(failure), CLEAR)
    except Exception as bug:
        if debug:
            click.echo(report.safe(traceback.format_exc()), err=True)
        what = f"orgkit has a bug: {type(bug).__name__}: {bug}"
        where = "https://github.com/orgkit/orgkit/issues"
        error = OrgkitError(what, f"Run the same command with --debug and report it: {where}")
    answer.document["error"] = report.error_json(error)
    answer.finish()
    tell("\n" + ("" if isinstance(error, Declined) else "Error: ") + error.message)
    if error.remedy:
        tell(f"\n{error.remedy}")
    return error.exit_code


# Telling and asking


def tell(text: str = "") -> None:
    """Everything that is not the result: to stderr. It may hold names from AWS, which others chose."""
    with suppress(OSError):  # what cannot be told is lost, but does not stop what is under way
        click.echo("\n".join(report.fitted("\n".join(map(printable, text.split("\n"))))), err=True)


def typed(name: str, settings_file: Path) -> str:
    """How to type a command for these settings, which are named unless they are where it looks for them anyway."""
    named = "" if settings_file == SETTINGS_FILE else f" -s {report.quoted(str(settings_file))}"
    return f"orgkit {name}{named}"


def is_terminal() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


def confirm(question: str) -> None:
    """Ask on the terminal. Raises Declined unless the answer is yes, and OrgkitError if there is no terminal."""
    if not is_terminal():
        raise OrgkitError("There is no terminal to ask on.", "Pass --yes to go ahead without asking.")
    if not click.confirm(question, err=True):
        raise Declined("Nothing was changed.")
    tell()
