"""Help: how it opens, its examples, exit codes and errors."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from orgkit import __version__
from orgkit.bundled import shipped
from orgkit.cli import main
from orgkit.cli.main import COMMANDS, EXITS, cli
from orgkit.errors import remedies


def test_help_names_every_exit_code(orgkit):
    shown = orgkit("--help").stdout
    for code in ("0 ", "1 ", "2 ", "3 ", "4 ", "130 "):
        assert f"\n    {code}" in shown


@pytest.mark.parametrize("command", sorted(cli.commands))
def test_every_command_has_help_that_opens_with_its_use(orgkit, command):
    _, words = COMMANDS[command]
    shown = orgkit(f"{command} --help")
    assert shown.exit_code == 0
    assert shown.stdout.startswith(f"Usage: orgkit {command}")
    assert f"\n\n  {words}\n" in shown.stdout
    assert re.search(rf"^  {command} +{re.escape(words)}$", orgkit("--help").stdout, re.MULTILINE)


@pytest.mark.parametrize("command", sorted(cli.commands))
def test_every_command_s_help_names_its_exit_codes(orgkit, command):
    codes = orgkit(f"{command} --help").stdout.partition("Exit codes:\n")[2]
    named = {int(line.split()[0]): line.split(maxsplit=1)[1] for line in codes.splitlines()}
    assert 0 in named
    assert named.items() <= EXITS.items()


def test_no_help_is_kept_of_what_is_no_command():
    assert shipped(Path(main.__file__).with_name("commands.yaml")).keys() == COMMANDS.keys() - {"help"}


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize("line", ["--help", "help errors", *(f"{name} --help" for name in sorted(cli.commands))])
def test_help_fits_the_terminal(capsys, monkeypatch, line, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    with pytest.raises(SystemExit):  # not by click's runner, whose terminal is always 80 columns wide
        cli.main(shlex.split(line), prog_name="orgkit")
    assert [each for each in capsys.readouterr().out.splitlines() if len(each) > columns] == []


def test_the_list_of_commands_cuts_no_sentence_off(orgkit):
    commands = orgkit("--help").stdout.partition("Commands:\n")[2]
    assert "status" in commands
    assert "..." not in commands


@pytest.mark.parametrize(
    "command", ["bootstrap", "status", "prove", "invite", "invitations", "cancel", "place", "handover"]
)
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
    paragraphs = re.findall(r"((?:^\S.*\n)+)((?:  .*\n)+)", shown, re.MULTILINE)
    listed = {code: " ".join(remedy.split()) for codes, remedy in paragraphs for code in re.findall(r"\w+", codes)}
    assert listed == {code: each.remedy for code, each in remedies().items()}
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
