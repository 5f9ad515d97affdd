"""Inviting, following up, cancelling, placing: what becomes of each target, and what AWS then holds."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from orgkit import found
from orgkit.aws.accounts import Handshakes
from orgkit.aws.drift import OrganizationDrift
from orgkit.errors import AwsError, OrgkitError, remedies
from orgkit.invite import invitations
from orgkit.invite.invitations import Outcome
from orgkit.invite.targets import Target
from orgkit.sandbox import PAYER, clock, handshakes
from owners import accept, decline, owner

ID, OTHER, THIRD, ADDRESS = "210987654321", "321098765432", "432109876543", "cloud@example.edu"


@pytest.fixture
def invite(aws, settings, ou):
    """Invite as a new run does: the outcome of each target."""

    def run(*targets: str, notes: str = ""):
        new = aws()
        return list(invitations.carried_out(invitations.plan(new, settings, [Target(each, notes) for each in targets])))

    return run


def outcomes(results) -> list[str]:
    return [result.outcome for result in results]


def open_targets(organizations) -> list[str]:
    """The targets of all open invitations as AWS has them, doubles included."""
    pages = organizations.get_paginator("list_handshakes_for_organization").paginate()
    found = [handshake for page in pages for handshake in page["Handshakes"] if handshake["State"] == "OPEN"]
    return sorted(party["Id"] for each in found for party in each["Parties"] if party["Type"] != "ORGANIZATION")


def parent(organizations, account: str) -> str:
    return organizations.list_parents(ChildId=account)["Parents"][0]["Id"]


# Inviting


def test_accounts_are_invited_by_id_and_by_address(invite, organizations):
    sent = invite(ID, ADDRESS, notes="Dear all")
    assert outcomes(sent) == [Outcome.INVITED, Outcome.INVITED]
    assert open_targets(organizations) == [ID, ADDRESS]
    told = organizations.describe_handshake(HandshakeId=sent[0].handshake.id)["Handshake"]
    assert {"Type": "NOTES", "Value": "Dear all"} in told["Resources"]
    assert sent[0].handshake.expires == told["ExpirationTimestamp"]


def test_running_again_invites_nobody_twice(invite, organizations, wire):
    invite(ID, ADDRESS)
    wire.clear()
    assert outcomes(invite(ID, ADDRESS, OTHER)) == ["already-invited", "already-invited", "invited"]
    assert wire.count("InviteAccountToOrganization") == 1
    assert open_targets(organizations) == [ID, OTHER, ADDRESS]


@pytest.mark.parametrize(("first", "then"), [(ADDRESS, ADDRESS.title()), (ADDRESS.title(), ADDRESS)])
def test_case_means_nothing_in_an_address(invite, organizations, first, then, wire):
    handshakes.standalone_account(ID, ADDRESS)
    invite(first)
    wire.clear()
    assert outcomes(invite(then)) == ["already-invited"]
    accept(ID)
    assert outcomes(invite(then)) == ["member"]
    assert "InviteAccountToOrganization" not in wire


@pytest.mark.parametrize("target", [ID, "account-210987654321@example.com"])
def test_a_member_is_known_by_id_and_by_address(invite, target, wire):
    invite(ID)
    accept(ID)
    wire.clear()
    (result,) = invite(target)
    assert (result.outcome, result.detail) == ("member", "already a member, at the root, outside Example University")
    assert "InviteAccountToOrganization" not in wire


def test_a_member_is_said_to_stand_where_it_stands(invite, organizations, ou):
    deeper = organizations.create_organizational_unit(ParentId=ou, Name="Labs")["OrganizationalUnit"]["Id"]
    for account, place in ((ID, ou), (OTHER, deeper)):
        invite(account)
        accept(account)
        organizations.move_account(
            AccountId=account, SourceParentId=parent(organizations, account), DestinationParentId=place
        )
    assert [result.detail for result in invite(ID, OTHER)] == [
        "already a member, in Example University",
        f"already a member, in {deeper} below Example University",
    ]


def test_a_closed_account_is_said_to_be_closed(invite, organizations):
    invite(ID)
    accept(ID)
    organizations.close_account(AccountId=ID)
    state = next(each["State"] for each in organizations.list_accounts()["Accounts"] if each["Id"] == ID)
    assert state != "ACTIVE"
    assert invite(ID)[0].detail.endswith(f", {state.lower().replace('_', ' ')}")


def test_a_member_without_paths_is_asked_for_its_parent(invite, organizations, ou, aws, session, monkeypatch):
    invite(ID)
    accept(ID)
    (member,) = (each for each in aws().organizations.members() if each["Id"] == ID)
    del member["Paths"]
    monkeypatch.setattr(OrganizationDrift, "members", lambda self: (member,))
    assert invite(ID)[0].detail == "already a member, at the root, outside Example University"


@pytest.mark.parametrize("target", [PAYER, "master@example.com"])
def test_the_payer_is_refused_without_a_call(invite, organizations, target, wire):
    email = organizations.describe_organization()["Organization"]["MasterAccountEmail"]
    (result,) = invite(email if "@" in target else target)
    assert (result.outcome, result.detail) == ("refused", "is the payer itself")
    assert result.remedy
    assert "InviteAccountToOrganization" not in wire


def test_without_an_organization_nobody_is_invited(aws, settings, wire):
    with pytest.raises(OrgkitError, match="no organization yet") as refused:
        invitations.plan(aws(), settings, [Target(ID)])
    assert "orgkit bootstrap" in refused.value.remedy
    assert wire == ["DescribeOrganization"]


OF_THE_ORGANIZATION = {
    "ACCOUNT_NUMBER_LIMIT_EXCEEDED",
    "HANDSHAKE_RATE_LIMIT_EXCEEDED",
    "INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES",
    "MANAGEMENT_ACCOUNT_EMAIL_NOT_VERIFIED",
}


def reasons(organizations) -> list[str]:
    return list(organizations.meta.service_model.shape_for("HandshakeConstraintViolationExceptionReason").enum)


def test_every_reason_has_plain_words_and_a_remedy(invite, organizations):
    for reason in reasons(organizations):
        handshakes.refuse(ID, reason)
        (result,) = invite(ID)
        assert result.remedy == remedies()[reason].remedy
        assert reason not in result.detail
        assert "Exception" not in result.detail


def test_a_refusal_does_not_stop_the_others(invite, organizations):
    for reason in set(reasons(organizations)) - OF_THE_ORGANIZATION:
        handshakes.refuse(ID, reason)
        assert outcomes(invite(ID, OTHER))[0] == "refused"
        assert open_targets(organizations) == [OTHER]


@pytest.mark.parametrize("reason", sorted(OF_THE_ORGANIZATION))
def test_what_concerns_the_organization_stops_the_rest(invite, organizations, wire, reason):
    handshakes.refuse(OTHER, reason)
    assert outcomes(invite(ID, OTHER, THIRD, PAYER)) == ["invited", "not-tried", "not-tried", "refused"]
    assert wire.count("InviteAccountToOrganization") == 2
    assert open_targets(organizations) == [ID]


def test_after_the_day_the_rest_is_invited(invite, organizations):
    handshakes.quota(invitations_a_day=2)
    assert outcomes(invite(ID, OTHER, THIRD)) == ["invited", "invited", "not-tried"]
    clock.advance(timedelta(days=1, minutes=1))
    assert outcomes(invite(ID, OTHER, THIRD)) == ["already-invited", "already-invited", "invited"]


@pytest.mark.parametrize("code", ["TooManyRequestsException", "ServiceException", "AccessDeniedException"])
def test_what_no_patience_helps_stops_the_rest(invite, monkeypatch, code):
    def refuses(self, target, target_type, notes=""):
        raise AwsError("InviteAccountToOrganization", code, "No.")

    monkeypatch.setattr(Handshakes, "invite", refuses)
    left = invite(ID, OTHER, PAYER)
    assert outcomes(left) == ["not-tried", "not-tried", "refused"]
    assert left[1].remedy == remedies()[code].remedy


@pytest.mark.parametrize("ending", ["declined", "cancelled", "expired"])
def test_an_invitation_that_ended_is_sent_again(invite, organizations, ending):
    (first,) = invite(ID)
    if ending == "declined":
        decline(ID)
    elif ending == "cancelled":
        organizations.cancel_handshake(HandshakeId=first.handshake.id)
    else:
        clock.advance(timedelta(days=15))
    (again,) = invite(ID)
    assert again.outcome == "invited"
    assert again.handshake.id != first.handshake.id


def duplicate(*, sent_again: bool) -> AwsError:
    return AwsError("InviteAccountToOrganization", "DuplicateHandshakeException", "", sent_again=sent_again)


@pytest.mark.parametrize(("sent_again", "outcome"), [(True, "invited"), (False, "already-invited")])
def test_an_invitation_that_appears_is_ours_if_our_call_was_sent_twice(
    invite, aws, settings, organizations, monkeypatch, sent_again, outcome
):
    def acts_and_refuses(self, target, target_type, notes=""):
        organizations.invite_account_to_organization(Target={"Id": target, "Type": target_type})
        raise duplicate(sent_again=sent_again)

    monkeypatch.setattr(Handshakes, "invite", acts_and_refuses)
    (result,) = invite(ID)
    assert (result.outcome, result.handshake.target) == (outcome, ID)
    assert open_targets(organizations) == [ID]


def test_a_double_that_no_list_shows_is_already_invited(invite, monkeypatch):
    def refuses(self, target, target_type, notes=""):
        raise duplicate(sent_again=False)

    monkeypatch.setattr(Handshakes, "invite", refuses)
    (result,) = invite(ID)
    assert (result.outcome, result.handshake) == ("already-invited", None)


def test_members_and_invitations_are_listed_once_whatever_the_number(invite, organizations, wire):
    invite(*(str(account) for account in range(500_000_000_000, 500_000_000_041)))
    counts = Counter(wire)
    assert counts["InviteAccountToOrganization"] == 41
    assert (counts["ListAccounts"], counts["ListHandshakesForOrganization"]) == (1, 1)
    wire.clear()
    invite(*(str(account) for account in range(500_000_000_000, 500_000_000_041)))
    assert Counter(wire) == {"DescribeOrganization": 1, "ListAccounts": 1, "ListHandshakesForOrganization": 3}


# Following up


def test_open_invitations_are_counted(invite, aws, ou):
    invite(ID, OTHER, THIRD)
    accept(ID)
    decline(OTHER)
    assert len(aws().handshakes.open()) == 1


def test_history_has_every_state(invite, aws, organizations):
    invite(ID, OTHER, THIRD, ADDRESS, PAYER)
    accept(ID)
    decline(OTHER)
    organizations.cancel_handshake(HandshakeId=invite(THIRD)[0].handshake.id)
    assert {each.target: each.state for each in aws().handshakes.all()} == {
        ID: "accepted",
        OTHER: "declined",
        THIRD: "cancelled",
        ADDRESS: "open",
    }
    clock.advance(timedelta(days=15))
    assert aws().handshakes.open() == ()


def answer(state: str, expires: datetime) -> dict:
    return {
        "Id": "h-0123456789",
        "Parties": [{"Id": "o-0123456789", "Type": "ORGANIZATION"}, {"Id": ID, "Type": "ACCOUNT"}],
        "State": state,
        "RequestedTimestamp": expires - timedelta(days=15),
        "ExpirationTimestamp": expires,
    }


@pytest.mark.parametrize("state", ["REQUESTED", "OPEN"])
@pytest.mark.parametrize(("days", "is_then"), [(1, "open"), (-1, "expired")])
def test_both_unanswered_states_are_open_until_they_expire(aws, ou, organizations, state, days, is_then, monkeypatch):
    listed = {"Handshakes": [answer(state, datetime.now(UTC) + timedelta(days=days))]}
    monkeypatch.setattr("orgkit.aws.client.Calls.__call__", lambda *_, **__: listed)
    (found,) = aws().handshakes.all()
    assert found.state == is_then


def test_following_tells_each_answer_and_ends_with_the_last(invite, aws, monkeypatch):
    waiting = [result.handshake for result in invite(ID, OTHER, THIRD)]
    new, slept = aws(), []
    happens = {2: lambda: accept(OTHER), 4: lambda: decline(ID), 6: lambda: clock.advance(timedelta(days=15))}

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        happens.get(len(slept), lambda: None)()

    monkeypatch.setattr(new.calls, "sleep", sleep)
    answered = [(each.target, each.state) for each in invitations.follow(new, waiting)]
    assert answered == [(OTHER, "accepted"), (ID, "declined"), (THIRD, "expired")]
    assert slept == sorted(slept)
    assert (slept[0], len(slept), max(slept)) == (15, 6, 60)


def test_following_nobody_asks_nothing(aws, ou, wire):
    assert list(invitations.follow(aws(), ())) == []
    assert wire == []


def test_invitations_come_in_the_order_they_were_sent(invite, aws, organizations):
    sent = []
    for _ in range(8):
        sent.append(invite(ID)[0].handshake)
        organizations.cancel_handshake(HandshakeId=sent[-1].id)
    assert [each.id for each in aws().handshakes.all()] == [each.id for each in sent]


def test_only_invitations_are_asked_for(aws, ou):
    asked, new = [], aws()
    client = new.calls.clients("organizations", "us-east-1")
    client.meta.events.register(
        "provide-client-params.organizations.ListHandshakesForOrganization", lambda params, **_: asked.append(params)
    )
    new.handshakes.all()
    assert asked == [{"Filter": {"ActionType": "INVITE"}}]


# Cancelling


@pytest.fixture
def cancel(aws):
    """Cancel as a new run does."""

    def run(*targets: str):
        new = aws()
        return list(invitations.carried_out(invitations.to_cancel(new, [Target(each) for each in targets])))

    return run


def test_cancelling_takes_back_what_is_named(invite, cancel, organizations, wire):
    invite(ID, OTHER, ADDRESS)
    wire.clear()
    assert outcomes(cancel(ID, ADDRESS.upper())) == ["cancelled", "cancelled"]
    assert open_targets(organizations) == [OTHER]
    assert wire.count("ListHandshakesForOrganization") == 2  # one of them this test's


def test_cancelling_again_changes_nothing(invite, cancel, organizations, wire):
    invite(ID)
    cancel(ID)
    wire.clear()
    assert outcomes(cancel(ID, OTHER)) == ["not-invited", "not-invited"]
    assert "CancelHandshake" not in wire


def test_an_accepted_invitation_is_too_late_to_cancel(invite, cancel):
    invite(ID)
    accept(ID)
    (result,) = cancel(ID)
    assert (result.outcome, result.detail) == ("refused", "has accepted its invitation")


@pytest.mark.parametrize(
    ("meanwhile", "outcome"),
    [(accept, "refused"), (decline, "not-invited")],
)
def test_an_answer_a_moment_before_is_seen(invite, aws, meanwhile, outcome):
    invite(ID)
    new = aws()
    planned = invitations.to_cancel(new, [Target(ID)])
    meanwhile(ID)
    assert outcomes(invitations.carried_out(planned)) == [outcome]


def test_one_cancelled_a_moment_before_is_cancelled(invite, aws, organizations):
    (sent,) = invite(ID)
    new = aws()
    planned = invitations.to_cancel(new, [Target(ID)])
    organizations.cancel_handshake(HandshakeId=sent.handshake.id)
    assert outcomes(invitations.carried_out(planned)) == ["cancelled"]


# Placing


@pytest.fixture
def place(settings):
    """Place as a new run does."""
    return lambda new: invitations.carried_out(invitations.to_place(new, settings))


def test_every_account_at_the_root_is_placed_but_the_payer(invite, aws, place, organizations, ou):
    members = [str(account) for account in range(500_000_000_000, 500_000_000_023)]
    invite(*members)
    for account in members:
        accept(account)
    assert {each.outcome for each in place(aws())} == {Outcome.MOVED}
    assert {parent(organizations, account) for account in members} == {ou}
    assert parent(organizations, PAYER) != ou
    assert list(place(aws())) == []


def test_a_plan_places_nobody(invite, aws, settings, organizations, ou):
    invite(ID)
    accept(ID)
    (placement,) = invitations.to_place(aws(), settings)
    assert (placement.target.id, placement.outcome) == (ID, Outcome.TO_MOVE)
    assert parent(organizations, ID) != ou


def test_without_the_ou_placing_is_refused(aws, settings, organizations):
    organizations.create_organization(FeatureSet="ALL")
    with pytest.raises(OrgkitError, match="no OU Example University"):
        invitations.to_place(aws(), settings)


def test_an_account_that_left_meanwhile_does_not_stop_the_others(invite, aws, place, organizations, ou):
    for account in (ID, OTHER):
        invite(account)
        accept(account)
    placing = place(aws())
    first = next(placing)
    gone = OTHER if first.target.id == ID else ID
    owner(gone).leave_organization()
    assert [(each.target.id, each.outcome) for each in placing] == [(gone, Outcome.NOT_MOVED)]
    assert first.outcome is Outcome.MOVED


def test_an_account_that_somebody_moves_elsewhere_meanwhile_is_not_said_to_be_placed(
    invite, aws, settings, organizations
):
    invite(ID)
    accept(ID)
    new = aws()
    planned = invitations.to_place(new, settings)
    root = organizations.list_roots()["Roots"][0]["Id"]
    other = organizations.create_organizational_unit(ParentId=root, Name="Other")["OrganizationalUnit"]["Id"]
    organizations.move_account(AccountId=ID, SourceParentId=root, DestinationParentId=other)
    assert [each.outcome for each in invitations.carried_out(planned)] == [Outcome.NOT_MOVED]
    assert parent(organizations, ID) == other


def test_what_is_known_of_the_ou_is_no_longer_believed_when_an_account_comes_into_it(
    invite, aws, settings, organizations, ou
):
    for account in (ID, OTHER):
        invite(account)
        accept(account)
    new = aws()
    inside = found.institution_ou(new, settings)
    assert new.organizations.accounts(ou) == ()
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.move_account(AccountId=ID, SourceParentId=root, DestinationParentId=ou)
    assert new.organizations.move_account(ID, inside) is None, "somebody has moved it there already"
    assert new.organizations.move_account(OTHER, inside) is None
    assert {each["Id"] for each in new.organizations.accounts(ou)} == {ID, OTHER}


def test_what_would_stop_every_move_stops_placing(invite, aws, place, monkeypatch):
    invite(ID)
    accept(ID)

    def denied(*_):
        raise AwsError("MoveAccount", "AccessDeniedException", "")

    monkeypatch.setattr("orgkit.aws.drift.OrganizationDrift.move_account", denied)
    assert [(each.outcome, each.remedy) for each in place(aws())] == [
        ("not-tried", remedies()["AccessDeniedException"].remedy)
    ]


@pytest.mark.parametrize("parent_known", [True, False])
def test_those_who_accepted_are_waited_for_until_the_lists_show_them(invite, aws, monkeypatch, parent_known):
    invite(ID)
    accept(ID)
    new, hidden, slept = aws(), [(), ()], []
    accounts = new.organizations.accounts
    monkeypatch.setattr(new.calls, "sleep", slept.append)
    monkeypatch.setattr(
        type(new.organizations), "accounts", lambda self, parent: hidden.pop() if hidden else accounts(parent)
    )
    if not parent_known:
        monkeypatch.setattr(OrganizationDrift, "parents", lambda self, account: ())
    assert len(list(invitations.follow(new, new.handshakes.all()))) == 1
    assert len(slept) == 3  # the first until the invitation is looked at


def test_an_account_that_aws_does_not_know_yet_has_no_parent(aws, ou):
    assert aws().organizations.parents(ID) == ()


def test_one_who_accepted_and_was_moved_by_somebody_is_not_waited_for(invite, aws, organizations, ou, monkeypatch):
    invite(ID)
    accept(ID)
    organizations.move_account(AccountId=ID, SourceParentId=parent(organizations, ID), DestinationParentId=ou)
    new = aws()
    slept = []
    monkeypatch.setattr(new.calls, "sleep", slept.append)
    list(invitations.follow(new, new.handshakes.all()))
    assert len(slept) == 1  # until the invitation is looked at


def test_words_are_those_of_the_table_or_the_error():
    assert OrgkitError("no network").words == "no network"
    refusal = AwsError("Op", "HandshakeConstraintViolationException", "", reason="PAST_DUE_INVOICE")
    assert refusal.words == "has an overdue invoice"
    assert "Whatever" in AwsError("Op", "Whatever", "said").words
