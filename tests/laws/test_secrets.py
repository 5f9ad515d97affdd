"""Law 7: a password is in the request that sets it and in the file for its user, and nowhere else.

Nor are the credentials of whoever runs orgkit in anything it prints.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote_plus

import boto3
import pytest
from moto.iam.exceptions import IAMException

from laws import world
from one_session import OneSession
from orgkit import errors, sandbox
from orgkit.iam import passwords
from orgkit.sandbox import PAYER

PASSWORDS = {"BillingAdmin": "Zx7!billing-Password-Q1", "OrgAdmin": "Zx7!institutes-Passwd-Q2"}
KEY, TOKEN = "pretend-Secret-Access-Key", "pretend-Session-Token"
SECRETS = (*PASSWORDS.values(), KEY, TOKEN)
SIGNED = ("AWS4-HMAC-SHA256", "Signature=", "X-Amz-Security-Token")


@dataclass
class Sent:
    """What went over the wire: each request's operation, and all of it as text."""

    requests: list[tuple[str, str]] = field(default_factory=list)

    def record(self, request, event_name, **_):
        body = request.body.decode() if isinstance(request.body, bytes) else str(request.body)
        self.requests.append((event_name.rsplit(".", 1)[1], f"{request.url} {request.headers} {_unquoted(body)}"))

    def naming(self, secret: str) -> list[str]:
        return [operation for operation, text in self.requests if secret in text]


def _unquoted(body: str) -> str:
    return f"{body} {unquote_plus(body)}"


@pytest.fixture(scope="module")
def sent() -> Sent:
    return Sent()


@pytest.fixture(scope="module")
def one(sent) -> OneSession:
    sandbox.install()
    session = boto3.Session(PAYER, KEY, TOKEN, region_name="us-east-1")
    session.events.register("before-send", sent.record)
    return OneSession(session)


@pytest.fixture
def orgkit(orgkit, one, sent, settings, monkeypatch):
    """The command line, with credentials and passwords that the tests know."""
    sent.requests.clear()
    passwords = iter(PASSWORDS.values())
    monkeypatch.setattr("orgkit.iam.passwords.new_password", lambda length: next(passwords))
    monkeypatch.setattr("boto3.Session", lambda **_: one)
    return orgkit


def secrets_in(text: str) -> list[str]:
    return [secret for secret in (*SECRETS, *SIGNED) if secret in text]


@pytest.fixture
def raised(monkeypatch) -> list[errors.OrgkitError]:
    """Every error that orgkit makes, to look into what it holds."""
    made: list[errors.OrgkitError] = []
    init = errors.OrgkitError.__init__

    def watched(self, *args, **more):
        init(self, *args, **more)
        made.append(self)

    monkeypatch.setattr(errors.OrgkitError, "__init__", watched)
    return made


COMMANDS = ["bootstrap --yes", "bootstrap --yes --debug", "bootstrap --yes --debug -o json"]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_output_holds_a_secret(orgkit, tally, command):
    result = orgkit(command)
    assert result.exit_code == 0
    assert secrets_in(result.output) == []
    if "--debug" in command:
        assert "iam:create_login_profile" in result.stderr  # the calls are told, but not this of them
        assert "Password=(not shown)" in result.stderr
    tally["hiding places"] += 1


@pytest.mark.parametrize("user", PASSWORDS)
def test_only_the_call_that_sets_it_and_the_user_s_own_file_hold_a_password(orgkit, sent, tally, user):
    assert orgkit("bootstrap --yes --debug").exit_code == 0
    assert sent.naming(PASSWORDS[user]) == ["CreateLoginProfile"]
    holding = [file for file in Path().rglob("*") if PASSWORDS[user] in file.read_text("utf-8")]
    assert holding == [Path(f"{user}_credentials.csv")]
    assert world.passwords()[user] == PASSWORDS[user]
    tally["hiding places"] += 2


def test_cloudformation_never_hears_a_password(orgkit, one, tally):
    orgkit("bootstrap --yes")
    cloudformation, stack = one.client("cloudformation"), {"StackName": "orgkit-iam"}
    told = [
        cloudformation.describe_stacks(**stack),
        cloudformation.get_template(**stack),
        cloudformation.describe_stack_events(**stack),
        cloudformation.describe_stack_resources(**stack),
    ]
    for answer in told:
        assert secrets_in(json.dumps(answer, default=str)) == []
        tally["hiding places"] += 1


