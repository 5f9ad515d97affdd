"""Who watches: each command that only reads, under the role OrgkitWatcher and under AWS's ReadOnlyAccess."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from access import Key, allow, client, document
from orgkit import procedure
from orgkit.sandbox import PAYER
from orgkit.sandbox.authorization import enforcement
from orgkit.settings import load

PARTNER = "999988887777"
SETTINGS = f"""\
account: "{PAYER}"
institution: Example University
services: [config.amazonaws.com]
root_access: true
iam:
  watcher: arn:aws:iam::{PARTNER}:role/orgkit-*
"""
COMMANDS = (
    "status",
    "status --quick",
    "status -o json",
    "status -o tree",
    "status -o mermaid",
    "bootstrap --dry-run",
    "prove",
    "handover --for partner",
    "handover --for institution",
    "handover --for owner",
    "invitations --all",
    "invite 210987654321 --dry-run",
    "place --dry-run",
)


@pytest.fixture
def settings(tmp_path):
    path = tmp_path / "work" / "orgkit.yaml"
    path.write_text(SETTINGS, encoding="utf-8")
    return load(path)


def trusting(who: str) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"AWS": who}, "Action": "sts:AssumeRole"}],
        }
    )


@pytest.fixture
def partner(aws, settings):
    """Whoever is a role of the partner's own account: `partner("orgkit-watch")`. IAM is enforced from now on."""
    tuple(procedure.bootstrap(aws(), settings))
    iam = client("iam", PARTNER)
    iam.create_user(UserName="cron")
    iam.put_user_policy(UserName="cron", PolicyName="own", PolicyDocument=document(allow("sts:AssumeRole")))
    key = iam.create_access_key(UserName="cron")["AccessKey"]
    cron = Key(key["AccessKeyId"], key["SecretAccessKey"])

    def role(name: str) -> Key:
        enforcement.enforce(False)
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusting(f"arn:aws:iam::{PARTNER}:root"))
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(allow("sts:AssumeRole")))
        enforcement.enforce(True)
        return assumed(cron, f"arn:aws:iam::{PARTNER}:role/{name}")

    yield role
    enforcement.enforce(False)


def assumed(key: Key, role: str) -> Key:
    given = client("sts", key).assume_role(RoleArn=role, RoleSessionName="watch")["Credentials"]
    return Key(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def be(monkeypatch, key: Key) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key.id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key.secret)
    monkeypatch.setenv("AWS_SESSION_TOKEN", str(key.token))


WATCHER = f"arn:aws:iam::{PAYER}:role/OrgkitWatcher"


def test_every_command_that_reads_says_what_it_says_to_the_root_user(orgkit, partner, iam, monkeypatch):
    """Not one call is refused: a refusal would be an error, or a line that something could not be checked."""
    iam.create_role(RoleName="ReadOnly", AssumeRolePolicyDocument=trusting(f"arn:aws:iam::{PARTNER}:root"))
    iam.attach_role_policy(RoleName="ReadOnly", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    by_root = [orgkit(line) for line in COMMANDS]
    key = partner("orgkit-watch")
    for role in ("OrgkitWatcher", "ReadOnly"):
        with monkeypatch.context() as patch:
            be(patch, assumed(key, f"arn:aws:iam::{PAYER}:role/{role}"))
            for line, wanted in zip(COMMANDS, by_root, strict=True):
                done = orgkit(line)
                assert (done.exit_code, done.stdout) == (wanted.exit_code, wanted.stdout), (role, line)
                assert done.exit_code == 0, (role, line)
                assert "could not be checked" not in done.stdout


def test_nobody_else_of_that_account_may_watch(partner):
    with pytest.raises(ClientError, match="AccessDenied"):
        assumed(partner("another"), WATCHER)


def test_who_watches_sees_no_bill_and_changes_nothing(partner, orgkit, monkeypatch):
    key = assumed(partner("orgkit-watch"), WATCHER)
    with pytest.raises(ClientError, match="AccessDenied"):
        client("budgets", key).describe_budgets(AccountId=PAYER)
    with pytest.raises(ClientError, match="AccessDenied"):
        client("iam", key).create_user(UserName="Mine")
    be(monkeypatch, key)
    done = orgkit("invite 210987654321 --yes")
    assert done.exit_code == 1
    assert "AccessDenied" in done.output


@pytest.mark.parametrize("line", ["status", "prove", "bootstrap --dry-run"])
def test_what_differs_is_found_by_who_watches(partner, orgkit, iam, monkeypatch, line):
    key = assumed(partner("orgkit-watch"), WATCHER)
    enforcement.enforce(False)
    iam.detach_group_policy(GroupName="OrgAdmins", PolicyArn=f"arn:aws:iam::{PAYER}:policy/OrgAdminPolicy")
    enforcement.enforce(True)
    be(monkeypatch, key)
    done = orgkit(line)
    assert done.exit_code == (0 if "dry-run" in line else 3)
    assert "group OrgAdmins lacks" in done.stdout or line == "prove"
