"""The whole of inviting, with the real command against `orgkit sandbox`: two hundred lines, killed midway, done."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import Request, urlopen

import boto3
import pytest

from orgkit import procedure, settings
from orgkit.aws import Aws, Caller
from orgkit.aws.client import Calls, Clients
from orgkit.sandbox import PAYER
from squeezed import squeezed

MEMBER = "700000000000"
BY_ID = [str(account) for account in range(700_000_000_001, 700_000_000_136)]
BY_ADDRESS = {f"unit{number}@example.edu": f"8000000000{number:02}" for number in range(40)}
TARGETS = [*BY_ID, *BY_ADDRESS]
STOPPED_AFTER = 60  # invitations

Api = Any


@dataclass(frozen=True)
class Stage:
    """A sandbox that runs as a process of its own, and a folder with the settings for it."""

    url: str
    folder: Path

    def client(self, account: str = PAYER) -> Api:
        return boto3.client(
            "organizations",
            region_name="us-east-1",
            endpoint_url=self.url,
            aws_access_key_id=account,
            aws_secret_access_key="sandbox",
        )

    def control(self, name: str, method: str = "POST", body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(f"{self.url}/orgkit-sandbox/{name}", data, method=method)) as answer:
            return json.load(answer)

    def invited(self) -> int:
        """How many invitations were asked for, since the log of calls was emptied."""
        calls = self.control("calls", "GET")
        return sum(call["operation"] == "organizations:InviteAccountToOrganization" for call in calls)

    def handshakes(self) -> dict[str, list[str]]:
        """The ids of the invitations of each target."""
        found: dict[str, list[str]] = {}
        for page in self.client().get_paginator("list_handshakes_for_organization").paginate():
            for handshake in page["Handshakes"]:
                target = next(party["Id"] for party in handshake["Parties"] if party["Type"] != "ORGANIZATION")
                found.setdefault(target, []).append(handshake["Id"])
        return found

    def accept(self, account: str, handshake: str) -> None:
        self.client(account).accept_handshake(HandshakeId=handshake)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """The real command, in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "orgkit", *arguments],
            cwd=self.folder,
            env=environment(AWS_ENDPOINT_URL=self.url, AWS_ACCESS_KEY_ID=PAYER, AWS_SECRET_ACCESS_KEY="sandbox"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def run(self, *arguments: str) -> tuple[int, str, str]:
        process = self.start(*arguments)
        out, err = process.communicate()
        return process.returncode, out, err


def environment(**more: str) -> dict[str, str]:
    """The environment of a process that has no configuration of AWS, and shows files as they are."""
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return {**os.environ, **nowhere, "PYTHONUNBUFFERED": "1", **more}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Bootstrapped, with one member; the owners' addresses are known."""
    folder = tmp_path_factory.mktemp("stage")
    command = [sys.executable, "-m", "orgkit", "sandbox", "--port", "0"]
    server = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, encoding="utf-8")
    try:
        assert server.stdout
        url = next(found[0] for line in server.stdout if (found := re.search(r"http://127\.0\.0\.1:\d+", line)))
        stage = Stage(url, folder)
        bootstrap(stage)
        sent = stage.client().invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": MEMBER})
        stage.accept(MEMBER, sent["Handshake"]["Id"])
        for address, account in BY_ADDRESS.items():
            stage.control("standalone-account", body={"account_id": account, "email": address})
        yield stage
    finally:
        server.kill()
        server.communicate()


def bootstrap(stage: Stage) -> None:
    """In this process, where waiting for the stack takes no time."""
    file = stage.folder / "orgkit.yaml"
    settings.write(file, PAYER, "Example University")
    session = boto3.Session(aws_access_key_id=PAYER, aws_secret_access_key="sandbox")
    calls = Calls(session, Clients(session, stage.url), tell=lambda _: None, region="us-east-1", sleep=lambda _: None)
    aws = Aws(calls, Caller(PAYER, f"arn:aws:iam::{PAYER}:root", long_lived=True))
    for _ in procedure.bootstrap(aws, settings.load(file)):
        pass


