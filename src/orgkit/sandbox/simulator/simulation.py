"""One call of IAM's policy simulator: what is asked, and AWS's answer to it.

The members are those of `EvaluationResult` in the service model. What the model leaves open follows recorded answers of
AWS: SourcePolicyType is always "IAM Policy"; a service control policy's refusal has no matched statement; of several
policies the last is named first; MissingContextValues names the keys of all statements, also of those that do not
speak of the action, and only where nothing allows it.

Asked about an ARN of a type that the action does not have by AWS's catalogue, or about any ARN where an action has no
resources, it answers implicitDeny whatever the policies say. An action that AWS does not have may be done on anything.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from types import MappingProxyType
from typing import Any, Final

from orgkit.sandbox.authorization.principals import Attached
from orgkit.sandbox.language.evaluator import Decision, Effect, Layer, Match, Policy, Request, decide
from orgkit.settings.rules import ACTIONS

_NAMES: Final = MappingProxyType(
    {
        "ec2": "ec2:${Region}:${Account}:${ResourceType}/${ResourcePath}",
        "iam": "iam::${Account}:${ResourceType}/${ResourceName}",
        "kms": "kms:${Region}:${Account}:${ResourceType}/${Id}",
        "lambda": "lambda:${Region}:${Account}:${ResourceType}:${ResourceId}",
        "s3": "s3:::${BucketName}/${KeyName}",
        "sqs": "sqs:${Region}:${Account}:${QueueName}",
        "sts": "iam::${Account}:${RelativeId}",
    }
)
"""How AWS's simulator names all resources of a service together (recorded 2026-09). It is not the catalogue's name."""


_MILD_TO_STRICT: Final = (Effect.ALLOWED, Effect.IMPLICIT_DENY, Effect.EXPLICIT_DENY)
_Source = tuple[Attached, Policy]


def is_known(action: str) -> bool:
    """Whether AWS has this action."""
    return _patterns(action) is not None


def fits(action: str, arn: str) -> bool:
    """Whether the action can be asked about the ARN."""
    patterns = _patterns(action)
    return patterns is None or any(pattern.fullmatch(arn) for pattern in patterns)


def together(action: str, arn: str) -> str:
    """The EvalResourceName of an action that is asked about several ARNs, this one first."""
    service = action.partition(":")[0].lower()
    name = _NAMES.get(service, f"{service}:${{Region}}:${{Account}}:${{ResourceType}}/${{ResourceName}}")
    return f"arn:{arn.split(':')[1]}:{name}" if is_known(action) else "*"


def _patterns(action: str) -> tuple[re.Pattern[str], ...] | None:
    """Of the ARNs that an action has; None for one that AWS does not have."""
    service, _, name = action.lower().partition(":")
    return _service(service).get(name)


@cache
def _service(prefix: str) -> Mapping[str, tuple[re.Pattern[str], ...]]:
    """The patterns of every action, which is in lower case."""
    actions, arns = _lines().get(prefix, ("", ""))
    patterns = [re.compile(_regex(arn), re.DOTALL) for arn in arns.split()]
    parts = (each.lower().partition(":") for each in actions.split())
    return {name: tuple(patterns[int(number)] for number in numbers.split(",") if number) for name, _, numbers in parts}


@cache
def _lines() -> Mapping[str, tuple[str, str]]:
    """The actions and the ARNs of each service, as the catalogue has them."""
    found: dict[str, tuple[str, str]] = {}
    service = ""
    for line in gzip.decompress(ACTIONS.read_bytes()).decode("utf-8").splitlines():
        if line.startswith(" "):
            found[service] = (found[service][0], line)
        else:
            service, _, actions = line.partition(" ")
            found[service] = (actions, "")
    return found


def _regex(arns: str) -> str:
    """One or several patterns in which `*` is anything. AWS takes buckets for objects and objects for buckets."""
    alternatives = [re.sub(r"^(arn:\*:s3:::\*)/\*$", r"\1", arn) for arn in arns.split(",")]
    return "|".join(".*".join(map(re.escape, arn.split("*"))) for arn in alternatives)


@dataclass(frozen=True)
class Simulation:
    """All that a call says, but for the actions."""

    identity: Sequence[_Source]
    boundary: Sequence[_Source] | None
    scps: tuple[tuple[Policy, ...], ...] | None
    keys: Mapping[str, Sequence[str]]
    resources: tuple[str, ...]

    def result(self, action: str) -> dict[str, Any]:
        """The `EvaluationResult` of one action: the strictest decision on any resource, then each one."""
        decisions = [self._decide(action, resource) for resource in self.resources]
        strictest = max((each.effect for each in decisions), key=_MILD_TO_STRICT.index)
        denied = strictest is Effect.EXPLICIT_DENY
        matched = [match for each in decisions if not denied or each.effect is strictest for match in each.matched]
        several = len(self.resources) > 1
        answer = {
            "EvalActionName": action,
            "EvalResourceName": together(action, self.resources[0]) if several else self.resources[0],
            "EvalDecision": strictest,
            "MatchedStatements": self._statements(matched),
            "MissingContextValues": self._missing if strictest is Effect.IMPLICIT_DENY else [],
            **_boundary(decisions),
        }
        if self.scps is not None:
            allowed = all(each.allowed_by_organizations for each in decisions)
            answer["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": allowed}
        if self.resources == ("*",):
            return answer
        named = zip(self.resources, decisions, strict=True)
        specific = [self._specific(resource, decision) for resource, decision in named]
        return {**answer, "EvalDecisionDetails": {}, "ResourceSpecificResults": specific}

    def _decide(self, action: str, resource: str) -> Decision:
        decision = decide(
            Request(action, resource, self.keys),
            identity=[policy for _, policy in self.identity],
            boundary=None if self.boundary is None else [policy for _, policy in self.boundary],
            scps=self.scps,
        )
        if resource == "*" or fits(action, resource):
            return decision
        return replace(decision, effect=Effect.IMPLICIT_DENY, matched=())

    def _specific(self, resource: str, decision: Decision) -> dict[str, Any]:
        return {
            "EvalResourceName": resource,
            "EvalResourceDecision": decision.effect,
            "MatchedStatements": self._statements(decision.matched),
            "MissingContextValues": self._missing if decision.effect is Effect.IMPLICIT_DENY else [],
            "EvalDecisionDetails": {},
            **_boundary([decision]),
        }

    @cached_property
    def _missing(self) -> list[str]:
        """Of the identity policies and the boundary: the model excludes the keys of service control policies."""
        known = {key.lower() for key in self.keys}
        policies = [policy for _, policy in (*self.identity, *(self.boundary or ()))]
        return [key for key in context_keys(policies) if key.lower() not in known]

    def _statements(self, matched: Sequence[Match]) -> list[dict[str, Any]]:
        shown = dict.fromkeys(match for match in matched if match.layer is not Layer.ORGANIZATION)
        layers = ((Layer.IDENTITY, self.identity), (Layer.BOUNDARY, self.boundary or ()))
        last_first = [(layer, source) for layer, sources in layers for source, _ in sources][::-1]
        return [
            _statement(source, match.place)
            for layer, source in last_first
            for match in shown
            if (match.layer, match.policy) == (layer, source.name)
        ]


def context_keys(policies: Sequence[Policy]) -> list[str]:
    """The condition keys of these policies, each once whatever its case, as first written."""
    first: dict[str, str] = {}
    for policy in policies:
        for statement in policy.statements:
            for key in statement.context_keys:
                first.setdefault(key.lower(), key)
    return list(first.values())


def _boundary(decisions: Sequence[Decision]) -> dict[str, Any]:
    if any(each.allowed_by_boundary is None for each in decisions):
        return {}
    allowed = all(each.allowed_by_boundary for each in decisions)
    return {"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": allowed}}


def _statement(source: Attached, place: int) -> dict[str, Any]:
    start, end = statement_ends(source.document)[place]
    return {
        "SourcePolicyId": source.id,
        "SourcePolicyType": "IAM Policy",
        "StartPosition": _position(source.document, start),
        "EndPosition": _position(source.document, end),
    }


def _position(document: str, offset: int) -> dict[str, int]:
    before = document[:offset]
    return {"Line": before.count("\n") + 1, "Column": offset - before.rfind("\n")}


@lru_cache(maxsize=256)
def statement_ends(document: str) -> tuple[tuple[int, int], ...]:
    """Where each statement of a sound policy begins and ends in its text.

    AWS counts a statement from right after the bracket, or the statement, before it to right after its own brace, and
    a statement that stands in no list from right after its opening brace.
    """
    start = _skip(document, next(offset for key, offset in _members(document) if key == "Statement"))
    if document[start] != "[":
        return ((start + 1, json.JSONDecoder().raw_decode(document, start)[1]),)
    ends, offset, begin = [], start + 1, start + 1
    while document[offset - 1] != "]":
        _, end = json.JSONDecoder().raw_decode(document, _skip(document, offset))
        ends.append((begin, end))
        begin = end
        offset = _skip(document, end) + 1
    return tuple(ends)


def _members(document: str) -> Iterator[tuple[str, int]]:
    """The keys of the outermost object, each with the offset right after its colon."""
    decoder = json.JSONDecoder()
    offset = _skip(document, 0) + 1
    while document[offset - 1] != "}":
        key, end = decoder.raw_decode(document, _skip(document, offset))
        value = _skip(document, end) + 1
        yield key, value
        offset = _skip(document, decoder.raw_decode(document, _skip(document, value))[1]) + 1


def _skip(document: str, offset: int) -> int:
    """The offset of the next character that is not white space."""
    found = re.compile(r"[ \t\r\n]*").match(document, offset)
    return found.end() if found else offset
