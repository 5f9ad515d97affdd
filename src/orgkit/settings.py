"""The settings file: everything orgkit is told about one organization, or everything that is wrong with it."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, cast

from orgkit import bundled, quotas, schema, scp_documents, yaml_marks
from orgkit.errors import FileProblems, Problem
from orgkit.marks import Document, Place, did_you_mean, in_order, read, reason, shown
from orgkit.scp_documents import minified as minified

DESCRIPTION: Final = "Managed by orgkit, which puts back what is changed by hand."

Target = Literal["root", "institution"]

_GUARDS: Final = (
    {"document": "deny-billing", "attach": "root"},
    {"document": "keep-membership", "attach": "root"},
)


@dataclass(frozen=True)
class Scp:
    """A service control policy: `content` is sent to AWS as it is, `source` is what messages call the file."""

    name: str
    description: str
    content: str
    source: str
    attach: Target


@dataclass(frozen=True)
class Iam:
    """The stack of the payer's users and groups. Without a region it goes to the main one of the partition."""

    stack: str = "orgkit-iam"
    region: str | None = None
    billing_admin: str = "BillingAdmin"
    org_admin: str = "OrgAdmin"
    access_role: str = "OrganizationAccountAccessRole"
    require_mfa: bool = True
    console_access: bool = True


@dataclass(frozen=True)
class Settings:
    """One organization: `path` is the settings file, `warnings` what is doubtful in it but not wrong."""

    path: Path
    account: str
    institution: str
    scps: tuple[Scp, ...]
    iam: Iam
    tags: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]

    @property
    def tag_map(self) -> dict[str, str]:
        return dict(self.tags)


def load(path: Path) -> Settings:
    """The settings in a file. Raises FileProblems with every problem in it and in the SCPs it names."""
    try:
        text = read(path, str(path))
    except (OSError, ValueError) as error:
        problem = Problem(str(path), 1, 1, "", f"cannot be read: {reason(error)}")
        remedy = "Write a settings file with `orgkit init`, or name yours with --settings."
        raise FileProblems([problem], remedy) from None
    return parse(text, path)


def parse(text: str, path: Path) -> Settings:
    """The settings in a text that is, or will be, the file at `path`. Raises FileProblems as `load` does."""
    document, problems = yaml_marks.parse(text, str(path))
    if not isinstance(document.data, dict):
        raise FileProblems([document.problem((), "must be a mapping with account and institution")])
    items = _items(document)
    contents = {}
    problems += [*schema.problems(document), *_own_rules(document), *_scp_rules(document, items)]
    for item in items:
        try:
            contents[item] = _content(document, item, path.parent)
        except FileProblems as found:
            problems += found.problems
    if problems:
        raise FileProblems(in_order(problems))
    return _settings(path, document, contents)


def refused(text: str) -> str:
    """Why AWS refuses a text as a name or a description, or "" if it does not.

    Organizations takes any Unicode in names ("Naming guidelines") but what looks like cross-site scripting
    (InvalidInputException, INVALID_PATTERN). Edges of white space are refused because nobody sees them.
    """
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in text):
        return "must be one line without control characters"
    if text != text.strip():
        return "must not begin or end with a space"
    if any(character in "<>" for character in text):
        return "must not contain < or >, which AWS refuses"
    return ""


@dataclass(frozen=True)
class _Item:
    """One of the SCPs as the settings have it, whether or not its document can be used."""

    place: Place
    document: str
    attach: Target
    name: str
    description: str

    @property
    def source(self) -> str:
        return self.document if _is_path(self.document) else f"scp-examples/{self.document}.json"


def _items(document: Document) -> list[_Item]:
    """The SCPs that are named well enough to look at them; the schema has reported the others."""
    written = document.at("scps") if ("scps",) in document.values else list(_GUARDS)
    return [
        _Item(
            ("scps", index),
            item["document"],
            cast(Target, item.get("attach", "root")),
            _text(item, "name", Path(item["document"]).stem),
            _text(item, "description", DESCRIPTION),
        )
        for index, item in enumerate(written if isinstance(written, list) else [])
        if isinstance(item, dict) and _text(item, "document", "")
    ]


def _text(mapping: dict[str, Any], key: str, default: str) -> str:
    value = mapping.get(key, default)
    return value if isinstance(value, str) else default


def _own_rules(document: Document) -> Iterator[Problem]:
    """What the schema cannot say."""
    institution = document.at("institution")
    if isinstance(institution, str) and refused(institution):
        yield document.problem(("institution",), refused(institution))
    yield from _tag_rules(document)
    iam = document.at("iam")
    names = iam if isinstance(iam, dict) else {}
    org_admin = _text(names, "org_admin", Iam.org_admin)
    if org_admin.casefold() == _text(names, "billing_admin", Iam.billing_admin).casefold():
        last = "org_admin" if "org_admin" in names else "billing_admin"
        words = "must not be the other admin's name, and must differ in more than upper and lower case"
        yield document.problem(("iam", last), words)


def _tag_rules(document: Document) -> Iterator[Problem]:
    """Tags as every service takes them: IAM, for one, sees no difference between upper and lower case in keys."""
    tags = document.at("tags")
    earlier: dict[str, str] = {}
    for key, value in tags.items() if isinstance(tags, dict) else ():
        place = ("tags", key)
        if not _taggable(key):
            yield document.problem(place, f"a key {_TAG_WORDS}", at_key=True)
        elif key.casefold().startswith("aws:"):
            yield document.problem(place, "must not begin with aws:, which AWS keeps for itself", at_key=True)
        elif key.casefold() in earlier:
            words = f"differs from {shown(earlier[key.casefold()])} only in upper and lower case"
            yield document.problem(place, words, at_key=True)
        if isinstance(value, str) and not _taggable(value):
            yield document.problem(place, _TAG_WORDS)
        earlier[key.casefold()] = key


_TAG_WORDS: Final = "may have only letters, digits, spaces and _.:/=+-@"


def _taggable(text: str) -> bool:
    """AWS's pattern for keys and values of tags: `[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*`."""
    return all(unicodedata.category(each)[0] in "LZN" or each in "_.:/=+-@" for each in text)


def _scp_rules(document: Document, items: list[_Item]) -> Iterator[Problem]:
    """Names fit for AWS and used once, and no more SCPs at a target than it has room for beside FullAWSAccess."""
    seen: dict[str, _Item] = {}
    used: Counter[str] = Counter()
    for item in items:
        name, description = (*item.place, "name"), (*item.place, "description")
        if words := refused(item.name) or _too_long(item.name):
            yield document.problem(name, words)
        elif item.name == "FullAWSAccess":
            yield document.problem(name, "is the name of AWS's own policy")
        elif item.name in seen:
            words = f"{shown(item.name)} is the name of scps[{seen[item.name].place[1]}] already"
            yield document.problem(name, words)
        if refused(item.description):
            yield document.problem(description, refused(item.description))
        used[str(item.attach)] += 1
        if used[str(item.attach)] == quotas.SCPS_PER_TARGET:
            room = quotas.SCPS_PER_TARGET - 1
            words = f"is one too many: AWS allows {room} SCPs beside FullAWSAccess at the {item.attach}"
            yield document.problem(item.place, words)
        seen.setdefault(item.name, item)
