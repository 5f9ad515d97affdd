"""The SCPs of the settings: which documents they name, under which names they go to AWS, and where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from orgkit import bundled
from orgkit.errors import FileProblems, Problem
from orgkit.settings import limits, scp_documents
from orgkit.settings.aws_text import refused
from orgkit.settings.marks import Document, Place, did_you_mean, in_order, read, reason, shown

_FOLDER: Final = "scp-examples"

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


def scps(document: Document, folder: Path) -> tuple[Scp, ...]:
    """The SCPs of settings that lie in `folder`. Raises FileProblems with all that is wrong with any of them."""
    items = _items(document)
    problems = [*_names(document, items), *_room(document, items)]
    good = []
    for item in items:
        try:
            content = _content(document, item, folder)
            good.append(Scp(item.name, item.description, content, item.source, item.attach))
        except FileProblems as found:
            problems += found.problems
    if problems:
        raise FileProblems(in_order(problems))
    return tuple(good)


def files(document: Document, folder: Path) -> Iterator[tuple[str, Path]]:
    """The file of every SCP of the settings: what messages call it, and where it is, if it is there at all."""
    return (_file(item, folder) for item in _items(document))


def warnings(scps: tuple[Scp, ...]) -> Iterator[str]:
    """SCPs that AWS may refuse where it has not yet doubled their size."""
    for scp in scps:
        if len(scp.content) > limits.SCP_CHARACTERS_BEFORE:
            yield (
                f"SCP {scp.name} has {len(scp.content):,} characters without white space. AWS allows "
                f"{limits.SCP_CHARACTERS:,}, but until May 2026 it was {limits.SCP_CHARACTERS_BEFORE:,}."
            )


def _items(document: Document) -> list[_Item]:
    """The SCPs that are named well enough to look at them; the schema reports the others."""
    written = document.at("scps") if ("scps",) in document.values else list(GUARDS)
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


def _names(document: Document, items: list[_Item]) -> Iterator[Problem]:
    """Names and descriptions that AWS would refuse, or that two SCPs share."""
    owner: dict[str, str] = {}
    for item in items:
        if words := _name_amiss(item.name, owner):
            yield document.problem((*item.place, "name"), words)
        if words := refused(item.description):
            yield document.problem((*item.place, "description"), words)
        owner.setdefault(item.name, f"scps[{item.place[1]}]")


def _name_amiss(name: str, owner: dict[str, str]) -> str:
    if name in owner:
        return f"{shown(name)} is the name of {owner[name]} already"
    if name == "FullAWSAccess":
        return "is the name of AWS's own SCP"
    if len(name) > limits.SCP_NAME:  # of a file without a name beside it, which the schema does not see
        return f"has {len(name)} characters; at most {limits.SCP_NAME} fit"
    return refused(name)


def _room(document: Document, items: list[_Item]) -> Iterator[Problem]:
    """More SCPs at one target than fit beside FullAWSAccess, told at the first that does not."""
    room = limits.SCPS_PER_TARGET - 1
    used: Counter[Target] = Counter()
    for item in items:
        used[item.attach] += 1
        if used[item.attach] == room + 1:
            where = "the root" if item.attach == "root" else "the institution's OU"
            yield document.problem(item.place, f"is one too many: {where} has room for {room} beside FullAWSAccess")


def _content(document: Document, item: _Item, folder: Path) -> str:
    """What an SCP holds, as it is sent to AWS. Raises FileProblems about the settings or about the SCP's file."""
    place = (*item.place, "document")
    known = _bundled()
    if not item.is_path and item.document not in known:
        words = f"no SCP {shown(item.document)} ships with orgkit; {did_you_mean(item.document, known)}"
        raise FileProblems([document.problem(place, words)])
    file, path = _file(item, folder)
    try:
        return scp_documents.content(read(path, file), file)
    except (OSError, ValueError) as error:
        name = Path(item.document).stem
        hint = f"; did you mean {name}, which ships with orgkit?" if name in known else ""
        words = f"{shown(file)} cannot be read: {reason(error)}{hint}"
        raise FileProblems([document.problem(place, words)]) from None


def _file(item: _Item, folder: Path) -> tuple[str, Path]:
    if item.is_path:
        path = folder / item.document
        return str(path), path
    return item.source, bundled.SCP_EXAMPLES / f"{item.document}.json"


def _bundled() -> list[str]:
    return sorted(file.stem for file in bundled.SCP_EXAMPLES.glob("*.json"))
