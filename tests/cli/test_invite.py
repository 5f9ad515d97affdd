"""The command `orgkit invite`: what it prints, its exit codes, and which options go together."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore import xform_name
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from orgkit import procedure
from orgkit.aws.organizations import Organizations
from orgkit.invite import owner_guide
from orgkit.sandbox import PAYER, clock, handshakes
from orgkit.sandbox.authorization import enforcement
from owners import accept, decline

ID, OTHER, THIRD, ADDRESS = "210987654321", "321098765432", "432109876543", "cloud@example.edu"


@pytest.fixture(autouse=True)
def read_once(session, monkeypatch):
    """Every command has a session of its own; let them share what botocore has read of the services' models."""
    loader = session._session.get_component("data_loader")
    monkeypatch.setattr("botocore.session.create_loader", lambda *_: loader)


@pytest.fixture
def api(session, pretend_aws):
    return session.client("organizations")


@pytest.fixture
def ou(settings, api) -> str:
    """An organization with the institution's OU."""
    api.create_organization(FeatureSet="ALL")
    root = api.list_roots()["Roots"][0]["Id"]
    return api.create_organizational_unit(ParentId=root, Name="Example University")["OrganizationalUnit"]["Id"]


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """Every call of the command, whose session is its own, as `ListAccounts`."""
    calls: list[str] = []
    make = BaseClient._make_api_call

    def heard(self, operation_name, parameters):
        calls.append(operation_name)
        return make(self, operation_name, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", heard)
    return calls


def parent(api, account: str) -> str:
    return api.list_parents(ChildId=account)["Parents"][0]["Id"]


def is_member(api, account: str) -> bool:
    return account in {each["Id"] for each in api.list_accounts()["Accounts"]}


# Inviting


def test_each_target_gets_a_line_and_owners_are_told_of(orgkit, ou, api):
    result = orgkit(f"invite {ID} {ADDRESS} --notes 'Dear all'")
    first, second = (each["Id"] for each in _handshakes(api))
    until = _handshakes(api)[0]["ExpirationTimestamp"].date()
    assert result.exit_code == 0
    assert sorted(result.stdout.splitlines()[:2]) == sorted(
        f"  + {target:<42} {handshake}, until {until}"
        for target, handshake in ((_target(api, first), first), (_target(api, second), second))
    )
    assert "2 invited. They have 15 days to accept: orgkit invite --pending" in result.stdout
    assert "no role OrganizationAccountAccessRole" in result.stdout
    assert "orgkit invite --owner-guide" in result.stdout


def _handshakes(api) -> list[dict]:
    """All invitations, with times in UTC; boto3 gives them in the time zone of the machine."""
    return [
        {key: value.astimezone(UTC) if isinstance(value, datetime) else value for key, value in each.items()}
        for each in api.list_handshakes_for_organization()["Handshakes"]
    ]


def _target(api, handshake: str) -> str:
    parties = api.describe_handshake(HandshakeId=handshake)["Handshake"]["Parties"]
    return next(party["Id"] for party in parties if party["Type"] != "ORGANIZATION")


def test_a_refusal_is_told_with_its_remedy_and_exit_code_1(orgkit, ou):
    handshakes.refuse(OTHER, "ALREADY_IN_AN_ORGANIZATION")
    result = orgkit(f"invite {OTHER} {ID} {PAYER}")
    assert result.exit_code == 1
    assert f"  ! {OTHER:<42} belongs to another organization" in result.stdout
    assert "1 invited, 2 refused." in result.stdout
    assert "Error: 2 of 3 targets failed." in result.stderr
    assert "belongs to another organization: The account's owner has to take it out" in result.stderr


def test_a_limit_of_the_day_is_one_sentence(orgkit, ou):
    handshakes.quota(invitations_a_day=1)
    many = " ".join(str(account) for account in range(500_000_000_000, 500_000_000_100))
    result = orgkit(f"invite {many}")
    assert result.exit_code == 1
    assert "1 invited, 99 left." in result.stdout
    assert result.output.count("AWS takes no more invitations today") == 1
    assert "Error: 99 of 100 are left: AWS takes no more invitations today." in result.stderr
    assert "Run the same command again tomorrow" in result.stderr


def test_refused_and_left_are_both_told(orgkit, ou):
    handshakes.quota(invitations_a_day=1)
    result = orgkit(f"invite {PAYER} {ID} {OTHER}")
    assert "Error: 1 of 3 targets failed.\n1 of 3 are left: AWS takes no more" in result.stderr


def test_an_unverified_payer_is_one_sentence(orgkit, ou):
    handshakes.owner_verified(False)
    result = orgkit(f"invite {ID} {OTHER}")
    assert "Error: 2 of 2 are left: the payer's e-mail address is not verified." in result.stderr
    assert "Send verification request" in result.stderr


def test_a_file_is_read_and_so_is_stdin(orgkit, ou, api):
    Path("list.csv").write_text(f"account;name\n{ID};Physics\n{ID};Physics\n", encoding="utf-8")
    result = orgkit("invite --from list.csv")
    assert f"  + {ID} (Physics)" in result.stdout
    assert "Left out 1 double." in result.stderr
    assert orgkit("invite --from -", input=f"# more\n{OTHER}\n").exit_code == 0
    assert {_target(api, each["Id"]) for each in _handshakes(api)} == {ID, OTHER}


def test_a_dry_run_says_what_it_would_do_and_does_nothing(orgkit, ou, asked):
    result = orgkit(f"invite {ID} {PAYER} --wait --dry-run")
    assert result.exit_code == 0
    assert f"  + {ID:<42} to be invited" in result.stdout
    assert "1 to invite, 1 refused. Nothing was changed." in result.stdout
    assert [call for call in asked if not call.startswith(("Describe", "Get", "List"))] == []
    assert "ListAccounts" in asked


def test_invitations_as_json_are_one_document(orgkit, ou, api):
    result = orgkit(f"invite {ID} {PAYER} -o json")
    told = json.loads(result.stdout)
    assert result.exit_code == 1
    assert told["account"] == PAYER
    assert [each["outcome"] for each in told["invitations"]] == ["invited", "refused"]
    assert told["invitations"][0]["handshake"] == _handshakes(api)[0]["Id"]
    assert told["invitations"][0]["expires"] == _handshakes(api)[0]["ExpirationTimestamp"].isoformat()
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
    ("options", "says"),
    [
        ("", "Name whom to invite"),
        ("--dry-run", "Name whom to invite"),
        ("--notes hello", "Name whom the --notes are for"),
        ("--place --notes hello", "Name whom the --notes are for"),
        ("--cancel", "Name whose invitations to cancel"),
        (f"--pending {ID}", "--pending does not go with TARGET."),
        ("--pending --wait --place", "--pending does not go with --place, --wait."),
        ("--all --dry-run", "--all does not go with --dry-run."),
        (f"--cancel {ID} --notes x", "--cancel does not go with --notes."),
        (f"--cancel {ID} --wait", "--cancel does not go with --wait."),
        ("--cancel --pending", "--pending does not go with --cancel."),
        ("--owner-guide --pending", "--owner-guide does not go with --pending."),
        (f"{ID} --notes {'x' * 1025}", "the notes are 1025 characters long"),
        ("--from nowhere", "No such file"),
        ("--from .", "Is a directory"),
        ("1234", "arguments:1:1: 1234 is not 12 digits long but 4"),
        ("--pendign", "No such option"),
    ],
)
def test_options_that_make_no_sense_are_refused(orgkit, settings, asked, options, says):
    result = orgkit(f"invite {options}")
    assert result.exit_code == 2
    assert says in " ".join(result.stderr.split())
    assert asked == []


