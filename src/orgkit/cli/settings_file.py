"""The commands `orgkit init` and `orgkit validate`: a settings file before anything is asked of AWS with it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from orgkit import settings
from orgkit.cli.common import PROFILE, SETTINGS, SETTINGS_FILE, Answer, command, is_terminal, tell, typed
from orgkit.errors import OrgkitError
from orgkit.iam import template
from orgkit.report import text as report
from orgkit.settings.reader import in_order
from orgkit.settings.rules import doubts


@command(formats=(), options=(PROFILE,))
@click.argument("path", type=click.Path(path_type=Path), default=SETTINGS_FILE)
@click.option("--account", metavar="ID", help="The payer's account id (12 digits).")
@click.option("--institution", metavar="NAME", help="The institution's name.")
def init(answer: Answer, path: Path, account: str | None, institution: str | None, profile: str | None) -> None:
    settings.refuse_existing(path)
    if account is None:
        account = _ask("account", "The payer's account id (12 digits)", partial(_signed_in, profile))
    if institution is None:
        institution = _ask("institution", "The institution's name")
    settings.write(path, account, institution)
    named = f" --profile {report.quoted(profile)}" if profile else ""
    answer.say(f"Wrote {path}. Read it, then run `{typed('bootstrap --dry-run', path)}{named}`.")
    if not _passwords_ignored(path.parent.absolute()):
        tell(
            "Warning: this is a git repository, and bootstrap writes first passwords beside the settings. Keep them "
            f"out of it:\n\n  echo '*_credentials.csv' >> {report.quoted(str(path.parent / '.gitignore'))}"
        )


def _ask(setting: str, question: str, default: Callable[[], str] = str) -> str:
    """Ask for a setting, offering the default, until nothing is wrong with it.

    Raises click.UsageError if there is no terminal.
    """
    if not is_terminal():
        raise click.UsageError(f"There is no terminal to ask on: pass --{setting}.", click.get_current_context())

    def checked(answer: str) -> str:
        value = answer.strip()
        if wrong := settings.amiss(setting, value):
            raise click.UsageError(wrong)
        return value

    given: str = click.prompt(question, default=default() or None, value_proc=checked, err=True)
    return given


def _signed_in(profile: str | None) -> str:
    """The account to offer; "" if AWS does not say."""
    from orgkit.aws import Sessions  # loads what `validate` does without
    from orgkit.aws.attempts import hurried

    try:
        with hurried():
            _, caller = Sessions().sign_in(profile, tell=tell)
    except OrgkitError:
        if profile:
            tell(f"AWS could not be asked with the profile {profile}.")
        return ""
    tell(f"Asked AWS: you are signed in to {caller.account}.")
    return caller.account


def _passwords_ignored(folder: Path) -> bool:
    """Whether git, if the folder is in a repository, is told to ignore the credentials files."""
    for above in (folder, *folder.parents):
        ignored = above / ".gitignore"
        if ignored.is_file() and "_credentials.csv" in ignored.read_text(encoding="utf-8", errors="replace"):
            return True
        if (above / ".git").exists():
            return False
    return True


@command(options=(SETTINGS,))
def validate(answer: Answer, settings_file: Path) -> int:
    checked = settings.check(settings_file)
    # The settings' own words are the plainest, so they come first.
    found = in_order([*checked.problems, *template.problems(), *doubts(checked.documents)])
    for problem in found:
        severity = "warning" if problem.warning else "error"
        where = f"{problem.file}:{problem.line}:{problem.column}"
        words = ": ".join(filter(None, [where, severity, problem.path, problem.text]))
        answer.add("findings", {"severity": severity, **report.problem_json(problem)}, words)
    errors = sum(not problem.warning for problem in found)
    numbers = ((errors, "error"), (len(found) - errors, "warning"))
    counts = ", ".join(report.counted(number, noun) for number, noun in numbers if number)
    answer.say(f"{counts}." if counts else f"{settings_file.name}, its SCPs and the IAM template are valid.")
    answer.document = {"valid": not errors, "findings": [], **answer.document}
    return 2 if errors else 0
