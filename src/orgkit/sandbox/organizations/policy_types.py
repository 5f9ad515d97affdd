"""Policy types at the root, and the time that enabling and disabling them takes."""

from __future__ import annotations

from typing import Final

from moto.organizations.models import OrganizationsBackend
from moto.organizations.utils import DEFAULT_RCP_POLICY_ID, DEFAULT_SCP_POLICY_ID

from orgkit.sandbox.organizations import structure
from orgkit.sandbox.organizations.answering import Answer, Request, page
from orgkit.sandbox.organizations.refusals import refused
from orgkit.sandbox.organizations.state import memory
from orgkit.sandbox.organizations.structure import link, unlink

SCP: Final = "SERVICE_CONTROL_POLICY"
RCP: Final = "RESOURCE_CONTROL_POLICY"
_EVERYWHERE: Final = {SCP: DEFAULT_SCP_POLICY_ID, RCP: DEFAULT_RCP_POLICY_ID}


def list_roots(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: a type is PENDING_ENABLE or PENDING_DISABLE for a while."""
    look(backend)
    return page("Roots", request, [structure.root(backend)], lambda root: root.describe())


def enable(backend: OrganizationsBackend, request: Request) -> Answer:
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
    _attach_default(backend, policy_type)
    return _change(backend, policy_type, "PENDING_ENABLE")


def disable(backend: OrganizationsBackend, request: Request) -> Answer:
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


def _attach_default(backend: OrganizationsBackend, policy_type: str) -> None:
    if policy_type not in _EVERYWHERE:
        return
    policy = structure.policy(backend, _EVERYWHERE[policy_type])
    for target in structure.targets(backend):
        if policy not in target.attached_policies:
            link(policy, target)
