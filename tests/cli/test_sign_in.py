"""Signing in: as whom, to which payer, and every way in which it fails."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orgkit.sandbox import PAYER


def test_who_is_signed_in_goes_to_stderr(bootstrapped):
    result = bootstrapped("status")
    assert f"Signed in to {PAYER} as arn:aws:iam::{PAYER}:root" in result.stderr
    assert "Signed in" not in result.stdout


def test_the_wrong_account_is_4(begun, monkeypatch, wire):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "210987654321")
    result = begun("bootstrap --yes")
    assert result.exit_code == 4
    assert "You are signed in to 210987654321, but orgkit.yaml is for 123456789012." in result.stderr
    assert "Sign in to 123456789012" in result.stderr


def test_no_credentials_is_4(begun, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.delenv("AWS_SESSION_TOKEN")
    result = begun("status")
    assert result.exit_code == 4
    assert "No AWS credentials were found." in result.stderr
    assert "aws login" in result.stderr


def test_expired_credentials_are_4(begun, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "EXPIRED0000000000000")
    result = begun("status")
    assert result.exit_code == 4
    assert "AWS does not accept these credentials" in result.stderr


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
@pytest.mark.parametrize("odd", ["pasted-badly\n", "pasted badly", "pasted\u2013badly"])
def test_credentials_that_fit_no_header_are_4_and_are_not_quoted(begun, wire, monkeypatch, name, odd):
    monkeypatch.setenv(name, os.fsdecode(odd.encode()))
    result = begun("status --debug")
    assert result.exit_code == 4
    assert "These credentials cannot be used: they hold a blank" in result.stderr
    for told in ("badly", "Signature", "Credential="):
        assert told not in result.output
    assert wire == []


@pytest.mark.parametrize(("name", "odd"), [("AWS_ENDPOINT_URL", "foo bar"), ("AWS_REGION", "no where")])
def test_an_address_that_is_none_is_said_to_be_so(begun, wire, monkeypatch, name, odd):
    monkeypatch.setenv(name, odd)
    result = begun("status")
    assert result.exit_code == 1
    assert "Error: AWS cannot be asked: " in result.stderr
    assert odd in result.stderr
    assert f"{name}" in result.stderr.splitlines()[-1]
    assert wire == []


@pytest.mark.parametrize("named_by", ["--profile", "orgkit.yaml", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"])
def test_an_unknown_profile_is_4_and_says_who_named_it(begun, monkeypatch, named_by):
    Path("config").write_text("[profile one]\n[profile two]\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", "config")
    if named_by.startswith("AWS"):
        monkeypatch.setenv(named_by, "nobody")
    elif named_by == "orgkit.yaml":
        with Path("orgkit.yaml").open("a", encoding="utf-8") as file:
            file.write("profile: nobody\n")
    result = begun("status --profile nobody" if named_by == "--profile" else "status")
    assert result.exit_code == 4
    assert f"Error: {named_by} names the profile nobody, which is not in your AWS configuration." in result.stderr
    assert "It has these: one, two." in result.stderr


def test_of_many_profiles_some_are_named(begun, monkeypatch):
    Path("config").write_text("\n".join(f"[profile p{number}]" for number in range(100, 300)), encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", "config")
    assert ", p109 and 190 more. `aws" in begun("status --profile nobody").stderr


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (b"\xef\xbb\xbf[profile a]\n", 1, "begins with a byte order mark"),
        ("[profile a]\n".encode("utf-16"), 1, "is not UTF-8 text"),
        ("[profile a]\n# f\u00fcr uns\n".encode("latin-1"), 2, "is not UTF-8 text"),
        (b"[profile a]\nregion = x\nregion = y\n", 3, "region is there twice"),
        (b"[profile a]\n[profile a]\n", 2, "[profile a] is there twice"),
        (b"aws_secret_access_key = SECRET\n", 1, "stands before the first [profile]"),
        (b"[profile a]\nSECRET\n", 2, "is neither a [profile] nor a setting with ="),
        (b"[profile a]\ns3 =\n  SECRET\n", 1, "cannot be read"),
    ],
)
@pytest.mark.parametrize("name", ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"])
def test_what_is_wrong_with_aws_s_own_files_is_told_with_its_line(begun, monkeypatch, name, content, line, says):
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(key)
    Path("theirs").write_bytes(content)
    monkeypatch.setenv(name, "theirs")
    result = begun("status")
    assert result.exit_code == 4, result.output
    if (name, says) != ("AWS_SHARED_CREDENTIALS_FILE", "cannot be read"):  # which may have nothing below s3
        assert f"Error: theirs:{line}: {says}" in result.stderr
    assert "SECRET" not in result.output


def test_a_payer_that_is_a_member_elsewhere_is_4(begun, organizations, session, monkeypatch):
    assert begun("bootstrap --yes").exit_code == 0
    account = organizations.create_account(AccountName="Physics", Email="physics@example.edu")
    member = account["CreateAccountStatus"]["AccountId"]
    Path("member.yaml").write_text(f'account: "{member}"\ninstitution: Physics\n', encoding="utf-8")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", member)
    result = begun("bootstrap --yes -s member.yaml")
    assert result.exit_code == 4
    assert f"{member} is a member of organization" in result.stderr
    assert PAYER in result.stderr


def test_a_long_lived_root_key_is_warned_of(bootstrapped, monkeypatch):
    monkeypatch.delenv("AWS_SESSION_TOKEN")
    assert "access key of the root user, which never expires" in bootstrapped("status").stderr


def test_a_session_of_the_root_user_and_a_key_of_another_user_are_not_warned_of(bootstrapped, session, monkeypatch):
    assert "never expires" not in bootstrapped("status").stderr
    session.client("iam").create_user(UserName="Partner")
    key = session.client("iam").create_access_key(UserName="Partner")["AccessKey"]
    monkeypatch.delenv("AWS_SESSION_TOKEN")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    told = bootstrapped("status").stderr
    assert ":user/Partner" in told
    assert "access key of the root user" not in told


def test_the_settings_come_from_the_environment_too(bootstrapped, monkeypatch):
    Path("orgkit.yaml").rename("other.yaml")
    monkeypatch.setenv("ORGKIT_SETTINGS", "other.yaml")
    assert bootstrapped("status").exit_code == 0


def test_a_profile_that_is_named_comes_before_the_key_in_the_environment(begun, monkeypatch):
    """As botocore takes them: to set the environment's key anew would not help."""
    theirs = "[profile payer]\naws_access_key_id = EXPIRED0000000000000\naws_secret_access_key = s\n"
    Path("theirs").write_text(theirs, encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", "theirs")
    result = begun("status --profile payer")
    assert result.exit_code == 4
    assert "the access key of profile payer" in result.stderr
    assert "aws configure --profile payer" in result.stderr
