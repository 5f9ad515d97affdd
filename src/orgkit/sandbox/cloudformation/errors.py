"""CloudFormation's errors, by the codes of its service model."""

from __future__ import annotations

from moto.core.exceptions import ServiceException


class ValidationError(ServiceException):
    """What CloudFormation says to almost everything that it does not like."""

    code = "ValidationError"


class AlreadyExists(ServiceException):
    """A stack or change set of that name is there."""

    code = "AlreadyExistsException"


class ChangeSetNotFound(ServiceException):
    """No change set has that name or ARN."""

    code = "ChangeSetNotFound"


class InsufficientCapabilities(ServiceException):
    """The template makes IAM resources, and the caller did not say that this is known."""

    code = "InsufficientCapabilitiesException"


class InvalidChangeSetStatus(ServiceException):
    """The change set cannot be executed or deleted as it is."""

    code = "InvalidChangeSetStatus"


class TokenAlreadyExists(ServiceException):
    """The client request token was used for another request."""

    code = "TokenAlreadyExistsException"


def does_not_exist(stack: str) -> ValidationError:
    """What CloudFormation says of a stack that it does not know."""
    return ValidationError(f"Stack with id {stack} does not exist")
