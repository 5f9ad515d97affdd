"""What a test or a person arranges around the organization. A reset of the sandbox undoes all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from moto.core.utils import get_service_model

from orgkit.sandbox.clock import kept

_KEPT: Final = "orgkit_arranged"
_LEAST_INVITATIONS: Final = 20


@dataclass(frozen=True)
class Arranged:
    """The world outside: quotas, owners' addresses in lower case, targets that AWS would refuse and why.

    AWS starts an organization with 10 accounts or fewer and raises that on request, up to 50,000. The
    sandbox starts with 10,000: enough to invite, or to seed, a whole institution without raising it first.
    """

    accounts: int = 10_000
    invitations_a_day: int | None = None
    owners: Mapping[str, str] = field(default_factory=dict)
    refusals: Mapping[str, str] = field(default_factory=dict)
    owner_is_verified: bool = True

    @property
    def invitations(self) -> int:
        """Invitations in 24 hours: AWS allows 20, or as many as accounts if that is more."""
        if self.invitations_a_day is not None:
            return self.invitations_a_day
        return max(_LEAST_INVITATIONS, self.accounts)

    def account_behind(self, target: str) -> str:
        """The account of a target, given by its id or its owner's address; '' for an unknown address."""
        return self.owners.get(target.lower(), "") if "@" in target else target

    def address_of(self, account_id: str) -> str:
        """The owner's address of an account."""
        known = (address for address, owned in self.owners.items() if owned == account_id)
        return next(known, f"account-{account_id}@example.com")


def arranged() -> Arranged:
    """Everything that was arranged since the sandbox started or was reset."""
    now: Arranged = kept().get(_KEPT) or Arranged()
    return now


def standalone_account(account_id: str, email: str) -> None:
    """Say who owns an account outside the organization, so that it can accept an invitation by e-mail."""
    now = arranged()
    _arrange(replace(now, owners={**now.owners, email.lower(): account_id}))


def refuse(target: str, reason: str) -> None:
    """Let every invitation of this account id or address fail with HandshakeConstraintViolationException.

    ValueError for a reason that Organizations does not have.
    """
    reasons = get_service_model("organizations").shape_for("HandshakeConstraintViolationExceptionReason")
    if reason not in reasons.enum:
        raise ValueError(f"{reason} is not a reason of HandshakeConstraintViolationException")
    now = arranged()
    _arrange(replace(now, refusals={**now.refusals, target.lower(): reason}))


def quota(accounts: int | None = None, invitations_a_day: int | None = None) -> None:
    """Set how many accounts the organization may have, and how many invitations it may send in 24 hours."""
    now = arranged()
    _arrange(
        replace(
            now,
            accounts=now.accounts if accounts is None else accounts,
            invitations_a_day=now.invitations_a_day if invitations_a_day is None else invitations_a_day,
        )
    )


def owner_verified(verified: bool) -> None:
    """Say whether the payer's own address is verified. AWS sends no invitation before it is."""
    _arrange(replace(arranged(), owner_is_verified=verified))


def _arrange(what: Arranged) -> None:
    kept()[_KEPT] = what
