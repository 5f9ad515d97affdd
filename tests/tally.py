"""The tally of what the tests of the laws have tried. The run ends with its numbers.

A plugin, loaded by the top conftest: of a run on several cores, the process that prints the end collects no test, so
it would never load the conftest of the laws.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import pytest

_TALLY: Final = pytest.StashKey[Counter[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_TALLY] = Counter()


@pytest.fixture(scope="session")
def tally(request: pytest.FixtureRequest) -> Counter[str]:
    """What was tried: `tally["stops"] += 1`."""
    return request.config.stash[_TALLY]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What adds to the tally proves a law, wherever it stands: its report, which knows no fixtures, is to say so."""
    for item in items:
        if "tally" in getattr(item, "fixturenames", ()):
            item.keywords["tally"] = True


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of a run on several cores reports what it tried."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["tally"] = dict(session.config.stash[_TALLY])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """The run adds up what its workers tried. A worker that crashed has no report."""
    node.config.stash[_TALLY].update(getattr(node, "workeroutput", {}).get("tally", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    tried = config.stash[_TALLY]
    if tried:
        numbers = ", ".join(f"{number} {what}" for what, number in sorted(tried.items()))
        failed = terminalreporter.stats.get("failed", [])
        broken = [report for report in failed if "laws" in report.nodeid or "tally" in report.keywords]
        terminalreporter.write_line(f"tried {numbers}: {'A LAW IS BROKEN' if broken else 'nothing was lost'}")
