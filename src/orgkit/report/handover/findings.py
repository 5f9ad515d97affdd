"""What the pages of handover tell of, as one party may see it.

The rule is the separation itself: a page shows what its reader may read in AWS anyway (docs/separation.md). The
billing admin sees accounts and OUs, but not the policies of the institution; the org admin sees the whole
organization, but nothing of how the payer is kept. What a page must not show is not even among its findings.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from orgkit import found
from orgkit.aws import Aws
from orgkit.aws.client import require
from orgkit.aws.cloudformation import outputs_of, parameters_of
from orgkit.errors import OrgkitError
from orgkit.iam import passwords
from orgkit.iam import stack as iam_stack
from orgkit.invite import invitations
from orgkit.report import drawing
from orgkit.report.drawing import Branch
from orgkit.report.tree import Node, grow
from orgkit.settings import Settings

if TYPE_CHECKING:
    from types_boto3_cloudformation.type_defs import StackTypeDef

_SIGN_IN_URL: Final = re.compile(r"https://[A-Za-z0-9.-]+(/[A-Za-z0-9/_-]*)?")
_OUS_DRAWN: Final = 60  # at one node: a page is for people
_FULL_ACCESS: Final = "FullAWSAccess"


class Party(StrEnum):
    PARTNER = "partner"
    INSTITUTION = "institution"


@dataclass(frozen=True)
class User:
    """The party's own user."""

    name: str
    credentials_file: str
    has_password: bool
    has_mfa: bool


@dataclass(frozen=True)
class Guard:
    """One of the partner's SCPs. `places` are where it is attached, in words."""

    id: str
    name: str
    places: tuple[str, ...]
    meaning: str


@dataclass(frozen=True)
class Done:
    """What of the work by hand AWS shows to be done."""

    invited: bool
    """Somebody was invited. AWS lets no invitation out before the payer's e-mail address is verified."""
    ous: bool
    """There are OUs below the institution's."""
    scps: bool
    """There are SCPs below the root that are not the partner's."""


@dataclass(frozen=True)
class Findings:
    """What both pages need, read for one of them."""

    party: Party
    today: date
    institution: str
    payer: str
    organization: str
    root: str
    ou: str
    sign_in_url: str
    stack: str
    region: str
    user: User
    other_user: str
    access_role: str
    require_mfa: bool
    console_access: bool
    guards: tuple[Guard, ...]
    drawing: Branch
    at_the_root: tuple[str, ...]
    """Ids of accounts that nobody has placed yet."""
    open_invitations: int
    done: Done


def find(aws: Aws, settings: Settings, party: Party, today: date) -> Findings:
    """Read what is deployed. Raises OrgkitError where that is not yet what the settings say."""
    stack = _deployed(aws, settings)
    organization, root = require(aws.organizations.organization()), require(aws.organizations.root())
    ou, tree = require(found.institution_ou(aws, settings)), require(grow(aws))
    iam = settings.iam
    own, other = (iam.billing_admin, iam.org_admin)[:: 1 if party is Party.PARTNER else -1]
    guards = tuple(_guards(aws, settings, tree))
    if party is Party.PARTNER:
        tree = _with_scps(tree, {guard.name for guard in guards} | {_FULL_ACCESS})
    return Findings(
        party=party,
        today=today,
        institution=settings.institution,
        payer=aws.caller.account,
        organization=organization["Id"],
        root=root["Id"],
        ou=ou["Id"],
        sign_in_url=_sign_in_url(stack),
        stack=stack["StackName"],
        region=aws.cloudformation.region,
        user=_user(aws, settings, own),
        other_user=other,
        access_role=iam.access_role,
        require_mfa=iam.require_mfa,
        console_access=iam.console_access,
        guards=guards,
        drawing=drawing.draw(tree, settings, found.ours(aws, settings), ous=_OUS_DRAWN),
        at_the_root=tuple(account["Id"] for account in found.misplaced_accounts(aws)),
        open_invitations=invitations.open_invitations(aws),
        done=_done(aws, tree, ou["Id"], guards),
    )


def _deployed(aws: Aws, settings: Settings) -> StackTypeDef:
    """The stack, of these settings: a page must not promise what is not there."""
    if aws.organizations.organization() is None:
        raise OrgkitError("There is no organization yet.", "Run `orgkit bootstrap` first.")
    wanted, stack = iam_stack.parameters(aws, settings), aws.cloudformation.find(settings.iam.stack)
    if wanted is None:
        raise OrgkitError("The institution's OU or an SCP is missing.", "Run `orgkit bootstrap` first.")
    if stack is None:
        raise OrgkitError(f"There is no IAM stack {settings.iam.stack} yet.", "Run `orgkit bootstrap` first.")
    if not wanted.items() <= parameters_of(stack).items():
        raise OrgkitError(
            f"IAM stack {stack['StackName']} is not as in {settings.path.name}.",
            "`orgkit status` shows the differences; run `orgkit bootstrap` first.",
        )
    return stack


def _sign_in_url(stack: StackTypeDef) -> str:
    url = outputs_of(stack).get("SignInUrl", "")
    if not _SIGN_IN_URL.fullmatch(url):
        raise OrgkitError(
            f"IAM stack {stack['StackName']} tells no sign-in URL; it is in {stack['StackStatus']}.",
            "Run `orgkit bootstrap` first.",
        )
    return url


def _user(aws: Aws, settings: Settings, name: str) -> User:
    return User(
        name=name,
        credentials_file=passwords.file_of(settings, name).name,
        has_password=passwords.has_password(aws, settings, name),
        has_mfa=aws.iam.has_mfa(name),
    )


def _guards(aws: Aws, settings: Settings, tree: Node) -> Iterator[Guard]:
    for scp in settings.scps:
        policy = require(found.scp(aws, settings, scp))
        yield Guard(policy["Id"], policy["Name"], tuple(_places(tree, policy["Name"], tree)), scp.meaning)


def _done(aws: Aws, root: Node, ou: str, guards: Collection[Guard]) -> Done:
    below = [each for node in root.ous for each in _nodes(node)]
    members = [member for node in (root, *below) for member in node.accounts if member[0]["Id"] != aws.caller.account]
    attached = {scp for node in below for scp in node.scps} | {scp for _, scps in members for scp in scps}
    return Done(
        invited=bool(aws.handshakes.all()) or any(account.get("JoinedMethod") == "INVITED" for account, _ in members),
        ous=any(node.id == ou and node.ous for node in below),
        scps=not attached <= {guard.name for guard in guards} | {_FULL_ACCESS},
    )


def _nodes(node: Node) -> Iterator[Node]:
    """An OU and all below it."""
    yield node
    for ou in node.ous:
        yield from _nodes(ou)


def _places(node: Node, scp: str, root: Node) -> Iterator[str]:
    if scp in node.scps:
        yield "the root" if node is root else f"OU {node.name}"
    yield from (f"account {account.get('Name', '')}" for account, scps in node.accounts if scp in scps)
    for ou in node.ous:
        yield from _places(ou, scp, root)


def _with_scps(node: Node, names: set[str]) -> Node:
    """The tree with no other SCPs than these."""

    def kept(scps: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(scp for scp in scps if scp in names)

    return replace(
        node,
        scps=kept(node.scps),
        accounts=tuple((account, kept(scps)) for account, scps in node.accounts),
        ous=tuple(_with_scps(ou, names) for ou in node.ous),
    )
