"""What a command costs: its calls to AWS, its time and its memory."""

from __future__ import annotations

import os
import subprocess
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Final

from stand_in import StandIn

Command = Sequence[str]

_LONGEST: Final = 900.0  # seconds; what takes longer is stopped


@dataclass(frozen=True)
class Cost:
    """What one or several commands, one after the other, took together."""

    calls: Counter[str]
    seconds: float
    megabytes: float
    """The most that one of them held at once."""
    exits: tuple[int, ...]

    @property
    def total(self) -> int:
        return self.calls.total()


def cost(commands: Iterable[Command], folder: Path, stand_in: StandIn) -> Cost:
    """Run the commands in the folder, and count."""
    stand_in.calls()
    seconds, most, exits = 0.0, 0.0, []
    environment = stand_in.environment(folder)
    for command in commands:
        began = time.monotonic()
        code, kilobytes = _run(command, folder, environment)
        seconds += time.monotonic() - began
        most = max(most, kilobytes / 1000)
        exits.append(code)
    return Cost(stand_in.calls(), seconds, most, tuple(exits))


def start_up(command: Command, folder: Path, environment: dict[str, str], times: int = 15) -> float:
    """The median of the seconds that a command takes which asks nobody."""
    taken = []
    for _ in range(times):
        began = time.monotonic()
        _run(command, folder, environment)
        taken.append(time.monotonic() - began)
    return sorted(taken)[times // 2]


def _run(command: Command, folder: Path, environment: dict[str, str]) -> tuple[int, float]:
    """The exit code, and the most memory that the process held: `ru_maxrss` has kilobytes on Linux."""
    with (folder / "said.txt").open("ab") as said:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT
        )
        stop = Timer(_LONGEST, process.kill)
        stop.start()
        _, status, usage = os.wait4(process.pid, 0)
        stop.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_maxrss
