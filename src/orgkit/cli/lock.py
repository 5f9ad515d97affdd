"""One bootstrap at a time: a lock for each payer, for each AWS it is asked of, and for each user of this machine.

The operating system holds the lock for the process, and frees it however the process ends. Its file is in the user's
home, which a terminal and a scheduler have in common. It stays, and says who held it last.
"""

import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from io import FileIO
from pathlib import Path
from typing import Final

from orgkit.errors import OrgkitError, plain

# With sudo the home may be another user's, and what a link in it leads to would be emptied.
_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)
_TRIES: Final = 10
_WAIT: Final = 0.5  # seconds between two tries
_LONGEST: Final = 200  # bytes that say who holds it: no more is read, as Windows refuses what reaches a locked byte

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
def locked(account: str, endpoint: str, tell: Callable[[str], None]) -> Iterator[None]:
    """Keep other bootstraps of this payer from running meanwhile. Raises OrgkitError while another one is running.

    `endpoint` is the address of an AWS that is not the real one, or "". Where nothing can be locked, it only warns.
    """
    name = re.sub(r"[^A-Za-z0-9.]+", "_", f"{account} {endpoint}".strip())
    with ExitStack() as opened:
        try:
            path = Path.home() / ".orgkit" / f"{name}.lock"
            path.parent.mkdir(mode=0o700, exist_ok=True)
            file = opened.enter_context(
                open(path, "ab+", buffering=0, opener=lambda name, flags: os.open(name, flags | _NO_LINK, 0o600))
            )
            _acquire(file, account, tell)
            file.truncate(0)
            file.write(f"process {os.getpid()}, since {datetime.now():%Y-%m-%d %H:%M:%S}".encode())
        except (OSError, RuntimeError) as failure:  # the latter if there is no home
            why = plain(failure)
            tell(f"Warning: no file can be locked ({why}); do not run another bootstrap of {account} meanwhile.")
        yield


def _acquire(file: FileIO, account: str, tell: Callable[[str], None]) -> None:
    """Raises OrgkitError if the lock stays another's, and OSError if the file system has none."""
    running = f"Another bootstrap of {account} is running on this machine"
    for number in range(_TRIES):
        try:
            return _lock(file.fileno())
        except (BlockingIOError, PermissionError):  # the latter on Windows
            if not number:
                tell(f"{running}; waiting for it to end.")
            time.sleep(_WAIT)
    file.seek(0)
    holder = file.read(_LONGEST).decode(errors="replace")
    raise OrgkitError(
        f"{running} ({holder})." if holder else f"{running}.",
        "Wait until it has ended, then run the same command again.",
    )
