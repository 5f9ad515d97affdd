"""The schema, interpreted by orgkit itself, says what jsonschema says of it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

from jsonschema import Draft7Validator, ValidationError, validators

from orgkit.settings import schema
from orgkit.settings.reader import Document, Spots, Unquoted, dotted

SCHEMA: dict[str, Any] = json.loads(schema.FILE.read_text("utf-8"))
HANDLED = {
    *("type", "properties", "additionalProperties", "required", "maxProperties", "propertyNames", "items"),
    *("minLength", "maxLength", "enum", "pattern", "patternErrorMessage"),
}
NOTES = {"$schema", "title", "description", "default", "examples"}


def pattern(_: object, wanted: str, found: object, __: object) -> Iterator[ValidationError]:
    """In JSON Schema `$` is the end of the text; in Python's `re.search` it may stand before a last line break."""
    if isinstance(found, str) and not re.fullmatch(wanted, found):
        yield ValidationError("pattern")


JUDGE = validators.extend(Draft7Validator, {"pattern": pattern})(SCHEMA)  # type: ignore[no-untyped-call]


def parts(part: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The schema and every schema in it."""
    yield part
    inner = [*part.get("properties", {}).values(), part.get("items"), part.get("additionalProperties")]
    for each in [*inner, part.get("propertyNames")]:
        if isinstance(each, dict):
            yield from parts(each)


def test_every_keyword_of_the_schema_is_interpreted() -> None:
    for part in parts(SCHEMA):
        assert set(part) <= HANDLED | NOTES
        assert ("pattern" in part) == ("patternErrorMessage" in part)
        if part.get("type") == "object":
            assert "additionalProperties" in part


def _places(error: ValidationError) -> Iterator[tuple[str | int, ...]]:
    place = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        yield from ((*place, key) for key in error.instance if key not in error.schema["properties"])
    elif error.validator == "required":
        yield place  # a key that is missing may be one of those misspelt
    elif "propertyNames" in error.absolute_schema_path:
        yield (*place, str(error.instance))
    else:
        yield place


def agree(document: Document) -> None:
    errors = list(JUDGE.iter_errors(document.data))
    judged = {dotted(place) for error in errors for place in _places(error)}
    missing = {dotted(tuple(error.absolute_path)) for error in errors if error.validator == "required"}
    found = {problem.path for problem in schema.problems(document)}
    assert bool(found) == bool(errors)
    assert judged - missing <= found
    assert {path.rpartition(".")[0] for path in found - judged} <= missing


TEXTS = ["", "x", "root", "rot", "123456789012", "12", "a b", "1st", "us-east-1", "mars-1", "x" * 129, "x" * 257, "a\n"]
SEEDS = 2000
SUCH_AS: list[dict[str, object]] = [
    {"account": "123456789012", "institution": "x"},
    {"account": "123456789012", "institution": "x", "iam": {"stack": "a\n", "org_admin": "é"}},
    {"acount": "1", "tags": {"x" * 129: 1}, "scps": [{"attach": "rot"}, 1]},
]


def anything(dice: Random) -> object:
    texts = [dice.choice(TEXTS) for _ in range(dice.randrange(3))]
    return dice.choice([None, True, False, Unquoted("1"), dice.choice(TEXTS), texts])


def close_to(part: Mapping[str, Any], dice: Random) -> object:
    """A value that is close to what this part of the schema wants."""
    if dice.random() < 0.1:
        return anything(dice)
    match part.get("type"):
        case "object":
            if dice.random() < 0.1:  # about as many as AWS takes tags
                return {str(key): dice.choice(TEXTS) for key in range(dice.randint(39, 42))}
            properties = part.get("properties", {})
            known = {name: close_to(each, dice) for name, each in properties.items() if dice.random() < 0.5}
            strange = dice.sample([*properties, "tge", "x" * 130, ""], dice.choice([0, 0, 1, 2]))
            return known | {key: anything(dice) for key in strange}
        case "array":
            return [close_to(part["items"], dice) for _ in range(dice.randrange(4))]
        case "boolean":
            return dice.random() < 0.5
        case _:
            return dice.choice([*TEXTS, *part.get("examples", ["x"]) * 5])


def test_orgkit_and_jsonschema_agree_on_thousands_of_settings(tally: Counter[str]) -> None:
    for data in (*SUCH_AS, *(close_to(SCHEMA, Random(seed)) for seed in range(SEEDS))):
        tally["settings judged by jsonschema too"] += 1
        agree(Document("orgkit.yaml", data, Spots))
