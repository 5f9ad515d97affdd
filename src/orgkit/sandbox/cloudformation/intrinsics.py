"""CloudFormation's intrinsic functions: the value of a piece of template.

The functions are those of the CloudFormation User Guide, "Intrinsic function reference", without the ones that
look outside the template (GetAZs, Cidr, ImportValue, Transform).
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from orgkit.sandbox.cloudformation.errors import ValidationError

PSEUDO_PARAMETERS: Final = frozenset(
    {
        "AWS::AccountId",
        "AWS::NoValue",
        "AWS::NotificationARNs",
        "AWS::Partition",
        "AWS::Region",
        "AWS::StackId",
        "AWS::StackName",
        "AWS::URLSuffix",
    }
)

_NO_VALUE: Final = object()
_VARIABLE: Final = re.compile(r"\$\{(?P<literal>!?)\s*(?P<name>[^}]*?)\s*\}")


@dataclass(frozen=True)
class Scope:
    """What a template's names stand for. `resource` gives a resource's Ref, or one of its attributes."""

    parameters: Mapping[str, Any]
    mappings: Mapping[str, Any]
    conditions: Mapping[str, Any]
    resource: Callable[[str, str | None], Any]

    def ref(self, name: str) -> Any:
        """The value of `Ref`."""
        if name == "AWS::NoValue":
            return _NO_VALUE
        return self.parameters[name] if name in self.parameters else self.resource(name, None)

    def condition(self, name: str) -> bool:
        """Whether a condition of the template holds."""
        return bool(evaluate(self.conditions[name], self))


def evaluate(node: Any, scope: Scope) -> Any:
    """The value of a piece of template in this scope. Raises ValidationError for what cannot be evaluated."""
    if isinstance(node, list):
        return [value for item in node if (value := evaluate(item, scope)) is not _NO_VALUE]
    if not isinstance(node, dict):
        return node
    if len(node) == 1:
        (name, argument), *_ = node.items()
        # A policy statement has a Condition too, but that one is a mapping.
        if name in _FUNCTIONS and (name != "Condition" or isinstance(argument, str)):
            return _FUNCTIONS[name](argument, scope)
        if str(name).startswith("Fn::"):
            raise ValidationError(f"Template error: the sandbox does not know {name}")
    values = ((key, evaluate(value, scope)) for key, value in node.items())
    return {key: value for key, value in values if value is not _NO_VALUE}


def names_in_sub(argument: Any) -> Iterator[str]:
    """The names that an `Fn::Sub` takes from the template: not its literals, nor those of its own map."""
    pattern, own = argument if isinstance(argument, list) else (argument, {})
    for found in _VARIABLE.finditer(str(pattern)):
        if not found["literal"] and found["name"] not in own:
            yield found["name"]


def text(value: Any) -> str:
    """A scalar as CloudFormation writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def is_true(value: Any) -> bool:
    """Whether a boolean of a template is true, which may be written as text."""
    return text(value).lower() == "true"


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        raise ValidationError("Template error: every value must be a string in Fn::Join and Fn::Sub")
    return text(value)


def _get_att(argument: Any, scope: Scope) -> Any:
    logical_id, _, attribute = (argument if isinstance(argument, str) else ".".join(argument)).partition(".")
    return scope.resource(logical_id, attribute)


def _sub(argument: Any, scope: Scope) -> str:
    pattern, own = argument if isinstance(argument, list) else (argument, {})

    def value(found: re.Match[str]) -> str:
        name = found["name"]
        if found["literal"]:
            return f"${{{name}}}"
        if name in own:
            return _text(evaluate(own[name], scope))
        return _text(_get_att(name, scope) if "." in name else scope.ref(name))

    return _VARIABLE.sub(value, pattern)


def _if(argument: Any, scope: Scope) -> Any:
    condition, when_true, when_false = argument
    return evaluate(when_true if scope.condition(condition) else when_false, scope)


def _join(argument: Any, scope: Scope) -> str:
    delimiter, items = argument
    return str(delimiter).join(map(_text, evaluate(items, scope)))


def _select(argument: Any, scope: Scope) -> Any:
    index, items = int(evaluate(argument[0], scope)), evaluate(argument[1], scope)
    if not 0 <= index < len(items):
        raise ValidationError(f"Template error: Fn::Select cannot select nonexistent value at index {index}")
    return items[index]


def _split(argument: Any, scope: Scope) -> list[str]:
    delimiter, value = argument
    return _text(evaluate(value, scope)).split(delimiter)


def _find_in_map(argument: Any, scope: Scope) -> Any:
    name, first, second = (evaluate(item, scope) for item in argument)
    try:
        return scope.mappings[name][first][second]
    except KeyError as error:
        raise ValidationError(f"Template error: Unable to get mapping for {name}::{first}::{second}") from error


def _equals(argument: Any, scope: Scope) -> bool:
    left, right = (evaluate(item, scope) for item in argument)
    return left == right or (not isinstance(left, list | dict) and _text(left) == _text(right))


_FUNCTIONS: Final[Mapping[str, Callable[[Any, Scope], Any]]] = {
    "Condition": lambda argument, scope: scope.condition(argument),
    "Fn::And": lambda argument, scope: all(evaluate(item, scope) for item in argument),
    "Fn::Base64": lambda argument, scope: b64encode(_text(evaluate(argument, scope)).encode()).decode(),
    "Fn::Equals": _equals,
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAtt": _get_att,
    "Fn::If": _if,
    "Fn::Join": _join,
    "Fn::Not": lambda argument, scope: not evaluate(argument[0], scope),
    "Fn::Or": lambda argument, scope: any(evaluate(item, scope) for item in argument),
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Sub": _sub,
    "Ref": lambda argument, scope: scope.ref(argument),
}
