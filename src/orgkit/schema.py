"""What the settings' JSON schema finds wrong, in words. Editors read the same schema."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from jsonschema import Draft7Validator, ValidationError, validators

from orgkit import bundled
from orgkit.errors import Problem
from orgkit.marks import Document, did_you_mean, keys_amiss
from orgkit.yaml_marks import Unquoted

FILE: Final = bundled.CONFIG / "orgkit.schema.json"


def problems(document: Document) -> Iterator[Problem]:
    """Every way in which settings differ from the schema."""
    schema = json.loads(FILE.read_text("utf-8"))
    for error in _Validator(schema).iter_errors(document.data):
        place = tuple(error.absolute_path)
        if error.validator in ("additionalProperties", "required"):
            known, required = error.schema["properties"], error.schema["required"]
            yield from keys_amiss(document, place, known, required, "a setting")
        elif "propertyNames" in error.absolute_schema_path:
            yield document.problem((*place, error.instance), _words(error), at_key=True)
        else:
            yield document.problem(place, _words(error))


def _pattern(_: object, pattern: str, instance: object, __: object) -> Iterator[ValidationError]:
    """`pattern` as JSON Schema means it: here, Python's own `$` would let a line break through at the end."""
    if isinstance(instance, str) and not re.fullmatch(pattern, instance):
        yield ValidationError(pattern)


_Validator: Final = validators.extend(Draft7Validator, {"pattern": _pattern})


def _words(error: ValidationError) -> str:
    return _WORDS[str(error.validator)](error)


def _type(error: ValidationError) -> str:
    if error.instance is None:
        return "has no value; write one or remove the line"
    if error.validator_value == "string" and isinstance(error.instance, Unquoted | bool):
        return "must be text, so put it in quotes"
    return f"must be {_TYPES[error.validator_value]}"


def _enum(error: ValidationError) -> str:
    known = error.validator_value
    return f"must be {' or '.join(known)}; {did_you_mean(str(error.instance), known)}"


_TYPES: Final = {
    "string": "text",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping of keys to values",
}

_WORDS: Final[dict[str, Callable[[ValidationError], str]]] = {
    "type": _type,
    "enum": _enum,
    "pattern": lambda error: str(error.schema["patternErrorMessage"]),
    "minLength": lambda _: "must not be empty",
    "maxLength": lambda error: f"has {len(error.instance)} characters; at most {error.validator_value} fit",
    "maxProperties": lambda error: f"are {len(error.instance)}; at most {error.validator_value} fit",
}
