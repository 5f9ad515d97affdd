"""Responsibility transfers (Billing Transfer): who pays for whom. moto has none."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from moto.core.utils import unix_time
from moto.organizations.models import OrganizationsBackend

from orgkit.sandbox import PAYER, clock
from orgkit.sandbox.organizations import structure
from orgkit.sandbox.organizations.answering import Answer, Request, page
from orgkit.sandbox.organizations.refusals import refused
from orgkit.sandbox.organizations.state import Transfer, memory, payers_backend


def add_responsibility_transfer(
    direction: Literal["inbound", "outbound"],
    other: str,
    status: str = "ACCEPTED",
    name: str = "Billing transfer",
    payer: str = PAYER,
    end: datetime | None = None,
) -> str:
    """Let the payer take part in a transfer of billing since the first of this month; returns its id.

    Inbound: the payer pays for the organization of account `other`. Outbound: `other` pays for the payer's.
    """
    transfers = memory(payers_backend(payer)).transfers
    start = clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    transfer = Transfer(f"rt-{len(transfers):08}", direction, other, name, status, start, end)
    transfers[transfer.id] = transfer
    return transfer.id


def list_all(direction: str, backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: invitations and transfers alike, in pages; one alone when its id is given."""
    transfers = [each for each in memory(backend).transfers.values() if each.direction == direction]
    if wanted := request.get("Id"):
        transfers = [each for each in transfers if each.id == wanted]
        if not transfers:
            raise refused("ResponsibilityTransferNotFoundException")
    return page("ResponsibilityTransfers", request, transfers, lambda each: _shown(backend, each))


def describe(backend: OrganizationsBackend, request: Request) -> Answer:
    transfer = memory(backend).transfers.get(request["Id"])
    if transfer is None:
        raise refused("ResponsibilityTransferNotFoundException")
    return {"ResponsibilityTransfer": _shown(backend, transfer)}


def _shown(backend: OrganizationsBackend, transfer: Transfer) -> Answer:
    organization = structure.organization(backend)
    here = {"ManagementAccountId": backend.account_id, "ManagementAccountEmail": organization.master_account_email}
    there = {"ManagementAccountId": transfer.other, "ManagementAccountEmail": f"payer+{transfer.other}@example.com"}
    inbound = transfer.direction == "inbound"
    return {
        "Arn": f"arn:{backend.partition}:organizations::{backend.account_id}:transfer/{organization.id}"
        f"/billing/{transfer.direction}/{transfer.id}",
        "Id": transfer.id,
        "Name": transfer.name,
        "Type": "BILLING",
        "Status": transfer.status,
        "Source": there if inbound else here,
        "Target": here if inbound else there,
        "StartTimestamp": unix_time(transfer.start),
        **({"EndTimestamp": unix_time(transfer.end)} if transfer.end else {}),
    }
