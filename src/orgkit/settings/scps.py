"""The SCPs of the settings: the documents they name, checked before AWS sees them, and where each belongs.

AWS says of a bad document only that it is malformed. Where AWS documents no rule, AWS decides.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from orgkit import bundled
from orgkit.errors import FileProblems, Problem
from orgkit.settings import limits, schema
from orgkit.settings.reader import Document, Place, in_order, parse_json, read, reason
from orgkit.settings.text import did_you_mean, refused, shown

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


def load(settings: Document, folder: Path) -> tuple[tuple[Scp, ...], tuple[Document, ...], list[Problem]]:
    """The SCPs of settings that lie in `folder`: those that can be used, all that are JSON, and what is wrong."""
    items = _items(settings)
    scps, documents, problems = [], [], list(_together(settings, items))
    for item in items:
        try:
            document = _read(settings, item, folder)
            documents.append(document)
            scps.append(Scp(item.name, item.description, content(document), item.source, item.attach))
        except FileProblems as found:
            problems += found.problems
    return tuple(scps), tuple(documents), problems


def content(document: Document) -> str:
    """The document as it is sent to AWS: without white space, its keys in their order.

    All but ASCII is escaped: then characters and bytes are the same number, whichever of them AWS counts.
    Raises FileProblems with everything that is wrong with it.
    """
    problems = in_order(schema.problems(document, schema.SCP))
    smallest = "" if problems else json.dumps(document.data, separators=(",", ":"))
    if len(smallest) > limits.SCP_CHARACTERS:
        most = f"AWS allows {limits.SCP_CHARACTERS:,}"
        problems.append(document.problem((), f"has {len(smallest):,} characters without white space; {most}"))
    if problems:
        raise FileProblems(problems)
    return smallest


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
