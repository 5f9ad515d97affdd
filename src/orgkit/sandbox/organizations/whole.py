"""The organization as a whole: its life, the policy types at its root, and who pays for whom (Billing Transfer).

moto enables policy types at once, and has no responsibility transfers.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from moto.core.utils import unix_time
from moto.iam.models import iam_backends
from moto.organizations.models import OrganizationsBackend
from moto.organizations.utils import DEFAULT_RCP_POLICY_ID, DEFAULT_SCP_POLICY_ID

from orgkit.sandbox import PAYER, clock
from orgkit.sandbox.organizations import structure
from orgkit.sandbox.organizations.answering import Answer, Request, page
from orgkit.sandbox.organizations.refusals import refused, violates, violates_handshake
from orgkit.sandbox.organizations.state import Transfer, forget_organization, memory, payers_backend
from orgkit.sandbox.organizations.structure import link, unlink

_ROLE: Final = "AWSServiceRoleForOrganizations"
_ROLE_DESCRIPTION: Final = (
    "Service-linked role used by AWS Organizations to enable integration of other AWS services with Organizations."
)
_AWS_MANAGED_ARNS: Final = {
    DEFAULT_SCP_POLICY_ID: "arn:{0}:organizations::aws:policy/service_control_policy/{3}",
    DEFAULT_RCP_POLICY_ID: "arn:{0}:organizations::aws:policy/resource_control_policy/{3}",
}


SCP: Final = "SERVICE_CONTROL_POLICY"
RCP: Final = "RESOURCE_CONTROL_POLICY"
_EVERYWHERE: Final = {SCP: DEFAULT_SCP_POLICY_ID, RCP: DEFAULT_RCP_POLICY_ID}


def create(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: the management account joins as INVITED under its own name and address; with consolidated billing
    there are no policy types; AWS's own policies belong to `aws`, not to the payer; and the payer gets a role that
    Organizations alone may assume.
    """
    backend.create_organization(region=backend.region_name, **request)
    organization, payer = structure.organization(backend), backend.accounts[0]
    organization.master_account_email = payer.email = f"payer+{payer.id}@example.com"
    payer.name, payer.joined_method = "Payer", "INVITED"
    for policy in backend.policies:
        policy._arn_format = _AWS_MANAGED_ARNS[policy.id]
    iam = iam_backends[backend.account_id][backend.partition]
    if _ROLE not in {role.name for role in iam.get_roles()}:
        iam.create_service_linked_role("organizations.amazonaws.com", _ROLE_DESCRIPTION, "")
    if organization.feature_set != "ALL":
        organization.available_policy_types = []
    elif memory(backend).controls.scp_from_the_start:
        structure.root(backend).policy_types.append({"Type": SCP, "Status": "ENABLED"})
    return organization.describe()


def describe(backend: OrganizationsBackend, _: Request) -> Answer:
    """As moto has it; every member may ask."""
    return backend.describe_organization()


def enable_all_features(backend: OrganizationsBackend, _: Request) -> Answer:
    """AWS: asks every invited member, which is not simulated."""
    if structure.organization(backend).feature_set == "ALL":
        raise violates_handshake("ORGANIZATION_ALREADY_HAS_ALL_FEATURES")
    raise NotImplementedError("EnableAllFeatures")


def delete(backend: OrganizationsBackend, _: Request) -> Answer:
    """AWS: not while there are members, nor during a transfer. moto knows the payer by the name "master"."""
    if any(account.id != backend.account_id for account in backend.accounts):
        raise refused("OrganizationNotEmptyException")
    if any(transfer.status in ("REQUESTED", "ACCEPTED") for transfer in memory(backend).transfers.values()):
        raise violates("ACTIVE_RESPONSIBILITY_TRANSFER_PROCESS")
    backend._reset()
    forget_organization(backend)
    return {}


