"""Credentials, proxies, clocks and regions as people have them: what each situation says, and its exit code.

Every situation is met twice where it can be: when signing in, and in the middle of a bootstrap, which must keep and
tell what it has done, and go on when it is run again.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partialmethod
from hashlib import sha1, sha256
from pathlib import Path
from string import Formatter
from threading import current_thread, main_thread
from types import SimpleNamespace
from typing import Any

import pytest
from botocore import credentials, exceptions, tokens
from moto.core.botocore_stubber import BotocoreStubber

from orgkit.sandbox import PAYER

NEVER = ("has a bug", "not as documented", "Traceback", "HUSH")
GO_ON = "run the same command"
AT = {"start": 0, "middle": 9}
"""The number of the call from which on it happens. In the middle, the organization and its OU are made."""


Answer = tuple[int, dict[str, str], str]
"""HTTP status, headers and body."""


@dataclass
class Way:
    """The way to AWS. From call number `begin` on, `answer` stands there instead."""

    answer: Callable[[Any], Answer | None] | None = None
    begin: int = 0
    sent: int = 0
    last: str = ""


@pytest.fixture
def way(monkeypatch) -> Way:
    way, process_request = Way(), BotocoreStubber.process_request

    def process(stubber: BotocoreStubber, request: Any) -> Any:
        number, way.sent, way.last = way.sent, way.sent + 1, request.url
        answered = way.answer(request) if way.answer and number >= way.begin else None
        return answered or process_request(stubber, request)

    monkeypatch.setattr(BotocoreStubber, "process_request", process)
    return way


def http(status: int, body: str, **headers: str) -> Callable[[Any], Answer]:
    kind = {"content-type": "text/html", **headers}
    return lambda request: (status, kind, body)


def refusing(code: str, *, clock: timedelta = timedelta()) -> Callable[[Any], Answer]:
    """AWS refuses the credentials or the signature; its clock differs from ours by so much."""
    headers = {"date": format_datetime(datetime.now(UTC) + clock, usegmt=True)}

    def answer(request: Any) -> Answer:
        if "X-Amz-Target" in request.headers:
            body = json.dumps({"__type": code, "message": "injected"})
            return http(400, body, **{"content-type": "application/x-amz-json-1.1", **headers})(request)
        body = f"<ErrorResponse><Error><Code>{code}</Code><Message>injected</Message></Error></ErrorResponse>"
        return http(403, body, **{"content-type": "text/xml", **headers})(request)

    return answer


def raising(failure: Exception) -> Callable[[Any], Answer]:
    def answer(request: Any) -> Answer:
        raise failure

    return answer


@pytest.fixture
def meet(begun, way, tally):
    """Bootstrap in this situation; what is said, after a look at what no situation may say."""

    def run(at: str, code: int, *says: str, command: str = "bootstrap --yes") -> str:
        result = begun(command)
        tally["situations"] += 1
        assert result.exit_code == code, result.output
        assert result.stderr.count("Error: ") == 1
        for word in NEVER:
            assert word not in result.output
        for each in says:
            assert each in result.stderr, result.stderr
        if at == "middle":
            assert "✓ organization" in result.stdout.partition("missing")[2], "what was done is not told"
            assert GO_ON in result.stderr.lower()
        return result.stderr

    return run


@pytest.fixture
def goes_on(begun, way):
    """When what was wrong is right again, the same command does the rest."""

    def run() -> None:
        way.answer = None
        assert begun("bootstrap --yes").exit_code == 0
        assert begun("status").exit_code == 0

    return run


# What AWS refuses

REFUSED = (
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
)


@pytest.mark.parametrize("at", AT)
@pytest.mark.parametrize("code", REFUSED)
def test_credentials_that_aws_does_not_accept(meet, way, at, code):
    way.answer, way.begin = refusing(code), AT[at]
    meet(
        at,
        4,
        "AWS does not accept these credentials",
        "the access key in AWS_ACCESS_KEY_ID",
        code,
        "Set AWS_ACCESS_KEY_ID",
    )


def test_an_ended_session_is_taken_up_with_the_next_one(meet, way, goes_on):
    way.answer, way.begin = refusing("ExpiredTokenException"), AT["middle"]
    meet("middle", 4, "does not accept these credentials")
    goes_on()


@pytest.mark.parametrize("at", AT)
@pytest.mark.parametrize(
    ("clock", "says"),
    [
        (timedelta(hours=3, minutes=2), "3 hours and 2 minutes behind AWS's"),
        (timedelta(minutes=-11), "11 minutes ahead of AWS's"),
    ],
)
@pytest.mark.parametrize("code", ["SignatureDoesNotMatch", "InvalidSignatureException", "RequestExpired"])
def test_a_wrong_clock_is_told_by_how_much(meet, way, at, clock, says, code):
    way.answer, way.begin = refusing(code, clock=clock), AT[at]
    meet(at, 1, f"clock of this machine is {says}", "Set the clock.")


def test_a_region_that_is_not_enabled_is_named(meet, way):
    with Path("orgkit.yaml").open("a", encoding="utf-8") as file:
        file.write("iam:\n  region: af-south-1\n")
    refuses = refusing("InvalidClientTokenId")
    way.answer = lambda request: refuses(request) if "af-south-1" in request.url else None
    meet("start", 1, "af-south-1 does not know this account", "Enable af-south-1")


def test_the_region_that_all_is_asked_of_is_not_doubted_when_a_key_is_deleted(meet, way):
    refuses = refusing("InvalidClientTokenId")
    way.answer = lambda request: refuses(request) if "cloudformation" in request.url else None
    meet("start", 4, "AWS does not accept these credentials, the access key in AWS_ACCESS_KEY_ID")


# Something else answers

PAGE = "<!DOCTYPE html><html><body>HUSH of a proxy</body></html>"


@pytest.mark.parametrize("at", AT)
@pytest.mark.parametrize(
    ("status", "body"),
    [(200, PAGE), (200, ""), (302, PAGE), (302, ""), (307, ""), (403, PAGE), (403, ""), (403, "Blocked"), (407, PAGE)],
)
def test_an_answer_that_is_not_aws_s(meet, way, monkeypatch, at, status, body):
    monkeypatch.setenv("HTTPS_PROXY", "http://me:HUSH@proxy.example:3128")
    way.answer, way.begin = http(status, body), AT[at]
    monkeypatch.setattr("time.sleep", lambda seconds: way.sent <= way.begin or not seconds or pytest.fail("waited"))
    told = meet(at, 1, f"HTTP {status} is not AWS's answer", ".amazonaws.com", "proxy.example:3128")
    assert ("HTTPS_PROXY=" in told) == (status == 407)


@pytest.fixture
def waited(monkeypatch) -> list[float]:
    """Seconds waited for."""
    seconds: list[float] = []
    monkeypatch.setattr("time.sleep", seconds.append)
    return seconds


# XML that is well-formed, JSON without the name of an error, nothing: each asks botocore's parsers for another answer.
@pytest.mark.parametrize("at", AT)
@pytest.mark.parametrize("body", [PAGE, "<html><body>HUSH</body></html>", '{"error": "HUSH"}', "HUSH", ""])
def test_a_failure_of_the_server_in_words_that_are_not_aws_s(meet, way, monkeypatch, waited, at, body):
    monkeypatch.setenv("HTTPS_PROXY", "http://me:HUSH@proxy.example:3128")
    way.answer, way.begin = http(502, body), AT[at]
    meet(at, 1, "HTTP 502 is not AWS's answer", ".amazonaws.com", "proxy.example:3128", "may pass")
    assert sum(waited) < (5 if at == "start" else 120)


@pytest.mark.parametrize("body", [PAGE, "<html><body>Http/1.1 Service Unavailable</body></html>", ""])
def test_a_gateway_that_fails_for_half_a_minute_is_waited_for(begun, way, waited, body):
    way.answer, way.begin = (lambda request: (503, {}, body) if sum(waited) < 30 else None), AT["middle"]
    assert begun("bootstrap --yes").exit_code == 0
    assert sum(waited) >= 30


@pytest.mark.parametrize("at", AT)
@pytest.mark.parametrize(
    ("failure", "says", "remedy"),
    [
        (
            exceptions.ProxyConnectionError(
                proxy_url="http://***:***@proxy.example:3128",
                error="Tunnel connection failed: 407 Proxy Authentication Required",
            ),
            "the proxy http://***:***@proxy.example:3128 does not let it through: Tunnel connection failed: 407",
            "HTTPS_PROXY",
        ),
        (
            exceptions.SSLError(
                endpoint_url="https://sts.amazonaws.com", error="unable to get local issuer certificate"
            ),
            "unable to get local issuer certificate",
            "AWS_CA_BUNDLE",
        ),
        (
            exceptions.SSLError(endpoint_url="https://sts.amazonaws.com", error="certificate is not yet valid"),
            "not yet valid",
            "Set the clock",
        ),
        (
            exceptions.EndpointConnectionError(
                endpoint_url="https://sts.us-east-1.amazonaws.com/", error="no such name"
            ),
            "Could not connect to the endpoint URL",
            "Check the network",
        ),
        (
            exceptions.ConnectTimeoutError(endpoint_url="https://sts.us-east-1.amazonaws.com/", error="60 s"),
            "Connect timeout",
            "Check the network",
        ),
    ],
    ids=["proxy-407", "unknown-ca", "clock-and-certificate", "no-such-host", "time-out"],
)
def test_what_does_not_get_through(meet, way, at, failure, says, remedy):
    way.answer, way.begin = raising(failure), AT[at]
    meet(at, 1, "AWS could not be asked", says, remedy)


def test_a_bundle_of_certificates_that_is_not_there(meet, way, monkeypatch):
    monkeypatch.setenv("AWS_CA_BUNDLE", "nowhere.pem")
    way.answer = raising(exceptions.HTTPClientError(error=OSError("invalid path: nowhere.pem")))
    monkeypatch.setattr("time.sleep", lambda seconds: not seconds or pytest.fail("waited"))
    meet("start", 1, "invalid path: nowhere.pem", "AWS_CA_BUNDLE")


@pytest.mark.parametrize(
    "failure",
    [
        exceptions.EndpointConnectionError(endpoint_url="https://organizations-fips.example/", error="no such name"),
        exceptions.EndpointVariantError(tags=["fips"]),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_an_address_that_aws_does_not_have_is_told_with_what_may_ask_for_it(meet, way, failure):
    way.answer = raising(failure)
    lines = ("AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT", "use_fips_endpoint", "use_dualstack_endpoint")
    meet("start", 1, "fips", *lines, "AWS may not have it: take that away")


# Regions


@pytest.mark.parametrize("name", ["AWS_REGION", "AWS_DEFAULT_REGION", "region in your profile"])
def test_a_region_that_does_not_exist_is_traced_to_whoever_names_it(meet, monkeypatch, name):
    if name.startswith("AWS"):
        monkeypatch.setenv(name, "no where")
    else:
        Path("config").write_text("[default]\nregion = no where\n", encoding="utf-8")
        monkeypatch.setenv("AWS_CONFIG_FILE", "config")
    meet("start", 1, "no region no where", f"Correct or remove {name}")


@pytest.mark.parametrize(
    ("region", "asked"),
    [
        ("", "sts.us-east-1.amazonaws.com"),
        ("af-south-1", "sts.us-east-1.amazonaws.com"),
        ("eu-central-1", "sts.us-east-1.amazonaws.com"),
        ("cn-north-1", "sts.cn-northwest-1.amazonaws.com.cn"),
        ("us-gov-east-1", "sts.us-gov-west-1.amazonaws.com"),
    ],
)
def test_sts_is_asked_where_it_is_always_enabled(begun, way, monkeypatch, region, asked):
    monkeypatch.setenv("AWS_REGION", region)
    way.answer = http(403, PAGE)
    begun("status")
    assert asked in way.last


# Credentials that somebody hands out


def profile(text: str, monkeypatch: pytest.MonkeyPatch, *, uses: str = "p", key_id: str = PAYER) -> None:
    """The profile `p`, and `key` with an access key; nothing in the environment."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    key = f"aws_access_key_id = {key_id}\naws_secret_access_key = pretend"
    Path("config").write_text(f"[profile key]\n{key}\n[profile p]\n{text}\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", "config")
    monkeypatch.setenv("AWS_PROFILE", uses)


