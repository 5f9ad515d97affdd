"""Large organizations in a moment, indistinguishable from those made by calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.iam.models import iam_backends

from organization import SCP, Api, acting_as, running
from orgkit.sandbox import PAYER, organizations
from orgkit.sandbox.seed import seed


@pytest.fixture
def api() -> Iterator[Api]:
    """An organization with SCPs enabled, and nothing in it."""
    with running() as api:
        organizations.scp_type_enabled_from_the_start(True)
        api.create_organization()
        yield api


def root_of(api: Any) -> str:
    return str(api.list_roots()["Roots"][0]["Id"])


def everyone(api: Any, operation: str, member: str, **asked: str) -> list[dict[str, Any]]:
    pages = api.get_paginator(operation).paginate(**asked)
    return [each for page in pages for each in page[member]]


def in_ou(api: Any, ou: str) -> int:
    return len(everyone(api, "list_accounts_for_parent", "Accounts", ParentId=ou))


def test_accounts_spread_evenly_over_the_ous(api: Any) -> None:
    seeded = seed(accounts=95, ous=10)
    assert Counter(in_ou(api, ou) for ou in seeded.ous) == {10: 5, 9: 5}
    assert in_ou(api, root_of(api)) == 1


def test_every_account_and_ou_is_listed(api: Any) -> None:
    seeded = seed(accounts=1_000, ous=50)
    accounts = everyone(api, "list_accounts", "Accounts")
    assert {account["Id"] for account in accounts} == {PAYER, *seeded.accounts}
    assert len({account["Email"] for account in accounts}) == 1_001
    units = everyone(api, "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=root_of(api))
    assert {unit["Id"] for unit in units} == set(seeded.ous)


def test_without_ous_the_accounts_are_at_the_root(api: Any) -> None:
    seed(accounts=3, ous=0)
    assert in_ou(api, root_of(api)) == 4


def test_a_parent_can_be_given(api: Any) -> None:
    root = root_of(api)
    parent = api.create_organizational_unit(ParentId=root, Name="University")["OrganizationalUnit"]["Id"]
    seeded = seed(accounts=4, ous=2, parent=parent)
    assert [api.list_parents(ChildId=ou)["Parents"][0]["Id"] for ou in seeded.ous] == [parent, parent]
    path = api.describe_account(AccountId=seeded.accounts[0])["Account"]["Paths"][0]
    assert path.split("/")[1:4] == [root, parent, seeded.ous[0]]


def test_every_ou_has_one_of_the_scps(api: Any) -> None:
    seeded = seed(accounts=0, ous=5, scps=2)
    own = []
    for ou in seeded.ous:
        attached = api.list_policies_for_target(TargetId=ou, Filter=SCP)["Policies"]
        own.append({policy["Id"] for policy in attached} - {"p-FullAWSAccess"})
    first, second = ({scp} for scp in seeded.scps)
    assert own == [first, second, first, second, first]


def test_full_access_is_attached_to_all_of_it(api: Any) -> None:
    seed(accounts=30, ous=3)
    targets = everyone(api, "list_targets_for_policy", "Targets", PolicyId="p-FullAWSAccess")
    assert Counter(target["Type"] for target in targets) == {"ACCOUNT": 31, "ORGANIZATIONAL_UNIT": 3, "ROOT": 1}


def test_seeding_again_adds_to_what_is_there(api: Any) -> None:
    first, second = seed(accounts=5, ous=2, scps=1), seed(accounts=5, ous=2, scps=1)
    assert len({*first.accounts, *second.accounts, *first.ous, *second.ous}) == 14
    units = everyone(api, "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=root_of(api))
    assert len({unit["Name"] for unit in units}) == 4
    policies = everyone(api, "list_policies", "Policies", Filter=SCP)
    assert len({policy["Name"] for policy in policies}) == 3


def test_what_was_seeded_can_be_changed_like_any_other(api: Any) -> None:
    seeded = seed(accounts=2, ous=2, scps=1)
    api.move_account(AccountId=seeded.accounts[0], SourceParentId=seeded.ous[0], DestinationParentId=seeded.ous[1])
    api.detach_policy(PolicyId=seeded.scps[0], TargetId=seeded.ous[0])
    api.tag_resource(ResourceId=seeded.accounts[0], Tags=[{"Key": "a", "Value": "b"}])
    api.delete_organizational_unit(OrganizationalUnitId=seeded.ous[0])
    assert in_ou(api, seeded.ous[1]) == 2
    assert api.list_tags_for_resource(ResourceId=seeded.accounts[1])["Tags"] == []


def test_seeded_accounts_are_no_burden_on_iam(api: Any) -> None:
    """moto looks at every IAM backend whenever anyone calls."""
    before = len(iam_backends)
    seed(accounts=1_000, ous=0)
    assert len(iam_backends) == before


def test_a_seeded_account_knows_its_organization(api: Any) -> None:
    member = seed(accounts=1, ous=0).accounts[0]
    with acting_as(member):
        assert api.describe_organization()["Organization"]["MasterAccountId"] == PAYER


@pytest.mark.parametrize(
    ("parent", "payer", "code"),
    [("ou-none-00000000", PAYER, "ParentNotFoundException"), ("", "210987654321", "AWSOrganizationsNotInUseException")],
)
def test_there_must_be_a_place_for_it(api: Any, parent: str, payer: str, code: str) -> None:
    with pytest.raises(Exception, match=code) as refused:
        seed(accounts=1, ous=1, parent=parent, payer=payer)
    assert not isinstance(refused.value, ClientError)
    assert len(everyone(api, "list_accounts", "Accounts")) == 1
