"""The file of a first password: whole, on disk before AWS knows, open to its owner alone, and in nobody's way."""

from __future__ import annotations

import csv
import errno
import os
import stat
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgkit import procedure
from orgkit.errors import OrgkitError
from orgkit.iam import passwords

USER, PASSWORD = "OrgAdmin", "Correct-Horse-7"
ACCOUNT, OTHER = "123456789012", "111122223333"
URL = f"https://{ACCOUNT}.signin.aws.amazon.com/console"


@pytest.fixture
def path() -> Path:
    return Path.cwd() / f"{USER}_credentials.csv"


def write(path: Path, password: str = PASSWORD) -> None:
    passwords.write(path, USER, ACCOUNT, password, URL)


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def files() -> dict[str, tuple[int, int, int]]:
    """Every file here, and what would tell that it was written or replaced."""
    found = ((file.name, file.lstat()) for file in Path.cwd().iterdir())
    return {name: (there.st_ino, there.st_mtime_ns, there.st_size) for name, there in found}


# What is in it


def test_it_is_the_file_that_the_console_offers(path):
    write(path)
    assert path.name == "OrgAdmin_credentials.csv"
    assert rows(path) == [["User name", "Password", "Console sign-in URL"], [USER, PASSWORD, URL]]


def test_a_password_satisfies_the_strictest_policy_and_every_reader():
    made = [passwords.new_password() for _ in range(200)]
    assert len(set(made)) == 200
    for password in made:
        assert len(password) == 24
        assert password[0] in string.ascii_letters  # a spreadsheet takes no letter for a formula
        for kind in (string.ascii_uppercase, string.ascii_lowercase, string.digits, "!@#$%^&*()_+-=[]{}|'"):
            assert set(password) & set(kind)
        assert not set(password) & set(",\"'`\\ &|<>;~\t\n")


# How it is written


@pytest.mark.parametrize("umask", [0, 0o022, 0o077])
def test_only_its_owner_can_read_it_whatever_the_umask(path, umask):
    before = os.umask(umask)
    try:
        write(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.fixture
def opened(monkeypatch) -> list[tuple[str, int, int]]:
    """Every file made by `os.open`: its name, the flags, and the mode it has from the first moment."""
    seen: list[tuple[str, int, int]] = []
    real = os.open

    def watched(file, flags, mode=0o777, **more):
        if flags & os.O_CREAT:
            seen.append((Path(file).name, flags, mode))
        return real(file, flags, mode, **more)

    monkeypatch.setattr(os, "open", watched)
    return seen


def test_at_no_moment_can_others_read_it_and_no_link_is_followed(path, opened):
    before = os.umask(0)
    try:
        write(path)
    finally:
        os.umask(before)
    [(name, flags, mode)] = opened
    assert name == ".OrgAdmin_credentials.csv.draft"
    assert mode == 0o600
    assert flags & os.O_EXCL
    assert flags & os.O_NOFOLLOW


def test_it_is_on_disk_before_aws_knows_the_password(aws, settings, monkeypatch, wire):
    happened: list[str] = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda descriptor: [happened.append("on disk"), fsync(descriptor)])
    monkeypatch.setattr(os, "replace", lambda *paths: [happened.append("named"), replace(*paths)])
    monkeypatch.setattr("orgkit.aws.cloudformation.Iam.create_password", lambda *_: happened.append("told"))
    tuple(procedure.bootstrap(aws(), settings))
    assert happened == ["on disk", "named", "on disk", "told"] * 2


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("call", ["open", "fsync", "replace"])
def test_what_cannot_be_written_leaves_nothing_behind(path, monkeypatch, call, number):
    def fails(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, fails)
    with pytest.raises(OrgkitError, match=os.strerror(number)) as stopped:
        write(path)
    assert "No password was set." in stopped.value.remedy
    assert PASSWORD not in f"{stopped.value} {stopped.value.remedy}"
    assert list(Path.cwd().iterdir()) == []


# What is there already


def test_a_leftover_of_a_stopped_run_is_replaced(path):
    write(path, "Never-told-to-AWS-1")
    write(path)
    assert rows(path)[1][1] == PASSWORD


