"""docs/sandbox.md: its blocks, run in order, do and refuse what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from orgkit import sandbox
from orgkit.sandbox.authorization import enforcement
from orgkit.sandbox.server.controls import FUNCTIONS, Controls
from shell import Shell

PAGE = (Path(__file__).parents[1] / "docs" / "sandbox.md").read_text(encoding="utf-8")
LINES = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    for line in block.splitlines()
    if line != "orgkit sandbox"
]


def answer(controls: Controls, name: str) -> str:
    request = Request(EnvironBuilder(path=f"/orgkit-sandbox/{name}").get_environ())
    return controls.answer(request, name).get_data(as_text=True)


def refusal(shell: Shell, line: str) -> str:
    """The code with which AWS refuses what a line does, or ""."""
    try:
        shell.run(line)
    except ClientError as refused:
        return str(refused.response["Error"]["Code"])
    return ""


def test_every_line_of_the_page_does_what_it_says(orgkit, monkeypatch):
    controls, shell, refused = Controls(enforce=True), Shell(boto3.Session()), 0
    for line in LINES:
        command, _, comment = line.partition("   #")
        if become := re.search(r"orgkit-sandbox/(as/\w+)", command):
            for name, value in re.findall(r"export (\w+)=(\w+)", answer(controls, become[1])):
                monkeypatch.setenv(name, value)
            shell.become(boto3.Session())
        elif command.startswith("orgkit "):
            done = orgkit(command.removeprefix("orgkit "))
            assert done.exit_code == 0, f"{command}\n{done.output}"
        else:
            assert refusal(shell, command) == comment.strip(), line
            refused += bool(comment)
    assert refused == 5
    enforcement.enforce(False)


@pytest.mark.parametrize("name", ["Nobody", "12345"])
def test_nobody_can_be_somebody_who_is_not_there(pretend_aws, name):
    assert "error" in answer(Controls(enforce=False), f"as/{name}")


def test_every_control_on_the_page_is_one_of_the_sandbox():
    table = PAGE.partition("| control |")[2]
    named = {
        name
        for row in re.findall(r"^\| (`[a-z].*?) \|", table, re.MULTILINE)
        for name in re.findall(r"`([a-z-]+)`", row)
    }
    own = {"reset", "clock", "delay", "faults"}
    controls = {function.replace("_", "-") for functions in FUNCTIONS.values() for function in functions}
    assert len(named) > 10
    assert named <= controls | own
    assert sandbox.PAYER in PAGE
