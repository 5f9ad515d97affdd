"""What tests and people can ask of the sandbox from another process: JSON to and from /orgkit-sandbox/…"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass
from datetime import timedelta
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final

from moto.core.exceptions import ServiceException
from moto.iam.models import iam_backends
from moto.moto_api._internal.models import moto_api_backend
from werkzeug import Request, Response

from orgkit.sandbox import PAYER, clock
from orgkit.sandbox.authorization import callers, enforcement
from orgkit.sandbox.organizations import throttling
from orgkit.sandbox.server.faults import Faults, LoggedCall

FUNCTIONS: Final = MappingProxyType(
    {
        "authorization.enforcement": ("enforce", "signed_in_with_mfa"),
        "cloudformation": (
            *("fail_resource", "fail_validation", "force_status", "say_of_drift", "settle_reads", "validates"),
        ),
        "handshakes": ("owner_verified", "quota", "refuse", "standalone_account"),
        "iam": ("root_user",),
        "organizations": (
            *("add_responsibility_transfer", "lag", "policy_type_pending_reads", "scp_type_enabled_from_the_start"),
        ),
        "organizations.throttling": ("throttle",),
        "seed": ("seed",),
    }
)
"""Functions of the sandbox that are controls, called with the members of a JSON object. In the path, the underscores
of their names are dashes."""
LOGGED: Final = 10_000
"""The log keeps so many calls, the newest."""


class Controls:
    """The log of calls, the faults to come and the delay; and the way to every control of the sandbox."""

    def __init__(self, *, enforce: bool, throttled: bool = False) -> None:
        """Whether IAM and SCPs are enforced, and AWS's request rates, now and after each reset."""
        self.calls: deque[LoggedCall] = deque(maxlen=LOGGED)
        self.faults = Faults()
        self.delay = 0.0
        self._enforce, self._throttled = enforce, throttled
        self.begin()
        self._here: dict[tuple[str, str], Callable[[Any], Any]] = {
            ("GET", "calls"): lambda _: [
                {"operation": call.operation, "access_key": call.access_key, "status": call.status}
                for call in self.calls
            ],
            ("DELETE", "calls"): lambda _: self.calls.clear(),
            ("POST", "clock"): lambda by: clock.advance(timedelta(**by)),
            ("POST", "delay"): self._set_delay,
            ("POST", "faults"): self._set_faults,
            ("POST", "reset"): lambda _: self.reset(),
        }

    def begin(self) -> None:
        """Set an empty sandbox up as it was asked for."""
        enforcement.enforce(self._enforce)
        throttling.throttle(self._throttled)

    def answer(self, request: Request, name: str) -> Response:
        """200 with the result, 404 for an unknown control, 400 for what it cannot do."""
        if request.method == "GET" and name.startswith("as/"):
            return _credentials(name.removeprefix("as/"))
        control = self._here.get((request.method, name)) or _elsewhere(request.method, name)
        if control is None:
            return _json({"error": f"There is no {request.method} {name}."}, 404)
        try:
            return _json(control(json.loads(request.get_data() or b"{}")), 200)
        except (ServiceException, TypeError, ValueError, LookupError) as error:
            return _json({"error": str(error)}, 400)

    def _set_delay(self, asked: Mapping[str, float]) -> None:
        self.delay = asked["milliseconds"] / 1000

    def _set_faults(self, asked: list[dict[str, Any]]) -> None:
        self.faults = Faults(asked)

    def reset(self) -> None:
        """Forget everything, and begin anew."""
        moto_api_backend.reset()
        self.begin()
        self.calls.clear()
        self.faults = Faults()
        self.delay = 0.0


def _credentials(who: str) -> Response:
    """What a shell sets to be a user of the payer with MFA, by name, or the root user of an account, by its id."""
    key = who
    if not callers.ACCOUNT.fullmatch(who):
        try:
            key = iam_backends[PAYER]["aws"].create_access_key(who).access_key_id
        except ServiceException as error:
            return _json({"error": str(error)}, 404)
        enforcement.signed_in_with_mfa(key)
    values = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": "sandbox", "AWS_SESSION_TOKEN": "sandbox"}
    return Response("".join(f"export {name}={value}\n" for name, value in values.items()), content_type="text/plain")


def _elsewhere(method: str, name: str) -> Callable[[Any], Any] | None:
    function = name.replace("-", "_")
    module = next((module for module, functions in FUNCTIONS.items() if function in functions), None)
    if method != "POST" or module is None:
        return None
    control = getattr(import_module(f"orgkit.sandbox.{module}"), function)
    return lambda arguments: control(**arguments)


def _json(result: Any, status: int) -> Response:
    shown = asdict(result) if is_dataclass(result) and not isinstance(result, type) else result
    return Response(json.dumps(shown), status, content_type="application/json")
