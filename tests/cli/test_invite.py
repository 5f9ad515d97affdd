"""The command `orgkit invite`: what it asks, prints and does, and its exit codes."""

from __future__ import annotations

import json
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from orgkit.aws.organizations import Organizations
from orgkit.sandbox import PAYER, handshakes
from owners import accept, decline
from squeezed import squeezed

ID, OTHER, THIRD, ADDRESS = "210987654321", "321098765432", "432109876543", "cloud@example.edu"


# The question


def test_it_shows_the_plan_and_asks_once(orgkit, ou, terminal, sent):
    result = orgkit(f"invite {ID} {PAYER}", input="y\n")
    assert result.exit_code == 1  # the payer
    shown = squeezed(result.stdout)
    assert shown.startswith(f"+ {ID} to be invited ! {PAYER} is the payer itself + {ID} h-")
    assert result.stderr.count(f"Send 1 invitation from the organization of {PAYER}? [y/N]:") == 1
    assert set(sent()) == {ID}


@pytest.mark.parametrize("output", ["text", "json"])
def test_no_is_no(orgkit, ou, terminal, writes, output):
    result = orgkit(f"invite {ID} -o {output}", input="n\n")
    assert (result.exit_code, writes()) == (1, [])
    assert result.stderr.endswith("\nNothing was changed.\n")
    if output == "json":
        assert f"+ {ID} to be invited" in squeezed(result.stderr)
        assert json.loads(result.stdout) == {"account": PAYER, "error": {"message": "Nothing was changed."}}


def test_without_a_terminal_it_needs_yes(orgkit, ou, writes):
    result = orgkit("invite --from -", input=f"{ID}\n")
    assert (result.exit_code, writes()) == (1, [])
    assert "There is no terminal to ask on." in result.stderr
    assert "Pass --yes" in result.stderr


def test_it_asks_nothing_if_nobody_is_to_be_invited(orgkit, ou):
    orgkit(f"invite {ID} -y")
    result = orgkit(f"invite {ID}")
    assert result.exit_code == 0
    assert f"✓ {ID} already invited" in squeezed(result.stdout)


# Inviting


def test_each_target_gets_a_line_and_owners_are_told_of(orgkit, ou, sent):
    result = orgkit(f"invite {ID} {ADDRESS} --notes 'Dear all' --yes")
    assert result.exit_code == 0
    for target, handshake in sent().items():
        until = handshake["ExpirationTimestamp"].date()
        assert f"+ {target} {handshake['Id']}, until {until}" in squeezed(result.stdout)
    assert "2 invited.\nThey have 15 days to accept: `orgkit invitations`" in result.stdout
    assert "no role OrganizationAccountAccessRole" in result.stdout
    assert "orgkit handover --for owner" in result.stdout


def test_a_refusal_is_told_with_its_remedy_and_exit_code_1(orgkit, ou):
    handshakes.refuse(OTHER, "ALREADY_IN_AN_ORGANIZATION")
    result = orgkit(f"invite {OTHER} {ID} {PAYER} --yes")
    assert result.exit_code == 1
    assert f"! {OTHER} is in an organization already" in squeezed(result.stdout)
    assert "1 invited, 2 refused." in result.stdout
    assert "Error: 2 of 3 targets failed." in result.stderr
    assert "this one or another: If the account is in this organization already" in result.stderr


def test_a_limit_of_the_day_is_one_sentence(orgkit, ou):
    handshakes.quota(invitations_a_day=1)
    many = " ".join(str(account) for account in range(500_000_000_000, 500_000_000_100))
    result = orgkit(f"invite {many} --yes")
    assert result.exit_code == 1
    assert "1 invited, 99 not tried." in result.stdout
    assert result.output.count("AWS takes no more invitations today") == 1
    assert "Error: 99 of 100 targets could not be tried: AWS takes no more invitations today." in result.stderr
    assert "Run the same command again tomorrow" in result.stderr


