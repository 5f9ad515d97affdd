"""`orgkit validate`: everything wrong or doubtful at once, without AWS."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

import write_actions
from orgkit import bundled
from orgkit.aws.drift import parameters_of
from orgkit.iam import template as iam_template
from orgkit.iam.stack import parameters
from orgkit.procedure import bootstrap
from orgkit.settings import load, rules
from orgkit.settings.rules import doubt

GOOD = 'account: "123456789012"\ninstitution: Example University\n'
KNOWN = rules.actions()


@pytest.fixture
def validate(orgkit):
    """What it finds in these settings."""

    def run(text: str, output: str = "text"):
        Path("orgkit.yaml").write_text(text, encoding="utf-8")
        return orgkit(f"validate -o {output}")

    return run


def scp(actions: object, key: str = "Action") -> str:
    """Settings with one SCP of these actions, which stand on its fourth line."""
    document = f'{{"Version": "2012-10-17", "Statement": {{\n"Effect": "Deny",\n"Resource": "*",\n"{key}": '
    Path("guard.json").write_text(f"{document}{json.dumps(actions)}\n}}}}", encoding="utf-8")
    return f"{GOOD}scps:\n  - document: guard.json\n"


# The catalogue


def test_the_catalogue_is_the_one_that_tests_use():
    assert gzip.decompress(rules.ACTIONS.read_bytes()).decode() == write_actions.text()


def test_the_catalogue_is_small():
    assert rules.ACTIONS.stat().st_size < 150_000


@pytest.mark.parametrize(
    "pattern", ["ec2:RunInstances", "EC2:runinstances", "ec2:*", "s3:Get*", "iam:?etUser", "organizations:LeaveO*"]
)
def test_a_pattern_that_names_an_action_is_no_doubt(pattern):
    assert doubt(pattern, KNOWN) == ("", False)


@pytest.mark.parametrize(
    ("pattern", "says", "slip"),
    [
        ("ec2:RunInstance", "ec2:RunInstance names no action in ~; did you mean ec2:RunInstances?", True),
        ("ec2:RunInstancess", "ec2:RunInstancess names no action in ~; did you mean ec2:RunInstances?", True),
        ("iam:ntagRole", "iam:ntagRole names no action in ~; did you mean iam:TagRole or iam:UntagRole?", True),
        ("EC2:RnuInstances", "EC2:RnuInstances names no action in ~; did you mean ec2:RunInstances?", True),
        ("ec2:RumInstances", "ec2:RumInstances names no action in ~; did you mean ec2:RunInstances?", True),
        ("ec2:RunAllInstances", "ec2:RunAllInstances names no action in ~; is it newer?", False),
        ("ec2:OpenWormhole", "ec2:OpenWormhole names no action in ~; is it newer?", False),
        ("ec2:Rnu*", "ec2:Rnu* names no action in ~; is it newer?", False),
        ("organisations:Leave*", "organisations is no service in ~; did you mean organizations?", True),
        ("organization:*", "organization is no service in ~; did you mean organizations?", True),
        ("ecz:*", "ecz is no service in ~; is it newer?", False),
        ("ec3:RunInstances", "ec3 is no service in ~; did you mean ec2?", True),
        ("ecz:Run*Instances", "ecz is no service in ~; did you mean ec2?", True),
        ("ecz:Describe*", "ecz is no service in ~; is it newer?", False),
        ("wormholes:*", "wormholes is no service in ~; is it newer?", False),
    ],
)
def test_what_is_one_letter_from_an_action_is_a_slip_and_the_rest_may_be_newer(pattern, says, slip):
    assert doubt(pattern, KNOWN) == (says.replace("~", "AWS's list of September 2026"), slip)


# Findings


def test_good_settings_are_valid(validate):
    found = validate(GOOD)
    assert (found.exit_code, found.stdout) == (0, "orgkit.yaml, its SCPs and the IAM template are valid.\n")


def test_every_scp_that_ships_with_orgkit_is_valid(validate):
    names = sorted(path.stem for path in bundled.SCP_EXAMPLES.glob("*.json"))
    # Nine fit at one target.
    places = ["root"] * 9 + ["institution"] * (len(names) - 9)
    items = "".join(f"  - {{document: {name}, attach: {at}}}\n" for name, at in zip(names, places, strict=True))
    assert validate(f"{GOOD}scps:\n{items}").stdout.endswith("are valid.\n")


def test_everything_is_told_at_once_by_file_and_line(validate):
    text = scp(["ec2:RunInstance", "ec2:OpenWormhole", "nonsense"])
    found = validate(f"{text}insitution: x\niam: {{stack: 1st}}\n")
    assert found.exit_code == 2
    places = [line.split(": ")[:3] for line in found.stdout.splitlines()]
    assert places == [
        ["guard.json:4:12", "error", "Statement.Action[0]"],
        ["guard.json:4:31", "warning", "Statement.Action[1]"],
        ["guard.json:4:51", "error", "Statement.Action[2]"],
        ["orgkit.yaml:5:1", "error", "insitution"],
        ["orgkit.yaml:6:14", "error", "iam.stack"],
        ["4 errors, 1 warning."],
    ]


def test_what_settings_and_template_both_refuse_is_told_once(validate):
    found = validate(f"{GOOD}iam: {{billing_admin: a b, require_mfa: maybe}}\n")
    assert found.stdout.splitlines() == [
        "orgkit.yaml:3:22: error: iam.billing_admin: may have only letters, digits and _+=,.@- (a-z, A-Z, 0-9)",
        "orgkit.yaml:3:40: error: iam.require_mfa: must be true or false",
        "2 errors.",
    ]


def test_warnings_alone_end_in_0(validate):
    found = validate(scp("ec2:OpenWormhole"))
    assert found.exit_code == 0
    assert "guard.json:4:11: warning: Statement.Action: ec2:OpenWormhole names no action" in found.stdout


def test_exceptions_are_looked_at_too(validate):
    assert (
        "4:14: error: Statement.NotAction: iam:CreateUsr names no" in validate(scp("iam:CreateUsr", "NotAction")).stdout
    )


def test_text_elsewhere_in_a_policy_is_no_action(validate):
    Path("guard.json").write_text(
        '{"Version": "2012-10-17", "Statement": [{"Sid": "ec2:None", "Effect": "Deny", "Action": "*", "Resource": "*",'
        '"Condition": {"StringLike": {"Action": "ec2:None"}}}]}',
        encoding="utf-8",
    )
    assert validate(f"{GOOD}scps: [{{document: guard.json}}]").stdout.endswith("are valid.\n")


def test_a_file_that_two_scps_share_is_told_once(validate):
    found = validate(f"{scp('ec2:RunInstance')}  - {{document: guard.json, name: again, attach: institution}}\n")
    assert found.stdout.endswith("\n1 error.\n")


@pytest.mark.parametrize("text", ["{", "- a list", "a: &b 1\nc: *b"])
def test_a_file_that_is_no_settings_is_told_once(validate, text):
    found = validate(text)
    assert found.exit_code == 2
    assert len(found.stdout.splitlines()) == 2
    assert found.stdout.endswith("\n1 error.\n")


def test_a_file_that_is_no_text_is_told_as_a_finding(orgkit):
    Path("orgkit.yaml").write_bytes(b"account: \xff")
    found = orgkit("validate")
    assert (found.exit_code, found.stdout) == (2, "orgkit.yaml:1:10: error: is not UTF-8 text\n1 error.\n")


def test_json_is_one_document(validate):
    document = json.loads(validate(scp("ec2:RunInstance"), "json").stdout)
    (finding,) = document["findings"]
    assert document["valid"] is False
    assert finding.pop("problem").endswith("did you mean ec2:RunInstances?")
    assert finding == {
        "severity": "error",
        "file": "guard.json",
        "line": 4,
        "column": 11,
        "path": "Statement.Action",
    }


def test_no_file_is_2_with_the_way_to_one(orgkit):
    done = orgkit("validate -o json")
    assert done.exit_code == 2
    assert "orgkit init" in json.loads(done.stdout)["error"]["remedy"]


def test_nothing_that_asks_aws_is_even_imported():
    Path("orgkit.yaml").write_text(f"{scp('ec2:RunInstance')}iam: 1\n", encoding="utf-8")
    program = (
        "import sys; from orgkit.cli.main import cli\n"
        "try: cli(['validate', '-o', 'json'])\n"
        "except SystemExit as done: print(done.code, {'boto3', 'botocore', 'moto'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True)
    assert run.stdout.splitlines()[-1] == "2 set()"


# The template


@pytest.fixture
def template(monkeypatch):
    """The bundled template with this instead of that."""

    def change(this: str, that: str) -> None:
        text = bundled.IAM_TEMPLATE.read_text(encoding="utf-8")
        assert this in text
        Path("iam.yaml").write_text(text.replace(this, that, 1), encoding="utf-8")
        monkeypatch.setattr(bundled, "IAM_TEMPLATE", Path("iam.yaml"))

    return change


@pytest.mark.parametrize(
    ("this", "that", "says"),
    [
        ("  RootId:\n", "  Rootid:\n", ":3: error: Parameters.RootId: is missing: orgkit sends this parameter"),
        ("  RootId:\n", "  New:\n", ":3: error: Parameters.New: has no Default, and orgkit does not send it"),
        ("Parameters:", "Parameters: [", "error: cannot be read"),
    ],
)
def test_a_template_that_orgkit_cannot_deploy_is_told(validate, template, this, that, says):
    template(this, that)
    found = validate(GOOD)
    assert found.exit_code == 2
    assert "cloudformation/iam.yaml:" in found.stdout
    assert says in found.stdout


def test_the_parameters_that_are_checked_are_those_that_are_sent(aws, settings):
    list(bootstrap(aws(), settings))
    sent = parameters(aws(), settings)
    declared = parameters_of(aws().cloudformation.find(settings.iam.stack))
    assert set(sent) == set(declared) == {*iam_template.FOUND, *iam_template.CHOSEN, *iam_template.ACCOUNTS}
    assert sent.items() >= iam_template.chosen(settings.iam).items()


def test_a_profile_may_be_set():
    Path("orgkit.yaml").write_text(f"{GOOD}profile: example\n", encoding="utf-8")
    assert load(Path("orgkit.yaml")).profile == "example"
