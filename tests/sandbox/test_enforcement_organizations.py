"""Enforcement in Organizations: which resources and conditions a call is asked about."""

from __future__ import annotations

from typing import Any

import pytest

from access import Key, allow, client, deny, document
from enforced import STANDALONE, Organization, refused, user
from orgkit.sandbox import PAYER

pytestmark = pytest.mark.usefixtures("pretend_aws")


def guard(org: Organization) -> Key:
    """May do everything in Organizations, but for the root, the payer and the protected policy."""
    protected = org.arn("policy", f"service_control_policy/{org.scp}")
    return user(
        allow("organizations:*"),
        deny("organizations:*", [org.arn("root", "*"), org.arn("account", PAYER), protected]),
        name="admin",
    )


def test_each_thing_that_a_call_names_must_be_allowed(org: Organization) -> None:
    key = guard(org)
    api = client("organizations", key)
    text = document(deny("s3:*"))
    mine = api.create_policy(Name="Mine", Description="", Type="SERVICE_CONTROL_POLICY", Content=text)
    policy = mine["Policy"]["PolicySummary"]["Id"]
    api.attach_policy(PolicyId=policy, TargetId=org.ou)
    assert org.arn("root", org.root) in refused(api.attach_policy, PolicyId=policy, TargetId=org.root)
    assert f"/{org.scp} " in refused(api.attach_policy, PolicyId=org.scp, TargetId=org.ou)


@pytest.mark.parametrize(
    ("kinds", "allowed"),
    [(("account", "ou", "root"), True), (("account", "ou"), False), (("ou", "root"), False)],
)
def test_moving_an_account_is_asked_about_three_times(org: Organization, kinds: tuple[str, ...], allowed: bool) -> None:
    key = user(allow("organizations:MoveAccount", [org.arn(kind, "*") for kind in kinds]))
    call = client("organizations", key).move_account
    move = {"AccountId": org.member, "SourceParentId": org.root, "DestinationParentId": org.ou}
    if allowed:
        call(**move)
    else:
        refused(call, **move)


def below_the_root(org: Organization) -> list[tuple[str, dict[str, Any]]]:
    return [
        ("create_organizational_unit", {"ParentId": org.root, "Name": "Other"}),
        ("enable_policy_type", {"RootId": org.root, "PolicyType": "TAG_POLICY"}),
        ("tag_resource", {"ResourceId": org.root, "Tags": [{"Key": "a", "Value": "b"}]}),
        ("untag_resource", {"ResourceId": org.root, "TagKeys": ["a"]}),
        ("list_children", {"ParentId": org.root, "ChildType": "ACCOUNT"}),
        ("list_policies_for_target", {"TargetId": org.root, "Filter": "SERVICE_CONTROL_POLICY"}),
        ("detach_policy", {"PolicyId": "p-FullAWSAccess", "TargetId": org.root}),
        ("delete_policy", {"PolicyId": org.scp}),
        ("update_policy", {"PolicyId": org.scp, "Name": "Mine"}),
        ("describe_policy", {"PolicyId": org.scp}),
        ("list_parents", {"ChildId": PAYER}),
    ]


@pytest.mark.parametrize("place", range(11))
def test_every_way_to_name_a_thing_is_seen(org: Organization, place: int) -> None:
    operation, arguments = below_the_root(org)[place]
    reason = refused(getattr(client("organizations", guard(org)), operation), **arguments)
    assert "with an explicit deny" in reason


def test_ous_and_accounts_are_named_by_their_arns(org: Organization) -> None:
    things = [org.arn("ou", org.ou), org.arn("account", org.member)]
    key = user(allow(["organizations:UpdateOrganizationalUnit", "organizations:DescribeAccount"], things))
    api = client("organizations", key)
    api.update_organizational_unit(OrganizationalUnitId=org.ou, Name="Renamed")
    api.describe_account(AccountId=org.member)
    assert org.arn("account", PAYER) in refused(api.describe_account, AccountId=PAYER)


def test_awss_own_policy_is_nobodys(org: Organization) -> None:
    arn = "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess"
    key = user(allow("organizations:DescribePolicy", arn))
    assert client("organizations", key).describe_policy(PolicyId="p-FullAWSAccess")


@pytest.mark.parametrize(("kind", "allowed"), [("SERVICE_CONTROL_POLICY", True), ("TAG_POLICY", False)])
def test_the_type_of_a_policy_is_a_condition(org: Organization, kind: str, allowed: bool) -> None:
    condition = {"StringEquals": {"organizations:PolicyType": "SERVICE_CONTROL_POLICY"}}
    key = user(allow(["organizations:CreatePolicy", "organizations:ListPolicies"], Condition=condition))
    call = client("organizations", key).list_policies
    if allowed:
        assert call(Filter=kind)["Policies"]
    else:
        refused(call, Filter=kind)


def test_the_type_of_a_known_policy_is_known(org: Organization) -> None:
    condition = {"StringEquals": {"organizations:PolicyType": "SERVICE_CONTROL_POLICY"}}
    key = user(allow(["organizations:DescribePolicy", "organizations:TagResource"], Condition=condition))
    api = client("organizations", key)
    assert api.describe_policy(PolicyId=org.scp)
    api.tag_resource(ResourceId=org.scp, Tags=[{"Key": "a", "Value": "b"}])
    refused(api.tag_resource, ResourceId=org.ou, Tags=[{"Key": "a", "Value": "b"}])


def test_tags_on_what_is_created_need_the_right_to_tag(org: Organization) -> None:
    key = user(allow("organizations:CreateOrganizationalUnit"))
    api = client("organizations", key)
    api.create_organizational_unit(ParentId=org.ou, Name="Plain")
    tags = [{"Key": "a", "Value": "b"}]
    reason = refused(api.create_organizational_unit, ParentId=org.ou, Name="Tagged", Tags=tags)
    assert f"organizations:TagResource on resource: {org.arn('ou', '*')} " in reason


def test_tags_are_conditions(org: Organization) -> None:
    client("organizations").tag_resource(ResourceId=org.ou, Tags=[{"Key": "team", "Value": "a"}])
    mine = {"StringEquals": {"aws:ResourceTag/team": "a", "aws:RequestTag/cost": "1"}}
    key = user(allow("organizations:TagResource", Condition=mine))
    api = client("organizations", key)
    api.tag_resource(ResourceId=org.ou, Tags=[{"Key": "cost", "Value": "1"}])
    refused(api.tag_resource, ResourceId=org.ou, Tags=[{"Key": "cost", "Value": "2"}])
    refused(api.tag_resource, ResourceId=org.member, Tags=[{"Key": "cost", "Value": "1"}])


def test_the_names_of_tags_are_a_condition(org: Organization) -> None:
    own = {"ForAnyValue:StringEquals": {"aws:TagKeys": "cost"}}
    api = client("organizations", user(allow("organizations:UntagResource", Condition=own)))
    api.untag_resource(ResourceId=org.ou, TagKeys=["cost", "other"])
    refused(api.untag_resource, ResourceId=org.ou, TagKeys=["team"])


def test_an_invitation_is_about_the_account_and_then_about_the_handshake(org: Organization) -> None:
    key = user(
        allow("organizations:InviteAccountToOrganization", org.arn("account", STANDALONE)),
        allow("organizations:CancelHandshake", org.arn("handshake", "invite/*")),
    )
    api = client("organizations", key)
    invited = api.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": STANDALONE})
    api.cancel_handshake(HandshakeId=invited["Handshake"]["Id"])
    other = {"Type": "ACCOUNT", "Id": "410987654321"}
    refused(api.invite_account_to_organization, Target=other)
