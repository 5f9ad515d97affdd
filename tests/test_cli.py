"""The command line: each command's happy path, each exit code, and what goes to which stream."""

from __future__ import annotations

import json
import re
import shlex
import stat
from pathlib import Path

import pytest

from orgkit import __version__
from orgkit.cli import cli
from orgkit.console import EXITS, tell
from orgkit.errors import REMEDIES
from orgkit.sandbox import PAYER

INIT = f'init --account {PAYER} --institution "Example University"'


@pytest.fixture
def begun(orgkit):
    assert orgkit(INIT).exit_code == 0
    return orgkit


@pytest.fixture
def bootstrapped(begun):
    result = begun("bootstrap --yes")
    assert result.exit_code == 0, result.output
    return begun


@pytest.fixture
def organizations(session):
    return session.client("organizations")


# Help


def test_help_names_every_exit_code(orgkit):
    shown = orgkit("--help").stdout
    for code in ("0 ", "1 ", "2 ", "3 ", "4 ", "130 "):
        assert f"\n    {code}" in shown


@pytest.mark.parametrize("command", sorted(cli.commands))
def test_every_command_has_help_that_opens_with_its_use(orgkit, command):
    shown = orgkit(f"{command} --help")
    assert shown.exit_code == 0
    assert shown.stdout.startswith(f"Usage: orgkit {command}")
    assert len(cli.commands[command].help.strip().splitlines()[0]) > 20


@pytest.mark.parametrize("command", sorted(cli.commands))
def test_every_command_s_help_names_its_exit_codes(orgkit, command):
    codes = orgkit(f"{command} --help").stdout.partition("Exit codes:\n")[2]
    named = {int(line.split()[0]): line.split(maxsplit=1)[1] for line in codes.splitlines()}
    assert 0 in named
    assert named.items() <= EXITS.items()


def test_the_list_of_commands_cuts_no_sentence_off(orgkit):
    commands = orgkit("--help").stdout.partition("Commands:\n")[2]
    assert "status" in commands
    assert "..." not in commands


@pytest.mark.parametrize("command", ["bootstrap", "status", "prove", "invite", "handover"])
def test_every_command_that_asks_aws_can_be_interrupted_and_says_so(orgkit, command):
    assert "\n    130  " in orgkit(f"{command} --help").stdout


@pytest.mark.parametrize("command", sorted(cli.commands))
def test_every_command_s_help_has_examples_that_can_be_typed(orgkit, command):
    examples = re.findall(rf"^  orgkit {command}\b(.*)$", orgkit(f"{command} --help").stdout, re.MULTILINE)
    assert examples
    Path("accounts.csv").touch()
    for example in examples:
        words = shlex.split(re.split(r" [|>] ", example)[0])
        with cli.commands[command].make_context(command, words):
            pass


@pytest.mark.parametrize("command", ["", *sorted(cli.commands)])
def test_help_is_there_as_a_command_too(orgkit, command):
    assert orgkit(f"help {command}").stdout == orgkit(f"{command} --help").stdout


def test_help_lists_every_error_with_its_remedy(orgkit):
    shown = orgkit("help errors").stdout
    paragraphs = re.findall(r"^(\S.*)\n((?:  .*\n)+)", shown, re.MULTILINE)
    listed = {code: " ".join(remedy.split()) for codes, remedy in paragraphs for code in codes.split(", ")}
    assert listed == REMEDIES
    assert max(map(len, shown.splitlines())) <= 100


def test_help_of_what_is_no_command_is_2(orgkit):
    shown = orgkit("help bootstarp")
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert "bootstrap" in shown.stderr


def test_the_version_is_the_package_s(orgkit):
    assert orgkit("--version").stdout == f"orgkit, version {__version__}\n"


def test_a_mistyped_option_is_guessed(orgkit):
    result = orgkit("bootstrap --dyr-run")
    assert result.exit_code == 2
    assert "Did you mean '--dry-run'?" in result.stderr


# Bootstrap


def test_a_dry_run_changes_nothing(begun, session):
    result = begun("bootstrap --dry-run")
    assert result.exit_code == 0
    assert "13 missing, 0 in place. Nothing was changed." in result.stdout
    with pytest.raises(session.client("organizations").exceptions.AWSOrganizationsNotInUseException):
        session.client("organizations").describe_organization()
    assert sorted(path.name for path in Path().iterdir()) == ["orgkit.schema.json", "orgkit.yaml"]