HANDS_OUT = {"Version": 1, "AccessKeyId": PAYER, "SecretAccessKey": "pretend", "SessionToken": "pretend"}
SOON = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
"""So soon that botocore asks again before every call."""
PROGRAM = """
import pathlib, sys, time
count = pathlib.Path("count"); n = int(count.read_text()) if count.exists() else 0; count.write_text(str(n + 1))
if n < {good}:
    print({handed!r})
else:
    {then}
"""
ENDINGS = {
    "fails": ("sys.exit('Session ended: please sign in')", "Session ended: please sign in"),
    "fails in silence": ("sys.exit(3)", "it failed and said nothing"),
    "prints no JSON": ("print('hello HUSH')", "something other than the JSON document"),
    "prints a list": ("print('[1]')", "something other than the JSON document"),
    "prints nothing": ("pass", "something other than the JSON document"),
    "prints another version": ("print('{\"Version\": 2}')", "Unsupported version '2'"),
    "leaves out the key": ("print('{\"Version\": 1}')", "Missing required key"),
    "hands out what has expired": (
        f"print({json.dumps({**HANDS_OUT, 'Expiration': '2020-01-01T00:00:00Z'})!r})",
        "the refreshed credentials are still expired",
    ),
}


@pytest.mark.parametrize("at", AT)
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_program_that_hands_out_credentials(meet, monkeypatch, goes_on, at, ending):
    then, says = ENDINGS[ending]
    handed = json.dumps({**HANDS_OUT, "Expiration": SOON})
    # botocore asks the program twice when it signs in, and then once a call
    Path("hand.py").write_text(PROGRAM.format(good=12 if at == "middle" else 0, handed=handed, then=then), "utf-8")
    profile(f"credential_process = {sys.executable} hand.py --password HUSH", monkeypatch)
    meet(
        at, 4, "These credentials cannot be used: the credential_process of profile p", says, "Run that program by hand"
    )