def test_another_account_than_the_settings_is_refused(orgkit, settings, asked, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", OTHER)
    assert orgkit(f"invite {ID}").exit_code == 4
    assert asked == ["GetCallerIdentity"]


def test_without_an_organization_bootstrap_is_named(orgkit, settings):
    for options in (ID, "--pending", f"--cancel {ID}", "--place", "--wait"):
        result = orgkit(f"invite {options}")
        assert result.exit_code == 1
        assert "Run `orgkit bootstrap` first." in result.stderr


# Following up


def test_pending_is_a_table_of_who_has_not_answered(orgkit, ou, api):
    orgkit(f"invite {ID} {OTHER}")
    decline(OTHER)
    handshake = next(each for each in _handshakes(api) if each["State"] == "OPEN")
    since, until = handshake["RequestedTimestamp"].date(), handshake["ExpirationTimestamp"].date()
    assert orgkit("invite --pending").stdout.splitlines() == [
        "TARGET        SINCE       UNTIL       HANDSHAKE",
        f"{ID}  {since}  {until}  {handshake['Id']}",
    ]


def test_all_has_what_became_of_the_others(orgkit, ou):
    orgkit(f"invite {ID} {OTHER} {ADDRESS}")
    accept(ID)
    decline(OTHER)
    table = orgkit("invite --pending --all").stdout.splitlines()
    assert table[0].split() == ["TARGET", "SINCE", "UNTIL", "HANDSHAKE", "STATE"]
    states = {ID: "accepted", OTHER: "declined", ADDRESS: "open"}
    assert {row.split()[0]: row.split()[-1] for row in table[1:]} == states
    told = json.loads(orgkit("invite --all -o json").stdout)
    assert {each["target"]: each["state"] for each in told["invitations"]} == states
    clock.advance(timedelta(days=46))
    assert orgkit("invite --all").stdout == "AWS remembers no invitation.\n"


def test_nobody_pending_is_said(orgkit, ou):
    assert orgkit("invite --pending").stdout == "No invitation is open.\n"
    assert json.loads(orgkit("invite --pending -o json").stdout) == {"account": PAYER, "invitations": []}


def test_cancelling(orgkit, ou, api):
    orgkit(f"invite {ID} {OTHER}")
    dry = orgkit(f"invite --cancel {ID} --dry-run")
    assert (dry.exit_code, "1 to cancel. Nothing was changed." in dry.stdout) == (0, True)
    result = orgkit(f"invite --cancel {ID}")
    assert f"  ✓ {ID:<42} cancelled" in result.stdout
    assert {_target(api, each["Id"]): each["State"] for each in _handshakes(api)} == {ID: "CANCELED", OTHER: "OPEN"}
    assert json.loads(orgkit(f"invite --cancel {ID} -o json").stdout)["summary"] == {"not-invited": 1}


def test_cancelling_what_was_accepted_fails(orgkit, ou):
    orgkit(f"invite {ID}")
    accept(ID)
    assert orgkit(f"invite --cancel {ID} --dry-run").exit_code == 0
    result = orgkit(f"invite --cancel {ID}")
    assert result.exit_code == 1
    assert "has accepted its invitation: The account has joined" in result.stderr


# Waiting and placing


@pytest.fixture
def meanwhile(orgkit, monkeypatch):
    """What happens while the command waits, one thing each time."""
    events: list = []
    monkeypatch.setattr("time.sleep", lambda seconds: events.pop(0)() if events else None)
    return events


def test_waiting_ends_with_the_last_answer_and_places(orgkit, ou, api, meanwhile):
    meanwhile[:] = [lambda: None, lambda: accept(ID), lambda: accept(OTHER)]
    result = orgkit(f"invite {ID} {OTHER} --wait")
    assert result.exit_code == 0
    assert "Waiting for 2 answers." in result.stderr
    assert [f"  ✓ {account:<42} accepted" in result.stdout for account in (ID, OTHER)] == [True, True]
    assert f"  ✓ {ID} account-{ID}" in result.stdout
    assert {parent(api, ID), parent(api, OTHER)} == {ou}


def test_one_who_does_not_join_is_a_failure_and_the_others_are_placed(orgkit, ou, api, meanwhile):
    orgkit(f"invite {ID} {OTHER}")
    meanwhile[:] = [lambda: accept(ID), lambda: decline(OTHER)]
    result = orgkit("invite --wait")
    assert result.exit_code == 1
    assert f"  ! {OTHER:<42} declined" in result.stdout
    assert "Error: 1 of 2 accounts did not join." in result.stderr
    assert parent(api, ID) == ou


def test_waiting_as_json_is_one_document(orgkit, ou, meanwhile):
    meanwhile[:] = [lambda: accept(ID)]
    result = orgkit(f"invite {ID} --wait -o json")
    told = json.loads(result.stdout)
    assert [each["outcome"] for each in told["invitations"]] == ["invited"]
    assert [each["state"] for each in told["answers"]] == ["accepted"]
    assert [(each["account"], each["outcome"]) for each in told["placed"]] == [(ID, "moved")]
    assert "accepted" in result.stderr


def test_waiting_is_interrupted_without_harm(orgkit, ou, api, meanwhile):
    def interrupt():
        raise KeyboardInterrupt

    meanwhile[:] = [interrupt]
    result = orgkit(f"invite {ID} --wait")
    assert result.exit_code == 130
    assert "Interrupted. Run the same command again to go on from here." in result.stderr
    meanwhile[:] = [lambda: accept(ID)]
    assert orgkit(f"invite {ID} --wait").exit_code == 0
    assert len(_handshakes(api)) == 1
    assert parent(api, ID) == ou


def test_a_dry_run_does_not_wait(orgkit, ou, meanwhile):
    orgkit(f"invite {ID}")
    meanwhile[:] = [lambda: pytest.fail("waited")]
    assert orgkit(f"invite {ID} --wait --dry-run").exit_code == 0


def test_who_joined_is_placed_although_the_lists_lag(orgkit, ou, api, meanwhile, monkeypatch):
    listed, hidden = Organizations.accounts, [(), ()]
    monkeypatch.setattr(
        Organizations, "accounts", lambda self, parent: hidden.pop() if hidden else listed(self, parent)
    )
    meanwhile[:] = [lambda: accept(ID)]
    assert orgkit(f"invite {ID} --wait").exit_code == 0
    assert parent(api, ID) == ou


def test_nobody_is_waited_for_after_the_limit_of_the_day(orgkit, ou, meanwhile):
    handshakes.quota(invitations_a_day=1)
    meanwhile[:] = [lambda: pytest.fail("waited")]
    assert orgkit(f"invite {ID} {OTHER} --wait").exit_code == 1


def test_placing(orgkit, ou, api):
    orgkit(f"invite {ID}")
    accept(ID)
    dry = orgkit("invite --place --dry-run")
    assert "to be moved into Example University" in dry.stdout
    assert parent(api, ID) != ou
    result = orgkit("invite --place")
    assert (result.exit_code, parent(api, ID)) == (0, ou)
    assert "moved into Example University" in result.stdout
    assert orgkit("invite --place").stdout == "No account is at the root but the payer.\n"


def test_a_member_named_with_place_is_placed(orgkit, ou, api):
    orgkit(f"invite {ID}")
    accept(ID)
    told = json.loads(orgkit(f"invite {ID} --place -o json").stdout)
    assert told["invitations"][0]["detail"] == "already a member, at the root, outside Example University"
    assert parent(api, ID) == ou


# Status


def test_status_counts_open_invitations_and_names_accounts_at_the_root(orgkit, settings, ou):
    orgkit(f"invite {ID} {OTHER} {ADDRESS}")
    accept(ID)
    result = orgkit("status --quick")
    assert "2 open invitations: orgkit invite --pending" in result.stdout
    assert f"{ID} is at the root" in result.stdout
    assert json.loads(orgkit("status --quick -o json").stdout)["invitations"] == {"open": 2}


def test_status_says_nothing_of_no_invitation(orgkit, ou):
    assert "invitation" not in orgkit("status --quick").stdout


# The owner's guide


def commands(text: str) -> list[list[str]]:
    """The AWS CLI's commands in a text, split as a shell does."""
    joined = text.replace("\\\n", " ")
    return [shlex.split(line) for line in joined.splitlines() if line.strip().startswith("aws ")]


def test_the_guide_needs_the_settings_alone(orgkit, settings, asked, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    result = orgkit("invite --owner-guide")
    assert result.exit_code == 0
    assert asked == []
    assert json.loads(orgkit("invite --owner-guide -o json").stdout)["owner_guide"].rstrip() == result.stdout.rstrip()


def test_the_guide_names_payer_institution_role_and_policies(settings):
    text = owner_guide.text(settings)
    for words in (
        PAYER,
        settings.institution,
        settings.iam.access_role,
        "deny-billing: no member account sees",
        "keep-membership: no member account leaves",
    ):
        assert words in text
    assert "{" not in text.replace(text[text.index("aws iam create-role") :], "")


def test_the_guide_s_commands_do_what_they_say(settings, session, ou, api):
    """An owner runs them as they stand: the account joins, and the payer's users can assume the role."""
    api.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": ID})
    said = {}
    for _, service, operation, *options in commands(owner_guide.text(settings)):
        client = session.client(service, aws_access_key_id=ID, aws_secret_access_key="pretend")
        name = xform_name(operation.title().replace("-", ""))
        said[operation] = getattr(client, name)(**_parameters(client, name, options, said))
    assert is_member(api, ID)
    role = f"arn:aws:iam::{ID}:role/{settings.iam.access_role}"
    assert session.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["AssumedRoleUser"]


def _parameters(client, operation: str, options: list[str], said: dict) -> dict:
    shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation]).input_shape
    spelt = {f"--{xform_name(name, '-')}": name for name in shape.members}
    given = {spelt[option]: value for option, value in zip(options[::2], options[1::2], strict=True)}
    if "Filter" in given:
        key, value = given["Filter"].split("=")
        given["Filter"] = {key: value}
    if given.get("HandshakeId") == "h-...":
        given["HandshakeId"] = said["list-handshakes-for-account"]["Handshakes"][0]["Id"]
    return given


