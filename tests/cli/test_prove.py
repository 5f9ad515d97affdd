"""`orgkit prove`: what it prints, and how it ends."""

from __future__ import annotations

import json

import pytest

from orgkit.sandbox import PAYER

pytestmark = pytest.mark.usefixtures("one_session")


@pytest.fixture
def detached(session, bootstrapped):
    """A guard is detached from the root by hand."""
    organizations = session.client("organizations")
    root = organizations.list_roots()["Roots"][0]["Id"]
    policies = organizations.list_policies(Filter="SERVICE_CONTROL_POLICY")["Policies"]
    guard = next(policy["Id"] for policy in policies if policy["Name"] == "keep-membership")
    organizations.detach_policy(PolicyId=guard, TargetId=root)


def test_everything_as_it_should_be_ends_in_0(orgkit, bootstrapped):
    done = orgkit("prove")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert [line.split() for line in lines[:2]] == [
        ["billing", "org", "member", "member"],
        ["admin", "admin", "admin", "root"],
    ]
    (bills,) = (line for line in lines if line.startswith("  read the bills  "))
    assert bills.split()[-4:] == ["allowed", "denied", "denied", "denied"]
    (count,) = (line for line in lines if "capabilities" in line)
    assert count.endswith("all as it should be.")
    assert "!" not in done.stdout


def test_something_else_ends_in_3_and_is_marked_and_explained(orgkit, detached):
    done = orgkit("prove")
    assert done.exit_code == 3
    lines = done.stdout.splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("  leave the organization"))
    assert lines[place].split()[-6:] == ["denied", "denied", "!", "allowed", "!", "allowed"]
    assert lines[place + 1] == (
        "      ! member accounts' administrators may, but should not: organizations:LeaveOrganization"
    )
    assert any(line.endswith("8 not as it should be (marked !).") for line in lines)


def test_json_is_one_document(orgkit, detached):
    done = orgkit("prove -o json")
    assert done.exit_code == 3
    document = json.loads(done.stdout)
    assert document["account"] == PAYER
    assert document["as_it_should_be"] is False
    assert [persona["id"] for persona in document["personas"]] == list(document["rows"][0]["cells"])
    assert document["counts"]["not_as_it_should_be"] == 8
    (leave,) = (row for row in document["rows"] if row["id"] == "leave")
    assert leave["cells"]["member_root"] == {
        "found": "allowed",
        "should_be": "denied",
        "wrong": ["organizations:LeaveOrganization"],
    }


def test_before_bootstrap_it_says_so(begun):
    done = begun("prove -o json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["error"]["remedy"] == "Run `orgkit bootstrap` first."
    assert "There is no organization yet." in done.stderr
