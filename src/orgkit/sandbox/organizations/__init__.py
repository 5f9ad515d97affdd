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
    delegation,
    policies,
    tags,
    tree,
    whole,
)
from orgkit.sandbox.organizations.answering import Operation
from orgkit.sandbox.organizations.state import (
    lag,
    policy_type_pending_reads,
    scp_type_enabled_from_the_start,
)
from orgkit.sandbox.organizations.whole import add_responsibility_transfer

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
        "ListRoots": whole.list_roots,
        "EnablePolicyType": whole.enable_policy_type,
        "DisablePolicyType": whole.disable_policy_type,
        "CreateOrganizationalUnit": tree.create_unit,
        "DescribeOrganizationalUnit": tree.describe_unit,
        "UpdateOrganizationalUnit": tree.update_unit,
        "DeleteOrganizationalUnit": tree.delete_unit,
        "ListOrganizationalUnitsForParent": tree.list_units_for_parent,
        "ListChildren": tree.list_children,
        "ListParents": tree.list_parents,
        "CreateAccount": tree.create_account,
        "DescribeCreateAccountStatus": tree.describe_creation,
        "ListCreateAccountStatus": tree.list_creations,
        "DescribeAccount": tree.describe_account,
        "ListAccounts": tree.list_accounts,
        "ListAccountsForParent": tree.list_accounts_for_parent,
        "MoveAccount": tree.move_account,
        "CloseAccount": tree.close_account,
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
        "PutResourcePolicy": delegation.put_resource_policy,
        "DescribeResourcePolicy": delegation.describe_resource_policy,
        "DeleteResourcePolicy": delegation.delete_resource_policy,
        "ListInboundResponsibilityTransfers": partial(whole.list_transfers, "inbound"),
        "ListOutboundResponsibilityTransfers": partial(whole.list_transfers, "outbound"),
        "DescribeResponsibilityTransfer": whole.describe_transfer,
    }
)
