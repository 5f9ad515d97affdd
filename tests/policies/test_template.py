"""The IAM template as a piece of CloudFormation, and the plain policies made from it."""

from __future__ import annotations

import fnmatch
import json
import re

import pytest

from orgkit import bundled
from orgkit.aws import Caller
from orgkit.iam.template import CHOSEN
from policies import template
from policies.personas import actions
from policies.write_examples import EXAMPLES, FOLDERS, examples

TEXT = bundled.IAM_TEMPLATE.read_text(encoding="utf-8")
POLICY_CHARACTERS = 6_144
"""A managed policy without white space (IAM User Guide, "IAM and AWS STS quotas")."""
POLICIES_A_GROUP = 10
PARAMETER_BYTES = 4_096
"""The value of a parameter (CloudFormation User Guide, "Understand CloudFormation quotas")."""
TEMPLATE_BYTES = 51_200
"""A template in the request itself (the same page)."""
SETTINGS = json.loads((bundled.CONFIG / "orgkit.schema.json").read_text(encoding="utf-8"))
LONGEST = {
    "BillingAdminName": "B" * 64,
    "OrgAdminName": "O" * 64,
    "AccessRoleName": "R" * 64,
    "OrganizationId": "o-" + "x" * 10,
    "RootId": "r-" + "x" * 4,
    "InstitutionOuId": f"ou-{'x' * 4}-{'x' * 8}",
    # As many SCPs as have room at the root and at the institution's OU, should FullAWSAccess be detached from both.
    "ProtectedPolicyArns": ",".join(template.protected_arn(f"p-{n:08}", "aws-us-gov") for n in range(20)),
}
ELSEWHERE = "arn:aws:iam::999988887777:role/Billing*"
ROLES = {
    "BillingAdminFrom": ELSEWHERE,
    "BillingAdminFromAccount": "999988887777",
    "OrgAdminFrom": f"arn:aws:iam::{template.PAYER}:saml-provider/Example",
    "Watcher": ELSEWHERE,
    "WatcherAccount": "999988887777",
}
"""Parameters with which there is every role."""
PARTITIONS = {
    "aws": "https://111122223333.signin.aws.amazon.com/console",
    "aws-cn": "https://111122223333.signin.amazonaws.cn/console",
    "aws-us-gov": "https://111122223333.signin.amazonaws-us-gov.com/console",
}


def statements():
    for policy, document in template.documents().items():
        for statement in document["Statement"]:
            yield policy, statement


def listed(statement, name):
    value = statement.get(name, [])
    return [value] if isinstance(value, str) else value


def test_cfn_lint_finds_nothing():
    """In the home region of each partition. It gives advice (I...) only if asked for it, and the command shows none."""
    from cfnlint.api import lint  # takes a second

    assert lint(TEXT, regions=["us-east-1", "cn-northwest-1", "us-gov-west-1", "eusc-de-east-1"]) == []


def test_orgkit_knows_its_own_stack():
    assert template.read().content["Description"].startswith("orgkit: ")


def test_there_are_only_types_that_show_drift():
    types = {"AWS::IAM::Group", "AWS::IAM::ManagedPolicy", "AWS::IAM::Role", "AWS::IAM::User"}
    assert set(template.read().types) == types


def test_nothing_is_said_twice():
    """Policies hang on groups by ManagedPolicyArns, users are in groups by Groups, and that is all."""
    allowed = {
        "AWS::IAM::Group": {"GroupName", "ManagedPolicyArns"},
        "AWS::IAM::ManagedPolicy": {"ManagedPolicyName", "PolicyDocument"},
        "AWS::IAM::Role": {
            "AssumeRolePolicyDocument",
            "ManagedPolicyArns",
            "MaxSessionDuration",
            "PermissionsBoundary",
            "RoleName",
        },
        "AWS::IAM::User": {"Groups", "PermissionsBoundary", "UserName"},
    }
    for name, resource in template.resolved(**ROLES).items():
        without = {"PermissionsBoundary"} if name == "WatcherRole" else set()
        assert resource["Properties"].keys() == allowed[resource["Type"]] - without


