"""What orgkit proves: sentences about who may do what, read from capabilities.yaml beside this file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal

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
    def who(self) -> str:
        """The persona in words."""
        return str(shipped(FILE)["personas"][self])

    @property
    def is_member(self) -> bool:
        return self in (Persona.MEMBER_ADMIN, Persona.MEMBER_ROOT)


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
    actions: Sequence[str]
    should_be: Mapping[Persona, Should]
    resources: Sequence[str] = ("*",)
    context: Mapping[str, str | list[str]] = field(default_factory=dict)
    sign_in: SignIn = "mfa"
    place: Place = "ou"


def capabilities() -> tuple[Capability, ...]:
    """Every row, in the order of the file."""
    rows = []
    for group in shipped(FILE)["groups"]:
        for row in group["rows"]:
            should_be = {Persona(who): Should(word) for who, word in row["should_be"].items()}
            rows.append(Capability(**{**row, "group": group["group"], "should_be": should_be}))
    return tuple(rows)
