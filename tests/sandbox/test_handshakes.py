"""Invitations in the sandbox against what AWS's model and quotas say of the real ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core.utils import get_service_model

from orgkit.sandbox import PAYER, clock, handshakes, identity, organizations

INVITED = "210987654321"
OTHER = "321098765432"
OTHER_PAYER = "432109876543"
NOBODY = "h-0000000000"
DAY = timedelta(days=1)
MODEL: Any = get_service_model("organizations")

Api = Any


@cache
def session() -> boto3.Session:
    return boto3.Session()  # it reads each service's model once


@cache
def acting_as(account: str, service: str = "organizations", region: str = "us-east-1") -> Api:
    identity.install()
    organizations.install()
    handshakes.install()
    return session().client(service, region_name=region, aws_access_key_id=account, aws_secret_access_key="any")


@contextmanager
def an_organization() -> Iterator[Api]:
    payer = acting_as(PAYER)
    with mock_aws():
        payer.create_organization()
        yield payer


@pytest.fixture
def payer() -> Iterator[Api]:
    """The management account of an organization without members."""
    with an_organization() as api:
        yield api


@pytest.fixture
def invited() -> Api:
    """An account outside the organization."""
    return acting_as(INVITED)


@pytest.fixture
def handshake(payer: Api) -> str:
    """An open invitation of that account."""
    return invite(payer)


def invite(api: Api, target: str = INVITED, **more: Any) -> str:
    kind = "EMAIL" if "@" in target else "ACCOUNT"
    sent = api.invite_account_to_organization(Target={"Type": kind, "Id": target}, **more)
    return str(sent["Handshake"]["Id"])


def refusal(call: Callable[..., object], *positional: Any, **arguments: Any) -> tuple[str, str]:
    """The error's code and reason. Fails if the service model does not have them for this operation."""
    with pytest.raises(ClientError) as caught:
        call(*positional, **arguments)
    error = caught.value
    modelled = {shape.name: shape for shape in MODEL.operation_model(error.operation_name).error_shapes}
    code, reason = error.response["Error"]["Code"], error.response.get("Reason", "")
    assert not reason or reason in modelled[code].members["Reason"].enum
    return code, reason


def state(handshake: str) -> str:
    return str(acting_as(PAYER).describe_handshake(HandshakeId=handshake)["Handshake"]["State"])


def listed(api: Api, whose: str = "for_organization", **arguments: Any) -> set[str]:
    pages = api.get_paginator(f"list_handshakes_{whose}").paginate(**arguments)
    return {each["Id"] for page in pages for each in page["Handshakes"]}


def members(api: Api) -> set[str]:
    pages = api.get_paginator("list_accounts").paginate()
    return {account["Id"] for page in pages for account in page["Accounts"]}


def invite_and_cancel(api: Api) -> str:
    sent = invite(api)
    cancel(sent)
    return sent


def accept(account: str, handshake: str) -> None:
    acting_as(account).accept_handshake(HandshakeId=handshake)


def decline(handshake: str) -> None:
    acting_as(INVITED).decline_handshake(HandshakeId=handshake)


def cancel(handshake: str) -> None:
    acting_as(PAYER).cancel_handshake(HandshakeId=handshake)


def expire(_: str) -> None:
    clock.advance(15 * DAY)


def join(handshake: str) -> None:
    accept(INVITED, handshake)


def join_and_leave(handshake: str) -> None:
    accept(INVITED, handshake)
    acting_as(INVITED).leave_organization()


def join_and_be_removed(handshake: str) -> None:
    accept(INVITED, handshake)
    acting_as(PAYER).remove_account_from_organization(AccountId=INVITED)


ENDINGS = [
    pytest.param(join, "ACCEPTED", id="accepted"),
    pytest.param(decline, "DECLINED", id="declined"),
    pytest.param(cancel, "CANCELED", id="cancelled"),
    pytest.param(expire, "EXPIRED", id="expired"),
]


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


