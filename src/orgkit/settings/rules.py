"""What is wrong or doubtful in the settings and no schema can say: which texts AWS takes, and what goes together."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Final

from orgkit.errors import Problem
from orgkit.settings.reader import Document
from orgkit.settings.services import services, verdicts
from orgkit.settings.text import TAG_CHARACTERS, account_of, refused, shown, taggable

_NAMES: Final = {"billing_admin": "BillingAdmin", "org_admin": "OrgAdmin"}
"""Of the two admins, where the settings name none."""

_SOURCES: Final = ("billing_admin_from", "org_admin_from", "watcher")


def problems(document: Document) -> Iterator[Problem]:
    """Every rule at once. What has the wrong type or shape is left to the schema."""
    institution = document.at("institution")
    if isinstance(institution, str) and refused(institution):
        yield document.problem(("institution",), refused(institution))
    # IAM sees no difference between upper and lower case in names (IAM User Guide, "IAM and AWS STS quotas").
    named = {key: document.at("iam", key) for key in _NAMES}
    if len({str(name or _NAMES[key]).casefold() for key, name in named.items()}) == 1:
        last = "org_admin" if named["org_admin"] else "billing_admin"
        yield document.problem(("iam", last), "must differ from the other admin's name, and not only in case")
    yield from _sources(document)
    yield from _services(document)
    yield from _tags(document)


def _sources(document: Document) -> Iterator[Problem]:
    """Sources that would let in somebody else than is meant.

    One person who is both admins has no separation to live with. IAM's `*` matches slashes, as fnmatch's does.
    """
    written = {key: str(document.at("iam", key) or "") for key in _SOURCES}
    payer = str(document.at("account"))
    for key, source in written.items():
        if account_of(source) == payer:
            yield document.problem(("iam", key), "is a role of the payer itself, and must be one of another account")
        elif ":saml-provider/" in source and f"::{payer}:" not in source:
            yield document.problem(("iam", key), "is the provider of another account, and must be one of the payer")
    billing, org, _ = written.values()
    place = ("iam", "org_admin_from")
    if billing and org and (fnmatchcase(billing, org) or fnmatchcase(org, billing)):
        yield document.problem(place, "must differ from billing_admin_from: whoever comes from there would be both")
    elif (account := account_of(org)) and account == account_of(billing):
        words = f"org_admin_from is of the same account as billing_admin_from: who administers {account} can be both"
        yield document.problem(place, words, warning=True)


def _services(document: Document) -> Iterator[Problem]:
    """Services that the institution cannot have, and those that want a second thought."""
    named: set[str] = set()
    for place, service in services(document):
        name, verdict = service.principal, verdicts().get(service.principal)
        if name in named:
            yield document.problem(place, f"{name} is named twice")
        elif verdict is None:
            yield document.problem(place, f"{name} is a service orgkit does not know", warning=True)
        elif verdict.verdict == "refused":
            yield document.problem(place, f"{name} cannot be given: {verdict.reason}")
        elif verdict.verdict == "warned":
            yield document.problem(place, f"{name}: {verdict.reason}", warning=True)
        at_administrator = (*place[:2], "administrator")
        if service.administrator and verdict and not verdict.administrators:
            yield document.problem(at_administrator, f"{name} has no delegated administrator")
        elif service.administrator and service.administrator == document.at("account"):
            yield document.problem(at_administrator, "must be an account of the institution, not the payer")
        named.add(name)


def _tags(document: Document) -> Iterator[Problem]:
    """Tags as every service takes them; IAM sees no difference between upper and lower case in their keys."""
    tags = document.at("tags")
    earlier: dict[str, str] = {}
    for key, value in tags.items() if isinstance(tags, dict) else ():
        place, same = ("tags", key), earlier.setdefault(key.casefold(), key)
        if not taggable(key):
            yield document.problem(place, f"a key {TAG_CHARACTERS}", at_key=True)
        elif same != key:
            yield document.problem(place, f"differs from {shown(same)} only in case", at_key=True)
        if isinstance(value, str) and not taggable(value):
            yield document.problem(place, TAG_CHARACTERS)
