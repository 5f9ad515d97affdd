"""Signing in: credentials, the caller, and the partition and region everything else follows from."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import Final

import boto3
import botocore.session
from botocore import exceptions, loaders
from botocore.config import Config

from orgkit.aws import answers, configuration
from orgkit.aws.client import Calls, Tell
from orgkit.aws.credentials import HOW, Source, frozen, source_of
from orgkit.errors import OrgkitError, SignInError

# Where the partition keeps Organizations, and so where orgkit keeps its stack: botocore's endpoints.json.
HOME_REGIONS: Final = {
    "aws": "us-east-1",
    "aws-cn": "cn-northwest-1",
    "aws-us-gov": "us-gov-west-1",
    "aws-eusc": "eusc-de-east-1",
}

_BRISK: Final = Config(connect_timeout=3, read_timeout=3, retries={"total_max_attempts": 1})


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
        session, source, region = _session(profile)
        key = frozen(session, source, tell)
        calls = Calls(session, tell=tell, trace=trace, region=region, endpoint_url=endpoint_url, source=source)
        answer = calls("sts", "get_caller_identity")
    except exceptions.BotoCoreError as failure:
        odd = configuration.problem(failure, named_by)
        raise odd or SignInError(f"These credentials cannot be used: {failure}", HOW) from failure
    return calls, Caller(answer["Account"], answer["Arn"], long_lived=not key.token)


def asks_for_code(profile: str | None) -> bool:
    """Whether signing in with this profile asks for an MFA code."""
    try:
        return source_of(botocore.session.Session(profile=profile), profile).asks
    except exceptions.BotoCoreError:  # which signing in explains
        return False


def account_at_hand(profile: str | None = None) -> str:
    """The account of the credentials at hand, to offer as an answer; "" where none is known soon."""
    try:
        session, source, region = _session(profile)
        frozen(session, source, str)  # tells nobody
        sts = session.client("sts", region_name=region, config=_BRISK)
        return str(sts.get_caller_identity()["Account"])
    except (OrgkitError, exceptions.BotoCoreError, exceptions.ClientError, *answers.ODD):
        return ""


@cache
def _models() -> loaders.Loader:
    """What botocore has read of AWS's models, for all sessions of this process: each would read them anew."""
    return loaders.create_loader()


def _session(profile: str | None) -> tuple[boto3.Session, Source, str]:
    """A session, where its credentials come from, and the region where STS is asked."""
    inner = botocore.session.Session(profile=profile)
    inner.register_component("data_loader", _models())
    source, region = source_of(inner, profile), _region(inner)
    session = boto3.Session(botocore_session=inner, profile_name=profile, region_name=region)
    paths = _models().search_paths
    paths[:] = dict.fromkeys(paths)  # every session adds its own folder
    return session, source, region


def _region(session: botocore.session.Session) -> str:
    """The home region, always enabled, of the partition of the region that is set; else of the profile's role.

    Raises OrgkitError for a region that AWS does not have.
    """
    config = session.get_scoped_config()
    named = {name: os.environ[name] for name in ("AWS_REGION", "AWS_DEFAULT_REGION") if os.environ.get(name)}
    name, region = next(iter(named.items()), ("region in your profile", str(config.get("region", ""))))
    if not region:
        partition = str(config.get("role_arn", "")).partition(":")[2].partition(":")[0]
        return HOME_REGIONS.get(partition, HOME_REGIONS["aws"])
    try:
        return HOME_REGIONS.get(session.get_partition_for_region(region), region)
    except exceptions.BotoCoreError as unknown:
        raise OrgkitError(
            f"AWS cannot be asked: it has no region {region}.", f"Correct or remove {name}. Then run the same command."
        ) from unknown


def home_region(partition: str) -> str:
    """The region of the partition's Organizations. Raises OrgkitError for an unknown partition."""
    if partition not in HOME_REGIONS:
        raise OrgkitError(
            f"orgkit does not know the AWS partition {partition}.",
            "Set iam.region in the settings to the region the IAM stack shall live in.",
        )
    return HOME_REGIONS[partition]
