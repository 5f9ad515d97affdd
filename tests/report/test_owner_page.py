"""The page for the owners of invited accounts: its commands do what they say."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from orgkit.report.handover.findings import owner_page
from orgkit.report.handover.page import markdown
from orgkit.sandbox import PAYER

ID = "210987654321"


@pytest.fixture
def api(session, pretend_aws):
    """An organization."""
    api = session.client("organizations")
    api.create_organization(FeatureSet="ALL")
    return api


def text_for(settings, region="") -> str:
    return markdown(owner_page(settings, region))


def commands(text: str) -> list[list[str]]:
    """The AWS CLI's commands in a text, split as a shell does."""
    joined = text.replace("\\\n", " ")
    return [shlex.split(line) for line in joined.splitlines() if line.strip().startswith("aws ")]


def test_the_guide_names_payer_institution_role_and_policies(settings):
    text = text_for(settings)
    for words in (
        PAYER,
        settings.institution,
        settings.iam.access_role,
        "deny-billing: no member account sees",
        "keep-membership: no member account leaves",
    ):
        assert words in text
    assert "{" not in text[: text.index("aws iam create-role")]


def test_the_documentation_has_this_very_page(settings):
    page = (Path(__file__).parents[2] / "docs" / "owner-guide.md").read_text(encoding="utf-8")
    assert page.split("<!-- page -->")[1].split("<!-- /page -->")[0].strip() == text_for(settings)


def test_the_guide_s_commands_do_what_they_say(settings, session, api):
    """An owner runs them as they stand: the account joins, and the payer's users can assume the role."""
    api.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": ID})
    said = {}
    for _, service, operation, *options in commands(text_for(settings)):
        client = session.client(service, aws_access_key_id=ID, aws_secret_access_key="pretend")
        name = xform_name(operation.title().replace("-", ""))
        said[operation] = getattr(client, name)(**_parameters(client, name, options, said))
    assert ID in {each["Id"] for each in api.list_accounts()["Accounts"]}
    role = f"arn:aws:iam::{ID}:role/{settings.iam.access_role}"
    assert _as_user(session).assume_role(RoleArn=role, RoleSessionName="test")["AssumedRoleUser"]


def test_the_trust_policy_to_read_is_that_of_the_command(settings):
    text = text_for(settings)
    (create,) = (command for command in commands(text) if "create-role" in command)
    to_read = re.search(r"^\{.*?^\}", text, re.DOTALL | re.MULTILINE)[0]
    assert json.loads(to_read) == json.loads(create[create.index("--assume-role-policy-document") + 1])


def _as_user(session):
    """STS for a user of the payer: a root user may assume no role."""
    session.client("iam").create_user(UserName="Ops")
    key = session.client("iam").create_access_key(UserName="Ops")["AccessKey"]["AccessKeyId"]
    return session.client("sts", aws_access_key_id=key, aws_secret_access_key="pretend")


def _parameters(client, operation: str, options: list[str], said: dict) -> dict:
    shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation]).input_shape
    spelt = {f"--{xform_name(name, '-')}": name for name in shape.members}
    given = {spelt[option]: value for option, value in zip(options[::2], options[1::2], strict=True)}
    if "Filter" in given:
        key, value = given["Filter"].split("=")
        given["Filter"] = {key: value}
    if given.get("HandshakeId") == "h-...":
        given["HandshakeId"] = said["list-handshakes-for-account"]["Handshakes"][0]["Id"]
    return given


def test_without_the_role_nobody_gets_in(session, api):
    with pytest.raises(ClientError, match="AccessDenied"):
        _as_user(session).assume_role(
            RoleArn=f"arn:aws:iam::{ID}:role/OrganizationAccountAccessRole", RoleSessionName="test"
        )


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("", "aws"),
        ("eu-central-1", "aws"),
        ("us-gov-west-1", "aws-us-gov"),
        ("cn-north-1", "aws-cn"),
        ("eusc-de-east-1", "aws-eusc"),
    ],
)
def test_the_guide_is_for_the_partition_of_the_region(settings, session, region, partition):
    text = text_for(settings, region)
    assert f'"AWS":"arn:{partition}:iam::{PAYER}:root"' in text
    assert f"arn:{partition}:iam::aws:policy/AdministratorAccess" in text


def test_the_settings_region_goes_before_any_other(settings):
    of_china = replace(settings, iam=replace(settings.iam, region="cn-north-1"))
    assert "arn:aws-cn:iam::aws:policy" in text_for(of_china, "us-gov-west-1")