@pytest.mark.parametrize(
    ("targets", "says"),
    [
        (f"{PAYER} {ID} {OTHER}", "1 of 3 targets failed.\n1 of 3 targets could not be tried: AWS takes no more"),
        (PAYER, "The target failed.\n"),
        (f"{ID} {OTHER}", "Error: 1 of 2 targets could not be tried: AWS takes no more invitations today."),
    ],
)
def test_refused_and_not_tried_are_both_told(orgkit, ou, targets, says):
    handshakes.quota(invitations_a_day=1)
    assert says in orgkit(f"invite {targets} --yes").stderr


def test_an_unverified_payer_is_one_sentence(orgkit, ou):
    handshakes.owner_verified(False)
    result = orgkit(f"invite {ID} {OTHER} --yes -o json")
    assert "Error: 2 of 2 targets could not be tried: the payer's e-mail address is not verified." in result.stderr
    assert "Send verification request" in result.stderr
    assert [each["outcome"] for each in json.loads(result.stdout)["invitations"]] == ["not-tried", "not-tried"]


def test_a_file_is_read_and_so_is_stdin(orgkit, ou, sent):
    Path("list.csv").write_text(f"Account ID;Name;State\n{ID};Physics;\n{ID};Physics;\n", encoding="utf-8")
    result = orgkit("invite --from list.csv --yes")
    assert f"  + {ID} (Physics)" in result.stdout
    assert "Left out 1 double." in result.stderr
    assert "Columns that are not used: state. Used are account, email, notes, name." in result.stderr
    assert orgkit("invite --from - --yes", input=f"# more\n{OTHER}\n").exit_code == 0
    assert set(sent()) == {ID, OTHER}


def test_a_dry_run_says_what_it_would_do_and_does_nothing(orgkit, ou, writes):
    result = orgkit(f"invite {ID} {PAYER} --wait --dry-run")
    assert result.exit_code == 0
    assert f"+ {ID} to be invited" in squeezed(result.stdout)
    assert "1 to invite, 1 refused. Nothing was changed." in result.stdout
    assert writes() == []


def test_invitations_as_json_are_one_document(orgkit, ou, sent):
    result = orgkit(f"invite {ID} {PAYER} -y -o json")
    told = json.loads(result.stdout)
    assert result.exit_code == 1
    assert told["account"] == PAYER
    assert [each["outcome"] for each in told["invitations"]] == ["invited", "refused"]
    assert told["invitations"][0]["handshake"] == sent()[ID]["Id"]
    assert told["invitations"][0]["expires"] == sent()[ID]["ExpirationTimestamp"].isoformat()
    assert told["summary"] == {"invited": 1, "refused": 1}
    assert told["error"]["message"] == "1 of 2 targets failed."


# Before AWS is asked


@pytest.mark.parametrize("output", ["text", "json"])
def test_problems_of_a_file_are_all_told_before_aws_is_asked(orgkit, settings, asked, output):
    Path("list").write_text(f"{ID}\nfoo\n\nbar\n", encoding="utf-8")
    result = orgkit(f"invite --from list -o {output}")
    assert result.exit_code == 2
    assert "list:2:1: 'foo' is neither" in result.stderr
    assert "list:4:1: 'bar' is neither" in result.stderr
    assert asked == []
    if output == "json":
        assert [each["line"] for each in json.loads(result.stdout)["error"]["problems"]] == [2, 4]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("invite", "Name the accounts: TARGET or --from."),
        ("invite --wait --dry-run", "Name the accounts"),
        ("cancel", "Name the accounts"),
        (f"cancel {ID} --notes x", "No such option"),
        (f"invitations {ID}", "unexpected extra argument"),
        (f"place {ID}", "unexpected extra argument"),
        (f"invite {ID} --notes {'x' * 1025}", "the notes are 1025 characters long"),
        ("invite --from nowhere", "No such file"),
        ("invite --from .", "Is a directory"),
        ("invite 1234", "arguments:1:1: '1234' is neither an account id"),
        ("invite --pending", "No such option"),
    ],
)
def test_what_makes_no_sense_is_refused(orgkit, settings, asked, line, says):
    result = orgkit(line)
    assert result.exit_code == 2
    assert says in " ".join(result.stderr.split())
    assert asked == []


