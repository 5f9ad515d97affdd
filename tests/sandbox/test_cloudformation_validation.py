"""Templates looked at, not deployed; and the resource types."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud import TEMPLATE, given, refused
from orgkit.sandbox import cloudformation as pretend

ORGKITS_OWN = Path(__file__).parents[2] / "cloudformation" / "iam.yaml"
GROUP = "{Type: AWS::IAM::Group}"


@pytest.fixture(autouse=True)
def no_waiting(cloud):
    pretend.settle_reads(0)


# Looking at templates


def test_a_template_is_validated(cloud):
    told = cloud.cfn.validate_template(TemplateBody=TEMPLATE)
    assert told["Description"] == "Two people in one group"
    assert told["Capabilities"] == ["CAPABILITY_NAMED_IAM"]
    assert told["Parameters"][2] == {"ParameterKey": "Secret", "DefaultValue": "hush", "NoEcho": True}
    assert "Unrecognized" in refused(cloud.cfn.validate_template, TemplateBody="Resources: {A: {Type: B}}")


@pytest.mark.parametrize("of", ["TemplateBody", "StackName"])
def test_a_template_is_summed_up(cloud, of):
    cloud.create()
    told = cloud.cfn.get_template_summary(**{of: TEMPLATE if of == "TemplateBody" else "people"})
    assert told["ResourceTypes"] == ["AWS::IAM::User", "AWS::IAM::Group", "AWS::IAM::ManagedPolicy"]
    assert told["Version"] == "2010-09-09"
    mfa = next(it for it in told["Parameters"] if it["ParameterKey"] == "Mfa")
    assert (mfa["DefaultValue"], mfa["ParameterConstraints"]["AllowedValues"]) == ("true", ["true", "false"])


def test_orgkits_own_template_can_be_deployed(cloud):
    values = given(OrganizationId="o-exampleorgid", RootId="r-exam", InstitutionOuId="ou-exam-institut")
    stack = cloud.created(ORGKITS_OWN.read_text("utf-8"), Parameters=values)
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert {user["UserName"] for user in cloud.iam.list_users()["Users"]} == {"BillingAdmin", "OrgAdmin"}
    assert cloud.drifted() == {}


# Resource types


def test_a_user_can_have_a_login_profile(cloud):
    properties = "{UserName: Ada, LoginProfile: {Password: Correct-1, PasswordResetRequired: true}}"
    cloud.create(f"Resources: {{Ada: {{Type: AWS::IAM::User, Properties: {properties}}}}}")
    assert cloud.iam.get_login_profile(UserName="Ada")["LoginProfile"]["PasswordResetRequired"] is True
    cloud.update("Resources: {Ada: {Type: AWS::IAM::User, Properties: {UserName: Ada}}}")
    assert refused(cloud.iam.get_login_profile, UserName="Ada").startswith("NoSuchEntity")
