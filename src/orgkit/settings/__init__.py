"""The settings file: all that orgkit is told about one organization, or every problem in it and in its policies."""

import re
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from orgkit import bundled
from orgkit.errors import FileProblems, OrgkitError, Problem
from orgkit.settings import rules, schema, scps
from orgkit.settings.reader import Document, Spots, in_order, parse, read, reason
from orgkit.settings.rules import Service, services
from orgkit.settings.scps import Scp

EXAMPLE: Final = bundled.CONFIG / "orgkit.example.yaml"


@dataclass(frozen=True)
class Iam:
    """The stack of the payer's users and groups. Without a region it goes to the partition's main one."""

    stack: str = "orgkit-iam"
    region: str | None = None
    billing_admin: str = rules.BILLING_ADMIN
    org_admin: str = rules.ORG_ADMIN
    access_role: str = "OrganizationAccountAccessRole"
    require_mfa: bool = True
    console_access: bool = True
    billing_admin_from: str | None = None
    """Who may also be the billing admin, by a role of that name: the ARN of a SAML provider, or of roles elsewhere."""
    org_admin_from: str | None = None
    watcher: str | None = None
    """The ARN of the role elsewhere that may read what orgkit reads."""

    @property
    def users(self) -> tuple[str, ...]:
        """The users that sign in to the console."""
        return (self.billing_admin, self.org_admin) if self.console_access else ()


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
    """The profile of the AWS configuration that signs in to this payer, unless another is named."""
    partner: Partner | None = None
    trusted_roles: tuple[str, ...] = ()
    """Users, groups and roles of the payer that may take it over and are meant to."""
    done_by_hand: tuple[str, ...] = ()
    """What a person has done that no API shows."""
    services: tuple[Service, ...] = ()
    root_access: bool = False
    """Whether the payer manages the root credentials of member accounts."""


@dataclass(frozen=True)
class Checked:
    """A settings file, the SCPs it names, and everything that is wrong or doubtful in any of them."""

    document: Document
    scps: tuple[Scp, ...]
    documents: tuple[Document, ...]
    """Those of the SCPs that are JSON."""
    problems: tuple[Problem, ...]


def load(path: Path, text: str | None = None) -> Settings:
    """The settings in a file, or in the text that it will have. Raises FileProblems with every problem."""
    checked = check(path, text)
    data = checked.document.data
    errors = [problem for problem in checked.problems if not problem.warning]
    if errors or not isinstance(data, dict):
        raise FileProblems(errors)
    return Settings(
        path=path,
        account=data["account"],
        institution=data["institution"],
        scps=checked.scps,
        iam=Iam(**data.get("iam", {})),
        tags=tuple(data.get("tags", {}).items()),
        warnings=tuple(problem.text for problem in checked.problems),
        profile=data.get("profile"),
        partner=Partner(**data["partner"]) if "partner" in data else None,
        trusted_roles=tuple(data.get("trusted_roles", ())),
        done_by_hand=tuple(data.get("done_by_hand", ())),
        services=tuple(service for _, service in services(checked.document)),
        root_access=data.get("root_access", False),
    )


def check(path: Path, text: str | None = None) -> Checked:
    """Check a file, or the text that it will have. Raises FileProblems only if there is no such file to be read."""
    file = str(path)
    try:
        document = parse(read(path, file) if text is None else text, file)
    except FileProblems as unreadable:
        return Checked(Document(file, None, Spots), (), (), unreadable.problems)
    except (OSError, ValueError) as error:
        problem = Problem(file, 1, 1, "", f"cannot be read: {reason(error)}")
        remedy = "Write a settings file with `orgkit init`, or name yours with --settings."
        raise FileProblems([problem], remedy) from None
    usable, documents, problems = scps.load(document, path.parent)
    here = (*document.spots().problems, *schema.problems(document, schema.SETTINGS), *rules.problems(document))
    return Checked(document, usable, documents, tuple(in_order((*here, *problems))))


def example(account: str, institution: str) -> str:
    """The text of the example settings, with these two values in quotes."""
    text = EXAMPLE.read_text("utf-8")
    for key, value in (("account", account), ("institution", institution)):
        before, after = re.split(rf"^{key}: .*$", text, maxsplit=1, flags=re.MULTILINE)
        quoted = yaml.safe_dump(value, default_style='"', allow_unicode=True, width=sys.maxsize)
        text = before + f"{key}: {quoted}".rstrip("\n") + after
    return text


def amiss(key: str, value: str) -> str:
    """What is wrong with a value for `account` or `institution`, or ""."""
    given = {"account": "0" * 12, "institution": "x", key: value}
    problems = check(Path(EXAMPLE.name), example(**given)).problems
    return problems[0].text if problems else ""


def refuse_existing(path: Path) -> None:
    """Raises OrgkitError for a file that is there, as nothing is overwritten, and for a folder."""
    with suppress(OSError):  # what is wrong with the path is said when it is written
        if path.is_dir():
            raise OrgkitError(f"{path} is a folder.", f"Name a file in it: {path / 'orgkit.yaml'}")
        if path.exists():
            raise OrgkitError(f"{path} exists already.", "Edit it, or name another file.")


def write(path: Path, account: str, institution: str) -> None:
    """Write settings, and the schema that editors look for beside them; a file that cannot be written whole is removed.

    Folders on the way are made. Nothing is overwritten: existing settings raise OrgkitError, an existing schema is
    left as it is.
    Raises FileProblems, before anything is written, for values that AWS would not take.
    """
    text = example(account, institution)
    if problems := check(path, text).problems:
        raise FileProblems(problems, "Nothing was written. Give another account or institution.")
    refuse_existing(path)
    beside = path.parent / schema.SETTINGS.name
    for file, content in ((path, text), (beside, schema.SETTINGS.read_text("utf-8"))):
        try:
            if file == beside and beside.exists():
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("x", encoding="utf-8") as stream:
                try:
                    stream.write(content)
                    stream.flush()
                except OSError:
                    file.unlink()
                    raise
        except (OSError, ValueError) as error:
            raise OrgkitError(f"{file} cannot be written: {reason(error)}.", "Choose another place.") from None
