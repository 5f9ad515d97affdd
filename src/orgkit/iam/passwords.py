"""The steps of console access: a first password for each admin, in a file, to be changed at sign-in."""

from __future__ import annotations

from orgkit.aws import Aws
from orgkit.errors import AwsError
from orgkit.iam import credentials_file
from orgkit.settings import Settings
from orgkit.step import Step, in_place, missing


def users(settings: Settings) -> tuple[str, ...]:
    """The users that sign in to the console."""
    iam = settings.iam
    return (iam.billing_admin, iam.org_admin) if iam.console_access else ()


def console_access(aws: Aws, settings: Settings, user: str) -> Step:
    """A login profile. A user that has one is left alone, for its password is its own."""
    thing = f"console access of {user}"
    if has_password(aws, settings, user):
        return in_place(thing, "has a password")
    file = credentials_file.path_for(settings.path.parent, user)
    return missing(thing, f"first password into {file.name}", lambda: _give_password(aws, settings, user))


def has_password(aws: Aws, settings: Settings, user: str) -> bool:
    """Whether a user has a login profile. The users come with the stack: without it nobody is asked for them."""
    return aws.cloudformation.find(settings.iam.stack) is not None and aws.iam.has_password(user)


def check_files(aws: Aws, settings: Settings) -> None:
    """Make sure the files of the passwords to come can be written. Raises OrgkitError."""
    for user in users(settings):
        if not has_password(aws, settings, user):
            credentials_file.check(credentials_file.path_for(settings.path.parent, user), user)


def _give_password(aws: Aws, settings: Settings, user: str) -> str:
    """The file first, then the call: a password that AWS knows is never lost."""
    stack = aws.cloudformation.find(settings.iam.stack)
    path = credentials_file.path_for(settings.path.parent, user)
    password = credentials_file.new_password()
    former = credentials_file.write(path, user, password, stack.outputs.get("SignInUrl", "") if stack else "")
    try:
        aws.iam.create_password(user, password)
    except AwsError as error:
        if error.code != "EntityAlreadyExists":
            raise
        if not error.sent_again:
            # From a stopped run, which AWS did not show yet: then its file is right. Or somebody else runs orgkit.
            credentials_file.put_back(path, former)
            return "has a password by now"
        # An earlier sending of this very call, whose answer was lost, has set the password in the file.
    return f"first password in {path.name}"
