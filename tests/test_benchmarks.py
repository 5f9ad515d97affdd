"""What `make bench` runs of orgkit exists, asks nothing and ends well. What it costs is not for the tests."""

from __future__ import annotations

import importlib
import shlex
from pathlib import Path

from orgkit.sandbox import handshakes
from orgkit.sandbox.server import controls

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def test_every_job_of_the_benchmark_ends_well(orgkit, settings, monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    tools = importlib.import_module("tools")
    handshakes.quota(accounts=1_000, invitations_a_day=1_000)
    Path("accounts.txt").write_text("\n".join(tools.INVITED[:3]), encoding="utf-8")
    for name, commands in tools.orgkit().jobs.items():
        for program, *words in commands:
            assert program == tools.ORGKIT
            done = orgkit(shlex.join(words))
            assert done.exit_code == 0, (name, done.output)


def test_the_benchmark_knows_how_many_calls_the_sandbox_logs(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    assert importlib.import_module("measured").LOGGED == controls.LOGGED
