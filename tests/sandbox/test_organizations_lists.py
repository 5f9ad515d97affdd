"""How the sandbox's lists come: in pages of twenty, by tokens, and late if wanted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from moto.organizations.models import organizations_backends

from organization import (
    FULL_ACCESS,
    SCP,
    STRANGER,
    Api,
    Scene,
    attached_to,
    begun,
    new_ou,
    new_scp,
    refusal,
    running,
    walked,
)
from orgkit.sandbox import PAYER, organizations
from orgkit.sandbox.seed import seed

INVALID = "InvalidInputException"


@pytest.fixture(scope="class")
def many() -> Iterator[tuple[Api, str]]:
    """41 and more of everything, all born at one moment as under a frozen clock."""
    with running() as api:
        organizations.scp_type_enabled_from_the_start(True)
        root = begun(api)
        seed(accounts=41, ous=0)
        backend = organizations_backends[PAYER]["aws"]
        for policy in seed(accounts=0, ous=41, scps=41).scps:
            # past the quota, through moto's model, to have more than a page
            backend.attach_policy(PolicyId=policy, TargetId=root)
        for _ in range(41):
            organizations.add_responsibility_transfer("inbound", STRANGER)
        yield api, root


LISTS: list[tuple[str, str, str, dict[str, str]]] = [
    ("list_accounts", "Accounts", "Id", {}),
    ("list_accounts_for_parent", "Accounts", "Id", {"ParentId": "root"}),
    ("list_children", "Children", "Id", {"ParentId": "root", "ChildType": "ACCOUNT"}),
    ("list_children", "Children", "Id", {"ParentId": "root", "ChildType": "ORGANIZATIONAL_UNIT"}),
    ("list_organizational_units_for_parent", "OrganizationalUnits", "Id", {"ParentId": "root"}),
    ("list_policies", "Policies", "Id", {"Filter": SCP}),
    ("list_policies_for_target", "Policies", "Id", {"TargetId": "root", "Filter": SCP}),
    ("list_targets_for_policy", "Targets", "TargetId", {"PolicyId": FULL_ACCESS}),
    ("list_create_account_status", "CreateAccountStatuses", "Id", {}),
    ("list_inbound_responsibility_transfers", "ResponsibilityTransfers", "Id", {"Type": "BILLING"}),
]


class TestPages:
    @pytest.mark.parametrize(("operation", "member", "key", "asked"), LISTS)
    @pytest.mark.parametrize(("wanted", "size"), [(None, 20), (7, 7), (1_000, 20)])
    def test_a_page_holds_twenty_at_most(
        self, many: tuple[Api, str], operation: str, member: str, key: str, asked: Any, wanted: int | None, size: int
    ) -> None:
        limit = {"MaxResults": wanted} if wanted else {}
        asked = {name: many[1] if value == "root" else value for name, value in asked.items()}
        pages = walked(many[0], operation, member, **asked, **limit)
        assert {len(page) for page in pages[:-1]} == {size}
        everyone = [each[key] for page in pages for each in page]
        assert len(everyone) == len(set(everyone)) >= 41

    def test_a_full_page_may_be_the_last(self, many: tuple[Api, str]) -> None:
        asked = {"Type": "BILLING", "MaxResults": 1}
        first = many[0].list_inbound_responsibility_transfers(**asked)["ResponsibilityTransfers"]
        answer = many[0].list_inbound_responsibility_transfers(**asked, Id=first[0]["Id"])
        assert answer["ResponsibilityTransfers"] == first
        assert "NextToken" not in answer

    def test_a_token_is_good_for_its_own_list_only(self, many: tuple[Api, str]) -> None:
        token = many[0].list_accounts()["NextToken"]
        asked = {"ParentId": many[1], "NextToken": token}
        call = lambda: many[0].list_accounts_for_parent(**asked)  # noqa: E731  read as a sentence below
        assert refusal(call) == (INVALID, "INVALID_NEXT_TOKEN")


def test_who_moves_what_is_listed_meets_everyone_once(api: Api) -> None:
    root = begun(api)
    ou, members = new_ou(api, root, "Research"), seed(accounts=45, ous=0).accounts
    moved = []
    for page in api.get_paginator("list_accounts_for_parent").paginate(ParentId=root):
        for account in page["Accounts"]:
            if account["Id"] != PAYER:
                moved.append(account["Id"])
                api.move_account(AccountId=account["Id"], SourceParentId=root, DestinationParentId=ou)
    assert sorted(moved) == sorted(members)


class TestLag:
    def lists(self, scene: Scene, ou: str, guard: str) -> list[bool]:
        """Which lists show the OU, the policy and the attachment by now."""
        api = scene.api
        units = api.list_organizational_units_for_parent(ParentId=scene.root)["OrganizationalUnits"]
        policies = walked(api, "list_policies", "Policies", Filter=SCP)
        return [
            ou in {unit["Id"] for unit in units},
            guard in {policy["Id"] for page in policies for policy in page},
            guard in attached_to(api, scene.root),
        ]

    def test_a_new_thing_is_listed_some_reads_later(self, scene: Scene) -> None:
        organizations.lag(2)
        ou, guard = new_ou(scene.api, scene.root, "Late"), new_scp(scene.api, "Late")
        scene.api.attach_policy(PolicyId=guard, TargetId=scene.root)
        seen = [self.lists(scene, ou, guard) for _ in range(3)]
        assert seen == [[False] * 3, [False] * 3, [True] * 3]

    def test_nothing_else_lags(self, scene: Scene) -> None:
        organizations.lag(2)
        new_ou(scene.api, scene.root, "Late")
        asked = {"ParentId": scene.root, "ChildType": "ORGANIZATIONAL_UNIT"}
        children = scene.api.list_children(**asked)["Children"]
        assert {child["Id"] for child in children} == {scene.ou, scene.full}

    def test_what_is_not_listed_yet_is_there_all_the_same(self, scene: Scene) -> None:
        organizations.lag(9)
        ou = new_ou(scene.api, scene.root, "Late")
        code, _ = refusal(lambda: new_ou(scene.api, scene.root, "Late"))
        assert code == "DuplicateOrganizationalUnitException"
        described = scene.api.describe_organizational_unit(OrganizationalUnitId=ou)
        assert described["OrganizationalUnit"]["Name"] == "Late"

    def test_children_and_targets_lag_too(self, scene: Scene) -> None:
        organizations.lag(1)
        new_ou(scene.api, scene.full, "Late")
        asked = {"ParentId": scene.full, "ChildType": "ORGANIZATIONAL_UNIT"}
        assert [len(scene.api.list_children(**asked)["Children"]) for _ in range(2)] == [0, 1]
        scene.api.attach_policy(PolicyId=scene.guard, TargetId=scene.ou)
        targets = [scene.api.list_targets_for_policy(PolicyId=scene.guard)["Targets"] for _ in range(2)]
        assert [len(each) for each in targets] == [0, 1]

    def test_without_lag_all_is_listed_at_once(self, scene: Scene) -> None:
        ou, guard = new_ou(scene.api, scene.root, "Soon"), new_scp(scene.api, "Soon")
        scene.api.attach_policy(PolicyId=guard, TargetId=scene.root)
        assert self.lists(scene, ou, guard) == [True] * 3
