"""What AWS asks of an invitation, or of a filter, beyond the sizes and patterns of the service model."""

from __future__ import annotations

import re
from typing import Final

from orgkit.sandbox.organizations import tags
from orgkit.sandbox.organizations.answering import Request
from orgkit.sandbox.organizations.refusals import invalid

_ACCOUNT: Final = re.compile(r"\d{12}")
_ADDRESS: Final = re.compile(r"(?=.{6,})[^\s@]+@[^\s@]+\.[^\s@]+")


def check_invitation(asked: Request) -> None:
    """Raise InvalidInputException unless target and tags are such as AWS takes."""
    kind, target = asked["Target"]["Type"], asked["Target"]["Id"]
    if kind == "ORGANIZATION":
        raise invalid("INVALID_PARTY_TYPE_TARGET")
    if kind == "ACCOUNT" and not _ACCOUNT.fullmatch(target):
        raise invalid("INVALID_PATTERN")
    if kind == "EMAIL" and not _ADDRESS.fullmatch(target):
        raise invalid("INVALID_EMAIL_ADDRESS_TARGET")
    tags.check(asked.get("Tags") or ())


def check_filter(wanted: Request) -> None:
    """Raise InvalidInputException unless the filter has one member at most."""
    if len(wanted) > 1:
        raise invalid("MAX_LIMIT_EXCEEDED_FILTER")
