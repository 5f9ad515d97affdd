"""An organization in the sandbox, and what tests of it say again and again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.organizations.models import organizations_backends

from orgkit import sandbox
from orgkit.sandbox import PAYER, organizations

SCP = "SERVICE_CONTROL_POLICY"
FULL_ACCESS = "p-FullAWSAccess"
STRANGER = "210987654321"
GUARD = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "ce:*", "Resource": "*"}]})

Api = Any


class Caller:
    """The account that the client acts as."""

    account = PAYER

    def sign(self, request: Any, **_: object) -> None:
        request.headers["x-moto-account-id"] = self.account


CALLER = Caller()


@contextmanager
def acting_as(account: str) -> Iterator[None]:
    CALLER.account = account
    try:
        yield
    finally:
        CALLER.account = PAYER


@dataclass(frozen=True)
class Scene:
    """An organization with SCPs enabled, and one of everything that an operation may want."""

    api: Api
    root: str
    ou: str
    nested: str
    full: str
    guard: str
    attached: str
    member: str


@cache
def client() -> Api:
    """One client for all tests, that acts as whoever `acting_as` says: making it takes longer than a test."""
    sandbox.install()
    api = boto3.client(
        "organizations", region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="secret"
    )
    api.meta.events.register("before-sign.organizations", CALLER.sign)
    return api


@contextmanager
def running() -> Iterator[Api]:
    """An empty pretend AWS, called by the payer."""
    with mock_aws(), acting_as(PAYER):
        yield client()


def a_scene(api: Api) -> Scene:
    organizations.policy_type_pending_reads(0)
    root = begun(api)
    api.enable_policy_type(RootId=root, PolicyType=SCP)
    ou, full = new_ou(api, root, "Research"), new_ou(api, root, "Full")
    nested = new_ou(api, ou, "Two")
    guard, attached = new_scp(api, "Guard"), new_scp(api, "Attached")
    api.attach_policy(PolicyId=attached, TargetId=ou)
    member = new_account(api, "member@example.com")
    return Scene(api, root, ou, nested, full, guard, attached, member)


def begun(api: Api, features: str = "ALL") -> str:
    api.create_organization(FeatureSet=features)
    return str(api.list_roots()["Roots"][0]["Id"])


def new_ou(api: Api, parent: str, name: str) -> str:
    return str(api.create_organizational_unit(ParentId=parent, Name=name)["OrganizationalUnit"]["Id"])


def new_scp(api: Api, name: str, content: str = GUARD) -> str:
    made = api.create_policy(Name=name, Description="", Type=SCP, Content=content)
    return str(made["Policy"]["PolicySummary"]["Id"])


def new_account(api: Api, email: str) -> str:
    return str(api.create_account(AccountName="Lab", Email=email)["CreateAccountStatus"]["AccountId"])


def attached_to(api: Api, target: str) -> set[str]:
    listed = api.list_policies_for_target(TargetId=target, Filter=SCP)["Policies"]
    return {policy["Id"] for policy in listed}


def types(api: Api) -> list[tuple[str, str]]:
    """The policy types of the root, each with its status."""
    return [(each["Type"], each["Status"]) for each in api.list_roots()["Roots"][0]["PolicyTypes"]]


def everything() -> list[object]:
    """All that the organization consists of, to see that a refused call changed none of it."""
    backend = organizations_backends[PAYER]["aws"]
    held: list[Any] = [*backend.ou, *backend.accounts]
    places = [(each.id, each.name, each.parent_id, dict(each.tags)) for each in held]
    attachments = [[policy.id for policy in each.attached_policies] for each in held]
    documents = [(each.id, each.name, each.content, each.description) for each in backend.policies]
    return [places, attachments, documents]


def refusal(call: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call()
    response: dict[str, Any] = caught.value.response
    return response["Error"]["Code"], response.get("Reason", "").partition(":")[0]


def tagged(number: int) -> list[dict[str, str]]:
    return [{"Key": f"key {index}", "Value": ""} for index in range(number)]


def walked(api: Api, operation: str, member: str, **asked: object) -> list[list[Any]]:
    """Every page of a list, whether botocore has a paginator for it or not."""
    pages, token = [], {}
    while True:
        answer = getattr(api, operation)(**asked, **token)
        pages.append(answer[member])
        if "NextToken" not in answer:
            return pages
        token = {"NextToken": answer["NextToken"]}
