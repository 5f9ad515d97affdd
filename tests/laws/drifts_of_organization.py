"""Everything that a person can change by hand in the organization, of what orgkit manages."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from laws.drift import AT_OU, AT_ROOT, FULL, GUARD, IAM_STACK, NAMES, OU, PLACED, TO_ATTACH, TYPE, Drift
from laws.hands import ANYTHING, INSTITUTION, SCP, Hands
from orgkit.sandbox import clock, organizations


def rename_the_ou(h: Hands) -> None:
    h.organizations.update_organizational_unit(OrganizationalUnitId=h.ou(), Name="Theirs")


def empty_and_delete_the_ou(h: Hands) -> None:
    h.move(h.account("Physics"), h.ou(), h.root)
    inner = h.ou("Inner", h.ou())
    h.move(h.account("Chemistry"), inner, h.root)
    for ou in (h.ou(parent=inner), inner, h.ou()):
        h.organizations.delete_organizational_unit(OrganizationalUnitId=ou)


def put_another_ou_in_its_place(h: Hands) -> None:
    rename_the_ou(h)
    h.new_ou(INSTITUTION)


def retag(h: Hands, resource: str) -> None:
    h.organizations.tag_resource(ResourceId=resource, Tags=[{"Key": "CostCentre", "Value": "1"}])


def untag(h: Hands, resource: str) -> None:
    h.organizations.untag_resource(ResourceId=resource, TagKeys=["CostCentre"])


def rename_and_untag_the_ou(h: Hands) -> None:
    rename_the_ou(h)
    untag(h, h.ou("Theirs"))


def edit_the_guard(h: Hands, **changes: str) -> None:
    h.organizations.update_policy(PolicyId=h.scp("deny-billing"), **changes)


def detach(h: Hands, scp: str, target: str) -> None:
    h.organizations.detach_policy(PolicyId=scp, TargetId=target)


def delete_the_guard(h: Hands) -> None:
    guard = h.scp("deny-billing")
    detach(h, guard, h.root)
    h.organizations.delete_policy(PolicyId=guard)


def move_an_scp_to_the_root(h: Hands) -> None:
    scp = h.scp("region-restriction")
    detach(h, scp, h.ou())
    h.organizations.attach_policy(PolicyId=scp, TargetId=h.root)


def disable_scps(h: Hands) -> None:
    h.organizations.disable_policy_type(RootId=h.root, PolicyType=SCP)


def disable_scps_slowly(h: Hands) -> None:
    organizations.policy_type_pending_reads(4)
    disable_scps(h)


def delete_the_organization(h: Hands) -> None:
    clock.advance(timedelta(days=5))  # AWS keeps created accounts for four
    for name in ("Alien", "Chemistry", "Physics"):
        h.organizations.remove_account_from_organization(AccountId=h.account(name))
    h.organizations.delete_organization()


SCPS_OFF: Final = {
    TYPE: "to be enabled",
    AT_ROOT: TO_ATTACH,
    "SCP keep-membership at the root": TO_ATTACH,
    AT_OU: TO_ATTACH,
    IAM_STACK: "parameter ProtectedPolicyArns is 'arn:",
    FULL: "AWS attaches it",
}
NO_GUARD: Final = {GUARD: "from scp-examples/deny-billing.json", AT_ROOT: TO_ATTACH, IAM_STACK: NAMES}
NO_OU: Final = {OU: "under the root", AT_OU: TO_ATTACH, IAM_STACK: NAMES}
ORGANIZATIONS: Final = (
    Drift("the OU renamed", rename_the_ou, {OU: "name is 'Theirs', should be 'Example University'"}),
    Drift("the OU deleted", empty_and_delete_the_ou, {**NO_OU, PLACED: " is at the root"}, leaves=True),
    Drift(
        "another OU under its name",
        put_another_ou_in_its_place,
        {OU: "CostCentre is missing", AT_OU: TO_ATTACH, IAM_STACK: "parameter InstitutionOuId is 'ou-"},
        leaves=True,
    ),
    Drift("the OU retagged", lambda h: retag(h, h.ou()), {OU: "tag CostCentre is '1', should be '4711'"}),
    Drift("the OU untagged", lambda h: untag(h, h.ou()), {OU: "tag CostCentre is missing, should be '4711'"}),
    Drift("the OU renamed and untagged", rename_and_untag_the_ou, {OU: "tag CostCentre is missing, should be"}),
    Drift("an SCP renamed", lambda h: edit_the_guard(h, Name="x"), {GUARD: "name is 'x', should be 'deny-billing'"}),
    Drift("an SCP described", lambda h: edit_the_guard(h, Description="x"), {GUARD: "description is 'x', should be"}),
    Drift("an SCP rewritten", lambda h: edit_the_guard(h, Content=ANYTHING), {GUARD: "is not that of scp-examples/"}),
    Drift(
        "an SCP renamed and described",
        lambda h: edit_the_guard(h, Name="x", Description="y"),
        {GUARD: "description is 'y', should be"},
    ),
    Drift(
        "an SCP described and rewritten",
        lambda h: edit_the_guard(h, Description="x", Content=ANYTHING),
        {GUARD: "is not that of scp-examples/"},
    ),
    Drift(
        "an SCP renamed and rewritten", lambda h: edit_the_guard(h, Name="x", Content=ANYTHING), NO_GUARD, leaves=True
    ),
    Drift("an SCP deleted", delete_the_guard, NO_GUARD, leaves=True),
    Drift("an SCP detached", lambda h: detach(h, h.scp("deny-billing"), h.root), {AT_ROOT: TO_ATTACH}),
    Drift("an SCP detached from the OU", lambda h: detach(h, h.scp("region-restriction"), h.ou()), {AT_OU: TO_ATTACH}),
    Drift("an SCP moved from the OU to the root", move_an_scp_to_the_root, {AT_OU: TO_ATTACH}, leaves=True),
    Drift(
        "an SCP retagged", lambda h: retag(h, h.scp("deny-billing")), {GUARD: "tag CostCentre is '1', should be '4711'"}
    ),
    Drift("an SCP untagged", lambda h: untag(h, h.scp("deny-billing")), {GUARD: "tag CostCentre is missing, should"}),
    Drift(
        "another SCP at the root",
        lambda h: h.new_scp("another", h.root),
        {IAM_STACK: "parameter ProtectedPolicyArns is 'arn:"},
        leaves=True,
    ),
    Drift("SCPs disabled", disable_scps, SCPS_OFF, leaves=True),
    Drift("SCPs being disabled", disable_scps_slowly, SCPS_OFF, leaves=True),
    Drift(
        "an account moved to the root", lambda h: h.move(h.account("Physics"), h.ou(), h.root), {PLACED: "at the root"}
    ),
    Drift(
        "a service not trusted any more",
        lambda h: h.organizations.disable_aws_service_access(ServicePrincipal="config.amazonaws.com"),
        {"service config.amazonaws.com": "trusted access to be turned on"},
    ),
    Drift(
        "centralized root access off",
        lambda h: h.organizations.disable_aws_service_access(ServicePrincipal="iam.amazonaws.com"),
        {"centralized root access": "to be turned on"},
    ),
    Drift(
        "the organization deleted",
        delete_the_organization,
        {
            "organization": "with all features",
            "service config.amazonaws.com": "trusted access to be turned on",
            "centralized root access": "to be turned on",
            **NO_OU,
            **SCPS_OFF,
            **NO_GUARD,
            "SCP keep-membership": "from scp-examples/",
            "SCP region-restriction": "from scp-examples/",
            PLACED: "none at the root",
        },
        leaves=True,
    ),
)
