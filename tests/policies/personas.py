"""Who asks: the two admins of the payer and two principals of a member account, and what they ask about."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from orgkit import bundled
from orgkit.sandbox.language.evaluator import Effect, Policy, Request, decide
from policies import template

DATA: Final = Path(__file__).parents[1] / "data"
EVERYTHING: Final = Policy.parse(
    "AdministratorAccess",
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}},
)
MEMBER: Final = "444455556666"
SCP_TYPE: Final = "SERVICE_CONTROL_POLICY"


def _organizations(kind: str, *rest: str, owner: str = template.PAYER) -> str:
    return f"arn:aws:organizations::{owner}:{kind}/{'/'.join(rest)}"


RESOURCES: Final = {
    "root": _organizations("root", template.ORGANIZATION, template.ROOT),
    "institution": _organizations("ou", template.ORGANIZATION, template.INSTITUTION),
    "ou": _organizations("ou", template.ORGANIZATION, "ou-examplerootid-physics1"),
    "account": _organizations("account", template.ORGANIZATION, MEMBER),
    "payer": _organizations("account", template.ORGANIZATION, template.PAYER),
    "scp": template.protected_arn("p-institution"),
    "protected": template.PROTECTED[0],
    "full_access": _organizations("policy", "service_control_policy", "p-FullAWSAccess", owner="aws"),
    "tag_policy": _organizations("policy", template.ORGANIZATION, "tag_policy", "p-tags1234"),
    "invitation": _organizations("handshake", template.ORGANIZATION, "invite", "h-invited12"),
    "transfer_offer": _organizations("handshake", template.ORGANIZATION, "transfer_responsibility", "h-transfer1"),
    "transfer": _organizations("transfer", template.ORGANIZATION, "billing", "inbound", "rt-transfer1"),
    "resource_policy": _organizations("resourcepolicy", template.ORGANIZATION, "rp-resource1"),
    "anything": "*",
}


@dataclass(frozen=True)
class Persona:
    """A principal with all that decides what it may do."""

    name: str
    identity: Sequence[Policy]
    boundary: Sequence[Policy] | None = None
    scps: Sequence[Sequence[Policy]] | None = None
    context: dict[str, str] = field(default_factory=dict)

    def effect(self, action: str, resource: str = "*", **keys: str) -> Effect:
        """What AWS would say; `keys` are condition keys, `__` for `:` and `_` for `/`. An empty one is absent."""
        own = {key.replace("__", ":").replace("_", "/"): value for key, value in keys.items()}
        given = {**self.context, **own}
        request = Request(action, resource, {key: [value] if value else [] for key, value in given.items()})
        return decide(request, identity=self.identity, boundary=self.boundary, scps=self.scps).effect

    def may(self, action: str, *resources: str, **keys: str) -> bool:
        """Whether a call is allowed. AWS authorizes it on each of its resources."""
        return all(self.effect(action, each, **keys) is Effect.ALLOWED for each in resources or ("*",))

    def given(self, *policies: Policy) -> Persona:
        """The same with more policies attached, by mistake or by malice."""
        return replace(self, identity=(*self.identity, *policies))

    def without_boundary(self) -> Persona:
        """The same when somebody has taken the boundary away."""
        return replace(self, boundary=None)

    def in_no_group(self) -> Persona:
        """The same when somebody has taken it out of its group, with all that its group gives and denies."""
        return replace(self, identity=())


def _admin(user: str, group: str, **changed: str) -> Persona:
    documents = template.documents(**changed)
    attached = [Policy.parse(name, documents[name]) for name in template.policies_of(group, **changed)]
    boundary = template.resolved(**changed)[user]["Properties"]["PermissionsBoundary"]
    context = {
        "aws:username": user,
        "aws:PrincipalArn": f"arn:aws:iam::{template.PAYER}:user/{user}",
        "aws:MultiFactorAuthPresent": "true",
    }
    return Persona(user, attached, [Policy.parse(boundary, documents[boundary])], context=context)


@cache
def billing_admin(**changed: str) -> Persona:
    """The partner's user, signed in with MFA."""
    return _admin("BillingAdmin", "BillingAdmins", **changed)


@cache
def org_admin(**changed: str) -> Persona:
    """The institution's user, signed in with MFA."""
    return _admin("OrgAdmin", "OrgAdmins", **changed)


@cache
def member(principal: str, *scps: str) -> Persona:
    """A principal of a member account with every right in it, under these SCPs at the root."""
    arn = f"arn:aws:iam::{MEMBER}:{principal}"
    at_the_root = [EVERYTHING, *map(scp, scps)]
    return Persona(arn, [EVERYTHING], scps=[at_the_root], context={"aws:PrincipalArn": arn})


def member_admin(*scps: str) -> Persona:
    """An administrator of a member account."""
    return member("role/Administrator", *(scps or DEFAULTS))


def member_root(*scps: str) -> Persona:
    """The root user of a member account."""
    return member("root", *(scps or DEFAULTS))


DEFAULTS: Final = ("deny-billing", "keep-membership")


@cache
def scp(name: str) -> Policy:
    """One of the SCPs that ship with orgkit."""
    return Policy.parse(name, (bundled.SCP_EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))


@cache
def data(name: str) -> Any:
    """A file of `tests/data`."""
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


def actions(*prefixes: str) -> Iterator[str]:
    """Every action of AWS's catalogue, or of these prefixes of it."""
    catalogue = data("iam-actions")
    for prefix in prefixes or catalogue:
        yield from (f"{prefix}:{action}" for action in catalogue[prefix])


def some_actions() -> Iterator[str]:
    """Every action of the services that the policies speak of, and one of each other: enough where all are alike."""
    named = ("account", "iam", "organizations", "signin", "sts")
    yield from actions(*named)
    yield from (f"{prefix}:{next(iter(names))}" for prefix, names in data("iam-actions").items() if prefix not in named)
