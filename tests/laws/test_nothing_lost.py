"""Law 12: nothing of anybody's is lost. What orgkit did not make is neither overwritten nor removed unseen."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest
from moto.iam.exceptions import IAMException

from laws import world
from orgkit.iam import passwords
from orgkit.settings import load

OTHER = "111122223333"
USERS = ("BillingAdmin", "OrgAdmin")
READS = ("Describe", "Get", "List", "Detect", "Simulate")


@pytest.fixture
def begun(orgkit, one_session, wire, settings):
    """The command line, whose calls are heard; a settings file, and nothing in AWS."""
    wire.clear()
    return orgkit


def writes(wire: list[str]) -> list[str]:
    return [call for call in wire if not call.startswith(READS)]


def password_in(file: Path) -> str:
    with file.open(newline="", encoding="utf-8") as opened:
        return list(csv.reader(opened))[1][1]


# Passwords that were not handed over yet


@pytest.mark.parametrize("user", USERS)
def test_the_passwords_of_another_payer_stay(begun, wire, tally, user):
    """The remedy is followed to the letter: the file goes to another folder."""
    file = Path(f"{user}_credentials.csv")
    passwords.write(file, user, OTHER, "Theirs-not-handed-over-1", f"https://{OTHER}.signin.aws.amazon.com/console")
    wire.clear()
    refused = begun("bootstrap --yes")
    assert refused.exit_code == 1
    assert f"first password of {user} in account {OTHER}" in refused.stderr
    assert writes(wire) == []
    assert password_in(file) == "Theirs-not-handed-over-1"
    kept = Path("elsewhere", file.name)
    kept.parent.mkdir()
    file.rename(kept)
    assert begun("bootstrap --yes").exit_code == 0
    assert password_in(kept) == "Theirs-not-handed-over-1"
    assert world.passwords()[user] == password_in(file)
    tally["things of others"] += 1


def test_a_file_system_that_ignores_who_may_read_is_refused_before_anything_is_changed(begun, wire, monkeypatch, tally):
    real = os.open

    def opened(file, flags, mode=0o777, **more):
        before = os.umask(0)
        try:
            return real(file, flags, 0o666 if flags & os.O_CREAT else mode, **more)
        finally:
            os.umask(before)

    monkeypatch.setattr(os, "open", opened)
    refused = begun("bootstrap --yes")
    assert refused.exit_code == 1
    assert "would let other users of this machine read it" in refused.stderr
    assert "move the settings file to a folder" in refused.stderr
    assert writes(wire) == []
    assert list(Path().glob("*.csv*")) + list(Path().glob(".*draft")) == []
    tally["things of others"] += 1


@pytest.mark.parametrize("code", ["AccessDenied", "LimitExceeded", "PasswordPolicyViolation"])
def test_a_password_that_aws_refused_stays_in_no_file(begun, monkeypatch, tally, code):
    def refuses(self, user_name, password, reset_required):
        raise IAMException(code, "No.")

    with monkeypatch.context() as patch:
        patch.setattr("orgkit.sandbox.iam.backend.Backend.give_login_profile", refuses)
        assert begun("bootstrap --yes").exit_code == 1
    assert list(Path().glob("*.csv")) == []
    again = begun("bootstrap --yes")
    assert again.exit_code == 0, again.output
    tally["refused passwords"] += 1


@pytest.mark.parametrize("least", [6, 23, 24, 25, 64, 128])
def test_a_password_is_as_long_as_the_payer_demands(begun, session, wire, tally, least):
    session.client("iam").update_account_password_policy(
        MinimumPasswordLength=least,
        RequireSymbols=True,
        RequireNumbers=True,
        RequireUppercaseCharacters=True,
        RequireLowercaseCharacters=True,
    )
    wire.clear()
    assert begun("bootstrap --yes").exit_code == 0
    for user in USERS:
        password = password_in(Path(f"{user}_credentials.csv"))
        assert len(password) == max(least, passwords.LENGTH)
        assert world.passwords()[user] == password
    assert ("GetAccountPasswordPolicy" in wire) == (least > passwords.LENGTH)
    tally["refused passwords"] += 1


def test_settings_from_a_pipe_put_the_passwords_here(settings, tally):
    """Not beside the settings: that would be /dev."""
    text = Path("orgkit.yaml").read_text("utf-8")
    Path("elsewhere").mkdir()
    os.mkfifo("elsewhere/pipe")
    for path in (Path("elsewhere/pipe"), Path("/dev/null")):
        assert passwords.file_of(load(path, text), "OrgAdmin") == Path("OrgAdmin_credentials.csv")
    tally["things of others"] += 1
