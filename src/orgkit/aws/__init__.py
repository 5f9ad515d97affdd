"""The only room that calls AWS: one class per service. `Aws` holds them together."""

from __future__ import annotations

from dataclasses import dataclass

from botocore import exceptions

from orgkit.aws import diagnosis
from orgkit.aws.accounts import Delegation, Handshakes
from orgkit.aws.client import Calls, Facts, Tell
from orgkit.aws.cloudformation import CloudFormation
from orgkit.aws.credentials import HOW, access_key, home_region, session_of
from orgkit.aws.iam import Iam
from orgkit.aws.organizations import Organizations, Scps
from orgkit.aws.simulator import Simulator
from orgkit.errors import SignInError

__all__ = ["Aws", "Caller", "connect", "sign_in"]


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
    profile: str | None, endpoint_url: str | None, *, tell: Tell, trace: Tell | None = None, named_by: str = ""
) -> tuple[Calls, Caller]:
    """Calls in a session, and who makes them. Raises SignInError if AWS does not accept the credentials.

    `named_by` says where the profile's name comes from.
    """
    try:
        session, source, region = session_of(profile)
        key = access_key(session, source, tell)
        calls = Calls(session, tell=tell, trace=trace, region=region, endpoint_url=endpoint_url, source=source)
        answer = calls("sts", "get_caller_identity")
    except exceptions.BotoCoreError as failure:
        odd = diagnosis.configuration(failure, named_by)
        raise odd or SignInError(f"These credentials cannot be used: {failure}", HOW) from failure
    return calls, Caller(answer["Account"], answer["Arn"], long_lived=not key.token)


@dataclass(frozen=True)
class Aws:
    """AWS as one caller sees it in one run."""

    caller: Caller
    calls: Calls
    facts: Facts
    organizations: Organizations
    scps: Scps
    handshakes: Handshakes
    delegation: Delegation
    cloudformation: CloudFormation
    iam: Iam
    simulator: Simulator


def connect(calls: Calls, caller: Caller, stack_region: str | None = None) -> Aws:
    """AWS through these calls, with nothing known yet. The stack's region is the partition's home if not given."""
    facts = Facts()
    return Aws(
        caller=caller,
        calls=calls,
        facts=facts,
        organizations=Organizations(calls, facts),
        scps=Scps(calls, facts),
        handshakes=Handshakes(calls, facts),
        delegation=Delegation(calls, facts),
        cloudformation=CloudFormation(calls, facts, stack_region or home_region(caller.partition)),
        iam=Iam(calls, facts),
        simulator=Simulator(calls, facts),
    )
