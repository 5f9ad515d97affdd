"""What takes time in every test, and no test is about. A plugin, loaded by the top conftest."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
import urllib.parse
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

import pytest
from botocore import auth, httpsession
from botocore.client import ClientCreator
from botocore.exceptions import NoCredentialsError
from botocore.hooks import BaseEventHooks, EventAliaser
from botocore.utils import parse_timestamp

_MEMORY: Final = Path("/dev/shm")
_ENOUGH: Final = 500_000_000  # bytes


def pytest_configure() -> None:
    """Compile no module twice; and keep the tests' folders in memory if there is room: a disk takes a second for 200.

    pytest gives them to the other processes of this run.
    """
    sys.dont_write_bytecode = False
    if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ENOUGH:
        runs_programs = not os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY if runs_programs else tempfile.gettempdir()))


@pytest.fixture(scope="session", autouse=True)
def as_quick_as_may_be() -> Iterator[None]:
    """What botocore does for every session and call takes a fifth of the time. Garbage is looked for rarely."""
    gc.freeze()  # what is loaded by now is never garbage
    gc.set_threshold(100_000, 50, 50)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(auth.AUTH_TYPE_MAPS, "v4", _Unsigned)
        patch.setattr("botocore.parsers.DEFAULT_TIMESTAMP_PARSER", _moment)
        patch.setattr("botocore.useragent.UserAgentString.to_string", lambda _: "tests")
        patch.setattr(EventAliaser, "_alias_event_name", _once(EventAliaser._alias_event_name, lambda event: event))
        patch.setattr(BaseEventHooks, "_verify_accept_kwargs", lambda *_: None)
        by_service = _once(ClientCreator._create_methods, lambda model: model.service_name)
        patch.setattr(ClientCreator, "_create_methods", lambda *how: dict(by_service(*how)))
        patch.setattr(httpsession, "create_urllib3_context", cache(httpsession.create_urllib3_context))
        # The same templates and policies are sent again and again, letter by letter.
        for name in ("quote_from_bytes", "unquote_to_bytes"):
            patch.setattr(urllib.parse, name, lru_cache(1000)(getattr(urllib.parse, name)))
        yield


def _once(work_out: Callable[[Any, Any], Any], key: Callable[[Any], str]) -> Callable[[Any, Any], Any]:
    """A method of botocore's that does the same for each session, whose work is kept."""
    known: dict[str, Any] = {}

    def work(self: Any, of: Any) -> Any:
        if key(of) not in known:
            known[key(of)] = work_out(self, of)
        return known[key(of)]

    return work


class _Unsigned(auth.SigV4Auth):
    """Names the key, which the sandbox reads, and calculates no signature, which nobody checks here."""

    def add_auth(self, request: Any) -> None:
        if self.credentials is None:
            raise NoCredentialsError
        scope = f"{self.credentials.access_key}/20260101/{self._region_name}/{self._service_name}/aws4_request"
        headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none"}
        if self.credentials.token:
            headers["X-Amz-Security-Token"] = self.credentials.token
        for name, value in headers.items():
            del request.headers[name]  # of an attempt before; a header that is there is not replaced
            request.headers[name] = value


def _moment(value: Any) -> datetime:
    """A time in an answer. dateutil takes ten times as long for AWS's own format."""
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        moment: datetime = parse_timestamp(value)
        return moment
