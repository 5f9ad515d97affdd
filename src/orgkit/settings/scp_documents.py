"""SCP documents: checked before AWS sees them, and made as small as they can be.

Source: "SCP syntax" in the user guide of AWS Organizations, which gives SCPs the whole policy language of IAM
but for principals. Where AWS documents no rule, AWS decides.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from orgkit.errors import FileProblems, Problem
from orgkit.settings import limits
from orgkit.settings.marks import Document, Place, in_order, keys_amiss, misspelt
from orgkit.settings.yaml_marks import parse

_VERSION: Final = "2012-10-17"
_POLICY: Final = ("Version", "Statement")
_STATEMENT: Final = ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition")
_PRINCIPALS: Final = ("Principal", "NotPrincipal")
_ACTION: Final = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?-]+")

_ORDERS: Final = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
OPERATORS: Final = (
    *("StringEquals", "StringEqualsIgnoreCase", "StringLike"),
    *("StringNotEquals", "StringNotEqualsIgnoreCase", "StringNotLike"),
    *(f"Numeric{order}" for order in _ORDERS),
    *(f"Date{order}" for order in _ORDERS),
    *("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"),
    *("Bool", "BinaryEquals", "IpAddress", "NotIpAddress"),
)
"""All but Null, which takes neither qualifier nor IfExists. IAM User Guide, "Condition operators"."""

_OPERATOR: Final = re.compile(rf"Null|(ForAllValues:|ForAnyValue:)?({'|'.join(OPERATORS)})(IfExists)?")


def content(text: str, file: str) -> str:
    """The document as it is sent to AWS. Raises FileProblems with everything that is wrong with it."""
    document = parsed(text, file)
    problems = list(_policy(document))
    smallest = "" if problems else minified(document.data)
    if len(smallest) > limits.SCP_CHARACTERS:
        most = f"AWS allows {limits.SCP_CHARACTERS:,}"
        problems.append(document.problem((), f"has {len(smallest):,} characters without white space; {most}"))
    if problems:
        raise FileProblems(in_order(problems))
    return smallest


def names_actions(pattern: str) -> bool:
    """Whether it is a pattern of one service's actions, as it should be written."""
    return ":" in pattern and _ACTION.fullmatch(pattern) is not None


def minified(document: object) -> str:
    """JSON without white space, keys in their order.

    All but ASCII is escaped: then characters and bytes are the same number, whichever of them AWS counts.
    """
    return json.dumps(document, separators=(",", ":"))


