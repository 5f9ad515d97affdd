"""What every test of the sandbox checks besides: its answers and refusals are those of AWS's service models."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

import boto3
import pytest
from botocore.validate import ParamValidator
from moto.core.exceptions import ServiceException
from moto.core.utils import camelcase_to_underscores, get_service_model
from moto.iam.responses import IamResponse
from moto.organizations.responses import OrganizationsResponse

from cloud import ANYTHING, Cloud
from enforced import Organization, a_guarded_organization
from invited import INVITED, acting_as, an_organization, invite
from organization import Api, Scene, a_scene, running
from orgkit import sandbox
from orgkit.sandbox import cloudformation

SIMULATOR: Final = ("SimulateCustomPolicy", "SimulatePrincipalPolicy")
COMMON: Final = frozenset({"ValidationError"})
"""Errors of every service with a query protocol, which no service model lists (IAM API reference, Common Errors)."""


@pytest.fixture(scope="session", autouse=True)
def answers_are_those_of_the_models() -> Iterator[None]:
    """A test fails whose answer lacks a member, has one too many, or bears an error that its operation has not."""
    sandbox.install()
    from orgkit.sandbox.cloudformation.responses import CloudFormationResponse

    with pytest.MonkeyPatch.context() as patch:
        for service, responses in (
            ("organizations", OrganizationsResponse),
            ("cloudformation", CloudFormationResponse),
        ):
            watch(patch, responses, service, get_service_model(service).operation_names)
        watch(patch, IamResponse, "iam", SIMULATOR)
        yield


def watch(patch: pytest.MonkeyPatch, responses: type, service: str, operations: Any) -> None:
    model: Any = get_service_model(service)
    for operation in operations:
        method = camelcase_to_underscores(operation)
        if hasattr(responses, method):
            patch.setattr(responses, method, watched(model.operation_model(operation), getattr(responses, method)))


def watched(operation: Any, method: Callable[[Any], Any]) -> Callable[[Any], Any]:
    codes = COMMON.union(shape.metadata.get("error", {}).get("code", shape.name) for shape in operation.error_shapes)

    def answer(self: Any) -> Any:
        try:
            result = method(self)
        except ServiceException as error:
            if error.code not in codes:
                pytest.fail(f"{operation.name} has no {error.code}")
            raise
        said = json.loads(result) if isinstance(result, str) else result.result
        if problems := problems_of(said, operation.output_shape):
            pytest.fail(f"{operation.name}: {problems}")
        return result

    return answer


def problems_of(said: Any, shape: Any) -> str:
    if shape is None:
        return "an answer where there is none" if said else ""
    return str(ParamValidator().validate(without_nothings(said), shape).generate_report())


def without_nothings(value: Any) -> Any:
    """As it travels: moto leaves out what is None."""
    if isinstance(value, dict):
        return {name: without_nothings(part) for name, part in value.items() if part is not None}
    return [without_nothings(part) for part in value] if isinstance(value, list | tuple) else value


@pytest.fixture
def cloud(session: boto3.Session, pretend_aws: None) -> Cloud:
    """CloudFormation without a stack."""
    return Cloud(session)


@pytest.fixture
def deployed(cloud: Cloud) -> Cloud:
    """CloudFormation with a stack that is made, and no waiting from then on."""
    cloudformation.settle_reads(0)
    cloud.create()
    return cloud


@pytest.fixture
def iam(cloud: Cloud) -> Any:
    return cloud.iam


@pytest.fixture
def ada(iam: Any) -> str:
    """A user."""
    iam.create_user(UserName="Ada")
    return "Ada"


@pytest.fixture
def policy(iam: Any) -> str:
    """The ARN of a policy of the account's own."""
    return str(iam.create_policy(PolicyName="Own", PolicyDocument=ANYTHING)["Policy"]["Arn"])


@pytest.fixture
def api() -> Iterator[Api]:
    """Organizations, called by a payer that has none yet."""
    with running() as api:
        yield api


@pytest.fixture
def scene(api: Api) -> Scene:
    """An organization with one of everything."""
    return a_scene(api)


@pytest.fixture
def payer() -> Iterator[Api]:
    """The management account of an organization without members."""
    with an_organization() as api:
        yield api


@pytest.fixture
def invited() -> Api:
    """An account outside the organization."""
    return acting_as(INVITED)


@pytest.fixture
def handshake(payer: Api) -> str:
    """An open invitation of that account."""
    return invite(payer)


@pytest.fixture
def org() -> Organization:
    """An organization whose root is guarded."""
    return a_guarded_organization()
