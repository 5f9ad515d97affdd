"""AWS's own files, in words: where credentials come from, how to sign in again, and what is wrong in the files."""

import configparser
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import botocore.session
from botocore import exceptions

from orgkit.errors import SignInError

HOW: Final = (
    "Sign in to the payer with `aws login` (or in CloudShell), or pass --profile; orgkit takes credentials "
    "from wherever the AWS CLI would."
)
_KEYS: Final = (
    "Set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN to new credentials, or unset them and sign in "
    "with `aws login`."
)
_NAMED: Final = 10  # profiles, of perhaps hundreds
_VARIANTS: Final = {
    "AWS_USE_FIPS_ENDPOINT": "use_fips_endpoint",
    "AWS_USE_DUALSTACK_ENDPOINT": "use_dualstack_endpoint",
}


@dataclass(frozen=True)
class Source:
    """Where credentials come from."""

    what: str = "the credentials"
    again: str = "Sign in again, as you did before."
    """How the user signs in again, with the command for this kind of profile."""
    asks: bool = False
    """Whether the user is asked for an MFA code."""
    profile: str | None = None


def source_of(session: botocore.session.Session, profile: str | None) -> Source:
    """The source that botocore takes for this profile, or for the environment if it is None."""
    if profile is None and os.environ.get("AWS_ACCESS_KEY_ID"):
        return Source("the access key in AWS_ACCESS_KEY_ID", _KEYS)
    name = profile or session.get_config_variable("profile") or "default"
    return replace(_of_profile(name, session.full_config["profiles"], ()), profile=profile)


def _of_profile(name: str, profiles: Mapping[str, Any], above: tuple[str, ...]) -> Source:
    """In the order in which botocore's providers take a profile: credentials.py, create_credential_resolver."""
    profile, quoted = profiles.get(name, {}), shlex.quote(name)
    match profile:
        case {"role_arn": role, "web_identity_token_file": file}:
            return Source(f"the role {role} of profile {name}", f"Renew the token in {file}.")
        case {"role_arn": role, "source_profile": source} if source not in (name, *above):
            under = _of_profile(source, profiles, (*above, name))
            asks = "mfa_serial" in profile or under.asks
            again = "The session that an MFA code opens ends: a new code opens a new one." if asks else under.again
            return Source(f"the role {role} of profile {name}", again, asks)
        case {"role_arn": role}:
            return Source(f"the role {role} of profile {name}", "Sign in again to what assumes the role.")
        case {"sso_session": _} | {"sso_start_url": _}:
            return Source(f"the SSO session of profile {name}", f"Sign in again: `aws sso login --profile {quoted}`")
        case {"aws_access_key_id": _}:
            renew = f"Give the profile a new key: `aws configure --profile {quoted}`"
            return Source(f"the access key of profile {name}", renew)
        case {"login_session": _}:
            return Source(f"the session of profile {name}", f"Sign in again: `aws login --profile {quoted}`")
        case {"credential_process": command}:
            program = next(iter(command.split()), "")  # what follows may be secret
            what = f"the credential_process of profile {name} ({program})"
            return Source(what, "Run that program by hand: it may want you to sign in.")
    if any(os.environ.get(f"AWS_CONTAINER_CREDENTIALS_{kind}_URI") for kind in ("FULL", "RELATIVE")):
        return Source("the credentials of this container", "In CloudShell, reload the page to sign in again.")
    return Source()


def asked_for_variants(profile: str | None) -> list[str]:
    """Which variables and lines of the profile ask for FIPS or dual-stack addresses."""
    named = [name for name in _VARIANTS if os.environ.get(name, "").lower() == "true"]
    session = botocore.session.Session(profile=profile)
    lines = [key for key in _VARIANTS.values() if session.get_scoped_config().get(key, "").lower() == "true"]
    name = profile or session.get_config_variable("profile") or "default"
    return [*named, *(f"{key} in profile {name}" for key in lines)]


def amiss(failure: exceptions.BotoCoreError, named_by: str) -> SignInError:
    """What is said of a file that cannot be read, a profile that is not there, and what else AWS's files say wrong.

    `named_by` says where the profile's name comes from, unless an environment variable names it.
    """
    if isinstance(failure, exceptions.ConfigParseError):
        line, words = _place(failure.kwargs["error"])
        return SignInError(
            f"{failure.kwargs['path']}:{line}: {words}.",
            "Correct that file, and run the same command again. The AWS CLI cannot read it either.",
        )
    if not isinstance(failure, exceptions.ProfileNotFound):
        return SignInError(f"These credentials cannot be used: {failure}", HOW)
    variables = (name for name in ("AWS_DEFAULT_PROFILE", "AWS_PROFILE") if os.environ.get(name))
    by, others = named_by or next(variables, "AWS_PROFILE"), botocore.session.Session().available_profiles
    named = ", ".join(others[:_NAMED]) + (f" and {len(others) - _NAMED} more" if others[_NAMED:] else "")
    return SignInError(
        f"{by} names the profile {failure.kwargs['profile']}, which is not in your AWS configuration.",
        f"It has these: {named or 'none'}. `aws configure sso` or `aws login --profile NAME` makes one.",
    )


def _place(error: Exception) -> tuple[int, str]:
    """The line, and what is wrong there. Nothing of the file is quoted: it may hold a secret key."""
    match error:
        case configparser.DuplicateOptionError() | configparser.DuplicateSectionError():
            return error.lineno or 1, f"{getattr(error, 'option', f'[{error.section}]')} is there twice"
        case configparser.MissingSectionHeaderError() if "\ufeff" in str(error.line):
            return 1, "begins with a byte order mark, which AWS's tools cannot read: save it as UTF-8 without one"
        case configparser.MissingSectionHeaderError():
            return error.lineno, "stands before the first [profile]"
        case configparser.ParsingError():
            return error.errors[0][0], "is neither a [profile] nor a setting with ="
        case UnicodeDecodeError():
            return error.object[: error.start].count(b"\n") + 1, f"is not {error.encoding.upper()} text"
    return 1, "cannot be read"
