"""Where the people of a role come from: a SAML provider of the payer, or a role of another account."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Final

from orgkit.errors import Problem
from orgkit.settings.reader import Document

ADMINS: Final = ("billing_admin_from", "org_admin_from")
_ROLE: Final = "a role of another account, arn:aws:iam::ACCOUNT:role/NAME"
_EITHER: Final = f"a SAML provider of the payer, arn:aws:iam::PAYER:saml-provider/NAME, or {_ROLE}"
_ARN: Final = re.compile(r"arn:aws[a-z-]*:(?P<service>\w+):[^:]*:(?P<account>[^:]*):(?P<kind>[^/]+)/?(?P<name>.*)")
_NAME: Final = re.compile(r"[A-Za-z0-9_+=,.@/*?-]+")
_OTHERS: Final = {
    "assumed-role": "is a session, not the role itself",
    "oidc-provider": "is an OIDC provider, which signs nobody in to the console",
    "root": "is a root user",
    "user": "is a user",
}


def account_of(source: str) -> str:
    """The account of a role; "" for a SAML provider."""
    return source.split(":")[4] if ":role/" in source else ""


def problems(document: Document) -> Iterator[Problem]:
    """Sources that would let in somebody else than is meant, or nobody."""
    named: dict[str, str] = {}
    for key in (*ADMINS, "watcher"):
        source = document.at("iam", key)
        if not isinstance(source, str) or not source:
            continue
        wanted = _EITHER if key in ADMINS else _ROLE
        words = _amiss(source, str(document.at("account")), saml=key in ADMINS)
        if words:
            yield document.problem(("iam", key), f"{words}; it must be {wanted}")
        elif key in ADMINS:
            named[key] = source
    if len(named) == len(ADMINS):
        yield from _apart(document, *named.values())


def _apart(document: Document, billing: str, org: str) -> Iterator[Problem]:
    """One person who is both admins has no separation to live with. IAM's `*` matches slashes, as fnmatch's does."""
    place = ("iam", "org_admin_from")
    if fnmatchcase(billing, org) or fnmatchcase(org, billing):
        yield document.problem(place, "must differ from billing_admin_from: whoever comes from there would be both")
    elif (account := account_of(org)) and account == account_of(billing):
        words = f"org_admin_from is of the same account as billing_admin_from: who administers {account} can be both"
        yield document.problem(place, words, warning=True)


def _amiss(source: str, payer: str, *, saml: bool) -> str:
    """Why a source is none, or ""."""
    parts = _ARN.fullmatch(source)
    if not parts:
        return "is no ARN"
    kind, account, name = parts["kind"], parts["account"], parts["name"]
    if not re.fullmatch(r"[0-9]{12}", account):
        return "names no single account: wildcards may stand in the name of a role only"
    provider = kind == "saml-provider" and saml
    if parts["service"] != "iam" or not (kind == "role" or provider):
        return _OTHERS.get(kind, "is neither")
    if not _NAME.fullmatch(name):
        return "has no name that IAM would take"
    if provider:
        elsewhere = "is the provider of another account" if account != payer else ""
        return elsewhere or ("is no single provider" if {"*", "?"} & set(name) else "")
    if account == payer:
        return "is a role of the payer itself"
    return "is every role of that account" if not name.strip("*?/") else ""
