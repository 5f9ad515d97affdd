"""Who the sandbox takes a caller for, by access key alone, in every service."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from access import client
from orgkit.sandbox import PAYER, clock
from orgkit.sandbox.authorization import callers

MEMBER = "210987654321"
ANYBODY = json.dumps({"Version": "2012-10-17", "Statement": []})

pytestmark = pytest.mark.usefixtures("pretend_aws")


def identity_of(key: str, region: str = "us-east-1") -> tuple[str, str, str]:
    said = client("sts", key, region).get_caller_identity()
    return said["Account"], said["Arn"], said["UserId"]


def key_of_user(account: str, name: str = "ann") -> str:
    iam = client("iam", account)
    iam.create_user(UserName=name)
    return str(iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"])


def key_of_role(account: str) -> str:
    client("iam", account).create_role(RoleName="Auditor", AssumeRolePolicyDocument=ANYBODY)
    role = f"arn:aws:iam::{account}:role/Auditor"
    session = client("sts", key_of_user(PAYER, "ops")).assume_role(RoleArn=role, RoleSessionName="ops")
    return str(session["Credentials"]["AccessKeyId"])


def error_of(call: Any, **arguments: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


class TestTheRootUser:
    @pytest.mark.parametrize("key", ["sandbox", "testing", "AKIAIOSFODNN7EXAMPLE", "ASIAQQQQQQQQQQQQQQQQ", PAYER])
    def test_of_the_payer_holds_every_key_that_nobody_handed_out(self, key: str) -> None:
        assert identity_of(key) == (PAYER, f"arn:aws:iam::{PAYER}:root", PAYER)

    def test_of_any_account_holds_the_twelve_digits_of_that_account(self) -> None:
        assert identity_of(MEMBER) == (MEMBER, f"arn:aws:iam::{MEMBER}:root", MEMBER)

    @pytest.mark.parametrize(
        ("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eu-west-1", "aws")]
    )
    def test_has_an_arn_of_the_partition_of_the_region(self, region: str, partition: str) -> None:
        assert identity_of(MEMBER, region)[1] == f"arn:{partition}:iam::{MEMBER}:root"


class TestAUser:
    # Even and odd, small and large: AWS writes half of the account's number into the key, and the rest beside it.
    @pytest.mark.parametrize("account", [PAYER, MEMBER, "000000000001", "999999999999"])
    def test_holds_the_key_that_iam_handed_out(self, account: str) -> None:
        said_account, arn, user_id = identity_of(key_of_user(account))
        assert (said_account, arn) == (account, f"arn:aws:iam::{account}:user/ann")
        assert user_id.startswith("AIDA")

    def test_has_the_same_id_in_iam(self) -> None:
        *_, user_id = identity_of(key_of_user(MEMBER))
        assert client("iam", MEMBER).get_user(UserName="ann")["User"]["UserId"] == user_id

    def test_stays_itself_in_a_session_of_twelve_hours(self) -> None:
        key = key_of_user(MEMBER)
        session = client("sts", key).get_session_token()["Credentials"]["AccessKeyId"]
        assert identity_of(session) == identity_of(key)
        clock.advance(timedelta(hours=12))
        assert error_of(client("sts", session).get_caller_identity) == ("ExpiredToken", 403)

    def test_whose_key_is_deleted_is_known_no_longer(self) -> None:
        key = key_of_user(MEMBER)
        client("iam", MEMBER).delete_access_key(UserName="ann", AccessKeyId=key)
        assert identity_of(key)[0] == PAYER


class TestARole:
    def test_is_named_with_its_session(self) -> None:
        account, arn, user_id = identity_of(key_of_role(MEMBER))
        role_id = client("iam", MEMBER).get_role(RoleName="Auditor")["Role"]["RoleId"]
        assert (account, arn) == (MEMBER, f"arn:aws:sts::{MEMBER}:assumed-role/Auditor/ops")
        assert user_id == f"{role_id}:ops"

    def test_is_forgotten_when_its_hour_is_over(self) -> None:
        key = key_of_role(MEMBER)
        clock.advance(timedelta(minutes=59))
        assert identity_of(key)[0] == MEMBER
        clock.advance(timedelta(minutes=1))
        assert error_of(client("sts", key).get_caller_identity) == ("ExpiredToken", 403)

    def test_cannot_be_assumed_by_a_root_user(self) -> None:
        client("iam").create_role(RoleName="Auditor", AssumeRolePolicyDocument=ANYBODY)
        role = f"arn:aws:iam::{PAYER}:role/Auditor"
        assert error_of(client("sts").assume_role, RoleArn=role, RoleSessionName="ops") == ("AccessDenied", 403)

    def test_that_does_not_exist_cannot_be_assumed(self) -> None:
        assume = client("sts", key_of_user(PAYER)).assume_role
        role = f"arn:aws:iam::{MEMBER}:role/OrganizationAccountAccessRole"
        assert error_of(assume, RoleArn=role, RoleSessionName="ops") == ("AccessDenied", 403)


class TestTheAccount:
    @pytest.mark.parametrize("key", [MEMBER, "user", "role"])
    def test_is_the_same_in_every_service(self, key: str) -> None:
        key = {"user": key_of_user, "role": key_of_role}.get(key, lambda account: account)(MEMBER)
        topic = client("sns", key).create_topic(Name="here")["TopicArn"]
        queue = client("sqs", key).create_queue(QueueName="here")["QueueUrl"]
        assert (MEMBER in topic, MEMBER in queue) == (True, True)

    def test_is_not_looked_for_among_thousands(self, monkeypatch: pytest.MonkeyPatch) -> None:
        key = key_of_user(MEMBER)
        monkeypatch.setattr(type(callers.iam.iam_backends), "items", lambda _: pytest.fail("looked at every account"))
        assert callers.account_of(key) == MEMBER


class TestAKeyThatAwsDoesNotTake:
    @pytest.mark.parametrize(
        ("key", "service", "operation", "error"),
        [
            ("EXPIREDKEY", "sts", "get_caller_identity", ("ExpiredToken", 403)),
            ("EXPIREDKEY", "cloudformation", "list_stacks", ("ExpiredToken", 403)),
            ("EXPIREDKEY", "organizations", "describe_organization", ("ExpiredTokenException", 400)),
            ("INVALIDKEY", "iam", "list_users", ("InvalidClientTokenId", 403)),
            ("INVALIDKEY", "organizations", "describe_organization", ("UnrecognizedClientException", 400)),
        ],
    )
    def test_is_refused_in_the_words_of_the_protocol(
        self, key: str, service: str, operation: str, error: tuple[str, int]
    ) -> None:
        assert error_of(getattr(client(service, key), operation)) == error

    def test_may_be_one_that_was_switched_off(self) -> None:
        key = key_of_user(MEMBER)
        client("iam", MEMBER).update_access_key(UserName="ann", AccessKeyId=key, Status="Inactive")
        assert error_of(client("sts", key).get_caller_identity) == ("InvalidClientTokenId", 403)

    def test_changes_nothing(self) -> None:
        error_of(client("iam", "EXPIREDKEY").create_user, UserName="ann")
        assert client("iam").list_users()["Users"] == []
