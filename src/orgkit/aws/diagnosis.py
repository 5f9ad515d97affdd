"""What kept AWS from answering, in words, and what to do: the network, the clock, credentials, AWS's own files."""

from __future__ import annotations

import configparser
import os
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import botocore.session
from botocore import exceptions
from botocore.httpsession import mask_proxy_url
from botocore.parsers import ResponseParserError

from orgkit.bundled import shipped
from orgkit.errors import FILE, AwsError, OrgkitError, SignInError, how_to_install, plain, remedy_of

if TYPE_CHECKING:
    from orgkit.aws.attempts import Attempts

ODD: Final = (AttributeError, IndexError, KeyError, RecursionError, StopIteration, TypeError, ValueError)
"""What botocore raises for an answer that it cannot parse."""
LOST: Final = (exceptions.ConnectionError, exceptions.HTTPClientError, ResponseParserError)
"""What it raises if the call or its answer did not get through."""
REDIRECTION: Final = 300  # the HTTP status, like all below, of this and all above
REFUSAL: Final = 400
SERVER_ERROR: Final = 500
HOW: Final = (
    "Sign in to the payer with `aws login` (or in CloudShell), or pass --profile; orgkit takes credentials "
    "from wherever the AWS CLI would."
)

_GO_ON: Final = "Then run the same command: it goes on from here."
_LONGEST_TOLD: Final = 1000  # characters
_SKEWED: Final = timedelta(minutes=4)  # AWS refuses a signature that is some five minutes early or late
_NAMED: Final = 10  # profiles, of perhaps hundreds


def shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_TOLD else f"{text[:_LONGEST_TOLD]}…"


def failed(call: Attempts, failure: Exception, secrets: Iterable[str], source: Source, elsewhere: str) -> OrgkitError:
    """What is said of a call that failed, without what is secret in it: AWS quotes what it does not like.

    `elsewhere` is the call's region, if another one was asked before.
    """
    operation = call.model.name
    answer = failure.response if isinstance(failure, exceptions.ClientError) else {}
    said, metadata = answer.get("Error", {}), answer.get("ResponseMetadata", {})
    code = str(said.get("Code") or "Unknown")
    if isinstance(failure, ResponseParserError) or code.isdecimal():
        return not_by_aws(operation, call.endpoint, call.status)
    words = str(said.get("Message") or "") if answer else str(failure)
    for secret in secrets:
        words = words.replace(secret, "(not shown)")
    words = shortened(words)
    if not answer:
        return lost(operation, failure, words)
    if remedy_of(code).doubts:
        return _not_accepted(f"{operation}: {words} ({code})", code, metadata, source, elsewhere)
    sent_again = metadata.get("RetryAttempts", 0) > 0
    reason = str(answer.get("Reason") or "")
    return AwsError(operation, code, words, reason=reason, sent_again=sent_again)


def _not_accepted(refusal: str, code: str, metadata: Mapping[str, Any], source: Source, elsewhere: str) -> OrgkitError:
    """What is said if AWS does not accept a signature: the clock, a region that is not enabled, the credentials."""
    try:
        ahead = datetime.now(UTC) - parsedate_to_datetime(metadata.get("HTTPHeaders", {}).get("date", ""))
    except (TypeError, ValueError):
        ahead = timedelta()
    if abs(ahead) >= _SKEWED:
        minutes = round(abs(ahead).total_seconds() / 60)
        by = f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours and {minutes % 60} minutes"
        way = "ahead of" if ahead > timedelta() else "behind"
        return OrgkitError(
            f"The clock of this machine is {by} {way} AWS's, which takes no request that is signed so: {refusal}",
            f"Set the clock. {_GO_ON}",
        )
    if remedy_of(code).doubts == "key" and elsewhere:
        return OrgkitError(
            f"{elsewhere} does not know this account, as the region is not enabled for it: {refusal}",
            f"Enable {elsewhere} on the payer's Account page, AWS Regions; it takes some minutes. {_GO_ON}",
        )
    words = f"AWS does not accept these credentials, {source.what}: {refusal}"
    return SignInError(words, f"{source.again}\n{_GO_ON}")


# The way to AWS


def may_pass(failure: Exception | None) -> bool:
    """Whether another attempt may get through: a certificate, a proxy or this machine's own setup stays as it is."""
    if isinstance(failure, exceptions.ProxyConnectionError):
        return "Tunnel connection failed" not in str(failure.kwargs.get("error"))
    stays = isinstance(failure, (exceptions.SSLError, ResponseParserError))
    return isinstance(failure, LOST) and not stays and type(failure) is not exceptions.HTTPClientError