def test_a_dry_run_of_what_is_in_place_says_so(bootstrapped):
    result = bootstrapped("bootstrap --dry-run")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "Everything in orgkit.yaml is in place.")


def test_bootstrap_without_a_terminal_needs_yes(begun):
    result = begun("bootstrap")
    assert result.exit_code == 1
    assert "There is no terminal to ask on." in result.stderr
    assert "Pass --yes" in result.stderr


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setattr("orgkit.console._is_terminal", lambda: True)


def test_bootstrap_asks_once_naming_the_account(begun, terminal):
    result = begun("bootstrap", input="y\n")
    assert result.exit_code == 0
    assert result.stderr.count(f"Make these changes in {PAYER}? [y/N]:") == 1
    assert "cannot go back to consolidated billing" in result.stderr


def test_no_is_no(begun, terminal, session):
    result = begun("bootstrap", input="n\n")
    assert result.exit_code == 1
    assert "Nothing was changed." in result.stderr
    with pytest.raises(session.client("organizations").exceptions.AWSOrganizationsNotInUseException):
        session.client("organizations").describe_organization()


def test_an_interrupt_at_the_question_is_130(begun, terminal):
    result = begun("bootstrap", input="")
    assert result.exit_code == 130
    assert "Run the same command again" in result.stderr


def test_bootstrap_ends_with_what_is_left_for_a_person(begun):
    shown = begun("bootstrap --yes").stdout
    rest = shown[shown.index("What remains") :]
    order = ["Billing information", "e-mail address", "MFA", "access keys", "OrgAdmin_credentials.csv"]
    assert [rest.index(word) for word in order] == sorted(rest.index(word) for word in order)


def test_a_second_bootstrap_asks_nothing(bootstrapped):
    result = bootstrapped("bootstrap")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "Everything in orgkit.yaml is in place."
    assert "?" not in result.stderr


def test_bootstrap_in_json_is_one_document(begun):
    result = begun("bootstrap --yes -o json")
    document = json.loads(result.stdout)
    assert document["account"] == PAYER
    assert document["in_place"] is True
    assert {step["state"] for step in document["steps"]} == {"in-place"}
    assert set(document["organization"]) == {"id", "root_id", "ou_id"}
    assert len(document["remaining"]) == 5


