"""Which operation of AWS a request asks for, and by whom: what the log of calls holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs

from werkzeug import Request

# "Credential=<key id>/<date>/<region>/<service>/aws4_request" (AWS Signature Version 4).
_CREDENTIAL: Final = re.compile(r"Credential=(?P<key>[^/,]+)/[^/,]*/[^/,]*/(?P<service>[^/,]+)/")


@dataclass(frozen=True)
class LoggedCall:
    """One request, such as `organizations:CreatePolicy`. The status is None while, or if, it has no answer."""

    operation: str
    access_key: str
    is_json: bool
    status: int | None = None


def call_in(request: Request) -> LoggedCall:
    """The call that a request makes. What names no operation is told by method and path."""
    signed = _CREDENTIAL.search(request.headers.get("Authorization", ""))
    service, key = (signed["service"], signed["key"]) if signed else ("", "")
    target = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
    operation = target or _action(request) or f"{request.method} {request.path}"
    return LoggedCall(f"{service}:{operation}", key, is_json=bool(target))


def _action(request: Request) -> str:
    form = request.get_data(as_text=True) if request.mimetype == "application/x-www-form-urlencoded" else ""
    said = parse_qs(form).get("Action") or request.args.getlist("Action") or [""]
    return said[0]