class TestInviting:
    @pytest.mark.parametrize("target", [PAYER, INVITED, "Cloud@example.edu"])
    def test_a_member_or_the_payer_is_refused(self, payer: Api, target: str) -> None:
        handshakes.standalone_account(INVITED, "cloud@example.edu")
        accept(INVITED, invite(payer))
        already = ("HandshakeConstraintViolationException", "ALREADY_IN_AN_ORGANIZATION")
        assert refusal(invite, payer, target) == already

    def test_the_payer_by_its_address_is_refused(self, payer: Api) -> None:
        address = payer.describe_organization()["Organization"]["MasterAccountEmail"]
        assert refusal(invite, payer, address)[1] == "ALREADY_IN_AN_ORGANIZATION"

    @pytest.mark.parametrize(("first", "second"), [(INVITED, INVITED), ("a@example.edu", "A@example.edu")])
    def test_twice_is_refused(self, payer: Api, first: str, second: str) -> None:
        invite(payer, first)
        assert refusal(invite, payer, second) == ("DuplicateHandshakeException", "")

    @pytest.mark.parametrize("reason", MODEL.shape_for("HandshakeConstraintViolationExceptionReason").enum)
    def test_fails_for_any_reason_that_was_arranged(self, payer: Api, reason: str) -> None:
        handshakes.refuse(INVITED, reason)
        assert refusal(invite, payer) == ("HandshakeConstraintViolationException", reason)
        assert invite(payer, OTHER)

    def test_fails_by_email_as_for_the_account(self, payer: Api) -> None:
        handshakes.standalone_account(INVITED, "cloud@example.edu")
        handshakes.refuse(INVITED, "PAYMENT_INSTRUMENT_REQUIRED")
        assert refusal(invite, payer, "cloud@example.edu")[1] == "PAYMENT_INSTRUMENT_REQUIRED"

    def test_fails_for_reasons_of_aws_only(self) -> None:
        with pytest.raises(ValueError, match="BAD_LUCK"):
            handshakes.refuse(INVITED, "BAD_LUCK")

    def test_waits_for_the_payers_address_to_be_verified(self, payer: Api) -> None:
        handshakes.owner_verified(False)
        assert refusal(invite, payer) == ("AccountOwnerNotVerifiedException", "")
        handshakes.owner_verified(True)
        assert invite(payer)

    @pytest.mark.parametrize(
        ("request_", "reason"),
        [
            ({"Target": {"Type": "ORGANIZATION", "Id": "o-1234567890"}}, "INVALID_PARTY_TYPE_TARGET"),
            ({"Target": {"Type": "ACCOUNT", "Id": "21098765432"}}, "INVALID_PATTERN"),
            ({"Target": {"Type": "EMAIL", "Id": "cloud.example.edu"}}, "INVALID_EMAIL_ADDRESS_TARGET"),
            ({"Target": {"Type": "EMAIL", "Id": "a@b.d"}}, "INVALID_EMAIL_ADDRESS_TARGET"),
            ({"Target": {"Type": "EMAIL", "Id": f"{'a' * 60}@b.de"}}, "MAX_LENGTH_EXCEEDED"),
            ({"Notes": "n" * 1_025}, "MAX_LENGTH_EXCEEDED"),
            ({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}, "DUPLICATE_TAG_KEY"),
        ],
    )
    def test_refuses_what_the_model_does_not_allow(self, payer: Api, request_: dict[str, Any], reason: str) -> None:
        asked = {"Target": {"Type": "ACCOUNT", "Id": INVITED}, **request_}
        assert refusal(payer.invite_account_to_organization, **asked) == ("InvalidInputException", reason)

    def test_takes_notes_of_full_length(self, payer: Api) -> None:
        assert invite(payer, Notes="n" * 1_024)


class TestTheQuota:
    TOO_MANY = ("HandshakeConstraintViolationException", "ACCOUNT_NUMBER_LIMIT_EXCEEDED")
    TOO_FAST = ("HandshakeConstraintViolationException", "HANDSHAKE_RATE_LIMIT_EXCEEDED")

    def test_of_accounts_counts_members_and_open_invitations(self, payer: Api, handshake: str) -> None:
        handshakes.quota(accounts=2)
        assert refusal(invite, payer, OTHER) == self.TOO_MANY
        accept(INVITED, handshake)
        assert refusal(invite, payer, OTHER) == self.TOO_MANY

    @pytest.mark.parametrize("end", [cancel, decline, expire])
    def test_of_accounts_forgets_what_came_to_nothing(
        self, payer: Api, handshake: str, end: Callable[[str], None]
    ) -> None:
        handshakes.quota(accounts=2)
        end(handshake)
        assert invite(payer, OTHER)

    def test_of_a_day_is_twenty_for_a_small_organization(self, payer: Api) -> None:
        handshakes.quota(accounts=2)
        for _ in range(20):
            invite_and_cancel(payer)
        assert refusal(invite, payer) == self.TOO_FAST
        clock.advance(DAY)
        assert invite(payer)

    def test_of_a_day_is_that_of_accounts_for_a_large_one(self, payer: Api) -> None:
        handshakes.quota(accounts=22)
        for _ in range(22):
            invite_and_cancel(payer)
        assert refusal(invite, payer) == self.TOO_FAST

    def test_of_a_day_does_not_count_what_was_accepted(self, payer: Api, handshake: str) -> None:
        handshakes.quota(invitations_a_day=1)
        assert refusal(invite, payer, OTHER) == self.TOO_FAST
        accept(INVITED, handshake)
        assert invite(payer, OTHER)


