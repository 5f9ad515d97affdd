"""Invitations in the sandbox: whom and what AWS refuses, and the lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from invited import (
    DAY,
    INVITED,
    MODEL,
    NOBODY,
    OTHER,
    Api,
    accept,
    acting_as,
    cancel,
    decline,
    expire,
    invite,
    invite_and_cancel,
    listed,
    refusal,
    state,
)
from orgkit.sandbox import PAYER, clock, handshakes


class TestInviting:
    @pytest.mark.parametrize("target", [PAYER, INVITED])
    def test_a_member_or_the_payer_is_refused(self, payer: Api, target: str) -> None:
        handshakes.standalone_account(INVITED, "cloud@example.edu")
        accept(INVITED, invite(payer))
        already = ("HandshakeConstraintViolationException", "ALREADY_IN_AN_ORGANIZATION")
        assert refusal(invite, payer, target) == already

    def test_a_member_is_invited_by_its_address_and_refused_when_it_accepts(self, payer: Api) -> None:
        handshakes.standalone_account(INVITED, "cloud@example.edu")
        accept(INVITED, invite(payer))
        again = invite(payer, "cloud@example.edu")
        already = ("HandshakeConstraintViolationException", "ALREADY_IN_AN_ORGANIZATION")
        assert refusal(accept, INVITED, again) == already
        assert state(again) == "ACCEPTED"

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
