"""What the tests of the laws share: a bench to run orgkit on again and again, and the tally of what was tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any, Final

import boto3
import pytest

from laws import world
from laws.faults import Wire
from laws.scenes import Scene
from orgkit import credentials_file, sandbox
from orgkit.aws import Aws, Caller, connect
from orgkit.aws.calls import Calls
from orgkit.sandbox import PAYER, cloudformation
from orgkit.settings import Settings

_TALLY: Final = pytest.StashKey[Counter[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash.setdefault(_TALLY, Counter())


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Counter[str]:
    """What was tried: `tally["stops"] += 1`. The run ends with the numbers."""
    return request.config.stash.setdefault(_TALLY, Counter())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    tried = config.stash.get(_TALLY, Counter())
    if tried:
        numbers = ", ".join(f"{number} {what}" for what, number in sorted(tried.items()))
        broken = [report for report in terminalreporter.stats.get("failed", []) if "laws" in report.nodeid]
        terminalreporter.write_line(f"tried {numbers}: {'A LAW IS BROKEN' if broken else 'nothing was lost'}")


@dataclass(frozen=True)
class Place:
    """The pretend AWS and the folder of the settings, as they were at one moment."""

    aws: bytes
    files: Mapping[str, bytes]


class Bench:
    """orgkit in this process, run after run, on one wire."""

    def __init__(self, wire: Wire, session: Any, settings: Settings) -> None:
        self.wire, self.settings = wire, settings
        self._session = session
        self._folder = settings.path.parent

    def new_run(self) -> Aws:
        """AWS as a new process sees it: nothing known."""
        clock = self.wire.clock
        calls = Calls(self._session, tell=clock.tell, region="us-east-1", sleep=clock.sleep)
        return connect(calls, Caller(PAYER, f"arn:aws:iam::{PAYER}:root", long_lived=True))

    def run(self, scene: Scene) -> None:
        scene.run(self.new_run(), self.settings)

    def set(self, scene: Scene) -> Place:
        """What the scene's run finds."""
        scene.before(self.new_run, self._session.client, self.settings)
        return self.keep()

    def undisturbed(self, scene: Scene) -> tuple[list[str], world.World]:
        """The calls of a run that nothing disturbs, and where it ends."""
        with self.wire.disturbed():
            self.run(scene)
        return self.wire.sent, self.look()

    def stops(self, scene: Scene) -> list[Place]:
        """What a run leaves that ends before a call, or after AWS has acted and before the answer: two a call."""
        left: list[Place] = []
        with self.wire.disturbed(), self.wire.watched(lambda: left.append(self.keep())):
            self.run(scene)
        return left

    def keep(self) -> Place:
        return Place(world.keep(), {file.name: file.read_bytes() for file in self._folder.iterdir()})

    def put_back(self, place: Place) -> None:
        world.put_back(place.aws)
        for file in self._folder.iterdir():
            if file.name not in place.files:
                file.unlink()
        for name, content in place.files.items():
            (self._folder / name).write_bytes(content)

    def look(self) -> world.World:
        """All that must be the same in the end: AWS, which files there are, and whose password is in none."""
        files = sorted(file.name for file in self._folder.iterdir())
        return world.look() | {"files": files, "lost passwords": self._lost_passwords()}

    def _lost_passwords(self) -> list[str]:
        signing_in = world.passwords().items()
        return [user for user, password in signing_in if password not in self._on_file(user)]

    def _on_file(self, user: str) -> str:
        file = credentials_file.path_for(self._folder, user)
        return file.read_text() if file.exists() else ""


class _Session:
    """A session that makes each client once: they are what takes long to make, and every run makes them."""

    def __init__(self, session: boto3.Session) -> None:
        self._session = session

    @cache
    def client(self, service: str, **options: Any) -> Any:
        return self._session.client(service, **options)


@pytest.fixture(scope="module")
def wired() -> tuple[Wire, _Session]:
    """A wire, and a session whose calls go over it."""
    sandbox.install()  # moto reaches only the sessions made after it
    session = boto3.Session(aws_access_key_id=PAYER, aws_secret_access_key="pretend", region_name="us-east-1")
    return Wire(session), _Session(session)


@pytest.fixture
def bench(
    wired: tuple[Wire, _Session], settings: Settings, pretend_aws: None, monkeypatch: pytest.MonkeyPatch
) -> Bench:
    """orgkit on an empty pretend AWS, where time passes by waiting only."""
    wire, session = wired
    # botocore waits here between its own sendings.
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda seconds: wire.clock.sleep(seconds)))
    # Processes end here, not the machine: what is written needs not reach the disk.
    monkeypatch.setattr("os.fsync", lambda descriptor: None)
    cloudformation.settle_reads(1)
    return Bench(wire, session, settings)
