"""What is deployed, as the proof of the separation needs it: users, SCPs, and what the placeholders stand for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orgkit import found
from orgkit.aws import Aws
from orgkit.aws.organizations import FULL_ACCESS_ID, has_scps
from orgkit.aws.simulator import Value
from orgkit.errors import OrgkitError
from orgkit.proof.capabilities import Persona, Place, SignIn
from orgkit.settings import Settings
from orgkit.settings.scps import GUARDS

if TYPE_CHECKING:
    from types_boto3_organizations.type_defs import (
        OrganizationalUnitTypeDef,
        OrganizationTypeDef,
        PolicySummaryTypeDef,
        RootTypeDef,
    )

_GUARDS: Final = frozenset(f"scp-examples/{guard['document']}.json" for guard in GUARDS)

# Accounts as AWS's documentation names them: what is simulated need not exist.
_MEMBERS: Final = ("111122223333", "444455556666")
_EXAMPLE: Final = "example00"

Levels = tuple[tuple[str, ...], ...]
"""SCP documents at the root, each OU on the way, and the account."""


@dataclass(frozen=True)
class Deployed:
    users: Mapping[Persona, str]
    """The ARNs of the payer's users."""
    scps: Mapping[Place, Levels | None]
    """What binds a member account, by where it is; None where SCPs are off."""
    guards: tuple[str, ...]
    """The ARNs of the partner's SCPs."""
    narrowed: bool
    """Whether the partner has SCPs besides the two guards: then more may be denied to members."""
    require_mfa: bool
    known: Mapping[str, str]
    """Placeholders that are the same for every persona."""

    def names(self, persona: Persona, *, by_guard: bool) -> Iterator[Mapping[str, str]]:
        """What the placeholders stand for: once, or once for each of the partner's SCPs."""
        names = {**self.known, **self._users(persona)}
        if not by_guard:
            yield names
            return
        for guard in self.guards:
            yield {**names, "protected_scp": guard}

    def context(self, persona: Persona, sign_in: SignIn) -> dict[str, Value]:
        """The condition keys that AWS puts on every request. The simulator is told all of them."""
        member = persona not in self.users
        arn = self.users.get(persona) or self._member(persona)
        keys: dict[str, Value] = {
            "aws:PrincipalAccount": self.known["member" if member else "payer"],
            "aws:PrincipalArn": arn,
            "aws:PrincipalIsAWSService": False,
            "aws:PrincipalOrgID": self.known["organization"],
            "aws:RequestedRegion": self.known["region"],
            "aws:SecureTransport": True,
            "aws:ViaAWSService": False,
        }
        if member:
            return keys
        mfa: dict[str, Value] = {"aws:MultiFactorAuthPresent": sign_in is SignIn.MFA}
        own = {"aws:username": self._users(persona)["self"]}
        return {**keys, **own, **({} if sign_in is SignIn.ACCESS_KEY else mfa)}

    def _users(self, persona: Persona) -> dict[str, str]:
        """The names of the persona's own user and of the other; none in a member account."""
        if persona not in self.users:
            return {}
        (other,) = (arn for who, arn in self.users.items() if who is not persona)
        return {"self": self.users[persona].rpartition("/")[2], "other": other.rpartition("/")[2]}

    def _member(self, persona: Persona) -> str:
        # The access role: no administrator of a member account is stronger, and SCPs tend to exempt it.
        who = "root" if persona is Persona.MEMBER_ROOT else f"role/{self.known['access_role']}"
        return f"arn:{self.known['partition']}:iam::{self.known['member']}:{who}"


def look(aws: Aws, settings: Settings) -> Deployed:
    """Read what is deployed. Raises OrgkitError where the organization or the institution's OU is missing."""
    organization, root = aws.organizations.organization(), aws.organizations.root()
    ou = found.institution_ou(aws, settings)
    if organization is None or root is None:
        raise OrgkitError("There is no organization yet.", "Run `orgkit bootstrap` first.")
    if ou is None:
        raise OrgkitError(f"There is no OU {settings.institution} yet.", "Run `orgkit bootstrap` first.")
    scps = found.partners_scps(aws, settings)
    levels = _levels(aws, root, ou, scps)
    return Deployed(
        users={
            Persona.BILLING_ADMIN: _user(aws, settings.iam.billing_admin),
            Persona.ORG_ADMIN: _user(aws, settings.iam.org_admin),
        },
        scps=levels,
        guards=tuple(scp["Arn"] for scp in scps),
        narrowed=_narrowed(aws, settings, scps, levels[Place.ROOT]),
        require_mfa=settings.iam.require_mfa,
        known=_known(aws, settings, organization, root, ou),
    )


def _user(aws: Aws, name: str) -> str:
    return f"arn:{aws.caller.partition}:iam::{aws.caller.account}:user/{name}"


def _levels(
    aws: Aws, root: RootTypeDef, ou: OrganizationalUnitTypeDef, partners: Sequence[PolicySummaryTypeDef]
) -> dict[Place, Levels | None]:
    """Below the root only FullAWSAccess and the partner's count: the institution can change everything else there."""
    if not has_scps(root):
        return {Place.OU: None, Place.ROOT: None}
    theirs = {policy["Id"] for policy in partners}
    full_access = aws.scps.content(FULL_ACCESS_ID)
    at_root = tuple(aws.scps.content(policy["Id"]) for policy in aws.scps.attached(root["Id"]))
    at_ou = tuple(aws.scps.content(each["Id"]) for each in aws.scps.attached(ou["Id"]) if each["Id"] in theirs)
    return {Place.OU: (at_root, (full_access, *at_ou), (full_access,)), Place.ROOT: (at_root, (full_access,))}


def _narrowed(aws: Aws, settings: Settings, partners: Sequence[PolicySummaryTypeDef], at_root: Levels | None) -> bool:
    """Whether SCPs of the partner's are meant to deny more. If nothing at the root allows anything, none is."""
    guards = [found.scp(aws, settings, scp) for scp in settings.scps if scp.source in _GUARDS]
    known = {guard["Id"] for guard in guards if guard}
    allowing = [document for document in (at_root or ((),))[0] if re.search(r'"Effect"\s*:\s*"Allow"', document)]
    return bool(allowing) and any(policy["Id"] not in known for policy in partners)


def _known(
    aws: Aws, settings: Settings, organization: OrganizationTypeDef, root: RootTypeDef, ou: OrganizationalUnitTypeDef
) -> dict[str, str]:
    payer = aws.caller.account
    member = next(account for account in _MEMBERS if account != payer)
    below = f"{ou['Id'].rpartition('-')[0]}-{_EXAMPLE}"
    own = f"arn:{aws.caller.partition}:organizations::{payer}"
    return {
        "partition": aws.caller.partition,
        "region": aws.cloudformation.region,
        "organization": organization["Id"],
        "root_id": root["Id"],
        "institution_ou_id": ou["Id"],
        "ou_id": below,
        "payer": payer,
        "member": member,
        "access_role": settings.iam.access_role,
        "stack": settings.iam.stack,
        "root": root["Arn"],
        "institution_ou": ou["Arn"],
        "ou": f"{own}:ou/{organization['Id']}/{below}",
        "payer_account": f"{own}:account/{organization['Id']}/{payer}",
        "member_account": f"{own}:account/{organization['Id']}/{member}",
        "own_scp": f"{own}:policy/{organization['Id']}/service_control_policy/p-{_EXAMPLE}",
    }
