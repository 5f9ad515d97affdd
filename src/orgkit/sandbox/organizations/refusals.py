"""What Organizations says when it refuses: the modelled error codes and reasons, each with its sentence."""

from __future__ import annotations

import re
from functools import cache
from html import unescape
from types import MappingProxyType
from typing import Final

from moto.core.utils import camelcase_to_underscores, get_service_model
from moto.organizations.exceptions import OrganizationsClientError

RECORDED: Final = MappingProxyType(
    {
        "AccessDeniedException": "You don't have permissions to access this resource.",
        "DuplicateHandshakeException": "A handshake with the specified type and parameters already exists "
        "for the given parties.",
        "HandshakeAlreadyInStateException": "The handshake is already in the requested state.",
        "HandshakeNotFoundException": "You specified a handshake that doesn't exist.",
        "InvalidHandshakeTransitionException": "You cannot perform this operation on a handshake in its current "
        "state, such as attempting to cancel a handshake that was previously accepted or attempting to accept a "
        "handshake that was declined.",
        "PolicyInUseException": "The specified policy is in use and cannot be deleted.",
        "ResourcePolicyNotFoundException": "No resource-based policy found.",
        "UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED": "Adding tags on updating an existing resource-based "
        "policy is not supported.",
        "ALREADY_IN_AN_ORGANIZATION": "The AWS account is already a member of an organization.",
        "ORGANIZATION_ALREADY_HAS_ALL_FEATURES": "All features are already enabled on this organization.",
        "DUPLICATE_TAG_KEY": "Your request includes duplicate tag keys.",
        "INPUT_REQUIRED": "You must provide a value for the parameter.",
        "INVALID_PARTY_TYPE_TARGET": "You specified an invalid party type as the target parameter.",
        "INVALID_PATTERN": "You provided a value that does not match the required pattern.",
        "INVALID_RESOURCE_POLICY_JSON": "This resource-based policy contains invalid JSON.",
        "MAX_LENGTH_EXCEEDED": "You provided a string that exceeds that maximum length.",
        "MAX_LIMIT_EXCEEDED_FILTER": "You specified too many filter parameters.",
    }
)
"""What AWS was recorded to say (2026-09). Of other codes and reasons, it is the model's first sentence."""


def refused(code: str, reason: str = "") -> OrganizationsClientError:
    """The error to raise. `code` and `reason` are the model's own; the reason travels as its `Reason` member."""
    return _error(code, reason, reason)


def violates(reason: str) -> OrganizationsClientError:
    """A ConstraintViolationException with its modelled reason."""
    return refused("ConstraintViolationException", reason)


def violates_handshake(reason: str) -> OrganizationsClientError:
    """A HandshakeConstraintViolationException; a test may arrange any of the model's reasons for it."""
    return refused("HandshakeConstraintViolationException", reason)


def invalid(reason: str, parameter: str = "") -> OrganizationsClientError:
    """An InvalidInputException with its modelled reason, and the parameter that a general one is about."""
    about = f":{camelcase_to_underscores(parameter).upper()}" if parameter else ""
    return _error("InvalidInputException", reason, f"{reason}{about}")


def _error(code: str, about: str, reason: str) -> OrganizationsClientError:
    """moto drops the reasons, but serialises what an exception of its own module bears as attributes."""
    error = OrganizationsClientError(code, RECORDED.get(about or code) or _modelled(code, about))
    if reason:
        vars(error)["reason"] = reason
    return error


@cache
def _modelled(code: str, reason: str) -> str:
    """The first sentence of what the model's documentation says of a code, or of one of its reasons."""
    text = unescape(re.sub(r"<[^>]+>", "", get_service_model("organizations").shape_for(code).documentation))
    found = re.search(rf"\b{reason}\b:?\s*(.+?[.])(\s|$)" if reason else r"(.+?[.])(\s|$)", text, re.DOTALL)
    return " ".join(found[1].split()) if found else "The request was refused."
