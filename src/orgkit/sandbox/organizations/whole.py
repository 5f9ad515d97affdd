"""The organization as a whole: created, described, deleted; its trusted services and delegated administrators.

The latter are moto's own, in pages of twenty.
"""

from __future__ import annotations

from typing import Any, Final

from moto.organizations.models import OrganizationsBackend
from moto.organizations.utils import DEFAULT_RCP_POLICY_ID, DEFAULT_SCP_POLICY_ID

from orgkit.sandbox.organizations import structure
from orgkit.sandbox.organizations.answering import Answer, Request, page
from orgkit.sandbox.organizations.policy_types import SCP
from orgkit.sandbox.organizations.refusals import refused, violates
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


def delete(backend: OrganizationsBackend, _: Request) -> Answer:
    """AWS: not while there are members, nor during a transfer. moto knows the payer by the name "master"."""
    if any(account.id != backend.account_id for account in backend.accounts):
        raise refused("OrganizationNotEmptyException")
    if any(transfer.status in ("REQUESTED", "ACCEPTED") for transfer in memory(backend).transfers.values()):
        raise violates("ACTIVE_RESPONSIBILITY_TRANSFER_PROCESS")
    backend._reset()
    forget_organization(backend)
    return {}


def enable(backend: OrganizationsBackend, request: Request) -> Answer:
    backend.enable_aws_service_access(**request)
    return {}


def disable(backend: OrganizationsBackend, request: Request) -> Answer:
    backend.disable_aws_service_access(**request)
    return {}


def list_enabled(backend: OrganizationsBackend, request: Request) -> Answer:
    return page("EnabledServicePrincipals", request, backend.services, dict, key=_principal)


def register(backend: OrganizationsBackend, request: Request) -> Answer:
    backend.register_delegated_administrator(**request)
    return {}


def deregister(backend: OrganizationsBackend, request: Request) -> Answer:
    backend.deregister_delegated_administrator(**request)
    return {}


def list_administrators(backend: OrganizationsBackend, request: Request) -> Answer:
    asked = {name: request[name] for name in ("ServicePrincipal",) if name in request}
    administrators = backend.list_delegated_administrators(**asked)["DelegatedAdministrators"]
    return page("DelegatedAdministrators", request, administrators, dict, key=lambda each: each["Id"])


def list_delegated(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: AccountNotFoundException for a stranger. moto says that there is no organization."""
    account = structure.account(backend, request["AccountId"])
    delegated = backend.list_delegated_services_for_account(AccountId=account.id)["DelegatedServices"]
    return page("DelegatedServices", request, delegated, dict, key=_principal)


def _principal(entry: dict[str, Any]) -> str:
    return str(entry["ServicePrincipal"])
