"""What Organizations says when it refuses: the modelled error codes and reasons, each with its sentence."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from moto.core.utils import camelcase_to_underscores
from moto.organizations.exceptions import OrganizationsClientError

SENTENCES: Final = MappingProxyType(
    {
        "AWSOrganizationsNotInUseException": "Your account is not a member of an organization.",
        "AccessDeniedException": "You don't have permissions to access this resource.",
        "AccountAlreadyRegisteredException": "The account is already a delegated administrator for this service.",
        "AccountNotFoundException": "You specified an account that doesn't exist.",
        "AccountOwnerNotVerifiedException": "The address of the management account is not verified.",
        "AlreadyInOrganizationException": "The provided account is already a member of an organization.",
        "ChildNotFoundException": "You specified a child that doesn't exist.",
        "CreateAccountStatusNotFoundException": "You specified a create account request that doesn't exist.",
        "DestinationParentNotFoundException": "You specified a destination parent that doesn't exist.",
        "DuplicateAccountException": "That account is already present in the specified destination.",
        "DuplicateHandshakeException": "A handshake with the specified type and parameters already exists "
        "for the given parties.",
        "DuplicateOrganizationalUnitException": "An OU with the same name already exists.",
        "DuplicatePolicyAttachmentException": "The policy is already attached to the specified target.",
        "DuplicatePolicyException": "A policy with the specified name and type already exists.",
        "HandshakeAlreadyInStateException": "The handshake is already in the requested state.",
        "HandshakeNotFoundException": "You specified a handshake that doesn't exist.",
        "InvalidHandshakeTransitionException": "You cannot perform this operation on a handshake in its current "
        "state, such as attempting to cancel a handshake that was previously accepted or attempting to accept a "
        "handshake that was declined.",
        "MalformedPolicyDocumentException": "The provided policy document does not meet the requirements "
        "of the specified policy type.",
        "MasterCannotLeaveOrganizationException": "The management account can't leave the organization.",
        "OrganizationNotEmptyException": "You must first remove all member accounts.",
        "OrganizationalUnitNotEmptyException": "The specified OU is not empty.",
        "OrganizationalUnitNotFoundException": "You specified an organizational unit that doesn't exist.",
        "ParentNotFoundException": "You specified a parent that doesn't exist.",
        "PolicyChangesInProgressException": "Changes to the policy type are in progress. Try again later.",
        "PolicyInUseException": "The specified policy is in use and cannot be deleted.",
        "PolicyNotAttachedException": "The policy isn't attached to the specified target.",
        "PolicyNotFoundException": "You specified a policy that doesn't exist.",
        "PolicyTypeAlreadyEnabledException": "The specified policy type is already enabled.",
        "PolicyTypeNotAvailableForOrganizationException": "The feature set of this organization "
        "does not have policies of this type.",
        "PolicyTypeNotEnabledException": "This operation can be performed only for enabled policy types.",
        "ResourcePolicyNotFoundException": "No resource-based policy found.",
        "ResponsibilityTransferNotFoundException": "You specified a transfer that doesn't exist.",
        "RootNotFoundException": "You specified a root that doesn't exist.",
        "SourceParentNotFoundException": "You specified a source parent that doesn't exist.",
        "TargetNotFoundException": "You specified a target that doesn't exist.",
        # Reasons of ConstraintViolationException
        "ACTIVE_RESPONSIBILITY_TRANSFER_PROCESS": "You cannot delete the organization during a transfer.",
        "CANNOT_CLOSE_MANAGEMENT_ACCOUNT": "You can't close the management account.",
        "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG": "You must first deregister the administrator.",
        "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR": "You cannot register master account/yourself as "
        "delegated administrator for your organization.",
        "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR": "You cannot register a suspended account.",
        "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED": "You have attached the maximum number of policies "
        "to the specified target.",
        "MAX_TAG_LIMIT_EXCEEDED": "You have exceeded the number of tags allowed on this resource.",
        "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED": "You cannot remove the last policy attached "
        "to the specified target.",
        "OU_DEPTH_LIMIT_EXCEEDED": "You cannot add an organizational unit to the specified parent "
        "because it would exceed the max depth allowed.",
        "OU_NUMBER_LIMIT_EXCEEDED": "You have exceeded the allowed number of organizational units.",
        "POLICY_CONTENT_LIMIT_EXCEEDED": "You have exceeded the maximum policy size.",
        "POLICY_NUMBER_LIMIT_EXCEEDED": "You have exceeded the allowed number of policies.",
        "SERVICE_ACCESS_NOT_ENABLED": "You must enable trusted access of the service first.",
        "UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED": "Adding tags on updating an existing resource-based "
        "policy is not supported.",
        "WAIT_PERIOD_ACTIVE": "You must wait until four days after the account was created.",
        # Reasons of HandshakeConstraintViolationException
        "ACCOUNT_NUMBER_LIMIT_EXCEEDED": "You have exceeded the allowed number of AWS accounts.",
        "ALREADY_IN_AN_ORGANIZATION": "The AWS account is already a member of an organization.",
        "ORGANIZATION_ALREADY_HAS_ALL_FEATURES": "All features are already enabled on this organization.",
        "HANDSHAKE_RATE_LIMIT_EXCEEDED": "You have exceeded the number of handshakes that you can send per day.",
        # Reasons of InvalidInputException
        "DUPLICATE_TAG_KEY": "Your request includes duplicate tag keys.",
        "IMMUTABLE_POLICY": "You specified a policy that is managed by AWS and can't be modified.",
        "INPUT_REQUIRED": "You must provide a value for the parameter.",
        "INVALID_EMAIL_ADDRESS_TARGET": "You specified an invalid email address for the invited account owner.",
        "INVALID_ENUM": "You specified an invalid value.",
        "INVALID_ENUM_POLICY_TYPE": "You specified an invalid policy type string.",
        "INVALID_NEXT_TOKEN": "The NextToken is not from a previous response of this operation.",
        "INVALID_PARTY_TYPE_TARGET": "You specified an invalid party type as the target parameter.",
        "INVALID_PATTERN": "You provided a value that does not match the required pattern.",
        "INVALID_PATTERN_TARGET_ID": "You specified a target ID that doesn't match its pattern.",
        "INVALID_RESOURCE_POLICY_JSON": "This resource-based policy contains invalid JSON.",
        "INVALID_SYNTAX_POLICY_ID": "You specified an invalid policy ID.",
        "INVALID_SYSTEM_TAGS_PARAMETER": "You can't add, edit or delete system tag keys.",
        "MAX_LENGTH_EXCEEDED": "You provided a string that exceeds that maximum length.",
        "MAX_LIMIT_EXCEEDED_FILTER": "You specified too many filter parameters.",
        "MIN_VALUE_EXCEEDED": "You provided a value that is smaller than allowed.",
        "MIN_LENGTH_EXCEEDED": "You provided a string parameter that is shorter than allowed.",
        "NON_DETACHABLE_POLICY": "You can't detach this AWS managed policy.",
        "UNRECOGNIZED_SERVICE_PRINCIPAL": "You specified an unrecognized service principal.",
    }
)


def refused(code: str, reason: str = "") -> OrganizationsClientError:
    """The error to raise. `code` and `reason` are the model's own; the reason travels as its `Reason` member."""
    return _error(code, SENTENCES[reason or code], reason)


def violates(reason: str) -> OrganizationsClientError:
    """A ConstraintViolationException with its modelled reason."""
    return refused("ConstraintViolationException", reason)


def violates_handshake(reason: str) -> OrganizationsClientError:
    """A HandshakeConstraintViolationException; a test may arrange any of the model's reasons for it."""
    return _error("HandshakeConstraintViolationException", SENTENCES.get(reason, "The request was refused."), reason)


def invalid(reason: str, parameter: str = "") -> OrganizationsClientError:
    """An InvalidInputException with its modelled reason, and the parameter that a general one is about."""
    about = f":{camelcase_to_underscores(parameter).upper()}" if parameter else ""
    return _error("InvalidInputException", SENTENCES[reason], f"{reason}{about}")


def _error(code: str, sentence: str, reason: str) -> OrganizationsClientError:
    """moto drops the reasons, but serialises what an exception of its own module bears as attributes."""
    error = OrganizationsClientError(code, sentence)
    if reason:
        vars(error)["reason"] = reason
    return error