@pytest.fixture(scope="module")
def accounts_csv(stage: Stage) -> str:
    """Two hundred targets: most of them once, some twice, one a member, one the payer."""
    rows = [*(f"{account}," for account in BY_ID), *(f",{address}" for address in BY_ADDRESS)]
    doubles = [*rows[:11], *(row.upper() for row in rows[-12:])]
    named = [*rows[:50], f"{MEMBER},", *rows[50:], *doubles, f"{PAYER},"]
    assert len(named) == 200
    lines = ["# Accounts of the institution", "account,email", *named]
    lines[100:100] = ["", "# the second hundred, more or less"]
    (stage.folder / "accounts.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return "accounts.csv"


@pytest.fixture(scope="module")
def killed(stage: Stage, accounts_csv: str) -> int:
    """The command was killed midway: so many had been invited."""
    stage.control("calls", "DELETE")
    silence = {"kind": "hang", "seconds": 600, "after": STOPPED_AFTER - 1}
    stage.control("faults", body=[{"operation": "InviteAccountToOrganization", **silence}])
    process = stage.start("invite", "--yes", "--from", accounts_csv)
    while stage.invited() < STOPPED_AFTER and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    return len(stage.handshakes()) - 1  # the member's


class Finished(NamedTuple):
    """How the second run ended, and how many invitations both runs together asked AWS for."""

    code: int
    out: str
    err: str
    asked: int


@pytest.fixture(scope="module")
def finished(stage: Stage, accounts_csv: str, killed: int) -> Finished:
    """The same command again, on a bad line: one answer is lost, so that the invitation is sent twice."""
    stage.control("faults", body=[{"operation": "InviteAccountToOrganization", "kind": "lost", "after": 10}])
    return Finished(*stage.run("invite", "--yes", "--from", accounts_csv), asked=stage.invited())


@pytest.fixture(scope="module")
def placed(stage: Stage, finished: Finished) -> list[str]:
    """Half of the owners have accepted; the command has placed their accounts."""
    invited = stage.handshakes()
    joining = TARGETS[::2]
    for target in joining:
        stage.accept(BY_ADDRESS.get(target, target), invited[target][0])
    code, _, err = stage.run("place", "--yes")
    assert code == 0, err
    return [MEMBER, *(BY_ADDRESS.get(target, target) for target in joining)]


def test_killing_it_midway_leaves_some_invited_and_some_not(killed):
    assert killed == STOPPED_AFTER < len(TARGETS)


def test_running_it_again_does_what_is_left(finished, killed):
    assert finished.code == 1  # the payer
    left = len(TARGETS) - killed
    assert f"{left} invited, {killed} already invited, 1 already a member, 1 refused." in finished.out
    assert f"! {PAYER} is the payer itself" in squeezed(finished.out)
    assert "Left out 23 doubles." in finished.err


def test_a_lost_answer_makes_no_second_invitation(finished):
    assert finished.asked == len(TARGETS) + 1


def test_every_target_has_one_invitation(stage, finished):
    assert Counter({target: len(ids) for target, ids in stage.handshakes().items()}) == Counter([*TARGETS, MEMBER])


def test_all_who_joined_are_in_the_ou(stage, placed):
    api = stage.client()
    root = api.list_roots()["Roots"][0]["Id"]
    (ou,) = api.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"]
    pages = api.get_paginator("list_accounts_for_parent").paginate(ParentId=ou["Id"])
    assert sorted(account["Id"] for page in pages for account in page["Accounts"]) == sorted(placed)


def test_status_finds_everything_in_place_and_counts_the_others(stage, placed):
    code, out, _ = stage.run("status", "-o", "json")
    assert code == 0
    assert json.loads(out)["invitations"] == {"open": len(TARGETS) - len(placed) + 1}


def test_a_third_time_nobody_is_invited(stage, placed, accounts_csv):
    stage.control("calls", "DELETE")
    _, out, _ = stage.run("invite", "--yes", "--from", accounts_csv, "-o", "json")
    waiting = len(TARGETS) - len(placed) + 1
    assert json.loads(out)["summary"] == {"already-invited": waiting, "member": len(placed), "refused": 1}
    assert stage.invited() == 0
