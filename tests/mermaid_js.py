"""Mermaid itself, which is JavaScript. `make test` installs it; without it, the tests that need it are skipped."""

from __future__ import annotations

import functools
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

FOLDER: Final = Path(__file__).parent / "mermaid"
_READY: Final = FOLDER / "node_modules" / ".ready"  # the Makefile's mark: half an installation looks like a whole one
_NODE: Final = 20  # what jsdom asks for


def installed() -> Path:
    """The folder of the installed packages. Skips the test that asks if it is not there."""
    if why_not := _why_not():
        pytest.skip(why_not)
    return _READY.parent


@functools.cache
def _why_not() -> str:
    if not _READY.exists():
        return "Mermaid is not installed (make test does it, with npm)"
    if not shutil.which("node"):
        return "there is no Node.js to run Mermaid's parser with"
    version = subprocess.run(["node", "--version"], capture_output=True, encoding="utf-8", check=True).stdout
    older = int(version.removeprefix("v").partition(".")[0]) < _NODE
    return f"Mermaid's parser needs Node.js {_NODE} or newer" if older else ""
