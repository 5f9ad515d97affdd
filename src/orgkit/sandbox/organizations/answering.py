"""How an operation is answered: the request is checked against AWS's model, then the caller's standing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from moto.core.utils import camelcase_to_underscores, get_service_model
from moto.organizations.models import OrganizationsBackend, organizations_backends
from moto.organizations.responses import OrganizationsResponse

from orgkit.sandbox.mending import mend
from orgkit.sandbox.organizations.refusals import invalid, refused

Request = Mapping[str, Any]
Answer = dict[str, Any]
Operation = Callable[[OrganizationsBackend, Request], Answer]

_OPEN_TO_ALL: Final = frozenset(
    {
        "AcceptHandshake",
        "CancelHandshake",
        "CreateOrganization",
        "DeclineHandshake",
        "DescribeHandshake",
        "DescribeOrganization",
        "LeaveOrganization",
        "ListHandshakesForAccount",
    }
)
"""Operations whose caller may be anyone; what it may do there is each operation's own matter."""
_ENUM_REASON: Final = {"PolicyType": "INVALID_ENUM_POLICY_TYPE", "HandshakePartyType": "INVALID_PARTY_TYPE_TARGET"}
_PATTERN_REASON: Final = {"PolicyId": "INVALID_SYNTAX_POLICY_ID", "PolicyTargetId": "INVALID_PATTERN_TARGET_ID"}


def answer_in_place_of_moto(operations: Mapping[str, Operation]) -> None:
    """Have moto's response class answer these operations of botocore's model so: it looks them up when called."""
    model: Any = get_service_model("organizations")
    for name, operation in operations.items():
        method = _answering(model.operation_model(name), operation)
        mend(OrganizationsResponse, **{camelcase_to_underscores(name): method})


def _answering(model: Any, operation: Operation) -> Callable[[OrganizationsResponse], str]:
    def answer(response: OrganizationsResponse) -> str:
        request, backend = response.request_params, response.organizations_backend
        _check_shape(model.input_shape, request)
        if model.name not in _OPEN_TO_ALL:
            _check_standing(backend)
        return json.dumps(operation(backend, request))

    return answer


def _check_standing(backend: OrganizationsBackend) -> None:
    """AWS: these operations are the management account's; members are denied, strangers told that they are.

    moto lets members list the roots, and gives accounts without an organization empty lists, or crashes.
    Delegated administrators, whom AWS lets read, are treated like any member.
    """
    if backend.org is not None:
        return
    if backend.account_id in organizations_backends.master_accounts:
        raise refused("AccessDeniedException")
    raise refused("AWSOrganizationsNotInUseException")


def _check_shape(shape: Any, value: Any) -> None:
    """AWS: what does not fit the model is an InvalidInputException with a reason. moto checks very little.

    Numbers are let through: the only one, MaxResults, is capped where pages are cut.
    """
    match getattr(shape, "type_name", ""):
        case "structure":
            if any(name not in value for name in shape.required_members):
                raise invalid("INPUT_REQUIRED")
            for name, part in value.items():
                _check_shape(shape.members.get(name), part)
        case "list":
            for part in value:
                _check_shape(shape.member, part)
        case "string":
            _check_string(shape, value)


def _check_string(shape: Any, value: str) -> None:
    if shape.enum and value not in shape.enum:
        raise invalid(_ENUM_REASON.get(shape.name, "INVALID_ENUM"))
    if len(value) < shape.metadata.get("min", 0):
        raise invalid("MIN_LENGTH_EXCEEDED")
    if len(value) > shape.metadata.get("max", len(value)):
        raise invalid("MAX_LENGTH_EXCEEDED")
    if not _pattern(shape).fullmatch(value):
        raise invalid(_PATTERN_REASON.get(shape.name, "INVALID_PATTERN"))


def _pattern(shape: Any) -> re.Pattern[str]:
    # Python knows no Unicode classes; \w and the space stand for those of the tags.
    return re.compile(shape.metadata.get("pattern", r"[\s\S]*").replace(r"\p{L}\p{Z}\p{N}", r"\w "))
