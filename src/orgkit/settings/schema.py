"""What the settings' JSON schema finds wrong, in words. Editors read the same schema.

It is interpreted here: orgkit runs as root in a payer account, and jsonschema would bring five packages, one of
them compiled, for the few keywords that the schema uses.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from orgkit import bundled
from orgkit.errors import Problem
from orgkit.settings.reader import Document, Place, Unquoted, keys_amiss
from orgkit.settings.text import misspelt

FILE: Final = bundled.CONFIG / "orgkit.schema.json"

Schema = Mapping[str, Any]

_TYPES: Final[Mapping[str, tuple[type, str]]] = {
    "string": (str, "text"),
    "boolean": (bool, "true or false"),
    "array": (list, "a list"),
    "object": (dict, "a mapping of keys to values"),
}


def problems(document: Document) -> Iterator[Problem]:
    """Every way in which settings differ from the schema."""
    return _differences(document, (), json.loads(FILE.read_text("utf-8")))


def _differences(document: Document, place: Place, schema: Schema) -> Iterator[Problem]:
    """What differs at a place and below it; nothing is looked for inside a value of the wrong type."""
    value = document.at(*place)
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if value is None:
        yield document.problem(place, "has no value; write one or remove the line")
    elif not isinstance(value, tuple(_TYPES[each][0] for each in types)):
        unquoted = types[0] == "string" and isinstance(value, Unquoted | bool)
        words = "must be text, so put it in quotes" if unquoted else f"must be {_TYPES[types[0]][1]}"
        yield document.problem(place, words)
    elif isinstance(value, dict):
        yield from _mapping(document, place, value, schema)
    elif isinstance(value, list):
        for index in range(len(value)):
            yield from _differences(document, (*place, index), schema["items"])
    elif isinstance(value, str) and (words := _text_amiss(value, schema)):
        yield document.problem(place, words)


def _mapping(document: Document, place: Place, mapping: Mapping[str, object], schema: Schema) -> Iterator[Problem]:
    known, others = schema.get("properties", {}), schema["additionalProperties"]
    most = schema.get("maxProperties", len(mapping))
    if others is False:
        yield from keys_amiss(document, place, known, schema.get("required", ()), "a setting")
    if len(mapping) > most:
        yield document.problem(place, f"has {len(mapping)} entries; at most {most} fit")
    for key in mapping:
        if words := _text_amiss(key, schema.get("propertyNames", {})):
            yield document.problem((*place, key), words, at_key=True)
        if key in known or others:
            yield from _differences(document, (*place, key), known.get(key, others))


def _text_amiss(text: str, schema: Schema) -> str:
    """The first way in which a text differs from its schema, or "".

    A pattern is matched as JSON Schema means it, where `$` is the end; to Python it may stand before a line break.
    """
    if len(text) < schema.get("minLength", 0):
        return "must not be empty"
    most = schema.get("maxLength", len(text))
    if len(text) > most:
        return f"has {len(text)} characters; at most {most} fit"
    choices = schema.get("enum", [text])
    if text not in choices:
        near = "".join(misspelt([text], choices))
        return f"must be {' or '.join(choices)}" + (f"; did you mean {near}?" if near else "")
    if not re.fullmatch(schema.get("pattern", ".*"), text, re.DOTALL):
        return str(schema["patternErrorMessage"])
    return ""
