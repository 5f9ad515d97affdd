"""What the pages of handover tell of, as one party may see it.

The rule is the separation itself: a page shows what its reader may read in AWS anyway (docs/separation.md). The
billing admin sees accounts and OUs, but not the policies of the institution; the org admin sees the whole
organization, but nothing of how the payer is kept. What a page must not show is not even among its data.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Final

from orgkit import found
from orgkit.aws import Aws
from orgkit.aws.client import require
from orgkit.aws.cloudformation import outputs_of, parameters_of
from orgkit.errors import AwsError, OrgkitError
from orgkit.iam import passwords
from orgkit.iam import stack as iam_stack
from orgkit.invite import invitations, owner_guide
from orgkit.proof.capabilities import Capability, Persona, Should, SignIn, capabilities
from orgkit.report import by_hand, drawing
from orgkit.report.handover.page import Code, Data, Drawing, Link, Rows, Table, Text, Verdict, prose
from orgkit.report.text import counted
from orgkit.report.tree import Node, grow
from orgkit.settings import Settings
from orgkit.settings.text import shown

if TYPE_CHECKING:
    from types_boto3_cloudformation.type_defs import StackTypeDef

_SIGN_IN_URL: Final = re.compile(r"https://[A-Za-z0-9.-]+(/[A-Za-z0-9/_-]*)?")
_OUS_DRAWN: Final = 60  # at one node: a page is for people
_FULL_ACCESS: Final = "FullAWSAccess"
_VERDICTS: Final = {
    Should.ALLOWED: Verdict("allowed", "yes"),
    Should.OPEN: Verdict("allowed", "yes¹"),
    Should.DENIED: Verdict("denied", "no"),
    Should.NOT_APPLICABLE: Verdict("none", "n/a"),
}
_OTHERS: Final = {
    Persona.BILLING_ADMIN: "partner's billing admin",
    Persona.ORG_ADMIN: "institution's org admin",
    Persona.MEMBER_ADMIN: "member accounts' administrators",
    Persona.MEMBER_ROOT: "member accounts' root users",
}


class Party(StrEnum):
    PARTNER = "partner"
    INSTITUTION = "institution"

    @property
    def persona(self) -> Persona:
        """Who of the matrix the reader is."""
        return Persona.BILLING_ADMIN if self is Party.PARTNER else Persona.ORG_ADMIN


def find(aws: Aws, settings: Settings, party: Party, today: date) -> Data:
    """Read what is deployed, as far as the reader may. Raises OrgkitError if that is not yet what the settings say."""
    stack = _stack(aws, settings, party)
    tree, ou = require(grow(aws)), require(found.institution_ou(aws, settings))
    guards = list(_guards(aws, settings, tree))
    seen = tree
    if party is Party.PARTNER:
        seen = _with_scps(tree, {str(guard["name"]) for guard in guards} | {_FULL_ACCESS})
    common = {
        "today": (today.isoformat(),),
        "sign_in_url": Link(_sign_in_url(stack) if stack else _usual_sign_in_url(aws)),
        "institution": settings.institution,
        "payer": Code(aws.caller.account),
        "organization": Code(require(aws.organizations.organization())["Id"]),
        "root": Code(require(aws.organizations.root())["Id"]),
        "ou": Code(ou["Id"]),
        "billing_admin": Code(settings.iam.billing_admin),
        "org_admin": Code(settings.iam.org_admin),
        "role": Code(settings.iam.access_role),
        "partner_name": settings.partner.name if settings.partner else "",
        "partner_contact": settings.partner.contact if settings.partner else "",
        "require_mfa": settings.iam.require_mfa,
        "guards": guards,
        "drawing": Drawing(drawing.draw(seen, settings, found.ours(aws, settings), ous=_OUS_DRAWN)),
        "open_invitations": _open_invitations(aws),
        "matrix": _matrix(settings, party),
        **_at_the_root(aws),
        **_user(aws, settings, party, known=stack is not None),
    }
    own = _partner if party is Party.PARTNER else _institution
    return {**common, **own(aws, settings, stack, tree)}


def _partner(aws: Aws, settings: Settings, stack: StackTypeDef | None, _: Node) -> Data:
    left = by_hand.find(aws, settings)
    return {
        "is_partner": True,
        "stack": Code(stack["StackName"] if stack else settings.iam.stack),
        "region": Code(aws.cloudformation.region),
        "root_tasks": [{"task": (task,)} for task in left.left],
        "root_done": ("; ".join(left.done),) if left.done else (),
        "unchecked": [{"what": what} for what in left.unchecked],
        "password_files": any(by_hand.password_files(settings)),
    }


def _institution(aws: Aws, settings: Settings, _: StackTypeDef | None, tree: Node) -> Data:
    ou = require(found.institution_ou(aws, settings))["Id"]
    below = [each for node in tree.ous for each in _nodes(node)]
    members = [scps for node in (tree, *below) for _, scps in node.accounts]
    attached = {scp for scps in (*(node.scps for node in below), *members) for scp in scps}
    partners = set(found.ours(aws, settings).scps.values())
    return {
        "is_partner": False,
        "has_ous": any(node.id == ou and node.ous for node in below),
        "has_scps": not attached <= partners | {_FULL_ACCESS},
        "owner_guide": flowing(owner_guide.text(settings, aws.cloudformation.region)),
    }


def flowing(text: str) -> str:
    """Prose without its line breaks, which a narrow page would break a second time; commands keep theirs."""
    return re.sub(r"(?<=\S)\n {0,3}(?=[^\s\d-])", " ", text)


def _stack(aws: Aws, settings: Settings, party: Party) -> StackTypeDef | None:
    """The stack; None if the institution writes its page itself: the org admin may not see the payer's stacks."""
    try:
        return _deployed(aws, settings)
    except AwsError as refusal:
        if party is Party.INSTITUTION and refusal.denied:
            return None
        raise


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


