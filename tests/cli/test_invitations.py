"""The commands `orgkit invitations`, `cancel` and `place`, and what `status` says of invitations."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from orgkit.aws.accounts import Handshakes
from orgkit.aws.drift import OrganizationDrift
from orgkit.errors import AwsError, SignInError
from orgkit.sandbox import PAYER, clock
from owners import accept, decline, owner
from squeezed import squeezed

ID, OTHER, ADDRESS = "210987654321", "321098765432", "cloud@example.edu"


# Invitations


def test_a_table_of_who_has_not_answered(orgkit, ou, sent):
    orgkit(f"invite {ID} {OTHER} -y")
    decline(OTHER)
    handshake = sent()[ID]
    since, until = handshake["RequestedTimestamp"].date(), handshake["ExpirationTimestamp"].date()
    assert orgkit("invitations").stdout.splitlines() == [
        "TARGET        SINCE       UNTIL       HANDSHAKE",
        f"{ID}  {since}  {until}  {handshake['Id']}",
    ]


def test_all_has_what_became_of_the_others(orgkit, ou):
    orgkit(f"invite {ID} {OTHER} {ADDRESS} -y")
    accept(ID)
    decline(OTHER)
    table = orgkit("invitations --all").stdout.splitlines()
    assert table[0].split() == ["TARGET", "SINCE", "UNTIL", "HANDSHAKE", "STATE"]
    states = {ID: "accepted", OTHER: "declined", ADDRESS: "open"}
    assert {row.split()[0]: row.split()[-1] for row in table[1:]} == states
    told = json.loads(orgkit("invitations --all -o json").stdout)
    assert {each["target"]: each["state"] for each in told["invitations"]} == states
    clock.advance(timedelta(days=46))
    assert orgkit("invitations --all").stdout == "AWS remembers no invitation.\n"


def test_nobody_pending_is_said(orgkit, ou):
    assert orgkit("invitations").stdout == "No invitation is open.\n"
    assert json.loads(orgkit("invitations -o json").stdout) == {"account": PAYER, "invitations": []}


def test_status_counts_open_invitations_and_names_accounts_at_the_root(orgkit, ou):
    orgkit(f"invite {ID} {OTHER} {ADDRESS} -y")
    accept(ID)
    result = orgkit("status --quick")
    assert "2 open invitations: `orgkit invitations`" in result.stdout
    assert f"{ID} is at the root" in result.stdout
    assert json.loads(orgkit("status --quick -o json").stdout)["invitations"] == {"open": 2}


def test_status_says_nothing_of_no_invitation(orgkit, ou):
    assert "invitation" not in orgkit("status --quick").stdout


# Cancelling


def states(sent) -> dict[str, str]:
    return {target: each["State"] for target, each in sent().items()}


def test_cancelling(orgkit, ou, sent):
    orgkit(f"invite {ID} {OTHER} -y")
    dry = orgkit(f"cancel {ID} --dry-run")
    assert (dry.exit_code, "1 to cancel. Nothing was changed." in dry.stdout) == (0, True)
    result = orgkit(f"cancel {ID} -y")
    assert f"✓ {ID} cancelled" in squeezed(result.stdout)
    assert states(sent) == {ID: "CANCELED", OTHER: "OPEN"}
    assert json.loads(orgkit(f"cancel {ID} -o json").stdout)["summary"] == {"not-invited": 1}


def test_cancelling_asks_once(orgkit, ou, sent, terminal):
    orgkit(f"invite {ID} -y")
    no = orgkit(f"cancel {ID} {OTHER}", input="n\n")
    assert (no.exit_code, states(sent)) == (1, {ID: "OPEN"})
    assert f"+ {ID} to be cancelled" in squeezed(no.stdout)
    yes = orgkit(f"cancel {ID}", input="y\n")
    assert (yes.exit_code, states(sent)) == (0, {ID: "CANCELED"})
    assert yes.stderr.count(f"Cancel 1 invitation of the organization of {PAYER}? [y/N]:") == 1


def test_cancelling_without_a_terminal_needs_yes(orgkit, ou, sent):
    orgkit(f"invite {ID} -y")
    assert "Pass --yes" in orgkit(f"cancel {ID}").stderr
    assert states(sent) == {ID: "OPEN"}


def test_cancelling_what_was_accepted_fails(orgkit, ou):
    orgkit(f"invite {ID} -y")
    accept(ID)
    assert orgkit(f"cancel {ID} --dry-run").exit_code == 0
    result = orgkit(f"cancel {ID}")
    assert result.exit_code == 1
    assert "has accepted its invitation: The account has joined" in result.stderr


def test_what_would_stop_every_cancellation_is_one_sentence(orgkit, ou, sent, monkeypatch):
    orgkit(f"invite {ID} {OTHER} -y")
    monkeypatch.setattr(Handshakes, "cancel", refused(AwsError("CancelHandshake", "AccessDeniedException", "No.")))
    result = orgkit(f"cancel {ID} {OTHER} -y -o json")
    assert result.exit_code == 1
    assert [each["outcome"] for each in json.loads(result.stdout)["invitations"]] == ["not-tried", "not-tried"]
    assert "Error: 2 of 2 targets could not be tried: CancelHandshake: No. (AccessDeniedException)." in result.stderr
    assert states(sent) == {ID: "OPEN", OTHER: "OPEN"}


def refused(error):
    def refuse(*_):
        raise error

    return refuse


# Placing


@pytest.fixture
def joined(orgkit, ou):
    """An account at the root."""
    orgkit(f"invite {ID} -y")
    accept(ID)


def test_placing(orgkit, ou, joined, parent):
    dry = orgkit("place --dry-run")
    assert "to be moved into Example University" in dry.stdout
    assert parent(ID) != ou
    result = orgkit("place --yes")
    assert (result.exit_code, parent(ID)) == (0, ou)
    assert "moved into Example University" in result.stdout
    assert orgkit("place").stdout == "No account is at the root except the payer.\n"


def test_placing_asks_once(orgkit, ou, joined, parent, terminal):
    no = orgkit("place", input="n\n")
    assert (no.exit_code, parent(ID) == ou) == (1, False)
    yes = orgkit("place", input="y\n")
    assert (yes.exit_code, parent(ID)) == (0, ou)
    assert yes.stderr.count("Move 1 account into Example University? [y/N]:") == 1


def test_placing_without_a_terminal_needs_yes(orgkit, ou, joined, parent):
    assert "Pass --yes" in orgkit("place").stderr
    assert parent(ID) != ou


def test_placing_as_json_is_one_document(orgkit, ou, joined):
    placed = {"account": ID, "outcome": "moved", "detail": "moved into Example University"}
    assert json.loads(orgkit("place --yes -o json").stdout) == {"account": PAYER, "placed": [placed]}


def test_a_session_that_ends_while_placing_ends_in_4(orgkit, ou, joined, parent, monkeypatch):
    ended = SignInError("The session has ended.", "Sign in again.")
    monkeypatch.setattr(OrganizationDrift, "move_account", refused(ended))
    result = orgkit("place --yes -o json")
    told = json.loads(result.stdout)
    assert (result.exit_code, parent(ID) == ou) == (4, False)
    assert told["placed"] == [{"account": ID, "outcome": "not-tried", "detail": "The session has ended."}]
    assert told["error"] == {
        "message": "The target could not be tried: The session has ended.",
        "remedy": "Sign in again.",
    }


def test_an_account_that_leaves_meanwhile_ends_in_1(orgkit, ou, joined, terminal, monkeypatch):
    """Its owner takes it out of the organization while the question stands."""
    monkeypatch.setattr("click.confirm", lambda *_, **__: owner(ID).leave_organization() or True)
    result = orgkit("place")
    assert result.exit_code == 1
    assert "The account at the root could not be moved." in result.stderr
    assert "orgkit status" in result.stderr