def parsed(text: str, file: str) -> Document:
    """A JSON document with its spots. Raises FileProblems where it is not JSON."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        spot, words = (error.lineno, error.colno), f"is not JSON: {error.msg}"
    except RecursionError:
        spot, words = (1, 1), "is nested too deep"
    except ValueError:  # more digits than Python turns into a number
        spot, words = (1, 1), "has a number that is too long"
    else:
        # JSON is YAML but for its tabs, which here can only stand between values: one reader finds the spots
        # and the keys that are there twice.
        marked, twice = parse(text.replace("\t", " "), file)
        if twice:
            raise FileProblems(in_order(twice))
        return Document(file, data, marked.values, marked.keys)
    raise FileProblems([Problem(file, *spot, "", words)])


def _policy(document: Document) -> Iterator[Problem]:
    if not isinstance(document.data, dict):
        yield document.problem((), "must be a JSON object with Version and Statement")
        return
    yield from keys_amiss(document, (), _POLICY, _POLICY, "an element of SCPs")
    if document.data.get("Version", _VERSION) != _VERSION:
        yield document.problem(("Version",), f'must be "{_VERSION}"')
    statements = document.data.get("Statement")
    if isinstance(statements, dict):
        yield from _statement(document, ("Statement",), statements)
    elif isinstance(statements, list) and statements:
        for index, statement in enumerate(statements):
            yield from _statement(document, ("Statement", index), statement)
    elif "Statement" in document.data:
        yield document.problem(("Statement",), "must be a statement or a list of statements")


def _statement(document: Document, place: Place, statement: object) -> Iterator[Problem]:
    if not isinstance(statement, dict):
        yield document.problem(place, "must be an object with Effect, Action and Resource")
        return
    for name in _PRINCIPALS:
        if name in statement:
            words = "is not an element of SCPs; use a Condition on aws:PrincipalArn"
            yield document.problem((*place, name), words, at_key=True)
    yield from keys_amiss(document, place, _STATEMENT, ("Effect",), "an element of SCPs")
    if not isinstance(statement.get("Sid", ""), str):
        yield document.problem((*place, "Sid"), "must be text")
    if statement.get("Effect", "Deny") not in ("Allow", "Deny"):
        yield document.problem((*place, "Effect"), "must be Allow or Deny")
    for name in ("Action", "Resource"):
        yield from _either(document, place, statement, name)
    if "Condition" in statement:
        yield from _condition(document, (*place, "Condition"), statement["Condition"])


def _either(document: Document, place: Place, statement: dict[str, Any], name: str) -> Iterator[Problem]:
    """Exactly one of Action and NotAction, or of Resource and NotResource, and what it holds."""
    both = (name, f"Not{name}")
    present = [each for each in both if each in statement]
    if len(present) == len(both):
        yield document.problem((*place, both[1]), f"cannot stand beside {name}", at_key=True)
    elif not present and misspelt(statement, _STATEMENT).isdisjoint(both):
        yield document.problem((*place, name), f"is missing, and so is {both[1]}")
    for each in present:
        yield from _patterns(document, (*place, each), statement[each], _CHECKS[name])


def _patterns(document: Document, place: Place, written: object, amiss: Callable[[str], str]) -> Iterator[Problem]:
    if written == []:
        yield document.problem(place, "must not be empty")
    for here, pattern in _each(place, written):
        words = amiss(pattern) if isinstance(pattern, str) else "must be text"
        if words:
            yield document.problem(here, words)


def _condition(document: Document, place: Place, condition: object) -> Iterator[Problem]:
    if not isinstance(condition, dict):
        yield document.problem(place, "must be an object of operators, such as StringEquals")
        return
    for operator, keys in condition.items():
        here = (*place, operator)
        if not _OPERATOR.fullmatch(operator):
            near = "".join(misspelt([operator.rpartition(":")[2].removesuffix("IfExists")], OPERATORS))
            words = "is not a condition operator" + (f"; did you mean {near}?" if near else "")
            yield document.problem(here, words, at_key=True)
        if not isinstance(keys, dict):
            yield document.problem(here, "must be an object of condition keys, such as aws:RequestedRegion")
            continue
        for key, values in keys.items():
            yield from _condition_values(document, (*here, key), values)


def _condition_values(document: Document, place: Place, values: object) -> Iterator[Problem]:
    for here, value in _each(place, values):
        if not (isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))):
            yield document.problem(here, "must be text, a number, true or false, or a list of these")


def _each(place: Place, written: object) -> list[tuple[Place, object]]:
    """The members of a list with their places, or the one thing that stands in its stead."""
    if isinstance(written, list):
        return [((*place, index), value) for index, value in enumerate(written)]
    return [(place, written)]


def _action(pattern: str) -> str:
    if _ACTION.fullmatch(pattern):
        return ""
    service = pattern.partition(":")[0]
    if pattern != service and re.search(r"[*?]", service):
        return "has a wildcard in the name of the service, which AWS does not offer; name each service"
    return "must be * or a service and an action, such as ec2:RunInstances"


def _resource(pattern: str) -> str:
    return "" if pattern == "*" or pattern.startswith("arn:") else "must be * or an ARN, which begins with arn:"


_CHECKS: Final = {"Action": _action, "Resource": _resource}
