"""The organization as a whole: created, described, deleted."""

from __future__ import annotations

from typing import Final

from moto.organizations.models import OrganizationsBackend
from moto.organizations.utils import DEFAULT_RCP_POLICY_ID, DEFAULT_SCP_POLICY_ID

from orgkit.sandbox.organizations import structure
from orgkit.sandbox.organizations.answering import Answer, Request
from orgkit.sandbox.organizations.policy_types import SCP
from orgkit.sandbox.organizations.refusals import refused, violates, violates_handshake
from orgkit.sandbox.organizations.state import forget_organization, memory

_AWS_MANAGED_ARNS: Final = {
    DEFAULT_SCP_POLICY_ID: "arn:{0}:organizations::aws:policy/service_control_policy/{3}",
    DEFAULT_RCP_POLICY_ID: "arn:{0}:organizations::aws:policy/resource_control_policy/{3}",
}


def create(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: the management account joins as INVITED under its own name and address; with consolidated billing
    there are no policy types; AWS's own policies belong to `aws`, not to the payer.
    """
    backend.create_organization(region=backend.region_name, **request)
    organization, payer = structure.organization(backend), backend.accounts[0]
    organization.master_account_email = payer.email = f"payer+{payer.id}@example.com"
    payer.name, payer.joined_method = "Payer", "INVITED"
    for policy in backend.policies:
        policy._arn_format = _AWS_MANAGED_ARNS[policy.id]
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
