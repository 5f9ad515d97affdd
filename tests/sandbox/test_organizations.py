"""The sandbox's Organizations against what AWS's model, quotas and documentation say of the real one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from moto.organizations.models import organizations_backends

from organization import (
    FULL_ACCESS,
    GUARD,
    SCP,
    STRANGER,
    Api,
    Scene,
    acting_as,
    begun,
    everything,
    new_account,
    new_ou,
    new_scp,
    refusal,
    running,
    tagged,
    types,
    walked,
)
from orgkit import sandbox
from orgkit.sandbox import PAYER, clock, organizations
from orgkit.sandbox.seed import seed

VIOLATION = "ConstraintViolationException"


MANAGEMENT_ONLY: list[Callable[[Api], object]] = [
    lambda api: api.list_roots(),
    lambda api: api.list_accounts(),
    lambda api: api.list_policies(Filter=SCP),
    lambda api: api.describe_account(AccountId=PAYER),
    lambda api: api.list_children(ParentId="r-none", ChildType="ACCOUNT"),
    lambda api: api.create_organizational_unit(ParentId="r-none", Name="New"),
    lambda api: api.create_policy(Name="New", Description="", Type=SCP, Content=GUARD),
    lambda api: api.attach_policy(PolicyId=FULL_ACCESS, TargetId="r-none"),
    lambda api: api.enable_policy_type(RootId="r-none", PolicyType=SCP),
    lambda api: api.create_account(AccountName="Lab", Email="lab@example.com"),
    lambda api: api.delete_organization(),
    lambda api: api.list_tags_for_resource(ResourceId="r-none"),
    lambda api: api.list_inbound_responsibility_transfers(Type="BILLING"),
    lambda api: api.list_aws_service_access_for_organization(),
    lambda api: api.describe_resource_policy(),
]


class TestStanding:
    @pytest.mark.parametrize("call", MANAGEMENT_ONLY)
    def test_outside_an_organization_there_is_none_in_use(self, api: Api, call: Callable[[Api], object]) -> None:
        assert refusal(lambda: call(api)) == ("AWSOrganizationsNotInUseException", "")

    @pytest.mark.parametrize("call", MANAGEMENT_ONLY)
    def test_a_member_is_denied_what_is_the_payers(self, api: Api, call: Callable[[Api], object]) -> None:
        begun(api)
        member = new_account(api, "member@example.com")
        with acting_as(member):
            assert refusal(lambda: call(api)) == ("AccessDeniedException", "")

    def test_a_stranger_has_no_organization(self, scene: Scene) -> None:
        with acting_as(STRANGER):
            assert refusal(scene.api.describe_organization)[0] == "AWSOrganizationsNotInUseException"

    def test_a_member_may_describe_its_organization_and_not_begin_another(self, scene: Scene) -> None:
        with acting_as(scene.member):
            assert scene.api.describe_organization()["Organization"]["MasterAccountId"] == PAYER
            assert refusal(scene.api.create_organization)[0] == "AlreadyInOrganizationException"


class TestWholeOrganization:
    def test_the_payer_has_its_own_name_and_address(self, api: Api) -> None:
        begun(api)
        payer = api.describe_account(AccountId=PAYER)["Account"]
        assert (payer["Name"], payer["JoinedMethod"]) == ("Payer", "INVITED")
        assert payer["Email"] == api.describe_organization()["Organization"]["MasterAccountEmail"]

    def test_it_can_be_deleted_and_begun_anew(self, api: Api) -> None:
        first = begun(api)
        new_ou(api, first, "Research")
        api.delete_organization()
        assert refusal(api.describe_organization)[0] == "AWSOrganizationsNotInUseException"
        second = begun(api)
        assert second != first
        assert api.list_organizational_units_for_parent(ParentId=second)["OrganizationalUnits"] == []

    def test_it_cannot_be_deleted_during_a_billing_transfer(self, api: Api) -> None:
        begun(api)
        organizations.add_responsibility_transfer("inbound", STRANGER)
        assert refusal(api.delete_organization) == (VIOLATION, "ACTIVE_RESPONSIBILITY_TRANSFER_PROCESS")

    def test_with_consolidated_billing_there_are_no_policies(self, api: Api) -> None:
        organizations.scp_type_enabled_from_the_start(True)
        root = begun(api, "CONSOLIDATED_BILLING")
        assert api.describe_organization()["Organization"]["FeatureSet"] == "CONSOLIDATED_BILLING"
        assert types(api) == []
        unavailable = ("PolicyTypeNotAvailableForOrganizationException", "")
        assert refusal(lambda: api.enable_policy_type(RootId=root, PolicyType=SCP)) == unavailable
        assert refusal(lambda: new_scp(api, "Guard")) == unavailable

    def test_nothing_survives_a_reset(self) -> None:
        with running() as api:
            begun(api)
            member = new_account(api, "member@example.com")
            organizations.lag(5)
        assert not organizations_backends
        with running() as api:
            with acting_as(member):
                api.create_organization()
            root = begun(api)
            new_ou(api, root, "Research")
            assert len(api.list_children(ParentId=root, ChildType="ORGANIZATIONAL_UNIT")["Children"]) == 1

    def test_installing_again_changes_nothing(self, scene: Scene) -> None:
        from moto.organizations.responses import OrganizationsResponse

        before = OrganizationsResponse.list_roots
        sandbox.install()
        assert OrganizationsResponse.list_roots is before


class TestUnits:
    def test_namesakes_may_have_different_parents(self, scene: Scene) -> None:
        assert new_ou(scene.api, scene.full, "Research") != scene.ou

    def test_an_ou_may_keep_its_name_or_take_one_used_elsewhere(self, scene: Scene) -> None:
        for name in ("Two", "Full"):
            renamed = scene.api.update_organizational_unit(OrganizationalUnitId=scene.nested, Name=name)
            assert renamed["OrganizationalUnit"]["Name"] == name

    def test_an_update_without_a_name_changes_nothing(self, scene: Scene) -> None:
        kept = scene.api.update_organizational_unit(OrganizationalUnitId=scene.ou)
        assert kept["OrganizationalUnit"]["Name"] == "Research"

    def test_ous_and_accounts_show_where_they_are(self, scene: Scene) -> None:
        organization = scene.api.describe_organization()["Organization"]["Id"]
        path = f"{organization}/{scene.root}/{scene.ou}/{scene.nested}/"
        described = scene.api.describe_organizational_unit(OrganizationalUnitId=scene.nested)
        assert described["OrganizationalUnit"]["Path"] == path
        scene.api.move_account(AccountId=scene.member, SourceParentId=scene.root, DestinationParentId=scene.nested)
        assert scene.api.describe_account(AccountId=scene.member)["Account"]["Paths"] == [f"{path}{scene.member}/"]

    def test_a_deleted_ou_is_gone(self, scene: Scene) -> None:
        scene.api.delete_organizational_unit(OrganizationalUnitId=scene.nested)
        asked = {"ParentId": scene.ou, "ChildType": "ORGANIZATIONAL_UNIT"}
        assert scene.api.list_children(**asked)["Children"] == []

    def test_there_are_two_thousand_at_most(self, api: Api) -> None:
        root = begun(api)
        seed(accounts=0, ous=1_999)
        new_ou(api, root, "Last")
        assert refusal(lambda: new_ou(api, root, "More")) == (VIOLATION, "OU_NUMBER_LIMIT_EXCEEDED")

    def test_a_deleted_ou_leaves_no_attachment(self, scene: Scene) -> None:
        scene.api.delete_organizational_unit(OrganizationalUnitId=scene.full)
        targets = scene.api.get_paginator("list_targets_for_policy").paginate(PolicyId=FULL_ACCESS)
        assert scene.full not in {target["TargetId"] for page in targets for target in page["Targets"]}

    def test_an_ou_with_an_account_is_not_empty(self, scene: Scene) -> None:
        scene.api.move_account(AccountId=scene.member, SourceParentId=scene.root, DestinationParentId=scene.nested)
        code, _ = refusal(lambda: scene.api.delete_organizational_unit(OrganizationalUnitId=scene.nested))
        assert code == "OrganizationalUnitNotEmptyException"


def failures(api: Any) -> list[str]:
    """Why accounts could not be made."""
    listed = api.list_create_account_status(States=["FAILED"])["CreateAccountStatuses"]
    return [each["FailureReason"] for each in listed]


class TestAccounts:
    def test_an_account_has_its_state(self, scene: Scene) -> None:
        assert scene.api.describe_account(AccountId=scene.member)["Account"]["State"] == "ACTIVE"
        scene.api.close_account(AccountId=scene.member)
        assert scene.api.describe_account(AccountId=scene.member)["Account"]["State"] == "SUSPENDED"

    @pytest.mark.parametrize("email", ["member@example.com", "Member@Example.com", "payer+123456789012@example.com"])
    def test_a_taken_address_makes_no_account(self, scene: Scene, email: str) -> None:
        before = everything()
        answer = scene.api.create_account(AccountName="Lab", Email=email)["CreateAccountStatus"]
        status = scene.api.describe_create_account_status(CreateAccountRequestId=answer["Id"])
        assert status["CreateAccountStatus"]["State"] == "FAILED"
        assert status["CreateAccountStatus"]["FailureReason"] == "EMAIL_ALREADY_EXISTS"
        assert everything() == before

    def test_capitals_do_not_make_another_address(self, scene: Scene) -> None:
        scene.api.create_account(AccountName="Lab", Email="Lab@Example.com")
        scene.api.create_account(AccountName="Lab", Email="lab@example.com")
        assert failures(scene.api) == ["EMAIL_ALREADY_EXISTS"]

    def test_addresses_are_unique_across_organizations(self, scene: Scene) -> None:
        with acting_as(STRANGER):
            scene.api.create_organization()
            answer = scene.api.create_account(AccountName="Lab", Email="member@example.com")
            assert answer["CreateAccountStatus"]["State"] == "IN_PROGRESS"
            assert failures(scene.api) == ["EMAIL_ALREADY_EXISTS"]

    @pytest.mark.parametrize(("states", "count"), [([], 2), (["SUCCEEDED"], 1), (["FAILED"], 1), (["IN_PROGRESS"], 0)])
    def test_creations_are_listed_by_state(self, scene: Scene, states: list[str], count: int) -> None:
        scene.api.create_account(AccountName="Lab", Email="member@example.com")
        asked = {"States": states} if states else {}
        assert len(scene.api.list_create_account_status(**asked)["CreateAccountStatuses"]) == count

    def test_a_moved_account_is_at_its_destination_alone(self, scene: Scene) -> None:
        scene.api.move_account(AccountId=scene.member, SourceParentId=scene.root, DestinationParentId=scene.ou)
        here = scene.api.list_accounts_for_parent(ParentId=scene.ou)["Accounts"]
        assert [account["Id"] for account in here] == [scene.member]
        parents = scene.api.list_parents(ChildId=scene.member)["Parents"]
        assert parents == [{"Id": scene.ou, "Type": "ORGANIZATIONAL_UNIT"}]


class TestTags:
    def test_tags_come_go_and_are_listed_in_pages(self, scene: Scene) -> None:
        for resource in (scene.root, scene.ou, scene.member, scene.guard):
            scene.api.tag_resource(ResourceId=resource, Tags=tagged(50))
            assert len(walked(scene.api, "list_tags_for_resource", "Tags", ResourceId=resource)) == 3
            scene.api.untag_resource(ResourceId=resource, TagKeys=[tag["Key"] for tag in tagged(49)])
            assert scene.api.list_tags_for_resource(ResourceId=resource)["Tags"] == tagged(50)[49:]

    def test_fifty_tags_can_be_given_new_values_and_no_fellow(self, scene: Scene) -> None:
        scene.api.tag_resource(ResourceId=scene.ou, Tags=tagged(50))
        scene.api.tag_resource(ResourceId=scene.ou, Tags=[{"Key": "key 0", "Value": "é :/=+-@_."}])
        one_more = [{"Key": "one more", "Value": ""}]
        assert refusal(lambda: scene.api.tag_resource(ResourceId=scene.ou, Tags=one_more)) == (
            VIOLATION,
            "MAX_TAG_LIMIT_EXCEEDED",
        )


class TestDelegation:
    def test_the_resource_policy_is_kept_under_one_id(self, scene: Scene) -> None:
        first = scene.api.put_resource_policy(Content="{}", Tags=tagged(1))["ResourcePolicy"]
        scene.api.put_resource_policy(Content='{"Version":"2012-10-17"}')
        second = scene.api.describe_resource_policy()["ResourcePolicy"]
        assert second["ResourcePolicySummary"] == first["ResourcePolicySummary"]
        assert second["Content"] == '{"Version":"2012-10-17"}'
        resource = first["ResourcePolicySummary"]["Id"]
        assert scene.api.list_tags_for_resource(ResourceId=resource)["Tags"] == tagged(1)

    def test_a_deleted_resource_policy_is_gone(self, scene: Scene) -> None:
        scene.api.put_resource_policy(Content="{}")
        scene.api.delete_resource_policy()
        assert refusal(scene.api.describe_resource_policy)[0] == "ResourcePolicyNotFoundException"

    def test_an_administrator_needs_trusted_access_and_is_never_the_payer(self, scene: Scene) -> None:
        api, service = scene.api, "config.amazonaws.com"
        register = partial(api.register_delegated_administrator, ServicePrincipal=service)
        assert refusal(partial(register, AccountId=scene.member))[1] == "SERVICE_ACCESS_NOT_ENABLED"
        api.enable_aws_service_access(ServicePrincipal=service)
        api.enable_aws_service_access(ServicePrincipal=service)
        master = "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR"
        assert refusal(partial(register, AccountId=PAYER))[1] == master
        register(AccountId=scene.member)
        assert refusal(partial(register, AccountId=scene.member))[0] == "AccountAlreadyRegisteredException"
        odd = partial(api.enable_aws_service_access, ServicePrincipal="odd.amazonaws.com")
        assert refusal(odd) == ("InvalidInputException", "UNRECOGNIZED_SERVICE_PRINCIPAL")

    def test_services_and_administrators_come_and_go(self, scene: Scene) -> None:
        api, service = scene.api, "guardduty.amazonaws.com"
        api.enable_aws_service_access(ServicePrincipal=service)
        enabled = api.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
        assert [each["ServicePrincipal"] for each in enabled] == [service]
        api.register_delegated_administrator(AccountId=scene.member, ServicePrincipal=service)
        administrators = api.list_delegated_administrators(ServicePrincipal=service)
        assert [each["Id"] for each in administrators["DelegatedAdministrators"]] == [scene.member]
        delegated = api.list_delegated_services_for_account(AccountId=scene.member)["DelegatedServices"]
        assert [each["ServicePrincipal"] for each in delegated] == [service]
        api.deregister_delegated_administrator(AccountId=scene.member, ServicePrincipal=service)
        api.disable_aws_service_access(ServicePrincipal=service)
        assert api.list_delegated_administrators()["DelegatedAdministrators"] == []
        assert api.list_aws_service_access_for_organization()["EnabledServicePrincipals"] == []


class TestTransfers:
    def test_there_are_none_unless_added(self, scene: Scene) -> None:
        for asked in (
            scene.api.list_inbound_responsibility_transfers,
            scene.api.list_outbound_responsibility_transfers,
        ):
            assert asked(Type="BILLING")["ResponsibilityTransfers"] == []

    @pytest.mark.parametrize(("direction", "payee"), [("inbound", PAYER), ("outbound", STRANGER)])
    def test_who_manages_the_bill_is_the_target(self, scene: Scene, direction: Any, payee: str) -> None:
        added = organizations.add_responsibility_transfer(direction, STRANGER, status="REQUESTED")
        transfer = scene.api.describe_responsibility_transfer(Id=added)["ResponsibilityTransfer"]
        ends = {transfer[end]["ManagementAccountId"] for end in ("Source", "Target")}
        assert (transfer["Target"]["ManagementAccountId"], ends) == (payee, {PAYER, STRANGER})
        assert f"/billing/{direction}/{added}" in transfer["Arn"]
        assert (transfer["Status"], transfer["StartTimestamp"].day) == ("REQUESTED", 1)
        listed = getattr(scene.api, f"list_{direction}_responsibility_transfers")(Type="BILLING")
        assert listed["ResponsibilityTransfers"] == [transfer]


def test_times_are_those_of_the_sandboxs_clock(scene: Scene) -> None:
    clock.advance(timedelta(days=400))
    later = datetime.now(UTC) + timedelta(days=399)
    organizations.add_responsibility_transfer("inbound", STRANGER)
    transfers = scene.api.list_inbound_responsibility_transfers(Type="BILLING")["ResponsibilityTransfers"]
    assert transfers[0]["StartTimestamp"] > later - timedelta(days=32)
    failed = scene.api.create_account(AccountName="Lab", Email="member@example.com")["CreateAccountStatus"]
    assert failed["RequestedTimestamp"] > later
