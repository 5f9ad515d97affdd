"""`orgkit bootstrap`: its question, its dry run, its JSON, and what it leaves to a person."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from orgkit.sandbox import PAYER, cloudformation


def test_a_dry_run_changes_nothing(begun, session):
    result = begun("bootstrap --dry-run")
    assert result.exit_code == 0
    assert "10 missing, 3 to follow, 0 in place. Nothing was changed." in result.stdout
    with pytest.raises(session.client("organizations").exceptions.AWSOrganizationsNotInUseException):
        session.client("organizations").describe_organization()
    assert sorted(path.name for path in Path().iterdir()) == ["orgkit.schema.json", "orgkit.yaml"]


def test_a_dry_run_of_what_is_in_place_says_so(bootstrapped):
    result = bootstrapped("bootstrap --dry-run")
    assert result.exit_code == 0
    assert "Everything in orgkit.yaml is in place.\n" in result.stdout


def test_bootstrap_without_a_terminal_needs_yes(begun):
    result = begun("bootstrap")
    assert result.exit_code == 1
    assert "There is no terminal to ask on." in result.stderr
    assert "Pass --yes" in result.stderr


def test_bootstrap_asks_once_naming_the_account(begun, terminal):
    result = begun("bootstrap", input="y\n")
    assert result.exit_code == 0
    assert result.stderr.count(f"Make these changes in {PAYER}? [y/N]:") == 1
    assert "cannot go back to consolidated billing" in result.stderr


def test_what_changes_while_the_question_stands_is_seen(bootstrapped, terminal, organizations, monkeypatch):
    root = organizations.list_roots()["Roots"][0]["Id"]
    scps = organizations.list_policies_for_target(TargetId=root, Filter="SERVICE_CONTROL_POLICY")["Policies"]
    organizations.detach_policy(PolicyId=next(scp["Id"] for scp in scps if not scp["AwsManaged"]), TargetId=root)
    (ou,) = organizations.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"]

    def slow_to_agree(*_, **__):
        organizations.update_organizational_unit(OrganizationalUnitId=ou["Id"], Name="Renamed")
        return True

    monkeypatch.setattr("click.confirm", slow_to_agree)
    assert bootstrapped("bootstrap").exit_code == 0
    assert bootstrapped("status").exit_code == 0


def test_the_stack_goes_to_the_region_of_the_settings_when_somebody_has_agreed_too(begun, terminal, session):
    with Path("orgkit.yaml").open("a", encoding="utf-8") as file:
        file.write("iam:\n  region: eu-central-1\n")
    assert begun("bootstrap", input="y\n").exit_code == 0
    stacks = session.client("cloudformation", "eu-central-1").describe_stacks()["Stacks"]
    assert [stack["StackName"] for stack in stacks] == ["orgkit-iam"]


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
    rest = shown[shown.index("Finish by hand") :]
    order = ["Billing information", "account quota", "e-mail address", "root user MFA", "OrgAdmin_credentials.csv"]
    assert [rest.index(word) for word in order] == sorted(rest.index(word) for word in order)


def test_a_second_bootstrap_asks_nothing(bootstrapped):
    result = bootstrapped("bootstrap")
    assert result.exit_code == 0
    said, left = result.stdout.split("\n\n")[-2:]
    assert said == "Everything in orgkit.yaml is in place."
    assert left.startswith("Finish by hand, in this order:\n  1. As root of")
    assert "?" not in result.stderr


def test_bootstrap_in_json_is_one_document(begun):
    result = begun("bootstrap --yes -o json")
    document = json.loads(result.stdout)
    assert document["account"] == PAYER
    assert document["in_place"] is True
    assert {step["state"] for step in document["steps"]} == {"in-place"}
    assert set(document["organization"]) == {"id", "root_id", "ou_id"}
    assert len(document["remaining"]) == 6


def test_a_failure_in_json_is_part_of_the_document(begun):
    cloudformation.fail_resource("OrgAdmins", "OrgAdmins already exists")
    result = begun("bootstrap --yes -o json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert document["in_place"] is False
    assert "already exists" in document["error"]["message"]
    assert document["steps"][0]["thing"] == "organization"


def test_credentials_files_are_for_their_owner_only(bootstrapped):
    for file in Path().glob("*_credentials.csv"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
