"""What `status` says besides its verdict: weaknesses, who could take the payer over, and what only a person can do.

The tasks are derived from what AWS shows: bootstrap, status and the handover pages say the same. None of this is needed
for the verdict: a read that fails becomes a sentence, and nobody waits long for it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from orgkit import found
from orgkit.aws import Aws
from orgkit.aws.attempts import hurried
from orgkit.aws.client import side_by_side
from orgkit.aws.organizations import has_scps
from orgkit.aws.principals import Principal, as_list, statements
from orgkit.bundled import shipped
from orgkit.errors import OrgkitError
from orgkit.iam import passwords
from orgkit.settings import Settings
from orgkit.settings.rules import verdicts
from orgkit.settings.text import account_of

_FILE: Final = Path(__file__).with_suffix(".yaml")

# AWS attaches an SCP of its own to organizations made in its console since July 2026; its statement has this name.
_DEFAULT_STATEMENT: Final = "DenyLeaveOrganizationAndCloseAccount"
_ACTIONS_SHOWN: Final = 3
_OWN: Final = "${aws:username}"
_OF_SERVICES: Final = "/aws-service-role/"
_OF_IDENTITY_CENTER: Final = "/aws-reserved/sso.amazonaws.com/"
_ACCESS_MANAGER: Final = "account-access.amazonaws.com"

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
    checks: dict[str, Check] = {
        "who can take over the payer": _ways_in,
        "whether the two admins have MFA": _admins_without_mfa,
        "whether the two admins have access keys": _admins_with_keys,
        "whether the identity providers are there": _missing_providers,
    }
    if organization:
        checks |= {
            "which SCPs are at the root": _unknown_scps,
            "the organization's resource policy": _resource_policy,
            "which services are trusted": _trusted_services,
            "which accounts administer services": _delegated_administrators,
            "inbound billing transfers": partial(_transfers, "inbound"),
            "outbound billing transfers": partial(_transfers, "outbound"),
        }

    def said(what: str, check: Check) -> tuple[str, ...]:
        """What a check says, if it fails what it said before that."""
        lines: list[str] = []
        _, unread = checked(what, lambda: lines.extend(check(aws, settings)))
        return (*lines, *unread)

    reads: list[Callable[[], Any]] = [partial(said, what, check) for what, check in checks.items()]
    reads.append(partial(checked, "which invitations are open", aws.handshakes.open if organization else tuple))
    reads.append(partial(root_tasks, aws, settings))
    *warnings, (waiting, unread), left = side_by_side(reads)
    return Notes(
        (*settings.warnings, *chain(*warnings), *unread, *left.warnings),
        (*left.remaining, *password_files(settings)),
        open_invitations=len(waiting or ()),
    )


def checked(what: str, read: Callable[[], T]) -> tuple[T | None, tuple[str, ...]]:
    """What `read` finds; or None, and why it finds nothing: `whether … could not be checked: AccessDenied`."""
    try:
        with hurried():
            return read(), ()
    except OrgkitError as error:
        return None, (f"{what} could not be checked: {error.message}",)


# What only a person can do


def root_tasks(aws: Aws, settings: Settings) -> Notes:
    """What is left for the payer's root user. A read that fails leaves its task to do, and is named.

    Before there is an organization, only the root user itself needs work.
    """

    def somebody_was_invited() -> bool:
        """AWS lets no invitation out before the payer's address is verified; it shows invitations for 30 days."""
        if aws.handshakes.all():
            return True
        root = aws.organizations.root()
        joined = aws.organizations.accounts(root["Id"]) if root else ()
        return any(each.get("JoinedMethod") == "INVITED" and each["Id"] != aws.caller.account for each in joined)

    checks: dict[str, Callable[[], bool]] = {
        "mfa": lambda: bool(aws.iam.summary()["AccountMFAEnabled"]),
        "keys": lambda: not aws.iam.summary()["AccountAccessKeysPresent"],
    }
    if aws.organizations.organization():
        checks |= {
            "billing": lambda: "billing-access" in settings.done_by_hand,
            "quota": lambda: "account-quota" in settings.done_by_hand,
            "email": somebody_was_invited,
        }
    every = {name: task for name, task in tasks(settings).items() if name in checks}
    answers = {name: checked(f"whether {task['done']}", checks[name]) for name, task in every.items()}
    return Notes(
        warnings=tuple(line for _, unread in answers.values() for line in unread),
        remaining=tuple(every[name]["to_do"] for name, (is_done, _) in answers.items() if not is_done),
        done=tuple(every[name]["done"] for name, (is_done, _) in answers.items() if is_done),
    )


