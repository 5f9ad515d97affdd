"""Measure orgkit beside the least possible and beside its peers, on one sandbox, and write down what came out.

    make bench

writes the tables into README.md, and chart.svg, beside this file. Calls are exact and the same on every machine;
seconds and memory are those of one run on this one. The tests run nothing of it.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import chart
import table
from fleet import fleet
from measured import Cost, cost, start_up
from peers import peers
from results import Results, Size
from sandboxed import DELAY, Sandbox, running
from tools import HERE, Tool, bare_click, least_possible, orgkit, settle

SIZES: Final = (Size(10, 1), Size(100, 10), Size(1_000, 50), Size(5_000, 200))
_MOST_SCPS: Final = 20


def main() -> None:
    """Measure everything, and write it down."""
    others, missing = peers()
    tools = [orgkit(), least_possible(), *others]
    results = Results({tool.name: tool.version for tool in tools}, tuple(missing))
    with running() as sandbox:
        for tool in [*tools, *tools]:  # what counts is the second time: by then everything was read from disk once
            _life(results, sandbox, tool)
        for size in SIZES:
            with _grown(sandbox, size) as grown:
                for job in ("status", "tree"):
                    _look(results, sandbox, grown, tools, job, f"{job} {size}")
        for tool in tools:
            with _grown(sandbox, SIZES[0]) as grown:
                sandbox.control("quota", accounts=1_000, invitations_a_day=1_000)
                _look(results, sandbox, grown, [tool], "invite", "invite")
        results.fleet = fleet(sandbox)
        _start(results, sandbox, [*tools, bare_click()])
    (HERE / "chart.svg").write_text(chart.drawn(results), encoding="utf-8")
    table.write(HERE / "README.md", results)
    print("\n".join(table.lines(results)))


def _life(results: Results, sandbox: Sandbox, tool: Tool) -> None:
    """A first bootstrap of an empty account, and a second one."""
    with _folder(tool) as folder:
        settle(sandbox, tool)
        for job in ("first", "again"):
            results.add(job, tool.name, _measured(sandbox, folder, tool, job, job))


def _look(results: Results, sandbox: Sandbox, grown: Path, tools: Sequence[Tool], job: str, called: str) -> None:
    """A job of each tool in an organization that orgkit has bootstrapped, with its settings in `grown`."""
    for tool in tools:
        with _folder(tool) as own:
            folder = grown if tool.name == "orgkit" else own
            results.add(called, tool.name, _measured(sandbox, folder, tool, job, called))


def _start(results: Results, sandbox: Sandbox, tools: Sequence[Tool]) -> None:
    """How long it takes to print the help."""
    commands = {tool.name: tool.jobs["help"][0] for tool in tools if "help" in tool.jobs}
    with tempfile.TemporaryDirectory() as place:
        results.start.update(start_up(commands, Path(place), sandbox))


def _measured(sandbox: Sandbox, folder: Path, tool: Tool, job: str, called: str) -> Cost | None:
    """What the job costs with the delay, or None where the tool does not have it."""
    if job not in tool.jobs:
        return None
    sandbox.control("delay", milliseconds=DELAY)
    found = cost(tool.jobs[job], folder, sandbox)
    sandbox.control("delay", milliseconds=0)
    print(f"{tool.name}: {called}: {found.total} calls, {found.seconds:.1f} s", file=sys.stderr)
    if any(found.exits):
        said = (folder / "said.txt").read_text(errors="replace")[-2_000:]
        raise SystemExit(f"{tool.name} ended in {found.exits} at {called}:\n{said}")
    return found


@contextmanager
def _grown(sandbox: Sandbox, size: Size) -> Iterator[Path]:
    """A bootstrapped organization of this size, and the folder of its settings."""
    tool = orgkit()
    with _folder(tool) as folder:
        settle(sandbox, tool)
        if any(cost(tool.jobs["first"], folder, sandbox).exits):
            raise SystemExit((folder / "said.txt").read_text())
        organizations = sandbox.client("organizations")
        root = organizations.list_roots()["Roots"][0]["Id"]
        ou = organizations.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"][0]["Id"]
        below = size.ous - 1  # the institution's own is one of them
        sandbox.control("seed", accounts=size.accounts, ous=below, scps=min(below, _MOST_SCPS), parent=ou)
        yield folder


@contextmanager
def _folder(tool: Tool) -> Iterator[Path]:
    """A folder of the tool's own, which is also its home."""
    with tempfile.TemporaryDirectory(prefix="orgkit-bench-") as place:
        tool.prepare(Path(place))
        yield Path(place)


if __name__ == "__main__":
    main()
