"""What runs with the payer's most powerful credentials: only what was agreed on, and exactly what was locked."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HERE = Path(__file__).parent.parent
LOCK = (HERE / "constraints.txt").read_text("utf-8")
PROJECT = tomllib.loads((HERE / "pyproject.toml").read_text("utf-8"))["project"]

# Each with what it is there for. Nothing joins them without a reason.
ASKED_FOR = {"boto3", "click", "pyyaml"}
AGREED = ASKED_FOR | {
    "botocore",  # of boto3
    "jmespath",
    "s3transfer",
    "python-dateutil",  # of botocore
    "six",  # of python-dateutil
    "urllib3",
}


def tree(name: str, extra: str = "") -> set[str]:
    """A distribution and everything that is installed for it, on this machine."""
    found = {canonicalize_name(name)}
    for line in distribution(name).requires or []:
        needed = Requirement(line)
        if needed.marker is None or needed.marker.evaluate({"extra": extra}):
            for wanted in needed.extras or {""}:
                found |= tree(needed.name, wanted)
    return found


def test_the_tree_at_run_time_is_the_agreed_one():
    assert tree("orgkit") == AGREED | {"orgkit"}


def test_only_what_was_asked_for_is_asked_for():
    assert {Requirement(line).name for line in PROJECT["dependencies"]} == ASKED_FOR


# The lock. A package is one line, its hashes follow on lines of their own.

PINS = [line.removesuffix("\\").strip() for line in LOCK.splitlines() if not line.startswith(" ")]
PACKAGES = re.findall(r"^(\S.*?) \\\n((?:    --hash=\S+(?: \\)?\n?)+)", LOCK, re.MULTILINE)


def test_every_package_is_pinned_to_one_version():
    for pin in PINS:
        (clause,) = Requirement(pin).specifier
        assert clause.operator == "=="
        assert "*" not in clause.version


def test_every_package_has_its_hashes():
    assert [name for name, _ in PACKAGES] == PINS
    for name, hashes in PACKAGES:
        for line in hashes.splitlines():
            assert re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?", line), name


@pytest.mark.parametrize(
    "address", ["://", " @ ", "--index", "--extra-index", "--find-links", "--trusted", "-e ", "git+"]
)
def test_the_lock_names_no_address(address):
    assert address not in LOCK


@pytest.mark.locked
@pytest.mark.parametrize("name", sorted(AGREED))
def test_what_runs_here_is_what_was_locked(name):
    locked = {
        canonicalize_name(pin.name): str(pin.specifier)
        for pin in map(Requirement, PINS)
        if pin.marker is None or pin.marker.evaluate()
    }
    assert locked[name] == f"=={distribution(name).version}"
