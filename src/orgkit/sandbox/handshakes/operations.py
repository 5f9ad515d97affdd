"""The operations about invitations and membership, each from the caller's account and request to the answer.

They raise the errors that the service model lists for them. moto has only RemoveAccountFromOrganization,
and lets anybody remove anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Final

from moto.organizations.models import FakeAccount, OrganizationsBackend, organizations_backends

from orgkit.sandbox import clock
from orgkit.sandbox.handshakes import model
from orgkit.sandbox.handshakes.arrangements import arranged
from orgkit.sandbox.handshakes.model import Handshake, sent_by
from orgkit.sandbox.organizations import structure, tags
from orgkit.sandbox.organizations.answering import Answer, Request, page
from orgkit.sandbox.organizations.refusals import invalid, refused, violates, violates_handshake
from orgkit.sandbox.organizations.structure import link_aws_managed, membership, unlink_all

# AWS: "Quotas and service limits for AWS Organizations". Invited accounts may leave at once.
_WAIT_AFTER_CREATION: Final = timedelta(days=4)
_DAY: Final = timedelta(days=1)


_ADDRESS: Final = re.compile(r"(?=.{6,})[^\s@]+@[^\s@]+\.[^\s@]+")


def check_invitable(payer: OrganizationsBackend, target: str) -> None:
    """Raise the API's errors if AWS would not send an invitation to this account id or address.

    It sends one to the address of a member, who is refused only when it accepts (recorded 2026-09).
    """
    outside, address = arranged(), target.lower()
    if not outside.owner_is_verified:
        raise refused("AccountOwnerNotVerifiedException")
    account_id = outside.account_behind(target)
    if reason := outside.refusals.get(address) or outside.refusals.get(account_id):
        raise violates_handshake(reason)
    master = next((each.email.lower() for each in payer.accounts if each.id == payer.account_id), "")
    if address == master or ("@" not in target and any(account_id == each.id for each in payer.accounts)):
        raise violates_handshake("ALREADY_IN_AN_ORGANIZATION")
    now = clock.now()
    if any(address == each.target.lower() and each.state(now) == "OPEN" for each in sent_by(payer)):
        raise refused("DuplicateHandshakeException")


def check_quotas(payer: OrganizationsBackend) -> None:
    """Raise HandshakeConstraintViolationException if one more invitation would be too many.

    AWS counts open invitations as accounts, and accepted ones not among a day's invitations.
    """
    outside, now, sent = arranged(), clock.now(), list(sent_by(payer))
    waiting = sum(each.state(now) == "OPEN" for each in sent)
    if len(payer.accounts) + waiting >= outside.accounts:
        raise violates_handshake("ACCOUNT_NUMBER_LIMIT_EXCEEDED")
    today = sum(each.requested > now - _DAY and each.answer != "ACCEPTED" for each in sent)
    if today >= outside.invitations:
        raise violates_handshake("HANDSHAKE_RATE_LIMIT_EXCEEDED")


def join(payer: OrganizationsBackend, account_id: str, handshake: Handshake) -> None:
    """Put an invited account at the root, with the policies that AWS attaches and the invitation's tags."""
    address = handshake.target if handshake.kind == "EMAIL" else arranged().address_of(account_id)
    tags = [{"Key": key, "Value": value} for key, value in handshake.tags]
    name = f"account-{account_id}"
    account = FakeAccount(handshake.organization, AccountName=name, Email=address, Tags=tags)
    # moto makes an access role under an id of its own making. So this account gets none, as on AWS.
    account.id, account.joined_method = account_id, "INVITED"
    payer.accounts.append(account)
    link_aws_managed(payer, account)
    organizations_backends.master_accounts[account_id] = (payer.account_id, payer.partition)


def take_out(payer: OrganizationsBackend, account_id: str) -> None:
    """Take an account out of its organization. Raises the API's errors if AWS would not let it go."""
    account = structure.account(payer, account_id)
    if account.id == payer.account_id:
        raise refused("MasterCannotLeaveOrganizationException")
    if any(administrator.account is account for administrator in payer.admins):
        raise violates("CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG")
    if account.joined_method == "CREATED" and clock.now() < account.create_time + _WAIT_AFTER_CREATION:
        raise violates("WAIT_PERIOD_ACTIVE")
    unlink_all(account)
    payer.accounts.remove(account)
    organizations_backends.master_accounts.pop(account_id, None)


