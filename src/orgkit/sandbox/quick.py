"""What moto takes long for at every call, done in less time. The answers are the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from io import BytesIO
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4
from xml.sax.saxutils import escape, quoteattr

from botocore.awsrequest import AWSPreparedRequest
from moto import backends
from moto.core.base_backend import AccountSpecificBackend, BackendDict
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.common_types import TYPE_RESPONSE
from moto.core.request import Request
from moto.core.serialize import QuerySerializer, ResponseSerializer, TimestampSerializer
from werkzeug.exceptions import HTTPException

from orgkit.sandbox import PAYER

Process = Callable[[BotocoreStubber, AWSPreparedRequest], TYPE_RESPONSE | None]

_ROOT: Final = re.compile(r"https?://[^/?]+/")
_IN_LISTS: Final = frozenset(("structure", "string"))
_TIMES: Final = TimestampSerializer("iso8601")


def routed(process: Process) -> Process:
    """moto compares the URL of a call with those of each service that it has, and builds these anew."""

    def process_request(self: BotocoreStubber, request: AWSPreparedRequest) -> TYPE_RESPONSE | None:
        place = _ROOT.fullmatch(request.url)
        answer = _handler(place[0]) if place else None
        if answer is None:
            return process(self, request)
        asked = _received(request)
        try:
            return answer(asked, request.url, asked.headers)
        except HTTPException as refusal:
            return refusal.code or 400, dict(refusal.get_headers()), refusal.get_body()

    return process_request


@cache
def _handler(url: str) -> Callable[..., TYPE_RESPONSE] | None:
    """Who answers calls to this root, if it is one of the services that orgkit calls."""
    find: Any = backends.get_backend  # hooks.py has put CloudFormation there
    for service in ("cloudformation", "iam", "organizations", "sts"):
        places = find(service)[PAYER]
        urls: dict[str, Callable[..., TYPE_RESPONSE]] = places["us-east-1" if "us-east-1" in places else "aws"].urls
        for pattern, handler in urls.items():
            if re.match(pattern, url):
                return handler
    return None


def _received(sent: AWSPreparedRequest) -> Request:
    """The request as a server would get it. werkzeug's own way there is for forms and files too."""
    url, body = urlsplit(sent.url), sent.body or b""
    sent_as = body if isinstance(body, bytes) else body.encode()
    headers = {
        "HTTP_" + name.upper().replace("-", "_"): value if isinstance(value, str) else value.decode()
        for name, value in sent.headers.items()
    }
    return Request(
        {
            **headers,
            "REQUEST_METHOD": sent.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": url.path,
            "QUERY_STRING": url.query,
            "SERVER_NAME": url.hostname,
            "SERVER_PORT": "443",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": url.netloc,
            "CONTENT_TYPE": headers.get("HTTP_CONTENT_TYPE", ""),
            "CONTENT_LENGTH": str(len(sent_as)),
            "wsgi.url_scheme": url.scheme,
            "wsgi.input": BytesIO(sent_as),
        }
    )


def account(self: BackendDict[Any], account_id: str) -> AccountSpecificBackend[Any]:
    """An account's backends. moto looks through all services whether it knows this one, each time."""
    if account_id not in self:
        self._create_account_specific_backend(account_id)
    return dict.__getitem__(self, account_id)


def value_of(get: Callable[..., Any]) -> Callable[..., Any]:
    """moto tries each member of an answer under many names. Those of a dictionary mostly have their very own."""

    def get_value(self: ResponseSerializer, value: Any, key: str, shape: Any) -> Any:
        if type(value) is not dict or self._value_picker.response_transformers:
            return get(self, value, key, shape)
        # What CloudFormation leaves out has no other name: that room is none of moto's.
        if key in value or self.service_model.service_name == "cloudformation":
            return value.get(key)
        return get(self, value, key, shape)

    return get_value


def result_of(serialize: Callable[..., Any]) -> Callable[..., Any]:
    """An answer in XML, from plain data in one go; moto goes through it twice, for it may be of any objects."""

    def serialize_result(self: QuerySerializer, answer: Any, result: Any) -> Any:
        shape = self.operation_model.output_shape
        if shape is None or self._value_picker.response_transformers:
            return serialize(self, answer, result)
        try:
            inner: Any = _Xml(_members(shape, result))
        except _NotPlain:
            return serialize(self, answer, result)
        return self._serialized_result_to_response(answer, result, shape, inner)

    return serialize_result


class _NotPlain(Exception):
    """What moto alone can write: objects of its own, and what is rare in AWS's models."""


class _Xml(str):
    """Markup already."""


def _members(shape: Any, value: Any) -> str:
    if type(value) is not dict or not value.keys() <= shape.members.keys():
        raise _NotPlain
    given = [(name, member) for name, member in shape.members.items() if value.get(name) is not None]
    return "".join([_element(member.serialization.get("name", name), member, value[name]) for name, member in given])


def _element(name: str, shape: Any, value: Any) -> str:
    if "xmlNamespace" in shape.serialization or "xmlAttribute" in shape.serialization:
        raise _NotPlain
    match shape.type_name:
        case "structure":
            inner = _members(shape, value)
        case "list" if not shape.serialization.get("flattened") and shape.member.type_name in _IN_LISTS:
            of = shape.member.serialization.get("name", "member")
            inner = "".join([_element(of, shape.member, each) for each in value if each != {}])
        case "string":
            inner = escape(str(value))
        case "boolean" if type(value) is bool:
            inner = "true" if value else "false"
        case "integer":
            inner = str(int(value))
        case "timestamp":
            written: dict[str, str] = {}
            _TIMES.serialize(written, value, shape, name)
            inner = written[name]
        case _:
            raise _NotPlain
    return f"<{name}>{inner}</{name}>"


def written(_: object, body: Mapping[str, Any]) -> str:
    """The XML of an answer; moto's own way through xmltodict takes half of the time of an answer."""
    return "".join([_xml(name, body[name]) for name in body])


def _xml(name: str, value: Any) -> str:
    """An element, or one for each of a list; a dictionary holds its attributes (@) and the elements in it."""
    if isinstance(value, list):
        return "".join([_xml(name, each) for each in value])
    if not isinstance(value, dict):
        inner = value if isinstance(value, _Xml) else escape(str(value)) if value is not None else ""
        return f"<{name}>{inner}</{name}>"
    attributes = "".join([f" {key[1:]}={quoteattr(value[key])}" for key in value if key[0] == "@"])
    inner = "".join([_xml(key, value[key]) for key in value if key[0] != "@"])
    return f"<{name}{attributes}>{inner}</{name}>"


def with_request_id(headers: dict[str, Any], body: Any) -> tuple[dict[str, Any], Any]:
    """The request's id, a UUID, in the headers and in the XML, which moto searches letter by letter."""
    if "status" in headers:
        headers["status"] = str(headers["status"])
    headers["x-amzn-requestid"] = str(uuid4())
    if not isinstance(body, str) or "<RequestId>" not in body:
        return headers, body
    before, mark, more = body.partition("<RequestId>")
    return headers, f"{before}{mark}{headers['x-amzn-requestid']}{more[more.index('</RequestId>') :]}"
