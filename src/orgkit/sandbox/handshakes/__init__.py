"""Invitations to an organization, which moto does not have: sent, answered, expired, forgotten.

They behave as the service model and AWS's quotas say: open for 15 days, shown for another 30, one open
invitation a target. An accepted one puts the account at the root, with the invitation's tags and without an
access role.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Final

from moto.organizations.responses import OrganizationsResponse

from orgkit.sandbox import clock
from orgkit.sandbox.handshakes import operations
from orgkit.sandbox.handshakes.controls import owner_verified, quota, refuse, standalone_account
from orgkit.sandbox.organizations.answering import Operation

__all__ = ["install", "owner_verified", "quota", "refuse", "standalone_account"]

_OPERATIONS: Final = (
    operations.accept_handshake,
    operations.cancel_handshake,
    operations.decline_handshake,
    operations.describe_handshake,
    operations.invite_account_to_organization,
    operations.leave_organization,
    operations.list_handshakes_for_account,
    operations.list_handshakes_for_organization,
    operations.remove_account_from_organization,
)


@cache
def install() -> None:
    """Teach moto's Organizations these operations: it looks them up by name when it is called."""
    clock.install()
    for operation in _OPERATIONS:
        setattr(OrganizationsResponse, operation.__name__, _answering(operation))


def _answering(operation: Operation) -> Callable[[OrganizationsResponse], str]:
    def answer(self: OrganizationsResponse) -> str:
        return json.dumps(operation(self.organizations_backend, self.request_params))

    return answer
