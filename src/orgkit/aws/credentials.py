"""Where credentials come from, and what is said if they cannot be used, at the start or in the middle of a run."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Timer
from typing import Any, Final

import boto3
import botocore.session
from botocore import exceptions

from orgkit.aws import unanswered
from orgkit.errors import OrgkitError, SignInError, how_to_install

_SLOW: Final = 5.0  # seconds
_LONGEST_TOLD: Final = 500  # characters

HOW: Final = (
    "Sign in to the payer with `aws login` (or in CloudShell), or pass --profile; orgkit takes credentials "
    "from wherever the AWS CLI would."
)
_KEYS: Final = (
    "Set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN to new credentials, or unset them and sign in "
    "with `aws login`."
)


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
    """The source that botocore takes for this profile, or for the environment if it is None.

    Raises BotoCoreError for configuration files that cannot be read.
    """
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
            return Source(f"the SSO session of profile {name}", f"Sign in again: aws sso login --profile {quoted}")
        case {"aws_access_key_id": _}:
            return Source(
                f"the access key of profile {name}", f"Give the profile a new key: aws configure --profile {quoted}"
            )
        case {"login_session": _}:
            return Source(f"the session of profile {name}", f"Sign in again: aws login --profile {quoted}")
        case {"credential_process": command}:
            program = next(iter(command.split()), "")  # what follows may be secret
            return Source(
                f"the credential_process of profile {name} ({program})",
                "Run that program by hand: it may want you to sign in.",
            )
    if any(os.environ.get(f"AWS_CONTAINER_CREDENTIALS_{kind}_URI") for kind in ("FULL", "RELATIVE")):
        return Source("the credentials of this container", "In CloudShell, reload the page to sign in again.")
    return Source()


def frozen(session: boto3.Session, source: Source, tell: Any, *, again: bool = False) -> Any:
    """The access key that the session signs with now, renewed if it has to be; `again` in the middle of a run.

    Raises SignInError, or OrgkitError if it is the network that fails.
    """
    waiting = Timer(_SLOW, tell, [f"    no answer yet from {source.what}"])
    waiting.daemon = True
    if not source.asks:
        waiting.start()
    try:
        credentials = session.get_credentials()
        key = credentials and credentials.get_frozen_credentials()
    except (exceptions.ConfigParseError, exceptions.ProfileNotFound):
        raise
    except Exception as failure:  # of programs and files of anybody's
        raise _unusable(source, failure, again=again) from failure
    finally:
        waiting.cancel()
    if key is None:
        raise SignInError("No AWS credentials were found.", HOW)
    if not all(map(_fits_a_header, (key.access_key, key.secret_key, key.token))):
        raise SignInError(
            "These credentials cannot be used: they hold a blank, a line break or another odd character.",
            "Copy them anew, without the blanks and line breaks around them.",
        )
    return key


def refused(source: Source, why: str, *, again: bool) -> SignInError:
    """AWS does not accept the credentials, or does no longer."""
    words = "AWS no longer accepts these credentials" if again else "AWS refuses these credentials"
    return SignInError(f"{words}, {source.what}: {why}", _remedy(source, again=again))


def _unusable(source: Source, failure: Exception, *, again: bool) -> OrgkitError:
    if isinstance(failure, exceptions.MissingDependencyException):
        return SignInError(
            "This profile signs in with `aws login`, which needs AWS's crt library.",
            f"{how_to_install('login')}\n\nThen run the same command.",
        )
    if unanswered.is_lost(failure):
        return unanswered.error("Signing in", failure)
    words = "These credentials can no longer be used" if again else "These credentials cannot be used"
    return SignInError(f"{words}: {source.what}: {_why(source, failure)}", _remedy(source, again=again))


def _remedy(source: Source, *, again: bool) -> str:
    then = "Then run the same command: it goes on from here." if again else "Then run the same command again."
    return f"{source.again}\n{then}"


def _why(source: Source, failure: Exception) -> str:
    match failure:
        case exceptions.CredentialRetrievalError():
            words = str(failure.kwargs.get("error_msg", "")).strip() or "it failed and said nothing"
        case exceptions.RefreshWithMFAUnsupportedError():
            words = "the session that your MFA code opened has ended"
        case exceptions.ClientError():
            said = failure.response.get("Error", {})
            words = f"{failure.operation_name}: {said.get('Message')} ({said.get('Code')})"
        case RuntimeError():
            words = "it hands out credentials that have expired"  # RefreshableCredentials
        case EOFError():
            words = "nobody typed the MFA code"
        case OSError():
            words = f"{failure.strerror or failure}{f': {failure.filename}' if failure.filename else ''}"
        case exceptions.BotoCoreError():
            words = str(failure)
        case _ if "credential_process" not in source.what:
            words = repr(failure)
        case _:
            words = "it hands out something other than the JSON document that AWS describes"
    return words if len(words) <= _LONGEST_TOLD else f"{words[:_LONGEST_TOLD]}…"


def _fits_a_header(key: str | None) -> bool:
    """Whether it can be sent. What refuses the others quotes them in its error: that must not come to light."""
    return key is None or (key.isascii() and key.isprintable() and " " not in key)
