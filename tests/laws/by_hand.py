"""Everything that a person can change by hand: in what orgkit manages, and in what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from botocore.exceptions import ClientError

from laws.hands import ANYTHING, FULL_ACCESS, INSTITUTION, READ_ONLY, SCP, STACK, Hands, policy_arn
from orgkit.sandbox import PAYER, clock, organizations

OU: Final = f"institution OU {INSTITUTION}"
GUARD: Final = "SCP deny-billing"
AT_ROOT: Final = f"{GUARD} at the root"
AT_OU: Final = "SCP region-restriction at the institution OU"
IAM_STACK: Final = f"IAM stack {STACK}"
IAM: Final = "IAM users and groups"
ORG_CONSOLE: Final = "console access of OrgAdmin"
BILLING_CONSOLE: Final = "console access of BillingAdmin"
PLACED: Final = "accounts in the OU"
FULL: Final = "FullAWSAccess at the root"
TYPE: Final = "service control policies"

NAMES: Final = "names what is missing above"
TO_ATTACH: Final = "to be attached"
FIRST_PASSWORD: Final = "first password into"


@dataclass(frozen=True)
class Drift:
    """A change by hand, and what status says of each thing that is not in place then.

    `leaves` tells that the hand has taken away, or put there, what orgkit does not manage: that stays so.
    """

    what: str
    deed: Callable[[Hands], object]
    says: Mapping[str, str]
    leaves: bool = False


# Organizations


def rename_the_ou(h: Hands) -> None:
    h.organizations.update_organizational_unit(OrganizationalUnitId=h.ou(), Name="Theirs")


def empty_and_delete_the_ou(h: Hands) -> None:
    h.move(h.account("Physics"), h.ou(), h.root)
    h.move(h.account("Chemistry"), h.ou("Inner", h.ou()), h.root)
    for ou in (h.ou("Inner", h.ou()), h.ou()):
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


def put_another_scp_in_its_place(h: Hands) -> None:
    edit_the_guard(h, Name="open")
    h.new_scp("deny-billing")


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
    FULL: "AWS attaches it",
}
NO_GUARD: Final = {GUARD: "from scp-examples/deny-billing.json", AT_ROOT: TO_ATTACH, IAM_STACK: NAMES}
NO_OU: Final = {OU: "under the root", AT_OU: TO_ATTACH, IAM_STACK: NAMES}
ORGANIZATIONS: Final = (
    Drift("the OU renamed", rename_the_ou, {OU: "name is 'Theirs', should be 'Example University'"}),
    Drift("the OU deleted", empty_and_delete_the_ou, {**NO_OU, PLACED: "are at the root"}, leaves=True),
    Drift(
        "another OU under its name",
        put_another_ou_in_its_place,
        {OU: "CostCentre is missing", AT_OU: TO_ATTACH, IAM_STACK: "parameter InstitutionOuId is ou-"},
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
        "an SCP renamed and rewritten", lambda h: edit_the_guard(h, Name="x", Content=ANYTHING), NO_GUARD, leaves=True
    ),
    Drift("an SCP deleted", delete_the_guard, NO_GUARD, leaves=True),
    Drift(
        "another SCP under its name",
        put_another_scp_in_its_place,
        {GUARD: "content is not that of", AT_ROOT: TO_ATTACH, IAM_STACK: "parameter ProtectedPolicyArns is arn:"},
        leaves=True,
    ),
    Drift("an SCP detached", lambda h: detach(h, h.scp("deny-billing"), h.root), {AT_ROOT: TO_ATTACH}),
    Drift("an SCP detached from the OU", lambda h: detach(h, h.scp("region-restriction"), h.ou()), {AT_OU: TO_ATTACH}),
    Drift("an SCP moved from the OU to the root", move_an_scp_to_the_root, {AT_OU: TO_ATTACH}, leaves=True),
    Drift(
        "an SCP retagged", lambda h: retag(h, h.scp("deny-billing")), {GUARD: "tag CostCentre is '1', should be '4711'"}
    ),
    Drift("an SCP untagged", lambda h: untag(h, h.scp("deny-billing")), {GUARD: "tag CostCentre is missing, should"}),
    Drift("SCPs disabled", disable_scps, SCPS_OFF, leaves=True),
    Drift("SCPs being disabled", disable_scps_slowly, SCPS_OFF, leaves=True),
    Drift(
        "an account moved to the root", lambda h: h.move(h.account("Physics"), h.ou(), h.root), {PLACED: "at the root"}
    ),
    Drift(
        "the organization deleted",
        delete_the_organization,
        {
            "organization": "with all features",
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


# IAM


def rename_the_group(h: Hands) -> None:
    h.iam.update_group(GroupName="OrgAdmins", NewGroupName="Elsewhere")


def delete_the_group(h: Hands) -> None:
    for policy in h.iam.list_attached_group_policies(GroupName="OrgAdmins")["AttachedPolicies"]:
        h.iam.detach_group_policy(GroupName="OrgAdmins", PolicyArn=policy["PolicyArn"])
    leave_the_group(h)
    h.iam.delete_group(GroupName="OrgAdmins")


def detach_from(h: Hands, group: str, policy: str) -> None:
    h.iam.detach_group_policy(GroupName=group, PolicyArn=policy_arn(policy))


def join(h: Hands, user: str, group: str) -> None:
    h.iam.add_user_to_group(UserName=user, GroupName=group)


def leave_the_group(h: Hands) -> None:
    h.iam.remove_user_from_group(UserName="OrgAdmin", GroupName="OrgAdmins")


def swap_the_groups(h: Hands) -> None:
    h.iam.remove_user_from_group(UserName="BillingAdmin", GroupName="BillingAdmins")
    leave_the_group(h)
    join(h, "BillingAdmin", "OrgAdmins")
    join(h, "OrgAdmin", "BillingAdmins")


def rename_the_user(h: Hands) -> None:
    h.iam.update_user(UserName="OrgAdmin", NewUserName="Other")


def delete_the_user(h: Hands) -> None:
    h.iam.delete_login_profile(UserName="OrgAdmin")
    leave_the_group(h)
    h.iam.delete_user(UserName="OrgAdmin")


def rewrite_a_policy(h: Hands, *, default: bool = True) -> None:
    arn = policy_arn("OrgAdminPolicy")
    h.iam.create_policy_version(PolicyArn=arn, PolicyDocument=ANYTHING, SetAsDefault=default)


def rewrite_a_policy_until_there_is_no_room(h: Hands) -> None:
    for _ in range(4):
        rewrite_a_policy(h)


def delete_the_mfa_policy(h: Hands) -> None:
    for group in ("OrgAdmins", "BillingAdmins"):
        detach_from(h, group, "OrgAdminMfaPolicy")
    h.iam.delete_policy(PolicyArn=policy_arn("OrgAdminMfaPolicy"))


def delete_the_boundary(h: Hands) -> None:
    detach_from(h, "OrgAdmins", "OrgAdminPolicy")
    h.iam.delete_user_permissions_boundary(UserName="OrgAdmin")
    h.iam.delete_policy(PolicyArn=policy_arn("OrgAdminPolicy"))


def all_at_once(h: Hands) -> None:
    rename_and_untag_the_ou(h)
    edit_the_guard(h, Content=ANYTHING)
    detach(h, h.scp("deny-billing"), h.root)
    rewrite_a_policy(h)
    h.iam.delete_user_permissions_boundary(UserName="OrgAdmin")
    join(h, "Stranger", "OrgAdmins")
    h.iam.delete_login_profile(UserName="OrgAdmin")
    protect(h, on=False)


GROUP: Final = "OrgAdmins (OrgAdmins)"
USER: Final = "OrgAdmin (OrgAdmin)"
PEOPLE: Final = (
    Drift("a group renamed", rename_the_group, {IAM_STACK: f"{GROUP} was deleted, should be there"}, leaves=True),
    Drift("a group deleted", delete_the_group, {IAM_STACK: f"{GROUP} was deleted, should be there"}),
    Drift(
        "a group under another path",
        lambda h: h.iam.update_group(GroupName="OrgAdmins", NewPath="/x/"),
        {IAM: "group OrgAdmins has the path /x/, should have /"},
    ),
    Drift(
        "a policy off a group",
        lambda h: detach_from(h, "OrgAdmins", "OrgAdminPolicy"),
        {IAM_STACK: f"{GROUP} /ManagedPolicyArns/0 is null, should be {policy_arn('OrgAdminPolicy')}"},
    ),
    Drift(
        "a policy on a group",
        lambda h: h.iam.attach_group_policy(GroupName="OrgAdmins", PolicyArn=READ_ONLY),
        {IAM_STACK: f"{GROUP} /ManagedPolicyArns/3 is {READ_ONLY}, should be null"},
    ),
    Drift(
        "an inline policy on a group",
        lambda h: h.iam.put_group_policy(GroupName="OrgAdmins", PolicyName="more", PolicyDocument=ANYTHING),
        {IAM: "group OrgAdmins has the inline policy more, should not"},
    ),
    Drift(
        "a stranger in a group",
        lambda h: join(h, "Stranger", "OrgAdmins"),
        {IAM: "user Stranger is in the group OrgAdmins, should not be"},
    ),
    Drift(
        "a user renamed",
        rename_the_user,
        {
            IAM_STACK: f"{USER} was deleted, should be there",
            IAM: "user Other is in the group OrgAdmins, should not be",
            ORG_CONSOLE: FIRST_PASSWORD,
        },
        leaves=True,
    ),
    Drift(
        "a user deleted",
        delete_the_user,
        {IAM_STACK: f"{USER} was deleted, should be there", ORG_CONSOLE: FIRST_PASSWORD},
    ),
    Drift(
        "a user under another path",
        lambda h: h.iam.update_user(UserName="OrgAdmin", NewPath="/x/"),
        {IAM: "user OrgAdmin has the path /x/, should have /"},
    ),
    Drift("a user out of its group", leave_the_group, {IAM_STACK: f"{USER} /Groups/0 is null, should be OrgAdmins"}),
    Drift(
        "a user in a stranger's group",
        lambda h: join(h, "OrgAdmin", "Strangers"),
        {IAM_STACK: f"{USER} /Groups/1 is Strangers, should be null"},
    ),
    Drift(
        "both users in each other's group",
        swap_the_groups,
        {IAM_STACK: "BillingAdmin (BillingAdmin) /Groups/0 is OrgAdmins, should be null"},
    ),
    Drift(
        "a boundary off",
        lambda h: h.iam.delete_user_permissions_boundary(UserName="OrgAdmin"),
        {IAM_STACK: f"{USER} /PermissionsBoundary is null, should be {policy_arn('OrgAdminPolicy')}"},
    ),
    Drift(
        "another boundary",
        lambda h: h.iam.put_user_permissions_boundary(UserName="OrgAdmin", PermissionsBoundary=READ_ONLY),
        {IAM_STACK: f"{USER} /PermissionsBoundary is {READ_ONLY}, should be {policy_arn('OrgAdminPolicy')}"},
    ),
    Drift(
        "a policy on a user",
        lambda h: h.iam.attach_user_policy(UserName="OrgAdmin", PolicyArn=READ_ONLY),
        {IAM: f"user OrgAdmin has {READ_ONLY}, should not"},
    ),
    Drift(
        "an inline policy on a user",
        lambda h: h.iam.put_user_policy(UserName="OrgAdmin", PolicyName="more", PolicyDocument=ANYTHING),
        {IAM: "user OrgAdmin has the inline policy more, should not"},
    ),
    Drift(
        "a login profile deleted",
        lambda h: h.iam.delete_login_profile(UserName="OrgAdmin"),
        {ORG_CONSOLE: "first password into OrgAdmin_credentials.csv"},
    ),
    Drift("a policy rewritten", rewrite_a_policy, {IAM_STACK: "/PolicyDocument/Statement is {"}),
    Drift(
        "a policy with no room", rewrite_a_policy_until_there_is_no_room, {IAM_STACK: "/PolicyDocument/Statement is"}
    ),
    Drift("a policy deleted", delete_the_mfa_policy, {IAM_STACK: "OrgAdminMfaPolicy) was deleted, should be there"}),
    Drift("a boundary deleted", delete_the_boundary, {IAM_STACK: "OrgAdminPolicy) was deleted, should be there"}),
    Drift(
        "all at once",
        all_at_once,
        {
            OU: "name is 'Theirs', should be 'Example University'",
            GUARD: "content is not that of scp-examples/deny-billing.json",
            AT_ROOT: TO_ATTACH,
            IAM_STACK: "termination protection is off, should be on",
            IAM: "user Stranger is in the group OrgAdmins, should not be",
            ORG_CONSOLE: FIRST_PASSWORD,
        },
    ),
)


# The stack


def edit_the_template(h: Hands, old: str, new: str) -> None:
    body = h.cloudformation.get_template(StackName=STACK)["TemplateBody"]
    assert old in body
    h.update_stack(TemplateBody=body.replace(old, new))


def protect(h: Hands, *, on: bool) -> None:
    h.cloudformation.update_termination_protection(StackName=STACK, EnableTerminationProtection=on)


def delete_the_stack(h: Hands) -> None:
    for user in ("OrgAdmin", "BillingAdmin"):
        h.iam.delete_login_profile(UserName=user)
    protect(h, on=False)
    h.cloudformation.delete_stack(StackName=STACK)
    with suppress(ClientError):  # that there is none
        h.settled()


def tagged(h: Hands, **tags: str) -> None:
    h.update_stack(Tags=[{"Key": key, "Value": value} for key, value in tags.items()])


MORE: Final = "Resources:\n  More:\n    Type: AWS::IAM::Group\n    Properties: {GroupName: More}\n"
OTHER_TEMPLATE: Final = {IAM_STACK: "template is not this orgkit's iam.yaml", IAM: "come with the stack's update"}
THE_STACK: Final = (
    Drift(
        "a parameter changed",
        lambda h: h.update_stack(Parameters=h.parameters(RequireMfa="false")),
        {IAM_STACK: "parameter RequireMfa is false, should be true"},
    ),
    Drift(
        "nothing protected",
        lambda h: h.update_stack(Parameters=h.parameters(ProtectedPolicyArns="")),
        {IAM_STACK: "parameter ProtectedPolicyArns is , should be arn:"},
    ),
    Drift(
        "a user renamed by a parameter",
        lambda h: h.update_stack(Parameters=h.parameters(OrgAdminName="Other")),
        {IAM_STACK: "parameter OrgAdminName is Other, should be OrgAdmin", ORG_CONSOLE: FIRST_PASSWORD},
    ),
    Drift(
        "a right added to the template",
        lambda h: edit_the_template(h, "compute-optimizer:Get*", "compute-optimizer:*"),
        OTHER_TEMPLATE,
    ),
    Drift("a resource added to the template", lambda h: edit_the_template(h, "Resources:\n", MORE), OTHER_TEMPLATE),
    Drift(
        "a boundary taken out of the template",
        lambda h: edit_the_template(h, "      PermissionsBoundary: !Ref OrgPolicy\n", ""),
        OTHER_TEMPLATE,
    ),
    Drift(
        "the stack retagged",
        lambda h: tagged(h, CostCentre="1", Theirs="yes"),
        {IAM_STACK: "tag CostCentre is 1, should be 4711"},
    ),
    Drift(
        "the stack untagged",
        lambda h: tagged(h, Theirs="yes"),
        {IAM_STACK: "tag CostCentre is missing, should be 4711"},
    ),
    Drift(
        "protection off",
        lambda h: protect(h, on=False),
        {IAM_STACK: "termination protection is off, should be on"},
    ),
    Drift(
        "the stack deleted",
        delete_the_stack,
        {
            IAM_STACK: "in us-east-1",
            IAM: "come with the stack",
            ORG_CONSOLE: FIRST_PASSWORD,
            BILLING_CONSOLE: FIRST_PASSWORD,
        },
        leaves=True,
    ),
)

DRIFTS: Final = (*ORGANIZATIONS, *PEOPLE, *THE_STACK)


# What orgkit does not manage


def hand_out_a_key(h: Hands) -> None:
    h.iam.create_access_key(UserName="OrgAdmin")


def choose_a_password(h: Hands) -> None:
    h.iam.update_login_profile(UserName="OrgAdmin", Password="Chosen-by-its-0wner", PasswordResetRequired=False)


def comment_the_template(h: Hands) -> None:
    body = h.cloudformation.get_template(StackName=STACK)["TemplateBody"]
    h.update_stack(
        TemplateBody=f"{body}# Reviewed by us.\n",
        Tags=[{"Key": "CostCentre", "Value": "4711"}, {"Key": "Theirs", "Value": "still"}],
    )


def attach_elsewhere(h: Hands, scp: str, target: str) -> None:
    h.organizations.attach_policy(PolicyId=scp, TargetId=target)


OTHERS: Final[Mapping[str, Callable[[Hands], Any]]] = {
    "an SCP attached to another OU too": lambda h: attach_elsewhere(h, h.scp("deny-billing"), h.ou("Foreign")),
    "an SCP of theirs at the OU": lambda h: h.new_scp("another", h.ou()),
    "FullAWSAccess off the OU": lambda h: detach(h, FULL_ACCESS, h.ou()),
    "an account moved to another OU": lambda h: h.move(h.account("Physics"), h.ou(), h.ou("Foreign")),
    "an account moved within the OU": lambda h: h.move(h.account("Chemistry"), h.ou("Inner", h.ou()), h.ou()),
    "the payer moved into the OU": lambda h: h.move(PAYER, h.root, h.ou()),
    "a new OU": lambda h: h.new_ou("Another"),
    "another tag on the OU": lambda h: h.organizations.tag_resource(
        ResourceId=h.ou(), Tags=[{"Key": "Colour", "Value": "red"}]
    ),
    "a policy of the stack on a stranger": lambda h: h.iam.attach_user_policy(
        UserName="Stranger", PolicyArn=policy_arn("OrgAdminPolicy")
    ),
    "a version of a policy that is not in force": lambda h: rewrite_a_policy(h, default=False),
    "a new user": lambda h: h.iam.create_user(UserName="Another"),
    "an access key": hand_out_a_key,
    "a password": choose_a_password,
    "a user retagged": lambda h: h.iam.tag_user(UserName="OrgAdmin", Tags=[{"Key": "CostCentre", "Value": "1"}]),
    "a user untagged": lambda h: h.iam.untag_user(UserName="OrgAdmin", TagKeys=["CostCentre"]),
    "an MFA device": lambda h: h.give_mfa("OrgAdmin"),
    "a comment in the template": comment_the_template,
}