class TestTheCaller:
    @pytest.mark.parametrize(
        ("account", "operation"),
        [
            (INVITED, "cancel_handshake"),
            (PAYER, "accept_handshake"),
            (PAYER, "decline_handshake"),
            (OTHER, "accept_handshake"),
            (OTHER, "decline_handshake"),
            (OTHER, "cancel_handshake"),
            (OTHER, "describe_handshake"),
        ],
    )
    def test_is_the_right_party(self, handshake: str, account: str, operation: str) -> None:
        call = getattr(acting_as(account), operation)
        assert refusal(call, HandshakeId=handshake) == ("AccessDeniedException", "")
        assert state(handshake) == "OPEN"

    def test_does_not_own_an_address_that_nobody_registered(self, payer: Api, invited: Api) -> None:
        sent = invite(payer, "cloud@example.edu")
        assert listed(invited, "for_account") == set()
        assert refusal(invited.accept_handshake, HandshakeId=sent) == ("AccessDeniedException", "")

    @pytest.mark.parametrize(
        "operation",
        [
            invite,
            lambda api: api.list_handshakes_for_organization(),
            lambda api: api.remove_account_from_organization(AccountId=PAYER),
        ],
    )
    def test_manages_an_organization(self, handshake: str, operation: Callable[[Api], object]) -> None:
        stranger, member = acting_as(OTHER), acting_as(INVITED)
        accept(INVITED, handshake)
        assert refusal(operation, stranger) == ("AWSOrganizationsNotInUseException", "")
        assert refusal(operation, member) == ("AccessDeniedException", "")

    @pytest.mark.parametrize(
        "operation", ["accept_handshake", "decline_handshake", "cancel_handshake", "describe_handshake"]
    )
    @pytest.mark.parametrize(
        ("handshake_id", "error"),
        [(NOBODY, ("HandshakeNotFoundException", "")), ("h-?", ("InvalidInputException", "INVALID_PATTERN"))],
    )
    def test_names_a_handshake_that_exists(
        self, payer: Api, operation: str, handshake_id: str, error: tuple[str, str]
    ) -> None:
        assert refusal(getattr(payer, operation), HandshakeId=handshake_id) == error


class TestTheLists:
    @pytest.mark.parametrize(("whose", "account"), [("for_organization", PAYER), ("for_account", INVITED)])
    def test_come_in_pages_of_twenty_whatever_is_asked_for(self, payer: Api, whose: str, account: str) -> None:
        sent = {invite_and_cancel(payer) for _ in range(41)}
        list_page = getattr(acting_as(account), f"list_handshakes_{whose}")
        assert len(list_page(MaxResults=50)["Handshakes"]) == 20
        assert listed(acting_as(account), whose) == sent

    @pytest.mark.parametrize(("whose", "account"), [("for_organization", PAYER), ("for_account", INVITED)])
    def test_are_filtered_by_action(self, handshake: str, whose: str, account: str) -> None:
        api = acting_as(account)
        assert listed(api, whose, Filter={"ActionType": "INVITE"}) == {handshake}
        assert listed(api, whose, Filter={"ActionType": "ENABLE_ALL_FEATURES"}) == set()
        assert listed(api, whose, Filter={"ParentHandshakeId": handshake}) == set()

    @pytest.mark.parametrize(
        ("request_", "reason"),
        [
            ({"Filter": {"ActionType": "INVITE", "ParentHandshakeId": NOBODY}}, "MAX_LIMIT_EXCEEDED_FILTER"),
            ({"Filter": {"ActionType": "EVICT"}}, "INVALID_ENUM"),
            ({"NextToken": "nonsense"}, "INVALID_NEXT_TOKEN"),
        ],
    )
    def test_refuse_what_the_model_does_not_allow(self, payer: Api, request_: dict[str, Any], reason: str) -> None:
        refused = refusal(payer.list_handshakes_for_organization, **request_)
        assert refused == ("InvalidInputException", reason)


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
