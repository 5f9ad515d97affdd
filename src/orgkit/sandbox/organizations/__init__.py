"""Organizations as AWS has it, on top of moto's: all but joining and leaving it, which is in `handshakes`.

moto accepts most of what AWS refuses, pages as it likes, and enables a policy type at once. `OPERATIONS` is
the list of what is answered here instead; each function says which AWS fact it restores. Facts without a
source of their own are in botocore's model of Organizations, whose documentation AWS writes.

The controls (`lag`, `policy_type_pending_reads`, …) bend one payer's organization to what AWS is known to do
now and then. They hold until the sandbox is reset.
"""

from __future__ import annotations

from functools import partial
from types import MappingProxyType
from typing import Final

from orgkit.sandbox.organizations import (
    accounts,
    delegation,
    policies,
    policy_types,
    resource_policy,
    tags,
    transfers,
    units,
    whole,
)
from orgkit.sandbox.organizations.answering import Operation
from orgkit.sandbox.organizations.state import (
    lag,
    policy_type_pending_reads,
    scp_type_enabled_from_the_start,
)
from orgkit.sandbox.organizations.transfers import add_responsibility_transfer

__all__ = [
    "OPERATIONS",
    "add_responsibility_transfer",
    "lag",
    "policy_type_pending_reads",
    "scp_type_enabled_from_the_start",
]

OPERATIONS: Final = MappingProxyType[str, Operation](
    {
        "CreateOrganization": whole.create,
        "DescribeOrganization": whole.describe,
        "DeleteOrganization": whole.delete,
        "EnableAllFeatures": whole.enable_all_features,
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
        "AttachPolicy": policies.attach,
        "DetachPolicy": policies.detach,
        "ListPoliciesForTarget": policies.list_for_target,
        "ListTargetsForPolicy": policies.list_targets,
        "TagResource": tags.tag,
        "UntagResource": tags.untag,
        "ListTagsForResource": tags.list_all,
        "EnableAWSServiceAccess": delegation.enable,
        "DisableAWSServiceAccess": delegation.disable,
        "ListAWSServiceAccessForOrganization": delegation.list_enabled,
        "RegisterDelegatedAdministrator": delegation.register,
        "DeregisterDelegatedAdministrator": delegation.deregister,
        "ListDelegatedAdministrators": delegation.list_administrators,
        "ListDelegatedServicesForAccount": delegation.list_delegated,
        "PutResourcePolicy": resource_policy.put,
        "DescribeResourcePolicy": resource_policy.describe,
        "DeleteResourcePolicy": resource_policy.delete,
        "ListInboundResponsibilityTransfers": partial(transfers.list_all, "inbound"),
        "ListOutboundResponsibilityTransfers": partial(transfers.list_all, "outbound"),
        "DescribeResponsibilityTransfer": transfers.describe,
    }
)
