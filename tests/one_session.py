"""A boto3 session that makes each client once. Making them takes longer than most tests."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import boto3


class OneSession:
    """Stands for the session in everything that orgkit asks of one."""

    def __init__(self, session: boto3.Session) -> None:
        self.client: Callable[..., Any] = cache(session.client)
        self.region_name = session.region_name
        self.get_credentials = session.get_credentials
