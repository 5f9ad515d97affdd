"""One bootstrap at a time on a machine: refused while another runs, free whenever it has ended, however it did."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from orgkit import procedure
from orgkit.cli.lock import one_at_a_time
from orgkit.errors import OrgkitError
from orgkit.sandbox import PAYER

OTHER = "210987654321"
HOLD = """
import sys
from orgkit.cli.lock import one_at_a_time
with one_at_a_time(sys.argv[1]):
    print(flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def lock(tmp_path):
    with one_at_a_time(PAYER):
        pass
    (lock,) = tmp_path.glob("orgkit-*.lock")
    return lock


@pytest.fixture
def begun(orgkit):
    assert orgkit(f'init --account {PAYER} --institution "Example University"').exit_code == 0
    return orgkit


def test_a_second_bootstrap_of_the_account_is_refused(begun, wire):
    with one_at_a_time(PAYER):
        refused = begun("bootstrap --yes")
    assert refused.exit_code == 1
    assert refused.stdout == ""  # what would be planned now is stale when the other has ended
    assert f"Error: Another bootstrap of {PAYER} is running on this machine." in refused.stderr
    assert "Wait until it has ended" in refused.stderr
    assert not [call for call in wire if not call.startswith(("Describe", "Get", "List"))]


@pytest.mark.parametrize(("command", "ends"), [("bootstrap --dry-run", 0), ("status", 3)])
def test_looking_is_not_refused(begun, command, ends):
    with one_at_a_time(PAYER):
        assert begun(command).exit_code == ends


def test_bootstrap_of_another_account_is_not_refused(begun):
    with one_at_a_time(OTHER):
        assert begun("bootstrap --yes").exit_code == 0


def test_it_is_held_until_the_work_is_done(begun, monkeypatch):
    tried = []

    def meanwhile(aws, settings):
        with pytest.raises(OrgkitError, match="is running"), one_at_a_time(PAYER):
            pass
        yield from bootstrap(aws, settings)
        with pytest.raises(OrgkitError, match="is running"), one_at_a_time(PAYER):
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
        with pytest.raises(OrgkitError, match="is running"), one_at_a_time(PAYER):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.communicate()
    with one_at_a_time(PAYER):
        pass


def test_the_file_is_empty_and_its_owner_s_alone(lock):
    assert lock.read_bytes() == b""
    assert lock.stat().st_mode & 0o777 == 0o600


def test_a_terminal_and_a_scheduler_lock_the_same_file(monkeypatch, tmp_path):
    with one_at_a_time(PAYER):
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "work"))  # which only the terminal has
        with pytest.raises(OrgkitError, match="is running"), one_at_a_time(PAYER):
            pass


def test_without_a_folder_of_one_s_own_it_is_in_that_for_all(monkeypatch, tmp_path):
    monkeypatch.delenv("TMPDIR")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with one_at_a_time(PAYER):
        assert len(list(tmp_path.glob("orgkit-*.lock"))) == 1


def a_link(lock):
    lock.with_name("precious").write_text("precious")
    lock.symlink_to(lock.with_name("precious"))


def a_folder(lock):
    lock.mkdir()


@pytest.mark.parametrize("laid", [a_link, a_folder])
def test_what_somebody_has_laid_in_its_place_is_not_opened(lock, laid):
    lock.unlink()
    laid(lock)
    with pytest.raises(OrgkitError, match="cannot be opened") as refused, one_at_a_time(PAYER):
        pass
    assert "Remove that file" in refused.value.remedy


def test_a_file_of_another_user_is_not_taken(lock, monkeypatch):
    monkeypatch.setattr("orgkit.cli.lock._user", lambda: 4711)
    lock.rename(lock.with_name(f"orgkit-4711-{PAYER}.lock"))
    with pytest.raises(OrgkitError, match="not a file of yours"), one_at_a_time(PAYER):
        pass
