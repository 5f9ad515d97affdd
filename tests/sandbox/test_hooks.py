"""Calls of several threads, which reach moto one at a time."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from moto.organizations.responses import OrganizationsResponse


def test_calls_of_several_threads_wait_for_each_other(session, pretend_aws, monkeypatch):
    api, inside, seen = session.client("organizations"), [], []

    def slow(_: OrganizationsResponse) -> str:
        inside.append(1)
        seen.append(len(inside))
        time.sleep(0.01)
        inside.pop()
        return "{}"

    monkeypatch.setattr(OrganizationsResponse, "list_accounts", slow)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: api.list_accounts(), range(8)))
    assert seen == [1] * 8
