"""ContextEntries: the condition keys that a call of the simulator gives, checked and read as AWS was recorded to."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC
from typing import Any, Final

from moto.core.utils import get_service_model
from moto.iam.exceptions import IAMException, ValidationError

from orgkit.sandbox.language.conditions import moment
from orgkit.sandbox.language.matching import ListOfValues

_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def entries(given: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """The keys, in lower case, and their values. Raises InvalidInput or ValidationError as AWS does."""
    keys: dict[str, tuple[str, ...]] = {}
    for place, entry in enumerate(given, 1):
        if not any(entry.values()):
            continue
        name = entry.get("ContextKeyName")
        if not name:
            raise invalid("ContextKeyName cannot be null or empty.")
        if name.lower() in keys:
            raise invalid(f"Duplicate context key: {name}.")
        keys[name.lower()] = _values(name, _kind(name, place, entry), entry.get("ContextKeyValues") or ())
    return keys


def invalid(message: str) -> IAMException:
    """The refusal of what the service model allows."""
    return IAMException("InvalidInput", message)


def _kind(name: str, place: int, entry: Mapping[str, Any]) -> str:
    kind, kinds = entry.get("ContextKeyType"), get_service_model("iam").shape_for("ContextKeyTypeEnum").enum
    if not kind:
        raise invalid(f"Context key {name} has invalid type null.")
    if kind not in kinds:
        raise ValidationError(
            f"1 validation error detected: Value at 'contextEntries.{place}.member.contextKeyType' failed to satisfy "
            f"constraint: Member must satisfy enum value set: [{', '.join(kinds)}]"
        )
    return str(kind)


def _values(name: str, kind: str, values: Iterable[str]) -> tuple[str, ...]:
    values = tuple(values)
    if not values:
        raise invalid(f"Context values for context key {name} cannot be null or empty.")
    if not kind.endswith("List") and len(values) > 1:
        raise invalid(f"Context key {kind} expected a single value, but received {len(values)}.")
    read, form = _READ.get(kind.removesuffix("List"), (str, ""))
    try:
        found = [read(value) for value in values]
    except ValueError:
        raise invalid(f"Invalid context value for key {name}: expected {form} format.") from None
    return ListOfValues(found) if kind.endswith("List") else tuple(found)


def _number(text: str) -> str:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return text


def _date(text: str) -> str:
    """In UTC with milliseconds: so AWS compares it with a text."""
    found = moment(text)
    if found is None:
        raise ValueError(text)
    return found.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _address(text: str) -> str:
    ipaddress.ip_network(text, strict=False)
    return text


def _binary(text: str) -> str:
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError(text) from None
    return text


_READ: Final[Mapping[str, tuple[Callable[[str], str], str]]] = {
    "numeric": (_number, "numeric"),
    "date": (_date, "date"),
    "ip": (_address, "IP address"),
    "binary": (_binary, "base-64 encoded binary"),
}
"""How the values of a type are read, and what AWS calls the form that it expects."""
