"""How an operation is answered: the request is checked against AWS's model, then the caller's standing."""

from __future__ import annotations

import heapq
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any, Final, TypeVar

from moto.core.utils import get_service_model
from moto.organizations.models import OrganizationsBackend, organizations_backends
from moto.organizations.responses import OrganizationsResponse

from orgkit.sandbox.organizations import throttling
from orgkit.sandbox.organizations.refusals import invalid, refused

Request = Mapping[str, Any]
Answer = dict[str, Any]
Operation = Callable[[OrganizationsBackend, Request], Answer]

_OPEN_TO_ALL: Final = frozenset(
    [
        *("AcceptHandshake", "CancelHandshake", "DeclineHandshake", "DescribeHandshake", "ListHandshakesForAccount"),
        *("CreateOrganization", "DescribeOrganization", "LeaveOrganization"),
    ]
)
"""Operations whose caller may be anyone; what it may do there is each operation's own matter."""
_ENUM_REASON: Final = {"PolicyType": "INVALID_ENUM_POLICY_TYPE", "HandshakePartyType": "INVALID_PARTY_TYPE_TARGET"}
_PATTERN_REASON: Final = {"PolicyId": "INVALID_SYNTAX_POLICY_ID", "PolicyTargetId": "INVALID_PATTERN_TARGET_ID"}


PAGE: Final = 20
_Thing = TypeVar("_Thing")


def answers(operations: Mapping[str, Operation]) -> dict[str, Callable[[OrganizationsResponse], str]]:
    """Methods for moto's response class, by the names of the operations in botocore's model."""
    model: Any = get_service_model("organizations")
    return {name: _answering(model.operation_model(name), operation) for name, operation in operations.items()}


def _answering(model: Any, operation: Operation) -> Callable[[OrganizationsResponse], str]:
    def answer(response: OrganizationsResponse) -> str:
        request, backend = response.request_params, response.organizations_backend
        throttling.take(backend.account_id, model.name)
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


def _check_shape(shape: Any, value: Any, parameter: str = "") -> None:
    """AWS: what does not fit the model is an InvalidInputException with a reason. moto checks very little.

    A general reason bears the parameter that it is about: `INVALID_PATTERN:HANDSHAKE_ID` (recorded 2026-09).
    """
    match getattr(shape, "type_name", ""):
        case "structure":
            for name in shape.required_members:
                if name not in value:
                    raise _lacking(shape, name)
            for name, part in value.items():
                _check_shape(shape.members.get(name), part, name)
        case "list":
            for part in value:
                _check_shape(shape.member, part, parameter)
        case "string":
            _check_string(shape, value, parameter)
        case "integer":
            if value < shape.metadata.get("min", value):  # the only one, MaxResults, is capped where pages are cut
                raise invalid("MIN_VALUE_EXCEEDED", parameter)


def _lacking(shape: Any, name: str) -> Exception:
    if shape.name == "HandshakeParty":
        return invalid("INVALID_PARTY_TYPE_TARGET")
    if shape.members[name].type_name == "structure":
        return invalid("INVALID_PATTERN")
    return invalid("INPUT_REQUIRED", name)


def _check_string(shape: Any, value: str, parameter: str) -> None:
    if shape.enum and value not in shape.enum:
        raise invalid(_ENUM_REASON.get(shape.name, "INVALID_ENUM"))
    if len(value) < shape.metadata.get("min", 0):
        raise invalid("MIN_LENGTH_EXCEEDED", parameter)
    if len(value) > shape.metadata.get("max", len(value)):
        raise invalid("MAX_LENGTH_EXCEEDED", parameter)
    # Python knows no Unicode classes; \w and the space stand for those of the tags.
    pattern = shape.metadata.get("pattern", r"[\s\S]*").replace(r"\p{L}\p{Z}\p{N}", r"\w ")
    if not re.fullmatch(pattern, value):
        special = _PATTERN_REASON.get(shape.name)
        raise invalid(special) if special else invalid("INVALID_PATTERN", parameter)


def page(
    member: str,
    request: Request,
    things: Iterable[_Thing],
    show: Callable[[_Thing], Any],
    key: Callable[[_Thing], str] = attrgetter("id"),
) -> Answer:
    """One page: `things` as `show` renders them, under the answer's name for them; NextToken if more follow.

    Only what the page holds is rendered. Raises InvalidInputException for the token of another list.
    """
    size = min(int(request.get("MaxResults") or PAGE), PAGE)
    last = _last_shown(member, request)
    first = heapq.nsmallest(size + 1, (thing for thing in things if key(thing) > last), key=key)
    answer: Answer = {member: [show(thing) for thing in first[:size]]}
    if len(first) > size:
        token = json.dumps([*_list_of(member, request), key(first[size - 1])])
        answer["NextToken"] = urlsafe_b64encode(token.encode()).decode()
    return answer


def _list_of(member: str, request: Request) -> list[Any]:
    """Which list a token belongs to: what was asked, pages aside."""
    return [member, {name: value for name, value in request.items() if name not in ("MaxResults", "NextToken")}]


def _last_shown(member: str, request: Request) -> str:
    if "NextToken" not in request:
        return ""
    try:
        *asked, last = json.loads(urlsafe_b64decode(request["NextToken"].encode()))
    except (ValueError, TypeError):
        raise invalid("INVALID_NEXT_TOKEN") from None
    if asked != _list_of(member, request):
        raise invalid("INVALID_NEXT_TOKEN")
    return str(last)
