"""What `status` warns of: not drift in what orgkit keeps, but holes that a person should know of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from orgkit import found
from orgkit.aws import Aws
from orgkit.aws.iam import Principal
from orgkit.aws.organizations import has_scps
from orgkit.aws.parallel import side_by_side
from orgkit.iam import passwords
from orgkit.invite.invitations import open_invitations
from orgkit.report import by_hand
from orgkit.report.needless import Unread, checked
from orgkit.settings import Settings

_ADMINISTRATOR: Final = ":iam::aws:policy/AdministratorAccess"


@dataclass(frozen=True)
class Notes:
    """What `status` says besides its verdict. A read that failed is among the warnings."""

    warnings: tuple[str, ...]
    remaining: tuple[str, ...]
    """What is left for a person to do."""
    open_invitations: int


def find(aws: Aws, settings: Settings) -> Notes:
    """Warnings, one sentence each, worst first, and what else a person should know. Only reads; none is needed."""
    looks: dict[str, Callable[[], Iterable[str]]] = {
        "who can take over the payer": partial(_administrators, aws, settings),
        "whether the two admins have MFA": partial(_admins_without_mfa, aws, settings),
        "which SCPs are at the root": partial(_unknown_scps, aws, settings),
        "billing transfers": partial(_billing_transfers, aws),
    }
    invitations = partial(checked, "which invitations are open", partial(open_invitations, aws))
    tasks = partial(by_hand.find, aws, settings)
    reads: list[Callable[[], Any]] = [*(partial(_said, what, look) for what, look in looks.items()), invitations, tasks]
    *said, number, left = side_by_side(reads)
    unread = [number.text] if isinstance(number, Unread) else []
    return Notes(
        (*settings.warnings, *(line for lines in said for line in lines), *unread, *left.unchecked),
        (*left.left, *by_hand.password_files(settings)),
        0 if isinstance(number, Unread) else number,
    )


def _said(what: str, look: Callable[[], Iterable[str]]) -> tuple[str, ...]:
    """Everything a check finds, asked for where it is called; or that it could not be checked."""
    lines = checked(what, lambda: tuple(look()))
    return (lines.text,) if isinstance(lines, Unread) else lines


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
