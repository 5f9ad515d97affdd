"""IAM enforced, where moto lets everyone do everything: off until it is switched on, and off after a reset.

Then every call that a user's or a role's own keys sign is decided by the evaluator, and so is every call of a
member account's root user, whom service control policies bind. Root users of other accounts do as they please.
S3 is not watched, and what CloudFormation does for a caller is not asked again. Not decided by: resource
policies but a role's trust policy, session policies, resource control policies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from moto.core.exceptions import ServiceException
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import determine_request_protocol
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException

from orgkit.sandbox.authorization import callers, decisions
from orgkit.sandbox.authorization.asks import Call
from orgkit.sandbox.clock import kept

_STATE: Final = "orgkit_enforcement"
# Where the prefix of a service's actions is not the name with which its calls are signed.
_PREFIXES: Final = {"monitoring": "cloudwatch", "tagging": "tag"}
_WITH_PARAMETERS: Final = frozenset(("organizations", "iam", "sts", "cloudformation"))
_XML: Final = frozenset(("query", "rest-xml"))


class _AccessDenied(ServiceException):
    """One of its own: moto takes the module of an error's class for the name of a service."""


@dataclass(frozen=True)
class _State:
    on: bool = False
    with_mfa: frozenset[str] = frozenset()


def enforce(on: bool) -> None:
    """Switch enforcement on or off."""
    _remember(replace(_state(), on=on))


def signed_in_with_mfa(access_key_id: str) -> None:
    """Let this key be one that AWS handed out after an MFA code was given."""
    state = _state()
    _remember(replace(state, with_mfa=state.with_mfa | {access_key_id}))


def authorize(self: BaseResponse, resource: str = "*") -> None:  # noqa: ARG001  moto passes its own guess
    """moto calls this before each operation, and answers the caller with the HTTPException that it raises."""
    state = _state()
    if not (state.on and self.service_name and "Authorization" in self.headers):
        return
    with_mfa = self.access_key in state.with_mfa or callers.has_mfa(
        self.current_account, self.access_key, self.partition
    )
    reason = decisions.refusal(_call(self), self.access_key, with_mfa=with_mfa)
    if reason:
        raise _refusal(self, reason)


def _state() -> _State:
    state: _State = kept().get(_STATE, _State())
    return state


def _remember(state: _State) -> None:
    kept()[_STATE] = state


def _call(response: BaseResponse) -> Call:
    model = get_service_model(response.boto3_service_name)
    prefix = _PREFIXES.get(str(model.signing_name), str(model.signing_name))
    return Call(
        service=prefix,
        operation=response._get_action(),
        parameters=_parameters(response) if prefix in _WITH_PARAMETERS else {},
        caller=callers.caller(response.current_account, response.access_key, response.partition),
        partition=response.partition,
        region=response.region,
    )


def _parameters(response: BaseResponse) -> Mapping[str, Any]:
    """moto parses some services' parameters by the model and leaves others to themselves; here all are parsed."""
    model: Any = get_service_model(response.boto3_service_name)
    if response._get_action() not in model.operation_names:
        return {}
    request: Any = response.normalized_request
    parser = PROTOCOL_PARSERS[determine_request_protocol(model, request.content_type)]
    parsed: Mapping[str, Any] = parser(model.operation_model(response._get_action())).parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.data,
            "url_path": request.path,
            "url_params": response.uri_match,
        }
    )
    return parsed


def _refusal(response: BaseResponse, reason: str) -> HTTPException:
    """AWS's answer in the service's own protocol: XML services say AccessDenied, with status 403."""
    is_xml = response.determine_response_protocol(get_service_model(response.boto3_service_name)) in _XML
    error = _AccessDenied("AccessDenied" if is_xml else "AccessDeniedException", reason)
    status, headers, body = response.serialized(ActionResult(error))
    response.response_headers.update(headers)
    refused = HTTPException(body if isinstance(body, str) else body.decode())
    refused.code = 403 if is_xml else status
    return refused