def tasks(settings: Settings) -> dict[str, dict[str, str]]:
    """What only the payer's root user can do, by its name in notes.yaml, in the order to do it in."""
    values = {"account": settings.account, "file": settings.path.name}
    every = shipped(_FILE)["tasks"].items()
    return {name: {key: words.format_map(values) for key, words in task.items()} for name, task in every}


def password_files(settings: Settings) -> Iterator[str]:
    """What to do with the files of first passwords that still lie beside the settings."""
    parties = {settings.iam.billing_admin: "the partner", settings.iam.org_admin: "the institution"}
    for user in settings.iam.users:
        file = passwords.file_of(settings, user)
        if file.exists():
            yield f"Give {file.name} to {parties[user]}, and delete it here."


# Weaknesses


def _admins_without_mfa(aws: Aws, settings: Settings) -> Iterator[str]:
    for user in settings.iam.users:
        if passwords.has_password(aws, settings, user) and not aws.iam.has_mfa(user):
            yield f"{user} has no MFA device yet."


def _admins_with_keys(aws: Aws, settings: Settings) -> Iterator[str]:
    """An access key signs in without MFA forever, and the admins need none: `aws login` takes their password."""
    if aws.cloudformation.find(settings.iam.stack):
        for user in (settings.iam.billing_admin, settings.iam.org_admin):
            if keys := aws.iam.access_keys(user):
                yield f"{user} has an access key ({', '.join(keys)}), which never expires: delete it."


def _missing_providers(aws: Aws, settings: Settings) -> Iterator[str]:
    """A role whose provider is not there lets nobody in."""
    sources = (settings.iam.billing_admin_from, settings.iam.org_admin_from)
    named = {source for source in sources if source and not account_of(source)}
    for provider in sorted(named.difference(aws.iam.saml_providers()) if named else ()):
        yield f"Identity provider {provider} is not there, so nobody can take its role: create it in IAM."


def _unknown_scps(aws: Aws, settings: Settings) -> Iterator[str]:
    root = aws.organizations.root()
    if root is None or not has_scps(root):
        return
    ours = {policy["Name"] for each in settings.scps if (policy := found.scp(aws, settings, each))}
    for policy in aws.scps.attached(root["Id"]):
        if not policy.get("AwsManaged") and policy["Name"] not in ours:
            is_awss = _DEFAULT_STATEMENT in aws.scps.content(policy["Id"])
            kind = "AWS's own default for new organizations" if is_awss else "unknown"
            yield f"SCP {policy['Name']} ({policy['Id']}) at the root is not in {settings.path.name}: {kind}."


def _resource_policy(aws: Aws, _settings: Settings) -> Iterator[str]:
    document = found.parsed(aws.delegation.resource_policy() or "{}", "the organization's resource policy")
    for statement in statements(document):
        who = statement.get("Principal")
        parts = who.values() if isinstance(who, dict) else [who]
        names = [name for part in parts for name in as_list(part)]
        actions = [str(action) for action in as_list(statement.get("Action"))]
        more = f" and {len(actions) - _ACTIONS_SHOWN} more" if len(actions) > _ACTIONS_SHOWN else ""
        yield (
            f"The organization's resource policy lets {', '.join(map(str, names)) or 'others'} call "
            f"{', '.join(actions[:_ACTIONS_SHOWN]) or 'nearly everything'}{more}."
        )


