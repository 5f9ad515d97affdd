"""What the command line says of itself: its commands and its exit codes. It imports nothing that is slow to load."""

from __future__ import annotations

from typing import Final

from orgkit.cli import interrupt

COMMANDS: Final = {
    "init": "Write a settings file, and beside it the schema for editors.",
    "validate": "Check the settings, their SCPs and the IAM template, offline.",
    "bootstrap": "Bring the payer account in line with the settings.",
    "status": "Compare the payer account with the settings. Changes nothing.",
    "prove": "Prove who may do what, by AWS's own policy simulator.",
    "invite": "Invite accounts into the organization.",
    "invitations": "Show which invitations nobody has answered. Changes nothing.",
    "cancel": "Take invitations back.",
    "place": "Move the accounts at the root into the institution's OU.",
    "handover": "Write a handover page for a party. Changes nothing.",
    "demo": "Show the whole story on a pretend AWS in this process.",
    "sandbox": "Serve a pretend AWS on 127.0.0.1, for the real commands.",
    "help": "Show how a command is used, or what AWS's errors ask for.",
}
"""Every command by its name, which is its module's and its function's too, and the first sentence of its help."""

EXITS: Final = {
    0: "done, or everything in place",
    1: "failed; the message says what to do",
    2: "bad usage, settings or policy; AWS was not asked",
    3: "a difference was found",
    4: "no credentials, or the wrong account",
    interrupt.EXIT_CODE: "interrupted; run it again (hung up: 129, terminated: 143)",
}
"""Every exit code and what it means."""


def help_of(name: str, more: str) -> str:
    """The help of a command: its first sentence, then more."""
    return f"{COMMANDS[name]}\n\n{more.strip()}"


def exit_codes(*codes: int) -> str:
    """The end of a command's help: what its exit codes mean."""
    return "\n".join(["\b", "Exit codes:", *(f"  {code:<4} {EXITS[code]}" for code in codes)])
