"""Whether a caller may do what a call says, and AWS's words if not."""

from __future__ import annotations

import json
from calendar import timegm
from dataclasses import dataclass
from typing import Any, Final

from moto.iam.exceptions import NotFoundException
from moto.sts.models import sts_backends

from orgkit.sandbox import clock
from orgkit.sandbox.authorization import callers, principals
from orgkit.sandbox.authorization.asks import Ask, Call, Keys, asks
from orgkit.sandbox.authorization.principals import Attached, Principal
from orgkit.sandbox.language.evaluator import Decision, Effect, Layer, Policy, Request, decide
from orgkit.sandbox.organizations.structure import membership

# "No permissions are required to perform this operation", not even where it is denied (STS API reference).
_FREE: Final = frozenset(("sts:GetCallerIdentity", "sts:GetSessionToken"))
_EVERYTHING: Final = Attached(
    "root user", "", '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
)


@dataclass(frozen=True)
class _Bound:
    """A caller and all the policies that bind it."""

    arn: str
    identity: tuple[Policy, ...]
    boundary: tuple[Policy, ...] | None
    scps: tuple[tuple[Policy, ...], ...] | None
    keys: Keys

    def decide(self, ask: Ask, about: Keys) -> Decision:
        request = Request(ask.action, ask.resource, {**about, **self.keys, **ask.keys})
        return decide(request, identity=self.identity, boundary=self.boundary, scps=self.scps)


def refusal(call: Call, access_key: str, *, with_mfa: bool) -> str | None:
    """AWS's reason to refuse this call, or None if it may go on."""
    bound = _bound(call, access_key, with_mfa=with_mfa)
    if bound is None or f"{call.service}:{call.operation}" in _FREE:
        return None
    for ask in asks(call):
        about = _about(call, ask)
        decision = bound.decide(ask, about)
        refused = f"User: {bound.arn} is not authorized to perform: {ask.action} on resource: {ask.resource}"
        if not decision.allowed:
            return f"{refused} {_why(decision, ask.action)}"
        if ask.action == "sts:AssumeRole" and not _trusted(bound, ask, about):
            return refused
    return None


def _bound(call: Call, access_key: str, *, with_mfa: bool) -> _Bound | None:
    """None for a root user whom nothing binds."""
    levels = principals.scps_of(call.account, call.partition)
    if call.caller.is_root and levels is None:
        return None
    principal, kind = _principal(call, access_key)
    return _Bound(
        arn=call.caller.arn,
        identity=tuple(policy.parsed() for policy in principal.identity),
        boundary=None if principal.boundary is None else tuple(policy.parsed() for policy in principal.boundary),
        scps=None if levels is None else tuple(tuple(policy.parsed() for policy in level) for level in levels),
        keys={
            **principal.keys,
            "aws:userid": (call.caller.user_id,),
            "aws:PrincipalType": (kind,),
            **_organization_keys("Principal", call.account, call.partition),
            **_mfa_key(access_key, with_mfa=with_mfa),
        },
    )


def _principal(call: Call, access_key: str) -> tuple[Principal, str]:
    """The user, the role of the session, or the root user; and what AWS calls its kind."""
    if call.caller.is_root:
        keys = {"aws:PrincipalArn": (call.caller.arn,), "aws:PrincipalAccount": (call.account,)}
        return Principal(call.caller.arn, (_EVERYTHING,), keys=keys), "Account"
    session = sts_backends[call.account][call.partition].get_assumed_role_from_access_key(access_key)
    arn = session.role_arn if session else call.caller.arn
    try:
        return principals.find(arn), "AssumedRole" if session else "User"
    except NotFoundException:
        return Principal(arn, ()), "AssumedRole"  # moto lets roles be assumed that do not exist


def _mfa_key(access_key: str, *, with_mfa: bool) -> Keys:
    """AWS has the key in requests with temporary credentials alone, whose ids begin so; others lack it.

    IAM User Guide, "AWS global condition context keys": sessions of roles and those of GetSessionToken alike.
    """
    if not (access_key.startswith("ASIA") or with_mfa):
        return {}
    return {"aws:MultiFactorAuthPresent": (str(with_mfa).lower(),)}


def _about(call: Call, ask: Ask) -> Keys:
    """The keys that say when and how a request comes, and whose the resource is."""
    now = clock.now()
    parts = ask.resource.split(":", 5)
    owner = parts[4] if len(parts) == 6 and parts[4].isdigit() else call.account
    return {
        "aws:CurrentTime": (f"{now:%Y-%m-%dT%H:%M:%SZ}",),
        "aws:EpochTime": (str(timegm(now.timetuple())),),
        "aws:RequestedRegion": (call.region,),
        "aws:SecureTransport": ("true",),
        "aws:ViaAWSService": ("false",),
        "aws:PrincipalIsAWSService": ("false",),
        "aws:SourceIp": ("127.0.0.1",),
        "aws:ResourceAccount": (owner,),
        **_organization_keys("Resource", owner, call.partition),
    }


def _organization_keys(whose: str, account: str, partition: str) -> Keys:
    member = membership(account, partition)
    if member is None:
        return {}
    return {f"aws:{whose}OrgID": (member.organization.id,), f"aws:{whose}OrgPaths": (member.path,)}


def _why(decision: Decision, action: str) -> str:
    """The last words of AWS's message: IAM User Guide, "Troubleshoot access denied error messages"."""
    if decision.effect is Effect.EXPLICIT_DENY:
        match = decision.matched[0]
        article = "an" if match.layer is Layer.IDENTITY else "a"
        named = f": {match.policy}" if match.policy.startswith("arn:") else ""
        return f"with an explicit deny in {article} {match.layer}{named}"
    if decision.allowed_by_organizations is False:
        layer = Layer.ORGANIZATION
    else:
        layer = Layer.BOUNDARY if decision.allowed_by_identity else Layer.IDENTITY
    return f"because no {layer} allows the {action} action"


def _trusted(bound: _Bound, ask: Ask, about: Keys) -> bool:
    """Whether the role exists and its trust policy lets this caller in."""
    role = callers.role_of(ask.resource)
    if role is None:
        return False
    document = json.loads(role.assume_role_policy_document)
    listed = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
    # As an identity policy would say it.
    mine = [
        {**{key: value for key, value in each.items() if key != "Principal"}, "Resource": "*"}
        for each in listed
        if _names(each.get("Principal"), bound)
    ]
    if not mine:
        return False
    policy = Policy.parse("trust policy", {**document, "Statement": mine})
    return decide(Request(ask.action, "*", {**about, **bound.keys}), identity=[policy]).allowed


def _names(principal: Any, bound: _Bound) -> bool:
    """Whether a trust policy's principal is this caller, its account, or anyone."""
    named = principal.get("AWS", ()) if isinstance(principal, dict) else principal
    account = bound.keys["aws:PrincipalAccount"][0]
    partition = bound.arn.split(":")[1]
    mine = {"*", account, f"arn:{partition}:iam::{account}:root", bound.arn, *bound.keys["aws:PrincipalArn"]}
    return not mine.isdisjoint([named] if isinstance(named, str) else named or ())
