"""Mermaid itself, which is JavaScript: the tests install it, where there are Node.js, npm and a network, or skip."""

from __future__ import annotations

import fcntl
import functools
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

FOLDER: Final = Path(__file__).parent / "mermaid"
_NODE: Final = 20  # what jsdom asks for
_INSTALL: Final = ("npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts")


def installed() -> Path:
    """The folder of the installed packages. Skips the test that asks where it cannot be had."""
    why_not = _install()
    if why_not:
        pytest.skip(why_not)
    return FOLDER / "node_modules"


def _node_is_older() -> bool:
    if not shutil.which("node"):
        return True
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    return int(version.removeprefix("v").partition(".")[0]) < _NODE


@functools.cache
def _install() -> str:
    """Install what package.json names, unless it is there; "" or why that cannot be."""
    with _one_at_a_time():
        return _install_here()


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """The tests run on several cores, and half an installation looks like a whole one."""
    folder = os.open(FOLDER, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _install_here() -> str:
    if _node_is_older():
        return f"Mermaid's parser needs Node.js {_NODE} or newer"
    if (FOLDER / "node_modules" / "mermaid").is_dir() and (FOLDER / "node_modules" / "jsdom").is_dir():
        return ""
    if not shutil.which("npm"):
        return "npm is not there to install Mermaid with"
    done = subprocess.run(_INSTALL, cwd=FOLDER, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        shutil.rmtree(FOLDER / "node_modules", ignore_errors=True)
        return f"Mermaid cannot be installed: {' '.join(done.stderr.split())[-200:]}"
    return ""
