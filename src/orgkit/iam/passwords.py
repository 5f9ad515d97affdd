"""The steps of console access: a first password for each admin, in a file, to be changed at sign-in."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from orgkit.aws import Aws
from orgkit.aws.cloudformation import outputs_of
from orgkit.errors import AwsError
from orgkit.iam import credentials_file
from orgkit.settings import Settings
from orgkit.step import Step, in_place, missing

_REFUSED: Final = frozenset({"AccessDenied", "LimitExceeded"})
"""Errors of CreateLoginProfile that tell for certain, of a call sent once, that AWS has not taken the password."""


def users(settings: Settings) -> tuple[str, ...]:
    """The users that sign in to the console."""
    iam = settings.iam
    return (iam.billing_admin, iam.org_admin) if iam.console_access else ()


def file_of(settings: Settings, user: str) -> Path:
    """Where the first password of a user goes: beside the settings; here, if they come from a pipe or a device."""
    folder = settings.path.parent if settings.path.is_file() or not settings.path.exists() else Path()
    return credentials_file.path_for(folder, user)


def console_access(aws: Aws, settings: Settings, user: str) -> Step:
    """A login profile. A user that has one is left alone, for its password is its own."""
    thing = f"console access of {user}"
    if has_password(aws, settings, user):
        return in_place(thing, "has a password")
    file = file_of(settings, user)
    return missing(thing, f"first password into {file.name}", lambda: _give_password(aws, settings, user))


def has_password(aws: Aws, settings: Settings, user: str) -> bool:
    """Whether a user has a login profile. The users come with the stack: without it nobody is asked for them."""
    return aws.cloudformation.find(settings.iam.stack) is not None and aws.iam.has_password(user)


def check_files(aws: Aws, settings: Settings) -> None:
    """Make sure the files of the passwords to come can be written. Raises OrgkitError."""
    for user in users(settings):
        if not has_password(aws, settings, user):
            credentials_file.check(file_of(settings, user), user, aws.caller.account)


def _give_password(aws: Aws, settings: Settings, user: str) -> str:
    """A first password, as long as the account's password policy demands."""
    try:
        return _give(aws, settings, user, credentials_file.LENGTH)
    except AwsError as refusal:
        longer = aws.iam.shortest_password() if refusal.code == "PasswordPolicyViolation" else 0
        if longer <= credentials_file.LENGTH:
            raise
    return _give(aws, settings, user, longer)


def _give(aws: Aws, settings: Settings, user: str, length: int) -> str:
    """The file first, then the call: a password that AWS knows is never lost."""
    stack, account, path = aws.cloudformation.find(settings.iam.stack), aws.caller.account, file_of(settings, user)
    url = (outputs_of(stack).get("SignInUrl") if stack else "") or f"https://{account}.signin.aws.amazon.com/console"
    password = credentials_file.new_password(length)
    former = credentials_file.write(path, user, account, password, url)
    try:
        aws.iam.create_password(user, password)
    except AwsError as error:
        if error.code == "EntityAlreadyExists" and not error.sent_again:
            # From a stopped run, which AWS did not show yet: then its file is right. Or somebody else runs orgkit.
            credentials_file.put_back(path, former)
            return "has a password by now"
        if error.code == "PasswordPolicyViolation" or (error.code in _REFUSED and not error.sent_again):
            credentials_file.put_back(path, former)
        if error.code != "EntityAlreadyExists":
            raise
        # An earlier sending of this very call, whose answer was lost, has set the password in the file.
    return f"first password in {path.name}"
