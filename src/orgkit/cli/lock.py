"""One bootstrap at a time: a lock for each payer, for each AWS it is asked of, and for each user of this machine.

The operating system holds the lock for the process, and frees it however the process ends. Its file stays, and
says who held it last.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from orgkit.errors import OrgkitError

_TRIES: Final = 10
_WAIT: Final = 0.5  # seconds between two tries
_HELD: Final = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK})
_NO_LOCKS: Final = frozenset({errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP})
_DARWIN_USER_TEMP_DIR: Final = 65537  # <unistd.h> of macOS; Python has no name for it

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        # What is locked cannot be read by others: a byte far behind what says who holds it.
        os.lseek(descriptor, 1024, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def one_at_a_time(account: str, endpoint: str, tell: Callable[[str], None]) -> Iterator[None]:
    """Keep other bootstraps of this payer from running meanwhile. Raises OrgkitError while another one is running.

    `endpoint` is the address of an AWS that is not the real one, or "".
    """
    path = _path(account, endpoint)
    try:
        descriptor = _open(path)
    except OSError as failure:
        raise OrgkitError(
            f"Cannot open the lock file {path}: {failure.strerror or failure}.",
            "Remove that file, or set TMPDIR to a folder of your own; then run the same command again.",
        ) from failure
    try:
        if _acquired(descriptor, path, account, tell):
            os.truncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)
            os.write(descriptor, f"process {os.getpid()}, since {datetime.now():%Y-%m-%d %H:%M:%S}".encode())
        else:
            tell(f"Warning: {path.parent} has no file locks; do not run another bootstrap of {account} meanwhile.")
        yield
    finally:
        os.close(descriptor)


def _acquired(descriptor: int, path: Path, account: str, tell: Callable[[str], None]) -> bool:
    """Whether the lock is ours; False if the file system has none. Raises OrgkitError if it stays another's."""
    running = f"Another bootstrap of {account} is running on this machine"
    for left in reversed(range(_TRIES)):
        try:
            _lock(descriptor)
            return True
        except OSError as failure:
            if failure.errno in _NO_LOCKS:
                return False
            if failure.errno not in _HELD:
                remedy = "Set TMPDIR to another folder."
                raise OrgkitError(f"Cannot lock {path}: {failure.strerror}.", remedy) from failure
            if left == _TRIES - 1:
                tell(f"{running}; waiting for it to end.")
            time.sleep(_WAIT)
    holder = path.read_text(encoding="utf-8", errors="replace")
    raise OrgkitError(
        f"{running} ({holder})." if holder else f"{running}.",
        "Wait until it has ended, then run the same command again.",
    )


def _path(account: str, endpoint: str) -> Path:
    """In the folder for temporary files, which a terminal and a scheduler have in common.

    They do not have XDG_RUNTIME_DIR in common: two runs would each lock a file of their own. On macOS and Windows a
    scheduler may have no TMPDIR, or another one: there the system knows the user's own.
    """
    folder = os.environ.get("TMPDIR")
    if sys.platform == "darwin":
        folder = folder or os.confstr(_DARWIN_USER_TEMP_DIR)
    if sys.platform == "win32" and "LOCALAPPDATA" in os.environ:
        folder = f"{os.environ['LOCALAPPDATA']}/Temp"
    where = "-" + re.sub(r"[^A-Za-z0-9.]+", "_", endpoint) if endpoint else ""
    # gettempdir keeps to its first answer, so the environment is asked before it.
    return Path(folder or tempfile.gettempdir()) / f"orgkit-{_user()}-{account}{where}.lock"


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
