"""Chromium without a window, spoken to through two pipes: pages as people see them, and what the browser makes of them.

The protocol is the one of Chromium's own developer tools ("Chrome DevTools Protocol"): JSON ending in a zero byte.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader, BufferedWriter
from pathlib import Path
from typing import Any

EXECUTABLE = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WHY_NOT = "no Chromium is installed (.ci/install-browser does it)"

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--remote-debugging-pipe",
)
_HOMES = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
# The pipes of the protocol are 3 and 4, whatever they are here; any bash can name descriptors above 9.
_ON_3_AND_4 = 'commands=$1 answers=$2; shift 2; exec "$@" 3<&"$commands" 4>&"$answers"'


@contextmanager
def running(profile: Path) -> Iterator[Browser]:
    """A browser of its own, with an empty profile. It is gone afterwards, and so are its children."""
    commands, to_browser = os.pipe()
    from_browser, answers = os.pipe()
    words = ("bash", "-c", _ON_3_AND_4, "bash", str(commands), str(answers))
    process = subprocess.Popen(
        [*words, str(EXECUTABLE), *_FLAGS, f"--user-data-dir={profile}"],
        env=os.environ | {name: str(profile) for name in _HOMES},  # or it leaves reports of crashes behind
        pass_fds=(commands, answers),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(commands)
    os.close(answers)
    try:
        with os.fdopen(to_browser, "wb") as sending, os.fdopen(from_browser, "rb") as receiving:
            browser = Browser(sending, receiving)
            yield browser
            browser.close()
            process.wait(timeout=60)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Browser:
    """One tab. `requests` are the addresses that pages have asked for since the last `open`."""

    def __init__(self, sending: BufferedWriter, receiving: BufferedReader) -> None:
        self._sending = sending
        self._heard = _messages(receiving)
        self._number = 0
        self._session = ""
        self.requests: list[str] = []
        self.complaints: list[str] = []
        """What the browser has written to its console since then: blocked scripts, for instance."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Accessibility", "DOM"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> Any:
        """A command of the protocol, and its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._sending.write(json.dumps(message).encode() + b"\0")
        self._sending.flush()
        while (answer := self._next()).get("id") != self._number:
            pass
        if "error" in answer:
            raise AssertionError(f"{method}: {answer['error']}")
        return answer["result"]

    def close(self) -> None:
        """End the browser, which then takes its children along."""
        self._session = ""
        self.call("Browser.close")

    def open(self, page: Path) -> None:
        """Load a file, and wait until it is there."""
        self.requests.clear()
        self.complaints.clear()
        self.call("Page.navigate", url=page.as_uri())
        while self._next().get("method") != "Page.loadEventFired":
            pass

    def look(self, *, media: str = "screen", scheme: str = "light", width: int = 1100) -> None:
        """See the page on this medium, in this colour scheme, with a window of this many pixels."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=media, features=features)
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)

    def picture(self, file: Path) -> None:
        """The whole page as a PNG."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(shot["data"]))

    def evaluate(self, script: str) -> Any:
        """The value of an expression in the page; the page's own policy against scripts does not bind this."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def pdf(self, **paper: float) -> bytes:
        """The page as it is printed, whatever it was looked at on before; sizes of the paper in inches."""
        self.call("Emulation.setEmulatedMedia", media="")
        how = {"printBackground": False, "preferCSSPageSize": True, **paper}
        return base64.b64decode(self.call("Page.printToPDF", **how)["data"])

    def tree(self) -> list[tuple[str, str]]:
        """Role and name of everything that assistive technology is told of, in its order."""
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        return [
            (node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node.get("ignored")
        ]

    def _next(self) -> dict[str, Any]:
        heard = next(self._heard, None)
        if heard is None:
            raise AssertionError("the browser has gone")
        if heard.get("method") == "Network.requestWillBeSent":
            self.requests.append(heard["params"]["request"]["url"])
        if heard.get("method") == "Log.entryAdded":
            self.complaints.append(heard["params"]["entry"]["text"])
        return heard


def _messages(receiving: BufferedReader) -> Iterator[dict[str, Any]]:
    """What the browser says, message by message. A picture makes one of megabytes."""
    parts: list[bytes] = []
    while some := receiving.read1():
        *ends, rest = some.split(b"\0")
        for end in ends:
            yield json.loads(b"".join([*parts, end]))
            parts.clear()
        parts.append(rest)
