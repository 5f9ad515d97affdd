"""What `status` warns of: not drift in what orgkit keeps, but holes that a person should know of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from orgkit import found
from orgkit.aws import Aws
from orgkit.aws.iam import Principal
from orgkit.aws.organizations import has_scps
from orgkit.aws.parallel import side_by_side
from orgkit.iam import passwords
from orgkit.settings import Settings

_ADMINISTRATOR: Final = ":iam::aws:policy/AdministratorAccess"


def warnings(aws: Aws, settings: Settings) -> Iterator[str]:
    """One sentence each, worst first. Only reads."""
    yield from settings.warnings
    looks = (
        partial(_root_user, aws),
        partial(_administrators, aws, settings),
        partial(_admins_without_mfa, aws, settings),
        partial(_unknown_scps, aws, settings),
        partial(_billing_transfers, aws),
    )
    for warned in side_by_side(partial(_found, look) for look in looks):
        yield from warned


def _found(look: Callable[[], Iterator[str]]) -> tuple[str, ...]:
    """Everything a check finds, asked for where it is called."""
    return tuple(look())


def _root_user(aws: Aws) -> Iterator[str]:
    summary = aws.iam.summary()
    if summary["AccountAccessKeysPresent"]:
        yield "The payer's root user has access keys. Delete them: Security credentials, Access keys."
    if not summary["AccountMFAEnabled"]:
        yield "The payer's root user has no MFA device. Add one: Security credentials, Assign MFA device."


def _administrators(aws: Aws, settings: Settings) -> Iterator[str]:
    """Users of the payer that may do everything; the two admins have a step of their own."""
    principals = aws.iam.principals()
    ours = {settings.iam.billing_admin, settings.iam.org_admin}
    strong = {p.name for p in principals if p.kind == "group" and _may_do_everything(p)}
    for user in principals:
        if user.kind != "user" or user.name in ours:
            continue
        if _may_do_everything(user) or strong.intersection(user.groups):
            yield f"User {user.name} of the payer has administrator rights: it can undo everything here."


def _may_do_everything(principal: Principal) -> bool:
    return any(policy.endswith(_ADMINISTRATOR) for policy in principal.policies) or any(
        _allows_everything(document) for document in principal.inline.values()
    )


def _allows_everything(document: Mapping[str, Any]) -> bool:
    return any(
        statement.get("Effect") == "Allow"
        and any(everything in _list(statement.get("Action")) for everything in ("*", "*:*"))
        and "*" in _list(statement.get("Resource"))
        for statement in _list(document.get("Statement"))
        if isinstance(statement, Mapping)
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _admins_without_mfa(aws: Aws, settings: Settings) -> Iterator[str]:
    for user in passwords.users(settings):
        if passwords.has_password(aws, settings, user) and not aws.iam.has_mfa(user):
            yield f"{user} has no MFA device yet."


def _unknown_scps(aws: Aws, settings: Settings) -> Iterator[str]:
    root = aws.organizations.root()
    if root is None or not has_scps(root):
        return
    ours = set(found.ours(aws, settings).scps.values())
    for policy in aws.scps.attached(root["Id"]):
        if not policy.get("AwsManaged") and policy["Name"] not in ours:
            yield f"SCP {policy['Name']} ({policy['Id']}) at the root is not in {settings.path.name}."


def _billing_transfers(aws: Aws) -> Iterator[str]:
    if aws.organizations.organization() is None:
        return
    for transfer in aws.organizations.billing_transfers():
        yield f"The payer takes part in the billing transfer {transfer}: somebody else may own the bill."
