"""What the settings' JSON schema finds wrong, in words. Editors read the same schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from jsonschema import Draft7Validator, ValidationError, validators

from orgkit import bundled
from orgkit.errors import Problem
from orgkit.settings.marks import Document, keys_amiss, misspelt
from orgkit.settings.yaml_marks import Unquoted

FILE: Final = bundled.CONFIG / "orgkit.schema.json"


def problems(document: Document) -> Iterator[Problem]:
    """Every way in which settings differ from the schema."""
    schema = json.loads(FILE.read_text("utf-8"))
    for error in _Validator(schema).iter_errors(document.data):
        place = tuple(error.absolute_path)
        if error.validator in ("additionalProperties", "required"):
            known, required = error.schema["properties"], error.schema.get("required", ())
            yield from keys_amiss(document, place, known, required, "a setting")
        elif "propertyNames" in error.absolute_schema_path:
            yield document.problem((*place, error.instance), _words(error), at_key=True)
        else:
            yield document.problem(place, _words(error))


def _pattern(_: object, pattern: str, found: object, schema: Mapping[str, str]) -> Iterator[ValidationError]:
    """`pattern` as JSON Schema means it, where `$` is the end; to Python it may stand before a line break."""
    if isinstance(found, str) and not re.fullmatch(pattern, found):
        yield ValidationError(schema["patternErrorMessage"])


# types-jsonschema leaves `extend` without types.
_Validator: Final = validators.extend(Draft7Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]


def _words(error: ValidationError) -> str:
    wanted: Any = error.validator_value
    found: Any = error.instance
    match error.validator:
        case "type":
            return _type(wanted, found)
        case "enum":
            near = "".join(misspelt([str(found)], wanted))
            return f"must be {' or '.join(wanted)}" + (f"; did you mean {near}?" if near else "")
        case "minLength":
            return "must not be empty"
        case "maxLength":
            return f"has {len(found)} characters; at most {wanted} fit"
        case "maxProperties":
            return f"has {len(found)} entries; at most {wanted} fit"
        case _:  # a pattern, which the schema itself explains
            return error.message


def _type(wanted: str, found: object) -> str:
    if found is None:
        return "has no value; write one or remove the line"
    if wanted == "string" and isinstance(found, Unquoted | bool):
        return "must be text, so put it in quotes"
    return f"must be {_TYPES[wanted]}"


_TYPES: Final = {
    "string": "text",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping of keys to values",
}
