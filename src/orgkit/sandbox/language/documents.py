"""Policy documents: JSON text to frozen statements, or a ValueError that says what AWS refuses and where.

AWS's description is the IAM User Guide: "Grammar of the IAM JSON policy language". Identity policies,
permissions boundaries and service control policies share what is here: no `Principal`, always a resource.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from orgkit.sandbox.language.conditions import Condition, parse_operator
from orgkit.sandbox.language.matching import Context, Element, variables

_WITH_VARIABLES: Final = "2012-10-17"
_VERSIONS: Final = ("2008-10-17", _WITH_VARIABLES)
_STATEMENT_KEYS: Final = frozenset(("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"))


@dataclass(frozen=True)
class Statement:
    """One statement, ready to be asked about many requests."""

    label: str
    """Its Sid, or its place counted from 1 when it has none."""
    place: int
    """Its place in the document, from 0."""
    allows: bool
    actions: Element
    resources: Element
    conditions: tuple[Condition, ...]

    def applies(self, action: str, resource: str, context: Context) -> bool:
        """Whether the statement speaks of this request. The action must be in lower case."""
        return (
            self.actions.covers(action, context)
            and self.resources.covers(resource, context)
            and all(condition.holds(context) for condition in self.conditions)
        )

    @property
    def context_keys(self) -> Iterable[str]:
        """The condition keys it uses, as conditions or as variables, as written and with doubles."""
        yield from (key for condition in self.conditions for key in condition.context_keys)
        yield from (key for template in self.resources.templates for key in variables(template))


@dataclass(frozen=True)
class Policy:
    """An identity policy, a permissions boundary or a service control policy."""

    name: str
    statements: tuple[Statement, ...]

    @classmethod
    def parse(cls, name: str, document: str | Mapping[str, Any]) -> Policy:
        """Read a document. Raises ValueError for what AWS answers with MalformedPolicyDocument."""
        text = document if isinstance(document, str) else json.dumps(document)
        return cls(name, _statements(text))


@lru_cache(maxsize=1_024)
def _statements(text: str) -> tuple[Statement, ...]:
    document = _read(text)
    _only(document, ("Version", "Id", "Statement"), "the policy")
    version = document.get("Version", _VERSIONS[0])
    if version not in _VERSIONS:
        raise ValueError(f"Version must be one of {', '.join(_VERSIONS)}, not {version!r}")
    bodies = _listed(document.get("Statement"), dict, "Statement")
    statements = tuple(
        _statement(place, body, with_variables=version == _WITH_VARIABLES) for place, body in enumerate(bodies)
    )
    sids = [body["Sid"] for body in bodies if body.get("Sid")]
    if len(set(sids)) < len(sids):
        raise ValueError("the Sid of each statement must be unique in the policy")
    return statements


def _read(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text, object_pairs_hook=_unique)
    except RecursionError:
        raise ValueError("the policy is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"the policy is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise ValueError("the policy must be a JSON object")
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    block = dict(pairs)
    if len(block) < len(pairs):
        raise ValueError(f"a key stands twice in one block: {', '.join(key for key, _ in pairs)}")
    return block


def _statement(place: int, body: Mapping[str, Any], *, with_variables: bool) -> Statement:
    where = f"statement {place + 1}"
    _only(body, _STATEMENT_KEYS, where)
    sid = body.get("Sid", "")
    if not (isinstance(sid, str) and re.fullmatch(r"[A-Za-z0-9]*", sid)):
        raise ValueError(f"{where}: Sid must be letters and digits, not {sid!r}")
    if body.get("Effect") not in ("Allow", "Deny"):
        raise ValueError(f"{where}: Effect must be Allow or Deny, not {body.get('Effect')!r}")
    actions, no_actions = _one_of(body, "Action", "NotAction", where)
    resources, no_resources = _one_of(body, "Resource", "NotResource", where)
    _check(actions, r"\*|[\w.*-]+:[^:]+", "be * or an action such as iam:Get*", where)
    _check(resources, r"\*|arn:.+", "be * or an ARN", where)
    return Statement(
        label=sid or str(place + 1),
        place=place,
        allows=body["Effect"] == "Allow",
        actions=Element.of(map(str.lower, actions), negated=no_actions, with_variables=False),
        resources=Element.of(resources, negated=no_resources, with_variables=with_variables),
        conditions=tuple(_conditions(body.get("Condition", {}), where, with_variables=with_variables)),
    )


def _one_of(body: Mapping[str, Any], name: str, negation: str, where: str) -> tuple[Sequence[str], bool]:
    """The values of an element or of its negation, of which there must be exactly one."""
    if (name in body) == (negation in body):
        raise ValueError(f"{where}: must have either {name} or {negation}")
    found = name if name in body else negation
    return _listed(body[found], str, f"{where}: {found}"), found == negation


def _conditions(block: Any, where: str, *, with_variables: bool) -> Iterable[Condition]:
    if not isinstance(block, dict):
        raise ValueError(f"{where}: Condition must be an object")
    for text, keys in block.items():
        try:
            quantifier, operator, if_exists = parse_operator(text)
        except ValueError as error:
            raise ValueError(f"{where}: Condition: {error}") from None
        if not isinstance(keys, dict):
            raise ValueError(f"{where}: {text} must be an object")
        _check(keys, r"[^:]+:.+", "be a condition key such as aws:username", where)
        for key, values in keys.items():
            texts = tuple(map(_text, _listed(values, (str, bool, int, float), f"{where}: {text}: {key}")))
            yield Condition(key, operator, quantifier, if_exists, texts, with_variables)


def _text(value: str | bool | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(value: Any, kind: type | tuple[type, ...], where: str) -> Sequence[Any]:
    """A value that may stand alone or in a list, as a list that is not empty."""
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(item, kind) for item in values):
        kinds = " or ".join(
            {dict: "object", str: "text", bool: "boolean", int: "number"}[each]
            for each in (kind if isinstance(kind, tuple) else (kind,))
            if each is not float
        )
        raise ValueError(f"{where} must be {kinds}, or a list of them")
    return values


def _only(block: Mapping[str, Any], allowed: Iterable[str], where: str) -> None:
    unknown = [key for key in block if key not in allowed]
    if unknown:
        raise ValueError(f"{where}: unknown element {', '.join(unknown)}")


def _check(values: Iterable[str], pattern: str, rule: str, where: str) -> None:
    for value in values:
        if not re.fullmatch(pattern, value, re.DOTALL):
            raise ValueError(f"{where}: {value!r} must {rule}")
