"""The tools that are measured, as data: how each does the same jobs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import least
from measured import Command
from sandboxed import PAYER, Sandbox

HERE: Final = Path(__file__).parent
ORGKIT: Final = str(Path(sys.executable).parent / "orgkit")
INVITED: Final = tuple(str(210_000_000_000 + number) for number in range(100))


@dataclass(frozen=True)
class Tool:
    """A tool. `prepare` writes into an empty folder what it is told there, before anything is measured.

    Its jobs: `first` makes everything in an empty account, `again` does so once more, `status` verifies, `tree` lists
    the whole organization, `invite` invites a hundred accounts, `help` asks nobody. It need not have all of them.
    """

    name: str
    jobs: Mapping[str, Sequence[Command]]
    prepare: Callable[[Path], None]
    version: str = ""
    makes_the_organization: bool = True


def orgkit() -> Tool:
    """orgkit itself, from this checkout."""
    command = ORGKIT

    def prepare(folder: Path) -> None:
        wanted = ["--account", PAYER, "--institution", least.INSTITUTION]
        subprocess.run([command, "init", *wanted], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        (folder / "accounts.txt").write_text("\n".join(INVITED))

    jobs = {
        "first": [[command, "bootstrap", "--yes"]],
        "again": [[command, "bootstrap", "--yes"]],
        "status": [[command, "status"]],
        "tree": [[command, "status", "-o", "tree"]],
        "invite": [[command, "invite", "--from", "accounts.txt", "--yes"]],
        "help": [[command, "--help"]],
    }
    return Tool("orgkit", jobs, prepare)


def least_possible() -> Tool:
    """The straight-line scripts of least.py."""
    script = [sys.executable, str(HERE / "least.py")]
    jobs = {job: [[*script, job]] for job in ("first", "again", "status", "tree")}
    return Tool("least possible", jobs | {"invite": [[*script, "invite", *INVITED]]}, _nothing)


def bare_click() -> Tool:
    """A click program that does nothing."""
    help_of_it = [sys.executable, str(HERE / "bare_click.py"), "--help"]
    return Tool("a bare click program", {"help": [help_of_it]}, _nothing)


def settle(sandbox: Sandbox, tool: Tool) -> None:
    """An empty account, as the tool needs it."""
    sandbox.control("reset")
    sandbox.control("policy-type-pending-reads", reads=0)
    # What AWS answers who has no paid support; moto does not know the operation.
    unknown = {"operation": "support:DescribeSeverityLevels", "kind": "error", "code": "SubscriptionRequiredException"}
    sandbox.faults({**unknown, "times": 1_000_000})
    if not tool.makes_the_organization:
        sandbox.client("organizations").create_organization(FeatureSet="ALL")


def _nothing(_: Path) -> None:
    """Nothing is to be prepared."""
