"""The SCPs of the settings: the documents they name, checked before AWS sees them, and where each belongs.

Source: "SCP syntax" in the user guide of AWS Organizations, which gives SCPs the whole policy language of IAM
but for principals. Where AWS documents no rule, AWS decides.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from orgkit import bundled
from orgkit.errors import FileProblems, Problem
from orgkit.settings import limits
from orgkit.settings.reader import Document, Place, in_order, keys_amiss, parse_json, read, reason
from orgkit.settings.text import did_you_mean, misspelt, refused, shown

DESCRIPTION: Final = "Managed by orgkit, which puts back what is changed by hand."

GUARDS: Final = (
    {"document": "deny-billing", "attach": "root"},
    {"document": "keep-membership", "attach": "root"},
)
"""What the settings mean if they name no SCPs: the partner's guards."""

MEANINGS: Final = {
    "deny-billing": "no member account sees or changes billing and cost",
    "keep-membership": "no member account leaves the organization, joins another or closes itself",
    "deny-commitments": "no purchase for a term or in advance, and no look at what was bought",
    "deny-marketplace-purchases": (
        "no new subscription in the Marketplace, no look at the terms of one; ending one stays open"
    ),
    "deny-support-plan": "no change of the support plan",
    "deny-cost-estimates": "no estimates in money",
    "region-restriction": "only the two regions it names, and services that have but one",
    "deny-member-root-user": "the root user of a member may do nothing; root tasks from the payer still work",
    "protect-trails-and-detectors": "only the access role stops or changes trails, recorders and detectors",
    "quarantine": "nobody but the access role does anything",
}
"""What the SCPs that ship with orgkit do, in the words of scp-examples/README.md."""

_FOLDER: Final = "scp-examples"
_VERSION: Final = "2012-10-17"
_POLICY: Final = ("Version", "Statement")
_STATEMENT: Final = ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition")
_ACTION: Final = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?-]+")
_ORDERS: Final = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")

OPERATORS: Final = (
    *("StringEquals", "StringEqualsIgnoreCase", "StringLike"),
    *("StringNotEquals", "StringNotEqualsIgnoreCase", "StringNotLike"),
    *(f"Numeric{order}" for order in _ORDERS),
    *(f"Date{order}" for order in _ORDERS),
    *("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"),
    *("Bool", "BinaryEquals", "IpAddress", "NotIpAddress"),
)
"""All but Null, which takes neither qualifier nor IfExists. IAM User Guide, "Condition operators"."""

_OPERATOR: Final = re.compile(rf"Null|(ForAllValues:|ForAnyValue:)?({'|'.join(OPERATORS)})(IfExists)?")

Target = Literal["root", "institution"]


@dataclass(frozen=True)
class Scp:
    """A service control policy. `content` is sent to AWS as it is; `source` is what messages call the file."""

    name: str
    description: str
    content: str
    source: str
    attach: Target

    @property
    def meaning(self) -> str:
        """What it does, in words: those of the settings, else those of the SCP that ships with orgkit, or ""."""
        if self.description not in ("", DESCRIPTION):
            return self.description
        folder, _, file = self.source.rpartition("/")
        return MEANINGS.get(file.removesuffix(".json"), "") if folder == _FOLDER else ""


