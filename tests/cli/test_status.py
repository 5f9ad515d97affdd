"""`orgkit status` of one payer, in each of its forms."""

from __future__ import annotations

import json

from orgkit.sandbox import PAYER


def test_status_of_what_is_in_place_is_0(bootstrapped):
    result = bootstrapped("status")
    assert result.exit_code == 0
    assert "Everything in orgkit.yaml is in place." in result.stdout


def test_status_before_bootstrap_is_3(begun):
    assert begun("status").exit_code == 3


def test_status_of_drift_is_3_with_the_remedy(bootstrapped, organizations):
    ou = json.loads(bootstrapped("status -o json").stdout)["organization"]["ou_id"]
    organizations.update_organizational_unit(OrganizationalUnitId=ou, Name="Other")
    result = bootstrapped("status")
    assert result.exit_code == 3
    assert "~ institution OU Example University" in result.stdout
    assert "To restore it, run `orgkit bootstrap`.\n" in result.stdout


def test_what_mends_names_the_settings_where_it_must(orgkit):
    file = "'our payers/one.yaml'"
    orgkit(f"init --account {PAYER} --institution University {file}")
    assert f"To restore it, run `orgkit bootstrap -s {file}`.\n" in orgkit(f"status -s {file}").stdout


def test_status_in_json_is_one_document(bootstrapped):
    document = json.loads(bootstrapped("status -o json").stdout)
    assert document["in_place"] is True
    assert document["warnings"]
    assert {"thing": "IAM stack orgkit-iam", "state": "in-place", "detail": "CREATE_COMPLETE"} in document["steps"]


def test_status_as_a_tree(bootstrapped, organizations):
    organizations.create_account(AccountName="Physics", Email="physics@example.edu")
    lines = bootstrapped("status -o tree").stdout.splitlines()
    assert lines[0].startswith("Root (r-")
    assert lines[0].endswith("[FullAWSAccess, deny-billing, keep-membership]")
    (physics,) = (line for line in lines if line.startswith('├── "Physics" ('))
    assert physics.endswith(" ~ at the root, outside Example University")
    assert lines[-3].startswith('└── "Example University" (ou-')
    assert lines[-1].endswith("`orgkit status` says more.")


def test_a_tree_of_nothing_says_so(begun):
    assert begun("status -o tree").stdout == "There is no organization yet.\n"


def test_a_quick_status_says_what_it_left_out(bootstrapped):
    result = bootstrapped("status --quick")
    assert result.exit_code == 0
    assert "drift detection was left out (--quick)" in result.stdout