def test_a_leftover_comes_back_if_aws_does_not_take_the_new_password(path):
    """AWS may know the password of the stopped run, which nobody could read anywhere else."""
    write(path, "Known-to-AWS-1")
    former = passwords.write(path, USER, ACCOUNT, PASSWORD, URL)
    passwords.put_back(path, former)
    assert rows(path)[1][1] == "Known-to-AWS-1"


def test_a_draft_of_a_stopped_run_is_replaced_and_a_link_there_is_not_followed(path):
    elsewhere = Path("elsewhere")
    path.with_name(f".{path.name}.draft").symlink_to(elsewhere)
    write(path)
    assert not elsewhere.exists()
    assert [file.name for file in Path.cwd().iterdir()] == [path.name]


def test_a_folder_in_the_place_of_the_draft_is_named(path):
    path.with_name(f".{path.name}.draft").mkdir()
    with pytest.raises(OrgkitError, match="cannot be written") as stopped:
        write(path)
    assert f"Remove .{path.name}.draft" in stopped.value.remedy


def a_file(path):
    path.write_text("mine")


def a_file_of_another_user(path):
    passwords.write(path, "BillingAdmin", ACCOUNT, PASSWORD, URL)


def a_file_of_another_payer(path):
    passwords.write(path, USER, OTHER, PASSWORD, URL.replace(ACCOUNT, OTHER))


def a_file_with_one_line_more(path):
    write(path)
    with path.open("a") as file:
        file.write("mine\n")


def a_large_file(path):
    write(path, "x" * 5000)


def a_folder(path):
    path.mkdir()


def a_link_to_a_leftover(path):
    write(path.with_name("other.csv"))
    path.symlink_to("other.csv")


def a_dangling_link(path):
    path.symlink_to("nowhere")


def a_pipe(path):
    os.mkfifo(path)


@pytest.mark.parametrize(
    "put",
    [
        a_file,
        a_file_of_another_user,
        a_file_of_another_payer,
        a_file_with_one_line_more,
        a_large_file,
        a_folder,
        a_link_to_a_leftover,
        a_dangling_link,
        a_pipe,
    ],
)
@pytest.mark.parametrize("does", [passwords.check, lambda path, user, account: write(path)])
def test_nothing_else_is_overwritten(path, put, does):
    put(path)
    before = files()
    with pytest.raises(
        OrgkitError, match=r"is in the way: (OrgAdmin gets a new password|it holds the first password of )"
    ):
        does(path, USER, ACCOUNT)
    assert files() == before


@given(content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_content_is_too_odd_to_tell_a_leftover_from_it(tmp_path_factory, tally, content):
    tally["bad inputs"] += 1
    path = tmp_path_factory.getbasetemp() / "odd.csv"
    path.write_bytes(content)
    assert passwords.owner(path) is None


# Checking beforehand


def test_a_check_leaves_nothing_behind_and_keeps_a_leftover(path):
    passwords.check(path, USER, ACCOUNT)
    assert list(Path.cwd().iterdir()) == []
    write(path)
    passwords.check(path, USER, ACCOUNT)
    assert rows(path)[1][1] == PASSWORD


def test_a_check_writes_as_much_as_a_file_can_hold(path, monkeypatch):
    written: list[int] = []  # a disk may have room for a name and none for what it names
    monkeypatch.setattr(os, "fsync", lambda descriptor: written.append(os.fstat(descriptor).st_size))
    passwords.check(path, USER, ACCOUNT)
    write(path)
    check, file = written[:2]
    assert check > file


def test_users_with_a_password_need_no_file(aws, settings):
    tuple(procedure.bootstrap(aws(), settings))
    for file in Path.cwd().glob("*.csv"):
        file.write_text("mine now")
    passwords.check_files(aws(), settings)


def test_windows_does_not_double_line_breaks(path, monkeypatch):
    """There, what is not opened as binary gets a carriage return before each line feed, twice if Python adds one."""
    binary = 1 << 40
    opened = os.open

    def open_as_windows(name, flags, mode=0o777):
        assert name.suffix != ".draft" or flags & binary
        return opened(name, flags & ~binary, mode)

    monkeypatch.setattr(os, "O_BINARY", binary, raising=False)
    monkeypatch.setattr(os, "linesep", "\r\n")
    monkeypatch.setattr(os, "open", open_as_windows)
    write(path)
    assert b"\r" not in path.read_bytes()
    assert passwords.owner(path) == (USER, ACCOUNT)
