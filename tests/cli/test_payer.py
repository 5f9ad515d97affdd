"""Where the payer is: AWS itself, in whichever partition, or something in its place."""

from __future__ import annotations

import boto3
import pytest

from orgkit.aws import Aws, Caller
from orgkit.aws.client import Calls, Clients
from orgkit.cli.bootstrap import elsewhere
from orgkit.sandbox import PAYER


def where(region: str, endpoint_url: str | None = None) -> str:
    session = boto3.Session()
    calls = Calls(session, Clients(session, endpoint_url), tell=lambda _: None, region=region)
    return elsewhere(Aws(calls, Caller(PAYER, f"arn:aws:iam::{PAYER}:root", long_lived=False)))


@pytest.mark.parametrize("region", ["us-east-1", "us-gov-west-1", "cn-northwest-1", "eusc-de-east-1"])
@pytest.mark.parametrize("variable", ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT", "UNUSED"])
def test_every_endpoint_of_aws_is_aws(monkeypatch, region, variable):
    monkeypatch.setenv(variable, "true")
    assert where(region) == ""


@pytest.mark.parametrize("address", ["127.0.0.1:5770", "sandbox.example", "amazonaws.com.example"])
def test_anything_else_is_named(monkeypatch, address):
    assert where("us-east-1", f"http://{address}") == address
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"https://{address}/path")
    assert where("us-east-1") == address
