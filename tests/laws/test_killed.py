"""Law 3 once more, with the real command, real sockets and real signals."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from urllib.request import urlopen

import pytest

from laws import world
from orgkit import sandbox
from orgkit.sandbox import cloudformation
from orgkit.sandbox.server.gate import server_for


@dataclass(frozen=True)
class Controls:
    """What can be asked of the server beside AWS's own calls."""

    url: str

    def calls(self):
        with urlopen(f"{self.url}/orgkit-sandbox/calls") as answer:
            return [call["operation"].rpartition(":")[2] for call in json.load(answer)]

    def post(self, control, said=None):
        with urlopen(f"{self.url}/orgkit-sandbox/{control}", json.dumps(said or {}).encode()):
            pass


@pytest.fixture
def controls():
    """The pretend AWS as a server in this process, so that it can be looked into."""
    sandbox.install()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = server_for(listening, enforce=False, throttled=False, verbose=False)
        url = f"http://127.0.0.1:{server.port}"
        serving = Thread(target=server.serve_forever)
        serving.start()
        yield Controls(url)
        Controls(url).post("reset")
        server.shutdown()
        serving.join()
        server.server_close()


@pytest.fixture
def command(controls, settings, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", controls.url)

    def start():
        run = [sys.executable, "-m", "orgkit", "bootstrap", "--yes"]
        return subprocess.Popen(run, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8")

    return start


def begin_anew(controls):
    """An account that nobody has used yet, where AWS takes no time."""
    controls.post("reset")
    cloudformation.settle_reads(0, drift=0, change_sets=0)
    for file in Path().glob("*.csv"):
        file.unlink()


def ended(process):
    _, said = process.communicate()
    return process.returncode, said


def struck(process, controls, operation, blow):
    """How it ends that gets a signal when the operation has had its effect and is not answered yet."""
    controls.post("faults", [{"operation": operation, "kind": "hang", "seconds": 600}])
    while operation not in controls.calls():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.send_signal(blow)
    return ended(process)


def look():
    """Everything in AWS, and whether each password is in its file."""
    passwords = world.passwords().items()
    return world.look() | {
        "passwords": {
            user: password in Path(f"{user}_credentials.csv").read_text(encoding="utf-8")
            for user, password in passwords
        }
    }


def test_the_command_may_be_killed_again_and_again(controls, command, tally):
    begin_anew(controls)
    assert ended(command())[0] == 0
    wanted = look()
    begin_anew(controls)
    for operation in ("CreateOrganization", "CreatePolicy", "CreateStack", "CreateLoginProfile"):
        tally["stops"] += 1
        code, _ = struck(command(), controls, operation, signal.SIGKILL)
        assert code == -signal.SIGKILL
    assert ended(command())[0] == 0
    assert look() == wanted


@pytest.mark.parametrize(
    ("name", "ends", "word"),
    [("SIGINT", 130, "Interrupted"), ("SIGTERM", 143, "Terminated"), ("SIGHUP", 129, "Hung up")],
)
def test_a_signal_ends_the_command_with_one_sentence(controls, command, tally, name, ends, word):
    begin_anew(controls)
    tally["stops"] += 1
    code, said = struck(command(), controls, "CreateOrganizationalUnit", getattr(signal, name))
    assert code == ends
    assert said.splitlines()[0].endswith(f" at {controls.url.removeprefix('http://')}, which is not AWS")
    assert said.splitlines()[1:] == ["", f"{word}. Run the same command again to go on from here."]
