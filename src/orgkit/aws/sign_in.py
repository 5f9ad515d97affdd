"""Signing in: credentials, the caller, and the partition and region everything else follows from."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import boto3
import botocore.session
from botocore import exceptions as botocore_exceptions
from botocore.config import Config
from botocore.loaders import Loader, create_loader

from orgkit.aws import answers, configuration
from orgkit.aws.client import Calls, Tell
from orgkit.errors import AwsError, OrgkitError, SignInError, how_to_install

# Where the partition keeps Organizations, and so where orgkit keeps its stack: botocore's endpoints.json.
HOME_REGIONS: Final = {
    "aws": "us-east-1",
    "aws-cn": "cn-northwest-1",
    "aws-us-gov": "us-gov-west-1",
    "aws-eusc": "eusc-de-east-1",
}

_BRISK: Final = Config(connect_timeout=3, read_timeout=3, retries={"total_max_attempts": 1})

_HOW: Final = (
    "Sign in to the payer with `aws login` (or in CloudShell), or pass --profile; orgkit takes credentials "
    "from wherever the AWS CLI would."
)
_REFUSED: Final = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
        "AuthFailure",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "RequestExpired",
    }
)

# A role that may not be assumed, a program or file that is not there or holds something else, nobody to ask for a code.
_NOT_HANDED_OUT: Final = (botocore_exceptions.ClientError, OSError, EOFError, *answers.ODD)


@dataclass(frozen=True)
class Caller:
    """Who is signed in, as `sts:GetCallerIdentity` says."""

    account: str
    arn: str
    long_lived: bool
    """Whether the credentials are an access key without a session, which never expires."""

    @property
    def partition(self) -> str:
        return self.arn.split(":")[1]

    @property
    def is_root(self) -> bool:
        return self.arn.endswith(f":iam::{self.account}:root")


def sign_in(
    profile: str | None,
    endpoint_url: str | None,
    *,
    tell: Tell,
    trace: Tell | None = None,
    named_by: str = "",
) -> tuple[Calls, Caller]:
    """Calls in a session, and who makes them. Raises SignInError if AWS does not accept the credentials.

    `named_by` says where the profile's name comes from.
    """
    try:
        session = _session(profile)
        key = _key(session)
        calls = Calls(session, tell=tell, trace=trace, region=_region(session), endpoint_url=endpoint_url)
        arn, account = _identity(calls)
    except botocore_exceptions.MissingDependencyException as missing:
        raise SignInError(
            "This profile signs in with `aws login`, which needs AWS's crt library.",
            how_to_install("login"),
        ) from missing
    except botocore_exceptions.BotoCoreError as failure:
        odd = configuration.problem(failure, named_by)
        raise odd or SignInError(f"These credentials cannot be used: {failure}", _HOW) from failure
    except AwsError as error:
        if error.code in _REFUSED:
            raise SignInError(f"AWS refuses these credentials: {error.text} ({error.code})", _HOW) from error
        raise
    return calls, Caller(account, arn, long_lived=not key.token)


def account_at_hand(profile: str | None = None) -> str:
    """The account of the credentials at hand, to offer as an answer; "" where none is known soon."""
    try:
        session = _session(profile)
        _key(session)
        sts = session.client("sts", region_name=_region(session), config=_BRISK)
        return str(sts.get_caller_identity()["Account"])
    except (SignInError, botocore_exceptions.BotoCoreError, *_NOT_HANDED_OUT):
        return ""


@cache
def _models() -> Loader:
    """What botocore has read of AWS's models, for all sessions of this process: each would read them anew."""
    return create_loader()


def _session(profile: str | None) -> boto3.Session:
    inner = botocore.session.Session(profile=profile)
    inner.register_component("data_loader", _models())
    session = boto3.Session(botocore_session=inner, profile_name=profile)
    paths = _models().search_paths
    paths[:] = dict.fromkeys(paths)  # every session adds its own folder
    return session


def _region(session: boto3.Session) -> str:
    return os.environ.get("AWS_REGION") or session.region_name or HOME_REGIONS["aws"]


def _key(session: boto3.Session) -> Any:
    """The access key that the session signs with. Raises SignInError, or BotoCoreError where botocore has the words."""
    try:
        credentials = session.get_credentials()
        key = credentials and credentials.get_frozen_credentials()
    except _NOT_HANDED_OUT as failure:
        raise SignInError(f"These credentials cannot be used: {str(failure) or repr(failure)}", _HOW) from failure
    if key is None:
        raise SignInError("No AWS credentials were found.", _HOW)
    if not all(map(_fits_a_header, (key.access_key, key.secret_key, key.token))):
        raise SignInError(
            "These credentials cannot be used: they hold a blank, a line break or another odd character.",
            "Copy them anew, without the blanks and line breaks around them.",
        )
    return key


def _fits_a_header(key: str | None) -> bool:
    """Whether it can be sent. What refuses the others quotes them in its error: that must not come to light."""
    return key is None or (key.isascii() and key.isprintable() and " " not in key)


def _identity(calls: Calls) -> tuple[str, str]:
    answer = calls("sts", "get_caller_identity")
    return answer["Arn"], answer["Account"]


def home_region(partition: str) -> str:
    """The region of the partition's Organizations. Raises OrgkitError for an unknown partition."""
    if partition not in HOME_REGIONS:
        raise OrgkitError(
            f"orgkit does not know the AWS partition {partition}.",
            "Set iam.region in the settings to the region the IAM stack shall live in.",
        )
    return HOME_REGIONS[partition]
