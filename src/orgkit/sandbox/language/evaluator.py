"""What AWS would decide about one request, by identity policies, a boundary and service control policies.

Pure: it knows no account and no service. AWS's description is the IAM User Guide, "Policy evaluation logic":
a Deny anywhere wins; then each level of service control policies, the identity policies and the boundary must
allow. Resource policies, session policies and resource control policies are not part of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from orgkit.sandbox.language.documents import Policy, Statement
from orgkit.sandbox.language.matching import Context

__all__ = ["Decision", "Effect", "Layer", "Match", "Policy", "Request", "decide"]


@dataclass(frozen=True)
class Request:
    """One action on one resource. Condition keys may have any case; a key without values counts as absent."""

    action: str
    """Such as `organizations:AttachPolicy`; its case does not matter."""
    resource: str
    """One ARN, or `*`."""
    context: Mapping[str, Sequence[str]]


class Effect(StrEnum):
    """The outcome, in the words of AWS's policy simulator."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"


class Layer(StrEnum):
    """Where a policy stands, in the words of AWS's access denied messages."""

    IDENTITY = "identity-based policy"
    BOUNDARY = "permissions boundary"
    ORGANIZATION = "service control policy"


@dataclass(frozen=True)
class Match:
    """A statement that decided."""

    layer: Layer
    policy: str
    statement: str
    """Its Sid, or its place counted from 1."""
    place: int
    """Its place in the document, from 0."""


@dataclass(frozen=True)
class Decision:
    """The outcome, and what made it so: every Deny, or else the identity policies' Allows, or nothing."""

    effect: Effect
    matched: tuple[Match, ...]
    allowed_by_organizations: bool | None
    """None when no service control policies were given."""
    allowed_by_boundary: bool | None
    """None when no boundary was given."""
    allowed_by_identity: bool

    @property
    def allowed(self) -> bool:
        return self.effect is Effect.ALLOWED


@dataclass(frozen=True)
class _Verdict:
    """What the policies of one layer, or of one level of it, say."""

    allows: tuple[Match, ...]
    denies: tuple[Match, ...]

    @property
    def passes(self) -> bool:
        return bool(self.allows) and not self.denies


def decide(
    request: Request,
    *,
    identity: Sequence[Policy],
    boundary: Sequence[Policy] | None = None,
    scps: Sequence[Sequence[Policy]] | None = None,
) -> Decision:
    """Decide one request.

    `boundary` and `scps` are None where there are none; an empty boundary, or a level of `scps` without a
    policy, allows nothing. `scps` has one level for the root, each OU on the way and the account.
    """
    context = {key.lower(): it if isinstance(it, tuple) else tuple(it) for key, it in request.context.items()}
    asked = _Asked(request.action.lower(), request.resource, context)
    mine = asked.of(identity, Layer.IDENTITY)
    limit = None if boundary is None else asked.of(boundary, Layer.BOUNDARY)
    levels = None if scps is None else [asked.of(level, Layer.ORGANIZATION) for level in scps]
    limits = [*([] if limit is None else [limit]), *(levels or [])]
    denies = tuple(match for verdict in (mine, *limits) for match in verdict.denies)
    passes = all(verdict.passes for verdict in (mine, *limits))
    return Decision(
        effect=Effect.EXPLICIT_DENY if denies else Effect.ALLOWED if passes else Effect.IMPLICIT_DENY,
        matched=denies or (mine.allows if passes else ()),
        allowed_by_organizations=None if levels is None else all(level.passes for level in levels),
        allowed_by_boundary=None if limit is None else limit.passes,
        allowed_by_identity=mine.passes,
    )


@dataclass(frozen=True)
class _Asked:
    """A request made ready for comparing."""

    action: str
    resource: str
    context: Context

    def of(self, policies: Iterable[Policy], layer: Layer) -> _Verdict:
        applying = [
            (policy, statement)
            for policy in policies
            for statement in policy.statements
            if statement.applies(self.action, self.resource, self.context)
        ]
        return _Verdict(
            tuple(_match(layer, *found) for found in applying if found[1].allows),
            tuple(_match(layer, *found) for found in applying if not found[1].allows),
        )


def _match(layer: Layer, policy: Policy, statement: Statement) -> Match:
    return Match(layer, policy.name, statement.label, statement.place)
