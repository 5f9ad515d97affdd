"""What the pages of handover tell of, as one party may see it.

The rule is the separation itself: a page shows what its reader may read in AWS anyway (docs/separation.md). The
billing admin sees accounts and OUs, but not the policies of the institution; the org admin sees the whole
organization, but nothing of how the payer is kept. What a page must not show is not even among its data.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date
from enum import StrEnum
from itertools import groupby
from typing import Final
from xml.etree.ElementTree import Element

from orgkit import __version__, found, services
from orgkit.aws import Aws
from orgkit.aws.client import require
from orgkit.aws.cloudformation import parameters_of
from orgkit.errors import AwsError, OrgkitError
from orgkit.iam import passwords
from orgkit.iam import stack as iam_stack
from orgkit.proof.capabilities import Capability, Persona, Should, capabilities
from orgkit.report import drawing, notes
from orgkit.report.drawing import FULL_ACCESS, Node
from orgkit.report.handover.page import Data, element, markdown, read
from orgkit.report.text import counted
from orgkit.settings import Settings
from orgkit.settings.text import account_of, shown
from orgkit.step import State

# How the regions of every partition but AWS's main one begin: botocore's partitions.json.
_PARTITIONS: Final = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "eusc-": "aws-eusc"}
_OUS_DRAWN: Final = 60  # at one node: a page is for people
_VERDICTS: Final = {
    Should.ALLOWED: ("allowed", "yes"),
    Should.OPEN: ("allowed", "yes¹"),
    Should.DENIED: ("denied", "no"),
    Should.NOT_APPLICABLE: ("none", "n/a"),
}
_OTHERS: Final = {
    Persona.BILLING_ADMIN: "partner's billing admin",
    Persona.ORG_ADMIN: "institution's org admin",
    Persona.MEMBER_ADMIN: "member accounts' administrators",
    Persona.MEMBER_ROOT: "member accounts' root users",
    Persona.WATCHER: "whoever watches",
}


class Party(StrEnum):
    PARTNER = "partner"
    INSTITUTION = "institution"


def page(aws: Aws, settings: Settings, party: Party, today: date) -> Element:
    """The page of a party. Only reads. Raises OrgkitError if what is deployed is not yet what the settings say."""
    known = _see_deployed(aws, settings, party)
    tree = require(drawing.read(aws))
    guards = list(_guards(aws, settings, tree))
    misplaced, waiting = len(found.misplaced_accounts(aws)), len(aws.handshakes.open())
    central = settings.root_access and known and services.root_access(aws).state is State.IN_PLACE
    if party is Party.PARTNER:
        own = _partner(aws, settings)
        seen = _with_scps(tree, {*(guard["name"] for guard in guards), FULL_ACCESS})
    else:
        own, seen = _institution(aws, settings, tree), tree
    drawn = _item(drawing.draw(seen, settings, found.ours(aws, settings), ous=_OUS_DRAWN))
    names = _names(aws, settings, tree, party)
    data = {
        "party": party,
        "today": (today.isoformat(),),
        "version": (__version__,),
        **names,
        "known": known,
        "guards": guards,
        "services": list(_services(aws, settings)),
        "root_access": central,
        "drawing": (element("ul", {"class": "tree", "role": "list"}, drawn),),
        "matrix": _matrix(settings, party),
        "waiting": (f"{counted(waiting, 'invitation')} {'waits' if waiting == 1 else 'wait'}",) if waiting else (),
        "at_the_root": (f"{counted(misplaced, 'account')} {'is' if misplaced == 1 else 'are'}",) if misplaced else (),
        "has_password": not known or passwords.has_password(aws, settings, names["user"]),
        "has_mfa": not known or aws.iam.has_mfa(names["user"]),
        **own,
    }
    return read(party, data)


def owner_page(settings: Settings, region: str = "") -> Element:
    """The page for the owners of invited accounts: what joining means, how to accept, which role to create.

    The region, unless the settings have their own, only tells which partition it is for.
    """
    beginnings = (each for each in _PARTITIONS if (settings.iam.region or region).startswith(each))
    partition = _PARTITIONS.get(next(beginnings, ""), "aws")
    data = {
        "institution": settings.institution,
        "payer": settings.account,
        "role": settings.iam.access_role,
        "policies": [{"name": scp.name, "meaning": scp.meaning} for scp in settings.scps],
        "partition": partition,
    }
    return read("owner", data)


def _names(aws: Aws, settings: Settings, tree: Node, party: Party) -> Data:
    """Whose organization it is, what everything in it is called, and how the reader gets in."""
    partner, iam = settings.partner, settings.iam
    is_partner = party is Party.PARTNER
    user = iam.billing_admin if is_partner else iam.org_admin
    source = iam.billing_admin_from if is_partner else iam.org_admin_from
    return {
        "institution": settings.institution,
        "partner_name": partner.name if partner else "",
        "partner_contact": partner.contact if partner else "",
        "payer": aws.caller.account,
        "organization": require(aws.organizations.organization())["Id"],
        "root": tree.id,
        "ou": require(found.institution_ou(aws, settings))["Id"],
        "billing_admin": iam.billing_admin,
        "org_admin": iam.org_admin,
        "watcher": iam.watcher,
        "role": iam.access_role,
        "sign_in_url": aws.caller.sign_in_url,
        "is_partner": is_partner,
        "user": user,
        "file": passwords.file_of(settings, user).name,
        "source": source,
        "by_role": source and account_of(source),
        "console_access": iam.console_access,
        "require_mfa": iam.require_mfa,
    }


def _partner(aws: Aws, settings: Settings) -> Data:
    left = notes.by_hand(aws, settings)
    return {
        "stack": settings.iam.stack,
        "region": aws.cloudformation.region,
        "root_tasks": [{"task": (task,)} for task in left.remaining],
        "root_done": ("; ".join(left.done),) if left.done else (),
        "password_files": any(notes.password_files(settings)),
    }


def _institution(aws: Aws, settings: Settings, tree: Node) -> Data:
    ours = found.ours(aws, settings)
    below = (each for node in tree.walk() for each in (*node.ous, *node.accounts))
    attached = {scp for each in below for scp in each.scps}
    return {
        "has_ous": any(node.id == ours.ou and node.ous for node in tree.walk()),
        "has_scps": not attached <= {*ours.scps.values(), FULL_ACCESS},
        "owner_guide": markdown(owner_page(settings, aws.cloudformation.region)[:-1]),  # without its footer
    }


def _services(aws: Aws, settings: Settings) -> Iterator[Data]:
    """What the institution has been given of AWS's services, as far as it is there."""
    trusted = aws.delegation.services() if settings.services else ()
    for service in settings.services:
        if service.principal in trusted:
            asked = aws.delegation.administrators(service.principal) if service.administrator else ()
            there = service.administrator in {each["Id"] for each in asked}
            yield {"service": service.principal, "administrator": service.administrator if there else ""}


