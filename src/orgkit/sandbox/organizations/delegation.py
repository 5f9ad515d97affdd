"""Trusted services, and the accounts that administer them. moto's list of services is of 2020."""

from __future__ import annotations

from typing import Any, Final

from moto.core.utils import unix_time
from moto.organizations.models import FakeDelegatedAdministrator, OrganizationsBackend

from orgkit.sandbox.organizations import structure
from orgkit.sandbox.organizations.answering import Answer, Request, page
from orgkit.sandbox.organizations.refusals import invalid, refused, violates

# AWS Organizations User Guide, "AWS services that you can use with AWS Organizations", autumn 2026.
_NAMES: Final = """
    access-analyzer account account-access agent-registry artifact auditmanager backup
    billing-cost-management cloudtrail compute-optimizer config config-multiaccountsetup controltower
    cost-optimization-hub.bcm dashboard.eks detective devops-guru ec2 ec2.capacitymanager fms guardduty
    health iam inspector2 ipam license-management.marketplace license-manager
    license-manager-linux-subscriptions license-manager.member-account macie malware-protection.guardduty
    member.org.stacksets.cloudformation mgn networkflowmonitor networkmanager notifications
    observabilityadmin private-marketplace.marketplace procurement-insights.marketplace q ram
    reachabilityanalyzer.networkinsights reporting.trustedadvisor resiliencehub resource-explorer-2
    security-ir securityhub securitylake selfservicereporting.managedservices servicecatalog servicequotas
    ssm sso stacksets.cloudformation storage-lens.s3 tagpolicies.tag topology.networkflowmonitor
    wellarchitected
"""
PRINCIPALS: Final = frozenset(f"{name}.amazonaws.com" for name in _NAMES.split())


def enable(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: a service that has trusted access already keeps it, in silence."""
    principal = _known(request["ServicePrincipal"])
    if principal not in _enabled(backend):
        backend.services.append({"ServicePrincipal": principal, "DateEnabled": unix_time()})
    return {}


def disable(backend: OrganizationsBackend, request: Request) -> Answer:
    principal = _known(request["ServicePrincipal"])
    backend.services[:] = [each for each in backend.services if _principal(each) != principal]
    return {}


def list_enabled(backend: OrganizationsBackend, request: Request) -> Answer:
    return page("EnabledServicePrincipals", request, backend.services, dict, key=_principal)


def register(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: trusted access first; never the payer or a suspended account; once. moto asks for none of these."""
    principal, account_id = _known(request["ServicePrincipal"]), request["AccountId"]
    if account_id == backend.account_id:
        raise violates("CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR")
    account = structure.account(backend, account_id)
    if account.status != "ACTIVE":
        raise violates("CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR")
    if principal not in _enabled(backend):
        raise violates("SERVICE_ACCESS_NOT_ENABLED")
    existing = next((each for each in backend.admins if each.account.id == account_id), None)
    if existing and principal in existing.services:
        raise refused("AccountAlreadyRegisteredException")
    administrator = existing or FakeDelegatedAdministrator(account)
    administrator.services[principal] = {"ServicePrincipal": principal, "DelegationEnabledDate": unix_time()}
    if existing is None:
        backend.admins.append(administrator)
    return {}


def deregister(backend: OrganizationsBackend, request: Request) -> Answer:
    backend.deregister_delegated_administrator(**request)
    return {}


def list_administrators(backend: OrganizationsBackend, request: Request) -> Answer:
    principal = _known(request["ServicePrincipal"]) if "ServicePrincipal" in request else ""
    chosen = [each for each in backend.admins if not principal or principal in each.services]
    administrators = [each.describe() for each in chosen]
    return page("DelegatedAdministrators", request, administrators, dict, key=lambda each: each["Id"])


def list_delegated(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: AccountNotFoundException for a stranger. moto says that there is no organization."""
    account = structure.account(backend, request["AccountId"])
    delegated = backend.list_delegated_services_for_account(AccountId=account.id)["DelegatedServices"]
    return page("DelegatedServices", request, delegated, dict, key=_principal)


def _principal(entry: dict[str, Any]) -> str:
    return str(entry["ServicePrincipal"])


def _known(principal: str) -> str:
    if principal not in PRINCIPALS:
        raise invalid("UNRECOGNIZED_SERVICE_PRINCIPAL")
    return principal


def _enabled(backend: OrganizationsBackend) -> set[str]:
    return {_principal(each) for each in backend.services}
