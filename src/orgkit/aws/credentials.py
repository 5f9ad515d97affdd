"""Signing in: sessions and what they share, the region where AWS is asked, and the access key."""

import os
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from functools import cache
from threading import Lock, RLock
from typing import Any, Final

import boto3
import botocore.session
from botocore import exceptions, loaders
from botocore.config import Config
from botocore.credentials import CredentialResolver, Credentials
from botocore.hooks import HierarchicalEmitter
from botocore.tokens import TokenProviderChain

from orgkit import __version__
from orgkit.aws import diagnosis, profiles
from orgkit.aws.attempts import HEARD, Watch
from orgkit.aws.profiles import Source
from orgkit.errors import OrgkitError, SignInError

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
# botocore makes one attempt; `Attempts` decides about all others.
_CONFIG: Final = Config(
    retries={"mode": "standard", "total_max_attempts": 1},
    connect_timeout=10,
    read_timeout=60,
    user_agent=f"orgkit/{__version__} Boto3/{boto3.__version__}",
)


@dataclass
class Clients:
    """Makes each client once, for a service and a region. Its attempts are heard of."""

    session: boto3.Session
    endpoint_url: str | None = None
    _made: dict[tuple[str, str], Any] = field(default_factory=dict)
    _making: Lock = field(default_factory=Lock)
    """A client may be used by several threads, a session may not."""

    def __call__(self, service: str, region: str) -> Any:
        """The client. Raises OrgkitError for an address or a region that cannot be."""
        with self._making:
            if (service, region) in self._made:
                return self._made[service, region]
            where = {"region_name": region, "endpoint_url": self.endpoint_url}
            try:
                client = self.session.client(service, config=_CONFIG, **where)
            except ValueError as odd:
                raise OrgkitError(
                    f"AWS cannot be asked: {str(odd).rstrip('.')}.",
                    "Check --endpoint-url and AWS_ENDPOINT_URL, and the region in AWS_REGION or your profile.",
                ) from odd
            for event, hear in HEARD.items():
                client.meta.events.register(event, hear, unique_id=f"orgkit-{event}")
            self._made[service, region] = client
            return client


class _Session(botocore.session.Session):  # type: ignore[misc]  # botocore has no types
    """Takes what AWS's files say from whoever has read them: hundreds of profiles take as long as several calls."""

    files: Callable[[], Any]

    @property
    def full_config(self) -> Any:
        return self.files()


class Sessions:
    """The sessions of one run. What is nobody's own they share, as it takes long to make: AWS's files as they were
    read, listeners and clients.

    Those share their clients whose configuration is the same but for how they sign in. These clients have no
    credentials: a call is signed with those that `Attempts.sign` brings, or not at all.
    """

    def __init__(self, endpoint_url: str | None = None) -> None:
        self._endpoint_url = endpoint_url
        self._listeners = HierarchicalEmitter()
        botocore.session.Session(event_hooks=self._listeners)  # adds botocore's own
        self._clients: dict[str, Clients] = {}
        self._files: Any = None
        self._sharing = RLock()

    def of(self, profile: str | None) -> tuple[boto3.Session, Clients, Source, str]:
        """A session, its clients, where its credentials come from, and the region where STS is asked.

        Raises OrgkitError for a region that AWS does not have, and BotoCoreError for files that cannot be read.
        """
        inner = self._session(profile)
        source, region = profiles.source_of(inner, profile), _region(inner)
        alike = repr(sorted(each for each in inner.get_scoped_config().items() if each[0] not in _SIGNING_IN))
        with self._sharing:
            if alike not in self._clients:
                nobody = self._session(profile)
                nobody.register_component("credential_provider", CredentialResolver([]))
                nobody.register_component("token_provider", TokenProviderChain([]))
                self._clients[alike] = Clients(boto3.Session(botocore_session=nobody), self._endpoint_url)
        session = boto3.Session(botocore_session=inner, profile_name=profile, region_name=region)
        paths = _models().search_paths
        paths[:] = dict.fromkeys(paths)  # every session adds its own folder
        return session, self._clients[alike], source, region

    def _session(self, profile: str | None) -> botocore.session.Session:
        listeners = copy(self._listeners)
        session = _Session(profile=profile, event_hooks=listeners, include_builtin_handlers=False)
        session.files = self._read
        session.register_component("data_loader", _models())
        return session

    def _read(self) -> Any:
        with self._sharing:
            self._files = self._files or botocore.session.Session(include_builtin_handlers=False).full_config
            return self._files


@cache
def _models() -> loaders.Loader:
    """What botocore has read of AWS's models, for all sessions of this process: each would read them anew."""
    return loaders.create_loader()


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


def access_key(session: boto3.Session, source: Source, watch: Watch) -> Credentials:
    """The access key that the session signs with now, renewed if it has to be.

    Raises SignInError, or OrgkitError if it is the network that fails.
    """
    waiting = object()
    try:
        if not source.asks:
            watch.begin(waiting, f"    no answer yet from {source.what}")
        credentials = session.get_credentials()
        key = credentials and credentials.get_frozen_credentials()
    except (exceptions.ConfigParseError, exceptions.ProfileNotFound):
        raise
    except Exception as failure:  # of programs and files of anybody's
        raise diagnosis.unusable(source, failure) from failure
    finally:
        watch.end(waiting)
    if key is None:
        raise SignInError("No AWS credentials were found.", profiles.HOW)
    # What refuses others quotes them in its error: that must not come to light.
    parts = [part for part in (key.access_key, key.secret_key, key.token) if part is not None]
    if not all(part.isascii() and part.isprintable() and " " not in part for part in parts):
        raise SignInError(
            "These credentials cannot be used: they hold a blank, a line break or another odd character.",
            "Copy them again, without the blanks and line breaks around them.",
        )
    return Credentials(key.access_key, key.secret_key, key.token)
