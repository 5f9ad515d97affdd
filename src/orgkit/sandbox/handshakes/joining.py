"""Who may join and who may leave an organization, and what AWS does to the account then."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from moto.organizations.models import FakeAccount, OrganizationsBackend, organizations_backends

from orgkit.sandbox import clock
from orgkit.sandbox.handshakes.arrangements import arranged
from orgkit.sandbox.handshakes.model import Handshake, sent_by
from orgkit.sandbox.organizations import structure
from orgkit.sandbox.organizations.refusals import refused, violates, violates_handshake
from orgkit.sandbox.organizations.structure import link_aws_managed, unlink_all

# AWS: "Quotas and service limits for AWS Organizations". Invited accounts may leave at once.
_WAIT_AFTER_CREATION: Final = timedelta(days=4)
_DAY: Final = timedelta(days=1)


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


def leave(payer: OrganizationsBackend, account_id: str) -> None:
    """Take an account out of its organization. Raises the API's errors if AWS would not let it go."""
    account = structure.account(payer, account_id)
    _check_free_to_leave(payer, account)
    unlink_all(account)
    payer.accounts.remove(account)
    organizations_backends.master_accounts.pop(account_id, None)


def _check_free_to_leave(payer: OrganizationsBackend, account: FakeAccount) -> None:
    if account.id == payer.account_id:
        raise refused("MasterCannotLeaveOrganizationException")
    if any(administrator.account is account for administrator in payer.admins):
        raise violates("CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG")
    if account.joined_method == "CREATED" and clock.now() < account.create_time + _WAIT_AFTER_CREATION:
        raise violates("WAIT_PERIOD_ACTIVE")
