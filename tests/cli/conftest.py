"""What the tests of the commands share: an account at each stage, and a person at a terminal."""

from __future__ import annotations

import pytest

from orgkit.sandbox import PAYER

INIT = f'init --account {PAYER} --institution "Example University"'


@pytest.fixture
def begun(orgkit):
    assert orgkit(INIT).exit_code == 0
    return orgkit


@pytest.fixture
def bootstrapped(begun):
    result = begun("bootstrap --yes")
    assert result.exit_code == 0, result.output
    return begun


@pytest.fixture
def organizations(session):
    return session.client("organizations")


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setattr("orgkit.cli.common._is_terminal", lambda: True)
