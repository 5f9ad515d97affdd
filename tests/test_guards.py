"""The partner's SCPs in a payer where others live: room for them, who is locked out, and who gets in between."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from moto.core.exceptions import ServiceException

from orgkit import procedure
from orgkit.errors import AwsError, Blocked
from orgkit.sandbox.organizations import structure
from orgkit.step import State
from steps import in_order

SCP = "SERVICE_CONTROL_POLICY"
FULL_ACCESS = "p-FullAWSAccess"
ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}
DENY = {"Effect": "Deny", "Action": "*", "Resource": "*"}


class AccessDenied(ServiceException):
    code = "AccessDeniedException"


def document(statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def root_of(organizations) -> str:
    return organizations.list_roots()["Roots"][0]["Id"]


def new_scp(organizations, name: str, statement: object, *targets: str) -> str:
    made = organizations.create_policy(Name=name, Description="", Content=document(statement), Type=SCP)
    for target in targets:
        organizations.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=target)
    return made["Policy"]["PolicySummary"]["Id"]


def scps_at(organizations, target: str) -> set[str]:
    return {each["Name"] for each in organizations.list_policies_for_target(TargetId=target, Filter=SCP)["Policies"]}


@pytest.mark.parametrize(("others", "fit"), [(7, True), (8, False)])
def test_the_guards_take_the_last_two_places_of_ten_and_no_more(aws, settings, organizations, others, fit):
    organizations.create_organization(FeatureSet="ALL")
    root = root_of(organizations)
    organizations.enable_policy_type(RootId=root, PolicyType=SCP)
    organizations.list_roots()
    for number in range(others):
        new_scp(organizations, f"p{number}", DENY, root)
    if fit:
        tuple(procedure.bootstrap(aws(), settings))
        assert {"deny-billing", "keep-membership"} <= scps_at(organizations, root)
        return
    with pytest.raises(Blocked, match="9 are attached and 2 are to come") as stopped:
        tuple(procedure.bootstrap(aws(), settings))
    assert "p0, p1" in stopped.value.remedy
    assert "FullAWSAccess" not in stopped.value.remedy
    assert scps_at(organizations, root) == {"FullAWSAccess", *(f"p{number}" for number in range(others))}


@pytest.mark.parametrize(
    ("statement", "allowed"), [(ALLOW, True), ([DENY, ALLOW], True), (DENY, False), ([DENY], False)]
)
@pytest.mark.parametrize("place", ["root", "ou"])
def test_what_allows_something_may_stand_in_the_place_of_full_access(
    aws, settings, bootstrapped, organizations, place, statement, allowed
):
    root = root_of(organizations)
    (ou,) = organizations.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"]
    target = root if place == "root" else ou["Id"]
    new_scp(organizations, "instead", statement, target)
    organizations.detach_policy(PolicyId=FULL_ACCESS, TargetId=target)
    steps = {step.thing: step for step in in_order(aws(), settings)}
    assert (steps["FullAWSAccess"].state is State.IN_PLACE) == allowed


def rewrite(organizations, scp: str) -> None:
    organizations.update_policy(PolicyId=scp, Content=document(ALLOW))


def detach(organizations, scp: str) -> None:
    organizations.detach_policy(PolicyId=scp, TargetId=root_of(organizations))


@pytest.mark.parametrize("meddle", [rewrite, detach])
@pytest.mark.parametrize("after", ["SCP added-later at the root", "IAM users and groups"])
def test_a_guard_that_is_changed_before_iam_protects_it_is_restored_in_the_same_run(
    aws, settings, bootstrapped, organizations, meddle, after
):
    """IAM protects it when the stack names it and the org admin's policies are the template's again."""
    added = replace(settings.scps[0], name="added-later")
    more = replace(settings, scps=(*settings.scps, added))
    run = procedure.bootstrap(aws(), more)
    next(step for step in run if step.thing == after)
    found = organizations.list_policies(Filter=SCP)["Policies"]
    meddle(organizations, next(policy["Id"] for policy in found if policy["Name"] == "added-later"))
    again = "SCP added-later" + (" at the root" if meddle is detach else "")
    assert again in {step.thing for step in run}
    assert [step.thing for step in in_order(aws(), more) if step.state is not State.IN_PLACE] == []


def test_a_refusal_that_holds_for_every_account_ends_the_moving(
    aws, settings, bootstrapped, organizations, wire, monkeypatch
):
    def refuses(*asked: object) -> object:
        if asked[-1] == "SourceParentNotFoundException":  # only moving asks so
            raise AccessDenied("You may not.")
        return container(*asked)

    container = structure.container
    for name in ("Physics", "History"):
        organizations.create_account(AccountName=name, Email=f"{name.lower()}@example.edu")
    monkeypatch.setattr("orgkit.sandbox.organizations.structure.container", refuses)
    wire.clear()
    with pytest.raises(AwsError, match="You may not"):
        tuple(procedure.bootstrap(aws(), settings))
    assert wire.count("MoveAccount") == 1


def test_an_scp_without_a_description_is_not_taken_for_ours_because_ours_has_none_either(aws, settings, organizations):
    organizations.create_organization(FeatureSet="ALL")
    nothing = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}'
    asked = {"Name": settings.scps[0].name, "Description": "", "Type": "SERVICE_CONTROL_POLICY"}
    organizations.create_policy(Content=nothing, **asked)
    bare = replace(settings, scps=(replace(settings.scps[0], description=""),))
    steps = {step.thing: step.state for step in in_order(aws(), bare)}
    assert steps[f"SCP {settings.scps[0].name}"] is State.BLOCKED


def test_an_scp_of_aws_is_not_taken_for_one_of_ours(aws, settings, organizations):
    organizations.create_organization(FeatureSet="ALL")
    named = replace(settings, scps=(replace(settings.scps[0], name="FullAWSAccess"),))
    steps = {step.thing: step.state for step in in_order(aws(), named)}
    assert steps["SCP FullAWSAccess"] is State.MISSING
