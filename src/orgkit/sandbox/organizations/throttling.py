"""AWS's published request rates: off until they are switched on, and off after a reset.

Each account has a bucket for every operation, which holds as many requests as it may send at once and fills at its rate
(AWS Organizations User Guide, "Quotas and service limits", "Throttling limits", autumn 2026). For IAM, STS and
CloudFormation AWS publishes no rates, nor for what is missing here; these are never throttled.
"""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType
from typing import Final

from orgkit.sandbox import clock
from orgkit.sandbox.organizations.refusals import refused

_BUCKETS: Final = "orgkit_request_rates"
_PUBLISHED: Final = (
    (0.05, 1, "CloseAccount"),
    (0.1, 3, "CreateAccount CreateGovCloudAccount"),
    (1, 1, "CreateOrganization DeclineHandshake DeleteOrganization DisablePolicyType EnableAllFeatures"),
    (1, 1, "EnablePolicyType LeaveOrganization"),
    (1, 2, "AcceptHandshake CreateOrganizationalUnit DescribeHandshake DescribeOrganization ListRoots"),
    (1, 2, "DeregisterDelegatedAdministrator DisableAWSServiceAccess EnableAWSServiceAccess"),
    (1, 2, "RegisterDelegatedAdministrator"),
    (1, 3, "ListAWSServiceAccessForOrganization ListDelegatedServicesForAccount"),
    (2, 2, "DescribeCreateAccountStatus DescribeOrganizationalUnit DescribePolicy RemoveAccountFromOrganization"),
    (2, 3, "AttachPolicy CancelHandshake CreatePolicy DeleteOrganizationalUnit DeletePolicy DetachPolicy MoveAccount"),
    (2, 3, "UpdateOrganizationalUnit UpdatePolicy"),
    (3, 5, "InviteAccountToOrganization"),
    (4, 6, "TagResource UntagResource"),
    (5, 8, "ListAccountsForParent ListCreateAccountStatus ListDelegatedAdministrators ListHandshakesForAccount"),
    (5, 8, "ListHandshakesForOrganization ListOrganizationalUnitsForParent ListParents ListPolicies"),
    (5, 8, "ListPoliciesForTarget ListTargetsForPolicy"),
    (6, 10, "ListChildren"),
    (8, 12, "ListAccounts"),
    (10, 15, "ListTagsForResource"),
    (20, 30, "DescribeAccount"),
)
RATES: Final = MappingProxyType({name: (rate, burst) for rate, burst, names in _PUBLISHED for name in names.split()})
"""For each operation, requests a second of one account, and how many it may send at once."""


def throttle(on: bool = True) -> None:
    """Whether requests beyond the published rates are refused with TooManyRequestsException."""
    clock.kept()[_BUCKETS] = {} if on else None


def take(account: str, operation: str) -> None:
    """Count a request. Raises TooManyRequestsException if it is one too many."""
    buckets: dict[tuple[str, str], tuple[float, datetime]] | None = clock.kept().get(_BUCKETS)
    if buckets is None or operation not in RATES:
        return
    (rate, burst), now = RATES[operation], clock.now()
    left, then = buckets.get((account, operation), (float(burst), now))
    left = min(burst, left + rate * (now - then).total_seconds())
    buckets[account, operation] = (left if left < 1 else left - 1, now)
    if left < 1:
        raise refused("TooManyRequestsException")
