"""What a JSON schema finds wrong with the settings or with an SCP, in words. Editors read the same schemas.

They are interpreted here: orgkit runs as root in a payer account, and jsonschema would bring five packages, one of
them compiled, for the few keywords that the schemas use.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from orgkit import bundled
from orgkit.errors import Problem
from orgkit.settings.reader import Document, Place, Unquoted
from orgkit.settings.text import did_you_mean, misspelt

SETTINGS: Final = bundled.CONFIG / "orgkit.schema.json"
SCP: Final = bundled.CONFIG / "scp.schema.json"

Schema = Mapping[str, Any]

_TYPES: Final[Mapping[str, tuple[type | tuple[type, ...], str]]] = {
    "string": (str, "text"),
    "number": ((int, float), "a number"),
    "boolean": (bool, "true or false"),
    "array": (list, "a list"),
    "object": (dict, "a mapping of keys to values"),
}


@cache
def read(file: Path) -> Schema:
    """The schema in a file."""
    schema: Schema = json.loads(file.read_text("utf-8"))
    return schema


def problems(document: Document, file: Path) -> Iterator[Problem]:
    """Every way in which a document differs from the schema in this file."""
    return _Comparison(document, read(file).get("definitions", {})).differences((), read(file))


@dataclass(frozen=True)
class _Comparison:
    """A document and what its schema refers to."""

    document: Document
    definitions: Mapping[str, Schema]

    def differences(self, place: Place, schema: Schema) -> Iterator[Problem]:
        """What differs at a place and below it; nothing is looked for inside a value of the wrong type."""
        value, types = self.document.at(*place), self._types(schema)
        fitting = [types[name] for name in types if isinstance(value, _TYPES[name][0])]
        if value is None and place:
            yield self.document.problem(place, "has no value; write one or remove the line")
        elif not fitting or (isinstance(value, float) and not math.isfinite(value)):
            words = " or ".join(_TYPES[name][1] for name in types)
            if "string" in types and isinstance(value, Unquoted | bool):
                words = "text, so put it in quotes"
            elif types.keys() == {"object"} and (needed := types["object"].get("required")):
                words += f"; it needs {' and '.join(needed)}"
            yield self.document.problem(place, f"must be {words}")
        elif isinstance(value, dict):
            yield from self._mapping(place, value, fitting[0])
        elif isinstance(value, list):
            if len(value) < fitting[0].get("minItems", 0):
                yield self.document.problem(place, "must not be empty")
            for index in range(len(value)):
                yield from self.differences((*place, index), fitting[0]["items"])
        elif isinstance(value, str) and (words := text_amiss(value, fitting[0])):
            yield self.document.problem(place, words)

    def _types(self, schema: Schema) -> dict[str, Schema]:
        """The types that a value may have, and what is asked of a value of each."""
        if "$ref" in schema:
            return self._types(self.definitions[schema["$ref"].removeprefix("#/definitions/")])
        if "anyOf" in schema:
            return {name: part for each in schema["anyOf"] for name, part in self._types(each).items()}
        return dict.fromkeys([schema["type"]] if isinstance(schema["type"], str) else schema["type"], schema)

    def _mapping(self, place: Place, mapping: Mapping[str, object], schema: Schema) -> Iterator[Problem]:
        known, others, problem = schema.get("properties", {}), schema["additionalProperties"], self.document.problem
        most = schema.get("maxProperties", len(mapping))
        if len(mapping) > most:
            yield problem(place, f"has {len(mapping)} entries; at most {most} fit")
        for key in mapping:
            here = (*place, key)
            if words := text_amiss(key, schema.get("propertyNames", {})):
                yield problem(here, words, at_key=True)
            if key in known or others:
                yield from self.differences(here, known.get(key, others))
            else:
                yield problem(here, f"is not known here; {did_you_mean(key, known)}", at_key=True)
        # What is misspelt is not missing.
        there = {*mapping, *misspelt(mapping, known)}
        for key in schema.get("required", ()):
            if key not in there:
                yield problem((*place, key), "is missing")
        for either in schema.get("allOf", ()):
            one, other = (each["required"][0] for each in either["oneOf"])
            if there.isdisjoint((one, other)):
                yield problem((*place, one), f"is missing, and so is {other}")
            elif one in mapping and other in mapping:
                yield problem((*place, other), f"cannot stand beside {one}", at_key=True)


def text_amiss(text: str, schema: Schema) -> str:
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
        return f"must be {' or '.join(choices)}"
    if not re.fullmatch(schema.get("pattern", ".*"), text, re.DOTALL):
        return str(schema["patternErrorMessage"])
    return ""
