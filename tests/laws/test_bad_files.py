"""Law 6, files: one that cannot be read or written is one clear message, and AWS is not changed."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

import click
import pytest

from orgkit.iam import passwords
from orgkit.sandbox import PAYER

SETTINGS = Path("orgkit.yaml")
READS = ("Describe", "Get", "List", "Detect")
CREDENTIALS = "OrgAdmin_credentials.csv"
URL = f"https://{PAYER}.signin.aws.amazon.com/console"

pytestmark = pytest.mark.usefixtures("one_session")


@pytest.fixture
def begun(orgkit, wire, settings):
    wire.clear()
    return orgkit


def clear(result, code: int) -> str:
    """The one message of a run that failed as it should."""
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    assert "has a bug" not in result.output
    assert result.stderr.count("Error: ") == 1
    return result.stderr


def writes(wire: list[str]) -> list[str]:
    return [call for call in wire if not call.startswith(READS)]


# The settings file. Permissions do not stop root, so that the refusal is made up.


def a_folder(_):
    SETTINGS.mkdir()


def a_dangling_link(_):
    SETTINGS.symlink_to("nowhere.yaml")


def a_link_to_itself(_):
    SETTINGS.symlink_to(SETTINGS)


def a_socket(_):
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(SETTINGS))


def without_permission(monkeypatch):
    SETTINGS.write_text(f'account: "{PAYER}"\ninstitution: x\n', encoding="utf-8")
    refuse(monkeypatch, "io.open", errno.EACCES)


def out_of_reach(monkeypatch):
    without_permission(monkeypatch)
    monkeypatch.setattr("os.access", lambda *_, **__: False)


def on_a_broken_disk(monkeypatch):
    SETTINGS.write_text(f'account: "{PAYER}"\ninstitution: x\n', encoding="utf-8")
    refuse(monkeypatch, "io.open", errno.EIO)


def endless(_):
    SETTINGS.symlink_to("/dev/zero")


def empty(_):
    SETTINGS.symlink_to("/dev/null")


def refuse(monkeypatch, call: str, number: int) -> None:
    """Let a call fail for the files of this folder; the lock of bootstrap lies elsewhere."""
    opened = os.open

    def refused(file, *args, **kwargs):
        if call == "os.open" and Path(file).absolute().parent != Path.cwd():
            return opened(file, *args, **kwargs)
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(call, refused)


@pytest.mark.parametrize(
    ("put", "says"),
    [
        (a_folder, "Is a directory"),
        (a_dangling_link, "No such file or directory"),
        (a_link_to_itself, "Too many levels of symbolic links"),
        (a_socket, "No such device or address"),
        (without_permission, "Permission denied"),
        (out_of_reach, "Permission denied"),
        (on_a_broken_disk, "Input/output error"),
        (endless, "is larger than 256 KiB"),
        (empty, "must be a mapping"),
    ],
)
@pytest.mark.parametrize("command", ["bootstrap --yes", "status -o json"])
def test_settings_that_cannot_be_read(orgkit, wire, monkeypatch, tally, put, says, command):
    put(monkeypatch)
    assert f"orgkit.yaml:1:1: {says}" in clear(orgkit(command), 2).replace("cannot be read: ", "")
    assert wire == []
    tally["bad inputs"] += 1


# The credentials files, looked after before anything is changed


def mine():
    Path(CREDENTIALS).write_text("mine", encoding="utf-8")


def another_s():
    passwords.write(Path(CREDENTIALS), "BillingAdmin", PAYER, "Correct-Horse-7", URL)


def another_payer_s():
    url = URL.replace(PAYER, "111122223333")
    passwords.write(Path(CREDENTIALS), "OrgAdmin", "111122223333", "Correct-Horse-7", url)


def a_directory():
    Path(CREDENTIALS).mkdir()


def a_link():
    passwords.write(Path("elsewhere.csv"), "OrgAdmin", PAYER, "Correct-Horse-7", URL)
    Path(CREDENTIALS).symlink_to("elsewhere.csv")


def a_link_to_nothing():
    Path(CREDENTIALS).symlink_to("/etc/nowhere")


def a_pipe():
    os.mkfifo(CREDENTIALS)


@pytest.mark.parametrize("put", [mine, another_s, another_payer_s, a_directory, a_link, a_link_to_nothing, a_pipe])
def test_what_is_in_the_way_stops_bootstrap_before_aws_is_changed(begun, wire, tally, put):
    put()
    before = {file.name: file.lstat().st_ino for file in Path().iterdir()}
    message = clear(begun("bootstrap --yes"), 1)
    assert f"{CREDENTIALS} is in the way" in message
    assert "Move that file away" in message or "Hand it over to its user, or move it" in message
    assert {file.name: file.lstat().st_ino for file in Path().iterdir()} == before
    assert writes(wire) == []
    assert wire
    tally["bad inputs"] += 1


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize("call", ["os.open", "os.fsync"])
def test_a_folder_that_takes_no_file_stops_bootstrap_before_aws_is_changed(
    begun, wire, tally, monkeypatch, call, number
):
    refuse(monkeypatch, call, number)
    message = clear(begun("bootstrap --yes"), 1)
    assert f"_credentials.csv cannot be written into {Path.cwd()}: {os.strerror(number)}." in message
    assert "run the same command again" in message
    assert writes(wire) == []
    assert sorted(file.name for file in Path().iterdir()) == ["orgkit.schema.json", "orgkit.yaml"]
    tally["bad inputs"] += 1


def test_a_disk_that_fills_up_in_between_loses_no_password(begun, tally, session):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("orgkit.iam.passwords.check", lambda *_: None)
        refuse(patch, "os.fsync", errno.ENOSPC)
        message = clear(begun("bootstrap --yes"), 1)
    assert "No password was set." in message
    iam = session.client("iam")
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_login_profile(UserName="BillingAdmin")
    assert begun("bootstrap --yes").exit_code == 0
    assert len(list(Path().glob("*_credentials.csv"))) == 2
    tally["bad inputs"] += 1


# What is printed


def test_an_output_that_takes_no_more_is_no_bug(begun, wire, monkeypatch, tally):
    echo = click.echo

    def to_a_full_disk(message=None, *, err=False):
        if not err:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        echo(message, err=True)

    monkeypatch.setattr("click.echo", to_a_full_disk)
    assert "No space left on device" in clear(begun("bootstrap --yes"), 1)
    assert writes(wire) == []
    tally["bad inputs"] += 1