def test_its_parameters_are_those_that_orgkit_gives():
    assert set(template.read().section("Parameters")) == {
        "AccessRoleName",
        "BillingAdminFrom",
        "BillingAdminFromAccount",
        "BillingAdminName",
        "InstitutionOuId",
        "OrgAdminFrom",
        "OrgAdminFromAccount",
        "OrgAdminName",
        "OrganizationId",
        "OwnPolicies",
        "ProtectedPolicyArns",
        "RequireMfa",
        "RootId",
        "Watcher",
        "WatcherAccount",
    }


@pytest.mark.parametrize("name", template.read().section("Parameters"))
def test_every_parameter_is_described_and_checked(name):
    parameter = template.read().section("Parameters")[name]
    assert parameter["Description"].endswith(".")
    assert "AllowedPattern" in parameter or "AllowedValues" in parameter


@pytest.mark.parametrize(("parameter", "setting"), CHOSEN.items())
def test_a_parameter_takes_whatever_the_settings_may_say(parameter, setting):
    """So that `orgkit validate` finds all that CloudFormation would refuse."""
    schema = SETTINGS["properties"]["iam"]["properties"][setting]
    rules = template.read().section("Parameters")[parameter]
    if schema["type"] == "boolean":
        assert rules["AllowedValues"] == ["true", "false"]
        return
    known = [schema["default"]] if "default" in schema else [*schema["examples"], ""]
    longest = known[0].ljust(schema["maxLength"], "x")
    changed = [longest[:-1] + chr(code) for code in range(128)]
    said = [*known, *(each for each in changed if re.fullmatch(schema["pattern"], each))]
    assert len(said) > 60
    assert [each for each in said if not re.fullmatch(rules["AllowedPattern"], each)] == []


def test_it_can_be_sent_along_with_the_call():
    assert len(TEXT.encode()) <= TEMPLATE_BYTES


def test_every_arn_is_of_the_partition_and_account_of_the_stack():
    arns = re.findall(r'"(arn:(?!aws\[)[^"]+)"', TEXT)
    elsewhere = (
        "iam::*:role/${AccessRoleName}",
        "iam::${BillingAdminFromAccount}:root",
        "iam::${OrgAdminFromAccount}:root",
        "iam::${WatcherAccount}:root",
        "iam::aws:policy/",
        "organizations::aws:policy/",
        "signin:*:*:oauth2/",
    )
    assert len(arns) > 15
    for arn in arns:
        assert arn.startswith("arn:${AWS::Partition}:")
        assert "${AWS::AccountId}" in arn or arn.removeprefix("arn:${AWS::Partition}:").startswith(elsewhere)


@pytest.mark.parametrize(("partition", "url"), PARTITIONS.items())
def test_people_sign_in_where_their_partition_is(partition, url):
    assert template.outputs(partition)["SignInUrl"] == url
    assert Caller(template.PAYER, f"arn:{partition}:iam::{template.PAYER}:root", long_lived=False).sign_in_url == url


def test_the_outputs_name_users_and_groups():
    assert template.outputs().keys() - {"SignInUrl", "OwnPolicies"} == {
        f"{resource}{what}"
        for resource in ("BillingAdmin", "BillingAdmins", "OrgAdmin", "OrgAdmins")
        for what in ("Name", "Arn")
    }


def test_the_longest_policies_fit(record_property):
    for name, resource in template.resolved("aws-us-gov", **LONGEST).items():
        if resource["Type"] == template.POLICY:
            size = len(re.sub(r"\s", "", json.dumps(resource["Properties"]["PolicyDocument"])))
            record_property(name, size)
            assert size <= POLICY_CHARACTERS, f"{name} has {size:,} characters"


def test_the_longest_names_fit():
    resources = template.resolved(**LONGEST)
    names = [name for each in resources.values() for key, name in each["Properties"].items() if key.endswith("Name")]
    assert max(map(len, names)) <= 128


def test_all_scps_that_aws_attaches_fit_into_the_parameter():
    assert len(LONGEST["ProtectedPolicyArns"]) <= PARAMETER_BYTES


@pytest.mark.parametrize("group", FOLDERS)
def test_a_group_has_room_for_its_policies(group):
    assert 0 < len(template.policies_of(group)) <= POLICIES_A_GROUP


