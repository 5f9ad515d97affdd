"""Organizations as AWS has it, on top of moto's: all but joining and leaving it, which is in `handshakes`.

moto accepts most of what AWS refuses, pages as it likes, and enables a policy type at once. `_OPERATIONS` is
the list of what is answered here instead; each function says which AWS fact it restores. Facts without a
source of their own are in botocore's model of Organizations, whose documentation AWS writes.

The controls (`lag`, `policy_type_pending_reads`, …) bend one payer's organization to what AWS is known to do
now and then. They hold until the sandbox is reset.
"""

from __future__ import annotations

from functools import cache, partial
from types import MappingProxyType
from typing import Final

from moto.organizations.models import OrganizationsBackendDict

from orgkit.sandbox.mending import mend
from orgkit.sandbox.organizations import (
    accounts,
    attachments,
    policies,
    policy_types,
    resource_policy,
    services,
    tags,
    transfers,
    units,
    whole,
)
from orgkit.sandbox.organizations.answering import Operation, answer_in_place_of_moto
from orgkit.sandbox.organizations.state import (
    forget_members,
    lag,
    policy_type_pending_reads,
    scp_type_enabled_from_the_start,
)
from orgkit.sandbox.organizations.transfers import add_responsibility_transfer

__all__ = [
    "add_responsibility_transfer",
    "install",
    "lag",
    "policy_type_pending_reads",
    "scp_type_enabled_from_the_start",
]

_OPERATIONS: Final = MappingProxyType[str, Operation](
    {
        "CreateOrganization": whole.create,
        "DescribeOrganization": whole.describe,
        "DeleteOrganization": whole.delete,
        "ListRoots": policy_types.list_roots,
        "EnablePolicyType": policy_types.enable,
        "DisablePolicyType": policy_types.disable,
        "CreateOrganizationalUnit": units.create,
        "DescribeOrganizationalUnit": units.describe,
        "UpdateOrganizationalUnit": units.update,
        "DeleteOrganizationalUnit": units.delete,
        "ListOrganizationalUnitsForParent": units.list_for_parent,
        "ListChildren": units.list_children,
        "ListParents": units.list_parents,
        "CreateAccount": accounts.create,
        "DescribeCreateAccountStatus": accounts.describe_creation,
        "ListCreateAccountStatus": accounts.list_creations,
        "DescribeAccount": accounts.describe,
        "ListAccounts": accounts.list_all,
        "ListAccountsForParent": accounts.list_for_parent,
        "MoveAccount": accounts.move,
        "CloseAccount": accounts.close,
        "CreatePolicy": policies.create,
        "DescribePolicy": policies.describe,
        "UpdatePolicy": policies.update,
        "DeletePolicy": policies.delete,
        "ListPolicies": policies.list_all,
        "AttachPolicy": attachments.attach,
        "DetachPolicy": attachments.detach,
        "ListPoliciesForTarget": attachments.list_policies,
        "ListTargetsForPolicy": attachments.list_targets,
        "TagResource": tags.tag,
        "UntagResource": tags.untag,
        "ListTagsForResource": tags.list_all,
        "EnableAWSServiceAccess": services.enable,
        "DisableAWSServiceAccess": services.disable,
        "ListAWSServiceAccessForOrganization": services.list_enabled,
        "RegisterDelegatedAdministrator": services.register,
        "DeregisterDelegatedAdministrator": services.deregister,
        "ListDelegatedAdministrators": services.list_administrators,
        "ListDelegatedServicesForAccount": services.list_delegated,
        "PutResourcePolicy": resource_policy.put,
        "DescribeResourcePolicy": resource_policy.describe,
        "DeleteResourcePolicy": resource_policy.delete,
        "ListInboundResponsibilityTransfers": partial(transfers.list_all, "inbound"),
        "ListOutboundResponsibilityTransfers": partial(transfers.list_all, "outbound"),
        "DescribeResponsibilityTransfer": transfers.describe,
    }
)


@cache
def install() -> None:
    """Mend moto's Organizations in this process, for good. Calling it again changes nothing."""
    answer_in_place_of_moto(_OPERATIONS)
    mend(OrganizationsBackendDict, clear=forget_members)
