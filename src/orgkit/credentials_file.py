"""The file that carries a new user's first password, like the one the AWS console offers for download.

It is written whole, readable by its owner only, and on disk before AWS is told the password.
"""

from __future__ import annotations

import csv
import io
import os
import secrets
import string
from contextlib import suppress
from pathlib import Path
from typing import Final

from orgkit.errors import OrgkitError

_COLUMNS: Final = ["User name", "Password", "Console sign-in URL"]
_LENGTH: Final = 24
_SYMBOLS: Final = "!@#$%^*()_+-=[]{}"  # of those IAM counts as symbols; none that CSV or a shell quotes
_KINDS: Final = (string.ascii_uppercase, string.ascii_lowercase, string.digits, _SYMBOLS)


def new_password() -> str:
    """A password of 24 characters of all four kinds that a strict account password policy can demand."""
    while True:
        rest = "".join(secrets.choice("".join(_KINDS)) for _ in range(_LENGTH - 1))
        password = secrets.choice(string.ascii_letters) + rest  # no spreadsheet takes it for a formula
        if all(any(character in kind for character in password) for kind in _KINDS):
            return password


def path_for(folder: Path, user: str) -> Path:
    """Where the file of a user belongs: one file a user, as they go to different parties."""
    return folder / f"{user}_credentials.csv"


def check(path: Path, user: str) -> None:
    """Make sure the file can be written, before anything is changed. Raises OrgkitError."""
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise OrgkitError(
            f"{path.name} cannot be written: {path.parent} is not writable.",
            "Put the settings file into a folder of your own, and run the same command there.",
        )
    if os.path.lexists(path) and not is_leftover(path, user):
        raise OrgkitError(
            f"{path} is in the way: {user} gets a new password, and orgkit overwrites no file but its own.",
            "Move that file away, and run the same command again.",
        )


def is_leftover(path: Path, user: str) -> bool:
    """Whether this is a regular file as `write` makes it for that user."""
    if path.is_symlink() or not path.is_file():
        return False
    try:
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    except (OSError, ValueError, csv.Error):
        return False
    return len(rows) == 2 and rows[0] == _COLUMNS and rows[1][:1] == [user]


def write(path: Path, user: str, password: str, sign_in_url: str) -> None:
    """Write the file and wait until it is on disk. Replaces only a leftover of its own. Raises OrgkitError."""
    check(path, user)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_COLUMNS, [user, password, sign_in_url]])
    draft = path.with_name(f".{path.name}.draft")
    try:
        draft.unlink(missing_ok=True)
        # Created anew with its mode, so at no moment is it open to others, and no link is followed.
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text.getvalue())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _sync_folder(path.parent)
    except OSError as failure:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise OrgkitError(
            f"{path.name} cannot be written: {failure.strerror or failure}.",
            "No password was set. Clear that, and run the same command again.",
        ) from failure


def _sync_folder(folder: Path) -> None:
    """Make the file's name durable too; where folders cannot be opened (Windows), that is all there is."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
