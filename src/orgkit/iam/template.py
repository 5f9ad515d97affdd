"""The bundled IAM template, read without AWS: what its parameters take, and whether the settings give them that."""

import re
from collections.abc import Iterator
from typing import Final

from orgkit import bundled
from orgkit.errors import FileProblems, Problem
from orgkit.settings import Iam
from orgkit.settings.reader import Document, parse, read, reason
from orgkit.settings.text import account_of, shown

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

_LARGEST: Final = 51_200  # bytes of a template that is sent along with the call
_FILE: Final = f"cloudformation/{bundled.IAM_TEMPLATE.name}"


def text() -> str:
    """The template as CloudFormation is sent it."""
    return bundled.IAM_TEMPLATE.read_text(encoding="utf-8")


def chosen(iam: Iam) -> dict[str, str]:
    """The parameters that the settings choose, as CloudFormation takes them."""
    sent = {parameter: _sent(getattr(iam, setting)) for parameter, setting in CHOSEN.items()}
    accounts = {parameter: account_of(_sent(getattr(iam, setting))) for parameter, setting in ACCOUNTS.items()}
    return sent | accounts


def problems(settings: Document) -> Iterator[Problem]:
    """What is wrong with the template, and with the settings as values of its parameters."""
    try:
        text = read(bundled.IAM_TEMPLATE, _FILE)
        # What it says of CloudFormation's tags (!Sub) is no matter: no parameter has one.
        template = parse(text, _FILE)
    except OSError as error:
        yield Problem(_FILE, 1, 1, "", f"cannot be read: {reason(error)}")
    except FileProblems as found:
        yield from found.problems
    else:
        if len(text.encode()) > _LARGEST:
            yield template.problem((), f"has {len(text.encode()):,} bytes; AWS takes {_LARGEST:,}")
        yield from _parameters(template)
        yield from _values(template, settings)


def _parameters(template: Document) -> Iterator[Problem]:
    """Parameters that orgkit sends and the template lacks, and the reverse."""
    declared = template.at("Parameters")
    declared = declared if isinstance(declared, dict) else {}
    sent = (*FOUND, *CHOSEN, *ACCOUNTS)
    for name in sent:
        if name not in declared:
            yield template.problem(("Parameters", name), "is missing: orgkit sends this parameter")
    for name in declared:
        if name not in sent and template.at("Parameters", name, "Default") is None:
            yield template.problem(("Parameters", name), "has no Default, and orgkit does not send it", at_key=True)


def _values(template: Document, settings: Document) -> Iterator[Problem]:
    """Settings that CloudFormation would refuse. AWS CloudFormation User Guide, "Parameters"."""
    for parameter, setting in CHOSEN.items():
        rules, value = template.at("Parameters", parameter), settings.at("iam", setting)
        value = getattr(Iam, setting) if value is None else value
        if not isinstance(rules, dict) or not isinstance(value, str | bool):
            continue
        allowed, pattern, sent, words = rules.get("AllowedValues"), rules.get("AllowedPattern"), _sent(value), ""
        if isinstance(allowed, list) and sent not in allowed:
            words = f"{shown(sent)} is none of {', '.join(map(str, allowed))}"
        elif isinstance(pattern, str) and not re.fullmatch(pattern, sent):
            words = f"{shown(sent)} does not match {pattern}"
        if words:
            yield settings.problem(("iam", setting), f"{words} (parameter {parameter} of {_FILE})")


def _sent(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