def _usual_sign_in_url(aws: Aws) -> str:
    """What the template makes of the account and the partition."""
    domains = {"aws-cn": "amazonaws.cn", "aws-us-gov": "amazonaws-us-gov.com"}
    return f"https://{aws.caller.account}.signin.{domains.get(aws.caller.partition, 'aws.amazon.com')}/console"


def _user(aws: Aws, settings: Settings, party: Party, *, known: bool) -> Data:
    """The party's own user: whether it has a password and an MFA device, if the caller may know."""
    name = settings.iam.billing_admin if party is Party.PARTNER else settings.iam.org_admin
    file = Code(passwords.file_of(settings, name).name)
    console_access, has_mfa = settings.iam.console_access, not known or aws.iam.has_mfa(name)
    has_password = not known or passwords.has_password(aws, settings, name)
    writes = prose("`orgkit bootstrap` writes one into {file}", {"file": file})
    return {
        "user": Code(name),
        "known": known,
        "file": file,
        "console_access": console_access,
        "has_password": console_access and has_password,
        "no_password": console_access and not has_password,
        "who_gives_password": writes if party is Party.PARTNER else ("ask the partner for it",),
        "password_state": ("a password" if has_password else "no password",),
        "mfa_state": ("an MFA device" if has_mfa else "no MFA device",),
        "has_mfa": has_mfa,
    }


def _at_the_root(aws: Aws) -> Data:
    number = len(found.misplaced_accounts(aws))
    are = "is" if number == 1 else "are"
    return {"at_the_root": number > 0, "still_at_the_root": (f"{counted(number, 'account')} {are} still at the root",)}


def _open_invitations(aws: Aws) -> Text:
    number = invitations.open_invitations(aws)
    if not number:
        return ("No invitation is open.",)
    verb = "waits" if number == 1 else "wait"
    return (f"{counted(number, 'invitation')} {verb} for an answer; AWS lets one expire after 15 days.",)


def _guards(aws: Aws, settings: Settings, tree: Node) -> Iterator[Data]:
    for scp in settings.scps:
        policy = require(found.scp(aws, settings, scp))
        places = ", ".join(_places(tree, policy["Name"], tree)) or "nothing at present"
        yield {"name": policy["Name"], "id": Code(policy["Id"]), "places": places, "meaning": scp.meaning or "-"}


def _places(node: Node, scp: str, root: Node) -> Iterator[str]:
    if scp in node.scps:
        yield "the root" if node is root else f"OU {shown(node.name)}"
    yield from (f"account {shown(account.get('Name', ''))}" for account, scps in node.accounts if scp in scps)
    for ou in node.ous:
        yield from _places(ou, scp, root)


def _nodes(node: Node) -> Iterator[Node]:
    """An OU and all below it."""
    yield node
    for ou in node.ous:
        yield from _nodes(ou)


def _with_scps(node: Node, names: Collection[str]) -> Node:
    """The tree with no other SCPs than these."""

    def kept(scps: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(scp for scp in scps if scp in names)

    return replace(
        node,
        scps=kept(node.scps),
        accounts=tuple((account, kept(scps)) for account, scps in node.accounts),
        ous=tuple(_with_scps(ou, names) for ou in node.ous),
    )


def _matrix(settings: Settings, party: Party) -> Table:
    """Every capability that is true here, as questions of the reader's."""
    true_here = (each for each in capabilities() if settings.iam.require_mfa or each.sign_in is SignIn.MFA)
    groups = tuple(
        Rows(title, tuple(_asked(capability, party) for capability in members))
        for title, members in groupby(true_here, lambda capability: capability.group)
    )
    return Table("Who may do what", ("May I …", "You", "Who else may"), groups)


def _asked(capability: Capability, party: Party) -> tuple[Text, ...]:
    may = {persona: should for persona, should in capability.should_be.items() if persona is not party.persona}
    others = [
        f"{who}{'¹' if may[persona] is Should.OPEN else ''}"
        for persona, who in _OTHERS.items()
        if may.get(persona) in (Should.ALLOWED, Should.OPEN)
    ]
    return (
        prose(capability.may, {}),
        (_VERDICTS[capability.should_be[party.persona]],),
        (", ".join(others) or "nobody",),
    )
