"""What the pages of handover tell of, as one party may see it.

The rule is the separation itself: a page shows what its reader may read in AWS anyway (docs/separation.md). The
billing admin sees accounts and OUs, but not the policies of the institution; the org admin sees the whole
organization, but nothing of how the payer is kept. What AWS shows to the other party alone is not even read for a page.
"""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from enum import StrEnum
from typing import Final
from xml.etree.ElementTree import Element

from orgkit import __version__, found, services
from orgkit.aws import Aws
from orgkit.aws.client import require
from orgkit.aws.drift import parameters_of
from orgkit.errors import AwsError, OrgkitError
from orgkit.iam import passwords, stack
from orgkit.proof.capabilities import Persona, Should, capabilities
from orgkit.report import drawing, notes
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


class Party(StrEnum):
    PARTNER = "partner"
    INSTITUTION = "institution"


def page(aws: Aws, settings: Settings, party: Party, today: date) -> Element:
    """The page of a party. Only reads. Raises OrgkitError if what is deployed is not yet what the settings say."""
    known = _see_deployed(aws, settings, party)
    ours, iam, is_partner = drawing.ours(aws, settings), settings.iam, party is Party.PARTNER
    tree = require(drawing.read(aws, {*ours.scps.values(), drawing.FULL_ACCESS} if is_partner else None))
    user, source = (iam.billing_admin, iam.billing_admin_from) if is_partner else (iam.org_admin, iam.org_admin_from)
    drawn = _item(drawing.draw(tree, settings, ours, ous=_OUS_DRAWN))
    misplaced, waiting = len(found.misplaced_accounts(aws)), len(aws.handshakes.open())
    data = {
        **asdict(iam),
        "region": aws.cloudformation.region,
        "party": party,
        "is_partner": is_partner,
        "today": (today.isoformat(),),
        "version": (__version__,),
        "institution": settings.institution,
        "partner_name": settings.partner.name if settings.partner else "",
        "partner_contact": settings.partner.contact if settings.partner else "",
        "payer": aws.caller.account,
        "sign_in_url": aws.caller.sign_in_url,
        "organization": require(aws.organizations.organization())["Id"],
        "root": tree.id,
        "ou": require(ours.ou, f"OU {settings.institution}"),
        "user": user,
        "file": passwords.file_of(settings, user).name,
        "source": source,
        "by_role": source and account_of(source),
        "known": known,
        "has_password": not known or passwords.has_password(aws, settings, user),
        "has_mfa": not known or aws.iam.has_mfa(user),
        "guards": list(_guards(aws, settings, tree)),
        "services": list(_services(aws, settings)),
        "root_access": settings.root_access and known and services.root_access(aws).state is State.IN_PLACE,
        "drawing": (element("ul", {"class": "tree", "role": "list"}, drawn),),
        "waiting": (f"{counted(waiting, 'invitation')} {'waits' if waiting == 1 else 'wait'}",) if waiting else (),
        "at_the_root": (f"{counted(misplaced, 'account')} {'is' if misplaced == 1 else 'are'}",) if misplaced else (),
        "matrix": _matrix(settings, party),
        **_left(aws, settings, tree, ours, party),
    }
    return read(party, data)


def owner_page(settings: Settings, region: str = "") -> Element:
    """The page for the owners of invited accounts: what joining means, how to accept, which role to create.

    The region, unless the settings have their own, only tells which partition it is for.
    """
    where = settings.iam.region or region
    data = {
        "institution": settings.institution,
        "payer": settings.account,
        "access_role": settings.iam.access_role,
        "policies": [{"name": scp.name, "meaning": scp.meaning} for scp in settings.scps],
        "partition": next((name for begin, name in _PARTITIONS.items() if where.startswith(begin)), "aws"),
    }
    return read("owner", data)


def _left(aws: Aws, settings: Settings, tree: drawing.Node, ours: drawing.Ours, party: Party) -> Data:
    """What is left for a party to do by hand, and what goes with it on no page but its own."""
    if party is Party.PARTNER:
        left = notes.root_tasks(aws, settings)
        return {
            "root_tasks": [{"task": (task,)} for task in left.remaining],
            "root_done": ("; ".join(left.done),) if left.done else (),
            "password_files": any(notes.password_files(settings)),
        }
    below = (each for node in tree.walk() for each in (*node.ous, *node.accounts))
    attached = {scp for each in below for scp in each.scps}
    return {
        "has_ous": any(node.id == ours.ou and node.ous for node in tree.walk()),
        "has_scps": not attached <= {*ours.scps.values(), drawing.FULL_ACCESS},
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
        wanted, there = stack.parameters(aws, settings), aws.cloudformation.find(settings.iam.stack)
    except AwsError as refusal:
        if party is Party.INSTITUTION and refusal.code in ("AccessDenied", "AccessDeniedException"):
            return False
        raise
    if wanted is None:
        raise OrgkitError("The institution's OU or an SCP is missing.", "Run `orgkit bootstrap` first.")
    if there is None or not wanted.items() <= parameters_of(there).items():
        raise OrgkitError(
            f"IAM stack {settings.iam.stack} is not as in {settings.path.name}.",
            "`orgkit status` shows the differences; run `orgkit bootstrap` first.",
        )
    return True


def _guards(aws: Aws, settings: Settings, tree: drawing.Node) -> Iterator[Data]:
    """The partner's SCPs, and where they really are."""
    for scp in settings.scps:
        policy = require(found.scp(aws, settings, scp), f"SCP {scp.name}")
        places = []
        for node in tree.walk():
            if policy["Name"] in node.scps:
                places.append("the root" if node is tree else f"OU {shown(node.name)}")
            places += [f"account {shown(each.name)}" for each in node.accounts if policy["Name"] in each.scps]
        where = ", ".join(places) or "nothing at present"
        yield {"name": policy["Name"], "id": policy["Id"], "places": where, "meaning": scp.meaning or "-"}


def _item(node: drawing.Node, *, account: bool = False) -> Element:
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
    groups: dict[str, list[Data]] = {}
    for capability in capabilities():
        if capability.sign_in != "mfa" and not settings.iam.require_mfa:
            continue
        others = [
            f"{persona.who}{'¹' if should_be is Should.OPEN else ''}"
            for persona, should_be in capability.should_be.items()
            if persona is not reader and should_be in (Should.ALLOWED, Should.OPEN)
            if persona is not Persona.WATCHER or settings.iam.watcher
        ]
        verdict, word = _VERDICTS[capability.should_be[reader]]
        pieces = enumerate(capability.may.split("`"))
        may = tuple(element("code", {}, piece) if number % 2 else piece for number, piece in pieces)
        row = {"may": may, "verdict": verdict, "word": (word,), "others": (", ".join(others) or "nobody",)}
        groups.setdefault(capability.group, []).append(row)
    return [{"group": (title,), "rows": rows} for title, rows in groups.items()]