def _trusted_services(aws: Aws, settings: Settings) -> Iterator[str]:
    for principal in sorted({*aws.delegation.services()} - {service.principal for service in settings.services}):
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


# Who in the payer could take it over


def _ways_in(aws: Aws, settings: Settings) -> Iterator[str]:
    """Users, groups and roles that can take the payer over, by the policies on them; the two admins have own steps.

    An allowed action is enough, whatever its resource or condition: this errs towards a warning. Two exceptions: what a
    user may do to itself alone, and sts:AssumeRole on named roles. The actions, and AWS's policies, are in notes.yaml.
    """
    principals, documents, _ = aws.iam.details()
    admins = (settings.iam.billing_admin, settings.iam.org_admin)
    known = {*settings.trusted_roles, *admins, *(f"{admin}s" for admin in admins)}
    for principal in principals:
        why = "" if principal.name in known else next(_reasons(principal, documents), "")
        members = [user.name for user in principals if principal.kind == "group" and principal.name in user.groups]
        if why and (members or principal.kind != "group"):
            yield (
                f"{principal.kind.title()} {principal.name} can take the payer over, by {why}."
                + (f" In the group: {', '.join(members)}." if members else "")
                + (f" May assume it: {_who_assumes(principal, settings.account)}." if principal.trust else "")
            )
    for name in sorted(set(settings.trusted_roles) - {principal.name for principal in principals}):
        yield f"trusted_roles names {name}, but no user, group or role of the payer has that name."


def _reasons(principal: Principal, documents: Mapping[str, Any]) -> Iterator[str]:
    """What lets it take the payer over: a policy of AWS's by its name, or an action and the policy that allows it."""
    if principal.path.startswith(_OF_SERVICES):
        return
    for arn in principal.policies:
        name = arn.rsplit("/", 1)[-1]
        if ":iam::aws:policy/" not in arn:
            yield from _by_document(name, documents.get(arn))
        elif name in shipped(_FILE)["policies"]:
            yield f"AWS's policy {name}"
    for name, document in principal.inline.items():
        yield from _by_document(name, document)


def _who_assumes(role: Principal, payer: str) -> str:
    """Who may assume a role, in words, from its trust policy."""
    if role.path.startswith(_OF_IDENTITY_CENTER):
        return "whomever Identity Center assigns it to"
    trusted: list[str] = []
    for statement in statements(role.trust):
        principal = statement.get("Principal")
        if principal == "*":
            trusted.append("anybody")
        elif isinstance(principal, Mapping):
            trusted += [_in_words(kind, str(name), payer) for kind in principal for name in as_list(principal[kind])]
    return " and ".join(dict.fromkeys(trusted)) or "nobody at present"


def _by_document(name: str, document: Any) -> Iterator[str]:
    """The actions that a policy allows of those that open the payer."""
    for statement in statements(document):
        excluded = "NotAction" in statement
        patterns = [str(pattern).lower() for pattern in as_list(statement.get("NotAction" if excluded else "Action"))]
        resources = [str(resource) for resource in as_list(statement.get("Resource"))]
        if resources and all(_OWN in resource for resource in resources):
            continue
        anywhere = not resources or "*" in resources
        for action in shipped(_FILE)["actions"]:
            named = any(fnmatchcase(action.lower(), pattern) for pattern in patterns)
            if named != excluded and (anywhere or not action.startswith("sts:")):
                yield f"policy {name}, which allows {action}"


def _in_words(kind: str, name: str, payer: str) -> str:
    if kind == "Federated":
        return f"users of the identity provider {name.rsplit(':', 1)[-1]}"
    if kind == "Service":
        return "whomever account access manager assigns it to" if name == _ACCESS_MANAGER else f"the service {name}"
    account = name.split(":")[4] if name.startswith("arn:") else name
    if account == "*":
        return "anybody"
    if account != payer:
        return f"account {account}"
    return "users and roles of the payer" if name.endswith((":root", payer)) else name.split(":", 5)[-1]
