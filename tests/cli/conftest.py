"""What the tests of the commands share: an account at each stage, and a person at a terminal."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore.client import BaseClient

from orgkit import procedure
from orgkit.sandbox import PAYER
from orgkit.sandbox.authorization import enforcement

INIT = f'init --account {PAYER} --institution "Example University"'


@pytest.fixture
def begun(orgkit, once):
    assert once("init", lambda: orgkit(INIT)).exit_code == 0
    return orgkit


@pytest.fixture
def bootstrapped(begun, once):
    result = once("bootstrap", lambda: begun("bootstrap --yes"))
    assert result.exit_code == 0, result.output
    return begun


@pytest.fixture
def terminal(monkeypatch):
    # The one that imports the other first: imported after it, it would keep what this patches for all further tests.
    for module in ("settings_file", "common"):
        monkeypatch.setattr(f"orgkit.cli.{module}.is_terminal", lambda: True)


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """Every call of the command, whose session is its own, as `ListAccounts`."""
    calls: list[str] = []
    make = BaseClient._make_api_call

    def heard(self, operation_name, parameters):
        calls.append(operation_name)
        return make(self, operation_name, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", heard)
    return calls


@pytest.fixture
def writes(asked):
    """The calls of the command that change something."""
    return lambda: [call for call in asked if not call.startswith(("Describe", "Get", "List"))]


@pytest.fixture
def parent(organizations):
    return lambda account: organizations.list_parents(ChildId=account)["Parents"][0]["Id"]


@pytest.fixture
def sent(organizations):
    """All invitations by target, with times in UTC; boto3 gives them in the time zone of the machine."""

    def read() -> dict[str, dict]:
        found = {}
        for each in organizations.list_handshakes_for_organization()["Handshakes"]:
            target = next(party["Id"] for party in each["Parties"] if party["Type"] != "ORGANIZATION")
            found[target] = {
                key: value.astimezone(UTC) if isinstance(value, datetime) else value for key, value in each.items()
            }
        return found

    return read


@pytest.fixture
def org_admin(aws, settings, session, monkeypatch):
    """Everything is in place, IAM is enforced, and the caller is the institution's org admin, with MFA."""
    for _ in procedure.bootstrap(aws(), settings):
        pass
    key = session.client("iam").create_access_key(UserName=settings.iam.org_admin)["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    enforcement.enforce(True)
    enforcement.signed_in_with_mfa(key["AccessKeyId"])
    return key["AccessKeyId"]
