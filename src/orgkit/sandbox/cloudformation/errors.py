"""CloudFormation's errors, by the codes of its service model."""

from __future__ import annotations

from moto.core.exceptions import ServiceException


class ValidationError(ServiceException):
    """What CloudFormation says to almost everything that it does not like."""

    code = "ValidationError"


class Refused(ServiceException):
    """What it says with another code, which is given. moto takes the module of an error's class for the service."""


def does_not_exist(stack: str) -> ValidationError:
    """What CloudFormation says of a stack that it does not know."""
    return ValidationError(f"Stack with id {stack} does not exist")
