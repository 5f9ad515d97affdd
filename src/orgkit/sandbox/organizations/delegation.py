"""Trusted services, the accounts that administer them, and the resource policy, which delegates to members.

moto's list of services is of 2020. It has no resource policy; here it is only kept.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any, Final

from moto.core.utils import unix_time
from moto.moto_api._internal import mock_random
from moto.organizations.models import FakeDelegatedAdministrator, OrganizationsBackend
from moto.organizations.utils import CHARSET

from orgkit.sandbox.organizations import structure, tags
from orgkit.sandbox.organizations.answering import Answer, Request, page
from orgkit.sandbox.organizations.refusals import invalid, refused, violates
from orgkit.sandbox.organizations.state import ResourcePolicy, memory

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


def put_resource_policy(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: creates it or replaces its content; the id stays."""
    content = _with_arns(backend, request["Content"])
    tags.check(request.get("Tags", []))
    remembered = memory(backend)
    if remembered.resource_policy is None:
        new_tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags", [])}
        new_id = "rp-" + "".join(mock_random.choice(CHARSET) for _ in range(8))
        remembered.resource_policy = ResourcePolicy(new_id, content, new_tags)
    elif request.get("Tags"):
        raise violates("UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED")
    else:
        remembered.resource_policy = replace(remembered.resource_policy, content=content)
    return _shown(backend, remembered.resource_policy)


def describe_resource_policy(backend: OrganizationsBackend, _: Request) -> Answer:
    return _shown(backend, _there(backend))


def delete_resource_policy(backend: OrganizationsBackend, _: Request) -> Answer:
    _there(backend)
    memory(backend).resource_policy = None
    return {}


def _there(backend: OrganizationsBackend) -> ResourcePolicy:
    if (policy := memory(backend).resource_policy) is None:
        raise refused("ResourcePolicyNotFoundException")
    return policy


def _shown(backend: OrganizationsBackend, policy: ResourcePolicy) -> Answer:
    owner = f"arn:{backend.partition}:organizations::{backend.account_id}"
    arn = f"{owner}:resourcepolicy/{structure.organization(backend).id}/{policy.id}"
    return {"ResourcePolicy": {"ResourcePolicySummary": {"Id": policy.id, "Arn": arn}, "Content": policy.content}}


def _with_arns(backend: OrganizationsBackend, content: str) -> str:
    """The document with accounts as the ARNs of their roots. A principal outside the organization is no good JSON."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        raise invalid("INVALID_RESOURCE_POLICY_JSON") from None
    members = {account.id for account in backend.accounts}
    for account in dict.fromkeys(re.findall(r'"(\d{12})"', json.dumps(document))):
        if account not in members:
            raise invalid("INVALID_RESOURCE_POLICY_JSON")
        content = content.replace(f'"{account}"', f'"arn:{backend.partition}:iam::{account}:root"')
    return content
