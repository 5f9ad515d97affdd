"""The steps of services and of centralized root access, each missing, applied, in place, or blocked with a remedy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orgkit import procedure, services
from orgkit.settings.rules import Service
from orgkit.step import State
from steps import in_order

CONFIG, ANALYZER, GUARDDUTY = "config.amazonaws.com", "access-analyzer.amazonaws.com", "guardduty.amazonaws.com"
OTHER_ACCOUNT = "999988887777"


@pytest.fixture
def member(aws, settings, organizations):
    """An account in the institution's OU of an organization that stands."""
    tuple(procedure.bootstrap(aws(), settings))
    created = organizations.create_account(AccountName="Security", Email="security@example.edu")
    tuple(procedure.bootstrap(aws(), settings))
    return created["CreateAccountStatus"]["AccountId"]


def given(settings, *named: Service, root_access: bool = False):
    return replace(settings, services=named, root_access=root_access)


def steps(aws, settings):
    return [read() for read in services.reads(aws(), settings)]


def states(aws, settings) -> list[State]:
    return [step.state for step in steps(aws, settings)]


def apply(aws, settings) -> list[State]:
    for read in services.reads(aws(), settings):
        read().applied()
    return states(aws, settings)


def test_before_there_is_an_organization_all_of_it_is_missing(aws, settings):
    wanted = given(settings, Service(CONFIG), Service(ANALYZER, OTHER_ACCOUNT), root_access=True)
    assert states(aws, wanted) == [State.MISSING] * 4


def test_trusted_access_and_then_the_administrator(aws, settings, member, organizations):
    wanted = given(settings, Service(CONFIG), Service(ANALYZER, member))
    assert states(aws, wanted) == [State.MISSING] * 3
    assert apply(aws, wanted) == [State.IN_PLACE] * 3
    trusted = organizations.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    assert {each["ServicePrincipal"] for each in trusted} == {CONFIG, ANALYZER}
    (administrator,) = organizations.list_delegated_administrators(ServicePrincipal=ANALYZER)["DelegatedAdministrators"]
    assert administrator["Id"] == member


def test_what_the_settings_no_longer_name_stays(aws, settings, member, organizations):
    apply(aws, given(settings, Service(ANALYZER, member)))
    tuple(procedure.bootstrap(aws(), settings))
    assert organizations.list_delegated_administrators(ServicePrincipal=ANALYZER)["DelegatedAdministrators"]


def test_a_second_run_only_reads(aws, settings, member, wire):
    wanted = given(settings, Service(ANALYZER, member), root_access=True)
    apply(aws, wanted)
    wire.clear()
    apply(aws, wanted)
    assert [call for call in wire if not call.startswith(("Describe", "List"))] == []


def test_another_administrator_is_left_and_named(aws, settings, member, organizations):
    apply(aws, given(settings, Service(ANALYZER, member)))
    other = organizations.create_account(AccountName="Audit", Email="audit@example.edu")
    tuple(procedure.bootstrap(aws(), settings))
    wanted = given(settings, Service(ANALYZER, other["CreateAccountStatus"]["AccountId"]))
    _, step = steps(aws, wanted)
    assert step.state is State.BLOCKED
    assert member in step.detail
    assert steps(aws, given(settings, Service(ANALYZER, member)))[1].state is State.IN_PLACE  # what the remedy says


def test_an_account_that_is_no_member_is_not_registered(aws, settings, member):
    _, step = steps(aws, given(settings, Service(ANALYZER, OTHER_ACCOUNT)))
    assert (step.state, step.detail) == (State.BLOCKED, f"{OTHER_ACCOUNT} is no account of this organization")
    assert f"Invite {OTHER_ACCOUNT} and place it first" in step.remedy


def test_an_account_outside_the_ou_is_not_registered(aws, settings, member, organizations):
    root = organizations.list_roots()["Roots"][0]["Id"]
    ou = organizations.create_organizational_unit(ParentId=root, Name="Partner")["OrganizationalUnit"]["Id"]
    institution = organizations.list_parents(ChildId=member)["Parents"][0]["Id"]
    organizations.move_account(AccountId=member, SourceParentId=institution, DestinationParentId=ou)
    wanted = given(settings, Service(ANALYZER, member))
    _, step = steps(aws, wanted)
    assert (step.state, step.detail) == (State.BLOCKED, f"{member} lies outside the institution's OU")
    organizations.move_account(AccountId=member, SourceParentId=ou, DestinationParentId=institution)
    assert apply(aws, wanted) == [State.IN_PLACE] * 2


def test_an_account_that_waits_at_the_root_is_placed_and_then_registered(aws, settings, member, organizations):
    joined = organizations.create_account(AccountName="Audit", Email="audit@example.edu")["CreateAccountStatus"]
    wanted, run = given(settings, Service(ANALYZER, joined["AccountId"])), aws()
    planned = tuple(procedure.seen(run, wanted))
    assert [step for step in planned if step.state is State.BLOCKED] == []
    tuple(procedure.bootstrap(run, wanted))  # which knows what the plan has read
    assert states(aws, wanted) == [State.IN_PLACE] * 2


def test_a_service_that_wants_its_own_call_is_blocked_with_it(aws, settings, member, organizations):
    wanted = given(settings, Service(GUARDDUTY, member))
    access, administrator = steps(aws, wanted)
    command = f"aws guardduty enable-organization-admin-account --admin-account-id {member} --region REGION"
    assert (access.state, administrator.state) == (State.BLOCKED, State.BLOCKED)
    assert command in access.remedy
    assert command in administrator.remedy
    # That call does both in Organizations.
    organizations.enable_aws_service_access(ServicePrincipal=GUARDDUTY)
    organizations.register_delegated_administrator(AccountId=member, ServicePrincipal=GUARDDUTY)
    assert states(aws, wanted) == [State.IN_PLACE] * 2


def test_a_service_that_only_its_console_enables_is_blocked_with_that(aws, settings, member):
    (step,) = steps(aws, given(settings, Service("sso.amazonaws.com")))
    assert step.state is State.BLOCKED
    assert "in the console of sso.amazonaws.com" in step.remedy


def test_root_access_is_trusted_and_then_turned_on_without_root_sessions(aws, settings, member, session):
    wanted = given(settings, root_access=True)
    assert apply(aws, wanted) == [State.IN_PLACE]
    features = session.client("iam").list_organizations_features()["EnabledFeatures"]
    assert features == ["RootCredentialsManagement"]


def test_services_come_last_in_the_procedure(aws, settings):
    wanted = given(settings, Service(CONFIG), root_access=True)
    things = [step.thing for step in in_order(aws(), wanted)]
    assert things[-2:] == [f"service {CONFIG}", "centralized root access"]
