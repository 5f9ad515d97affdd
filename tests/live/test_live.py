"""What only a live account can show. Skipped unless ORGKIT_LIVE_SETTINGS names the settings of a spare one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import Request, urlopen

import boto3
import pytest
import yaml

SETTINGS = os.environ.get("ORGKIT_LIVE_SETTINGS", "")
ORG_ADMIN = os.environ.get("ORGKIT_LIVE_ORG_ADMIN", "")
MEMBER = os.environ.get("ORGKIT_LIVE_MEMBER", "")
PROVIDER = os.environ.get("ORGKIT_LIVE_PROVIDER", "")
pytestmark = pytest.mark.skipif(not SETTINGS, reason="ORGKIT_LIVE_SETTINGS names no settings of a spare account")
ENDPOINT = os.environ.get("AWS_ENDPOINT_URL", "")
"""Set where these are tried on the sandbox first."""
SCP = "SERVICE_CONTROL_POLICY"


@pytest.fixture(scope="session", autouse=True)
def loopback_only() -> None:
    """These tests are for AWS itself: the guard of all others stays away."""


@pytest.fixture(scope="session", autouse=True)
def same_everywhere() -> None:
    """The environment is that of the person who runs them."""


@pytest.fixture(autouse=True)
def nobody() -> None:
    """Signed in as the person who runs them."""


def orgkit(line: str, settings: str = SETTINGS) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "orgkit", *line.split(), "--settings", settings]
    return subprocess.run(command, cwd=Path(SETTINGS).parent, capture_output=True, encoding="utf-8", check=False)


def arrange(control: str, **values: str) -> None:
    """Have the sandbox do what AWS does by itself."""
    if ENDPOINT:
        urlopen(Request(f"{ENDPOINT}/orgkit-sandbox/{control}", json.dumps(values).encode(), method="POST")).close()


@pytest.fixture(scope="session")
def organizations():
    return boto3.client("organizations", region_name="us-east-1")


def test_1_a_dry_run_changes_nothing(organizations):
    shown = orgkit("bootstrap --dry-run")
    assert shown.returncode == 0, shown.stderr
    assert "Nothing was changed." in shown.stdout


def test_2_bootstrap_succeeds_whatever_state_scps_begin_in():
    """SCPs right after CreateOrganization; the stack deployed by the root user."""
    done = orgkit("bootstrap --yes")
    assert done.returncode == 0, done.stderr


def test_3_status_finds_everything_in_place():
    shown = orgkit("status -o json")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert json.loads(shown.stdout)["in_place"] is True


def test_4_the_simulator_proves_the_separation():
    """`iam:SimulateCustomPolicy` for this caller, and OrderedOrganizationPolicyInputList."""
    shown = orgkit("prove")
    assert shown.returncode == 0, shown.stdout


def test_5_changes_by_hand_in_iam_are_seen_and_mended():
    """Drift detection of users, groups and managed policies, and REVERT_DRIFT."""
    settings = json.loads(orgkit("status -o json").stdout)
    iam = boto3.client("iam")
    iam.remove_user_from_group(UserName="OrgAdmin", GroupName="OrgAdmins")
    iam.delete_user_permissions_boundary(UserName="OrgAdmin")
    open_to_all = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.create_policy_version(
        PolicyArn=f"arn:aws:iam::{settings['account']}:policy/OrgAdminPolicy",
        PolicyDocument=json.dumps(open_to_all),
        SetAsDefault=True,
    )
    drifted = orgkit("status -o json")
    steps = {step["thing"]: step for step in json.loads(drifted.stdout)["steps"]}
    print("drift detection saw:", steps["IAM stack orgkit-iam"].get("differences"))
    print("IAM itself showed:", steps["IAM users and groups"].get("differences"))
    assert drifted.returncode == 3
    assert orgkit("bootstrap --yes").returncode == 0
    assert orgkit("status").returncode == 0


def test_6_a_detached_guard_is_put_back(organizations):
    root = organizations.list_roots()["Roots"][0]["Id"]
    policies = organizations.list_policies_for_target(TargetId=root, Filter=SCP)["Policies"]
    guard = next(policy["Id"] for policy in policies if policy["Name"] == "deny-billing")
    organizations.detach_policy(PolicyId=guard, TargetId=root)
    assert orgkit("status --quick").returncode == 3
    assert orgkit("bootstrap --yes").returncode == 0
    assert orgkit("status").returncode == 0


def test_7_a_second_bootstrap_changes_nothing():
    again = orgkit("bootstrap")
    assert again.returncode == 0, again.stderr
    assert "is in place." in again.stdout


@pytest.mark.skipif(not ORG_ADMIN, reason="ORGKIT_LIVE_ORG_ADMIN names no profile of the org admin")
def test_8_a_session_of_aws_login_carries_mfa():
    """Without MFA the org admin may list nothing."""
    session = boto3.Session(profile_name=ORG_ADMIN)
    assert ":user/" in session.client("sts").get_caller_identity()["Arn"]
    assert session.client("organizations", region_name="us-east-1").list_roots()["Roots"]


@pytest.mark.skipif(not (ORG_ADMIN and MEMBER), reason="ORGKIT_LIVE_MEMBER names no account of the institution's OU")
def test_9_the_org_admin_assumes_the_access_role_in_its_ou():
    """The right depends on `aws:ResourceOrgPaths`: without that key it is denied."""
    sts = boto3.Session(profile_name=ORG_ADMIN).client("sts")
    role = f"arn:aws:iam::{MEMBER}:role/OrganizationAccountAccessRole"
    assert sts.assume_role(RoleArn=role, RoleSessionName="orgkit-live")["AssumedRoleUser"]


def test_10_a_name_that_is_taken_is_found_before_anything_is_deployed():
    """Validation before deployment of AWS::IAM::ManagedPolicy on CreateStack, and DescribeEvents."""
    iam, cloudformation = boto3.client("iam"), boto3.client("cloudformation")
    document = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]})
    arn = iam.create_policy(PolicyName="orgkit-live-taken", PolicyDocument=document)["Policy"]["Arn"]
    properties = {"ManagedPolicyName": "orgkit-live-taken", "PolicyDocument": json.loads(document)}
    body = json.dumps({"Resources": {"Taken": {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}}})
    name = "orgkit-live-validation"
    try:
        cloudformation.create_stack(StackName=name, TemplateBody=body, Capabilities=["CAPABILITY_NAMED_IAM"])
        seen = []
        while not seen or seen[-1].endswith("_IN_PROGRESS") or seen[-1] == "CREATE_FAILED":
            seen.append(cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])
            time.sleep(1)
        print("statuses of the stack:", list(dict.fromkeys(seen)))
        failed = cloudformation.describe_events(StackName=name, Filters={"FailedEvents": True})["OperationEvents"]
        print("DescribeEvents told:", json.dumps(failed, default=str))
        assert seen[-1] == "ROLLBACK_COMPLETE"
    finally:
        cloudformation.delete_stack(StackName=name)
        iam.delete_policy(PolicyArn=arn)


def test_11_reverting_the_drift_of_a_user_keeps_its_password():
    iam = boto3.client("iam")
    before = iam.get_login_profile(UserName="OrgAdmin")["LoginProfile"]["CreateDate"]
    iam.remove_user_from_group(UserName="OrgAdmin", GroupName="OrgAdmins")
    assert orgkit("bootstrap --yes").returncode == 0
    assert iam.get_login_profile(UserName="OrgAdmin")["LoginProfile"]["CreateDate"] == before


@pytest.mark.parametrize("actions", [50, 100, 200])
def test_12_what_one_call_of_the_simulator_takes(actions):
    names = [f"s3:Get{number}" for number in range(actions)]
    arns = [f"arn:aws:s3:::example-{number}" for number in range(20)]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    simulate = boto3.client("iam").simulate_custom_policy
    answer = simulate(PolicyInputList=[policy], ActionNames=names, ResourceArns=arns, MaxItems=1000)
    print(f"{actions} actions on 20 resources:", len(answer["EvaluationResults"]), "results")
    assert len(answer["EvaluationResults"]) == actions


READS_NO_GROUPS = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["cloudformation:*", "iam:Get*", "iam:List*"], "Resource": "*"},
        {"Effect": "Deny", "Action": ["iam:GetGroup", "iam:GetGroupPolicy", "iam:List*Group*"], "Resource": "*"},
    ],
}


@pytest.fixture
def reads_no_groups():
    """CloudFormation, called by a user who may read everything in IAM but groups."""
    iam, user = boto3.client("iam"), {"UserName": "orgkit-live-drift"}
    iam.create_user(**user)
    iam.put_user_policy(**user, PolicyName="reads", PolicyDocument=json.dumps(READS_NO_GROUPS))
    key = iam.create_access_key(**user)["AccessKey"]
    time.sleep(0 if ENDPOINT else 20)  # until all of AWS knows the key
    yield boto3.Session(key["AccessKeyId"], key["SecretAccessKey"]).client("cloudformation")
    iam.delete_access_key(**user, AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(**user, PolicyName="reads")
    iam.delete_user(**user)


def test_13_a_drift_detection_that_fails_for_one_resource_tells_of_the_others(reads_no_groups):
    """DETECTION_FAILED, and its partial results."""
    arrange("say-of-drift", logical_id="BillingAdmins", status="DETECTION_FAILED")
    try:
        detection = reads_no_groups.detect_stack_drift(StackName="orgkit-iam")["StackDriftDetectionId"]
        answer = {"DetectionStatus": "DETECTION_IN_PROGRESS"}
        while answer["DetectionStatus"] == "DETECTION_IN_PROGRESS":
            time.sleep(1)
            answer = reads_no_groups.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
        print("the detection ended with:", answer["DetectionStatus"], answer.get("DetectionStatusReason"))
        drifts = reads_no_groups.describe_stack_resource_drifts(StackName="orgkit-iam")["StackResourceDrifts"]
        print("and said:", {drift["LogicalResourceId"]: drift["StackResourceDriftStatus"] for drift in drifts})
        assert answer["DetectionStatus"] == "DETECTION_FAILED"
        assert any(drift["ResourceType"] == "AWS::IAM::User" for drift in drifts)
    finally:
        arrange("say-of-drift", logical_id="BillingAdmins", status="")


@pytest.mark.skipif(not PROVIDER, reason="ORGKIT_LIVE_PROVIDER names no SAML provider of the account")
def test_14_the_role_of_an_identity_provider_is_in_place():
    """The role beside the org admin, its trust policy as AWS gives it back, and a provider that is not there."""
    written = yaml.safe_load(Path(SETTINGS).read_text("utf-8"))
    with_role = Path(SETTINGS).with_name("orgkit-live-role.yaml")
    try:
        for provider in (f"{PROVIDER}-not-there", PROVIDER):
            iam = {**written.get("iam", {}), "org_admin_from": provider}
            with_role.write_text(yaml.safe_dump({**written, "iam": iam}), "utf-8")
            done = orgkit("bootstrap --yes", str(with_role))
            print(f"bootstrap with {provider}:", done.returncode, done.stderr)
        assert done.returncode == 0
        shown = orgkit("status", str(with_role))
        assert shown.returncode == 0, shown.stdout
    finally:
        with_role.unlink()
        assert orgkit("bootstrap --yes").returncode == 0
