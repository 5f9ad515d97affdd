"""The operations about invitations and membership, each from the caller's account and request to the answer.

They raise the errors that the service model lists for them. moto has only RemoveAccountFromOrganization,
and lets anybody remove anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from moto.organizations.models import OrganizationsBackend

from orgkit.sandbox import clock
from orgkit.sandbox.handshakes import joining, model
from orgkit.sandbox.handshakes.arrangements import arranged
from orgkit.sandbox.handshakes.model import Handshake
from orgkit.sandbox.organizations import structure, tags
from orgkit.sandbox.organizations.answering import Answer, Request, page
from orgkit.sandbox.organizations.refusals import invalid, refused, violates_handshake
from orgkit.sandbox.organizations.structure import membership


def invite(caller: OrganizationsBackend, asked: Request) -> Answer:
    """Send an invitation, if AWS would."""
    check_invitation(asked)
    joining.check_invitable(caller, asked["Target"]["Id"])
    joining.check_quotas(caller)
    handshake = Handshake(
        id=model.new_id(),
        organization=structure.organization(caller),
        sender=structure.account(caller, caller.account_id).name,
        kind=asked["Target"]["Type"],
        target=asked["Target"]["Id"],
        requested=clock.now(),
        notes=asked.get("Notes") or "",
        tags=tuple((tag["Key"], tag["Value"]) for tag in asked.get("Tags") or ()),
    )
    return _keep(caller, handshake)


def describe(caller: OrganizationsBackend, asked: Request) -> Answer:
    """One invitation, for the account that sent it and the one that received it."""
    payer, handshake = _find(caller, asked)
    if caller is not payer:
        _check_received(caller, handshake)
    return _answer(handshake)


def cancel(caller: OrganizationsBackend, asked: Request) -> Answer:
    """Take an invitation back, which only its sender can."""
    payer, handshake = _find(caller, asked)
    if caller is not payer:
        raise refused("AccessDeniedException")
    return _keep(payer, handshake.ending("CANCELED", clock.now()))


def decline(caller: OrganizationsBackend, asked: Request) -> Answer:
    """Say no to an invitation, which only its recipient can."""
    payer, handshake = _find(caller, asked)
    _check_received(caller, handshake)
    return _keep(payer, handshake.ending("DECLINED", clock.now()))


def accept(caller: OrganizationsBackend, asked: Request) -> Answer:
    """Join. A member of another organization leaves that one in the same step (AWS, November 2025)."""
    payer, handshake = _find(caller, asked)
    _check_received(caller, handshake)
    accepted = handshake.ending("ACCEPTED", clock.now()).of_account(caller.account_id)
    former = membership(caller.account_id, caller.partition)
    if former and former.payer is payer:
        _keep(payer, accepted)  # recorded 2026-09: it is ACCEPTED, though nobody has joined
        raise violates_handshake("ALREADY_IN_AN_ORGANIZATION")
    if former:
        joining.leave(former.payer, caller.account_id)
    joining.join(payer, caller.account_id, handshake)
    return _keep(payer, accepted)


def list_for_organization(caller: OrganizationsBackend, asked: Request) -> Answer:
    """The invitations that the organization sent, in pages of twenty."""
    return _page(model.sent_by(caller), asked)


def list_for_account(caller: OrganizationsBackend, asked: Request) -> Answer:
    """The invitations that the account received from any organization, in pages of twenty."""
    sent = (each for payer in model.payers(caller.partition) for each in model.sent_by(payer))
    return _page((each for each in sent if _is_for(caller, each)), asked)


def leave(caller: OrganizationsBackend, _: Request) -> Answer:
    """A member goes by itself."""
    member = membership(caller.account_id, caller.partition)
    if member is None:
        raise refused("AWSOrganizationsNotInUseException")
    joining.leave(member.payer, caller.account_id)
    return {}


def remove(caller: OrganizationsBackend, asked: Request) -> Answer:
    """The management account sends a member away."""
    joining.leave(caller, asked["AccountId"])
    return {}


def _find(caller: OrganizationsBackend, asked: Request) -> tuple[OrganizationsBackend, Handshake]:
    return model.find(asked["HandshakeId"], caller.partition)


def _keep(payer: OrganizationsBackend, handshake: Handshake) -> Answer:
    model.keep(payer, handshake)
    return _answer(handshake)


def _answer(handshake: Handshake) -> Answer:
    return {"Handshake": handshake.as_answered(clock.now())}


def _is_for(caller: OrganizationsBackend, handshake: Handshake) -> bool:
    return _account_behind(handshake.party, caller) == caller.account_id


def _account_behind(target: str, caller: OrganizationsBackend) -> str:
    """The account of a target; an address may also be that of a member of an organization."""
    found = arranged().account_behind(target)
    member = membership(caller.account_id, caller.partition)
    owned = [each.id for each in member.payer.accounts if each.email.lower() == target.lower()] if member else []
    return found or next(iter(owned), "")


def _check_received(caller: OrganizationsBackend, handshake: Handshake) -> None:
    if not _is_for(caller, handshake):
        raise refused("AccessDeniedException")


def _page(handshakes: Iterable[Handshake], asked: Request) -> Answer:
    wanted, now = asked.get("Filter") or {}, clock.now()
    check_filter(wanted)
    # Every handshake here is an invitation, and none is the child of another handshake.
    found = handshakes if wanted in ({}, {"ActionType": "INVITE"}) else ()
    return page("Handshakes", asked, found, lambda handshake: handshake.as_answered(now))


_ACCOUNT: Final = re.compile(r"\d{12}")
_ADDRESS: Final = re.compile(r"(?=.{6,})[^\s@]+@[^\s@]+\.[^\s@]+")


def check_invitation(asked: Request) -> None:
    """Raise InvalidInputException unless target and tags are such as AWS takes."""
    kind, target = asked["Target"]["Type"], asked["Target"]["Id"]
    if kind == "ORGANIZATION":
        raise invalid("INVALID_PARTY_TYPE_TARGET")
    if kind == "ACCOUNT" and not _ACCOUNT.fullmatch(target):
        raise invalid("INVALID_PATTERN")
    if kind == "EMAIL" and not _ADDRESS.fullmatch(target):
        raise invalid("INVALID_EMAIL_ADDRESS_TARGET")
    tags.check(asked.get("Tags") or ())


def check_filter(wanted: Request) -> None:
    """Raise InvalidInputException unless the filter has one member at most."""
    if len(wanted) > 1:
        raise invalid("MAX_LIMIT_EXCEEDED_FILTER")
