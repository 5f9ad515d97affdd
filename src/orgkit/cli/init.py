"""The command `orgkit init`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from orgkit.aws.credentials import account_at_hand
from orgkit.cli.common import PROFILE, SETTINGS_FILE, Answer, ask, command, tell, typed
from orgkit.report.text import quoted
from orgkit.settings import settings


@command(
    """
    \b
    orgkit init
    orgkit init --account 123456789012
    orgkit init payers/example.yaml --institution "Example"

    On a terminal it asks for what is not given, and offers the account you are signed in to. It never overwrites.
    """,
    exits=(0, 1, 2, 130),
    formats=(),
    options=(PROFILE,),
)
@click.argument("path", type=click.Path(path_type=Path), default=SETTINGS_FILE)
@click.option("--account", metavar="ID", help="The payer's account id (12 digits).")
@click.option("--institution", metavar="NAME", help="The institution's name.")
def init(answer: Answer, path: Path, account: str | None, institution: str | None, profile: str | None) -> None:
    settings.refuse_existing(path)
    if account is None:
        question = "The payer's account id (12 digits)"
        account = ask(question, "--account", partial(settings.amiss, "account"), partial(_signed_in, profile))
    if institution is None:
        institution = ask("The institution's name", "--institution", partial(settings.amiss, "institution"))
    settings.write(path, account, institution)
    named = f" --profile {quoted(profile)}" if profile else ""
    answer.say(f"Wrote {path}. Read it, then run: {typed('bootstrap --dry-run', path)}{named}")
    if not _passwords_ignored(path.parent.absolute()):
        tell(
            "Warning: this is a git repository, and bootstrap writes first passwords beside the settings. Keep them "
            f"out of it:\n\n  echo '*_credentials.csv' >> {quoted(str(path.parent / '.gitignore'))}"
        )


def _signed_in(profile: str | None) -> str:
    """The account to offer; "" if AWS does not say."""
    account = account_at_hand(profile)
    if account:
        tell(f"Asked AWS: you are signed in to {account}.")
    elif profile:
        tell(f"AWS could not be asked with the profile {profile}.")
    return account


def _passwords_ignored(folder: Path) -> bool:
    """Whether git, if the folder is in a repository, is told to ignore the credentials files."""
    for above in (folder, *folder.parents):
        ignored = above / ".gitignore"
        if ignored.is_file() and "_credentials.csv" in ignored.read_text(encoding="utf-8", errors="replace"):
            return True
        if (above / ".git").exists():
            return False
    return True
