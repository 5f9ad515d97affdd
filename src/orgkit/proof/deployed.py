"""What is deployed, as the proof of the separation needs it: who there is, SCPs, and what placeholders stand for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from orgkit import found
from orgkit.aws import Aws
from orgkit.aws.client import require
from orgkit.aws.organizations import FULL_ACCESS_ID, has_scps
from orgkit.aws.principals import Value
from orgkit.aws.shapes import Organization, Ou, Root
from orgkit.errors import OrgkitError
from orgkit.iam.template import WATCHER
from orgkit.proof.capabilities import Persona, Place, SignIn
from orgkit.settings import Settings
from orgkit.settings.scps import GUARDS

_GUARDS: Final = frozenset(f"scp-examples/{guard['document']}.json" for guard in GUARDS)

# Accounts as AWS's documentation names them: what is simulated need not exist.
_MEMBERS: Final = ("111122223333", "444455556666")
_EXAMPLE: Final = "example00"

Levels = tuple[tuple[str, ...], ...]
"""SCP documents at the root, each OU on the way, and the account."""


@dataclass(frozen=True)
class Deployed:
    principals: Mapping[Persona, tuple[str, ...]]
    """The ARNs of who the persona is: of the payer's users, roles, or both."""
    scps: Mapping[Place, Levels | None]
    """What binds a member account, by where it is; None where SCPs are off."""
    guards: tuple[str, ...]
    """The ARNs of the partner's SCPs."""
    narrowed: bool
    """Whether the partner's SCPs besides the two guards may deny more to members, and something at the root allows."""
    require_mfa: bool
    known: Mapping[str, str]
    """Placeholders that are the same for every persona."""

    def names(self, persona: Persona, *, by_guard: bool) -> Iterator[Mapping[str, str]]:
        """What the placeholders stand for: once, or once for each of the partner's SCPs."""
        own = {who: arns[0].rpartition("/")[2] for who, arns in self.principals.items()}
        other = Persona.ORG_ADMIN if persona is Persona.BILLING_ADMIN else Persona.BILLING_ADMIN
        names = {**self.known, "self": own[persona], "other": own[other]}
        yield from ({**names, "protected_scp": guard} for guard in self.guards) if by_guard else (names,)

    def context(self, persona: Persona, arn: str, sign_in: SignIn) -> dict[str, Value]:
        """The condition keys that AWS puts on every request. The simulator is told all of them."""
        keys: dict[str, Value] = {
            "aws:PrincipalAccount": self.known["member" if persona.is_member else "payer"],
            "aws:PrincipalArn": arn,
            "aws:PrincipalIsAWSService": False,
            "aws:PrincipalOrgID": self.known["organization"],
            "aws:RequestedRegion": self.known["region"],
            "aws:SecureTransport": True,
            "aws:ViaAWSService": False,
        }
        if is_user(arn):
            keys["aws:username"] = arn.rpartition("/")[2]
        if is_user(arn) and sign_in != "access-key":
            keys["aws:MultiFactorAuthPresent"] = sign_in == "mfa"
        return keys


def is_user(arn: str) -> bool:
    """Whether this is a user: a role has no name, password or MFA of its own."""
    return ":user/" in arn


def read_deployed(aws: Aws, settings: Settings) -> Deployed:
    """Read what is deployed. Raises OrgkitError where the organization or the institution's OU is missing.

    Below the root only FullAWSAccess and the partner's SCPs count: the institution can change everything else there.
    """
    organization, root = require(aws.organizations.organization()), require(aws.organizations.root())
    ou = found.institution_ou(aws, settings)
    if ou is None:
        raise OrgkitError(f"There is no OU {settings.institution} yet.", "Run `orgkit bootstrap` first.")
    partners = {policy["Id"]: policy for policy in found.partners_scps(aws, settings)}
    scps: dict[Place, Levels | None] = {"root": None, "ou": None}
    narrowed = False
    if has_scps(root):
        at_root, at_ou = (aws.scps.attached(node["Id"]) for node in (root, ou))
        full_access = (aws.scps.content(FULL_ACCESS_ID),)
        contents = tuple(aws.scps.content(policy["Id"]) for policy in at_root)
        theirs = tuple(aws.scps.content(policy["Id"]) for policy in at_ou if policy["Id"] in partners)
        scps = {"root": (contents, full_access), "ou": (contents, (*full_access, *theirs), full_access)}
        guards = [found.scp(aws, settings, scp) for scp in settings.scps if scp.source in _GUARDS]
        others = partners.keys() - {guard["Id"] for guard in guards if guard}
        narrowed = bool(others) and any(found.allows(aws, policy) for policy in at_root)
    known = _known(aws, settings, organization, root, ou)
    arns = tuple(policy["Arn"] for policy in partners.values())
    return Deployed(_principals(settings, known), scps, arns, narrowed, settings.iam.require_mfa, known)


def _principals(settings: Settings, known: Mapping[str, str]) -> dict[Persona, tuple[str, ...]]:
    """A member's administrator is the access role: none is stronger, and SCPs tend to exempt it."""
    iam, payer, inside = settings.iam, *(f"arn:{known['partition']}:iam::{known[who]}" for who in ("payer", "member"))

    def admin(name: str, source: str | None) -> tuple[str, ...]:
        return (f"{payer}:user/{name}", *([f"{payer}:role/{name}"] if source else []))

    return {
        Persona.BILLING_ADMIN: admin(iam.billing_admin, iam.billing_admin_from),
        Persona.ORG_ADMIN: admin(iam.org_admin, iam.org_admin_from),
        Persona.MEMBER_ADMIN: (f"{inside}:role/{iam.access_role}",),
        Persona.MEMBER_ROOT: (f"{inside}:root",),
        **({Persona.WATCHER: (f"{payer}:role/{WATCHER}",)} if iam.watcher else {}),
    }


def _known(aws: Aws, settings: Settings, organization: Organization, root: Root, ou: Ou) -> dict[str, str]:
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
