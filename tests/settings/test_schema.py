"""The schemas, interpreted by orgkit itself, say what jsonschema says of them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

import pytest
from jsonschema import Draft7Validator, ValidationError, validators

from orgkit.settings import schema
from orgkit.settings.reader import Document, Spots, Unquoted, dotted

SCHEMA: dict[str, Any] = json.loads(schema.SETTINGS.read_text("utf-8"))
SCP: dict[str, Any] = json.loads(schema.SCP.read_text("utf-8"))
HANDLED = {
    *("type", "properties", "additionalProperties", "required", "maxProperties", "propertyNames", "items"),
    *("minLength", "maxLength", "minItems", "enum", "pattern", "patternErrorMessage"),
    *("$ref", "anyOf", "allOf", "definitions"),
}
NOTES = {"$schema", "title", "description", "default", "examples"}


def pattern(_: object, wanted: str, found: object, __: object) -> Iterator[ValidationError]:
    """In JSON Schema `$` is the end of the text; in Python's `re.search` it may stand before a last line break."""
    if isinstance(found, str) and not re.fullmatch(wanted, found):
        yield ValidationError("pattern")


Judge = validators.extend(Draft7Validator, {"pattern": pattern})  # type: ignore[no-untyped-call]
JUDGE, JUDGE_OF_SCPS = Judge(SCHEMA), Judge(SCP)


def parts(part: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The schema and every schema in it."""
    yield part
    inner = [*part.get("properties", {}).values(), *part.get("definitions", {}).values(), *part.get("anyOf", [])]
    for each in [*inner, *(part.get(key) for key in ("items", "additionalProperties", "propertyNames"))]:
        if isinstance(each, dict):
            yield from parts(each)


@pytest.mark.parametrize("whole", [SCHEMA, SCP], ids=["settings", "SCP"])
def test_every_keyword_of_the_schemas_is_interpreted(whole: Mapping[str, Any]) -> None:
    Draft7Validator.check_schema(whole)
    for part in parts(whole):
        assert set(part) <= HANDLED | NOTES
        assert ("pattern" in part) == ("patternErrorMessage" in part)
        if part.get("type") == "object":
            assert "additionalProperties" in part
        for either in part.get("allOf", []):
            assert [list(each) for each in either["oneOf"]] == [["required"], ["required"]]


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
    found = {problem.path for problem in schema.problems(document, schema.SETTINGS)}
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
    return dice.choice([None, True, False, Unquoted(), dice.choice(TEXTS), texts])


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


def test_orgkit_and_jsonschema_agree_on_thousands_of_scps(tally: Counter[str]) -> None:
    for seed in range(SEEDS):
        tally["settings judged by jsonschema too"] += 1
        policy = Document("scp.json", slipped(GUARD, Random(seed)), Spots)
        assert any(schema.problems(policy, schema.SCP)) != JUDGE_OF_SCPS.is_valid(policy.data), policy.data


GUARD = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "a", "Effect": "Deny", "Action": ["ec2:*", "*"], "Resource": "*"},
        {"Effect": "Allow", "NotAction": "s3:Get*", "NotResource": ["arn:aws:s3:::x"]},
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringLikeIfExists": {"aws:x": ["a", 1]}}},
    ],
}
STRANGE = [None, True, 1, 1.5, "", "x", "*", "arn:x", "a:b", "a*:b", "deny", "Action", [], ["a:b"], [[]], {}, {"a": {}}]


def slipped(value: object, dice: Random) -> object:
    """The same value, but for a few slips."""
    if dice.random() < 0.03:
        return dice.choice(STRANGE)
    if isinstance(value, list):
        return [slipped(each, dice) for each in value if dice.random() > 0.02]
    if isinstance(value, dict):
        others = ["Action", "NotResource", "Null", "ForAnyValue:Bool", "NullIfExists", "Id"]
        more = {dice.choice(others): dice.choice(STRANGE)} if dice.random() < 0.1 else {}
        return {key: slipped(each, dice) for key, each in value.items() if dice.random() > 0.02} | more
    return value
