"""The sandbox that every tool is measured on: `orgkit sandbox` in a process of its own, and its controls."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.request import Request, urlopen

import boto3

PAYER: Final = "123456789012"
REGION: Final = "us-east-1"
_BYTE_CODE: Final = Path(__file__).parent / ".peers" / "byte-code"
DELAY: Final = 80
"""Milliseconds added to each call: about what a call to AWS takes from another continent."""


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox."""

    url: str

    def control(self, name: str, method: str = "POST", **arguments: Any) -> Any:
        """What orgkit.sandbox.server.controls offers."""
        return self._ask(name, method, arguments)

    def faults(self, *faults: dict[str, Any]) -> None:
        """Errors to come."""
        self._ask("faults", "POST", list(faults))

    def calls(self) -> Counter[str]:
        """The calls since the last time this was asked, by operation."""
        seen = self._ask("calls", "GET")
        self._ask("calls", "DELETE")
        return Counter(_operation(call["operation"]) for call in seen)

    def environment(self, home: Path) -> dict[str, str]:
        """Where a tool finds the sandbox, and credentials for it; nothing of the user's own."""
        own = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "ORGKIT_", "PYTHON"))}
        return own | {
            "HOME": str(home),
            "PYTHONPYCACHEPREFIX": str(_BYTE_CODE),  # what pip install compiles, a checkout need not be allowed to
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": PAYER,
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_SESSION_TOKEN": "sandbox",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str) -> Any:
        """A client of the benchmark's own, for what is prepared and not measured."""
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id=PAYER,
            aws_secret_access_key="sandbox",
        )

    def _ask(self, name: str, method: str, body: Any = None) -> Any:
        data = json.dumps(body or {}).encode() if method == "POST" else None
        with urlopen(Request(f"{self.url}/orgkit-sandbox/{name}", data, method=method)) as answer:
            return json.load(answer)


@contextmanager
def running() -> Iterator[Sandbox]:
    """A sandbox of its own, on a free port."""
    command = [sys.executable, "-m", "orgkit", "sandbox", "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, encoding="utf-8", env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as it:
        assert it.stdout
        try:
            line = next(line for line in it.stdout if "AWS_ENDPOINT_URL=" in line)
            yield Sandbox(line.strip().partition("=")[2])
        finally:
            it.terminate()


def _operation(operation: str) -> str:
    """S3 names no operation on the wire, but bucket and key."""
    return "s3:" + operation.split()[0].removeprefix("s3:") if " " in operation else operation