def test_without_the_role_nobody_gets_in(session, ou, api):
    with pytest.raises(ClientError, match="AccessDenied"):
        session.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::{ID}:role/OrganizationAccountAccessRole", RoleSessionName="test"
        )


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("", "aws"),
        ("eu-central-1", "aws"),
        ("us-gov-west-1", "aws-us-gov"),
        ("cn-north-1", "aws-cn"),
        ("eusc-de-east-1", "aws-eusc"),
    ],
)
def test_the_guide_is_for_the_partition_of_the_region(settings, session, region, partition):
    text = owner_guide.text(settings, region)
    assert f'"AWS":"arn:{partition}:iam::{PAYER}:root"' in text
    assert f"arn:{partition}:iam::aws:policy/AdministratorAccess" in text


def test_the_settings_region_goes_before_any_other(settings):
    of_china = replace(settings, iam=replace(settings.iam, region="cn-north-1"))
    assert "arn:aws-cn:iam::aws:policy" in owner_guide.text(of_china, "us-gov-west-1")


def test_the_region_of_the_environment_tells_the_partition(orgkit, settings, monkeypatch):
    monkeypatch.setenv("AWS_REGION", "us-gov-east-1")
    assert "arn:aws-us-gov:iam::aws:policy" in orgkit("invite --owner-guide").stdout


