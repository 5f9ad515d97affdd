"""What `status` warns of: not drift in what orgkit keeps, but holes that a person should know of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from orgkit import found
from orgkit.aws import Aws
from orgkit.aws.organizations import has_scps
from orgkit.aws.parallel import side_by_side
from orgkit.errors import UnexpectedAnswer
from orgkit.iam import passwords
from orgkit.invite.invitations import open_invitations
from orgkit.report import by_hand, takeover
from orgkit.report.needless import Unread, checked
from orgkit.settings import Settings
from orgkit.settings.services import verdicts

_DEFAULT_STATEMENT: Final = "DenyLeaveOrganizationAndCloseAccount"
_ACTIONS_SHOWN: Final = 3

if TYPE_CHECKING:
    from types_boto3_organizations.type_defs import ResponsibilityTransferTypeDef


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
        "who can take over the payer": partial(_ways_in, aws, settings),
        "whether the two admins have MFA": partial(_admins_without_mfa, aws, settings),
        "whether the two admins have access keys": partial(_admins_with_keys, aws, settings),
        "which SCPs are at the root": partial(_unknown_scps, aws, settings),
        "the organization's resource policy": partial(_resource_policy, aws),
        "which services are trusted": partial(_trusted_services, aws, settings),
        "which accounts administer services": partial(_delegated_administrators, aws, settings),
        "inbound billing transfers": partial(_inbound_transfers, aws),
        "outbound billing transfers": partial(_outbound_transfers, aws),
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


def _ways_in(aws: Aws, settings: Settings) -> Iterator[str]:
    """Users, groups and roles of the payer that can take it over; the two admins have a step of their own."""
    principals, documents = (*aws.iam.principals(), *aws.iam.roles()), aws.iam.documents()
    admins = (settings.iam.billing_admin, settings.iam.org_admin)
    known = {*settings.trusted_roles, *admins, *(f"{admin}s" for admin in admins)}
    for principal in principals:
        why = takeover.reasons(principal, documents) if principal.name not in known else []
        members = [user.name for user in principals if principal.kind == "group" and principal.name in user.groups]
        if why and (members or principal.kind != "group"):
            yield (
                f"{principal.kind.title()} {principal.name} can take the payer over, by {why[0]}."
                + (f" In the group: {', '.join(members)}." if members else "")
                + (f" May assume it: {takeover.who_assumes(principal, settings.account)}." if principal.trust else "")
            )
    for name in sorted(set(settings.trusted_roles) - {principal.name for principal in principals}):
        yield f"trusted_roles names {name}, but no user, group or role of the payer has that name."


def _admins_without_mfa(aws: Aws, settings: Settings) -> Iterator[str]:
    for user in passwords.users(settings):
        if passwords.has_password(aws, settings, user) and not aws.iam.has_mfa(user):
            yield f"{user} has no MFA device yet."


def _admins_with_keys(aws: Aws, settings: Settings) -> Iterator[str]:
    """An access key signs in without MFA for ever, and the admins need none: `aws login` takes their password."""
    for user in (settings.iam.billing_admin, settings.iam.org_admin):
        if aws.cloudformation.find(settings.iam.stack) and (keys := aws.iam.access_keys(user)):
            yield f"{user} has an access key ({', '.join(keys)}), which never expires: delete it."


def _unknown_scps(aws: Aws, settings: Settings) -> Iterator[str]:
    root = aws.organizations.root()
    if root is None or not has_scps(root):
        return
    ours = set(found.ours(aws, settings).scps.values())
    for policy in aws.scps.attached(root["Id"]):
        if not policy.get("AwsManaged") and policy["Name"] not in ours:
            kind = "AWS's own default for new organizations" if _is_awss_default(aws, policy["Id"]) else "unknown"
            yield f"SCP {policy['Name']} ({policy['Id']}) at the root is not in {settings.path.name}: {kind}."


def _is_awss_default(aws: Aws, policy: str) -> bool:
    """AWS attaches one to organizations made in its console since July 2026; its statement has this name."""
    return _DEFAULT_STATEMENT in aws.scps.content(policy)


def _resource_policy(aws: Aws) -> Iterator[str]:
    if aws.organizations.organization() is None:
        return
    text = aws.delegation.resource_policy()
    try:
        document = json.loads(text or "{}")
    except ValueError as odd:
        raise UnexpectedAnswer("DescribeResourcePolicy", f"its content is not JSON: {odd}") from odd
    for statement in takeover.statements(document):
        who = statement.get("Principal")
        parts = who.values() if isinstance(who, dict) else [who]
        names = [name for part in parts for name in takeover.listed(part)]
        actions = [str(action) for action in takeover.listed(statement.get("Action"))]
        more = f" and {len(actions) - _ACTIONS_SHOWN} more" if len(actions) > _ACTIONS_SHOWN else ""
        yield (
            f"The organization's resource policy lets {', '.join(map(str, names)) or 'others'} call "
            f"{', '.join(actions[:_ACTIONS_SHOWN]) or 'nearly everything'}{more}."
        )


def _trusted_services(aws: Aws, settings: Settings) -> Iterator[str]:
    if aws.organizations.organization() is None:
        return
    for principal in sorted(aws.delegation.services() - {service.principal for service in settings.services}):
        known = verdicts().get(principal)
        if known and known.verdict != "allowed":
            yield f"The service {principal} is trusted in the organization: {known.reason.strip()}."


def _delegated_administrators(aws: Aws, settings: Settings) -> Iterator[str]:
    if aws.organizations.organization() is None:
        return
    named = {service.administrator for service in settings.services}
    for account in aws.delegation.all_administrators():
        if account["Id"] not in named:
            yield (
                f"Account {account['Id']} ({account.get('Name', '')}) administers services for the whole organization: "
                f"`aws organizations list-delegated-services-for-account --account-id {account['Id']}` names them."
            )


def _inbound_transfers(aws: Aws) -> Iterator[str]:
    if aws.organizations.organization() is None:
        return
    for transfer in aws.organizations.billing_transfers("inbound"):
        other = transfer.get("Source", {}).get("ManagementAccountId", "another organization")
        yield f"Billing transfer {transfer['Id']}: this payer {_pays(transfer)} the bills of {other}."


def _outbound_transfers(aws: Aws) -> Iterator[str]:
    if aws.organizations.organization() is None:
        return
    for transfer in aws.organizations.billing_transfers("outbound"):
        other = transfer.get("Target", {}).get("ManagementAccountId", "another organization")
        yield (
            f"Billing transfer {transfer['Id']}: {other} {_pays(transfer)} the bills of this payer, and sees its cost."
        )


def _pays(transfer: ResponsibilityTransferTypeDef) -> str:
    verbs = {"ACCEPTED": "pays", "WITHDRAWN": "pays, until the transfer ends,"}
    return verbs.get(transfer.get("Status", ""), "is asked to pay")
