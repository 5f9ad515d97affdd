"""The bundled IAM template, read without AWS: what its parameters take, and whether the settings give them that."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from orgkit import bundled
from orgkit.errors import FileProblems, Problem
from orgkit.settings import Iam, limits
from orgkit.settings.reader import Document, Unquoted, parse, read, reason
from orgkit.settings.sources import account_of
from orgkit.settings.text import shown

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

ACCOUNTS: Final = {
    f"{parameter}Account": CHOSEN[parameter] for parameter in ("BillingAdminFrom", "OrgAdminFrom", "Watcher")
}
"""The parameters that have the account of a role in the settings, and the settings that name the role."""

WATCHER: Final = "OrgkitWatcher"
"""The name of the role that the watcher assumes."""

_FILE: Final = f"cloudformation/{bundled.IAM_TEMPLATE.name}"


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
        if len(text.encode()) > limits.TEMPLATE_BYTES:
            yield template.problem((), f"has {len(text.encode()):,} bytes; AWS takes {limits.TEMPLATE_BYTES:,}")
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
    for parameter, setting in CHOSEN.items():
        rules = template.at("Parameters", parameter)
        value = settings.at("iam", setting)
        value = getattr(Iam, setting) if value is None else value
        if isinstance(rules, dict) and isinstance(value, str | bool):
            words = _amiss(rules, _sent(value))
            if words:
                yield settings.problem(("iam", setting), f"{words} (parameter {parameter} of {_FILE})")


def _amiss(rules: Mapping[str, Any], value: str) -> str:
    """Why CloudFormation would refuse the value. AWS CloudFormation User Guide, "Parameters"."""
    allowed = rules.get("AllowedValues")
    if isinstance(allowed, list) and value not in allowed:
        return f"{shown(value)} is none of {', '.join(map(str, allowed))}"
    pattern = rules.get("AllowedPattern")
    if isinstance(pattern, str) and not re.fullmatch(pattern, value):
        return f"{shown(value)} does not match {pattern}"
    if len(value) < _length(rules, "MinLength", len(value)):
        return f"has {len(value)} characters; at least {_length(rules, 'MinLength', 0)} are needed"
    if len(value) > _length(rules, "MaxLength", len(value)):
        return f"has {len(value)} characters; at most {_length(rules, 'MaxLength', 0)} fit"
    return ""


def _length(rules: Mapping[str, Any], rule: str, default: int) -> int:
    written = rules.get(rule)
    text = written.text if isinstance(written, Unquoted) else str(written)
    return int(text) if text.isdecimal() else default


def _sent(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
