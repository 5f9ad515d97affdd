"""The SCPs that ship with orgkit: each denies what its name says and nothing besides."""

from __future__ import annotations

import fnmatch
import json
import re
from functools import cache

import pytest

from orgkit import bundled
from orgkit.settings import scps
from policies.judgements import judged
from policies.personas import DEFAULTS, MEMBER, actions, member, member_root, some_actions

FILES = sorted(bundled.SCP_EXAMPLES.glob("*.json"))
EXACT = {
    "deny-billing": "billing",
    "deny-commitments": "commitment",
    "deny-cost-estimates": "estimate",
    "deny-marketplace-purchases": "marketplace",
    "deny-support-plan": "support-plan",
    "keep-membership": "membership",
}
ACCESS_ROLE = "role/OrganizationAccountAccessRole"


@cache
def denied(name, principal="role/Administrator"):
    persona = member(principal, name)
    return {action for action in actions() if not persona.may(action)}


def statements(path):
    return json.loads(path.read_text(encoding="utf-8"))["Statement"]


def patterns(statement, *keys):
    """The actions that a statement names: AWS takes one as a string, too."""
    named = [statement[key] for key in keys or ("Action", "NotAction") if key in statement]
    return [pattern for each in named for pattern in ([each] if isinstance(each, str) else each)]


def answers(name, principal):
    persona = member(principal, name)
    return {persona.may(action) for action in some_actions()}


@pytest.mark.parametrize(("name", "verdict"), EXACT.items(), ids=EXACT)
def test_it_denies_what_was_judged_so_and_nothing_else(name, verdict):
    assert denied(name) == judged(verdict)


@pytest.mark.parametrize("action", ["organizations:LeaveOrganization", "account:CloseAccount"])
def test_the_root_user_of_a_member_ends_no_membership(action):
    assert not member_root().may(action)


def test_a_capacity_reservation_without_a_commitment_stays_open():
    persona = member("role/Administrator", "deny-commitments")
    assert persona.may("ec2:CreateCapacityReservation")
    assert not persona.may("ec2:CreateCapacityReservation", ec2__CommitmentDuration="1209600")


def test_the_defaults_are_those_of_the_settings():
    settings = json.loads((bundled.CONFIG / "orgkit.schema.json").read_text(encoding="utf-8"))
    default = settings["properties"]["scps"]["default"]
    assert default == [{"document": name, "attach": "root"} for name in DEFAULTS]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_is_an_scp(path):
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document.keys() == {"Version", "Statement"}
    for statement in document["Statement"]:
        assert statement.keys() <= {"Sid", "Effect", "Action", "NotAction", "Resource", "Condition"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_is_far_below_the_limit(path):
    minified = json.dumps(json.loads(path.read_text(encoding="utf-8")), separators=(",", ":"))
    assert len(minified) < scps.SCP_CHARACTERS * 0.35


def test_all_of_them_fit_at_one_target():
    with_full_access = 1 + len(EXACT)
    assert with_full_access <= scps.SCPS_PER_TARGET


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_is_written_for_reading(path):
    text = path.read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=2) + "\n"
    for statement in statements(path):
        assert patterns(statement) == sorted(patterns(statement))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_readme_of_the_folder_has_it(path):
    readme = (bundled.SCP_EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert f"`{path.name}`" in readme


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_its_wildcards_are_at_the_end(path):
    """In the middle they are new since September 2025, and nowhere documented for every partition."""
    for statement in statements(path):
        assert all(re.fullmatch(r"[^*?]*\*?", action) for action in patterns(statement, "Action"))


def test_other_regions_are_closed():
    persona = member("role/Administrator", "region-restriction")
    assert persona.may("ec2:RunInstances", aws__RequestedRegion="eu-central-1")
    assert not persona.may("ec2:RunInstances", aws__RequestedRegion="us-east-1")


@pytest.mark.parametrize(
    "action", ["iam:CreateRole", "sts:AssumeRole", "route53:ListHostedZones", "support:CreateCase"]
)
def test_what_lives_in_one_region_only_stays_open(action):
    assert member("role/Administrator", "region-restriction").may(action, aws__RequestedRegion="us-east-1")


def test_the_root_user_of_a_member_is_stopped():
    assert answers("deny-member-root-user", "root") == {False}
    assert answers("deny-member-root-user", "role/Administrator") == {True}


def test_a_root_task_from_the_payer_is_not_stopped():
    assert member("root", "deny-member-root-user").may("s3:DeleteBucketPolicy", aws__AssumedRoot="true")


def test_quarantine_leaves_the_access_role_alone():
    assert answers("quarantine", "role/Administrator") == {False}
    assert answers("quarantine", ACCESS_ROLE) == {True}


def test_trails_and_detectors_are_for_the_access_role_alone():
    for action in ("cloudtrail:StopLogging", "config:StopConfigurationRecorder", "guardduty:DeleteDetector"):
        assert not member("role/Administrator", "protect-trails-and-detectors").may(action)
        assert member(ACCESS_ROLE, "protect-trails-and-detectors").may(action)


def test_an_access_role_elsewhere_in_the_path_is_not_the_access_role():
    arn = f"arn:aws:iam::{MEMBER}:role/mine/OrganizationAccountAccessRole"
    persona = member("role/Administrator", "quarantine")
    assert not persona.may("s3:ListAllMyBuckets", aws__PrincipalArn=arn)


def test_every_pattern_matches_an_action():
    named = {pattern for path in FILES for statement in statements(path) for pattern in patterns(statement)} - {"*"}
    assert len(named) > 200
    assert not [each for each in named if not fnmatch.filter(actions(each.partition(":")[0]), each)]
