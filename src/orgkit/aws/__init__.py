"""The only room that calls AWS: one class per service. `Sessions` sign in, `Aws` holds the services together."""

import os
from copy import copy
from dataclasses import dataclass
from threading import RLock
from typing import Any, Final

import boto3
import botocore.session
from botocore import exceptions, loaders
from botocore.credentials import CredentialResolver
from botocore.hooks import HierarchicalEmitter
from botocore.tokens import TokenProviderChain

from orgkit.aws import diagnosis
from orgkit.aws.accounts import Delegation, Handshakes
from orgkit.aws.client import Calls, Clients, Facts, Tell
from orgkit.aws.drift import OrganizationDrift, ScpDrift, StackDrift
from orgkit.aws.principals import Principals, Simulator
from orgkit.errors import OrgkitError

# Where the partition keeps Organizations, and so where orgkit keeps its stack: botocore's endpoints.json.
_HOME_REGIONS: Final = {
    "aws": "us-east-1",
    "aws-cn": "cn-northwest-1",
    "aws-us-gov": "us-gov-west-1",
    "aws-eusc": "eusc-de-east-1",
}
# What a profile says of signing in; all else that it says concerns the calls.
_SIGNING_IN: Final = frozenset(
    {
        *("aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_account_id", "credential_process"),
        *("role_arn", "role_session_name", "source_profile", "credential_source", "duration_seconds", "external_id"),
        *("mfa_serial", "web_identity_token_file", "login_session", "output", "region"),
        *("sso_session", "sso_start_url", "sso_region", "sso_account_id", "sso_role_name"),
    }
)


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


class _Session(botocore.session.Session):  # type: ignore[misc]  # botocore has no types
    """Takes AWS's files as read before: hundreds of profiles take as long as several calls."""

    full_config: Any = None


class Sessions:
    """The sessions of one run. They share what takes long to make and belongs to none of them alone: AWS's files and
    models as they were read, listeners and clients.

    Sessions whose configuration differs only in how they sign in share their clients. These clients have no
    credentials: a call is signed with those that `Attempts.sign` brings, or not at all.
    """

    def __init__(self, endpoint_url: str | None = None) -> None:
        self._endpoint_url = endpoint_url
        self._listeners = HierarchicalEmitter()
        botocore.session.Session(event_hooks=self._listeners)  # adds botocore's own
        self._clients: dict[str, Clients] = {}
        self._models = loaders.create_loader()
        self._files: Any = None
        self._sharing = RLock()

    def sign_in(
        self, profile: str | None, *, tell: Tell, trace: Tell = str, named_by: str = ""
    ) -> tuple[Calls, Caller]:
        """Calls in a session, and who makes them. Raises SignInError if AWS does not accept the credentials.

        `named_by` says where the profile's name comes from.
        """
        try:
            calls = self.calls(profile, tell=tell, trace=trace)
            key = calls.credentials()
            answer = calls("sts", "get_caller_identity")
        except exceptions.BotoCoreError as failure:
            raise diagnosis.amiss(failure, named_by) from failure
        return calls, Caller(answer["Account"], answer["Arn"], long_lived=not key.token)

    def asks(self, profile: str | None) -> bool:
        """Whether signing in with a profile asks for an MFA code."""
        try:
            return diagnosis.source_of(self._session(profile), profile).asks
        except exceptions.BotoCoreError:  # which signing in explains
            return False

    def calls(self, profile: str | None, *, tell: Tell, trace: Tell = str) -> Calls:
        """Calls in a session of this profile. Nothing is called yet.

        Raises OrgkitError for a region that AWS does not have, and BotoCoreError for files that cannot be read.
        """
        inner = self._session(profile)
        source, region = diagnosis.source_of(inner, profile), _region(inner)
        alike = repr(sorted(each for each in inner.get_scoped_config().items() if each[0] not in _SIGNING_IN))
        with self._sharing:
            if alike not in self._clients:
                nobody = self._session(profile)
                nobody.register_component("credential_provider", CredentialResolver([]))
                nobody.register_component("token_provider", TokenProviderChain([]))
                self._clients[alike] = Clients(boto3.Session(botocore_session=nobody), self._endpoint_url)
        session = boto3.Session(botocore_session=inner, profile_name=profile, region_name=region)
        return Calls(session, self._clients[alike], tell=tell, trace=trace, region=region, source=source)

    def _session(self, profile: str | None) -> botocore.session.Session:
        with self._sharing:
            self._files = self._files or botocore.session.Session(include_builtin_handlers=False).full_config
        session = _Session(profile=profile, event_hooks=copy(self._listeners), include_builtin_handlers=False)
        session.full_config = self._files
        session.register_component("data_loader", self._models)
        return session


def _region(session: botocore.session.Session) -> str:
    """The home region, always enabled, of the partition of the region that is set; else of the profile's role."""
    config = session.get_scoped_config()
    named = {name: os.environ[name] for name in ("AWS_REGION", "AWS_DEFAULT_REGION") if os.environ.get(name)}
    name, region = next(iter(named.items()), ("region in your profile", str(config.get("region", ""))))
    if not region:
        partition = str(config.get("role_arn", "")).partition(":")[2].partition(":")[0]
        return _HOME_REGIONS.get(partition, _HOME_REGIONS["aws"])
    try:
        return _HOME_REGIONS.get(session.get_partition_for_region(region), region)
    except exceptions.BotoCoreError as unknown:
        raise OrgkitError(
            f"AWS cannot be asked: it has no region {region}.", f"Correct or remove {name}. Then run the same command."
        ) from unknown
