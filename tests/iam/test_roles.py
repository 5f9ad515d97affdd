"""The admins' roles and the watcher's: they come and go with the settings, and are put right without CloudFormation."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from orgkit import procedure
from orgkit.errors import Blocked
from orgkit.iam import stack as iam_stack
from orgkit.sandbox import PAYER
from orgkit.step import State
from steps import in_order

ROLES = {
    "org_admin_from": f"arn:aws:iam::{PAYER}:saml-provider/Example",
    "billing_admin_from": "arn:aws:iam::999988887777:role/Billing",
    "watcher": "arn:aws:iam::999988887777:role/orgkit-watch",
}
NAMES = {"OrgAdmin", "BillingAdmin", "OrgkitWatcher"}
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ANYTHING = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
THEIRS = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "sts:AssumeRole"}],
    }
)


def given(settings, **iam):
    return replace(settings, iam=replace(settings.iam, **iam))


def mend(aws, settings, *, quick: bool = False) -> None:
    now = aws()
    now.cloudformation.quick = quick
    for step in in_order(now, settings):
        step.applied()


def differs(aws, settings, *, quick: bool = False) -> dict[str, procedure.Step]:
    now = aws()
    now.cloudformation.quick = quick
    steps = in_order(now, settings)
    return {step.thing: step for step in steps if step.state is not State.IN_PLACE}


def roles(iam) -> set[str]:
    return NAMES & {role["RoleName"] for role in iam.list_roles()["Roles"]}


def policy(name: str) -> str:
    return f"arn:aws:iam::{PAYER}:policy/{name}"


def test_they_come_and_go_with_their_settings(aws, settings, bootstrapped, iam):
    assert roles(iam) == set()
    mend(aws, given(settings, **ROLES))
    assert roles(iam) == NAMES
    assert differs(aws, given(settings, **ROLES)) == {}
    mend(aws, settings)
    assert roles(iam) == set()


def test_without_console_access_the_users_have_no_password_and_stay_for_emergencies(aws, settings, iam):
    wanted = given(settings, console_access=False, **ROLES)
    mend(aws, wanted)
    assert differs(aws, wanted) == {}
    assert {user["UserName"] for user in iam.list_users()["Users"]} == {"OrgAdmin", "BillingAdmin"}
    for user in ("OrgAdmin", "BillingAdmin"):
        with pytest.raises(ClientError, match="NoSuchEntity"):
            iam.get_login_profile(UserName=user)


@pytest.mark.parametrize("there", [False, True], ids=["first bootstrap", "later"])
def test_somebody_else_s_role_of_the_name_is_in_the_way(aws, settings, iam, there):
    if there:
        mend(aws, settings)
    iam.create_role(RoleName="orgkitWATCHER", AssumeRolePolicyDocument=THEIRS)
    with pytest.raises(Blocked) as stopped:
        mend(aws, given(settings, watcher=ROLES["watcher"]))
    step = differs(aws, given(settings, watcher=ROLES["watcher"]))["IAM stack orgkit-iam"]
    assert step.differences == ["role orgkitWATCHER is there already"]
    assert "elete the role OrgkitWatcher or iam.watcher" in stopped.value.remedy
    assert ("iam.region" in stopped.value.remedy) is not there
    iam.delete_role(RoleName="orgkitWATCHER")
    mend(aws, given(settings, watcher=ROLES["watcher"]))
    assert roles(iam) == {"OrgkitWatcher"}


@pytest.mark.parametrize("setting", ROLES)
def test_nobody_of_another_partition_is_trusted(aws, settings, setting):
    wanted = given(settings, **{setting: ROLES[setting].replace("arn:aws:", "arn:aws-cn:")})
    with pytest.raises(Blocked, match=f"iam.{setting} is of another partition than the payer, which is in aws"):
        mend(aws, wanted)


def test_whoever_is_of_another_partition_is_told_so_without_a_look_at_the_stack(aws, settings, wire):
    wanted = given(settings, watcher=ROLES["watcher"].replace("arn:aws:", "arn:aws-cn:"))
    assert iam_stack.deployed(aws(), wanted).state is State.BLOCKED
    assert wire == []


def delete(iam, name: str) -> None:
    for each in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=name, PolicyArn=each["PolicyArn"])
    iam.delete_role(RoleName=name)


def elsewhere(iam) -> None:
    delete(iam, "OrgAdmin")
    iam.create_role(RoleName="OrgAdmin", Path="/x/", AssumeRolePolicyDocument=THEIRS)
    iam.attach_role_policy(RoleName="OrgAdmin", PolicyArn=READ_ONLY)
    iam.put_role_policy(RoleName="OrgAdmin", PolicyName="more", PolicyDocument=ANYTHING)


TAMPERINGS = {
    "trusts another": (
        lambda iam: iam.update_assume_role_policy(RoleName="OrgAdmin", PolicyDocument=THEIRS),
        "role OrgAdmin may be assumed by others than the template says",
    ),
    "no boundary": (
        lambda iam: iam.delete_role_permissions_boundary(RoleName="BillingAdmin"),
        f"role BillingAdmin has no boundary, should have {policy('BillingAdminPolicy')}",
    ),
    "another boundary": (
        lambda iam: iam.put_role_permissions_boundary(RoleName="OrgkitWatcher", PermissionsBoundary=READ_ONLY),
        f"role OrgkitWatcher has the boundary {READ_ONLY}, should have none",
    ),
    "another policy": (
        lambda iam: iam.attach_role_policy(RoleName="OrgkitWatcher", PolicyArn=READ_ONLY),
        f"role OrgkitWatcher has {READ_ONLY}, should not",
    ),
    "the MFA policy, which would deny everything": (
        lambda iam: iam.attach_role_policy(RoleName="OrgAdmin", PolicyArn=policy("OrgAdminMfaPolicy")),
        f"role OrgAdmin has {policy('OrgAdminMfaPolicy')}, should not",
    ),
    "a policy less": (
        lambda iam: iam.detach_role_policy(RoleName="OrgAdmin", PolicyArn=policy("OrgAdminLimitsPolicy")),
        f"role OrgAdmin lacks {policy('OrgAdminLimitsPolicy')}, should have it",
    ),
    "an inline policy": (
        lambda iam: iam.put_role_policy(RoleName="OrgAdmin", PolicyName="more", PolicyDocument=ANYTHING),
        "role OrgAdmin has the inline policy more, should not",
    ),
    "deleted": (lambda iam: delete(iam, "OrgkitWatcher"), "role OrgkitWatcher was deleted, should be there"),
    "made anew elsewhere": (
        elsewhere,
        f"role OrgAdmin has the path /x/, should have /; to be created again, without {READ_ONLY}, more",
    ),
}


@pytest.mark.parametrize(("tamper", "said"), TAMPERINGS.values(), ids=TAMPERINGS)
def test_what_was_changed_by_hand_is_told_and_restored_without_drift_detection(aws, settings, iam, tamper, said):
    wanted = given(settings, **ROLES)
    mend(aws, wanted)
    tamper(iam)
    (step,) = differs(aws, wanted, quick=True).values()
    assert said in (step.detail, *step.differences)
    mend(aws, wanted, quick=True)
    assert differs(aws, wanted) == {}