def test_a_program_that_is_not_there(meet, monkeypatch):
    profile("credential_process = /nowhere/tool", monkeypatch)
    meet("start", 4, "(/nowhere/tool): No such file or directory: /nowhere/tool")


@pytest.mark.slow
def test_a_program_that_takes_its_time_is_told_of(begun, monkeypatch):
    handed = json.dumps(HANDS_OUT)
    then = "time.sleep(1); print(" + repr(handed) + ")"
    Path("hand.py").write_text(PROGRAM.format(good=0, handed="", then=then), "utf-8")
    profile(f"credential_process = {sys.executable} hand.py", monkeypatch)
    monkeypatch.setattr("orgkit.aws.attempts._SLOW", 0.05)
    assert "    no answer yet from the credential_process of profile p" in begun("status").stderr


def operator(session: Any) -> str:
    """The key of a user with all rights: a root user may assume no role."""
    iam = session.client("iam")
    iam.create_user(UserName="Ops")
    iam.attach_user_policy(UserName="Ops", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    return str(iam.create_access_key(UserName="Ops")["AccessKey"]["AccessKeyId"])


AGAIN = {
    "sso_session = s\nsso_account_id = 1\nsso_role_name = r\n[sso-session s]\nsso_region = us-east-1\n"
    "sso_start_url = https://x.awsapps.com/start": ("the SSO session of profile p", "`aws sso login --profile p`"),
    "sso_start_url = https://x.awsapps.com/start\nsso_region = us-east-1\nsso_account_id = 1\nsso_role_name = r": (
        "the SSO session of profile p",
        "`aws sso login --profile p`",
    ),
    "web_identity_token_file = /nowhere/token\nrole_arn = arn:aws:iam::1:role/r": (
        "No such file or directory",
        "Renew the token in /nowhere/token.",
    ),
    f"source_profile = key\nrole_arn = arn:aws:iam::{PAYER}:role/nowhere": (
        "not authorized to perform: sts:AssumeRole",
        "aws configure --profile key",
    ),
    "source_profile = nobody\nrole_arn = arn:aws:iam::1:role/r": ("nobody", GO_ON),
    "source_profile =\nrole_arn = arn:aws:iam::1:role/r\n"
    "[default]\nsource_profile =\nrole_arn = arn:aws:iam::1:role/r": (
        "the role arn:aws:iam::1:role/r of profile p",
        "what assumes the role",
    ),
    "credential_source = Nowhere\nrole_arn = arn:aws:iam::1:role/r": ("Nowhere", "what assumes the role"),
    "aws_access_key_id = AKIAHUSH": ("aws_secret_access_key", "aws configure --profile p"),
    "login_session = arn:aws:iam::1:user/u": ("", "login"),
}


@pytest.mark.parametrize("text", AGAIN, ids=lambda text: text.partition(" ")[0])
def test_every_kind_of_profile_has_its_own_way_to_sign_in_again(meet, monkeypatch, session, text):
    profile(text, monkeypatch, key_id=operator(session))
    says, again = AGAIN[text]
    meet("start", 4, says, again)


@pytest.mark.parametrize("region", ["", "AWS_REGION"])
def test_a_role_profile_needs_no_region(begun, monkeypatch, session, region):
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{PAYER}:root"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam = session.client("iam")
    iam.create_role(RoleName="Admin", AssumeRolePolicyDocument=document)
    profile(f"source_profile = key\nrole_arn = arn:aws:iam::{PAYER}:role/Admin", monkeypatch, key_id=operator(session))
    if region:
        monkeypatch.setenv(region, "eu-central-1")
    result = begun("status")
    assert "Signed in to " in result.stderr, result.output
    assert ":assumed-role/Admin/" in result.stderr


def example(kind: type[exceptions.BotoCoreError]) -> exceptions.BotoCoreError:
    """One of botocore's exceptions, with something for everything that its words name."""
    fields = {name for _, name, _, _ in Formatter().parse(kind.fmt) if name}
    return kind(**dict.fromkeys(fields, "something"))


LOST = (exceptions.ConnectionError, exceptions.HTTPClientError)
KINDS = sorted(
    {
        kind
        for kind in vars(exceptions).values()
        if isinstance(kind, type)
        and issubclass(kind, exceptions.BotoCoreError)
        and kind not in (exceptions.ConfigParseError, exceptions.ProfileNotFound, exceptions.WaiterError)
    },
    key=lambda kind: kind.__name__,
)
OTHERS = (
    RuntimeError("expired"),
    OSError(13, "Permission denied", "token"),
    EOFError(),
    ValueError("x"),
    KeyError("x"),
)


@pytest.mark.parametrize("at", AT)
@pytest.mark.parametrize("failure", [*map(example, KINDS), *OTHERS], ids=lambda failure: type(failure).__name__)
def test_whatever_keeps_botocore_from_renewing_credentials(one_session, meet, way, monkeypatch, at, failure):
    get = credentials.Credentials.get_frozen_credentials

    def renew(self):
        if way.sent >= AT[at]:
            raise failure
        return get(self)

    monkeypatch.setattr(credentials.Credentials, "get_frozen_credentials", renew)
    told = meet(at, 1 if isinstance(failure, LOST) else 4)
    assert "[Errno" not in told
    assert not isinstance(failure, KeyError) or "KeyError('x')" in told


def test_invitations_that_an_ended_session_left_out_end_in_4(bootstrapped, way):
    refuses, sent = refusing("ExpiredTokenException"), []

    def answer(request: Any) -> Answer | None:
        if "InviteAccountToOrganization" in str(request.headers.get("X-Amz-Target")):
            sent.append(request)
        return refuses(request) if len(sent) > 1 else None

    way.answer = answer
    result = bootstrapped("invite 210987654321 321098765432 --yes")
    assert result.exit_code == 4, result.output
    assert "+ 210987654321" in result.stdout
    assert "AWS does not accept these credentials" in result.stderr


# Sessions that end in the middle, by what botocore gets to hear when it renews their credentials

IN_JSON = {"content-type": "application/json"}
KEYS = {"accessKeyId": PAYER, "secretAccessKey": "pretend", "sessionToken": "pretend"}
ASSUMED = f"""<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>{PAYER}</AccessKeyId><SecretAccessKey>pretend</SecretAccessKey><SessionToken>pretend</SessionToken>
<Expiration>{SOON}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""
SSO = "sso_session = s\nsso_account_id = 1\nsso_role_name = r\n[sso-session s]\nsso_region = us-east-1\n"
SSO_LOGIN = ("the SSO session of profile p", "Sign in again: `aws sso login --profile p`")


def refused_as(code: str, **body: str) -> Callable[[Any], Answer]:
    """What AWS's sign-in services answer: the code stands in a header."""
    return http(401, json.dumps({"message": "injected", **body}), **IN_JSON, **{"x-amzn-errortype": code})


def token(hours: int, **more: str) -> str:
    """What signing in has left on the disk, until it ends."""
    until = (datetime.now(UTC) + timedelta(hours=hours)).isoformat()
    return json.dumps({"accessToken": "pretend", "expiresAt": until, **more})


def role_credentials(request: Any) -> Answer:
    keys = {**KEYS, "expiration": int(datetime.fromisoformat(SOON).timestamp() * 1000)}
    return http(200, json.dumps({"roleCredentials": keys}), **IN_JSON)(request)


def sso_token(text: str) -> Callable[[Any], Answer]:
    """From now on the file holds this; none if it is empty."""

    def answer(request: Any) -> Answer:
        file = next(Path("sso").iterdir())
        file.write_text(text, encoding="utf-8") if text else file.unlink()
        return role_credentials(request)

    return answer


@pytest.fixture
def sso(monkeypatch, way) -> Callable[[str, Callable[[Any], Answer]], None]:
    """A profile whose SSO session ends so in the middle; asked for a new token, AWS refuses."""

    def begin(text: str, ends: Callable[[Any], Answer]) -> None:
        profile(f"{text}sso_start_url = https://x.awsapps.com/start", monkeypatch)
        named = "s" if text == SSO else "https://x.awsapps.com/start"
        Path("sso").mkdir()
        Path("sso", f"{sha1(named.encode(), usedforsecurity=False).hexdigest()}.json").write_text(token(9), "utf-8")
        for holder in (credentials.SSOProvider, tokens.SSOTokenProvider):
            monkeypatch.setattr(holder, "_SSO_TOKEN_CACHE_DIR", "sso")
        way.answer = renewing(way, "portal.sso.", role_credentials, ends)

    return begin


def renewing(way: Way, where: str, renewed: Callable, ends: Callable) -> Callable[[Any], Answer | None]:
    """Credentials are renewed there until the middle of the run; from then on it answers otherwise."""
    others: list[str] = []

    def answer(request: Any) -> Answer | None:
        if where in f"{request.url} {request.body}":
            return renewed(request) if len(others) < AT["middle"] else ends(request)
        if "oidc." in request.url:
            return refused_as("InvalidGrantException")(request)
        others.append(request.url)
        return None

    return answer


RENEWABLE = {
    "clientId": "c",
    "clientSecret": "HUSH",
    "refreshToken": "HUSH",
    "registrationExpiresAt": (datetime.now(UTC) + timedelta(days=9)).isoformat(),
}


@pytest.mark.parametrize(
    "ends",
    [
        refused_as("UnauthorizedException"),
        sso_token(""),
        sso_token(token(-1)),
        sso_token(token(-1, **RENEWABLE)),
        refused_as("ForbiddenException"),
    ],
    ids=["refused", "signed out", "ended", "not renewed", "role taken away"],
)
def test_an_sso_session_that_ends(meet, sso, goes_on, ends):
    sso(SSO, ends)
    meet("middle", 4, "cannot be used", *SSO_LOGIN)


def test_an_sso_session_of_the_old_kind_that_ends(meet, monkeypatch, sso):
    sso("sso_region = us-east-1\nsso_account_id = 1\nsso_role_name = r\n", sso_token(token(-1)))
    meet("middle", 4, "cannot be used", *SSO_LOGIN)


ROLE = f"source_profile = key\nrole_arn = arn:aws:iam::{PAYER}:role/Admin"


def test_a_role_whose_credentials_can_no_longer_be_renewed(meet, way, monkeypatch):
    profile(ROLE, monkeypatch)
    assumed = http(200, ASSUMED, **{"content-type": "text/xml"})
    way.answer = renewing(way, "Action=AssumeRole", assumed, refusing("ExpiredToken"))
    told = meet(
        "middle", 4, "the role arn:aws:iam::123456789012:role/Admin of profile p: An error occurred (ExpiredToken) when"
    )
    assert "aws configure --profile key" in told


def test_a_session_that_an_mfa_code_opened_ends(meet, way, monkeypatch, codes):
    profile(f"{ROLE}\nmfa_serial = arn:aws:iam::{PAYER}:mfa/me", monkeypatch)
    way.answer = renewing(way, "Action=AssumeRole", http(200, ASSUMED, **{"content-type": "text/xml"}), refusing("x"))
    way.sent = 0
    monkeypatch.setattr(  # nothing but time tells botocore that it ends
        credentials.RefreshableCredentials,
        "_seconds_remaining",
        lambda _: 3600 if way.sent <= AT["middle"] else 60,
    )
    meet("middle", 4, "MFA token required", "a new code opens a new one")
    assert len(codes) == 1


@pytest.mark.parametrize("why", ["TOKEN_EXPIRED", "USER_CREDENTIALS_CHANGED", "INSUFFICIENT_PERMISSIONS", "else"])
def test_a_session_of_aws_login_that_ends(meet, way, monkeypatch, why):
    profile("login_session = arn:aws:iam::1:user/u\nregion = us-east-1", monkeypatch)
    until = (datetime.now(UTC) + timedelta(minutes=4)).isoformat()
    keys = {**KEYS, "accountId": PAYER, "expiresAt": until}
    kept = {"accessToken": keys, "refreshToken": "HUSH", "dpopKey": "HUSH", "clientId": "c"}
    file = Path("login", f"{sha256(b'arn:aws:iam::1:user/u').hexdigest()}.json")
    file.parent.mkdir()
    file.write_text(json.dumps(kept), encoding="utf-8")
    monkeypatch.setenv("AWS_LOGIN_CACHE_DIRECTORY", "login")
    # AWS's crt library, which may not be there, only signs the request for new credentials.
    monkeypatch.setattr(credentials, "EC", SimpleNamespace(new_key_from_der_data=bytes))
    monkeypatch.setattr(credentials, "_build_add_dpop_header_handler", lambda key: lambda **_: None)
    renewed = http(200, json.dumps({"accessToken": KEYS, "expiresIn": 240, "refreshToken": "HUSH"}), **IN_JSON)
    way.answer = renewing(way, ".signin.", renewed, refused_as("AccessDeniedException", error=why))
    meet("middle", 4, "the session of profile p", "Sign in again: `aws login --profile p`")


# MFA codes


@pytest.fixture
def codes(monkeypatch, session) -> list[str]:
    """Who was asked for an MFA code, with what was said before. Roles of two payers ask for one."""
    document = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{PAYER}:root"}, "Action": "sts:AssumeRole"}
            ],
        }
    )
    iam = session.client("iam")
    iam.create_role(RoleName="Admin", AssumeRolePolicyDocument=document)
    iam.create_user(UserName="Ops")  # a root user may assume no role
    iam.attach_user_policy(UserName="Ops", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    asked: list[str] = []

    def prompt(words: str) -> str:
        assert current_thread() is main_thread()
        asked.append(words)
        return "123456"

    make = credentials.AssumeRoleProvider.__init__
    monkeypatch.setattr(credentials.AssumeRoleProvider, "__init__", partialmethod(make, prompter=prompt))
    return asked


def test_payers_whose_sign_in_asks_for_a_code_are_signed_in_to_one_after_the_other(begun, codes, session, monkeypatch):
    key = session.client("iam").create_access_key(UserName="Ops")["AccessKey"]
    secret = f"aws_access_key_id = {key['AccessKeyId']}\naws_secret_access_key = {key['SecretAccessKey']}"
    role = f"source_profile = ops\nrole_arn = arn:aws:iam::{PAYER}:role/Admin\nmfa_serial = arn:aws:iam::{PAYER}:mfa/me"
    profile(f"{role}\n[profile q]\n{role}\n[profile ops]\n{secret}", monkeypatch)
    for name in ("p", "q"):
        text = Path("orgkit.yaml").read_text(encoding="utf-8")
        Path(f"{name}.yaml").write_text(f"{text}profile: {name}\n", encoding="utf-8")
    result = begun("status p.yaml q.yaml")
    assert result.exit_code == 3, result.output
    assert len(codes) == 2
    for name in ("p", "q"):
        assert f"{name}.yaml: signing in to {PAYER}, the payer of Example University" in result.stderr