def _see_deployed(aws: Aws, settings: Settings, party: Party) -> bool:
    """Raise OrgkitError if what is deployed is not of these settings: a page must not promise what is not there.

    False if nobody may know: if the institution writes its page itself, the org admin reads little of the payer's IAM.
    """
    try:
        require(aws.organizations.organization())
        wanted, stack = iam_stack.parameters(aws, settings), aws.cloudformation.find(settings.iam.stack)
    except AwsError as refusal:
        if party is Party.INSTITUTION and refusal.code in ("AccessDenied", "AccessDeniedException"):
            return False
        raise
    if wanted is None:
        raise OrgkitError("The institution's OU or an SCP is missing.", "Run `orgkit bootstrap` first.")
    if stack is None or not wanted.items() <= parameters_of(stack).items():
        raise OrgkitError(
            f"IAM stack {settings.iam.stack} is not as in {settings.path.name}.",
            "`orgkit status` shows the differences; run `orgkit bootstrap` first.",
        )
    return True


def _guards(aws: Aws, settings: Settings, tree: Node) -> Iterator[Data]:
    """The partner's SCPs, and where they really are."""
    for scp in settings.scps:
        policy = require(found.scp(aws, settings, scp))
        places = []
        for node in tree.walk():
            if policy["Name"] in node.scps:
                places.append("the root" if node is tree else f"OU {shown(node.name)}")
            places += [f"account {shown(each.name)}" for each in node.accounts if policy["Name"] in each.scps]
        where = ", ".join(places) or "nothing at present"
        yield {"name": policy["Name"], "id": policy["Id"], "places": where, "meaning": scp.meaning or "-"}


def _with_scps(node: Node, names: Collection[str]) -> Node:
    """The tree with no other SCPs than these."""
    accounts, ous = (tuple(_with_scps(each, names) for each in below) for below in (node.accounts, node.ous))
    return replace(node, scps=tuple(scp for scp in node.scps if scp in names), accounts=accounts, ous=ous)


def _item(node: Node, *, account: bool = False) -> Element:
    """A node of the drawing as an item of a list, with what is below it."""
    name = element("bdi", {}, node.name)
    said: list[str | Element] = [element("span", {"class": "note"}, name)]
    if node.id:
        said = [name if account else element("strong", {}, name), " ", element("code", {}, node.id)]
    for note in (f"({node.note})" if node.note else "", f"[{', '.join(node.scps)}]" if node.scps else ""):
        said += [" ", element("span", {"class": "note"}, element("bdi", {}, note))] if note else []
    for mark in node.marks:
        said += [" ", element("span", {"class": "mark"}, element("bdi", {}, f"({mark.text})"))]
    below = [*(_item(each, account=True) for each in node.accounts), *map(_item, node.ous)]
    return element("li", {}, *said, *([element("ul", {"role": "list"}, *below)] if below else []))


def _matrix(settings: Settings, party: Party) -> list[Data]:
    """Every capability that is true here, as questions of the reader's."""
    reader = Persona.BILLING_ADMIN if party is Party.PARTNER else Persona.ORG_ADMIN

    def asked(capability: Capability) -> Data:
        should_be = capability.should_be
        others = [
            f"{who}{'¹' if should_be[persona] is Should.OPEN else ''}"
            for persona, who in _OTHERS.items()
            if persona is not reader and should_be.get(persona) in (Should.ALLOWED, Should.OPEN)
            if persona is not Persona.WATCHER or settings.iam.watcher
        ]
        verdict, word = _VERDICTS[should_be[reader]]
        pieces = enumerate(capability.may.split("`"))
        may = tuple(element("code", {}, piece) if number % 2 else piece for number, piece in pieces)
        return {"may": may, "verdict": verdict, "word": (word,), "others": (", ".join(others) or "nobody",)}

    true_here = (each for each in capabilities() if settings.iam.require_mfa or each.sign_in == "mfa")
    groups = groupby(true_here, lambda capability: capability.group)
    return [{"group": (title,), "rows": list(map(asked, members))} for title, members in groups]
