"""Who in the payer could take it over: users, groups and roles, by the policies on them.

An allowed action is enough, whatever its resource or condition: this errs towards a warning. Two exceptions: what a
user may do to itself alone, and sts:AssumeRole on named roles. The actions, and AWS's policies, are in takeover.yaml.
"""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from orgkit import found
from orgkit.aws import Aws
from orgkit.aws.principals import Principal
from orgkit.bundled import shipped
from orgkit.settings import Settings

_FILE: Final = Path(__file__).with_suffix(".yaml")
_OWN: Final = "${aws:username}"
_OF_SERVICES: Final = "/aws-service-role/"
_OF_IDENTITY_CENTER: Final = "/aws-reserved/sso.amazonaws.com/"
_ACCESS_MANAGER: Final = "account-access.amazonaws.com"


def ways_in(aws: Aws, settings: Settings) -> Iterator[str]:
    """Users, groups and roles of the payer that can take it over; the two admins have a step of their own."""
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
    for statement in found.statements(role.trust):
        principal = statement.get("Principal")
        if principal == "*":
            trusted.append("anybody")
        elif isinstance(principal, Mapping):
            trusted += [
                _in_words(kind, str(name), payer) for kind in principal for name in found.listed(principal[kind])
            ]
    return " and ".join(dict.fromkeys(trusted)) or "nobody at present"


def _by_document(name: str, document: Any) -> Iterator[str]:
    """The actions that a policy allows of those that open the payer."""
    for statement in found.statements(document):
        excluded = "NotAction" in statement
        patterns = [
            str(pattern).lower() for pattern in found.listed(statement.get("NotAction" if excluded else "Action"))
        ]
        resources = [str(resource) for resource in found.listed(statement.get("Resource"))]
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
