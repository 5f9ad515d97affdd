"""docs/scheduling.md: its profiles, its scripts and its workflow do what the page says, as far as this machine can."""

from __future__ import annotations

import configparser
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from botocore.credentials import create_credential_resolver
from botocore.session import Session

from access import Key, allow, client, document
from orgkit import procedure
from orgkit.sandbox import PAYER
from orgkit.sandbox.authorization import enforcement
from orgkit.sandbox.language.documents import Policy
from orgkit.settings import load, schema

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "scheduling.md").read_text(encoding="utf-8")
PARTNER = "999988887777"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


WATCHER, SETTINGS, WORKFLOW = blocks("yaml")
PROFILES, ALL, SCRIPT, DASHBOARD = blocks("sh")
RIGHTS, TRUST = blocks("json")


def sh(script: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], **more}
    return subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def payers():
    """Two payers; only the first is there."""
    Path("payers").mkdir()
    Path("payers/one.yaml").write_text(SETTINGS + WATCHER, encoding="utf-8")
    other = SETTINGS.replace("123456789012", "210987654321").replace("example-university", "another")
    Path("payers/two.yaml").write_text(other, encoding="utf-8")
    made = sh(PROFILES)
    assert (made.returncode, made.stderr) == (0, "")


@pytest.fixture
def watching(payers, aws, orgkit, monkeypatch):
    """The first payer is set up, IAM is enforced, and the profile `watch` is the partner's role."""
    tuple(procedure.bootstrap(aws(), load(Path("payers/one.yaml"))))
    iam = client("iam", PARTNER)
    iam.create_user(UserName="host")
    trust = document(
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{PARTNER}:root"}, "Action": "sts:AssumeRole"}
    )
    iam.create_role(RoleName="orgkit-watch", AssumeRolePolicyDocument=trust)
    iam.put_role_policy(RoleName="orgkit-watch", PolicyName="own", PolicyDocument=RIGHTS)
    iam.put_user_policy(UserName="host", PolicyName="own", PolicyDocument=document(allow("sts:AssumeRole")))
    key = iam.create_access_key(UserName="host")["AccessKey"]
    enforcement.enforce(True)
    host = Key(key["AccessKeyId"], key["SecretAccessKey"])
    role = f"arn:aws:iam::{PARTNER}:role/orgkit-watch"
    given = client("sts", host).assume_role(RoleArn=role, RoleSessionName="host")["Credentials"]
    lines = (
        "[profile watch]",
        f"aws_access_key_id = {given['AccessKeyId']}",
        f"aws_secret_access_key = {given['SecretAccessKey']}",
        f"aws_session_token = {given['SessionToken']}",
    )
    with Path("aws-config").open("a", encoding="utf-8") as file:
        file.write("\n".join(lines))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(Path("aws-config").absolute()))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    yield orgkit
    enforcement.enforce(False)


def test_a_profile_is_written_for_each_payer(payers):
    written = configparser.ConfigParser()
    written.read("aws-config")
    assert {name: dict(written[name]) for name in written.sections()} == {
        f"profile {name}": {"role_arn": f"arn:aws:iam::{account}:role/OrgkitWatcher", "source_profile": "watch"}
        for name, account in (("example-university", PAYER), ("another", "210987654321"))
    }


def test_the_watcher_reads_a_payer_through_the_chained_profiles(watching):
    done = watching("status payers/one.yaml")
    assert done.exit_code == 0, done.output
    assert ALL.split()[-2:] == ["status", "payers/"]
    assert watching("prove -s payers/one.yaml").exit_code == 0


