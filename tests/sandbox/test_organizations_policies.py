"""Policies and policy types in the sandbox against what AWS says of the real ones."""

from __future__ import annotations

import json

import pytest
from moto.core.utils import get_service_model

from organization import (
    FULL_ACCESS,
    GUARD,
    SCP,
    Api,
    Scene,
    attached_to,
    begun,
    new_scp,
    refusal,
    types,
)
from orgkit.sandbox import organizations
from orgkit.sandbox.seed import seed

VIOLATION = "ConstraintViolationException"


class TestPolicyTypes:
    def test_scps_are_not_enabled_at_first(self, api: Api) -> None:
        root = begun(api)
        assert types(api) == []
        assert attached_to(api, root) == {FULL_ACCESS}

    def test_scps_may_be_enabled_from_the_start(self, api: Api) -> None:
        organizations.scp_type_enabled_from_the_start(True)
        begun(api)
        assert types(api) == [(SCP, "ENABLED")]

    @pytest.mark.parametrize("reads", [0, 1, 3])
    def test_enabling_takes_as_many_reads_as_set(self, api: Api, reads: int) -> None:
        organizations.policy_type_pending_reads(reads)
        root = begun(api)
        answer = api.enable_policy_type(RootId=root, PolicyType=SCP)["Root"]["PolicyTypes"]
        assert answer == [{"Type": SCP, "Status": "PENDING_ENABLE" if reads else "ENABLED"}]
        seen = [types(api) for _ in range(reads + 1)]
        assert seen == [[(SCP, "PENDING_ENABLE")]] * reads + [[(SCP, "ENABLED")]]

    def test_one_read_is_pending_unless_set(self, api: Api) -> None:
        api.enable_policy_type(RootId=begun(api), PolicyType=SCP)
        assert [types(api), types(api)] == [[(SCP, "PENDING_ENABLE")], [(SCP, "ENABLED")]]

    def test_nothing_attaches_while_the_type_is_pending(self, api: Api) -> None:
        root = begun(api)
        guard = new_scp(api, "Guard")
        api.enable_policy_type(RootId=root, PolicyType=SCP)
        attach = lambda: api.attach_policy(PolicyId=guard, TargetId=root)  # noqa: E731  called twice
        assert refusal(attach)[0] == "PolicyTypeNotEnabledException"
        attach()
        assert attached_to(api, root) == {FULL_ACCESS, guard}

    def test_a_pending_type_is_neither_enabled_nor_disabled_again(self, api: Api) -> None:
        organizations.policy_type_pending_reads(2)
        root = begun(api)
        api.enable_policy_type(RootId=root, PolicyType=SCP)
        for change in (api.enable_policy_type, api.disable_policy_type):
            code, _ = refusal(lambda change=change: change(RootId=root, PolicyType=SCP))
            assert code == "PolicyChangesInProgressException"

    def test_a_type_that_was_never_enabled_takes_no_policy(self, api: Api) -> None:
        root = begun(api)
        guard = new_scp(api, "Guard")
        code, _ = refusal(lambda: api.attach_policy(PolicyId=guard, TargetId=root))
        assert code == "PolicyTypeNotEnabledException"

    def test_disabling_detaches_all_and_enabling_brings_back_full_access_only(self, scene: Scene) -> None:
        scene.api.disable_policy_type(RootId=scene.root, PolicyType=SCP)
        assert types(scene.api) == []
        assert attached_to(scene.api, scene.ou) == set()
        assert scene.api.list_targets_for_policy(PolicyId=scene.attached)["Targets"] == []
        scene.api.enable_policy_type(RootId=scene.root, PolicyType=SCP)
        for target in (scene.root, scene.ou, scene.full, scene.member):
            assert attached_to(scene.api, target) == {FULL_ACCESS}
        targets = scene.api.list_targets_for_policy(PolicyId=FULL_ACCESS)["Targets"]
        assert {scene.root, scene.ou, scene.full, scene.member} < {target["TargetId"] for target in targets}

    def test_disabling_is_pending_too(self, scene: Scene) -> None:
        organizations.policy_type_pending_reads(1)
        scene.api.disable_policy_type(RootId=scene.root, PolicyType=SCP)
        assert [types(scene.api), types(scene.api)] == [[(SCP, "PENDING_DISABLE")], []]


class TestPolicies:
    def test_an_scp_may_have_as_many_characters_as_the_quota(self, scene: Scene) -> None:
        content = GUARD.ljust(10_240)
        long = new_scp(scene.api, "Long", content)
        assert scene.api.describe_policy(PolicyId=long)["Policy"]["Content"] == content

    @pytest.mark.parametrize(
        "statement",
        [
            {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
            {"Sid": "A", "Effect": "Deny", "Action": ["s3:*"], "NotResource": "arn:aws:s3:::a", "Condition": {}},
        ],
    )
    def test_an_scp_may_use_the_whole_language(self, scene: Scene, statement: dict[str, object]) -> None:
        assert new_scp(scene.api, "Whole", json.dumps({"Statement": statement}))

    def test_there_are_ten_thousand_at_most(self, api: Api) -> None:
        begun(api)
        seed(accounts=0, ous=0, scps=9_998)
        new_scp(api, "Last")
        assert refusal(lambda: new_scp(api, "More")) == (VIOLATION, "POLICY_NUMBER_LIMIT_EXCEEDED")

    def test_names_differ_only_within_a_type(self, scene: Scene) -> None:
        made = scene.api.create_policy(Name="Guard", Description="", Type="TAG_POLICY", Content="{}")
        assert made["Policy"]["PolicySummary"]["Type"] == "TAG_POLICY"

    def test_every_type_of_the_model_can_be_written_and_listed(self, scene: Scene) -> None:
        for kind in get_service_model("organizations").shape_for("PolicyType").enum:
            content = GUARD if kind == SCP else "{}"
            made = scene.api.create_policy(Name="New", Description="", Type=kind, Content=content)
            policy = made["Policy"]["PolicySummary"]
            assert f"/{kind.lower()}/{policy['Id']}" in policy["Arn"]
            listed = scene.api.list_policies(Filter=kind)["Policies"]
            assert policy["Id"] in {each["Id"] for each in listed}

    def test_an_update_changes_what_it_names(self, scene: Scene) -> None:
        scene.api.update_policy(PolicyId=scene.guard, Name="Guard", Description="Mine")
        policy = scene.api.describe_policy(PolicyId=scene.guard)["Policy"]
        assert policy["PolicySummary"]["Description"] == "Mine"
        assert policy["Content"] == GUARD

    def test_a_detached_policy_can_be_deleted(self, scene: Scene) -> None:
        scene.api.detach_policy(PolicyId=scene.attached, TargetId=scene.ou)
        scene.api.delete_policy(PolicyId=scene.attached)
        code, _ = refusal(lambda: scene.api.describe_policy(PolicyId=scene.attached))
        assert code == "PolicyNotFoundException"

    def test_aws_owns_its_policies(self, scene: Scene) -> None:
        summary = scene.api.describe_policy(PolicyId=FULL_ACCESS)["Policy"]["PolicySummary"]
        assert summary["Arn"] == f"arn:aws:organizations::aws:policy/service_control_policy/{FULL_ACCESS}"
        assert summary["AwsManaged"] is True

    def test_full_access_can_be_replaced(self, scene: Scene) -> None:
        scene.api.detach_policy(PolicyId=FULL_ACCESS, TargetId=scene.ou)
        assert attached_to(scene.api, scene.ou) == {scene.attached}
