"""What a command costs: its calls to AWS, its time and its memory."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Final

from sandboxed import Sandbox

Command = Sequence[str]

_LONGEST: Final = 900.0  # seconds; what takes longer is stopped
TURNS: Final = 25
LOGGED: Final = 10_000
"""How many calls the sandbox logs. Not imported: a process that loads moto makes all that it measures look large."""


@dataclass(frozen=True)
class Cost:
    """What one or several commands, one after the other, took together."""

    calls: Counter[str]
    seconds: float
    processor: float
    """Seconds of processor time, the system's for them included."""
    megabytes: float
    """The most that one of them held at once."""
    exits: tuple[int, ...]

    @property
    def total(self) -> int:
        return self.calls.total()

    @property
    def total_in_words(self) -> str:
        """Of a command that made more calls than the sandbox logs, the sandbox knows only the last."""
        return f"≥ {self.total:,}" if self.total >= LOGGED else f"{self.total:,}"


def cost(commands: Iterable[Command], folder: Path, sandbox: Sandbox) -> Cost:
    """Run the commands in the folder, and count."""
    sandbox.calls()
    seconds, processor, most, exits = 0.0, 0.0, 0.0, []
    environment = sandbox.environment(folder)
    for command in commands:
        began = time.monotonic()
        code, usage = _run(command, folder, environment)
        seconds += time.monotonic() - began
        processor += usage.ru_utime + usage.ru_stime
        most = max(most, usage.ru_maxrss / 1000)  # kilobytes on Linux
        exits.append(code)
    return Cost(sandbox.calls(), seconds, processor, most, tuple(exits))


def start_up(commands: Mapping[str, Command], folder: Path, sandbox: Sandbox) -> dict[str, float]:
    """The seconds of each command's quickest turn, which others' work on the machine disturbs least."""
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(TURNS):
        for name, command in commands.items():
            began = time.monotonic()
            _run(command, folder, sandbox.environment(folder))
            taken[name].append(time.monotonic() - began)
    return {name: min(seconds) for name, seconds in taken.items()}


def _run(command: Command, folder: Path, environment: dict[str, str]) -> tuple[int, resource.struct_rusage]:
    """The exit code, and what the process used."""
    with (folder / "said.txt").open("ab") as said:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT
        )
        stop = Timer(_LONGEST, process.kill)
        stop.start()
        _, status, usage = os.wait4(process.pid, 0)
        stop.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage
