"""The command `orgkit init`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from orgkit.cli.common import SETTINGS, asked, door, exit_codes, say, typed


@click.command(epilog=exit_codes(0, 1, 2, 130))
@click.argument("path", type=click.Path(path_type=Path), default=SETTINGS)
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
    from orgkit.settings import settings

    settings.refuse_existing(path)
    if account is None:
        question = "The payer's account id (12 digits)"
        account = asked(question, "--account", partial(settings.amiss, "account"), _account_at_hand)
    if institution is None:
        institution = asked("The institution's name", "--institution", partial(settings.amiss, "institution"))
    settings.write(path, account, institution)
    say(f"Wrote {path}. Read it, then run: {typed('bootstrap --dry-run', path)}")


def _account_at_hand() -> str:
    from orgkit.aws.sign_in import account_at_hand

    return account_at_hand()
