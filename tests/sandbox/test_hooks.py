"""What the sandbox puts in moto's place for all services."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import boto3
import botocore.session
import pytest
from moto.core import utils
from moto.organizations.responses import OrganizationsResponse

from orgkit.aws import Sessions


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


@pytest.mark.parametrize("service", ["organizations", "iam", "sts", "cloudformation"])
def test_a_model_is_read_once_for_moto_and_for_every_session(service, pretend_aws):
    one, other = (botocore.session.Session().get_component("data_loader") for _ in range(2))
    model = one.load_service_model(service, "service-2")
    assert other.load_service_model(service, "service-2") is model
    assert utils._load_service_model(service, "service-2") is model
    assert Sessions()._models.load_service_model(service, "service-2") is model


def test_sessions_do_not_lengthen_the_search_for_models(pretend_aws):
    for _ in range(3):
        boto3.Session()
    paths = botocore.session.Session().get_component("data_loader").search_paths
    assert len(paths) == len(set(paths))


def test_moto_keeps_what_it_adds_to_the_models_of_others(pretend_aws):
    given = botocore.session.Session().get_component("data_loader").load_service_model("sqs", "service-2")
    assert utils._load_service_model("sqs", "service-2") != given