def invite(caller: OrganizationsBackend, asked: Request) -> Answer:
    """Send an invitation, if AWS would."""
    check_invitation(asked)
    check_invitable(caller, asked["Target"]["Id"])
    check_quotas(caller)
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
    payer, handshake = model.find(asked["HandshakeId"], caller.partition)
    if caller is not payer:
        _check_received(caller, handshake)
    return _answer(handshake)


def cancel(caller: OrganizationsBackend, asked: Request) -> Answer:
    """Take an invitation back, which only its sender can."""
    payer, handshake = model.find(asked["HandshakeId"], caller.partition)
    if caller is not payer:
        raise refused("AccessDeniedException")
    return _keep(payer, handshake.ending("CANCELED", clock.now()))


def decline(caller: OrganizationsBackend, asked: Request) -> Answer:
    """Say no to an invitation, which only its recipient can."""
    payer, handshake = model.find(asked["HandshakeId"], caller.partition)
    _check_received(caller, handshake)
    return _keep(payer, handshake.ending("DECLINED", clock.now()))


def accept(caller: OrganizationsBackend, asked: Request) -> Answer:
    """Join. A member of another organization leaves that one in the same step (AWS, November 2025)."""
    payer, handshake = model.find(asked["HandshakeId"], caller.partition)
    _check_received(caller, handshake)
    accepted = replace(handshake.ending("ACCEPTED", clock.now()), account=caller.account_id)
    former = membership(caller.account_id, caller.partition)
    if former and former.payer is payer:
        _keep(payer, accepted)  # recorded 2026-09: it is ACCEPTED, though nobody has joined
        raise violates_handshake("ALREADY_IN_AN_ORGANIZATION")
    if former:
        take_out(former.payer, caller.account_id)
    join(payer, caller.account_id, handshake)
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
    take_out(member.payer, caller.account_id)
    return {}


def remove(caller: OrganizationsBackend, asked: Request) -> Answer:
    """The management account sends a member away."""
    take_out(caller, asked["AccountId"])
    return {}


def _keep(payer: OrganizationsBackend, handshake: Handshake) -> Answer:
    model.keep(payer, handshake)
    return _answer(handshake)


def _answer(handshake: Handshake) -> Answer:
    return {"Handshake": handshake.as_answered(clock.now())}


def _is_for(caller: OrganizationsBackend, handshake: Handshake) -> bool:
    """The party is an account, or an address, which may also be that of a member of an organization."""
    target, member = handshake.party, membership(caller.account_id, caller.partition)
    owned = [each.id for each in member.payer.accounts if each.email.lower() == target.lower()] if member else []
    return (arranged().account_behind(target) or next(iter(owned), "")) == caller.account_id


def _check_received(caller: OrganizationsBackend, handshake: Handshake) -> None:
    if not _is_for(caller, handshake):
        raise refused("AccessDeniedException")


def _page(handshakes: Iterable[Handshake], asked: Request) -> Answer:
    wanted, now = asked.get("Filter") or {}, clock.now()
    if len(wanted) > 1:
        raise invalid("MAX_LIMIT_EXCEEDED_FILTER")
    # Every handshake here is an invitation, and none is the child of another handshake.
    found = handshakes if wanted in ({}, {"ActionType": "INVITE"}) else ()
    return page("Handshakes", asked, found, lambda handshake: handshake.as_answered(now))


def check_invitation(asked: Request) -> None:
    """Raise InvalidInputException unless target and tags are such as AWS takes."""
    kind, target = asked["Target"]["Type"], asked["Target"]["Id"]
    if kind == "ORGANIZATION":
        raise invalid("INVALID_PARTY_TYPE_TARGET")
    if kind == "ACCOUNT" and not re.fullmatch(r"\d{12}", target):
        raise invalid("INVALID_PATTERN")
    if kind == "EMAIL" and not _ADDRESS.fullmatch(target):
        raise invalid("INVALID_EMAIL_ADDRESS_TARGET")
    tags.check(asked.get("Tags") or ())
