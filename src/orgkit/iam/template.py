"""The bundled IAM template, read without AWS, and what the settings choose for its parameters."""

from collections.abc import Iterator
from typing import Final

from orgkit import bundled
from orgkit.errors import FileProblems, Problem
from orgkit.settings import Iam
from orgkit.settings.reader import parse, read, reason
from orgkit.settings.text import account_of

FOUND: Final = ("OrganizationId", "RootId", "InstitutionOuId", "ProtectedPolicyArns", "OwnPolicies")
"""The parameters whose values orgkit finds in AWS."""

CHOSEN: Final = {
    "BillingAdminName": "billing_admin",
    "OrgAdminName": "org_admin",
    "AccessRoleName": "access_role",
    "RequireMfa": "require_mfa",
    "BillingAdminFrom": "billing_admin_from",
    "OrgAdminFrom": "org_admin_from",
    "Watcher": "watcher",
}
"""The parameters whose values the settings choose, and the settings that do."""

ACCOUNTS: Final = {f"{name}Account": CHOSEN[name] for name in ("BillingAdminFrom", "OrgAdminFrom", "Watcher")}
"""The parameters that have the account of a role in the settings, and the settings that name the role."""

WATCHER: Final = "OrgkitWatcher"
"""The name of the role that the watcher assumes."""

_FILE: Final = f"cloudformation/{bundled.IAM_TEMPLATE.name}"


def text() -> str:
    """The template as CloudFormation is sent it."""
    return bundled.IAM_TEMPLATE.read_text(encoding="utf-8")


def chosen(iam: Iam) -> dict[str, str]:
    """The parameters that the settings choose, as CloudFormation takes them."""
    sent = {}
    for parameter, setting in CHOSEN.items():
        value = getattr(iam, setting)
        sent[parameter] = str(value).lower() if isinstance(value, bool) else value or ""
    return sent | {parameter: account_of(getattr(iam, setting) or "") for parameter, setting in ACCOUNTS.items()}


def problems() -> Iterator[Problem]:
    """What is wrong with the template: it must be there, be YAML, and have the parameters that orgkit sends."""
    try:
        # What it says of CloudFormation's tags (!Sub) is no matter: no parameter has one.
        template = parse(read(bundled.IAM_TEMPLATE, _FILE), _FILE)
    except OSError as error:
        yield Problem(_FILE, 1, 1, "", f"cannot be read: {reason(error)}")
    except FileProblems as found:
        yield from found.problems
    else:
        declared, sent = template.at("Parameters"), (*FOUND, *CHOSEN, *ACCOUNTS)
        declared = declared if isinstance(declared, dict) else {}
        for name in sent:
            if name not in declared:
                yield template.problem(("Parameters", name), "is missing: orgkit sends this parameter")
        for name in declared:
            if name not in sent and template.at("Parameters", name, "Default") is None:
                yield template.problem(("Parameters", name), "has no Default, and orgkit does not send it", at_key=True)
