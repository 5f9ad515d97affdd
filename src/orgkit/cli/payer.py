"""Signing in to the payer that the settings are for, and to no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from orgkit.aws import Aws, connect, sign_in
from orgkit.cli.command import Access, tell
from orgkit.errors import SignInError
from orgkit.settings import Settings, load

# How AWS's host names end, in every partition: botocore's partitions.json.
_AWS: Final = (
    ".amazonaws.com",
    ".api.aws",
    ".amazonaws.com.cn",
    ".api.amazonwebservices.com.cn",
    ".amazonaws.eu",
    ".api.amazonwebservices.eu",
)


def payer(access: Access) -> tuple[Aws, Settings]:
    """The payer, and the settings for it. Nothing is changed.

    Raises FileProblems for bad settings, and SignInError for the wrong account.
    """
    settings = load(access.settings_file)
    return payer_of(settings, access), settings


def payer_of(settings: Settings, access: Access, *, tell: Callable[[str], None] = tell, greet: bool = True) -> Aws:
    """The payer of these settings; unless told not to, it says who is signed in. Raises SignInError for any other."""
    trace = tell if access.debug else None
    named_by = "--profile" if access.profile else str(settings.path) if settings.profile else ""
    profile = access.profile or settings.profile
    calls, caller = sign_in(profile, access.endpoint_url, tell=tell, trace=trace, named_by=named_by)
    if caller.account != settings.account:
        raise SignInError(
            f"You are signed in to {caller.account}, but {settings.path} is for {settings.account}.",
            f"You are {caller.arn}.\nSign in to {settings.account}, or pass the --settings of {caller.account}.",
        )
    aws = connect(calls, caller, settings.iam.region)
    _refuse_member(aws)
    if greet:
        address = elsewhere(aws)
        not_aws = f" at {address}, which is not AWS" if address else ""
        tell(f"Signed in to {caller.account} as {caller.arn}{not_aws}")
    if caller.is_root and caller.long_lived:
        tell(
            "You use an access key of the root user, which never expires. Better: delete it after this, and sign in "
            "with `aws login` or use CloudShell."
        )
    return aws


def elsewhere(aws: Aws) -> str:
    """The address that is asked instead of AWS, as `127.0.0.1:5770`; "" for AWS itself."""
    address = urlsplit(aws.calls.address())
    return "" if (address.hostname or "").endswith(_AWS) else address.netloc


def _refuse_member(aws: Aws) -> None:
    organization = aws.organizations.organization()
    account, payer_id = aws.caller.account, organization["MasterAccountId"] if organization else ""
    if organization and payer_id != account:
        raise SignInError(
            f"{account} is a member of organization {organization['Id']}, whose payer is {payer_id}; it cannot be a "
            "payer itself.",
            f"Sign in to {payer_id}, with settings for it. If {account} is meant to be a payer, it has to leave that "
            "organization first.",
        )
