"""The runs that the laws are proved on: each with the account it finds, and what it does there."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from moto.organizations.models import organizations_backends

from orgkit import procedure
from orgkit.aws import Aws
from orgkit.errors import StackFailed
from orgkit.iam import passwords
from orgkit.invite import invitations
from orgkit.invite.targets import Target
from orgkit.report import invitations as invitation_report
from orgkit.sandbox import PAYER
from orgkit.sandbox.cloudformation import fail_resource
from orgkit.settings import Settings
from orgkit.settings.rules import Service
from steps import in_order

_SCP: Final = "SERVICE_CONTROL_POLICY"
_ALLOW_ALL: Final = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)
_READ_ONLY: Final = "arn:aws:iam::aws:policy/ReadOnlyAccess"
_INVITED: Final = tuple(Target(target) for target in ("210987654321", "cloud@example.edu", "321098765432"))
_BEFORE: Final = Target("432109876543")

Api = Callable[[str], Any]
"""The clients of a person who works by hand, by service."""


@dataclass(frozen=True)
class Scene:
    """What was done to an empty account before, and the run that follows."""

    name: str
    before: Callable[[Callable[[], Aws], Api, Settings], None]
    run: Callable[[Aws, Settings], None]

    def __str__(self) -> str:
        return self.name


def bootstrap(aws: Aws, settings: Settings) -> None:
    """What the command does: plan, check, then apply what the same knowledge says."""
    tuple(in_order(aws, settings))
    passwords.check_files(aws, settings)
    tuple(procedure.bootstrap(aws, settings))


def _invite(aws: Aws, settings: Settings) -> None:
    """What the commands invite and place do. Raises OrgkitError if anything was not done."""
    planned = invitations.plan(aws, settings, (*_INVITED, _BEFORE))
    failure = invitation_report.failure(tuple(invitations.carried_out(planned)))
    if failure:
        raise failure
    failure = invitation_report.failure(placed=tuple(invitations.carried_out(invitations.to_place(aws, settings))))
    if failure:
        raise failure


def _nothing(new_run: Callable[[], Aws], api: Api, settings: Settings) -> None:
    """An account that nobody has used yet."""


def _spoilt(new_run: Callable[[], Aws], api: Api, settings: Settings) -> None:
    """After bootstrap, at once most of what a person can change by hand."""
    bootstrap(new_run(), settings)
    organizations = api("organizations")
    root = organizations.list_roots()["Roots"][0]["Id"]
    (ou,) = organizations.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"]
    organizations.update_organizational_unit(OrganizationalUnitId=ou["Id"], Name="Somebody's")
    organizations.create_account(AccountName="Physics", Email="physics@example.edu")
    deleted, edited = _guards(organizations, root)
    for policy in (edited, deleted):
        organizations.detach_policy(PolicyId=policy, TargetId=root)
    organizations.update_policy(PolicyId=edited, Content=_ALLOW_ALL)
    organizations.delete_policy(PolicyId=deleted)
    _tamper(api("iam"))
    passwords.file_of(settings, "OrgAdmin").unlink()  # handed over, as orgkit tells people to
    api("cloudformation").update_termination_protection(StackName=settings.iam.stack, EnableTerminationProtection=False)


def _guards(organizations: Any, root: str) -> list[str]:
    attached = organizations.list_policies_for_target(TargetId=root, Filter=_SCP)["Policies"]
    guards = sorted((policy["Name"], policy["Id"]) for policy in attached if not policy["AwsManaged"])
    return [guard for _, guard in guards]


def _tamper(iam: Any) -> None:
    """In ways that drift detection sees, and in ways that it cannot see."""
    iam.delete_login_profile(UserName="OrgAdmin")
    iam.remove_user_from_group(UserName="OrgAdmin", GroupName="OrgAdmins")
    iam.delete_user_permissions_boundary(UserName="OrgAdmin")
    iam.attach_user_policy(UserName="OrgAdmin", PolicyArn=_READ_ONLY)
    iam.put_group_policy(GroupName="BillingAdmins", PolicyName="more", PolicyDocument=_ALLOW_ALL)
    iam.create_user(UserName="Stranger")
    iam.add_user_to_group(UserName="Stranger", GroupName="OrgAdmins")


def _outdated(new_run: Callable[[], Aws], api: Api, settings: Settings) -> None:
    """The stack names an SCP that is gone, so that it has to be updated."""
    bootstrap(new_run(), settings)
    organizations = api("organizations")
    root = organizations.list_roots()["Roots"][0]["Id"]
    guard, *_ = _guards(organizations, root)
    organizations.detach_policy(PolicyId=guard, TargetId=root)
    organizations.delete_policy(PolicyId=guard)


def _failed(new_run: Callable[[], Aws], api: Api, settings: Settings) -> None:
    """The first bootstrap has left a stack with nothing in it."""
    fail_resource("OrgAdmin", "injected")
    with suppress(StackFailed):
        bootstrap(new_run(), settings)


def _invited_before(new_run: Callable[[], Aws], api: Api, settings: Settings) -> None:
    """After bootstrap, one invited already, two at the root."""
    bootstrap(new_run(), settings)
    organizations = api("organizations")
    organizations.invite_account_to_organization(Target={"Id": _BEFORE.id, "Type": "ACCOUNT"})
    for name in ("Physics", "History"):
        organizations.create_account(AccountName=name, Email=f"{name.lower()}@example.edu")


def _with_an_account(new_run: Callable[[], Aws], api: Api, settings: Settings) -> None:
    """After bootstrap, with an account in the institution's OU."""
    bootstrap(new_run(), settings)
    api("organizations").create_account(AccountName="Security", Email="security@example.edu")
    bootstrap(new_run(), settings)


def _give(aws: Aws, settings: Settings) -> None:
    """Bootstrap with settings that have grown: services with and without an administrator, root access, every role."""
    account = next(each.id for each in organizations_backends[PAYER]["aws"].accounts if each.name == "Security")
    iam = replace(
        settings.iam,
        org_admin_from=f"arn:aws:iam::{PAYER}:saml-provider/Example",
        billing_admin_from="arn:aws:iam::999988887777:role/Billing",
        watcher="arn:aws:iam::999988887777:role/orgkit-watch",
    )
    services = (Service("config.amazonaws.com"), Service("access-analyzer.amazonaws.com", account))
    bootstrap(aws, replace(settings, iam=iam, services=services, root_access=True))


EMPTY: Final = Scene("bootstrap on an empty account", _nothing, bootstrap)
DRIFTED: Final = Scene("bootstrap that mends drift", _spoilt, bootstrap)
OUTDATED: Final = Scene("bootstrap that updates the stack", _outdated, bootstrap)
FAILED: Final = Scene("bootstrap that replaces a failed stack", _failed, bootstrap)
BULK_INVITE: Final = Scene("bulk invite", _invited_before, _invite)
GIVEN: Final = Scene("bootstrap that gives services and roles", _with_an_account, _give)
SCENES: Final = (EMPTY, DRIFTED, OUTDATED, FAILED, BULK_INVITE, GIVEN)
