"""The `Condition` element: every operator that AWS documents, with `IfExists` and the set qualifiers.

AWS's description is the IAM User Guide: "IAM JSON policy elements: Condition operators" and "Single-valued
vs. multivalued context keys".
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from operator import eq, ge, gt, le, lt
from typing import Any, Final, TypeVar

from orgkit.sandbox.language.matching import Context, ListOfValues, arn_like, expand, like, literal, variables

_Test = Callable[[str, str], bool]
"""Whether a value of the policy (first) matches a value of the request (second)."""
_Read = TypeVar("_Read")


@dataclass(frozen=True)
class _Operator:
    test: _Test
    negated: bool = False
    takes_variables: bool = False


@dataclass(frozen=True)
class Condition:
    """One key of one operator block. The key is as written; its case does not matter."""

    key: str
    operator: str
    quantifier: str
    """`ForAllValues`, `ForAnyValue` or nothing."""
    if_exists: bool
    values: tuple[str, ...]
    with_variables: bool
    """False before version 2012-10-17, where `${…}` is plain text."""

    def holds(self, context: Context) -> bool:
        present = context.get(self.key.lower(), ())
        if self.operator == "Null":
            return any((not present) == (value.lower() == "true") for value in self.values)
        negated = _OPERATORS[self.operator].negated
        if self.quantifier:
            # A key that is missing or empty makes `ForAllValues` true and `ForAnyValue` false.
            if not any(present):
                return self.if_exists or self.quantifier == "ForAllValues"
            results = (self._matches(value, context) != negated for value in present if value)
            return all(results) if self.quantifier == "ForAllValues" else any(results)
        if isinstance(present, ListOfValues):
            return False
        if not present:
            return self.if_exists or negated
        # AWS leaves open what an operator without a qualifier makes of several values: here one is enough.
        return any(self._matches(value, context) for value in present) != negated

    @property
    def context_keys(self) -> tuple[str, ...]:
        """The condition keys that must be known to decide this, as written: its own and its variables'."""
        if self.operator == "Null" or not (self.with_variables and _OPERATORS[self.operator].takes_variables):
            return (self.key,)
        return (self.key, *(name for value in self.values for name in variables(value)))

    def _matches(self, value: str, context: Context) -> bool:
        chosen = _OPERATORS[self.operator]
        if not (chosen.takes_variables and self.with_variables):
            return any(chosen.test(wanted, value) for wanted in self.values)
        expanded = (expand(wanted, context) for wanted in self.values)
        return any(chosen.test(wanted, value) for wanted in expanded if wanted is not None)


def parse_operator(text: str) -> tuple[str, str, bool]:
    """Split a text like `ForAnyValue:StringLikeIfExists` into qualifier, operator and whether IfExists.

    Raises ValueError for what AWS does not know.
    """
    qualifier, colon, rest = text.rpartition(":")
    if colon and qualifier not in ("ForAllValues", "ForAnyValue"):
        raise ValueError(f"unknown qualifier {qualifier!r}")
    name = rest.removesuffix("IfExists")
    if name == "Null" and (qualifier or rest != name):
        raise ValueError("Null takes neither a qualifier nor IfExists")
    if name != "Null" and name not in _OPERATORS:
        raise ValueError(f"unknown operator {text!r}")
    return qualifier, name, rest != name


def _same_bytes(wanted: str, value: str) -> bool:
    try:
        return base64.b64decode(wanted, validate=True) == base64.b64decode(value, validate=True)
    except binascii.Error:
        return False


def _in_network(wanted: str, value: str) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def moment(text: str) -> datetime | None:
    """A W3C date, such as 2026-11-23 or 2026-11-23T09:00:00Z, or seconds since 1970."""
    try:
        if re.fullmatch(r"\d+", text):
            return datetime.fromtimestamp(int(text), UTC)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _ordered(read: Callable[[str], _Read | None], holds: Callable[[Any, Any], bool]) -> _Test:
    """Compares the request's value with the policy's; what cannot be read matches nothing."""

    def test(wanted: str, value: str) -> bool:
        left, right = read(value), read(wanted)
        return left is not None and right is not None and holds(left, right)

    return test


def _operators() -> dict[str, _Operator]:
    texts = {
        "StringEquals": lambda wanted, value: literal(wanted) == value,
        "StringEqualsIgnoreCase": lambda wanted, value: literal(wanted).casefold() == value.casefold(),
        "StringLike": like,
    }
    arns = {"ArnEquals": arn_like, "ArnLike": arn_like}
    orders = {"Equals": eq, "LessThan": lt, "LessThanEquals": le, "GreaterThan": gt, "GreaterThanEquals": ge}
    table = {name: _Operator(test, takes_variables=True) for name, test in {**texts, **arns}.items()}
    table |= {f"Numeric{name}": _Operator(_ordered(_number, holds)) for name, holds in orders.items()}
    table |= {f"Date{name}": _Operator(_ordered(moment, holds)) for name, holds in orders.items()}
    table |= {
        "Bool": _Operator(lambda wanted, value: wanted.lower() == value.lower() in ("true", "false")),
        "BinaryEquals": _Operator(_same_bytes),
    }
    table |= {"IpAddress": _Operator(_in_network), "NotIpAddress": _Operator(_in_network, negated=True)}
    negations = {
        re.sub(r"^(String|Numeric|Date|Arn)", r"\1Not", name): _Operator(chosen.test, True, chosen.takes_variables)
        for name, chosen in table.items()
        if re.fullmatch(r"(String|Arn)\w+|(Numeric|Date)Equals", name)
    }
    return table | negations


_OPERATORS: Final[Mapping[str, _Operator]] = _operators()
