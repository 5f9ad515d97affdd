"""The only room that calls AWS: one class per service. `Aws` holds them together."""

from dataclasses import dataclass

from botocore import exceptions

from orgkit.aws import profiles
from orgkit.aws.accounts import Delegation, Handshakes
from orgkit.aws.client import Calls, Facts, Tell
from orgkit.aws.credentials import Sessions
from orgkit.aws.drift import OrganizationDrift, ScpDrift, StackDrift
from orgkit.aws.principals import Principals, Simulator

__all__ = ["Aws", "Caller", "Sessions", "sign_in"]


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
    def sign_in_url(self) -> str:
        """Where the account's users sign in: what the output SignInUrl of cloudformation/iam.yaml says too."""
        domain = {"aws-cn": "amazonaws.cn", "aws-us-gov": "amazonaws-us-gov.com"}.get(self.partition, "aws.amazon.com")
        return f"https://{self.account}.signin.{domain}/console"

    @property
    def is_root(self) -> bool:
        return self.arn.endswith(f":iam::{self.account}:root")


def sign_in(
    sessions: Sessions, profile: str | None, *, tell: Tell, trace: Tell = str, named_by: str = ""
) -> tuple[Calls, Caller]:
    """Calls in a session, and who makes them. Raises SignInError if AWS does not accept the credentials.

    `named_by` says where the profile's name comes from.
    """
    try:
        session, clients, source, region = sessions.of(profile)
        calls = Calls(session, clients, tell=tell, trace=trace, region=region, source=source)
        key = calls.credentials()
        answer = calls("sts", "get_caller_identity")
    except exceptions.BotoCoreError as failure:
        raise profiles.amiss(failure, named_by) from failure
    return calls, Caller(answer["Account"], answer["Arn"], long_lived=not key.token)


class Aws:
    """AWS as one caller sees it in one run, with nothing known yet.

    The stack lives where Organizations does if no region is given for it.
    """

    def __init__(self, calls: Calls, caller: Caller, stack_region: str | None = None) -> None:
        self.calls, self.caller, self.facts = calls, caller, Facts()
        self.organizations = OrganizationDrift(calls, self.facts)
        self.scps = ScpDrift(calls, self.facts)
        self.handshakes = Handshakes(calls, self.facts)
        self.delegation = Delegation(calls, self.facts)
        self.cloudformation = StackDrift(calls, self.facts, stack_region or calls.region)
        self.iam = Principals(calls, self.facts)
        self.simulator = Simulator(calls, self.facts)
