"""What was measured, as data."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fleet import Fleet
from measured import Cost


@dataclass(frozen=True)
class Size:
    """An organization of so many accounts in so many OUs."""

    accounts: int
    ous: int

    def __str__(self) -> str:
        return f"{self.accounts:,} / {self.ous}"


@dataclass
class Results:
    """Costs by job and tool, in the order in which they were measured; None where a tool has no such job."""

    versions: dict[str, str]
    missing: tuple[str, ...] = ()
    costs: dict[str, dict[str, Cost]] = field(default_factory=dict)
    start: dict[str, float] = field(default_factory=dict)
    fleet: Fleet | None = None

    def add(self, job: str, tool: str, found: Cost | None) -> None:
        """Write down what a job cost."""
        if found:
            self.costs.setdefault(job, {})[tool] = found

    def ratio(self, job: str, other: str) -> float:
        """How many times the calls of another tool orgkit makes for a job."""
        return self.costs[job]["orgkit"].total / self.costs[job][other].total


def machine() -> str:
    """What kind of machine this is, and when."""
    cores = os.cpu_count()
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {cores} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}"
    )
