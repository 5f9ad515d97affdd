"""One bootstrap at a time: a lock for each payer and each user of this machine.

The operating system holds the lock for the process, and frees it however the process ends. Its file stays, empty.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orgkit.errors import OrgkitError

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def one_at_a_time(account: str) -> Iterator[None]:
    """Keep other bootstraps of this payer from running meanwhile. Raises OrgkitError where one is running."""
    path = _path(account)
    try:
        descriptor = _open(path)
    except OSError as failure:
        raise OrgkitError(
            f"{path}, by which orgkit knows that it runs only once, cannot be opened: {failure.strerror or failure}.",
            "Remove that file, or set TMPDIR to a folder of your own; then run the same command again.",
        ) from failure
    try:
        try:
            _lock(descriptor)
        except OSError as held:
            raise OrgkitError(
                f"Another bootstrap of {account} is running on this machine.",
                "Wait until it has ended, then run the same command again.",
            ) from held
        yield
    finally:
        os.close(descriptor)


def _path(account: str) -> Path:
    """In the folder for temporary files, which a terminal, a scheduler and `sudo` have in common.

    XDG_RUNTIME_DIR they have not: two runs would each lock a file of their own.
    """
    folder = os.environ.get("TMPDIR") or tempfile.gettempdir()  # which keeps to its first answer
    return Path(folder) / f"orgkit-{_user()}-{account}.lock"


def _open(path: Path) -> int:
    """Others may write into that folder too: no link is followed, and no file of theirs is taken. Raises OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_uid != _user():
        os.close(descriptor)
        raise OSError("it is not a file of yours")
    return descriptor


def _user() -> int:
    """The user's number; on Windows, where temporary files are each user's own, all are 0."""
    return os.getuid() if sys.platform != "win32" else 0
