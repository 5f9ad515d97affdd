"""What looking and bootstrapping cost in calls, and how that grows with the organization. Seconds: benchmarks/."""

from __future__ import annotations

from collections import Counter
from math import ceil

import pytest

from orgkit import procedure
from orgkit.report import drawing, notes
from orgkit.sandbox import organizations as pretend
from orgkit.sandbox.handshakes.arrangements import quota
from orgkit.sandbox.seed import seed

PAGE = 20


@pytest.fixture
def root(session, bootstrapped) -> str:
    return session.client("organizations").list_roots()["Roots"][0]["Id"]


@pytest.fixture
def ou(session, root) -> str:
    units = session.client("organizations").list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"]
    return units[0]["Id"]


@pytest.fixture
def status(aws, settings, wire):
    """The calls of `orgkit status`, after it has signed in and seen the organization."""

    def run() -> Counter[str]:
        wire.clear()
        new = aws()
        tuple(procedure.seen(new, settings))
        notes.find(new, settings)
        new.handshakes.open()
        return Counter(wire)

    return run


@pytest.fixture
def drawn(aws, wire):
    """The calls that it takes to draw the tree."""

    def run() -> Counter[str]:
        wire.clear()
        assert drawing.read(aws()) is not None
        return Counter(wire)

    return run


def pages(things: int) -> int:
    return max(1, ceil(things / PAGE))


# Bootstrap

LOOKS = {
    "DescribeOrganization": 1,
    "ListRoots": 1,
    "ListOrganizationalUnitsForParent": 1,
    "ListPoliciesForTarget": 2,
    "DescribePolicy": 2,
    "ListAccountsForParent": 1,
    "DescribeStacks": 1,
    "GetTemplate": 1,
    "DetectStackDrift": 1,
    "DescribeStackDriftDetectionStatus": 2,
    "DescribeStackResourceDrifts": 1,
    "GetAccountAuthorizationDetails": 1,
    "GetLoginProfile": 2,
}
"""What it takes to see two SCPs, FullAWSAccess at the root and the OU, the stack and two passwords in place.

The detection is found at work once.
"""


def test_the_first_bootstrap_calls_little_more_than_it_must(aws, settings, wire):
    pretend.policy_type_pending_reads(0)
    new = aws()
    tuple(procedure.seen(new, settings))
    tuple(procedure.bootstrap(new, settings))
    assert Counter(wire) == {
        "DescribeOrganization": 1,
        "CreateOrganization": 1,
        "GetAccountSummary": 1,  # whether there is anybody in IAM whose names could be in the way
        "ListRoots": 2,
        "CreateOrganizationalUnit": 1,
        "EnablePolicyType": 1,
        "CreatePolicy": 2,
        "AttachPolicy": 2,
        "DescribeStacks": 2,
        "CreateStack": 1,
        "DescribeStackEvents": 3,
        "CreateLoginProfile": 2,
    }


def test_the_second_bootstrap_reads_every_fact_once(aws, settings, bootstrapped, wire):
    new = aws()
    tuple(procedure.seen(new, settings))
    tuple(procedure.bootstrap(new, settings))
    assert Counter(wire) == LOOKS


# Status


def test_status_warns_and_counts_with_nine_calls_more(status, bootstrapped):
    assert status() == LOOKS | {
        "GetAccountSummary": 1,
        "ListAccessKeys": 2,
        "ListInboundResponsibilityTransfers": 1,
        "ListOutboundResponsibilityTransfers": 1,
        "ListHandshakesForOrganization": 1,
        "DescribeResourcePolicy": 1,
        "ListAWSServiceAccessForOrganization": 1,
        "ListDelegatedAdministrators": 1,
    }


def test_status_costs_the_same_on_300_accounts_as_on_none(status, ou):
    before = status()
    seed(300, 30, scps=20, parent=ou)
    assert status() == before


def test_status_counts_the_accounts_at_the_root_by_pages(status, root):
    before = status()
    seed(45, 0, parent=root)
    assert status() - before == {"ListAccountsForParent": pages(46) - 1}


def test_status_counts_the_open_invitations_by_pages(session, status, bootstrapped):
    quota(accounts=100, invitations_a_day=100)
    before = status()
    for number in range(21):
        target = {"Id": str(210_000_000_000 + number), "Type": "ACCOUNT"}
        session.client("organizations").invite_account_to_organization(Target=target)
    assert status() - before == {"ListHandshakesForOrganization": 1}


# The tree


@pytest.mark.parametrize(("accounts", "ous", "scps"), [(0, 0, 0), (10, 0, 0), (60, 3, 2), (300, 30, 25)])
def test_the_tree_takes_two_calls_a_node_and_its_pages(drawn, ou, accounts, ous, scps):
    seed(accounts, ous, scps=scps, parent=ou)
    of_each = accounts // ous if ous else 0
    assert drawn() == {
        "DescribeOrganization": 1,
        "ListRoots": 1,
        "ListOrganizationalUnitsForParent": 1 + pages(ous) + ous,
        "ListAccountsForParent": 1 + pages(0 if ous else accounts) + ous * pages(of_each),
        "ListPolicies": pages(3 + scps),
        "ListTargetsForPolicy": 2 + scps,
        "ListPoliciesForTarget": 1,
    }


@pytest.mark.parametrize(("accounts", "ous"), [(10, 0), (300, 30), (600, 10)])
def test_the_tree_keeps_to_the_bound_of_the_design(drawn, ou, accounts, ous):
    seed(accounts, ous, parent=ou)
    found, nodes = drawn(), 2 + ous
    assert found["ListOrganizationalUnitsForParent"] + found["ListAccountsForParent"] <= (
        2 * nodes + ceil(accounts / PAGE) + ceil(ous / PAGE)
    )


def test_the_tree_is_whole_and_in_order_however_it_is_read(aws, ou):
    seeded = seed(50, 25, scps=3, parent=ou)
    grown = drawing.read(aws())
    (institution,) = grown.ous
    assert [node.id for node in institution.ous] == sorted(seeded.ous)
    assert {account.id for node in institution.ous for account in node.accounts} == set(seeded.accounts)
    assert len({node.scps for node in institution.ous}) == 3
    assert grown == drawing.read(aws())


def test_the_tree_shows_full_access_at_the_root_alone(aws, ou):
    seed(3, 2, parent=ou)
    grown = drawing.read(aws())
    assert grown.scps == ("FullAWSAccess", "deny-billing", "keep-membership")
    assert grown.ous[0].scps == ()
