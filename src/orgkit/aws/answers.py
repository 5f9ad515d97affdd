"""AWS's answers, checked against AWS's own description of them: botocore's service models."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from orgkit.errors import UnexpectedAnswer

ODD: Final = (AttributeError, IndexError, KeyError, RecursionError, StopIteration, TypeError, ValueError)
"""What botocore raises for an answer that it cannot parse."""

_SCALARS: Final[Mapping[str, type]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "timestamp": datetime,
}
# JSON documents, by the names of their shapes; botocore parses them.
_DOCUMENTS: Final = frozenset({"policyDocumentType", "TemplateBody"})


class Answer(dict[str, Any]):
    """A structure in an answer. Reading a member that AWS left out raises UnexpectedAnswer; `get` and `in` don't."""

    def __init__(self, operation: str, members: Mapping[str, Any]) -> None:
        super().__init__(members)
        self._operation = operation

    def __missing__(self, member: str) -> Any:
        raise UnexpectedAnswer(self._operation, f"it lacks {member}")


def checked(operation: Any, answer: Mapping[str, Any]) -> Answer:
    """The answer to a botocore operation model. Raises UnexpectedAnswer if any member has the wrong type.

    Members that are missing are not looked for: only the reader knows which ones matter, see `Answer`.
    """

    def read(shape: Any, value: object, place: str) -> Any:
        if shape.type_name == "structure" and isinstance(value, Mapping):
            members = {
                name: read(shape.members[name], value[name], f"{place}.{name}")
                for name in value
                if name in shape.members
            }
            return Answer(operation.name, members)
        if shape.type_name == "list" and isinstance(value, list):
            return [read(shape.member, each, f"{place}[{number}]") for number, each in enumerate(value)]
        if shape.type_name == "map" and isinstance(value, Mapping):
            return Answer(
                operation.name, {name: read(shape.value, each, f"{place}.{name}") for name, each in value.items()}
            )
        if isinstance(value, _SCALARS.get(shape.type_name, ())):
            return value
        if shape.name in _DOCUMENTS and isinstance(value, Mapping):
            return value
        kind = type(value).__name__
        raise UnexpectedAnswer(
            operation.name, f"{place.removeprefix('.') or 'all of it'} is a {kind}, not a {shape.type_name}"
        )

    shape = operation.output_shape
    return read(shape, answer, "") if shape else Answer(operation.name, {})
