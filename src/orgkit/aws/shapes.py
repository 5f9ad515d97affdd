"""AWS's answers by the field's own names: dictionaries, whose members types-boto3 tells to who checks types."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types_boto3_cloudformation import type_defs as cloudformation
    from types_boto3_iam import type_defs as iam
    from types_boto3_organizations import type_defs as organizations

    Account = organizations.AccountTypeDef
    DelegatedAdministrator = organizations.DelegatedAdministratorTypeDef
    Handshake = organizations.HandshakeTypeDef
    Organization = organizations.OrganizationTypeDef
    Ou = organizations.OrganizationalUnitTypeDef
    Policy = organizations.PolicySummaryTypeDef
    PolicyVersion = iam.PolicyVersionTypeDef
    ResourceDrift = cloudformation.StackResourceDriftTypeDef
    ResponsibilityTransfer = organizations.ResponsibilityTransferTypeDef
    Root = organizations.RootTypeDef
    Stack = cloudformation.StackTypeDef
    StackEvent = cloudformation.StackEventTypeDef
else:
    Account = DelegatedAdministrator = Handshake = Organization = Ou = Policy = PolicyVersion = dict[str, Any]
    ResourceDrift = ResponsibilityTransfer = Root = Stack = StackEvent = dict[str, Any]
