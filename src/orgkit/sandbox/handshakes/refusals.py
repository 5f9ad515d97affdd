"""What Organizations says when it refuses an invitation, a join or a leave: the codes of its model."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from moto.organizations.exceptions import OrganizationsClientError

_SENTENCES: Final = MappingProxyType(
    {
        "AWSOrganizationsNotInUseException": "Your account is not a member of an organization.",
        "AccessDeniedException": "You don't have permissions to access this resource.",
        "AccountNotFoundException": "You specified an account that doesn't exist.",
        "AccountOwnerNotVerifiedException": "The address of the management account is not verified.",
        "DuplicateHandshakeException": "A handshake with the same action and target already exists.",
        "HandshakeAlreadyInStateException": "The handshake is already in the requested state.",
        "HandshakeNotFoundException": "You specified a handshake that doesn't exist.",
        "InvalidHandshakeTransitionException": "You can't do this to the handshake in its current state.",
        "MasterCannotLeaveOrganizationException": "The management account can't leave the organization.",
        # Reasons of HandshakeConstraintViolationException
        "ACCOUNT_NUMBER_LIMIT_EXCEEDED": "You have exceeded the allowed number of AWS accounts.",
        "ALREADY_IN_AN_ORGANIZATION": "The invited account is already a member of an organization.",
        "HANDSHAKE_RATE_LIMIT_EXCEEDED": "You have exceeded the number of handshakes that you can send per day.",
        # Reasons of ConstraintViolationException
        "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG": "You must first deregister the administrator.",
        "WAIT_PERIOD_ACTIVE": "You must wait until four days after the account was created.",
        # Reasons of InvalidInputException
        "INVALID_EMAIL_ADDRESS_TARGET": "You specified an invalid email address for the account owner.",
        "INVALID_ENUM": "You specified an invalid value.",
        "INVALID_PARTY_TYPE_TARGET": "You specified the wrong type of entity as a party.",
        "INVALID_PATTERN": "You provided a value that does not match the required pattern.",
        "MAX_LENGTH_EXCEEDED": "You provided a string parameter that is longer than allowed.",
        "MAX_LIMIT_EXCEEDED_FILTER": "You can specify only one filter parameter for the operation.",
    }
)


def refused(code: str, reason: str = "") -> OrganizationsClientError:
    """The error to raise; the reason is for those whose model has a Reason."""
    error = OrganizationsClientError(code, _SENTENCES.get(reason or code, "The request was refused."))
    if reason:
        vars(error)["reason"] = reason  # moto puts attributes that the model names into its answer
    return error


def violates_handshake(reason: str) -> OrganizationsClientError:
    """A HandshakeConstraintViolationException."""
    return refused("HandshakeConstraintViolationException", reason)


def violates(reason: str) -> OrganizationsClientError:
    """A ConstraintViolationException."""
    return refused("ConstraintViolationException", reason)


def invalid(reason: str) -> OrganizationsClientError:
    """An InvalidInputException."""
    return refused("InvalidInputException", reason)
