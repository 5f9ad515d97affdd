"""The actions that AWS has, by AWS's Service Authorization Reference.

One line per service: its prefix first, then each action with the numbers of the resource types it has. The ARN patterns
of these types follow on a line of their own, which begins with a space. AWS adds actions all the time, so what is not
in the list may simply be newer.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("actions.txt.gz")
OF: Final = "September 2026"

Services = Mapping[str, tuple[str, ...]]
"""Every action by its service's prefix, which is in lower case; AWS heeds no case in either."""


def load() -> Services:
    """The actions that ship with orgkit."""
    split = (line.split() for line in lines() if not line.startswith(" "))
    return {service: tuple(action.partition(":")[0] for action in actions) for service, *actions in split}


def lines() -> list[str]:
    """The lines of the list."""
    return gzip.decompress(FILE.read_bytes()).decode("utf-8").splitlines()
