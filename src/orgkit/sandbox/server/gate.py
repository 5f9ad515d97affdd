"""What stands before moto's server: who may call, the controls, the log of calls, the faults."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterable
from dataclasses import replace
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug import Request, Response
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from orgkit.sandbox.authorization import billing_services, callers
from orgkit.sandbox.server.controls import Controls
from orgkit.sandbox.server.faults import Fault, LoggedCall, call_in

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_CONTROLS: Final = "/orgkit-sandbox/"
_RESET_OF_MOTO: Final = "/moto-api/reset"
_LOCAL: Final = re.compile(r"(https?://)?(127\.0\.0\.1|localhost)(:\d+)?", re.IGNORECASE)


class Gate:
    """A WSGI application around moto's, which is not made for several calls at once."""

    def __init__(self, aws: WSGIApplication, controls: Controls) -> None:
        self._aws = aws
        self._controls = controls
        self._one_at_a_time = Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request; break the connection if that is its fault."""
        response = self._response(Request(environ))
        if response is None:
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            response = Response(status=500)  # WSGI wants an answer, though nobody will read it
        return response(environ, start_response)

    def _response(self, request: Request) -> Response | None:
        if not _is_local(request):
            return Response("The sandbox serves this machine alone.\n", 403)
        if request.path.startswith(_CONTROLS):
            with self._one_at_a_time:
                return self._controls.answer(request, request.path.removeprefix(_CONTROLS))
        call = call_in(request)
        with self._one_at_a_time:
            fault = self._controls.faults.take(call)
            response = self._log(request, call, fault)
        if fault and fault.kind == "hang":
            time.sleep(fault.seconds)
        time.sleep(self._controls.delay)
        return response

    def _log(self, request: Request, call: LoggedCall, fault: Fault | None) -> Response | None:
        """Answer, and log it. None if the caller is to get no answer."""
        status: int | None = 500
        try:
            response = self._answer(request, call, fault)
            status = response.status_code if response else None
        finally:
            self._controls.calls.append(replace(call, status=status))
        return response

    def _answer(self, request: Request, call: LoggedCall, fault: Fault | None) -> Response | None:
        if fault and not fault.takes_effect:
            return fault.answer(call)
        # The body was read to find the operation out; moto reads it again.
        environ = {**request.environ, "wsgi.input": BytesIO(request.get_data())}
        try:
            response = Response.from_app(self._aws, environ, buffered=True)
        except Exception:  # moto looks for the service before anything of it catches what is raised
            response = _lacking(request, call)
        if request.path == _RESET_OF_MOTO:
            self._controls.begin()
        if response.status_code >= 500 and "html" in str(response.mimetype):
            response = _lacking(request, call)
        return None if fault else response


class _Quiet(WSGIRequestHandler):
    """Errors are worth a line on stderr, requests are not."""

    def log_request(self, *_: Any) -> None:
        pass


def server_for(listening: socket.socket, *, enforce: bool, throttled: bool, verbose: bool) -> BaseWSGIServer:
    """A server for this listening socket, a thread per request."""
    host, port = listening.getsockname()
    return make_server(
        host,
        port,
        Gate(
            billing_services.around(DomainDispatcherApplication(create_backend_app)),
            Controls(enforce=enforce, throttled=throttled),
        ),
        threaded=True,
        request_handler=WSGIRequestHandler if verbose else _Quiet,
        fd=listening.fileno(),
    )


def _lacking(request: Request, call: LoggedCall) -> Response:
    """moto answers with a page where it has no such service, and where it breaks. AWS never does."""
    query = request.mimetype == "application/x-www-form-urlencoded"
    told = callers.as_xml if query else callers.as_json
    content_type, body = told("NotImplemented", f"The sandbox cannot answer {call.operation}.")
    return Response(body, 400, content_type=content_type)


def _is_local(request: Request) -> bool:
    """Whether it was called by this machine's own name, and not by a page of some site in a browser.

    A name that somebody else's DNS points here would pass the browser's guards, and moto lets every site read.
    """
    named = [request.headers.get("Host", ""), *request.headers.getlist("Origin")]
    return all(_LOCAL.fullmatch(name) for name in named)
