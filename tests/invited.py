"""Invitations, and what can become of them: what the tests of handshakes share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core.utils import get_service_model

from access import client
from orgkit.sandbox import PAYER, clock

INVITED = "210987654321"
OTHER = "321098765432"
OTHER_PAYER = "432109876543"
NOBODY = "h-0000000000"
DAY = timedelta(days=1)
MODEL: Any = get_service_model("organizations")

Api = Any


def acting_as(account: str, service: str = "organizations", region: str = "us-east-1") -> Api:
    return client(service, account, region)


@contextmanager
def an_organization() -> Iterator[Api]:
    payer = acting_as(PAYER)
    with mock_aws():
        payer.create_organization()
        yield payer


def invite(api: Api, target: str = INVITED, **more: Any) -> str:
    kind = "EMAIL" if "@" in target else "ACCOUNT"
    sent = api.invite_account_to_organization(Target={"Type": kind, "Id": target}, **more)
    return str(sent["Handshake"]["Id"])


def refusal(call: Callable[..., object], *positional: Any, **arguments: Any) -> tuple[str, str]:
    """The error's code and reason. Fails if the service model does not have them for this operation."""
    with pytest.raises(ClientError) as caught:
        call(*positional, **arguments)
    error = caught.value
    modelled = {shape.name: shape for shape in MODEL.operation_model(error.operation_name).error_shapes}
    code, reason = error.response["Error"]["Code"], error.response.get("Reason", "").partition(":")[0]
    assert not reason or reason in modelled[code].members["Reason"].enum
    return code, reason


def state(handshake: str) -> str:
    return str(acting_as(PAYER).describe_handshake(HandshakeId=handshake)["Handshake"]["State"])


def listed(api: Api, whose: str = "for_organization", **arguments: Any) -> set[str]:
    pages = api.get_paginator(f"list_handshakes_{whose}").paginate(**arguments)
    return {each["Id"] for page in pages for each in page["Handshakes"]}


def members(api: Api) -> set[str]:
    pages = api.get_paginator("list_accounts").paginate()
    return {account["Id"] for page in pages for account in page["Accounts"]}


def invite_and_cancel(api: Api) -> str:
    sent = invite(api)
    cancel(sent)
    return sent


def accept(account: str, handshake: str) -> None:
    acting_as(account).accept_handshake(HandshakeId=handshake)


def decline(handshake: str) -> None:
    acting_as(INVITED).decline_handshake(HandshakeId=handshake)


def cancel(handshake: str) -> None:
    acting_as(PAYER).cancel_handshake(HandshakeId=handshake)


def expire(_: str) -> None:
    clock.advance(15 * DAY)


def join(handshake: str) -> None:
    accept(INVITED, handshake)


def join_and_leave(handshake: str) -> None:
    accept(INVITED, handshake)
    acting_as(INVITED).leave_organization()


def join_and_be_removed(handshake: str) -> None:
    accept(INVITED, handshake)
    acting_as(PAYER).remove_account_from_organization(AccountId=INVITED)


ENDINGS = [
    pytest.param(join, "ACCEPTED", id="accepted"),
    pytest.param(decline, "DECLINED", id="declined"),
    pytest.param(cancel, "CANCELED", id="cancelled"),
    pytest.param(expire, "EXPIRED", id="expired"),
]
