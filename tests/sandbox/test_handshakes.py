"""Invitations in the sandbox against what AWS's model and quotas say of the real ones: what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from invited import (
    DAY,
    ENDINGS,
    INVITED,
    OTHER,
    OTHER_PAYER,
    Api,
    accept,
    acting_as,
    an_organization,
    cancel,
    decline,
    expire,
    invite,
    join,
    join_and_be_removed,
    join_and_leave,
    listed,
    members,
    refusal,
    state,
)
from orgkit.sandbox import PAYER, clock, handshakes


class TestAnInvitation:
    def test_is_open_for_fifteen_days(self, payer: Api) -> None:
        sent = payer.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": INVITED})["Handshake"]
        assert (sent["State"], sent["Action"]) == ("OPEN", "INVITE")
        assert sent["ExpirationTimestamp"] - sent["RequestedTimestamp"] == 15 * DAY

    def test_names_both_parties_and_bears_the_notes(self, payer: Api) -> None:
        organization = payer.describe_organization()["Organization"]
        target = {"Type": "EMAIL", "Id": "cloud@example.edu"}
        sent = payer.invite_account_to_organization(Target=target, Notes="Come in.")["Handshake"]
        assert sent["Parties"] == [{"Id": organization["Id"], "Type": "ORGANIZATION"}, target]
        assert sent["Arn"] == f"arn:aws:organizations::{PAYER}:handshake/{organization['Id']}/invite/{sent['Id']}"
        sender, recipient, notes = sent["Resources"]
        assert sender["Value"] == organization["Id"]
        assert {"Type": "MASTER_EMAIL", "Value": organization["MasterAccountEmail"]} in sender["Resources"]
        assert recipient == {"Type": "EMAIL", "Value": "cloud@example.edu"}
        assert notes == {"Type": "NOTES", "Value": "Come in."}

    def test_is_shown_to_both_parties_alike(self, payer: Api, invited: Api, handshake: str) -> None:
        assert listed(payer) == listed(invited, "for_account") == {handshake}
        shown = [api.describe_handshake(HandshakeId=handshake)["Handshake"] for api in (payer, invited)]
        assert shown[0] == shown[1]

    def test_can_be_answered_until_its_last_second(self, handshake: str) -> None:
        clock.advance(15 * DAY - timedelta(minutes=1))
        assert state(handshake) == "OPEN"
        clock.advance(timedelta(minutes=1))
        assert state(handshake) == "EXPIRED"

    @pytest.mark.parametrize(("end", "ended"), ENDINGS)
    def test_ends(self, handshake: str, end: Callable[[str], None], ended: str) -> None:
        end(handshake)
        assert state(handshake) == ended

    @pytest.mark.parametrize(("end", "ended"), ENDINGS)
    def test_is_remembered_for_thirty_days_after_its_end(
        self, payer: Api, invited: Api, handshake: str, end: Callable[[str], None], ended: str
    ) -> None:
        clock.advance(DAY)
        end(handshake)
        clock.advance(28 * DAY)
        assert listed(payer) == listed(invited, "for_account") == {handshake}
        clock.advance(2 * DAY)
        assert listed(payer) == listed(invited, "for_account") == set()
        assert refusal(payer.describe_handshake, HandshakeId=handshake) == ("HandshakeNotFoundException", "")

    @pytest.mark.parametrize("end", [decline, cancel, expire, join_and_leave, join_and_be_removed])
    def test_can_be_sent_again_after_the_last_one_came_to_nothing(
        self, payer: Api, handshake: str, end: Callable[[str], None]
    ) -> None:
        end(handshake)
        accept(INVITED, invite(payer))
        assert members(payer) == {PAYER, INVITED}

    @pytest.mark.parametrize("end", [cancel, decline, join])
    @pytest.mark.parametrize(("before", "ended"), ENDINGS)
    def test_that_ended_does_not_end_otherwise(
        self, handshake: str, before: Callable[[str], None], ended: str, end: Callable[[str], None]
    ) -> None:
        before(handshake)
        again = "HandshakeAlreadyInStateException" if before is end else "InvalidHandshakeTransitionException"
        assert refusal(end, handshake) == (again, "")
        assert state(handshake) == ended

    def test_is_gone_with_its_organization(self, payer: Api, invited: Api, handshake: str) -> None:
        payer.delete_organization()
        payer.create_organization()
        assert listed(payer) == listed(invited, "for_account") == set()
        assert refusal(invited.accept_handshake, HandshakeId=handshake) == ("HandshakeNotFoundException", "")

    def test_stays_in_its_partition(self, handshake: str) -> None:
        chinese = acting_as(INVITED, region="cn-northwest-1")
        assert listed(chinese, "for_account") == set()


class TestAccepting:
    def test_puts_the_account_at_the_root(self, payer: Api, invited: Api, handshake: str) -> None:
        root = payer.list_roots()["Roots"][0]["Id"]
        answer = invited.accept_handshake(HandshakeId=handshake)["Handshake"]
        account = payer.describe_account(AccountId=INVITED)["Account"]
        assert (answer["Id"], answer["State"]) == (handshake, "ACCEPTED")
        assert (account["JoinedMethod"], account["State"]) == ("INVITED", "ACTIVE")
        assert payer.list_parents(ChildId=INVITED)["Parents"] == [{"Id": root, "Type": "ROOT"}]
        assert invited.describe_organization()["Organization"]["MasterAccountId"] == PAYER

    def test_attaches_full_access(self, payer: Api, handshake: str) -> None:
        accept(INVITED, handshake)
        attached = payer.list_policies_for_target(TargetId=INVITED, Filter="SERVICE_CONTROL_POLICY")["Policies"]
        assert [policy["Id"] for policy in attached] == ["p-FullAWSAccess"]
        targets = payer.list_targets_for_policy(PolicyId="p-FullAWSAccess")["Targets"]
        assert INVITED in {target["TargetId"] for target in targets}

    def test_brings_the_tags_of_the_invitation(self, payer: Api) -> None:
        tags = [{"Key": "department", "Value": "Physics"}]
        accept(INVITED, invite(payer, Tags=tags))
        assert payer.list_tags_for_resource(ResourceId=INVITED)["Tags"] == tags

    def test_makes_no_access_role(self, handshake: str) -> None:
        accept(INVITED, handshake)
        assert acting_as(INVITED, "iam").list_roles()["Roles"] == []

    def test_tells_the_time_of_the_sandbox(self, payer: Api, handshake: str) -> None:
        sent = payer.describe_handshake(HandshakeId=handshake)["Handshake"]["RequestedTimestamp"]
        clock.advance(7 * DAY)
        accept(INVITED, handshake)
        joined = payer.describe_account(AccountId=INVITED)["Account"]["JoinedTimestamp"]
        assert (joined - sent).days == 7

    def test_works_by_email_for_the_account_of_that_owner(self, payer: Api) -> None:
        handshakes.standalone_account(INVITED, "Cloud@example.edu")
        accept(INVITED, invite(payer, "cloud@example.EDU"))
        assert payer.describe_account(AccountId=INVITED)["Account"]["Email"] == "cloud@example.EDU"

    def test_shows_the_owners_address_when_the_account_was_invited_by_id(self, payer: Api) -> None:
        handshakes.standalone_account(INVITED, "cloud@example.edu")
        accept(INVITED, invite(payer))
        assert payer.describe_account(AccountId=INVITED)["Account"]["Email"] == "cloud@example.edu"

    def test_is_for_one_of_two_invitations(self, payer: Api, invited: Api, handshake: str) -> None:
        handshakes.standalone_account(INVITED, "cloud@example.edu")
        second = invite(payer, "cloud@example.edu")
        accept(INVITED, handshake)
        already = ("HandshakeConstraintViolationException", "ALREADY_IN_AN_ORGANIZATION")
        assert refusal(invited.accept_handshake, HandshakeId=second) == already

    def test_moves_a_member_of_another_organization(self, payer: Api) -> None:
        other = acting_as(OTHER_PAYER)
        other.create_organization()
        accept(INVITED, invite(other))
        accept(INVITED, invite(payer))
        assert (members(other), members(payer)) == ({OTHER_PAYER}, {PAYER, INVITED})

    def test_is_not_for_the_management_account_of_another_organization(self, payer: Api) -> None:
        other = acting_as(OTHER_PAYER)
        other.create_organization()
        sent = invite(payer, OTHER_PAYER)
        assert refusal(other.accept_handshake, HandshakeId=sent) == ("MasterCannotLeaveOrganizationException", "")
        assert state(sent) == "OPEN"


class TestLeaving:
    @pytest.mark.parametrize("leave", [join_and_leave, join_and_be_removed])
    def test_takes_the_account_out_and_its_policies_and_tags_with_it(
        self, payer: Api, invited: Api, leave: Callable[[str], None]
    ) -> None:
        leave(invite(payer, Tags=[{"Key": "department", "Value": "Physics"}]))
        targets = payer.list_targets_for_policy(PolicyId="p-FullAWSAccess")["Targets"]
        assert members(payer) == {PAYER}
        assert INVITED not in {target["TargetId"] for target in targets}
        assert refusal(invited.describe_organization) == ("AWSOrganizationsNotInUseException", "")
        accept(INVITED, invite(payer))
        assert payer.list_tags_for_resource(ResourceId=INVITED)["Tags"] == []

    def test_is_not_for_the_management_account(self, payer: Api) -> None:
        never = ("MasterCannotLeaveOrganizationException", "")
        assert refusal(payer.leave_organization) == never
        assert refusal(payer.remove_account_from_organization, AccountId=PAYER) == never

    def test_needs_a_membership(self, payer: Api, invited: Api) -> None:
        assert refusal(invited.leave_organization) == ("AWSOrganizationsNotInUseException", "")
        remove = payer.remove_account_from_organization
        assert refusal(remove, AccountId=INVITED) == ("AccountNotFoundException", "")
        assert refusal(remove, AccountId="everybody") == ("InvalidInputException", "INVALID_PATTERN")

    def test_waits_until_a_created_account_is_four_days_old(self, payer: Api) -> None:
        created = payer.create_account(AccountName="New", Email="new@example.edu")["CreateAccountStatus"]["AccountId"]
        remove = payer.remove_account_from_organization
        too_young = ("ConstraintViolationException", "WAIT_PERIOD_ACTIVE")
        clock.advance(3 * DAY)
        assert refusal(remove, AccountId=created) == too_young
        assert refusal(acting_as(created).leave_organization) == too_young
        clock.advance(DAY)
        remove(AccountId=created)
        assert members(payer) == {PAYER}

    def test_waits_until_the_account_administers_nothing(self, payer: Api, invited: Api, handshake: str) -> None:
        accept(INVITED, handshake)
        service = "guardduty.amazonaws.com"
        payer.enable_aws_service_access(ServicePrincipal=service)
        payer.register_delegated_administrator(AccountId=INVITED, ServicePrincipal=service)
        busy = ("ConstraintViolationException", "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG")
        assert refusal(invited.leave_organization) == busy
        payer.deregister_delegated_administrator(AccountId=INVITED, ServicePrincipal=service)
        invited.leave_organization()


class TestAReset:
    def test_leaves_nothing_of_the_last_sandbox(self) -> None:
        with an_organization() as payer:
            handshakes.quota(accounts=2, invitations_a_day=1)
            handshakes.refuse(OTHER, "PAST_DUE_INVOICE")
            handshakes.standalone_account(INVITED, "cloud@example.edu")
            accept(INVITED, invite(payer))
            handshakes.owner_verified(False)
            clock.advance(400 * DAY)
        with an_organization() as payer:
            assert listed(payer) == set()
            invite(payer, OTHER)
            sent = invite(payer, "cloud@example.edu")
            assert refusal(acting_as(INVITED).accept_handshake, HandshakeId=sent) == ("AccessDeniedException", "")
            accept(INVITED, invite(payer))
            joined = payer.describe_account(AccountId=INVITED)["Account"]["JoinedTimestamp"]
            assert abs(joined - datetime.now(UTC)) < DAY


class TestTheClock:
    def test_does_not_go_back(self, payer: Api) -> None:
        with pytest.raises(ValueError, match="back"):
            clock.advance(-DAY)

    def test_adds_what_it_was_advanced(self, payer: Api) -> None:
        before = clock.now()
        clock.advance(DAY)
        clock.advance(DAY)
        assert timedelta(days=2) <= clock.now() - before < timedelta(days=2, minutes=1)