@pytest.mark.parametrize("line", [f"invite {ID}", "invitations", f"cancel {ID}", "place"])
def test_another_account_than_the_settings_is_refused(orgkit, settings, asked, monkeypatch, line):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", OTHER)
    assert orgkit(line).exit_code == 4
    assert asked == ["GetCallerIdentity"]


@pytest.mark.parametrize("line", [f"invite {ID}", "invitations", f"cancel {ID}", "place", f"invite {ID} --wait"])
def test_without_an_organization_bootstrap_is_named(orgkit, settings, line):
    result = orgkit(line)
    assert result.exit_code == 1
    assert "Run `orgkit bootstrap` first." in result.stderr


# Waiting and placing


@pytest.fixture
def meanwhile(orgkit, monkeypatch):
    """What happens while the command waits, one thing each time."""
    events: list = []
    monkeypatch.setattr("time.sleep", lambda seconds: events.pop(0)() if events else None)
    return events


def test_waiting_ends_with_the_last_answer_and_places(orgkit, ou, parent, terminal, meanwhile):
    meanwhile[:] = [lambda: None, lambda: accept(ID), lambda: accept(OTHER)]
    result = orgkit(f"invite {ID} {OTHER} --wait", input="y\n")
    assert result.exit_code == 0
    asked = f"Send 2 invitations from the organization of {PAYER}, and move who joins into Example University?"
    assert asked in result.stderr
    assert "Waiting for 2 answers." in result.stderr
    assert [f"✓ {account} accepted" in squeezed(result.stdout) for account in (ID, OTHER)] == [True, True]
    assert f"  ✓ {ID} (account-{ID})" in result.stdout
    assert {parent(ID), parent(OTHER)} == {ou}


def test_waiting_says_who_has_joined_and_since_when(orgkit, ou, meanwhile, monkeypatch):
    """At each look, which is after a quarter of a minute at first and every minute in the end."""
    real, waited = time.localtime, []
    now = SimpleNamespace(time=lambda: sum(waited), localtime=real, strftime=time.strftime)
    monkeypatch.setattr("orgkit.invite.invitations.time", now)
    monkeypatch.setattr("time.sleep", lambda seconds: (waited.append(seconds), meanwhile.pop(0)()))
    meanwhile[:] = [lambda: None, lambda: accept(ID), *[lambda: None] * 4, lambda: decline(OTHER)]
    said = orgkit(f"invite {ID} {OTHER} --wait --yes").stderr.splitlines()
    since = time.strftime("%H:%M", real(0))
    assert [line.strip() for line in said if " have joined" in line] == [
        f"{joined} of 2 have joined, waiting since {since} ({minutes} min)"
        for joined, minutes in [(0, 0), (1, 0), (1, 1), (1, 2), (1, 3), (1, 4)]
    ]
    assert waited == sorted(waited)
    assert (waited[0], waited[-1]) == (15, 60)


def test_one_who_does_not_join_is_a_failure_and_the_others_are_placed(orgkit, ou, parent, meanwhile):
    orgkit(f"invite {ID} {OTHER} -y")
    meanwhile[:] = [lambda: accept(ID), lambda: decline(OTHER)]
    result = orgkit(f"invite {ID} {OTHER} -y --wait")
    assert result.exit_code == 1
    assert f"! {OTHER} declined" in squeezed(result.stdout)
    assert "Error: 1 of 2 accounts did not join." in result.stderr
    assert parent(ID) == ou


def test_a_refusal_is_not_forgotten_while_waiting(orgkit, ou, parent, meanwhile):
    meanwhile[:] = [lambda: accept(ID)]
    result = orgkit(f"invite {ID} {PAYER} -y --wait")
    assert (result.exit_code, parent(ID)) == (1, ou)
    assert "Error: 1 of 2 targets failed." in result.stderr