@pytest.mark.parametrize(("user", "group"), [("BillingAdmin", "BillingAdmins"), ("OrgAdmin", "OrgAdmins")])
def test_a_user_is_bounded_by_what_its_group_gives(user, group):
    properties = template.resolved()[user]["Properties"]
    assert properties["Groups"] == [group]
    assert properties["PermissionsBoundary"] == template.policies_of(group)[0]


def test_the_names_are_those_of_the_settings():
    names = template.resolved(BillingAdminName="Payer.Person", OrgAdminName="Runner")
    assert names["BillingAdmin"]["Properties"]["UserName"] == "Payer.Person"
    assert names["BillingAdmins"]["Properties"]["GroupName"] == "Payer.Persons"
    assert names["OrgAdmins"]["Properties"]["GroupName"] == "Runners"


def test_the_mfa_policy_goes_with_its_switch():
    assert "MfaPolicy" in template.policies_of("OrgAdmins")
    assert "MfaPolicy" not in template.resolved(RequireMfa="false")
    assert "MfaPolicy" not in template.policies_of("BillingAdmins", RequireMfa="false")


# The roles


def trusted(role, partition="aws", **changed):
    properties = template.resolved(partition, **{**ROLES, **changed})[role]["Properties"]
    (statement,) = properties["AssumeRolePolicyDocument"]["Statement"]
    return statement


def test_without_a_source_there_is_no_role():
    assert not [name for name in template.resolved() if name.endswith("Role")]


@pytest.mark.parametrize("who", ["BillingAdmin", "OrgAdmin"])
def test_a_role_has_what_the_group_of_its_user_has_but_the_mfa_policy(who):
    """No session of a role shows MFA, so that policy would deny everything."""
    resources = template.resolved(**ROLES)
    role, user, group = (resources[name]["Properties"] for name in (f"{who}Role", who, f"{who}s"))
    assert role["ManagedPolicyArns"] == [arn for arn in group["ManagedPolicyArns"] if arn != "MfaPolicy"]
    assert (role["PermissionsBoundary"], role["RoleName"]) == (user["PermissionsBoundary"], user["UserName"])


def test_a_role_elsewhere_is_a_condition_on_its_account():
    assert trusted("BillingAdminRole") == {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"AWS": "arn:aws:iam::999988887777:root"},
        "Condition": {"ArnLike": {"aws:PrincipalArn": ELSEWHERE}},
    }
    assert trusted("WatcherRole") == trusted("BillingAdminRole")


@pytest.mark.parametrize("partition", PARTITIONS)
def test_a_provider_s_people_sign_in_where_their_partition_is(partition):
    statement = trusted("OrgAdminRole", partition)
    assert (statement["Action"], statement["Principal"]) == (
        "sts:AssumeRoleWithSAML",
        {"Federated": ROLES["OrgAdminFrom"]},
    )
    audience = statement["Condition"]["StringEquals"]["SAML:aud"]
    domain = PARTITIONS[partition].partition(".signin.")[2].partition("/")[0]
    assert audience == f"https://signin.{domain}/saml"


def test_every_pattern_matches_an_action():
    patterns = {
        each for _, statement in statements() for key in ("Action", "NotAction") for each in listed(statement, key)
    }
    assert len(patterns) > 100
    assert not [each for each in patterns if not fnmatch.filter(actions(each.partition(":")[0]), each)]


def test_lists_are_in_order():
    for policy, statement in statements():
        for key in ("Action", "NotAction"):
            assert listed(statement, key) == sorted(listed(statement, key)), f"{policy} {statement['Sid']}"


def test_every_statement_has_a_name():
    assert all(statement["Sid"] for _, statement in statements())


# The plain policies


@pytest.mark.parametrize(("path", "text"), list(examples()), ids=lambda value: getattr(value, "name", ""))
def test_an_example_equals_the_template(path, text):
    """When this fails, run: python tests/policies/write_examples.py."""
    assert path.read_text(encoding="utf-8") == text


def test_there_are_no_other_examples():
    assert set(EXAMPLES.glob("**/*.json")) == {path for path, _ in examples()}


@pytest.mark.parametrize("folder", FOLDERS.values())
def test_the_readme_of_the_folder_has_every_example(folder):
    path = EXAMPLES / folder
    readme = (path / "README.md").read_text(encoding="utf-8")
    assert not [each.name for each in path.glob("*.json") if f"`{each.name}`" not in readme]