def test_a_failure_in_json_is_part_of_the_document(begun, session):
    session.client("iam").create_group(GroupName="OrgAdmins")
    result = begun("bootstrap --yes -o json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert document["in_place"] is False
    assert "already exists" in document["error"]["message"]
    assert document["steps"][0]["thing"] == "organization"


def test_a_file_in_the_way_stops_bootstrap_before_anything_is_changed(begun, session):
    Path("OrgAdmin_credentials.csv").write_text("mine")
    result = begun("bootstrap --yes")
    assert result.exit_code == 1
    assert "OrgAdmin_credentials.csv is in the way" in result.stderr
    assert Path("OrgAdmin_credentials.csv").read_text() == "mine"
    with pytest.raises(session.client("organizations").exceptions.AWSOrganizationsNotInUseException):
        session.client("organizations").describe_organization()


# Status


def test_status_of_what_is_in_place_is_0(bootstrapped):
    result = bootstrapped("status")
    assert result.exit_code == 0
    assert "Everything in orgkit.yaml is in place." in result.stdout


def test_status_before_bootstrap_is_3(begun):
    assert begun("status").exit_code == 3


def test_status_of_drift_is_3_with_the_remedy(bootstrapped, organizations):
    ou = json.loads(bootstrapped("status -o json").stdout)["organization"]["ou_id"]
    organizations.update_organizational_unit(OrganizationalUnitId=ou, Name="Other")
    result = bootstrapped("status")
    assert result.exit_code == 3
    assert "~ institution OU Example University" in result.stdout
    assert "To put it right: orgkit bootstrap\n" in result.stdout


def test_what_mends_names_the_settings_where_it_must(orgkit):
    file = "'our payers/one.yaml'"
    orgkit(f"{INIT} {file}")
    assert f"To put it right: orgkit bootstrap -s {file}\n" in orgkit(f"status -s {file}").stdout


def test_status_in_json_is_one_document(bootstrapped):
    document = json.loads(bootstrapped("status -o json").stdout)
    assert document["in_place"] is True
    assert document["warnings"]
    assert {"thing": "IAM stack orgkit-iam", "state": "in-place", "detail": "CREATE_COMPLETE"} in document["steps"]


def test_status_as_a_tree(bootstrapped, organizations):
    organizations.create_account(AccountName="Physics", Email="physics@example.edu")
    lines = bootstrapped("status -o tree").stdout.splitlines()
    assert lines[0].startswith("Root (r-")
    assert lines[0].endswith("[FullAWSAccess, deny-billing, keep-membership]")
    (physics,) = (line for line in lines if line.startswith("├── Physics ("))
    assert physics.endswith(" ~ at the root, outside Example University")
    assert lines[-3].startswith("└── Example University (ou-")
    assert lines[-1].endswith("orgkit status says more.")


def test_a_tree_of_nothing_says_so(begun):
    assert begun("status -o tree").stdout == "There is no organization yet.\n"


def test_a_quick_status_says_what_it_left_out(bootstrapped):
    result = bootstrapped("status --quick")
    assert result.exit_code == 0
    assert "drift detection was left out (--quick)" in result.stdout


def test_what_is_told_cannot_steer_a_terminal(capsys):
    tell("\n  waiting 4 s: somebody's text \x1b]0;title\x07\u202e\nand more")
    assert capsys.readouterr().err == "\n  waiting 4 s: somebody's text \\x1b]0;title\\x07\\u202e\nand more\n"


# Signing in


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
    assert "AWS refuses these credentials" in result.stderr


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
@pytest.mark.parametrize("odd", ["pasted-badly\n", "pasted badly", "pasted\u2013badly"])
def test_credentials_that_fit_no_header_are_4_and_are_not_quoted(begun, wire, monkeypatch, name, odd):
    monkeypatch.setenv(name, odd)
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


@pytest.mark.parametrize(
    ("profile", "says"),
    [
        ("credential_process = echo hello", "Expecting value"),
        ("credential_process = echo [1]", "has no attribute"),
        ("credential_process = /nowhere/tool", "No such file or directory"),
        ("web_identity_token_file = /nowhere/token\nrole_arn = ROLE", "No such file or directory"),
        ("source_profile = key\nrole_arn = ROLE", "not authorized to perform: sts:AssumeRole"),
    ],
)
def test_credentials_that_nobody_hands_out_are_4(begun, monkeypatch, profile, says):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", "config")
    key = f"aws_access_key_id = {PAYER}\naws_secret_access_key = pretend"
    role = profile.replace("ROLE", f"arn:aws:iam::{PAYER}:role/nowhere")
    Path("config").write_text(f"[profile key]\n{key}\n[profile odd]\n{role}\n")
    result = begun("status --profile odd")
    assert result.exit_code == 4, result.output
    assert "These credentials cannot be used: " in result.stderr
    assert says in result.stderr


def test_an_mfa_code_that_nobody_types_is_4(begun, monkeypatch):
    def nobody_there(session):
        raise EOFError

    monkeypatch.setattr("boto3.Session.get_credentials", nobody_there)
    result = begun("status")
    assert result.exit_code == 4
    assert "These credentials cannot be used: EOFError()" in result.stderr


def test_an_unknown_profile_is_4(begun):
    result = begun("status --profile nobody")
    assert result.exit_code == 4
    assert "nobody" in result.stderr


def test_a_payer_that_is_a_member_elsewhere_is_4(begun, organizations, session, monkeypatch):
    assert begun("bootstrap --yes").exit_code == 0
    account = organizations.create_account(AccountName="Physics", Email="physics@example.edu")
    member = account["CreateAccountStatus"]["AccountId"]
    Path("member.yaml").write_text(f'account: "{member}"\ninstitution: Physics\n')
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", member)
    result = begun("bootstrap --yes -s member.yaml")
    assert result.exit_code == 4
    assert f"{member} is a member of organization" in result.stderr
    assert PAYER in result.stderr


def test_a_long_lived_root_key_is_warned_of(bootstrapped, monkeypatch):
    monkeypatch.delenv("AWS_SESSION_TOKEN")
    assert "access key of the root user, which never expires" in bootstrapped("status").stderr


def test_the_settings_come_from_the_environment_too(bootstrapped, monkeypatch):
    Path("orgkit.yaml").rename("other.yaml")
    monkeypatch.setenv("ORGKIT_SETTINGS", "other.yaml")
    assert bootstrapped("status").exit_code == 0


# Bad settings


def test_bad_settings_are_2_and_nothing_is_asked(orgkit, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # nobody listens there
    Path("orgkit.yaml").write_text("account: 12\ninsitution: x\n")
    result = orgkit("status")
    assert result.exit_code == 2
    assert "orgkit.yaml:1:10: account: must be text, so put it in quotes" in result.stderr
    assert "did you mean institution?" in result.stderr


def test_bad_settings_in_json_are_listed(orgkit):
    Path("orgkit.yaml").write_text("account: 12\ninstitution: x\n")
    result = orgkit("status -o json")
    problem = json.loads(result.stdout)["error"]["problems"][0]
    assert (problem["line"], problem["column"], problem["path"]) == (1, 10, "account")


def test_no_settings_file_is_2_with_the_way_to_one(orgkit):
    result = orgkit("status")
    assert result.exit_code == 2
    assert "orgkit init" in result.stderr


# Init


def test_init_never_overwrites(begun):
    before = Path("orgkit.yaml").read_text()
    result = begun('init --account 210987654321 --institution "Other"')
    assert result.exit_code == 1
    assert Path("orgkit.yaml").read_text() == before


def test_init_asks_for_what_it_is_not_told(orgkit, terminal):
    result = orgkit("init", input="210987654321\nExample University\n")
    assert result.exit_code == 0
    assert 'account: "210987654321"' in Path("orgkit.yaml").read_text()
    assert "?" not in result.stdout


def test_init_asks_again_for_what_aws_would_not_take(orgkit, terminal):
    result = orgkit("init", input="12345\n210987654321\n \nExample University\n")
    assert result.exit_code == 0
    assert "Error: must be the 12 digits of an AWS account\n" in result.stderr
    assert "Error: must not be empty\n" in result.stderr
    assert 'account: "210987654321"\n\n' in Path("orgkit.yaml").read_text()


def test_init_makes_the_folders_of_a_path_and_names_it_in_what_to_run(orgkit):
    result = orgkit('init "my payers/new/a.yaml" --account 210987654321 --institution X')
    assert result.exit_code == 0
    assert result.stdout.endswith("run: orgkit bootstrap --dry-run -s 'my payers/new/a.yaml'\n")
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
    assert f'account: "{PAYER}"' in Path("orgkit.yaml").read_text()


@pytest.mark.parametrize("key", ["EXPIRED0000000000000", None])
def test_init_offers_nothing_where_nobody_is_signed_in(orgkit, terminal, monkeypatch, key):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    if key:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "pretend")
    result = orgkit("init", input=f"{PAYER}\nExample University\n")
    assert result.exit_code == 0
    assert "[" not in result.stderr
    assert "xpired" not in result.output


def test_init_without_a_terminal_names_the_option(orgkit):
    result = orgkit(f"init --account {PAYER}", input="Example University\n")
    assert result.exit_code == 2
    assert "There is no terminal to ask on: pass --institution." in result.stderr
    assert not Path("orgkit.yaml").exists()


def test_init_asks_nothing_where_a_file_is_in_the_way(begun, terminal):
    result = begun("init", input="")
    assert result.exit_code == 1
    assert result.stderr.startswith("\nError: orgkit.yaml exists already.")


# Colour


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
)
def test_colour_is_for_those_who_want_it(bootstrapped, monkeypatch, environment, coloured):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert ("\x1b[32m✓" in bootstrapped("status").stdout) is coloured


