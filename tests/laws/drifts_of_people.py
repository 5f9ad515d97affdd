"""Everything that a person can change by hand in users, groups and their policies, of what orgkit manages."""

from __future__ import annotations

import json
from typing import Final

from laws.drift import AT_ROOT, FIRST_PASSWORD, GUARD, IAM, IAM_STACK, ORG_CONSOLE, OU, TO_ATTACH, Drift
from laws.drifts_of_organization import detach, edit_the_guard, rename_and_untag_the_ou
from laws.hands import ANYTHING, READ_ONLY, Hands, policy_arn


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


def delete_the_role(h: Hands) -> None:
    for policy in h.iam.list_attached_role_policies(RoleName="OrgAdmin")["AttachedPolicies"]:
        h.iam.detach_role_policy(RoleName="OrgAdmin", PolicyArn=policy["PolicyArn"])
    h.iam.delete_role(RoleName="OrgAdmin")


def make_the_role_anew(h: Hands) -> None:
    """For others, under another path."""
    delete_the_role(h)
    h.iam.create_role(RoleName="OrgAdmin", Path="/x/", AssumeRolePolicyDocument=TRUSTS_ANOTHER)


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
    h.iam.delete_role_permissions_boundary(RoleName="OrgAdmin")
    h.iam.detach_role_policy(RoleName="OrgAdmin", PolicyArn=policy_arn("OrgAdminPolicy"))
    h.iam.delete_policy(PolicyArn=policy_arn("OrgAdminPolicy"))


def all_at_once(h: Hands) -> None:
    rename_and_untag_the_ou(h)
    edit_the_guard(h, Content=ANYTHING)
    detach(h, h.scp("deny-billing"), h.root)
    rewrite_a_policy(h)
    h.iam.delete_user_permissions_boundary(UserName="OrgAdmin")
    join(h, "Stranger", "OrgAdmins")
    h.iam.delete_login_profile(UserName="OrgAdmin")
    h.protect(on=False)


