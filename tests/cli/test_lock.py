"""One bootstrap at a time on a machine: refused while another runs, free whenever it has ended, however it did."""

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys
from io import FileIO
from pathlib import Path

import pytest

from orgkit import procedure
from orgkit.cli import lock as locking
from orgkit.cli.lock import locked
from orgkit.errors import OrgkitError
from orgkit.sandbox import PAYER

OTHER = "210987654321"
HOLD = """
import sys
from orgkit.cli.lock import locked
with locked(sys.argv[1], "", print):
    print(flush=True)
    sys.stdin.read()
"""


def held(account=PAYER, endpoint="", tell=lambda _: None):
    return locked(account, endpoint, tell)


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Waiting takes no time."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    return home


@pytest.fixture
def lock(home):
    with held():
        pass
    (lock,) = home.glob(".orgkit/*.lock")
    return lock


@pytest.fixture
def begun(orgkit):
    assert orgkit(f'init --account {PAYER} --institution "Example University"').exit_code == 0
    return orgkit


def test_a_second_bootstrap_of_the_account_is_refused(begun, wire):
    with held():
        refused = begun("bootstrap --yes")
    assert refused.exit_code == 1
    assert refused.stdout == ""  # what would be planned now is stale when the other has ended
    who = rf"Error: Another bootstrap of {PAYER} is running on this machine \(process {os.getpid()}, since 2\S+ \S+\)\."
    assert re.search(who, refused.stderr)
    assert refused.stderr.count("waiting for it to end") == 1
    assert "Wait until it has ended" in refused.stderr
    assert not [call for call in wire if not call.startswith(("Describe", "Get", "List"))]


@pytest.mark.parametrize(("command", "ends"), [("bootstrap --dry-run", 0), ("status", 3)])
def test_looking_is_not_refused(begun, command, ends):
    with held():
        assert begun(command).exit_code == ends


def test_bootstrap_of_another_account_is_not_refused(begun):
    with held(OTHER):
        assert begun("bootstrap --yes").exit_code == 0


def test_a_bootstrap_against_another_endpoint_is_not_refused(begun):
    with held(endpoint="127.0.0.1:5770"):
        assert begun("bootstrap --yes").exit_code == 0
    with held(endpoint="127.0.0.1:5770"), held(endpoint="127.0.0.1:5771"):
        pass
    with (
        held(endpoint="127.0.0.1:5770"),
        pytest.raises(OrgkitError, match="is running"),
        held(endpoint="127.0.0.1:5770"),
    ):
        pass


def test_it_waits_a_moment_for_the_other_to_end(monkeypatch):
    other = held()
    other.__enter__()
    monkeypatch.setattr("time.sleep", lambda _: other.__exit__(None, None, None))
    told = []
    with held(tell=told.append):
        pass
    assert told == [f"Another bootstrap of {PAYER} is running on this machine; waiting for it to end."]


@pytest.mark.parametrize("code", ["ENOSYS", "ENOLCK", "EOPNOTSUPP", "EIO"])
def test_a_file_system_without_locks_is_a_warning(begun, monkeypatch, code):
    number = getattr(errno, code)
    monkeypatch.setattr(locking, "_lock", failing_with(OSError(number, os.strerror(number))))
    done = begun("bootstrap --yes")
    assert done.exit_code == 0
    assert f"Warning: no file can be locked ({os.strerror(number)});" in done.stderr


def failing_with(failure):
    def fail(*_):
        raise failure

    return fail


def test_it_is_held_until_the_work_is_done(begun, monkeypatch):
    tried = []

    def meanwhile(aws, settings):
        with pytest.raises(OrgkitError, match="is running"), held():
            pass
        yield from bootstrap(aws, settings)
        with pytest.raises(OrgkitError, match="is running"), held():
            pass
        tried.append("before and after")

    bootstrap = procedure.bootstrap
    monkeypatch.setattr("orgkit.procedure.bootstrap", meanwhile)
    assert begun("bootstrap --yes").exit_code == 0
    assert tried


def test_a_bootstrap_that_failed_is_in_nobody_s_way(begun):
    Path("OrgAdmin_credentials.csv").mkdir()
    assert begun("bootstrap --yes").exit_code == 1
    Path("OrgAdmin_credentials.csv").rmdir()
    assert begun("bootstrap --yes").exit_code == 0


def test_a_killed_process_is_in_nobody_s_way():
    with subprocess.Popen([sys.executable, "-c", HOLD, PAYER], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        with pytest.raises(OrgkitError, match="is running"), held():
            pass
        holder.send_signal(signal.SIGKILL)
        holder.communicate()
    with held():
        pass


def test_only_the_last_holder_is_named(lock):
    lock.write_text("process 1234567890, since yesterday or the day before, at noon\n", encoding="utf-8")
    with held():
        assert re.fullmatch(rf"process {os.getpid()}, since [-0-9]+ [:0-9]+", lock.read_text(encoding="utf-8"))


def test_the_folder_and_the_file_are_their_owner_s_alone(lock):
    assert lock.parent.stat().st_mode & 0o777 == 0o700
    assert lock.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["XDG_RUNTIME_DIR", "TMPDIR"])
def test_a_terminal_and_a_scheduler_lock_the_same_file(monkeypatch, tmp_path, name):
    with held():
        monkeypatch.setenv(name, str(tmp_path / "work"))  # which only the terminal has
        with pytest.raises(OrgkitError, match="is running"), held():
            pass


def no_folder(home, monkeypatch):
    (home / ".orgkit").write_text("")


def no_file(home, monkeypatch):
    (home / ".orgkit" / f"{PAYER}.lock").mkdir(parents=True)


def a_link(home, monkeypatch):
    """Under sudo the home may be another user's, who may lay what they like in it."""
    (home / "precious").write_text("precious")
    (home / ".orgkit").mkdir()
    (home / ".orgkit" / f"{PAYER}.lock").symlink_to(home / "precious")


def no_home(home, monkeypatch):
    monkeypatch.setattr(Path, "home", failing_with(RuntimeError("Could not determine home directory.")))


@pytest.mark.parametrize("lacking", [no_folder, no_file, a_link, no_home])
def test_without_a_file_to_lock_there_is_a_warning(home, monkeypatch, lacking):
    lacking(home, monkeypatch)
    told, done = [], []
    with held(tell=told.append):
        done.append(True)
    assert done
    assert told[0].startswith("Warning: no file can be locked (")
    assert told[0].endswith(f"); do not run another bootstrap of {PAYER} meanwhile.")
    assert all(file.read_text() == "precious" for file in home.glob("precious"))


def test_of_the_holder_no_more_is_read_than_windows_lets_read(monkeypatch):
    """It refuses a read that reaches the locked byte; then the lock would seem to be none."""

    class Locked(FileIO):
        def read(self, size=-1):
            if not 0 < size < 1024:
                raise PermissionError(errno.EACCES, "Permission denied")
            return super().read(size)

    monkeypatch.setattr("builtins.open", lambda path, mode, opener, **_: Locked(path, mode, opener=opener))
    with held(), pytest.raises(OrgkitError, match=rf"is running on this machine \(process {os.getpid()},"), held():
        pass
