"""What `status` says besides its verdict: holes that a person should know of, and what only a person can do.

The tasks are derived from what AWS shows: bootstrap, status and the handover pages say the same. None of this is needed
for the verdict: a read that fails becomes a sentence, and nobody waits long for it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from orgkit import found
from orgkit.aws import Aws
from orgkit.aws.attempts import hurried
from orgkit.aws.client import side_by_side
from orgkit.aws.organizations import has_scps
from orgkit.bundled import shipped
from orgkit.errors import OrgkitError
from orgkit.iam import passwords
from orgkit.report import takeover
from orgkit.settings import Settings
from orgkit.settings.services import verdicts
from orgkit.settings.text import account_of

# AWS attaches an SCP of its own to organizations made in its console since July 2026; its statement has this name.
_DEFAULT_STATEMENT: Final = "DenyLeaveOrganizationAndCloseAccount"
_ACTIONS_SHOWN: Final = 3

_TASKS: Final = Path(__file__).with_name("tasks.yaml")

T = TypeVar("T")
Check = Callable[[Aws, Settings], Iterable[str]]


@dataclass(frozen=True)
class Notes:
    """What a person should know and do."""

    warnings: tuple[str, ...]
    """Worst first. A read that failed is among them."""
    remaining: tuple[str, ...]
    """What is left for a person to do, in its order."""
    done: tuple[str, ...] = ()
    """What AWS or the settings show to be done of it."""
    open_invitations: int = 0


def find(aws: Aws, settings: Settings) -> Notes:
    """Warnings, one sentence each, worst first, and what else a person should know. Only reads; none is needed."""
    organization = aws.organizations.organization()
    checks = {**_CHECKS, **(_CHECKS_OF_AN_ORGANIZATION if organization else {})}

    def said(what: str, check: Check) -> tuple[str, ...]:
        lines, unread = checked(what, lambda: tuple(check(aws, settings)))
        return (*(lines or ()), *unread)

    reads: list[Callable[[], Any]] = [partial(said, what, check) for what, check in checks.items()]
    reads.append(partial(checked, "which invitations are open", aws.handshakes.open if organization else tuple))
    reads.append(partial(by_hand, aws, settings))
    *warnings, (waiting, unread), left = side_by_side(reads)
    return Notes(
        (*settings.warnings, *chain(*warnings), *unread, *left.warnings),
        (*left.remaining, *password_files(settings)),
        open_invitations=len(waiting or ()),
    )


def by_hand(aws: Aws, settings: Settings) -> Notes:
    """What is left for the payer's root user. A read that fails leaves its task to do, and is named."""
    every = tasks(settings)
    answers = {name: checked(f"whether {every[name]['done']}", is_done) for name, is_done in _checks(aws, settings)}
    return Notes(
        warnings=tuple(line for _, unread in answers.values() for line in unread),
        remaining=tuple(every[name]["to_do"] for name, (is_done, _) in answers.items() if not is_done),
        done=tuple(every[name]["done"] for name, (is_done, _) in answers.items() if is_done),
    )


def remaining(aws: Aws, settings: Settings) -> list[str]:
    """Everything that is left for a person, in its order."""
    return [*by_hand(aws, settings).remaining, *password_files(settings)]


def tasks(settings: Settings) -> dict[str, dict[str, str]]:
    """What only the payer's root user can do, by its name in tasks.yaml."""
    values = {"account": settings.account, "file": settings.path.name}
    return {
        name: {key: words.format_map(values) for key, words in task.items()} for name, task in shipped(_TASKS).items()
    }


def password_files(settings: Settings) -> Iterator[str]:
    """What to do with the files of first passwords that still lie beside the settings."""
    parties = {settings.iam.billing_admin: "the partner", settings.iam.org_admin: "the institution"}
    for user in passwords.users(settings):
        file = passwords.file_of(settings, user)
        if file.exists():
            yield f"Give {file.name} to {parties[user]}, and delete it here."


