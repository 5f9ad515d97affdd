"""Console access: a first password for each admin, in a file like the one the AWS console offers for download.

The file is written whole, readable by its owner only, and on disk before AWS is told the password.
"""

import csv
import io
import os
import re
import secrets
import string
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from orgkit.aws import Aws
from orgkit.errors import AwsError, OrgkitError
from orgkit.settings import Settings
from orgkit.step import State, Step

_COLUMNS: Final = ["User name", "Password", "Console sign-in URL"]
LENGTH: Final = 24
"""Characters of a password, unless the account's password policy demands more."""

_SYMBOLS: Final = "!@#$%^*()_+-=[]{}"  # of those IAM counts as symbols; none that CSV or a shell quotes
_ACCOUNT: Final = re.compile(r"https://([0-9]{12})\.signin\.")
_LARGEST: Final = 4096  # characters, several times what name, password and URL can take
_KINDS: Final = (string.ascii_uppercase, string.ascii_lowercase, string.digits, _SYMBOLS)
_REFUSED: Final = frozenset({"AccessDenied", "LimitExceeded"})
"""Errors of CreateLoginProfile that tell for certain, of a call sent once, that AWS has not taken the password."""


def file_of(settings: Settings, user: str) -> Path:
    """Where the first password of a user goes: beside the settings; here, if they come from a pipe or a device.

    One file per user, as they go to different parties.
    """
    folder = settings.path.parent if settings.path.is_file() or not settings.path.exists() else Path()
    return folder / f"{user}_credentials.csv"


def console_access(aws: Aws, settings: Settings, user: str) -> Step:
    """A login profile. A user that has one is left alone: its password is its own."""
    thing = f"console access of {user}"
    if has_password(aws, settings, user):
        return Step(thing, State.IN_PLACE, "has a password")
    file = file_of(settings, user)
    return Step(thing, State.MISSING, f"first password into {file.name}", lambda: _give_password(aws, settings, user))


def has_password(aws: Aws, settings: Settings, user: str) -> bool:
    """Whether a user has a login profile. The users come with the stack: without it nobody is asked for them."""
    return aws.cloudformation.find(settings.iam.stack) is not None and aws.iam.has_password(user)


def check_files(aws: Aws, settings: Settings) -> None:
    """Make sure the files of the passwords to come can be written. Raises OrgkitError."""
    for user in settings.iam.users:
        if not has_password(aws, settings, user):
            check(file_of(settings, user), user, aws.caller.account)


def _give_password(aws: Aws, settings: Settings, user: str, length: int = LENGTH) -> str:
    """A first password, as long as the account's password policy demands.

    The file first, then the call: a password that AWS knows is never lost.
    """
    path, password = file_of(settings, user), new_password(length)
    former = write(path, user, aws.caller.account, password, aws.caller.sign_in_url)
    try:
        aws.iam.create_password(user, password)
    except AwsError as error:
        if error.code == "EntityAlreadyExists" and not error.sent_again:
            # From a stopped run, which AWS did not show yet: then its file is right. Or somebody else runs orgkit.
            put_back(path, former)
            return "has a password by now"
        unfit = error.code == "PasswordPolicyViolation"
        if unfit or (error.code in _REFUSED and not error.sent_again):
            put_back(path, former)
        if unfit and (longer := aws.iam.shortest_password()) > length:
            return _give_password(aws, settings, user, longer)
        if error.code != "EntityAlreadyExists":
            raise
        # An earlier sending of this very call, whose answer was lost, has set the password in the file.
    return f"first password in {path.name}"


# The file


def new_password(length: int = LENGTH) -> str:
    """A password of all four kinds that a strict account password policy can demand."""
    while True:
        rest = "".join(secrets.choice("".join(_KINDS)) for _ in range(length - 1))
        password = secrets.choice(string.ascii_letters) + rest  # no spreadsheet takes it for a formula
        if all(any(character in kind for character in password) for kind in _KINDS):
            return password


def check(path: Path, user: str, account: str) -> None:
    """Make sure the file can be written, before anything is changed. Raises OrgkitError."""
    _make_sure_of(path, user, account)
    # Tried with as much as a file can hold: whether there is a right to write and room for it, only writing tells.
    _put(path, " " * _LARGEST, only_try=True)


def owner(path: Path) -> tuple[str, str] | None:
    """The user and the account of a regular file as `write` makes it, or None for any other."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size > _LARGEST:
        return None
    try:
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    except (OSError, ValueError, csv.Error):
        return None
    if len(rows) != 2 or rows[0] != _COLUMNS or len(rows[1]) != len(_COLUMNS):
        return None
    account = _ACCOUNT.match(rows[1][2])
    return (rows[1][0], account[1]) if account else None


def write(path: Path, user: str, account: str, password: str, sign_in_url: str) -> str | None:
    """Write the file and wait until it is on disk. Replaces only a leftover of its own. Raises OrgkitError.

    Answers what it replaced, for `put_back`.
    """
    _make_sure_of(path, user, account)
    former = path.read_text(encoding="utf-8") if path.exists() else None
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_COLUMNS, [user, password, sign_in_url]])
    _put(path, text.getvalue())
    return former


def put_back(path: Path, former: str | None) -> None:
    """Take a file back that carries a password AWS did not take. Raises OrgkitError."""
    if former is None:
        path.unlink(missing_ok=True)
    else:
        _put(path, former)


def _make_sure_of(path: Path, user: str, account: str) -> None:
    """What a stopped run of this payer has left may be replaced; another payer has users of the same names."""
    found = owner(path)
    if found == (user, account) or not os.path.lexists(path):
        return
    if found:
        raise OrgkitError(
            f"{path} is in the way: it holds the first password of {found[0]} in account {found[1]}.",
            "Hand it over to its user, or move it into another folder; then run the same command again.",
        )
    raise OrgkitError(
        f"{path} is in the way: {user} gets a new password, and orgkit overwrites no file but its own.",
        "Move that file away, and run the same command again.",
    )


def _put(path: Path, text: str, *, only_try: bool = False) -> None:
    """Write a draft beside the file, on disk and readable by its owner only, and let it take the file's place."""
    draft = path.with_name(f".{path.name}.draft")
    # Created with its mode, so at no moment is it open to others, and no link is followed.
    # On Windows, O_BINARY keeps line breaks from being doubled; the others do not have it.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, flags, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            # Some file systems (of Windows, of USB sticks, of some networks) take a file's mode and ignore it.
            if sys.platform != "win32" and os.fstat(descriptor).st_mode & 0o077:
                raise OSError("this file system would let other users of this machine read it")
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if only_try:
            draft.unlink()
            return
        draft.replace(path)
    except OSError as failure:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        clear = f"Remove {draft.name}" if os.path.lexists(draft) else "Clear that"
        raise OrgkitError(
            f"{path.name} cannot be written into {path.parent.resolve()}: {failure.strerror or failure}.",
            f"No password was set. {clear}, or move the settings file to a folder of your own; then run the same "
            "command again.",
        ) from failure
    with suppress(OSError):  # the file's name durable too; where folders cannot be opened (Windows), that is all
        descriptor = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
