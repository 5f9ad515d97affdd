"""The owners of invited accounts, and what they answer; shared by the tests of invitations."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3

from orgkit import sandbox

Api = Any


@cache
def owner(account: str, url: str | None = None) -> Api:
    """Organizations as an account outside of it sees it: 12 digits are that account's key in the sandbox."""
    sandbox.install()  # moto reaches only the clients made after it
    return boto3.client(
        "organizations",
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id=account,
        aws_secret_access_key="pretend",
    )


def received(account: str, url: str | None = None) -> str:
    """The id of the open invitation that an account has."""
    pages = owner(account, url).get_paginator("list_handshakes_for_account").paginate()
    found = (handshake for page in pages for handshake in page["Handshakes"])
    return next(handshake["Id"] for handshake in found if handshake["State"] == "OPEN")


def accept(account: str, url: str | None = None) -> None:
    owner(account, url).accept_handshake(HandshakeId=received(account, url))


def decline(account: str) -> None:
    owner(account).decline_handshake(HandshakeId=received(account))
