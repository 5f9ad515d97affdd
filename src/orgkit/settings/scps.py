"""The SCPs of the settings: the documents they name, checked before AWS sees them, and where each belongs.

AWS says of a bad document only that it is malformed. Where AWS documents no rule, AWS decides. The limits are those of
"Quotas and service limits for AWS Organizations" in its user guide: AWS doubled them on 15 May 2026.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final, Literal

from orgkit import bundled
from orgkit.errors import FileProblems, Problem
from orgkit.settings import schema
from orgkit.settings.reader import Document, Place, dotted, in_order, parse_json, read, reason
from orgkit.settings.text import did_you_mean, shown

SCP_CHARACTERS: Final = 10_240
"""The size of an SCP. White space counts when it is sent through the API, so orgkit sends none."""

SCPS_PER_TARGET: Final = 10
"""SCPs attached directly to a root, an OU or an account. FullAWSAccess takes one of them."""

DESCRIPTION: Final = "Managed by orgkit, which puts back what is changed by hand."

GUARDS: Final = (
    {"document": "deny-billing", "attach": "root"},
    {"document": "keep-membership", "attach": "root"},
)
"""What the settings mean if they name no SCPs: the partner's guards."""

_FOLDER: Final = bundled.SCP_EXAMPLES.name

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
        return meanings().get(file.removesuffix(".json"), "") if folder == _FOLDER else ""


@cache
def meanings() -> Mapping[str, str]:
    """What each SCP that ships with orgkit does, by its name: the first two columns of scp-examples/README.md."""
    rows = (bundled.SCP_EXAMPLES / "README.md").read_text("utf-8")
    return dict(re.findall(r"^\| `([a-z-]+)\.json` \| ([^|]+) \|", rows, re.MULTILINE))


def load(settings: Document, folder: Path) -> tuple[tuple[Scp, ...], tuple[Document, ...], list[Problem]]:
    """The SCPs of settings that lie in `folder`: those that can be used, all that are JSON, and what is wrong."""
    named = list(_named(settings))
    scps, documents, problems = [], [], list(_together(settings, named))
    for place, scp in named:
        is_path = settings.at(*place, "document") == scp.source
        path = (folder if is_path else bundled.ROOT) / scp.source
        file = str(path) if is_path else scp.source
        try:
            document = parse_json(read(path, file), file)
            documents.append(document)
            scps.append(replace(scp, content=content(document)))
        except FileProblems as found:
            problems += found.problems
        except (OSError, ValueError) as error:
            words = _unreadable(path.stem, f"{shown(file)} cannot be read: {reason(error)}", is_path=is_path)
            problems.append(settings.problem((*place, "document"), words))
    return tuple(scps), tuple(documents), problems


def _unreadable(name: str, failure: str, *, is_path: bool) -> str:
    """What is said of a document that cannot be read: perhaps one that ships was meant, or it is misspelt."""
    if name in meanings():
        return f"{failure}; did you mean {name}, which ships with orgkit?"
    if is_path:
        return failure
    return f"no SCP {shown(name)} ships with orgkit; {did_you_mean(name, meanings())}"


def content(document: Document) -> str:
    """The document as it is sent to AWS: without white space, its keys in their order.

    All but ASCII is escaped: then characters and bytes are the same number, whichever of them AWS counts.
    Raises FileProblems with everything that is wrong with it.
    """
    problems = in_order(schema.problems(document, schema.SCP))
    smallest = "" if problems else json.dumps(document.data, separators=(",", ":"))
    if len(smallest) > SCP_CHARACTERS:
        most = f"AWS allows {SCP_CHARACTERS:,}"
        problems.append(document.problem((), f"has {len(smallest):,} characters without white space; {most}"))
    if problems:
        raise FileProblems(problems)
    return smallest


def _named(settings: Document) -> Iterator[tuple[Place, Scp]]:
    """The SCPs that are named well enough to look at them, without their content; the schema reports the others."""
    written = settings.data.get("scps", list(GUARDS)) if isinstance(settings.data, dict) else []
    for index, item in enumerate(written if isinstance(written, list) else []):
        members = item.items() if isinstance(item, dict) else ()
        texts = {key: text for key, text in members if isinstance(text, str)}
        if document := texts.get("document"):
            is_path = "/" in document or document.endswith(".json")
            yield (
                ("scps", index),
                Scp(
                    name=texts.get("name", Path(document).stem),
                    description=texts.get("description", DESCRIPTION),
                    content="",
                    source=document if is_path else f"{_FOLDER}/{document}.json",
                    attach="institution" if texts.get("attach") == "institution" else "root",
                ),
            )


def _together(settings: Document, named: list[tuple[Place, Scp]]) -> Iterator[Problem]:
    """Names that AWS would refuse or that two SCPs share, and more SCPs than a target has room for."""
    described = schema.read(schema.SETTINGS)["properties"]["scps"]["items"]["properties"]["name"]
    owner: dict[str, str] = {}
    room = SCPS_PER_TARGET - 1
    used: Counter[Target] = Counter()
    for place, scp in named:
        # The name may be that of a file, which the schema does not see.
        words = schema.text_amiss(scp.name, described) if scp.name else ""
        if scp.name in owner:
            words = f"{shown(scp.name)} is the name of {owner[scp.name]} already"
        elif scp.name == "FullAWSAccess":
            words = "is the name of AWS's own SCP"
        if words:
            yield settings.problem((*place, "name"), words)
        owner[scp.name] = dotted(place)
        used[scp.attach] += 1
        if used[scp.attach] == room + 1:  # said once, at the first that does not fit
            where = "the root" if scp.attach == "root" else "the institution's OU"
            yield settings.problem(place, f"is one too many: {where} has room for {room} beside FullAWSAccess")