def test_no_process_is_told_a_password(orgkit, tally, monkeypatch):
    def started(*_, **__):
        raise AssertionError("another process was started")

    for way in ("subprocess.Popen", "os.system", "os.posix_spawn", "os.execve", "os.fork"):
        monkeypatch.setattr(way, started)
    orgkit("bootstrap --yes")
    assert secrets_in(Path("/proc/self/cmdline").read_text(encoding="utf-8")) == []
    assert [name for name, value in os.environ.items() if set(PASSWORDS.values()) & {value}] == []
    with pytest.raises(AssertionError, match="another process"):
        subprocess.run(["true"], check=False)
    tally["hiding places"] += 2


# When things go wrong


def refused_by_policy(one, monkeypatch):
    one.client("iam").update_account_password_policy(MinimumPasswordLength=128)


def lost_on_the_way(one, monkeypatch):
    def fails(self, user, password):
        raise ValueError  # a bug, as near to the password as there can be one

    monkeypatch.setattr("orgkit.aws.cloudformation.Iam.create_password", fails)


def not_to_be_written(one, monkeypatch):
    monkeypatch.setattr("orgkit.iam.passwords.check", lambda *_: None)

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)


def taken_by_somebody_else(one, monkeypatch):
    write = passwords.write

    def slowly(path, user, account, password, url):
        write(path, user, account, password, url)
        one.client("iam").create_login_profile(UserName=user, Password="Somebody-else-s-1")

    monkeypatch.setattr("orgkit.iam.passwords.write", slowly)


def quoted_by_aws(one, monkeypatch):
    def quotes(self, user_name, password, reset_required):
        raise IAMException("ValidationError", f"1 validation error detected: Value '{password}' at 'password'")

    monkeypatch.setattr("orgkit.sandbox.iam.backend.Backend.give_login_profile", quotes)


@pytest.mark.parametrize(
    "goes_wrong", [refused_by_policy, lost_on_the_way, not_to_be_written, taken_by_somebody_else, quoted_by_aws]
)
@pytest.mark.parametrize("more", ["--debug", "-o json"])
def test_no_failure_tells_a_secret(orgkit, one, raised, tally, monkeypatch, goes_wrong, more):
    goes_wrong(one, monkeypatch)
    result = orgkit(f"bootstrap --yes {more}")
    assert result.exit_code == (0 if goes_wrong is taken_by_somebody_else else 1), result.output
    assert secrets_in(result.output) == []
    assert raised or goes_wrong is lost_on_the_way
    for error in raised:
        assert secrets_in("".join(traceback.format_exception(error))) == []
    tally["hiding places"] += 1


@pytest.mark.parametrize("command", ["handover --for partner", "handover --for institution -o html"])
def test_what_is_handed_over_names_the_file_and_not_the_password(orgkit, tally, command):
    orgkit("bootstrap --yes")
    result = orgkit(command)
    assert result.exit_code == 0, result.output
    assert "password" in result.stdout
    assert secrets_in(result.output) == []
    tally["hiding places"] += 1


# The credentials of whoever runs it


@pytest.mark.parametrize("command", ["status --debug", "status -o tree --debug"])
def test_debug_shows_calls_and_no_signatures(orgkit, tally, command):
    orgkit("bootstrap --yes")
    result = orgkit(command)
    assert "organizations:describe_organization" in result.stderr
    assert secrets_in(result.output) == []
    tally["hiding places"] += 1


def test_botocore_s_own_log_stays_off(orgkit, caplog):
    caplog.set_level(logging.WARNING)
    orgkit("bootstrap --yes --debug")
    assert not logging.getLogger("botocore").isEnabledFor(logging.DEBUG)
    assert caplog.records == []


def test_these_tests_would_find_a_secret(orgkit, sent):
    orgkit("bootstrap --yes")
    assert secrets_in(Path("OrgAdmin_credentials.csv").read_text(encoding="utf-8")) == [PASSWORDS["OrgAdmin"]]
    assert any(TOKEN in text and "AWS4-HMAC-SHA256" in text for _, text in sent.requests)
