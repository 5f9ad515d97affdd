"""What the tests of the laws share: a bench to run orgkit on again and again."""

from __future__ import annotations

import gc
import shutil
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from click.testing import Result

from laws import world
from laws.adopted import write_settings
from laws.faults import Wire
from laws.hands import Hands
from laws.lived_in import use
from laws.scenes import Scene
from one_session import OneSession
from orgkit import procedure, sandbox
from orgkit.aws import Aws, Caller
from orgkit.aws.client import Calls, Clients
from orgkit.sandbox import PAYER, cloudformation
from orgkit.settings import Settings
from orgkit.step import State, Step
from steps import in_order


@dataclass(frozen=True)
class Place:
    """The pretend AWS and the folder of the settings, as they were at one moment."""

    aws: bytes
    files: tuple[tuple[str, bytes], ...]


Known = dict[Hashable, Any]
"""What has been tried before: many tests begin with the same."""


class Bench:
    """orgkit in this process, run after run, on one wire."""

    def __init__(self, wire: Wire, session: OneSession, settings: Settings, known: Known) -> None:
        self.wire, self.settings = wire, settings
        self._known = known
        self._session = session
        self._folder = settings.path.parent
        self._folders = (self._folder,)

    def new_run(self) -> Aws:
        """AWS as a new process sees it: nothing known."""
        clock = self.wire.clock
        calls = Calls(self._session, Clients(self._session), tell=clock.tell, region="us-east-1", sleep=clock.sleep)
        return Aws(calls, Caller(PAYER, f"arn:aws:iam::{PAYER}:root", long_lived=True))

    def run(self, scene: Scene) -> None:
        scene.run(self.new_run(), self.settings)

    def elsewhere(self) -> Settings:
        """The same settings on another machine, where no run has been yet."""
        folder = self._folder.with_name("elsewhere")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        self._folders = (self._folder, folder)
        return replace(self.settings, path=folder / self.settings.path.name)

    def set(self, scene: Scene) -> Place:
        """What the scene's run finds."""
        before = (scene, self.keep())
        if before not in self._known:
            scene.before(self.new_run, self._session.client, self.settings)
            self._known[before] = self.keep()
        self.put_back(self._known[before])
        return self.keep()

    def undisturbed(self, scene: Scene) -> tuple[list[str], world.World]:
        """The calls of a run that nothing disturbs, and where it ends."""
        before = (scene.run, self.keep())
        if before not in self._known:
            with self.wire.disturbed():
                self.run(scene)
            self._known[before] = (self.wire.sent, self.look(), self.keep())
        calls, seen, after = self._known[before]
        self.put_back(after)
        return list(calls), seen

    def stops(self, scene: Scene) -> list[Place]:
        """What a run leaves that ends before a call, or after AWS has acted and before the answer: two a call."""
        left: list[Place] = []
        with self.wire.disturbed(), self.wire.watched(lambda: left.append(self.keep())):
            self.run(scene)
        return left

    def go_on_after_each_stop(self, scene: Scene, tally: Counter[str]) -> None:
        """Assert that the next run ends as if the run before had not stopped, wherever that was."""
        stops = self.stops(scene)
        wanted = self.look()
        for number, left in enumerate(stops):
            tally["stops"] += 1
            if number and left == stops[number - 1]:
                continue  # nothing has changed since the stop before, byte for byte
            self.put_back(left)
            self.run(scene)
            assert self.look() == wanted, f"stop {number}"

    def keep(self) -> Place:
        files = sorted(self._folder.iterdir())
        return Place(world.keep(), tuple((file.name, file.read_bytes()) for file in files))

    def put_back(self, place: Place) -> None:
        world.put_back(place.aws)
        files = dict(place.files)
        for file in self._folder.iterdir():
            if file.name not in files:
                file.unlink()
        for name, content in files.items():
            (self._folder / name).write_bytes(content)

    def look(self) -> world.World:
        """All that must be the same in the end: AWS, which files there are, and whose passwords they hold."""
        files = sorted(file.name for folder in self._folders for file in folder.iterdir() if file.suffix != ".yaml")
        return world.look() | {"files": files, "passwords": self._passwords()}

    def _passwords(self) -> dict[str, list[bool]]:
        """For everyone who can sign in, whether each of their files holds the right password."""
        return {
            user: [password in file.read_text("utf-8") for file in self._files(user) if file.exists()]
            for user, password in world.passwords().items()
        }

    def _files(self, user: str) -> list[Path]:
        return [folder / f"{user}_credentials.csv" for folder in self._folders]


