"""Trusted services and delegated administrators: moto's own, in pages of twenty."""

from __future__ import annotations

from typing import Any

from moto.organizations.models import OrganizationsBackend

from orgkit.sandbox.organizations import finding
from orgkit.sandbox.organizations.answering import Answer, Request
from orgkit.sandbox.organizations.paging import page


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
    account = finding.account(backend, request["AccountId"])
    delegated = backend.list_delegated_services_for_account(AccountId=account.id)["DelegatedServices"]
    return page("DelegatedServices", request, delegated, dict, key=_principal)


def _principal(entry: dict[str, Any]) -> str:
    return str(entry["ServicePrincipal"])
