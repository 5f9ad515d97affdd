"""The access role of a created account: what CreateAccount promises of it."""

from __future__ import annotations

import boto3

from orgkit.sandbox.authorization import enforcement


def test_whoever_assumes_the_access_role_may_do_everything_in_the_account(session, pretend_aws):
    organizations = session.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    made = organizations.create_account(AccountName="Physics", Email="physics@example.edu")
    account = made["CreateAccountStatus"]["AccountId"]
    iam = session.client("iam")
    iam.create_user(UserName="Ops")
    iam.attach_user_policy(UserName="Ops", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    key = iam.create_access_key(UserName="Ops")["AccessKey"]
    enforcement.enforce(True)
    sts = boto3.client(
        "sts", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"], aws_session_token=""
    )
    role = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
    session_key = sts.assume_role(RoleArn=role, RoleSessionName="ops")["Credentials"]
    inside = boto3.client(
        "iam",
        aws_access_key_id=session_key["AccessKeyId"],
        aws_secret_access_key=session_key["SecretAccessKey"],
        aws_session_token=session_key["SessionToken"],
    )
    inside.create_user(UserName="Researcher")
    assert [user["UserName"] for user in inside.list_users()["Users"]] == ["Researcher"]
