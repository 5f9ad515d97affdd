"""The command `orgkit init`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

import click

from orgkit.aws.sign_in import account_at_hand
from orgkit.cli.command import SETTINGS_FILE, Answer, ask, command, typed
from orgkit.settings import settings

_HELP: Final = """
\b
orgkit init
orgkit init --account 123456789012 --institution "Example University"
orgkit init payers/example.yaml --institution "Example University"

On a terminal it asks for what is not given, and offers the account you are signed in to. It never overwrites.
"""


@command(_HELP, 0, 1, 2, 130, formats=(), options=())
@click.argument("path", type=click.Path(path_type=Path), default=SETTINGS_FILE)
@click.option("--account", metavar="ID", help="The payer's account id (12 digits).")
@click.option("--institution", metavar="NAME", help="The institution's name.")
def init(answer: Answer, path: Path, account: str | None, institution: str | None) -> None:
    settings.refuse_existing(path)
    if account is None:
        question = "The payer's account id (12 digits)"
        account = ask(question, "--account", partial(settings.amiss, "account"), account_at_hand)
    if institution is None:
        institution = ask("The institution's name", "--institution", partial(settings.amiss, "institution"))
    settings.write(path, account, institution)
    answer.say(f"Wrote {path}. Read it, then run: {typed('bootstrap --dry-run', path)}")
