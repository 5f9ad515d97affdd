"""What is wrong or doubtful but no schema can say: names, sources and tags, services, actions that AWS does not have.

Two lists ship with orgkit. services.yaml has the verdict on each service that the institution may be given. The other
has the actions of each service, by AWS's Service Authorization Reference: AWS itself refuses no action that it does not
know, and one that is misspelt guards nothing. AWS adds actions all the time, so what is not in the list may be newer.
"""

import gzip
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase, translate
from functools import cache
from pathlib import Path
from typing import Final, Literal

from orgkit.bundled import shipped
from orgkit.errors import Problem
from orgkit.settings.reader import Document, Place
from orgkit.settings.text import TAG_CHARACTERS, account_of, shown, taggable

ACTIONS: Final = Path(__file__).with_name("actions.txt.gz")
"""One line per service: its prefix first, then each action with the numbers of the resource types it has. The ARN
patterns of these types follow on a line of their own, which begins with a space."""

_ACTIONS_OF: Final = "September 2026"
# The names of the two admins if the settings name none.
BILLING_ADMIN: Final = "BillingAdmin"
ORG_ADMIN: Final = "OrgAdmin"

Actions = Mapping[str, tuple[str, ...]]
"""Every action by its service's prefix, which is in lower case; AWS heeds no case in either."""


@dataclass(frozen=True)
class Verdict:
    """What orgkit makes of handing a service to the institution, and how AWS wants it enabled."""

    verdict: Literal["allowed", "warned", "refused"]
    administrators: int
    """How many delegated administrators AWS takes."""
    enabled_by: Literal["api", "own", "console"]
    command: str = ""
    """The service's own call, with `{account}` and `{region}`."""
    reason: str = ""


@dataclass(frozen=True)
class Service:
    """A service of the settings, and the account that administers it, or ""."""

    principal: str
    administrator: str = ""

    @property
    def verdict(self) -> Verdict:
        """A service that orgkit does not know is left to AWS."""
        return verdicts().get(self.principal, Verdict("allowed", 1, "api"))


@cache
def verdicts() -> Mapping[str, Verdict]:
    """The verdict on every service principal that orgkit knows."""
    known = shipped(Path(__file__).with_name("services.yaml"))
    return {f"{name}.amazonaws.com": Verdict(**each) for name, each in known.items()}


def services(document: Document) -> Iterator[tuple[Place, Service]]:
    """Every service that the settings name well enough to look at it, and where."""
    written = document.at("services")
    for index, item in enumerate(written if isinstance(written, list) else ()):
        if isinstance(item, str):
            yield ("services", index), Service(item)
        elif isinstance(item, dict) and isinstance(item.get("principal"), str):
            administrator = item.get("administrator")
            known = administrator if isinstance(administrator, str) else ""
            yield ("services", index, "principal"), Service(item["principal"], known)


def problems(document: Document) -> Iterator[Problem]:
    """Every rule at once. What has the wrong type or shape is left to the schema."""
    # IAM sees no difference between upper and lower case in names (IAM User Guide, "IAM and AWS STS quotas").
    billing_admin, org_admin = (document.at("iam", key) for key in ("billing_admin", "org_admin"))
    names = (str(billing_admin or BILLING_ADMIN), str(org_admin or ORG_ADMIN))
    if names[0].casefold() == names[1].casefold():
        set_here = "org_admin" if org_admin else "billing_admin"
        yield document.problem(("iam", set_here), "must differ from the other admin's name, and not only in case")
    yield from _sources(document)
    yield from _services(document)
    yield from _tags(document)


def _sources(document: Document) -> Iterator[Problem]:
    """Sources that would let in somebody else than is meant.

    One person who is both admins has no separation to live with. IAM's `*` matches slashes, as fnmatch's does.
    """
    keys = ("billing_admin_from", "org_admin_from", "watcher")
    billing, org, watcher = (str(document.at("iam", key) or "") for key in keys)
    payer = str(document.at("account"))
    for key, source in zip(keys, (billing, org, watcher), strict=True):
        if account_of(source) == payer:
            yield document.problem(("iam", key), "is a role of the payer itself, and must be one of another account")
        elif ":saml-provider/" in source and f"::{payer}:" not in source:
            yield document.problem(("iam", key), "is the provider of another account, and must be one of the payer")
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


# Actions in SCPs


def actions() -> Actions:
    """The actions of each service."""
    lines = gzip.decompress(ACTIONS.read_bytes()).decode("utf-8").splitlines()
    split = (line.split() for line in lines if not line.startswith(" "))
    return {service: tuple(action.partition(":")[0] for action in names) for service, *names in split}


def doubts(documents: Iterable[Document]) -> Iterator[Problem]:
    """Actions in SCPs that AWS does not have: an error if it is most likely a slip, else a warning."""
    known = actions()
    for document in documents:
        places = [
            place
            for statement in _members(document, ("Statement",))
            for key in ("Action", "NotAction")
            for place in _members(document, (*statement, key))
        ]
        for place in places:
            pattern = document.at(*place)
            if isinstance(pattern, str) and ":" in pattern:  # any other is `*`, or the schema reports it
                words, slip = doubt(pattern, known)
                if words:
                    yield document.problem(place, words, warning=not slip)


def _members(document: Document, place: Place) -> list[Place]:
    """The places of the members of a list, or that of the one thing that stands in its stead."""
    written = document.at(*place)
    return [(*place, index) for index in range(len(written))] if isinstance(written, list) else [place]


def doubt(pattern: str, known: Actions) -> tuple[str, bool]:
    """What is odd about a pattern such as `ec2:Run*`, or "" if it names an action; and whether it looks like a slip."""
    service, _, action = pattern.partition(":")
    prefix, is_meant = service.lower(), re.compile(translate(action), re.IGNORECASE).match
    if any(map(is_meant, known.get(prefix, ()))):
        return "", False
    if prefix in known:
        words = f"{pattern} names no action"
        meant = [f"{prefix}:{each}" for each in known[prefix] if _one_slip(action, each)]
    else:
        # Of AWS's own prefixes two in three differ by one letter from another: the action tells which was meant.
        words = f"{service} is no service"
        meant = [each for each in known if _one_slip(service, each) and any(map(is_meant, known[each]))]
        meant = meant if len(meant) == 1 else []
    guess = f"did you mean {' or '.join(meant)}?" if meant else "is it newer?"
    return f"{words} in AWS's list of {_ACTIONS_OF}; {guess}", bool(meant)


def _one_slip(one: str, other: str) -> bool:
    """Whether one letter too many, too few or wrong, or two of them swapped, is all that is different.

    Of AWS's actions one in a hundred is that close to another of its service, so what is that close is hardly
    ever a new one.
    """
    one, other = one.lower(), other.lower()
    while one and other and one[0] == other[0]:
        one, other = one[1:], other[1:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    return (len(one) <= 1 and len(other) <= 1) or (len(one) == len(other) == 2 and one == other[::-1])
