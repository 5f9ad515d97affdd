"""What every test gets: the same environment on every machine, no real AWS within reach, an empty folder."""

from __future__ import annotations

import locale
import os
import re
import shlex
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import hypothesis
import pytest
from click.testing import CliRunner, Result

from once import Once
from one_session import OneSession
from orgkit import procedure, sandbox
from orgkit.aws import Aws, Caller
from orgkit.aws.client import Calls, Clients
from orgkit.cli.main import cli
from orgkit.sandbox import PAYER
from orgkit.settings import Settings, load, write
from orgkit.step import Step

pytest_plugins = ["quick", "tally"]

# The same examples on every machine, however busy it is.
hypothesis.settings.register_profile(
    "everywhere",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("everywhere")

HEARD = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL}
_KEPT = {"LD_LIBRARY_PATH", "PATH", "PYTHONPATH", "TMPDIR", "VIRTUAL_ENV"}


@pytest.fixture(scope="session", autouse=True)
def same_everywhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whatever the developer's environment says (credentials, proxies, colours, width), no test hears of it.

    The time zone is far from UTC, so that a test fails here that would fail elsewhere.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name not in _KEPT and not name.startswith("PYTEST")]:
            patch.delenv(name)
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("LC_ALL", "C.UTF-8")
        patch.setenv("TZ", "FAR-14")
        patch.setenv("COLUMNS", "1000")  # so that a sentence is one line; tests of the layout say how wide they are
        time.tzset()
        with suppress(locale.Error):
            locale.setlocale(locale.LC_CTYPE, "C.UTF-8")  # in which files are read that name no encoding
        # A shell that starts the tests in the background, or nohup, lets them and all that they start ignore signals.
        before = [(number, signal.signal(number, how)) for number, how in HEARD.items()]
        yield
        for number, how in before:
            signal.signal(number, how)
    time.tzset()


def _check(host: object) -> None:
    here = host in ("::1", "localhost", "", None) or re.fullmatch(r"127(\.[0-9]+){3}", str(host))
    if not here:
        raise AssertionError(f"a test reached for {host!r}")


def _loopback_only(reach: Callable[..., Any]) -> Callable[..., Any]:
    """A method of sockets whose last argument is an address."""

    def guarded(self: socket.socket, *arguments: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _check(arguments[-1][0])
        return reach(self, *arguments)

    return guarded


def _no_names(resolve: Callable[..., Any]) -> Callable[..., Any]:
    """Even to ask for another machine's address is to reach for a third one."""

    def guarded(host: object, *arguments: Any, **more: Any) -> Any:
        _check(host)
        return resolve(host, *arguments, **more)

    return guarded


@pytest.fixture(scope="session", autouse=True)
def loopback_only() -> Iterator[None]:
    """A test that reaches for anything but this machine fails."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, name, _loopback_only(getattr(socket.socket, name)))
        patch.setattr(socket, "getaddrinfo", _no_names(socket.getaddrinfo))
        yield


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Root of the pretend payer, in an empty folder."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", PAYER)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "pretend")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "pretend")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)


@pytest.fixture(autouse=True)
def nothing_is_slow(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer is awaited by a thread of its own, and no disk: both take their time at every call.

    The tests of just that are marked `slow`.
    """
    if "slow" not in request.keywords:
        monkeypatch.setattr("orgkit.aws.attempts.Watch.begin", lambda *_: None)
        monkeypatch.setattr("os.fsync", lambda descriptor: None)


@pytest.fixture
def pretend_aws() -> Iterator[None]:
    """An empty pretend AWS in this process."""
    with sandbox.running():
        yield


@pytest.fixture(scope="session")
def heard() -> list[str]:
    return []


@pytest.fixture(scope="session")
def session(heard: list[str]) -> OneSession:
    """One boto3 session for all tests: its clients are what takes long to make."""
    sandbox.install()  # moto reaches only the sessions made after it
    session = boto3.Session(aws_access_key_id=PAYER, aws_secret_access_key="pretend", region_name="us-east-1")
    # Before there are clients, for a client copies its session's listeners when it is made.
    session.events.register("before-send", lambda event_name, **_: heard.append(event_name.rsplit(".", 1)[1]))
    return OneSession(session)


@pytest.fixture
def one_session(session: OneSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line signs in to the session of all tests, whose clients are there already."""
    monkeypatch.setattr("boto3.Session", lambda **_: session)


@pytest.fixture
def organizations(session: OneSession, pretend_aws: None) -> Any:
    return session.client("organizations")


@pytest.fixture
def iam(session: OneSession, pretend_aws: None) -> Any:
    return session.client("iam")


@pytest.fixture
def cloudformation(session: OneSession, pretend_aws: None) -> Any:
    return session.client("cloudformation")


@pytest.fixture
def wire(heard: list[str]) -> list[str]:
    """Every call that reaches AWS from here on, as `CreatePolicy`."""
    heard.clear()
    return heard


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    path = tmp_path_factory.mktemp("example") / "orgkit.yaml"
    write(path, PAYER, "Example University")
    return load(path)


@pytest.fixture
def settings(example: Settings) -> Settings:
    """The example settings, written into the test's folder."""
    for file in example.path.parent.iterdir():
        Path(file.name).write_bytes(file.read_bytes())
    return replace(example, path=Path(example.path.name).absolute())


@pytest.fixture
def told() -> list[str]:
    """What orgkit says while it works."""
    return []


@pytest.fixture
def aws(session: OneSession, told: list[str], pretend_aws: None) -> Callable[[], Aws]:
    """AWS as a new run sees it: nothing known, nothing waited for."""
    calls = Calls(session, Clients(session), tell=told.append, region="us-east-1", sleep=lambda seconds: None)

    def new_run() -> Aws:
        return Aws(calls, Caller(PAYER, f"arn:aws:iam::{PAYER}:root", long_lived=True))

    return new_run


@pytest.fixture(scope="session")
def once() -> Once:
    return Once()


@pytest.fixture
def bootstrapped(aws: Callable[[], Aws], settings: Settings, once: Once) -> tuple[Step, ...]:
    """A payer that is as the settings say, and the steps that made it so."""
    steps: tuple[Step, ...] = once("bootstrapped", lambda: tuple(procedure.bootstrap(aws(), settings)))
    return steps


@pytest.fixture
def ou(organizations: Any, settings: Settings) -> str:
    """The id of the institution's OU, in an organization that has nothing else."""
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    made = organizations.create_organizational_unit(ParentId=root, Name=settings.institution)
    return str(made["OrganizationalUnit"]["Id"])


@pytest.fixture
def orgkit(pretend_aws: None, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command line: `orgkit("status -o json").exit_code`. Waiting takes no time."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)

    def run(line: str = "", **kwargs: object) -> Result:
        return CliRunner().invoke(cli, shlex.split(line), prog_name="orgkit", **kwargs)  # type: ignore[arg-type]

    return run
