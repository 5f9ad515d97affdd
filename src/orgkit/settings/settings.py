"""The settings file: all that orgkit is told about one organization, or all that is wrong with it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

import yaml

from orgkit import bundled
from orgkit.errors import FileProblems, OrgkitError, Problem
from orgkit.settings import schema, scp_list, yaml_marks
from orgkit.settings.aws_text import TAG_WORDS, refused, taggable
from orgkit.settings.marks import Document, in_order, read, reason, shown
from orgkit.settings.scp_documents import minified as minified
from orgkit.settings.scp_list import Scp as Scp

EXAMPLE: Final = bundled.CONFIG / "orgkit.example.yaml"


@dataclass(frozen=True)
class Iam:
    """The stack of the payer's users and groups. Without a region it goes to the partition's main one."""

    stack: str = "orgkit-iam"
    region: str | None = None
    billing_admin: str = "BillingAdmin"
    org_admin: str = "OrgAdmin"
    access_role: str = "OrganizationAccountAccessRole"
    require_mfa: bool = True
    console_access: bool = True


@dataclass(frozen=True)
class Partner:
    """Who pays, and whom to ask."""

    name: str
    contact: str = ""


@dataclass(frozen=True)
class Settings:
    """One organization. `path` is the settings file, `warnings` what is doubtful in it but not wrong."""

    path: Path
    account: str
    institution: str
    scps: tuple[Scp, ...]
    iam: Iam
    tags: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    profile: str | None = None
    """The profile of the AWS configuration that signs in to this payer, where none is named otherwise."""
    partner: Partner | None = None
    trusted_roles: tuple[str, ...] = ()
    """Users, groups and roles of the payer that may take it over and are meant to."""
    done_by_hand: tuple[str, ...] = ()
    """What a person has done that no API shows."""


def load(path: Path) -> Settings:
    """The settings in a file. Raises FileProblems with every problem in it and in the SCPs it names."""
    return parse(text_of(path), path)


def text_of(path: Path) -> str:
    """The text of a settings file. Raises FileProblems where it cannot be read."""
    try:
        return read(path, str(path))
    except (OSError, ValueError) as error:
        problem = Problem(str(path), 1, 1, "", f"cannot be read: {reason(error)}")
        remedy = "Write a settings file with `orgkit init`, or name yours with --settings."
        raise FileProblems([problem], remedy) from None


def parse(text: str, path: Path) -> Settings:
    """The settings in the text of a file that is, or will be, at `path`. Raises FileProblems as `load` does."""
    document, problems = yaml_marks.parse(text, str(path))
    if not isinstance(document.data, dict):
        raise FileProblems([document.problem((), "must be a mapping with account and institution")])
    problems += [*schema.problems(document), *_rules(document)]
    scps: tuple[Scp, ...] = ()
    try:
        scps = scp_list.scps(document, path.parent)
    except FileProblems as found:
        problems += found.problems
    if problems:
        raise FileProblems(in_order(problems))
    return _settings(path, document.data, scps)


def example(account: str, institution: str) -> str:
    """The text of the example settings, with these two values in quotes."""
    text = EXAMPLE.read_text("utf-8")
    for key, value in (("account", account), ("institution", institution)):
        before, after = re.split(rf"^{key}: .*$", text, maxsplit=1, flags=re.MULTILINE)
        text = f"{before}{key}: {_quoted(value)}{after}"
    return text


def refuse_existing(path: Path) -> None:
    """Raises OrgkitError for a file that is there, as nothing is overwritten, and for a folder."""
    with suppress(OSError):  # what is wrong with the path is said when it is written
        if path.is_dir():
            raise OrgkitError(f"{path} is a folder.", f"Name a file in it: {path / 'orgkit.yaml'}")
        if path.exists():
            raise _exists(path)


def amiss(key: str, value: str) -> str:
    """What is wrong with a value for `account` or `institution`, or ""."""
    given = {"account": "0" * 12, "institution": "x", key: value}
    try:
        parse(example(**given), Path(EXAMPLE.name))
    except FileProblems as found:
        return found.problems[0].text
    return ""


def write(path: Path, account: str, institution: str) -> tuple[Path, ...]:
    """Write settings, and the schema that editors look for beside them; the files it wrote come back.

    Folders on the way are made. Nothing is overwritten: existing settings raise OrgkitError, an existing schema is
    left as it is.
    Raises FileProblems, before anything is written, for values that AWS would not take.
    """
    text = example(account, institution)
    try:
        parse(text, path)
    except FileProblems as found:
        raise FileProblems(found.problems, "Nothing was written. Give another account or institution.") from None
    _write_new(path, text)
    beside = path.parent / schema.FILE.name
    if beside.exists():
        return (path,)
    _write_new(beside, schema.FILE.read_text("utf-8"))
    return path, beside


def _settings(path: Path, data: dict[str, Any], scps: tuple[Scp, ...]) -> Settings:
    return Settings(
        path=path,
        account=data["account"],
        institution=data["institution"],
        scps=scps,
        iam=Iam(**data.get("iam", {})),
        tags=tuple(data.get("tags", {}).items()),
        warnings=tuple(scp_list.warnings(scps)),
        profile=data.get("profile"),
        partner=Partner(**data["partner"]) if "partner" in data else None,
        trusted_roles=tuple(data.get("trusted_roles", ())),
        done_by_hand=tuple(data.get("done_by_hand", ())),
    )


def _rules(document: Document) -> Iterator[Problem]:
    """What the schema cannot say."""
    institution = document.at("institution")
    if isinstance(institution, str) and refused(institution):
        yield document.problem(("institution",), refused(institution))
    yield from _two_admins(document)
    yield from _tags(document)


def _two_admins(document: Document) -> Iterator[Problem]:
    """IAM sees no difference between upper and lower case in names (IAM User Guide, "IAM and AWS STS quotas")."""
    billing_admin = document.at("iam", "billing_admin") or Iam.billing_admin
    org_admin = document.at("iam", "org_admin") or Iam.org_admin
    if str(billing_admin).casefold() == str(org_admin).casefold():
        last = "org_admin" if ("iam", "org_admin") in document.values else "billing_admin"
        yield document.problem(("iam", last), "must differ from the other admin's name, and not only in case")


def _tags(document: Document) -> Iterator[Problem]:
    """Tags as every service takes them; IAM sees no difference between upper and lower case in their keys."""
    tags = document.at("tags")
    earlier: dict[str, str] = {}
    for key, value in tags.items() if isinstance(tags, dict) else ():
        folded = key.casefold()
        if not taggable(key):
            yield document.problem(("tags", key), f"a key {TAG_WORDS}", at_key=True)
        elif folded.startswith("aws:"):
            yield document.problem(("tags", key), "must not begin with aws:, which AWS keeps for itself", at_key=True)
        elif folded in earlier:
            words = f"differs from {shown(earlier[folded])} only in case"
            yield document.problem(("tags", key), words, at_key=True)
        if isinstance(value, str) and not taggable(value):
            yield document.problem(("tags", key), TAG_WORDS)
        earlier[folded] = key


def _write_new(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            _fill(file, path, text)
    except (OSError, ValueError) as error:
        if isinstance(error, FileExistsError) and path.exists():
            raise _exists(path) from None
        raise OrgkitError(f"{path} cannot be written: {reason(error)}.", "Choose another place.") from None


def _exists(path: Path) -> OrgkitError:
    return OrgkitError(f"{path} exists already.", "Edit it, or name another file.")


def _fill(file: TextIO, path: Path, text: str) -> None:
    """Write the whole text, or leave no file behind that would stand in the way of the next try."""
    try:
        file.write(text)
        file.flush()
    except OSError:
        path.unlink()
        raise


def _quoted(value: str) -> str:
    """Text as YAML in double quotes, on one line whatever it holds."""
    return yaml.safe_dump(value, default_style='"', allow_unicode=True, width=sys.maxsize).rstrip("\n")
