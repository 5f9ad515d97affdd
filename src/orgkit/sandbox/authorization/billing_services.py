"""The services about money that moto lacks: a caller who may not use them is refused, as AWS refuses.

Without this, their calls leave the sandbox for the real network, or end in moto's confusion. A caller who may
use them learns that they are not implemented.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from moto.core.botocore_stubber import BotocoreStubber
from moto.core.common_types import TYPE_RESPONSE
from moto.core.request import Request, normalize_request
from moto.core.responses import BaseResponse
from werkzeug import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from botocore.awsrequest import AWSPreparedRequest

# The name that calls are signed with, which is also the prefix of the actions, and botocore's name.
_LACKING: Final = MappingProxyType(
    {
        "bcm-dashboards": "bcm-dashboards",
        "bcm-data-exports": "bcm-data-exports",
        "bcm-pricing-calculator": "bcm-pricing-calculator",
        "bcm-recommended-actions": "bcm-recommended-actions",
        "billing": "billing",
        "billingconductor": "billingconductor",
        "cost-optimization-hub": "cost-optimization-hub",
        "cur": "cur",
        "freetier": "freetier",
        "invoicing": "invoicing",
        "pricing": "pricing",
        "savingsplans": "savingsplans",
        "sustainability": "sustainability",
        "tax": "taxsettings",
    }
)
_AWS: Final = re.compile(r"https?://[^/]+\.(amazonaws\.com(\.cn)?|api\.aws)(/|$)")
_SIGNED: Final = re.compile(r"Credential=[^/]+/\d+/[\w-]+/([\w-]+)/aws4_request")


def around(server: WSGIApplication) -> WSGIApplication:
    """moto's server, answering for these services too."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        service = _lacking(environ.get("HTTP_AUTHORIZATION"))
        if service is None:
            return server(environ, start_response)
        status, headers, body = _answer(service, Request(environ))
        return Response(body, status, headers)(environ, start_response)

    return application


def _lacking(authorization: Any) -> str | None:
    """botocore's name of the service that a request was signed for, if it is one of these."""
    text = authorization.decode() if isinstance(authorization, bytes) else authorization or ""
    found = _SIGNED.search(text)
    return _LACKING.get(found[1]) if found else None


def _answer(service: str, request: Any) -> TYPE_RESPONSE:
    """moto's own way of answering, with no operations: it checks who calls, and finds nothing to call."""
    response = BaseResponse(service_name=service)
    response.setup_class(request)
    return response.call_action()


def in_process(process: Callable[..., TYPE_RESPONSE | None]) -> Callable[..., TYPE_RESPONSE | None]:
    """moto's way to take a request in this process, answering for these services too."""

    def process_request(self: BotocoreStubber, request: AWSPreparedRequest) -> TYPE_RESPONSE | None:
        service = _lacking(request.headers.get("Authorization")) if _AWS.match(request.url) else None
        return _answer(service, normalize_request(request)) if service else process(self, request)

    return process_request
