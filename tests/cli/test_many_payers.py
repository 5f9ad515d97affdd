"""Payers that are looked at side by side share clients, and never credentials, however each of them signs in."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partialmethod
from pathlib import Path

import boto3
import pytest
from botocore import configloader, credentials, handlers
from botocore.exceptions import ConfigParseError, NoCredentialsError

from orgkit.aws import Sessions
from orgkit.sandbox.authorization.callers import account_of

SOON = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
"""So soon that botocore asks for new credentials before every call."""
ACCOUNTS = [str(310_000_000_000 + number) for number in range(8)]
WAYS = ("key", "program", "role", "code")


def account(number: int) -> str:
    """What AWS knows of a payer, and the profile that signs in to it: each in one of four ways."""
    id_, way = ACCOUNTS[number], WAYS[number % len(WAYS)]
    root = {"aws_access_key_id": id_, "aws_secret_access_key": "pretend", "aws_session_token": "pretend"}
    client = boto3.Session(**root, region_name="us-east-1").client
    client("organizations").create_organization(FeatureSet="ALL")
    if way == "key":
        return "\n".join([f"[profile {id_}]", *(f"{key} = {value}" for key, value in root.items())])
    if way == "program":
        handed = {"Version": 1, "AccessKeyId": id_, "SecretAccessKey": "p", "SessionToken": "p", "Expiration": SOON}
        Path(f"{id_}.json").write_text(json.dumps(handed), encoding="utf-8")
        return f"[profile {id_}]\ncredential_process = cat {id_}.json"
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{id_}:root"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    client("iam").create_role(RoleName="Admin", AssumeRolePolicyDocument=document)
    client("iam").create_user(UserName="Ops")  # a root user may assume no role
    key = client("iam").create_access_key(UserName="Ops")["AccessKey"]
    code = f"mfa_serial = arn:aws:iam::{id_}:mfa/me\n" if way == "code" else ""
    return (
        f"[profile {id_}]\nrole_arn = arn:aws:iam::{id_}:role/Admin\nsource_profile = ops-{id_}\n{code}"
        f"[profile ops-{id_}]\naws_access_key_id = {key['AccessKeyId']}\n"
        f"aws_secret_access_key = {key['SecretAccessKey']}"
    )


@pytest.fixture
def signed(monkeypatch):
    """Every call that is sent, with the account whose key it is signed with."""
    calls: Counter[tuple[str, str]] = Counter()

    def hear(request, event_name, **_):
        key = request.headers["Authorization"].decode().partition("Credential=")[2].partition("/")[0]
        calls[account_of(key), event_name.rsplit(".", 1)[1]] += 1

    monkeypatch.setattr(handlers, "BUILTIN_HANDLERS", [("before-send", hear), *handlers.BUILTIN_HANDLERS])
    return calls


@pytest.fixture
def payers(orgkit, monkeypatch, signed):
    """`status` of those of eight payers, in two organizations of each way to sign in."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    Path("config").write_text("\n".join(map(account, range(len(ACCOUNTS)))), encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", "config")
    make = credentials.AssumeRoleProvider.__init__
    prompt = partialmethod(make, prompter=lambda _: "123456")
    monkeypatch.setattr(credentials.AssumeRoleProvider, "__init__", prompt)
    for id_ in ACCOUNTS:
        text = f"account: '{id_}'\ninstitution: University {id_}\nprofile: '{id_}'\n"
        Path(f"{id_}.yaml").write_text(text, encoding="utf-8")
    signed.clear()
    return lambda *ids: json.loads(orgkit(f"status -o json {' '.join(f'{id_}.yaml' for id_ in ids)}").stdout)["payers"]


def test_what_is_seen_of_each_and_what_each_is_asked_is_as_alone(payers, signed):
    alone = [payers(id_)[0] for id_ in ACCOUNTS]
    asked = signed.copy()
    assert [each["account"] for each in alone] == ACCOUNTS
    assert len({each["organization"]["id"] for each in alone}) == len(ACCOUNTS)
    signed.clear()
    assert payers(*ACCOUNTS) == alone
    assert signed == asked


@pytest.mark.parametrize("differs", ["endpoint_url = http://127.0.0.1:1", "use_fips_endpoint = true", "ca_bundle = x"])
def test_a_profile_with_an_address_or_a_certificate_of_its_own_has_clients_of_its_own(monkeypatch, differs):
    key = "aws_access_key_id = {0}\naws_secret_access_key = {0}\nregion = us-east-1\n"
    profiles = {"one": "", "two": "region = eu-west-1\n", "other": differs}
    text = "".join(f"[profile {name}]\n{key.format(name)}{more}\n" for name, more in profiles.items())
    Path("config").write_text(text.replace("region = us-east-1\nregion", "region"), encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", "config")
    sessions = Sessions()
    one, two, other = (sessions.calls(name, tell=str).clients for name in profiles)
    assert one is two
    assert one is not other


def test_aws_s_files_are_read_once_unless_they_cannot_be(monkeypatch):
    monkeypatch.setenv("AWS_CONFIG_FILE", "config")
    sessions, read, load = Sessions(), [], configloader.load_config
    monkeypatch.setattr(configloader, "load_config", lambda path: read.append(path) or load(path))
    Path("config").write_text("[profile one]\n[profile one]\n", encoding="utf-8")
    for name in ("one", "two"):
        with pytest.raises(ConfigParseError):
            sessions.calls(name, tell=str)
    Path("config").write_text("[profile one]\n[profile two]\n", encoding="utf-8")
    for name in ("one", "two"):
        sessions.calls(name, tell=str)
    assert len(read) == 3


def test_a_client_that_is_shared_has_no_credentials():
    client = Sessions().calls(None, tell=str).clients("organizations", "us-east-1")
    with pytest.raises(LookupError):  # no call of a payer's brings it any
        client.describe_organization()
    client.meta.events.unregister("before-sign", unique_id="orgkit-before-sign")
    with pytest.raises(NoCredentialsError):
        client.describe_organization()
