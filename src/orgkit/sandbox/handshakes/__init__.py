"""Invitations to an organization, which moto does not have: sent, answered, expired, forgotten.

They behave as the service model and AWS's quotas say: open for 15 days, shown for another 30, one open
invitation per target. An accepted one puts the account at the root, with the invitation's tags and without an
access role.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from orgkit.sandbox.handshakes import operations
from orgkit.sandbox.handshakes.arrangements import owner_verified, quota, refuse, standalone_account
from orgkit.sandbox.organizations.answering import Operation

__all__ = ["OPERATIONS", "owner_verified", "quota", "refuse", "standalone_account"]

OPERATIONS: Final = MappingProxyType[str, Operation](
    {
        "AcceptHandshake": operations.accept,
        "CancelHandshake": operations.cancel,
        "DeclineHandshake": operations.decline,
        "DescribeHandshake": operations.describe,
        "InviteAccountToOrganization": operations.invite,
        "LeaveOrganization": operations.leave,
        "ListHandshakesForAccount": operations.list_for_account,
        "ListHandshakesForOrganization": operations.list_for_organization,
        "RemoveAccountFromOrganization": operations.remove,
    }
)