# With the org admin's own key


@pytest.fixture
def org_admin(aws, settings, session, monkeypatch):
    """Everything is in place, IAM is enforced, and the caller is the institution's org admin."""
    for _ in procedure.bootstrap(aws(), settings):
        pass
    key = session.client("iam").create_access_key(UserName=settings.iam.org_admin)["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    enforcement.enforce(True)
    return key["AccessKeyId"]


def test_the_org_admin_can_do_all_of_it(orgkit, org_admin, api, meanwhile):
    enforcement.signed_in_with_mfa(org_admin)
    handshakes.standalone_account(THIRD, ADDRESS)
    sent = orgkit(f"invite {ID} {OTHER} {ADDRESS} --notes 'Dear all'")
    assert (sent.exit_code, "user/OrgAdmin" in sent.stderr) == (0, True)
    assert len(orgkit("invite --pending").stdout.splitlines()) == 4
    accept(ID)
    assert orgkit(f"invite --cancel {OTHER}").exit_code == 0
    assert f"{OTHER}  " in orgkit("invite --all").stdout
    assert "to be moved" in orgkit(f"invite {ID} --place --dry-run").stdout
    assert orgkit("invite --place").exit_code == 0
    assert orgkit(f"invite {ID}").stdout.splitlines()[0].endswith("already a member, in Example University")
    meanwhile[:] = [lambda: accept(THIRD)]
    assert orgkit(f"invite {ADDRESS} --wait").exit_code == 0
    assert parent(api, THIRD) == parent(api, ID) != api.list_roots()["Roots"][0]["Id"]


def test_without_mfa_the_org_admin_is_refused_in_words(orgkit, org_admin):
    result = orgkit(f"invite {ID}")
    assert result.exit_code == 1
    assert "AccessDeniedException" in result.stderr
