"""Whoever calls the sandbox, and the statements of the policies that they bear."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3

from orgkit import sandbox


@dataclass(frozen=True)
class Key:
    """An access key: the digits of an account stand for that account's root user."""

    id: str
    secret: str = "any"
    token: str | None = None


ROOT = Key(sandbox.PAYER)


@cache
def _session() -> boto3.Session:
    sandbox.install()  # moto reaches only the sessions made after it
    return boto3.Session()


@cache
def client(service: str, key: Key | str = ROOT, region: str = "us-east-1", endpoint: str | None = None) -> Any:
    """One client for all tests: making it takes longer than most of them."""
    key = Key(key) if isinstance(key, str) else key
    return _session().client(
        service,
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id=key.id,
        aws_secret_access_key=key.secret,
        aws_session_token=key.token,
    )


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