def lost(operation: str, failure: Exception, words: str) -> OrgkitError:
    """What is said if botocore got no answer. `words` are the failure's own, without what must not be told."""
    known: Mapping[str, str] = shipped(FILE)["unanswered"]  # by what botocore raises, or what that is an example of
    remedy = next(known[kind.__name__] for kind in type(failure).__mro__ if kind.__name__ in known)
    cause = getattr(failure, "kwargs", {}).get("error")
    if isinstance(failure, exceptions.ProxyConnectionError):
        words = f"the proxy {failure.kwargs['proxy_url']} does not let it through: {cause}"
    elif type(failure) is exceptions.HTTPClientError:  # this machine's own setup
        words = str(cause)
        if os.environ.get("AWS_CA_BUNDLE"):
            remedy = f"Let AWS_CA_BUNDLE name a file of certificates, or unset it. {_GO_ON}"
    elif isinstance(failure, exceptions.SSLError) and ("expired" in words or "not yet valid" in words):
        remedy = f"Set the clock of this machine: by it, the certificate of AWS is out of date. {_GO_ON}"
    return OrgkitError(f"{operation}: AWS could not be asked: {shortened(words)}", remedy)


def is_by_aws(status: int, body: bytes, *, answers_something: bool) -> bool:
    """Whether AWS has written this, and not a proxy or the page of a network.

    AWS answers these services in JSON or XML, names the error in every refusal, and never redirects.
    """
    if status >= REFUSAL:
        return b"<Code>" in body or b"__type" in body
    page = any(tag in body[:200].lower() for tag in (b"<html", b"<!doctype html"))
    return status < REDIRECTION and not page and (bool(body) or not answers_something)


def not_by_aws(operation: str, endpoint: str, status: int) -> OrgkitError:
    """Something else has answered. Says which proxy is used, and what to do."""
    host = urlsplit(endpoint).hostname or ""
    proxy = "" if proxy_bypass(host) else getproxies().get(urlsplit(endpoint).scheme, "")
    through = f", through the proxy {mask_proxy_url(proxy)}" if proxy else ""
    if status == 407:
        remedy = "The proxy wants to know who you are: HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT."
    else:
        page = "this network has a page to sign in to, open it in a browser"
        begin = "It may pass in a few minutes. If it does not, and" if status >= SERVER_ERROR else "If"
        remedy = f"{begin} {page}. Or ask whoever runs the proxy to let {host} through."
    return OrgkitError(
        f"{operation}: HTTP {status} is not AWS's answer: something on the way to {endpoint} gave it{through}.",
        f"{remedy} {_GO_ON}",
    )


# Credentials, and the files of AWS's tools that say where they come from


@dataclass(frozen=True)
class Source:
    """Where credentials come from."""

    what: str = "the credentials"
    again: str = "Sign in again, as you did before."
    """How the user signs in again, with the command for this kind of profile."""
    asks: bool = False
    """Whether the user is asked for an MFA code."""


def source_of(session: botocore.session.Session, profile: str | None, above: tuple[str, ...] = ()) -> Source:
    """The source that botocore takes for this profile, or for the environment if it is None.

    The kinds stand in the order of botocore's providers: credentials.py, create_credential_resolver. `above` are the
    profiles of roles whose `source_profile` led here.
    """
    if profile is None and os.environ.get("AWS_ACCESS_KEY_ID"):
        keys = "Set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN to new credentials, or unset them"
        return Source("the access key in AWS_ACCESS_KEY_ID", f"{keys} and sign in with `aws login`.")
    name = profile or session.get_config_variable("profile") or "default"
    said = session.full_config["profiles"].get(name, {})
    quoted = shlex.quote(name)
    match said:
        case {"role_arn": role, "web_identity_token_file": file}:
            return Source(f"the role {role} of profile {name}", f"Renew the token in {file}.")
        case {"role_arn": role, "source_profile": source} if source not in ("", name, *above):
            under = source_of(session, source, (*above, name))
            asks = "mfa_serial" in said or under.asks
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


def unusable(source: Source, failure: Exception) -> OrgkitError:
    """What is said if botocore cannot get credentials, at the start or in the middle of a run."""
    match failure:
        case exceptions.MissingDependencyException():
            return SignInError(
                "This profile signs in with `aws login`, which needs AWS's crt library.",
                f"{how_to_install('login')}\n\nThen run the same command.",
            )
        case _ if isinstance(failure, LOST):
            return lost("Signing in", failure, str(failure))
        case exceptions.CredentialRetrievalError():
            why = str(failure.kwargs.get("error_msg", "")).strip() or "it failed and said nothing"
        case EOFError():
            why = "nobody typed the MFA code"
        case _ if isinstance(failure, ODD) and "credential_process" in source.what:
            why = "it hands out something other than the JSON document that AWS describes"
        case _:  # a KeyError tells what is missing, and not that it is
            why = ("" if isinstance(failure, ODD) else plain(failure)) or repr(failure)
    words = f"These credentials cannot be used: {source.what}: {shortened(why)}"
    return SignInError(words, f"{source.again}\n{_GO_ON}")


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
    by = named_by or next(variables, "AWS_PROFILE")
    others = botocore.session.Session().available_profiles
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
