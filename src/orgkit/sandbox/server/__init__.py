"""The sandbox as a server on this machine, for the real commands and for other processes' tests.

It listens on 127.0.0.1, never anywhere else, and answers nobody who calls it by another name. What it holds
is not real, and gone when it stops. Importing this module is cheap; serving needs the extra `sandbox`.
"""

from __future__ import annotations

import errno
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Final

from orgkit.errors import OrgkitError

_HOST: Final = "127.0.0.1"
_LAST_PORT: Final = 65_535

_ANNOUNCEMENT: Final = """\
A pretend AWS is running. Nothing in it is real, and it forgets everything when it stops.
In another terminal:

{environment}

That is the payer's root user. To be somebody else there, who is bound by IAM and SCPs:

{others}

Press Ctrl-C to stop."""
_ENVIRONMENT: Final = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "123456789012",
    "AWS_SECRET_ACCESS_KEY": "sandbox",
    "AWS_SESSION_TOKEN": "sandbox",
    "NO_PROXY": "127.0.0.1",
}


def serve(
    port: int,
    announce: Callable[[str], None],
    *,
    enforce: bool = True,
    throttled: bool = False,
    verbose: bool = False,
) -> None:
    """Serve until Ctrl-C. `announce` is called once, with the URL, when connections are accepted.

    Port 0 takes a free one. IAM and SCPs are enforced from the start and after each reset, unless told not to, and
    AWS's request rates are kept if `throttled`. `verbose` writes a line per request to stderr.
    Raises OrgkitError if the port cannot be had, and ImportError without the extra `sandbox`.
    """
    with suppress(KeyboardInterrupt), _listening(port) as listening:
        import_module("flask_cors")  # moto would warn of its absence before it fails

        from orgkit import sandbox
        from orgkit.sandbox.server.gate import server_for

        sandbox.install()
        server = server_for(listening, enforce=enforce, throttled=throttled, verbose=verbose)
        announce(f"http://{_HOST}:{server.port}")
        server.serve_forever()


def how_to_ask(url: str) -> str:
    """What to type in another POSIX shell, or in PowerShell on Windows, to be the root user or somebody else."""
    form = '  $env:{} = "{}"' if sys.platform == "win32" else "  export {}={}"
    environment = "\n".join(form.format(*pair) for pair in {"AWS_ENDPOINT_URL": url, **_ENVIRONMENT}.items())
    who = {"OrgAdmin": "the org admin, with MFA", "BillingAdmin": "the billing admin, with MFA"}
    who["210987654321"] = "the root user of any account"
    others = (f'  # {words}\n  eval "$(curl -s {url}/orgkit-sandbox/as/{name})"' for name, words in who.items())
    return _ANNOUNCEMENT.format(environment=environment, others="\n".join(others))


def _listening(port: int) -> socket.socket:
    if not 0 <= port <= _LAST_PORT:
        raise _unusable(port, f"ports go from 0 to {_LAST_PORT}")
    try:
        return socket.create_server((_HOST, port))
    except OSError as error:
        in_use = error.errno == errno.EADDRINUSE
        raise _unusable(port, "another program uses it" if in_use else str(error.strerror)) from error


def _unusable(port: int, reason: str) -> OrgkitError:
    remedy = "Choose another with --port, or --port 0 for any that is free."
    return OrgkitError(f"Port {port} cannot be used: {reason}.", remedy)