def checked(what: str, read: Callable[[], T]) -> tuple[T | None, tuple[str, ...]]:
    """What `read` finds; or None, and why it finds nothing: `whether … could not be checked: AccessDenied`."""
    try:
        with hurried():
            return read(), ()
    except OrgkitError as error:
        return None, (f"{what} could not be checked: {error.message}",)


def _admins_without_mfa(aws: Aws, settings: Settings) -> Iterator[str]:
    for user in passwords.users(settings):
        if passwords.has_password(aws, settings, user) and not aws.iam.has_mfa(user):
            yield f"{user} has no MFA device yet."


def _missing_providers(aws: Aws, settings: Settings) -> Iterator[str]:
    """A role whose provider is not there lets nobody in."""
    sources = {settings.iam.billing_admin_from, settings.iam.org_admin_from}
    named = {source for source in sources if source and not account_of(source)}
    for provider in sorted(named - aws.iam.saml_providers() if named else ()):
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


def _resource_policy(aws: Aws, _settings: Settings) -> Iterator[str]:
    document = found.parsed(aws.delegation.resource_policy() or "{}", "the organization's resource policy")
    for statement in found.statements(document):
        who = statement.get("Principal")
        parts = who.values() if isinstance(who, dict) else [who]
        names = [name for part in parts for name in found.listed(part)]
        actions = [str(action) for action in found.listed(statement.get("Action"))]
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


def _transfers(direction: Literal["inbound", "outbound"], aws: Aws, _settings: Settings) -> Iterator[str]:
    verbs = {"ACCEPTED": "pays", "WITHDRAWN": "pays, until the transfer ends,"}
    for transfer in aws.delegation.billing_transfers(direction):
        pays = verbs.get(transfer.get("Status", ""), "is asked to pay")
        party = transfer.get("Source") if direction == "inbound" else transfer.get("Target")
        other = (party or {}).get("ManagementAccountId", "another organization")
        if direction == "inbound":
            yield f"Billing transfer {transfer['Id']}: this payer {pays} the bills of {other}."
        else:
            yield f"Billing transfer {transfer['Id']}: {other} {pays} the bills of this payer, and sees its cost."


_CHECKS: Final[Mapping[str, Check]] = {
    "who can take over the payer": takeover.ways_in,
    "whether the two admins have MFA": _admins_without_mfa,
    "whether the two admins have access keys": _admins_with_keys,
    "whether the identity providers are there": _missing_providers,
}
_CHECKS_OF_AN_ORGANIZATION: Final[Mapping[str, Check]] = {
    "which SCPs are at the root": _unknown_scps,
    "the organization's resource policy": _resource_policy,
    "which services are trusted": _trusted_services,
    "which accounts administer services": _delegated_administrators,
    "inbound billing transfers": partial(_transfers, "inbound"),
    "outbound billing transfers": partial(_transfers, "outbound"),
}


def _checks(aws: Aws, settings: Settings) -> Iterator[tuple[str, Callable[[], bool]]]:
    """How to see that each task is done. Before there is an organization, only the root user itself needs work."""

    def somebody_was_invited() -> bool:
        """AWS lets no invitation out before the payer's address is verified; it shows invitations for 30 days."""
        if aws.handshakes.all():
            return True
        root = aws.organizations.root()
        joined = aws.organizations.accounts(root["Id"]) if root else ()
        return any(each.get("JoinedMethod") == "INVITED" and each["Id"] != aws.caller.account for each in joined)

    if aws.organizations.organization():
        yield "billing", lambda: "billing-access" in settings.done_by_hand
        yield "quota", lambda: "account-quota" in settings.done_by_hand
        yield "email", somebody_was_invited
    yield "mfa", lambda: bool(aws.iam.summary()["AccountMFAEnabled"])
    yield "keys", lambda: not aws.iam.summary()["AccountAccessKeysPresent"]