def list_roots(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: a type is PENDING_ENABLE or PENDING_DISABLE for a while."""
    look(backend)
    return page("Roots", request, [structure.root(backend)], lambda root: root.describe())


def enable_policy_type(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: answers at once, works in the background, and puts FullAWSAccess back wherever it is missing.

    While it works, the model offers PolicyTypeAlreadyEnabledException, which would not be true yet, and
    PolicyChangesInProgressException, which is; so the latter.
    """
    policy_type = request["PolicyType"]
    _check_root(backend, request["RootId"])
    if structure.organization(backend).feature_set != "ALL":
        raise refused("PolicyTypeNotAvailableForOrganizationException")
    if is_enabled(backend, policy_type):
        raise refused("PolicyTypeAlreadyEnabledException")
    if _status(backend, policy_type):
        raise refused("PolicyChangesInProgressException")
    if policy_type in _EVERYWHERE:
        policy = structure.policy(backend, _EVERYWHERE[policy_type])
        for target in structure.targets(backend):
            if policy not in target.attached_policies:
                link(policy, target)
    return _change(backend, policy_type, "PENDING_ENABLE")


def disable_policy_type(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: detaches every policy of the type, in the background. moto leaves them attached."""
    policy_type = request["PolicyType"]
    _check_root(backend, request["RootId"])
    if not is_enabled(backend, policy_type):
        pending = _status(backend, policy_type)
        raise refused("PolicyChangesInProgressException" if pending else "PolicyTypeNotEnabledException")
    for policy in backend.policies:
        if policy.type == policy_type:
            for target in tuple(policy.attachments):
                unlink(policy, target)
    return _change(backend, policy_type, "PENDING_DISABLE")


def is_enabled(backend: OrganizationsBackend, policy_type: str) -> bool:
    """Whether policies of this type can be attached. Asking is a look at the root."""
    look(backend)
    return _status(backend, policy_type) == "ENABLED"


def look(backend: OrganizationsBackend) -> None:
    """Each look finds a pending change still pending, until as many have been made as the control says."""
    settling = memory(backend).settling
    for policy_type, looks in tuple(settling.items()):
        if looks:
            settling[policy_type] = looks - 1
        else:
            del settling[policy_type]
            _settle(backend, policy_type)


def _change(backend: OrganizationsBackend, policy_type: str, status: str) -> Answer:
    remembered = memory(backend)
    _set_status(backend, policy_type, status)
    # Recorded for tag policies: ENABLED at once. For SCPs the model has a state in between.
    if policy_type == SCP and (looks := remembered.controls.pending_reads):
        remembered.settling[policy_type] = looks
    else:
        _settle(backend, policy_type)
    return {"Root": structure.root(backend).describe()}


def _settle(backend: OrganizationsBackend, policy_type: str) -> None:
    enabling = _status(backend, policy_type) == "PENDING_ENABLE"
    _set_status(backend, policy_type, "ENABLED" if enabling else "")


def _status(backend: OrganizationsBackend, policy_type: str) -> str:
    entries = structure.root(backend).policy_types
    return next((entry["Status"] for entry in entries if entry["Type"] == policy_type), "")


def _set_status(backend: OrganizationsBackend, policy_type: str, status: str) -> None:
    root = structure.root(backend)
    others = [entry for entry in root.policy_types if entry["Type"] != policy_type]
    root.policy_types = [*others, {"Type": policy_type, "Status": status}] if status else others


def _check_root(backend: OrganizationsBackend, root_id: str) -> None:
    if root_id != structure.root(backend).id:
        raise refused("RootNotFoundException")


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


def list_transfers(direction: str, backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: invitations and transfers alike, in pages; one alone when its id is given."""
    transfers = [each for each in memory(backend).transfers.values() if each.direction == direction]
    if wanted := request.get("Id"):
        transfers = [each for each in transfers if each.id == wanted]
        if not transfers:
            raise refused("ResponsibilityTransferNotFoundException")
    return page("ResponsibilityTransfers", request, transfers, lambda each: _transfer_shown(backend, each))


def describe_transfer(backend: OrganizationsBackend, request: Request) -> Answer:
    transfer = memory(backend).transfers.get(request["Id"])
    if transfer is None:
        raise refused("ResponsibilityTransferNotFoundException")
    return {"ResponsibilityTransfer": _transfer_shown(backend, transfer)}


def _transfer_shown(backend: OrganizationsBackend, transfer: Transfer) -> Answer:
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