TRUSTS_ANOTHER: Final = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "sts:AssumeRole"}],
    }
)
GROUP: Final = "group OrgAdmins"
USER: Final = "user OrgAdmin"
ROLE: Final = "role OrgAdmin"
NOT_IN_IT: Final = f"{USER} is not in the group OrgAdmins, should be"
REWRITTEN: Final = f"policy {policy_arn('OrgAdminPolicy')} is not that of the template"
PEOPLE: Final = (
    Drift(
        "a group renamed",
        rename_the_group,
        {IAM_STACK: f"{GROUP} was deleted, should be there", IAM: NOT_IN_IT},
        leaves=True,
    ),
    Drift("a group deleted", delete_the_group, {IAM_STACK: f"{GROUP} was deleted, should be there", IAM: NOT_IN_IT}),
    Drift(
        "a group under another path",
        lambda h: h.iam.update_group(GroupName="OrgAdmins", NewPath="/x/"),
        {IAM: "group OrgAdmins has the path /x/, should have /"},
    ),
    Drift(
        "a policy off a group",
        lambda h: detach_from(h, "OrgAdmins", "OrgAdminPolicy"),
        {IAM: f"{GROUP} lacks {policy_arn('OrgAdminPolicy')}, should have it"},
    ),
    Drift(
        "a policy on a group",
        lambda h: h.iam.attach_group_policy(GroupName="OrgAdmins", PolicyArn=READ_ONLY),
        {IAM: f"{GROUP} has {READ_ONLY}, should not"},
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
    Drift("a user out of its group", leave_the_group, {IAM: NOT_IN_IT}),
    Drift(
        "a user in a stranger's group",
        lambda h: join(h, "OrgAdmin", "Strangers"),
        {IAM: f"{USER} is in the group Strangers, should not be"},
    ),
    Drift(
        "both users in each other's group",
        swap_the_groups,
        {IAM: "user BillingAdmin is in the group OrgAdmins, should not be"},
    ),
    Drift(
        "a boundary off",
        lambda h: h.iam.delete_user_permissions_boundary(UserName="OrgAdmin"),
        {IAM: f"{USER} has no boundary, should have {policy_arn('OrgAdminPolicy')}"},
    ),
    Drift(
        "another boundary",
        lambda h: h.iam.put_user_permissions_boundary(UserName="OrgAdmin", PermissionsBoundary=READ_ONLY),
        {IAM: f"{USER} has the boundary {READ_ONLY}, should have {policy_arn('OrgAdminPolicy')}"},
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
    Drift(
        "a role that trusts another",
        lambda h: h.iam.update_assume_role_policy(RoleName="OrgAdmin", PolicyDocument=TRUSTS_ANOTHER),
        {IAM: f"{ROLE} may be assumed by others than the template says"},
    ),
    Drift(
        "a policy on a role",
        lambda h: h.iam.attach_role_policy(RoleName="BillingAdmin", PolicyArn=READ_ONLY),
        {IAM: f"role BillingAdmin has {READ_ONLY}, should not"},
    ),
    Drift(
        "a policy on the watcher",
        lambda h: h.iam.attach_role_policy(RoleName="OrgkitWatcher", PolicyArn=READ_ONLY),
        {IAM: f"role OrgkitWatcher has {READ_ONLY}, should not"},
    ),
    Drift(
        "a policy off a role",
        lambda h: h.iam.detach_role_policy(RoleName="OrgAdmin", PolicyArn=policy_arn("OrgAdminLimitsPolicy")),
        {IAM: f"{ROLE} lacks {policy_arn('OrgAdminLimitsPolicy')}, should have it"},
    ),
    Drift(
        "an inline policy on a role",
        lambda h: h.iam.put_role_policy(RoleName="OrgAdmin", PolicyName="more", PolicyDocument=ANYTHING),
        {IAM: f"{ROLE} has the inline policy more, should not"},
    ),
    Drift(
        "a role's boundary off",
        lambda h: h.iam.delete_role_permissions_boundary(RoleName="OrgAdmin"),
        {IAM: f"{ROLE} has no boundary, should have {policy_arn('OrgAdminPolicy')}"},
    ),
    Drift(
        "a boundary on the watcher",
        lambda h: h.iam.put_role_permissions_boundary(RoleName="OrgkitWatcher", PermissionsBoundary=READ_ONLY),
        {IAM: f"role OrgkitWatcher has the boundary {READ_ONLY}, should have none"},
    ),
    Drift(
        "longer sessions of a role",
        lambda h: h.iam.update_role(RoleName="OrgAdmin", MaxSessionDuration=43200),
        {IAM_STACK: f"{ROLE}: MaxSessionDuration is 43200, should be 3600"},
    ),
    Drift("a role deleted", delete_the_role, {IAM_STACK: f"{ROLE} was deleted, should be there"}),
    Drift(
        "a role created again for others",
        make_the_role_anew,
        {
            IAM: f"{ROLE} has the path /x/, should have /; to be created again",
        },
        leaves=True,  # the role's tags, which only CloudFormation puts there
    ),
    Drift("a policy rewritten", rewrite_a_policy, {IAM: REWRITTEN}),
    Drift("a policy with no room", rewrite_a_policy_until_there_is_no_room, {IAM: REWRITTEN}),
    Drift(
        "a policy deleted",
        delete_the_mfa_policy,
        {
            IAM_STACK: "OrgAdminMfaPolicy was deleted, should be there",
            IAM: f"{GROUP} lacks {policy_arn('OrgAdminMfaPolicy')}, should have it",
        },
    ),
    Drift(
        "a boundary deleted",
        delete_the_boundary,
        {
            IAM_STACK: "OrgAdminPolicy was deleted, should be there",
            IAM: f"{USER} has no boundary, should have {policy_arn('OrgAdminPolicy')}",
        },
    ),
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
