"""AWS's answers against AWS's own description of them, which are botocore's service models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from orgkit.errors import UnexpectedAnswer

ODD: Final = (AttributeError, IndexError, KeyError, RecursionError, StopIteration, TypeError, ValueError)
"""What Python raises where an answer lacks something, or is something else altogether."""

_SCALARS: Final[Mapping[str, type]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "timestamp": datetime,
}
# Documents in JSON, by their shapes' names; botocore hands them out parsed.
_DOCUMENTS: Final = frozenset({"policyDocumentType", "TemplateBody"})


def check(operation: Any, answer: object) -> None:
    """Raise UnexpectedAnswer where anything in an answer is of another type than botocore's `operation` says.

    What is missing is not looked for: whether it is needed, only its reader knows.
    """
    found = _odd(operation.output_shape, answer, "") if operation.output_shape else ""
    if found:
        raise UnexpectedAnswer(operation.name, found)


def _odd(shape: Any, value: object, place: str) -> str:
    """Where something is of a wrong type, and of which; "" where all is right."""
    if shape.type_name == "structure" and isinstance(value, Mapping):
        there = ((name, member) for name, member in shape.members.items() if name in value)
        return _first(_odd(member, value[name], f"{place}.{name}") for name, member in there)
    if shape.type_name == "list" and isinstance(value, list):
        return _first(_odd(shape.member, each, f"{place}[{number}]") for number, each in enumerate(value))
    if shape.type_name == "map" and isinstance(value, Mapping):
        return _first(_odd(shape.value, each, f"{place}.{name}") for name, each in value.items())
    if isinstance(value, _SCALARS.get(shape.type_name, ())):
        return ""
    if shape.name in _DOCUMENTS and isinstance(value, Mapping):
        return ""
    return f"{place.removeprefix('.') or 'all of it'} is a {type(value).__name__}, not a {shape.type_name}"


def _first(found: Iterator[str]) -> str:
    return next(filter(None, found), "")