@pytest.fixture(scope="module")
def wired() -> tuple[Wire, OneSession]:
    """A wire, and a session whose calls go over it."""
    sandbox.install()  # moto reaches only the sessions made after it
    session = boto3.Session(aws_access_key_id=PAYER, aws_secret_access_key="pretend", region_name="us-east-1")
    gc.freeze()  # what is loaded by now is never garbage, and looking at it again and again takes a fifth of the time
    return Wire(session), OneSession(session)


@pytest.fixture(scope="session")
def known() -> Known:
    return {}


@pytest.fixture
def bench(
    wired: tuple[Wire, OneSession],
    settings: Settings,
    pretend_aws: None,
    known: Known,
    monkeypatch: pytest.MonkeyPatch,
) -> Bench:
    """orgkit on an empty pretend AWS, where time passes by waiting only."""
    wire, session = wired
    # botocore waits here between its own sendings.
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda seconds: wire.clock.sleep(seconds)))
    monkeypatch.setattr("orgkit.aws.attempts.time", SimpleNamespace(monotonic=lambda: wire.clock.now))
    cloudformation.settle_reads(1)
    return Bench(wire, session, settings, known)


@pytest.fixture
def begun(orgkit: Callable[..., Result], one_session: None) -> Callable[..., Result]:
    """The command line, with the settings of an adopted organization."""
    write_settings()
    return orgkit


# A payer that people work in by hand. Whoever asks for these chooses the settings.


@pytest.fixture
def hands(session: boto3.Session, pretend_aws: None) -> Hands:
    return Hands(session)


@pytest.fixture
def status(aws: Callable[[], Aws], settings: Settings) -> Callable[[], tuple[Step, ...]]:
    """What status finds not in place."""
    return lambda: _not_in_place(in_order(aws(), settings))


@pytest.fixture
def bootstrap(aws: Callable[[], Aws], settings: Settings) -> Callable[[], tuple[Step, ...]]:
    """What bootstrap finds not in place, and puts right on that very knowledge, as the command does."""

    def run() -> tuple[Step, ...]:
        now = aws()
        found = _not_in_place(in_order(now, settings))
        tuple(procedure.bootstrap(now, settings))
        return found

    return run


def _not_in_place(steps: Iterable[Step]) -> tuple[Step, ...]:
    return tuple(step for step in steps if step.state is not State.IN_PLACE)


@pytest.fixture
def lived_in(hands: Hands, bootstrap: Callable[[], tuple[Step, ...]], status: Callable[[], tuple[Step, ...]]) -> None:
    """A payer that orgkit has set up, and that people have used since."""
    cloudformation.settle_reads(0, drift=0, change_sets=0)
    bootstrap()
    use(hands)
    bootstrap()  # the stack protects an SCP of theirs at the root, too
    assert status() == ()


@pytest.fixture
def rewound(lived_in: None) -> Callable[[], None]:
    """Everything as it was before, credentials files too."""
    begin, files = world.keep(), {file: file.read_bytes() for file in Path.cwd().iterdir()}

    def rewind() -> None:
        world.put_back(begin)
        for file in Path.cwd().iterdir():
            file.unlink()
        for file, content in files.items():
            file.write_bytes(content)

    return rewind
