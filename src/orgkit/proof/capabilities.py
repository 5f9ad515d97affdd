"""What orgkit proves: sentences about who may do what, read from capabilities.yaml beside this file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import yaml

from orgkit.aws.simulator import Value

FILE: Final = Path(__file__).with_name("capabilities.yaml")


class Persona(StrEnum):
    """Who might try: the two admins and who watches in the payer, the others in a member account."""

    BILLING_ADMIN = "billing_admin"
    ORG_ADMIN = "org_admin"
    MEMBER_ADMIN = "member_admin"
    MEMBER_ROOT = "member_root"
    WATCHER = "watcher"

    @property
    def who(self) -> str:
        return _WHO[self]

    @property
    def short(self) -> str:
        """As a column's heading."""
        return self.replace("_", " ")


_WHO: Final = {
    Persona.BILLING_ADMIN: "partner billing admin",
    Persona.ORG_ADMIN: "institution org admin",
    Persona.MEMBER_ADMIN: "administrator of a member account",
    Persona.MEMBER_ROOT: "root user of a member account",
    Persona.WATCHER: "whoever watches, by the role OrgkitWatcher",
}


class Should(StrEnum):
    """What a persona should find. The words are explained at the top of capabilities.yaml."""

    ALLOWED = "allowed"
    DENIED = "denied"
    OPEN = "open"
    NOT_APPLICABLE = "n/a"


class SignIn(StrEnum):
    """How a user of the payer has signed in."""

    MFA = "mfa"
    NO_MFA = "no-mfa"
    ACCESS_KEY = "access-key"


class Place(StrEnum):
    """Where the member account is."""

    OU = "ou"
    ROOT = "root"


@dataclass(frozen=True)
class Capability:
    """One row. Resources and context are templates with placeholders."""

    id: str
    group: str
    may: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    context: tuple[tuple[str, Value], ...]
    sign_in: SignIn
    place: Place
    should_be: Mapping[Persona, Should]

    @property
    def of_own_user(self) -> bool:
        """Whether it is about the user that the persona signs in as: a role has none."""
        return any(f"{kind}/{{self}}" in template for template in self.resources for kind in ("user", "mfa"))

    @property
    def by_guard(self) -> bool:
        """Whether it is about each of the partner's SCPs."""
        return any("{protected_scp}" in template for template in self.resources)


def capabilities() -> tuple[Capability, ...]:
    """Every row, in the order of the file."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # twelve times as fast, where libyaml is there
    groups = yaml.load(FILE.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506  safe, both of them
    return tuple(_capability(group["group"], row) for group in groups for row in group["rows"])


def _capability(group: str, row: Mapping[str, Any]) -> Capability:
    return Capability(
        id=row["id"],
        group=group,
        may=row["may"],
        actions=tuple(row["actions"]),
        resources=tuple(row.get("resources", ["*"])),
        context=tuple(
            (key, tuple(value) if isinstance(value, list) else value) for key, value in row.get("context", {}).items()
        ),
        sign_in=SignIn(row.get("sign_in", SignIn.MFA)),
        place=Place(row.get("account", Place.OU)),
        should_be={persona: Should(row["should_be"].get(persona) or _watching(row)) for persona in Persona},
    )


def _watching(row: Mapping[str, Any]) -> str:
    """Who watches changes nothing. It has no user, so what one does to one's own does not concern it."""
    own = "sign_in" in row or any("{self}" in template for template in row.get("resources", ()))
    return "n/a" if own or row["should_be"]["org_admin"] == "n/a" else "denied"
