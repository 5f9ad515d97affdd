"""The whole story in one process: the real commands in the sandbox, and of their output what is new."""

from __future__ import annotations

import io
import os
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from typing import Final, TextIO

import boto3
import click

from orgkit.cli.process import EXIT_CODE
from orgkit.errors import OrgkitError
from orgkit.report import text
from orgkit.sandbox import PAYER, cloudformation, organizations, running

_INVITED: Final = "210987654321"


@dataclass(frozen=True)
class Scene:
    """What happens next: a command with the exit code it must end in, or something done by somebody else."""

    says: str
    command: str = ""
    ends: int = 0
    meanwhile: Callable[[], None] | None = None
    most: int = 80
    """How many lines of the command's output are shown."""


def _detach_a_guard() -> None:
    organizations = boto3.client("organizations", region_name="us-east-1")
    root = organizations.list_roots()["Roots"][0]["Id"]
    policies = organizations.list_policies_for_target(TargetId=root, Filter="SERVICE_CONTROL_POLICY")["Policies"]
    guard = next(policy["Id"] for policy in policies if policy["Name"] == "deny-billing")
    organizations.detach_policy(PolicyId=guard, TargetId=root)


def _accept_the_invitation() -> None:
    """The invited account's owner: an access key id of 12 digits acts as that account."""
    session = boto3.Session(_INVITED, "demo", region_name="us-east-1")
    owner = session.client("organizations")
    for handshake in owner.list_handshakes_for_account()["Handshakes"]:
        owner.accept_handshake(HandshakeId=handshake["Id"])


STORY: Final = (
    Scene("A partner engineer writes the settings.", f"init --account {PAYER} --institution 'Example University'"),
    Scene("Sees what would be done, in an account that has nothing yet.", "bootstrap --dry-run"),
    Scene("Does it. From here on, … stands for lines that have not changed.", "bootstrap --yes"),
    Scene("Verifies it.", "status"),
    Scene("Running it again changes nothing.", "bootstrap --yes"),
    Scene("Somebody detaches a guard by hand. Status shows it (exit code 3) ...", "status", 3, _detach_a_guard),
    Scene("... and bootstrap puts it back.", "bootstrap --yes"),
    Scene("An account of the institution is invited.", f"invite {_INVITED} --yes"),
    Scene("Its owner accepts, and it joins at the root, under the guards.", "status", 3, _accept_the_invitation),
    Scene("It is placed in the institution's OU.", "place --yes"),
    Scene("Everything is in place again.", "status"),
    Scene("The organization as a tree.", "status -o tree"),
    Scene("Who may do what: the first rows of a long table, all of it as it should be.", "prove", most=28),
)


def tell(cli: click.Command, pause: Callable[[], None]) -> None:
    """Play the story, and pause between two scenes. Raises OrgkitError where a command does not end as it must."""
    before: set[str] = set()
    with _stage():
        for number, scene in enumerate(STORY):
            if number:
                pause()
            click.echo("\n" + "\n".join(text.paragraph(scene.says, "# ", "# ")), err=True)
            if scene.meanwhile:
                scene.meanwhile()
            click.echo("\n".join(text.broken(f"$ orgkit {scene.command}", text.screen())), err=True)
            said = _Said(before, scene.most)
            with redirect_stdout(_Screen(sys.stdout, said)), redirect_stderr(_Screen(sys.stderr, said)):
                code = _run(cli, scene.command)
            if scene.command.startswith(("bootstrap", "status")):
                before = set(said.lines)
            if code == EXIT_CODE:  # Ctrl-C, and the command has said what to do next
                sys.exit(code)
            if code != scene.ends:
                raise OrgkitError(f"`orgkit {scene.command}` ended with exit code {code}, not {scene.ends}.")


@dataclass
class _Said:
    """What a command says, on both of its streams."""

    before: set[str]
    """What the last command said that showed the state of the payer."""
    most: int
    lines: list[str] = field(default_factory=list)
    left_out: bool = False


class _Screen(io.StringIO):
    """A stream on which entries of a list that were shown before, and lines that are too many, become one `…`."""

    def __init__(self, stream: TextIO, said: _Said) -> None:
        super().__init__()
        self._stream, self._said, self._line = stream, said, ""

    def isatty(self) -> bool:
        return self._stream.isatty()

    def write(self, text: str) -> int:
        *whole, self._line = (self._line + text).split("\n")
        for line in whole:
            self._show(line)
        return len(text)

    def _show(self, line: str) -> None:
        said = self._said
        said.lines.append(line)
        goes_on = line.startswith("    ")  # with the entry before it
        left_out = said.left_out if goes_on else line.startswith("  ") and line in said.before
        left_out = left_out or len(said.lines) > said.most
        if not left_out:
            click.echo(line, self._stream)
        elif not said.left_out:
            click.echo("    …", self._stream)
        said.left_out = left_out


def _run(cli: click.Command, command: str) -> int:
    try:
        cli.main(shlex.split(command), prog_name="orgkit", standalone_mode=False)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    return 0


def _answer_at_once() -> None:
    """A story needs no waiting for what AWS does in the background."""
    cloudformation.settle_reads(0, drift=0, change_sets=0)
    organizations.policy_type_pending_reads(0)


@contextmanager
def _stage() -> Iterator[None]:
    """An empty folder and an empty sandbox, signed in as the payer's root user; all of it gone afterwards."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="orgkit-demo-") as folder, chdir(folder):
        for name in [name for name in os.environ if name.startswith(("AWS_", "ORGKIT_"))]:
            del os.environ[name]
        os.environ |= {
            "AWS_ACCESS_KEY_ID": PAYER,
            "AWS_SECRET_ACCESS_KEY": "demo",
            "AWS_SESSION_TOKEN": "demo",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            # Several may watch at a time, each locks the same account, and none leaves anything behind.
            "HOME": folder,
            "USERPROFILE": folder,
        }
        try:
            with running():
                _answer_at_once()
                yield
        finally:
            os.environ.clear()
            os.environ.update(before)
