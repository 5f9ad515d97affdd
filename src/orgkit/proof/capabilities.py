"""What orgkit proves: sentences about who may do what, read from capabilities.yaml beside this file."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Literal

from orgkit.bundled import shipped

FILE: Final = Path(__file__).with_name("capabilities.yaml")


class Persona(StrEnum):
    """Who might try: the two admins and who watches in the payer, the others in a member account."""

    BILLING_ADMIN = "billing_admin"
    ORG_ADMIN = "org_admin"
    MEMBER_ADMIN = "member_admin"
    MEMBER_ROOT = "member_root"
    WATCHER = "watcher"

    @property
    def is_member(self) -> bool:
        return self in (Persona.MEMBER_ADMIN, Persona.MEMBER_ROOT)


WHO: Final = {
    Persona.BILLING_ADMIN: "partner's billing admin",
    Persona.ORG_ADMIN: "institution's org admin",
    Persona.MEMBER_ADMIN: "member accounts' administrators",
    Persona.MEMBER_ROOT: "member accounts' root users",
    Persona.WATCHER: "whoever watches",
}
"""The personas in words."""


class Should(StrEnum):
    """What a persona should find. The words are explained at the top of capabilities.yaml."""

    ALLOWED = "allowed"
    DENIED = "denied"
    OPEN = "open"
    NOT_APPLICABLE = "n/a"


SignIn = Literal["mfa", "no-mfa", "access-key"]
"""How a user of the payer has signed in."""

Place = Literal["ou", "root"]
"""Where the member account is."""


@dataclass(frozen=True)
class Capability:
    """One row. Resources and context are templates with placeholders."""

    id: str
    group: str
    may: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    context: tuple[tuple[str, str | tuple[str, ...]], ...]
    sign_in: SignIn
    place: Place
    should_be: Mapping[Persona, Should]


def capabilities() -> tuple[Capability, ...]:
    """Every row, in the order of the file."""
    return tuple(_capability(group["group"], row) for group in shipped(FILE) for row in group["rows"])


def _capability(group: str, row: Mapping[str, Any]) -> Capability:
    """Who watches changes nothing. It has no user, so what one does to one's own does not concern it."""
    resources, context, should_be = row.get("resources", ["*"]), row.get("context", {}), row["should_be"]
    no_concern = "sign_in" in row or any("{self}" in template for template in resources)
    watching = "n/a" if no_concern or should_be["org_admin"] == "n/a" else "denied"
    return Capability(
        id=row["id"],
        group=group,
        may=row["may"],
        actions=tuple(row["actions"]),
        resources=tuple(resources),
        context=tuple((key, tuple(value) if isinstance(value, list) else value) for key, value in context.items()),
        sign_in=row.get("sign_in", "mfa"),
        place=row.get("account", "ou"),
        should_be={persona: Should(should_be.get(persona, watching)) for persona in Persona},
    )
