"""One call of IAM's policy simulator: what is asked, and AWS's answer to it.

The members are those of `EvaluationResult` in the service model. What the model leaves open follows answers of
AWS that were published: SourcePolicyType is always "IAM Policy"; a service control policy's refusal, also an
explicit one, is an implicitDeny without matched statements; MissingContextValues names the keys of all
statements, also of those that do not speak of the action. EvalResourceName is always "*" here, where AWS gives
the action's ARN format: that takes AWS's catalogue of resource types.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from orgkit.sandbox.authorization.principals import Attached
from orgkit.sandbox.language.evaluator import Decision, Effect, Layer, Match, Policy, Request, decide

_MILD_TO_STRICT: Final = (Effect.ALLOWED, Effect.IMPLICIT_DENY, Effect.EXPLICIT_DENY)


@dataclass(frozen=True)
class Simulation:
    """All that a call says, but for the actions."""

    sources: tuple[Attached, ...]
    identity: tuple[Policy, ...]
    boundary: tuple[Policy, ...] | None
    scps: tuple[tuple[Policy, ...], ...] | None
    keys: Mapping[str, Sequence[str]]
    resources: tuple[str, ...]

    def result(self, action: str) -> dict[str, Any]:
        """The `EvaluationResult` of one action: the strictest decision on any resource, then each one."""
        decisions = [self._decide(action, resource) for resource in self.resources]
        strictest = max((each.effect for each in decisions), key=_MILD_TO_STRICT.index)
        matched = [match for each in decisions if each.effect is strictest for match in each.matched]
        answer = {
            "EvalActionName": action,
            "EvalResourceName": "*",
            "EvalDecision": strictest,
            "MatchedStatements": self._statements(matched),
            "MissingContextValues": self._missing(),
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
        asked = Request(action, resource, self.keys)
        decision = decide(asked, identity=self.identity, boundary=self.boundary, scps=self.scps)
        if decision.allowed_by_organizations is False:
            return replace(decision, effect=Effect.IMPLICIT_DENY, matched=())
        return decision

    def _specific(self, resource: str, decision: Decision) -> dict[str, Any]:
        return {
            "EvalResourceName": resource,
            "EvalResourceDecision": decision.effect,
            "MatchedStatements": self._statements(decision.matched),
            "MissingContextValues": self._missing(),
            "EvalDecisionDetails": {},
            **_boundary([decision]),
        }

    def _missing(self) -> list[str]:
        """Keys of the identity policies alone: the model excludes those of service control policies."""
        known = {key.lower() for key in self.keys}
        return [key for key in context_keys(self.identity) if key.lower() not in known]

    def _statements(self, matched: Sequence[Match]) -> list[dict[str, Any]]:
        sources = {source.name: source for source in self.sources}
        shown = dict.fromkeys(match for match in matched if match.layer is Layer.IDENTITY)
        return [_statement(sources[match.policy], match.place) for match in shown]


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

    AWS counts a statement from right after the bracket or comma before it to right after its own brace.
    """
    start = next(offset for key, offset in _members(document) if key == "Statement")
    if document[_skip(document, start)] != "[":
        return ((start, json.JSONDecoder().raw_decode(document, _skip(document, start))[1]),)
    ends, offset = [], _skip(document, start) + 1
    while document[offset - 1] != "]":
        _, end = json.JSONDecoder().raw_decode(document, _skip(document, offset))
        ends.append((offset, end))
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
