"""What `status` warns of: not drift in what orgkit keeps, but holes that a person should know of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, Final, Literal

from orgkit import found
from orgkit.aws import Aws
from orgkit.aws.client import side_by_side
from orgkit.aws.organizations import has_scps
from orgkit.errors import UnexpectedAnswer
from orgkit.iam import passwords
from orgkit.invite.invitations import open_invitations
from orgkit.report import by_hand, takeover
from orgkit.settings import Settings
from orgkit.settings.services import verdicts
from orgkit.settings.text import account_of

# AWS attaches an SCP of its own to organizations made in its console since July 2026; its statement has this name.
_DEFAULT_STATEMENT: Final = "DenyLeaveOrganizationAndCloseAccount"
_ACTIONS_SHOWN: Final = 3


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
    }
    sources = {settings.iam.billing_admin_from, settings.iam.org_admin_from}
    providers = sorted(source for source in sources if source and not account_of(source))
    if providers:
        looks["whether the identity providers are there"] = partial(_missing_providers, aws, providers)
    if aws.organizations.organization():
        looks |= {
            "which SCPs are at the root": partial(_unknown_scps, aws, settings),
            "the organization's resource policy": partial(_resource_policy, aws),
            "which services are trusted": partial(_trusted_services, aws, settings),
            "which accounts administer services": partial(_delegated_administrators, aws, settings),
            "inbound billing transfers": partial(_transfers, aws, "inbound"),
            "outbound billing transfers": partial(_transfers, aws, "outbound"),
        }

    def said(what: str, look: Callable[[], Iterable[str]]) -> tuple[str, ...]:
        lines, unread = by_hand.checked(what, lambda: tuple(look()))
        return (*(lines or ()), *unread)

    invitations = partial(by_hand.checked, "which invitations are open", partial(open_invitations, aws))
    tasks = partial(by_hand.find, aws, settings)
    reads: list[Callable[[], Any]] = [*(partial(said, what, look) for what, look in looks.items()), invitations, tasks]
    *warnings, (waiting, unread), left = side_by_side(reads)
    return Notes(
        (*settings.warnings, *chain(*warnings), *unread, *left.unchecked),
        (*left.left, *by_hand.password_files(settings)),
        waiting or 0,
    )


def _ways_in(aws: Aws, settings: Settings) -> Iterator[str]:
    """Users, groups and roles of the payer that can take it over; the two admins have a step of their own."""
    principals, documents = aws.iam.principals(), aws.iam.documents()
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


def _missing_providers(aws: Aws, named: Iterable[str]) -> Iterator[str]:
    """A role whose provider is not there lets nobody in."""
    there = aws.iam.saml_providers()
    for provider in named:
        if provider not in there:
            yield f"Identity provider {provider} is not there, so nobody can take its role: create it in IAM."


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
            is_awss = _DEFAULT_STATEMENT in aws.scps.content(policy["Id"])
            kind = "AWS's own default for new organizations" if is_awss else "unknown"
            yield f"SCP {policy['Name']} ({policy['Id']}) at the root is not in {settings.path.name}: {kind}."


def _resource_policy(aws: Aws) -> Iterator[str]:
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
    for principal in sorted(aws.delegation.services() - {service.principal for service in settings.services}):
        known = verdicts().get(principal)
        if known and known.verdict != "allowed":
            yield f"The service {principal} is trusted in the organization: {known.reason.strip()}."


def _delegated_administrators(aws: Aws, settings: Settings) -> Iterator[str]:
    named = {service.administrator for service in settings.services}
    for account in aws.delegation.administrators():
        if account["Id"] not in named:
            yield (
                f"Account {account['Id']} ({account.get('Name', '')}) administers services for the whole organization: "
                f"`aws organizations list-delegated-services-for-account --account-id {account['Id']}` names them."
            )


def _transfers(aws: Aws, direction: Literal["inbound", "outbound"]) -> Iterator[str]:
    verbs = {"ACCEPTED": "pays", "WITHDRAWN": "pays, until the transfer ends,"}
    for transfer in aws.delegation.billing_transfers(direction):
        pays = verbs.get(transfer.get("Status", ""), "is asked to pay")
        party = transfer.get("Source") if direction == "inbound" else transfer.get("Target")
        other = (party or {}).get("ManagementAccountId", "another organization")
        if direction == "inbound":
            yield f"Billing transfer {transfer['Id']}: this payer {pays} the bills of {other}."
        else:
            yield f"Billing transfer {transfer['Id']}: {other} {pays} the bills of this payer, and sees its cost."
