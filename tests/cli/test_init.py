"""`orgkit init`: what it asks, offers and writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from orgkit.sandbox import PAYER

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


def test_init_never_overwrites(begun):
    before = Path("orgkit.yaml").read_text(encoding="utf-8")
    result = begun('init --account 210987654321 --institution "Other"')
    assert result.exit_code == 1
    assert Path("orgkit.yaml").read_text(encoding="utf-8") == before


def test_init_asks_for_what_it_is_not_told(orgkit, terminal):
    result = orgkit("init", input="210987654321\nExample University\n")
    assert result.exit_code == 0
    assert 'account: "210987654321"' in Path("orgkit.yaml").read_text(encoding="utf-8")
    assert "?" not in result.stdout


def test_init_asks_again_for_what_aws_would_not_take(orgkit, terminal):
    result = orgkit("init", input="12345\n210987654321\n \nExample University\n")
    assert result.exit_code == 0
    assert "Error: must be the 12 digits of an AWS account\n" in result.stderr
    assert "Error: must not be empty\n" in result.stderr
    assert 'account: "210987654321"\n\n' in Path("orgkit.yaml").read_text(encoding="utf-8")


def test_init_makes_the_folders_of_a_path_and_names_it_in_what_to_run(orgkit):
    result = orgkit('init "my payers/new/a.yaml" --account 210987654321 --institution X')
    assert result.exit_code == 0
    assert result.stdout.endswith("run `orgkit bootstrap --dry-run -s 'my payers/new/a.yaml'`.\n")
    assert orgkit("validate -s 'my payers/new/a.yaml'").exit_code == 0


def test_init_into_a_folder_says_how_to_name_a_file_in_it(orgkit, terminal):
    Path("payers").mkdir()
    result = orgkit("init payers")
    assert result.exit_code == 1
    assert result.stderr == "\nError: payers is a folder.\n\nName a file in it: payers/orgkit.yaml\n"


def test_init_below_a_file_says_that_it_cannot_be_written(begun):
    result = begun("init orgkit.yaml/a.yaml --account 210987654321 --institution X")
    assert result.exit_code == 1
    assert "Error: orgkit.yaml/a.yaml cannot be written" in result.stderr


def test_init_offers_the_account_one_is_signed_in_to(orgkit, terminal):
    result = orgkit("init", input="\nExample University\n")
    assert f"[{PAYER}]" in result.stderr
    assert f'account: "{PAYER}"' in Path("orgkit.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("key", ["EXPIRED0000000000000", None])
def test_init_offers_nothing_where_nobody_is_signed_in(orgkit, terminal, monkeypatch, key):
    for name in KEYS:
        monkeypatch.delenv(name)
    if key:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "pretend")
    result = orgkit("init", input=f"{PAYER}\nExample University\n")
    assert result.exit_code == 0
    assert "[" not in result.stderr
    assert "xpired" not in result.output


@pytest.mark.parametrize(
    ("keys", "name", "odd"),
    [(False, "AWS_PROFILE", "odd"), (True, "AWS_ENDPOINT_URL", "foo bar"), (True, "AWS_SESSION_TOKEN", "pretend\n")],
)
def test_init_offers_nothing_where_nobody_can_sign_in(orgkit, terminal, monkeypatch, keys, name, odd):
    Path("config").write_text("[profile odd]\ncredential_process = echo hello\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", "config")
    for key in () if keys else KEYS:
        monkeypatch.delenv(key)
    monkeypatch.setenv(name, odd)
    result = orgkit("init", input=f"{PAYER}\nExample University\n")
    assert result.exit_code == 0, result.output
    assert "[" not in result.stderr


def test_init_without_a_terminal_names_the_option(orgkit):
    result = orgkit(f"init --account {PAYER}", input="Example University\n")
    assert result.exit_code == 2
    assert "There is no terminal to ask on: pass --institution." in result.stderr
    assert not Path("orgkit.yaml").exists()


def test_init_asks_nothing_where_a_file_is_in_the_way(begun, terminal):
    result = begun("init", input="")
    assert result.exit_code == 1
    assert result.stderr.startswith("\nError: orgkit.yaml exists already.")


def test_init_says_that_it_asked_aws(orgkit, terminal):
    result = orgkit("init", input="\nExample University\n")
    assert result.stderr.startswith(f"Asked AWS: you are signed in to {PAYER}.\n")
    assert "Asked AWS" not in orgkit(f"init b.yaml --account {PAYER}", input="Example University\n").stderr


def test_init_takes_a_profile(orgkit, terminal, monkeypatch):
    for key in KEYS:
        monkeypatch.delenv(key)
    Path("credentials").write_text(
        "[our payer]\naws_access_key_id = 210987654321\naws_secret_access_key = x\n", encoding="utf-8"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "credentials")
    result = orgkit("init --profile 'our payer'", input="\nExample University\n")
    assert result.stdout.endswith("run `orgkit bootstrap --dry-run --profile 'our payer'`.\n")
    assert 'account: "210987654321"' in Path("orgkit.yaml").read_text(encoding="utf-8")
    result = orgkit("init b.yaml --profile nobody", input=f"{PAYER}\nExample University\n")
    assert result.exit_code == 0
    assert "AWS could not be asked with the profile nobody.\n" in result.stderr


def test_init_in_a_git_repository_warns_of_passwords(orgkit):
    Path(".git").mkdir()
    line = f"--account {PAYER} --institution X"
    assert "echo '*_credentials.csv' >> .gitignore\n" in orgkit(f"init {line}").stderr
    assert "echo '*_credentials.csv' >> 'our payers/.gitignore'\n" in orgkit(f"init 'our payers/a.yaml' {line}").stderr
    Path(".gitignore").write_text("*_credentials.csv\n", encoding="utf-8")
    assert orgkit(f"init 'our payers/b.yaml' {line}").stderr == ""


def test_init_quotes_for_the_shell_of_windows(orgkit, monkeypatch):
    monkeypatch.setattr("sys.platform", "win32")
    result = orgkit(f"init 'our payers/a.yaml' --account {PAYER} --institution X")
    assert result.stdout.endswith('-s "our payers/a.yaml"`.\n')