# The sandbox


def test_the_demo_can_be_interrupted_like_every_command(orgkit, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("orgkit.procedure.seen", interrupt)
    result = orgkit("demo")
    assert result.exit_code == 130
    assert result.stderr.splitlines()[-1] == "Interrupted. Run the same command again to go on from here."


def test_without_the_extra_the_demo_says_how_to_get_it(orgkit, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "moto", None)
    result = orgkit("demo")
    assert result.exit_code == 1
    assert "pip install 'orgkit[sandbox]'" in result.stderr


def test_credentials_files_are_for_their_owner_only(bootstrapped):
    for file in Path().glob("*_credentials.csv"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_bug_is_one_sentence(begun, monkeypatch):
    monkeypatch.setattr("orgkit.report.line", lambda step: 1 / 0)
    result = begun("status")
    assert result.exit_code == 1
    assert "orgkit has a bug: ZeroDivisionError" in result.stderr
    assert "Traceback" not in result.stderr
    assert "Traceback" in begun("status --debug").stderr


def test_a_bug_is_told_in_json_too(begun, monkeypatch):
    monkeypatch.setattr("orgkit.checks.warnings", lambda *_: 1 / 0)
    result = begun("status -o json")
    assert result.exit_code == 1
    assert "orgkit has a bug: ZeroDivisionError" in json.loads(result.stdout)["error"]["message"]