def test_waiting_as_json_is_one_document(orgkit, ou, meanwhile):
    meanwhile[:] = [lambda: accept(ID)]
    result = orgkit(f"invite {ID} --wait -y -o json")
    told = json.loads(result.stdout)
    assert [each["outcome"] for each in told["invitations"]] == ["invited"]
    assert [each["state"] for each in told["answers"]] == ["accepted"]
    assert [(each["account"], each["outcome"]) for each in told["placed"]] == [(ID, "moved")]
    assert "accepted" in result.stderr


def test_waiting_is_interrupted_without_harm(orgkit, ou, sent, parent, meanwhile):
    def interrupt():
        raise KeyboardInterrupt

    meanwhile[:] = [interrupt]
    result = orgkit(f"invite {ID} --wait --yes -o json")
    assert result.exit_code == 130
    assert [each["outcome"] for each in json.loads(result.stdout)["invitations"]] == ["invited"]
    assert "Interrupted. Run the same command again to go on from here." in result.stderr
    meanwhile[:] = [lambda: accept(ID)]
    assert orgkit(f"invite {ID} --wait --yes").exit_code == 0
    assert set(sent()) == {ID}
    assert parent(ID) == ou


def test_what_is_left_after_waiting_is_only_asked_about(orgkit, ou, parent, terminal, writes):
    """The run before was stopped when all had accepted."""
    orgkit(f"invite {ID} --yes")
    accept(ID)
    result = orgkit(f"invite {ID} --wait", input="n\n")
    assert (result.exit_code, parent(ID) == ou) == (1, False)
    assert "Move who joins into Example University? [y/N]" in result.stderr
    assert orgkit(f"invite {ID} --wait", input="y\n").exit_code == 0
    assert parent(ID) == ou


def test_a_dry_run_does_not_wait(orgkit, ou, meanwhile):
    orgkit(f"invite {ID} -y")
    meanwhile[:] = [lambda: pytest.fail("waited")]
    assert orgkit(f"invite {ID} --wait --dry-run").exit_code == 0


def test_who_joined_is_placed_although_the_lists_lag(orgkit, ou, parent, meanwhile, monkeypatch):
    listed, hidden = Organizations.accounts, [(), ()]
    monkeypatch.setattr(
        Organizations, "accounts", lambda self, parent: hidden.pop() if hidden else listed(self, parent)
    )
    meanwhile[:] = [lambda: accept(ID)]
    assert orgkit(f"invite {ID} --wait -y").exit_code == 0
    assert parent(ID) == ou


def test_nobody_is_waited_for_after_the_limit_of_the_day(orgkit, ou, meanwhile):
    handshakes.quota(invitations_a_day=1)
    meanwhile[:] = [lambda: pytest.fail("waited")]
    assert orgkit(f"invite {ID} {OTHER} --wait -y").exit_code == 1


# With the org admin's own key


def test_the_org_admin_can_do_all_of_it(orgkit, org_admin, organizations, parent, meanwhile):
    handshakes.standalone_account(THIRD, ADDRESS)
    result = orgkit(f"invite {ID} {OTHER} {ADDRESS} --notes 'Dear all' --yes")
    assert (result.exit_code, "user/OrgAdmin" in result.stderr) == (0, True)
    assert len(orgkit("invitations").stdout.splitlines()) == 4
    accept(ID)
    assert orgkit(f"cancel {OTHER} --yes").exit_code == 0
    assert f"{OTHER}  " in orgkit("invitations --all").stdout
    assert "to be moved" in orgkit("place --dry-run").stdout
    assert orgkit("place --yes").exit_code == 0
    assert orgkit(f"invite {ID}").stdout.splitlines()[0].endswith("already a member, in Example University")
    meanwhile[:] = [lambda: accept(THIRD)]
    assert orgkit(f"invite {ADDRESS} --wait --yes").exit_code == 0
    assert parent(THIRD) == parent(ID) != organizations.list_roots()["Roots"][0]["Id"]
