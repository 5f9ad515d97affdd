"""Calls that AWS did not answer: lost on the way, or answered by something else. What is said, and what to do."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import botocore.session
from botocore import exceptions
from botocore.httpsession import mask_proxy_url
from botocore.parsers import ResponseParserError

from orgkit.errors import OrgkitError, remedy_of_silence

_GO_ON: Final = "Then run the same command: it goes on from here."
_LONGEST_TOLD: Final = 1000  # characters
_REDIRECTION: Final = 300  # HTTP status, like all below: of this and all above
_REFUSAL: Final = 400
SERVER_ERROR: Final = 500
_SKEWED: Final = timedelta(minutes=4)  # AWS refuses a signature that is some five minutes early or late
_VARIANTS: Final = {
    "AWS_USE_FIPS_ENDPOINT": "use_fips_endpoint",
    "AWS_USE_DUALSTACK_ENDPOINT": "use_dualstack_endpoint",
}


def is_lost(failure: Exception | None) -> bool:
    """Whether the call or its answer did not get through."""
    return isinstance(failure, (exceptions.ConnectionError, exceptions.HTTPClientError, ResponseParserError))


def may_pass(failure: Exception | None) -> bool:
    """Whether another attempt may get through: a certificate, a proxy or this machine's own setup stays as it is."""
    if isinstance(failure, exceptions.ProxyConnectionError):
        return "Tunnel connection failed" not in str(failure.kwargs.get("error"))
    stays = (
        isinstance(failure, (exceptions.SSLError, ResponseParserError)) or type(failure) is exceptions.HTTPClientError
    )
    return is_lost(failure) and not stays


def error(operation: str, failure: Exception, words: str = "", *, profile: str | None = None) -> OrgkitError:
    """What is said if botocore got no answer. `words` are the failure's own, without what must not be told."""
    cause = getattr(failure, "kwargs", {}).get("error")
    words = words or str(failure)
    if isinstance(failure, exceptions.ProxyConnectionError):
        words = f"the proxy {failure.kwargs['proxy_url']} does not let it through: {cause}"
    elif type(failure) is exceptions.HTTPClientError:
        words = str(cause)
    shown = words if len(words) <= _LONGEST_TOLD else f"{words[:_LONGEST_TOLD]}…"
    return OrgkitError(f"{operation}: AWS could not be asked: {shown}", _remedy(failure, words, profile))


def _remedy(failure: Exception, words: str, profile: str | None) -> str:
    if type(failure) is exceptions.HTTPClientError and os.environ.get("AWS_CA_BUNDLE"):
        return f"Let AWS_CA_BUNDLE name a file of certificates, or unset it. {_GO_ON}"
    if isinstance(failure, exceptions.SSLError) and ("expired" in words or "not yet valid" in words):
        return f"Set the clock of this machine: by it, the certificate of AWS is out of date. {_GO_ON}"
    asked = _asked_for(profile)
    if asked and isinstance(failure, (exceptions.EndpointConnectionError, exceptions.BaseEndpointResolverError)):
        return f"AWS does not have every address that {' and '.join(asked)} may ask for: take it away. {_GO_ON}"
    return remedy_of_silence(failure)


def _asked_for(profile: str | None) -> list[str]:
    """Which variables and lines of the profile ask for FIPS or dual-stack addresses."""
    named = [name for name in _VARIANTS if os.environ.get(name, "").lower() == "true"]
    session = botocore.session.Session(profile=profile)
    lines = [key for key in _VARIANTS.values() if session.get_scoped_config().get(key, "").lower() == "true"]
    name = profile or session.get_config_variable("profile") or "default"
    return [*named, *(f"{key} in profile {name}" for key in lines)]


def check(operation: str, endpoint: str, response: dict[str, Any], *, answers_something: bool) -> None:
    """Raise OrgkitError if this is not an answer of AWS's: a proxy's page, a redirection, nothing at all.

    AWS answers these services in JSON or XML, names the error in every refusal, and never redirects. Only for 5xx is
    the word awaited: AWS's own gateways, too, answer that in HTML or not at all. What they say is dropped, so that
    botocore takes each for an error whose code is its HTTP status.
    """
    status, body = response["status_code"], bytes(response["body"] or b"")
    if status >= _REFUSAL:
        by_aws = b"<Code>" in body or b'"__type"' in body
    else:
        page = any(tag in body[:200].lower() for tag in (b"<html", b"<!doctype html"))
        by_aws = status < _REDIRECTION and not page and (bool(body) or not answers_something)
    if not by_aws and status < SERVER_ERROR:
        raise not_aws(operation, endpoint, status)
    if not by_aws:
        response["body"] = b""


def not_aws(operation: str, endpoint: str, status: int) -> OrgkitError:
    """Something else has answered. Says which proxy is used, and what to do."""
    host = urlsplit(endpoint).hostname or ""
    proxy = "" if proxy_bypass(host) else getproxies().get(urlsplit(endpoint).scheme, "")
    through = f", through the proxy {mask_proxy_url(proxy)}" if proxy else ""
    if status == 407:
        remedy = "The proxy wants to know who you are: HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT."
    else:
        remedy = (
            "If this network has a page to sign in to, open it in a browser. Or ask whoever runs the proxy to let "
            f"{host} through."
        )
    if status >= SERVER_ERROR:
        remedy = f"It may pass in a few minutes. If it does not: {remedy[0].lower()}{remedy[1:]}"
    return OrgkitError(
        f"{operation}: HTTP {status} is not AWS's answer: something on the way to {endpoint} gave it{through}.",
        f"{remedy} {_GO_ON}",
    )


def clock_skew(headers: Mapping[str, str]) -> timedelta | None:
    """By how much this machine's clock is ahead of AWS's (negative: behind), if that is why AWS refused a signature."""
    try:
        ahead = datetime.now(UTC) - parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError):
        return None
    return ahead if abs(ahead) >= _SKEWED else None


def wrong_clock(operation: str, ahead: timedelta) -> OrgkitError:
    """AWS refuses what is signed more than some minutes early or late."""
    minutes = round(abs(ahead).total_seconds() / 60)
    words = f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours and {minutes % 60} minutes"
    way = "ahead of" if ahead > timedelta() else "behind"
    return OrgkitError(
        f"{operation}: the clock of this machine is {words} {way} AWS's, which takes no request that is signed so.",
        f"Set the clock. {_GO_ON}",
    )
