"""What kept AWS from answering, in words, and what to do: the network, the clock, credentials (files: profiles.py)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from botocore import exceptions
from botocore.httpsession import mask_proxy_url
from botocore.parsers import ResponseParserError

from orgkit.aws import profiles
from orgkit.bundled import shipped
from orgkit.errors import (
    FILE,
    AwsError,
    OrgkitError,
    SignInError,
    how_to_install,
    plain,
    remedy_of,
)

if TYPE_CHECKING:
    from orgkit.aws.attempts import Attempts
    from orgkit.aws.profiles import Source

ODD: Final = (AttributeError, IndexError, KeyError, RecursionError, StopIteration, TypeError, ValueError)
"""What botocore raises for an answer that it cannot parse."""
REDIRECTION: Final = 300  # the HTTP status, like all below, of this and all above
REFUSAL: Final = 400
SERVER_ERROR: Final = 500

_GO_ON: Final = "Then run the same command: it goes on from here."
_LONGEST_TOLD: Final = 1000  # characters
_SKEWED: Final = timedelta(minutes=4)  # AWS refuses a signature that is some five minutes early or late


def shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_TOLD else f"{text[:_LONGEST_TOLD]}…"


def failed(call: Attempts, failure: Exception, secrets: Iterable[str], source: Source, elsewhere: str) -> OrgkitError:
    """What is said of a call that failed, without what is secret in it: AWS quotes what it does not like.

    `elsewhere` is the call's region, if another one was asked before.
    """
    operation, answer = call.model.name, failure.response if isinstance(failure, exceptions.ClientError) else {}
    said, metadata = answer.get("Error", {}), answer.get("ResponseMetadata", {})
    code = str(said.get("Code") or "Unknown")
    if isinstance(failure, ResponseParserError) or code.isdecimal():
        return not_by_aws(operation, call.endpoint, call.status)
    words = str(said.get("Message") or "") if answer else str(failure)
    for secret in secrets:
        words = words.replace(secret, "(not shown)")
    if not answer:
        return lost(operation, failure, shortened(words), source.profile)
    if remedy_of(code).doubts:
        return _not_accepted(f"{operation}: {shortened(words)} ({code})", code, metadata, source, elsewhere)
    sent_again = metadata.get("RetryAttempts", 0) > 0
    reason = str(answer.get("Reason") or "")
    return AwsError(operation, code, shortened(words), reason=reason, sent_again=sent_again)


def _not_accepted(refusal: str, code: str, metadata: Mapping[str, Any], source: Source, elsewhere: str) -> OrgkitError:
    """What is said if AWS does not accept a signature: the clock, a region that is not enabled, the credentials."""
    ahead = _clock_skew(metadata.get("HTTPHeaders", {}))
    if ahead:
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


def _clock_skew(headers: Mapping[str, str]) -> timedelta | None:
    """By how much this machine's clock is ahead of AWS's (negative: behind), if that is why AWS refused a signature."""
    try:
        ahead = datetime.now(UTC) - parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError):
        return None
    return ahead if abs(ahead) >= _SKEWED else None


# The way to AWS


def is_lost(failure: Exception | None) -> bool:
    """Whether the call or its answer did not get through."""
    return isinstance(failure, (exceptions.ConnectionError, exceptions.HTTPClientError, ResponseParserError))


def may_pass(failure: Exception | None) -> bool:
    """Whether another attempt may get through: a certificate, a proxy or this machine's own setup stays as it is."""
    if isinstance(failure, exceptions.ProxyConnectionError):
        return "Tunnel connection failed" not in str(failure.kwargs.get("error"))
    stays = isinstance(failure, (exceptions.SSLError, ResponseParserError))
    return is_lost(failure) and not stays and type(failure) is not exceptions.HTTPClientError


def lost(operation: str, failure: Exception, words: str, profile: str | None = None) -> OrgkitError:
    """What is said if botocore got no answer. `words` are the failure's own, without what must not be told."""
    own_setup, cause = type(failure) is exceptions.HTTPClientError, getattr(failure, "kwargs", {}).get("error")
    known: Mapping[str, str] = shipped(FILE)["unanswered"]  # by what botocore raises, or what that is an example of
    remedy = next(known[kind.__name__] for kind in type(failure).__mro__ if kind.__name__ in known)
    if isinstance(failure, exceptions.ProxyConnectionError):
        words = f"the proxy {failure.kwargs['proxy_url']} does not let it through: {cause}"
    if own_setup:
        words = str(cause)
    if own_setup and os.environ.get("AWS_CA_BUNDLE"):
        remedy = f"Let AWS_CA_BUNDLE name a file of certificates, or unset it. {_GO_ON}"
    elif isinstance(failure, exceptions.SSLError) and ("expired" in words or "not yet valid" in words):
        remedy = f"Set the clock of this machine: by it, the certificate of AWS is out of date. {_GO_ON}"
    elif isinstance(failure, (exceptions.EndpointConnectionError, exceptions.BaseEndpointResolverError)) and (
        asked := profiles.asked_for_variants(profile)
    ):
        remedy = f"AWS does not have every address that {' and '.join(asked)} may ask for: take it away. {_GO_ON}"
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


# Credentials


def unusable(source: Source, failure: Exception) -> OrgkitError:
    """What is said if botocore cannot get credentials, at the start or in the middle of a run."""
    match failure:
        case exceptions.MissingDependencyException():
            return SignInError(
                "This profile signs in with `aws login`, which needs AWS's crt library.",
                f"{how_to_install('login')}\n\nThen run the same command.",
            )
        case _ if is_lost(failure):
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
