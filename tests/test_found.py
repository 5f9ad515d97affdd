"""Which SCPs are ours, whatever the settings named when the stack recorded them, and whoever's else are at the root."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from orgkit import found, procedure
from orgkit.errors import OrgkitError
from orgkit.settings import load
from orgkit.step import State
from steps import in_order

SCP = "SERVICE_CONTROL_POLICY"
NOTHING = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "iam:CreateUser", "Resource": "*"}}
BEFORE = ("deny-billing", "keep-membership")
NOW = (
    ("deny-billing", "keep-membership"),
    ("keep-membership", "deny-billing"),
    ("deny-billing",),
    ("keep-membership",),
    ("deny-billing", "keep-membership", "deny-support-plan"),
    ("deny-support-plan", "deny-marketplace-purchases", "keep-membership"),
)


def naming(settings, *names: str):
    """The settings with these SCPs, all at the root."""
    documents = ", ".join(f"{{document: {name}}}" for name in names)
    text = settings.path.read_text(encoding="utf-8")
    Path("other.yaml").write_text(f"{text}\nscps: [{documents}]\n", encoding="utf-8")
    return replace(settings, scps=load(Path("other.yaml").absolute()).scps)


@pytest.fixture
def theirs(aws, settings, organizations) -> str:
    """An SCP of the customer's, at the root before orgkit came and protected by the stack since."""
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(RootId=root, PolicyType=SCP)
    organizations.list_roots()
    made = organizations.create_policy(Name="theirs", Description="Ours", Content=json.dumps(NOTHING), Type=SCP)
    policy = str(made["Policy"]["PolicySummary"]["Id"])
    organizations.attach_policy(PolicyId=policy, TargetId=root)
    tuple(procedure.bootstrap(aws(), naming(settings, *BEFORE)))
    return policy


def ids(organizations) -> dict[str, str]:
    return {each["Name"]: each["Id"] for each in organizations.list_policies(Filter=SCP)["Policies"]}


@pytest.mark.parametrize(
    ("now", "renamed"),
    [(now, name) for now, name in product(NOW, BEFORE) if name in now],
    ids=lambda each: each if isinstance(each, str) else " ".join(each),
)
def test_a_renamed_scp_is_found_after_the_settings_changed(aws, settings, organizations, theirs, now, renamed):
    before, changed = ids(organizations), naming(settings, *now)
    organizations.update_policy(PolicyId=before[renamed], Name="x", Description="y")
    found = {step.thing: step for step in in_order(aws(), changed)}
    assert found[f"SCP {renamed}"].differences[0] == f"name is 'x', should be {renamed!r}"
    tuple(procedure.bootstrap(aws(), changed))
    after = ids(organizations)
    assert before.items() <= after.items()
    assert after.keys() == {*before, *now}
    assert organizations.describe_policy(PolicyId=theirs)["Policy"]["PolicySummary"]["Description"] == "Ours"


@pytest.mark.parametrize("now", NOW, ids=" ".join)
def test_an_scp_of_theirs_that_the_stack_protects_stays_theirs(aws, settings, organizations, theirs, now):
    """Also if the settings now name another SCP by its name."""
    changed = naming(settings, *now)
    changed = replace(changed, scps=(*changed.scps, replace(changed.scps[0], name="theirs")))
    found = {step.thing: step for step in in_order(aws(), changed)}
    assert found["SCP theirs"].state is State.BLOCKED
    assert "was not made by orgkit" in found["SCP theirs"].detail
    assert json.loads(organizations.describe_policy(PolicyId=theirs)["Policy"]["Content"]) == NOTHING


def test_a_policy_that_is_nested_without_end_is_said_not_to_be_json():
    with pytest.raises(OrgkitError, match="AWS's copy of SCP x is not JSON"):
        found.parsed("[" * 100_000, "SCP x")