@dataclass(frozen=True)
class Loaded:
    """The SCPs that can be used, all documents that are JSON, and what is wrong or doubtful with any of them."""

    scps: tuple[Scp, ...] = ()
    documents: tuple[Document, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class _Item:
    """An SCP as the settings name it, whether or not its document can be used."""

    place: Place
    document: str
    name: str
    description: str
    attach: Target

    @property
    def is_path(self) -> bool:
        return "/" in self.document or self.document.endswith(".json")

    @property
    def source(self) -> str:
        return self.document if self.is_path else f"{_FOLDER}/{self.document}.json"


def load(settings: Document, folder: Path) -> Loaded:
    """The SCPs of settings that lie in `folder`."""
    items = _items(settings)
    scps, documents = [], []
    problems = list(_together(settings, items))
    for item in items:
        try:
            document = _read(settings, item, folder)
            documents.append(document)
            scps.append(Scp(item.name, item.description, content(document), item.source, item.attach))
        except FileProblems as found:
            problems += found.problems
            continue
        size, before = len(scps[-1].content), limits.SCP_CHARACTERS_BEFORE
        if size > before:  # AWS may refuse it where it has not yet doubled their size
            now = f"AWS allows {limits.SCP_CHARACTERS:,}, but until May 2026 it was {before:,}."
            words = f"SCP {item.name} has {size:,} characters without white space. {now}"
            problems.append(settings.problem(item.place, words, warning=True))
    return Loaded(tuple(scps), tuple(documents), tuple(problems))


def content(document: Document) -> str:
    """The document as it is sent to AWS: without white space, its keys in their order.

    All but ASCII is escaped: then characters and bytes are the same number, whichever of them AWS counts.
    Raises FileProblems with everything that is wrong with it.
    """
    problems = list(_policy(document))
    smallest = "" if problems else json.dumps(document.data, separators=(",", ":"))
    if len(smallest) > limits.SCP_CHARACTERS:
        most = f"AWS allows {limits.SCP_CHARACTERS:,}"
        problems.append(document.problem((), f"has {len(smallest):,} characters without white space; {most}"))
    if problems:
        raise FileProblems(in_order(problems))
    return smallest


def actions(document: Document) -> Iterator[tuple[Place, str]]:
    """Every well-formed pattern of one service's actions in the document, with its place."""
    for place, statement in _each(("Statement",), document.at("Statement")):
        for name in ("Action", "NotAction"):
            written = statement.get(name) if isinstance(statement, dict) else None
            for here, pattern in _each((*place, name), written):
                if isinstance(pattern, str) and pattern != "*" and _ACTION.fullmatch(pattern):
                    yield here, pattern


# Which SCPs the settings name


def _items(settings: Document) -> list[_Item]:
    """The SCPs that are named well enough to look at them; the schema reports the others."""
    written = settings.data.get("scps", list(GUARDS)) if isinstance(settings.data, dict) else []
    return [
        _Item(
            place=("scps", index),
            document=item["document"],
            name=_text(item, "name", Path(item["document"]).stem),
            description=_text(item, "description", DESCRIPTION),
            attach="institution" if item.get("attach") == "institution" else "root",
        )
        for index, item in enumerate(written if isinstance(written, list) else [])
        if isinstance(item, dict) and _text(item, "document", "")
    ]


def _text(item: dict[str, Any], key: str, default: str) -> str:
    value = item.get(key, default)
    return value if isinstance(value, str) else default


def _together(settings: Document, items: list[_Item]) -> Iterator[Problem]:
    """Names and descriptions that AWS would refuse or that two SCPs share, and more SCPs than a target has room for."""
    owner: dict[str, str] = {}
    room = limits.SCPS_PER_TARGET - 1
    used: Counter[Target] = Counter()
    for item in items:
        words = refused(item.name)
        if item.name in owner:
            words = f"{shown(item.name)} is the name of {owner[item.name]} already"
        elif item.name == "FullAWSAccess":
            words = "is the name of AWS's own SCP"
        elif len(item.name) > limits.SCP_NAME:  # of a file without a name beside it, which the schema does not see
            words = f"has {len(item.name)} characters; at most {limits.SCP_NAME} fit"
        if words:
            yield settings.problem((*item.place, "name"), words)
        if words := refused(item.description):
            yield settings.problem((*item.place, "description"), words)
        owner.setdefault(item.name, f"scps[{item.place[1]}]")
        used[item.attach] += 1
        if used[item.attach] == room + 1:  # said once, at the first that does not fit
            where = "the root" if item.attach == "root" else "the institution's OU"
            yield settings.problem(item.place, f"is one too many: {where} has room for {room} beside FullAWSAccess")


def _read(settings: Document, item: _Item, folder: Path) -> Document:
    """The document of an SCP. Raises FileProblems about the settings or about the SCP's file."""
    place = (*item.place, "document")
    known = sorted(file.stem for file in bundled.SCP_EXAMPLES.glob("*.json"))
    if not item.is_path and item.document not in known:
        words = f"no SCP {shown(item.document)} ships with orgkit; {did_you_mean(item.document, known)}"
        raise FileProblems([settings.problem(place, words)])
    path = folder / item.document if item.is_path else bundled.SCP_EXAMPLES / f"{item.document}.json"
    file = str(path) if item.is_path else item.source
    try:
        return parse_json(read(path, file), file)
    except (OSError, ValueError) as error:
        name = Path(item.document).stem
        hint = f"; did you mean {name}, which ships with orgkit?" if name in known else ""
        words = f"{shown(file)} cannot be read: {reason(error)}{hint}"
        raise FileProblems([settings.problem(place, words)]) from None


# What a document holds


def _policy(document: Document) -> Iterator[Problem]:
    if not isinstance(document.data, dict):
        yield document.problem((), "must be a JSON object with Version and Statement")
        return
    yield from keys_amiss(document, (), _POLICY, _POLICY, "an element of SCPs")
    if document.data.get("Version", _VERSION) != _VERSION:
        yield document.problem(("Version",), f'must be "{_VERSION}"')
    statements = document.data.get("Statement", {})
    if not isinstance(statements, dict | list) or statements == []:
        yield document.problem(("Statement",), "must be a statement or a list of statements")
    elif "Statement" in document.data:
        for place, statement in _each(("Statement",), statements):
            yield from _statement(document, place, statement)


def _statement(document: Document, place: Place, statement: object) -> Iterator[Problem]:
    if not isinstance(statement, dict):
        yield document.problem(place, "must be an object with Effect, Action and Resource")
        return
    for name in ("Principal", "NotPrincipal"):
        if name in statement:
            words = "is not an element of SCPs; use a Condition on aws:PrincipalArn"
            yield document.problem((*place, name), words, at_key=True)
    yield from keys_amiss(document, place, _STATEMENT, ("Effect",), "an element of SCPs")
    if not isinstance(statement.get("Sid", ""), str):
        yield document.problem((*place, "Sid"), "must be text")
    if statement.get("Effect", "Deny") not in ("Allow", "Deny"):
        yield document.problem((*place, "Effect"), "must be Allow or Deny")
    for name in ("Action", "Resource"):
        yield from _either(document, place, statement, name)
    if "Condition" in statement:
        yield from _condition(document, (*place, "Condition"), statement["Condition"])


def _either(document: Document, place: Place, statement: Mapping[str, Any], name: str) -> Iterator[Problem]:
    """Exactly one of Action and NotAction, or of Resource and NotResource, and what it holds."""
    both = (name, f"Not{name}")
    present = [each for each in both if each in statement]
    if len(present) == len(both):
        yield document.problem((*place, both[1]), f"cannot stand beside {name}", at_key=True)
    elif not present and misspelt(statement, _STATEMENT).isdisjoint(both):
        yield document.problem((*place, name), f"is missing, and so is {both[1]}")
    for each in present:
        if statement[each] == []:
            yield document.problem((*place, each), "must not be empty")
        for here, pattern in _each((*place, each), statement[each]):
            if words := _pattern_amiss(pattern, name):
                yield document.problem(here, words)


def _pattern_amiss(pattern: object, name: str) -> str:
    """What is wrong with a pattern of actions or, by the element's name, of resources; or ""."""
    if not isinstance(pattern, str):
        return "must be text"
    if name == "Resource":
        return "" if pattern == "*" or pattern.startswith("arn:") else "must be * or an ARN, which begins with arn:"
    if _ACTION.fullmatch(pattern):
        return ""
    service = pattern.partition(":")[0]
    if pattern != service and re.search(r"[*?]", service):
        return "has a wildcard in the name of the service, which AWS does not offer; name each service"
    return "must be * or a service and an action, such as ec2:RunInstances"


def _condition(document: Document, place: Place, condition: object) -> Iterator[Problem]:
    if not isinstance(condition, dict):
        yield document.problem(place, "must be an object of operators, such as StringEquals")
        return
    for operator, keys in condition.items():
        here = (*place, operator)
        if not _OPERATOR.fullmatch(operator):
            near = "".join(misspelt([operator.rpartition(":")[2].removesuffix("IfExists")], OPERATORS))
            words = "is not a condition operator" + (f"; did you mean {near}?" if near else "")
            yield document.problem(here, words, at_key=True)
        if not isinstance(keys, dict):
            yield document.problem(here, "must be an object of condition keys, such as aws:RequestedRegion")
            continue
        for key, values in keys.items():
            for there, value in _each((*here, key), values):
                if not (isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))):
                    yield document.problem(there, "must be text, a number, true or false, or a list of these")


def _each(place: Place, written: object) -> list[tuple[Place, object]]:
    """The members of a list with their places, or the one thing that stands in its stead."""
    if isinstance(written, list):
        return [((*place, index), value) for index, value in enumerate(written)]
    return [(place, written)]
