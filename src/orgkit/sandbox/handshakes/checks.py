"""What callers may ask for: sizes and patterns of the service model, which botocore leaves AWS to check."""

from __future__ import annotations

import re
from typing import Final

from moto.core.utils import get_service_model

from orgkit.sandbox.handshakes.refusals import invalid
from orgkit.sandbox.organizations import tags
from orgkit.sandbox.organizations.answering import Request

_ACCOUNT: Final = re.compile(r"\d{12}")
_ADDRESS: Final = re.compile(r"(?=.{6,64}\Z)[^\s@]+@[^\s@]+\.[^\s@]+")
_HANDSHAKE: Final = re.compile(r"h-[0-9a-z]{8,32}")
_NOTES: Final = 1_024


def check_account(account_id: str) -> None:
    """Raise InvalidInputException unless this is an account id."""
    _check_pattern(_ACCOUNT, account_id)


def check_handshake(handshake_id: str) -> None:
    """Raise InvalidInputException unless this could be the id of a handshake."""
    _check_pattern(_HANDSHAKE, handshake_id)


def check_invitation(asked: Request) -> None:
    """Raise InvalidInputException unless target, notes and tags are such as AWS takes."""
    kind, target = asked["Target"]["Type"], asked["Target"]["Id"]
    if kind not in ("ACCOUNT", "EMAIL"):
        raise invalid("INVALID_PARTY_TYPE_TARGET")
    if kind == "ACCOUNT":
        check_account(target)
    elif not _ADDRESS.fullmatch(target):
        raise invalid("INVALID_EMAIL_ADDRESS_TARGET")
    if len(asked.get("Notes") or "") > _NOTES:
        raise invalid("MAX_LENGTH_EXCEEDED")
    tags.check(asked.get("Tags") or ())


def check_filter(wanted: Request) -> None:
    """Raise InvalidInputException unless the filter has one member at most, of a value that AWS knows."""
    if len(wanted) > 1:
        raise invalid("MAX_LIMIT_EXCEEDED_FILTER")
    known = get_service_model("organizations").shape_for("ActionType").enum
    if wanted.get("ActionType", "INVITE") not in known:
        raise invalid("INVALID_ENUM")


def _check_pattern(pattern: re.Pattern[str], value: str) -> None:
    if not pattern.fullmatch(value):
        raise invalid("INVALID_PATTERN")