def test_the_worst_payer_decides_and_the_dashboard_has_a_figure_of_each(watching, iam, monkeypatch):
    enforcement.enforce(False)
    client("iam").detach_group_policy(GroupName="OrgAdmins", PolicyArn=f"arn:aws:iam::{PAYER}:policy/OrgAdminPolicy")
    enforcement.enforce(True)
    assert watching("status payers/one.yaml").exit_code == 3
    done = watching("status payers/ -o json")
    assert done.exit_code in (1, 4)
    command, script = DASHBOARD.split("|", 1)
    assert command.split() == ["orgkit", "status", "payers/", "-o", "json"]
    shown = subprocess.run(
        ["sh", "-c", script.replace("python3", sys.executable)],
        input=done.stdout,
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(shown.stdout.splitlines()) == {
        f'orgkit_in_place{{account="{PAYER}"}} 0',
        f'orgkit_differences{{account="{PAYER}"}} 1',
        'orgkit_in_place{account="210987654321"} 0',
        'orgkit_differences{account="210987654321"} 0',
    }


@pytest.mark.parametrize(
    ("code", "subject"), [(0, ""), (3, "orgkit: something differs"), (4, "orgkit: could not look (exit code 4)")]
)
def test_cron_s_script_tells_somebody_when_there_is_something_to_tell(tmp_path, code, subject):
    tools = tmp_path / "tools"
    tools.mkdir()
    orgkit = f'[ "$*" = "status payers/" ] && [ "$AWS_CONFIG_FILE" = aws-config ] && echo table && exit {code}\nexit 99'
    for name, script in {"orgkit": orgkit, "mail": 'echo "$2 $3" > sent; cat >> sent'}.items():
        (tools / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (tools / name).chmod(0o755)
    done = sh(SCRIPT, PATH=f"{tools}:{os.environ['PATH']}")
    assert done.returncode == code, done.stderr
    sent = Path("sent").read_text(encoding="utf-8") if Path("sent").exists() else ""
    assert sent == (f"{subject} ops@partner.example\ntable\n" if subject else "")


def test_the_schedules_are_times_of_day():
    (line,) = blocks("cron")
    minute, hour, *rest = line.split()[:5]
    assert (int(minute) < 60, int(hour) < 24, rest) == (True, True, ["*", "*", "*"])


def test_the_workflow_has_the_least_permissions_and_the_pins_of_our_own():
    workflow = yaml.safe_load(WORKFLOW)
    assert workflow["permissions"] == {"contents": "read", "id-token": "write"}
    assert workflow["on"]["schedule"] == [{"cron": "17 6 * * *"}]
    own = (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    steps = workflow["jobs"]["status"]["steps"]
    pins = [step["uses"] for step in steps if "uses" in step]
    assert len(pins) == 2
    assert all(re.search(r"@[0-9a-f]{40}$", pin) and pin in own for pin in pins)
    assert [step["run"] for step in steps if step.get("run", "").startswith("orgkit")] == ["orgkit status payers/"]


@pytest.mark.parametrize(("code", "ends"), [(0, 0), (3, 3)])
def test_the_workflow_proves_each_payer_and_fails_with_the_last_that_differs(payers, tmp_path, code, ends):
    (tmp_path / "orgkit").write_text(f'#!/bin/sh\necho "$@"\ncase $3 in *one*) exit {code};; esac\n', encoding="utf-8")
    (tmp_path / "orgkit").chmod(0o755)
    (*_, step) = yaml.safe_load(WORKFLOW)["jobs"]["status"]["steps"]
    done = sh(step["run"], PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert done.stdout.splitlines() == ["prove -s payers/one.yaml", "prove -s payers/two.yaml"]
    assert done.returncode == ends


@pytest.mark.parametrize("profile", blocks("ini"))
def test_the_profile_to_begin_with_is_one_that_botocore_knows(tmp_path, monkeypatch, profile):
    """A source of the instance's own, or a token: botocore is asked for neither here, but it reads the profile."""
    (tmp_path / "config").write_text(profile, encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    session = Session(profile="watch")
    assert create_credential_resolver(session)
    known = {"role_arn", "credential_source", "web_identity_token_file"}
    assert session.get_scoped_config().keys() <= known
    assert session.get_scoped_config()["role_arn"] == f"arn:aws:iam::{PARTNER}:role/orgkit-watch"


def test_the_policies_are_policies_and_the_settings_are_settings():
    assert Policy.parse("rights", RIGHTS)
    (statement,) = json.loads(TRUST)["Statement"]
    assert statement["Principal"]["Federated"].startswith(f"arn:aws:iam::{PARTNER}:oidc-provider/")
    keys = statement["Condition"]["StringEquals"]
    assert {key.rpartition(":")[2] for key in keys} == {"aud", "sub"}
    assert "watcher" in json.loads(schema.SETTINGS.read_text("utf-8"))["properties"]["iam"]["properties"]
