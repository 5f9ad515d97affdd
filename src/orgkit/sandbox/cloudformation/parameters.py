"""The values of a template's parameters: given, kept from before, or default; and checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from orgkit.sandbox.cloudformation.errors import ValidationError
from orgkit.sandbox.cloudformation.intrinsics import is_true, text
from orgkit.sandbox.cloudformation.template import Template

HIDDEN: Final = "****"
"""What DescribeStacks shows for a NoEcho parameter."""


def values(template: Template, given: Iterable[Mapping[str, Any]], previous: Mapping[str, str]) -> dict[str, str]:
    """The value of every parameter, as text. Raises ValidationError for missing, unknown and refused values.

    `previous` are those of the stack as it stands, for UsePreviousValue. What is not given takes its default,
    also in an update (UpdateStack does not remember it).
    """
    declared = template.section("Parameters")
    chosen = {item["ParameterKey"]: _chosen(item, previous) for item in given}
    unknown = [key for key in chosen if key not in declared]
    if unknown:
        raise ValidationError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    defaults = {key: text(item["Default"]) for key, item in declared.items() if "Default" in item}
    missing = [key for key in declared if key not in chosen and key not in defaults]
    if missing:
        raise ValidationError(f"Parameters: [{', '.join(missing)}] must have values")
    result = {key: chosen.get(key, defaults.get(key, "")) for key in declared}
    for key, value in result.items():
        _check(key, value, declared[key])
    return result


def shown(template: Template, chosen: Mapping[str, str]) -> list[dict[str, str]]:
    """The parameters as DescribeStacks shows them: NoEcho ones are hidden."""
    declared = template.section("Parameters")
    hidden = {key for key, item in declared.items() if is_true(item.get("NoEcho", False))}
    return [
        {"ParameterKey": key, "ParameterValue": HIDDEN if key in hidden else value} for key, value in chosen.items()
    ]


def typed(template: Template, chosen: Mapping[str, str]) -> dict[str, str | list[str]]:
    """The values as `Ref` gives them: a list for the list types."""
    declared = template.section("Parameters")
    return {key: _items(value) if _is_list(declared[key]) else value for key, value in chosen.items()}


def _chosen(item: Mapping[str, Any], previous: Mapping[str, str]) -> str:
    key = item["ParameterKey"]
    if not item.get("UsePreviousValue"):
        return str(item.get("ParameterValue", ""))
    if item.get("ParameterValue"):
        raise ValidationError(
            f"Invalid input for parameter key {key}. Cannot specify usePreviousValue as true and non empty "
            "value for a parameter"
        )
    if key not in previous:
        raise ValidationError(
            f"Invalid input for parameter key {key}. Cannot specify usePreviousValue as true for a parameter "
            "key not in the previous template"
        )
    return previous[key]


def _is_list(declared: Mapping[str, Any]) -> bool:
    kind = str(declared.get("Type", "String"))
    return kind == "CommaDelimitedList" or kind.startswith("List<")


def _items(value: str) -> list[str]:
    return [item.strip() for item in value.split(",")] if value else []


def _check(key: str, value: str, declared: Mapping[str, Any]) -> None:
    items = _items(value) if _is_list(declared) else [value]
    number = "Number" in declared.get("Type", "String")
    for item in items:
        problem = _problem_of_number(item, declared) if number else _problem_of_text(item, declared)
        if item not in [text(allowed) for allowed in declared.get("AllowedValues", [item])]:
            problem = problem or "be one of AllowedValues"
        if not problem:
            continue
        if "ConstraintDescription" in declared:
            raise ValidationError(f"Parameter {key} failed to satisfy constraint: {declared['ConstraintDescription']}")
        raise ValidationError(f"Parameter '{key}' must {problem}")


def _problem_of_text(value: str, declared: Mapping[str, Any]) -> str:
    pattern = declared.get("AllowedPattern", ".*")
    if not re.fullmatch(pattern, value, re.DOTALL):
        return f"match pattern {pattern}"
    if len(value) < int(declared.get("MinLength", 0)):
        return f"contain at least {declared['MinLength']} characters"
    if len(value) > int(declared.get("MaxLength", len(value))):
        return f"contain at most {declared['MaxLength']} characters"
    return ""


def _problem_of_number(value: str, declared: Mapping[str, Any]) -> str:
    try:
        number = float(value)
    except ValueError:
        return "be a number."
    if number < float(declared.get("MinValue", number)):
        return f"be a number not less than {declared['MinValue']}"
    if number > float(declared.get("MaxValue", number)):
        return f"be a number not greater than {declared['MaxValue']}"
    return ""
