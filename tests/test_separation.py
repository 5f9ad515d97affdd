"""The proof of the separation: what is deployed as it should be, and what every tampering really changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from string import Formatter

import boto3
import pytest

from orgkit import procedure, sandbox, separation
from orgkit.aws import Aws, Caller, connect
from orgkit.aws.calls import Calls
from orgkit.capabilities import Capability, Persona, Place, Should, SignIn, capabilities
from orgkit.errors import OrgkitError
from orgkit.sandbox import PAYER
from orgkit.separation import Found, Row
from orgkit.settings import Settings, parse
from orgkit.steps import State

ROOT = Path(__file__).parents[1]
CATALOGUE = json.loads((ROOT / "tests" / "data" / "iam-actions.json").read_text(encoding="utf-8"))
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
ALL = capabilities()
BY_ID = {capability.id: capability for capability in ALL}
SETTINGS = f'account: "{PAYER}"\ninstitution: Example University\n'


def rows(*ids: str) -> list[Capability]:
    return [BY_ID[id_] for id_ in ids]


# The data


def test_there_are_at_least_45_capabilities():
    assert len(ALL) >= 45


def test_every_capability_has_an_id_and_a_sentence_of_its_own():
    assert len({capability.id for capability in ALL}) == len({capability.may for capability in ALL}) == len(ALL)


def test_every_persona_has_a_value_everywhere_and_every_capability_concerns_somebody():
    for capability in ALL:
        assert list(capability.should_be) == list(Persona), capability.id
        assert set(capability.should_be.values()) != {Should.NOT_APPLICABLE}, capability.id


def test_every_action_exists():
    named = {tuple(action.split(":", 1)) for capability in ALL for action in capability.actions}
    assert {f"{prefix}:{name}" for prefix, name in named if name not in CATALOGUE.get(prefix, ())} == set()


def test_every_action_of_organizations_is_in_some_row():
    named = {action for capability in ALL for action in capability.actions}
    assert {f"organizations:{name}" for name in CATALOGUE["organizations"]} - named == set()


def test_only_payer_personas_sign_in_without_mfa_and_only_members_are_at_the_root():
    for capability in ALL:
        payer, member = list(capability.should_be.values())[:2], list(capability.should_be.values())[2:]
        if capability.sign_in is not SignIn.MFA:
            assert set(member) == {Should.NOT_APPLICABLE}, capability.id
        if capability.place is Place.ROOT:
            assert set(payer) == {Should.NOT_APPLICABLE}, capability.id


# A payer as bootstrap leaves it


@contextmanager
def bootstrapped(settings: Settings, session: boto3.Session) -> Iterator[Callable[[], Aws]]:
    calls = Calls(session, tell=lambda line: None, region="us-east-1", sleep=lambda seconds: None)

    def new_run() -> Aws:
        return connect(calls, Caller(PAYER, f"arn:aws:iam::{PAYER}:root", long_lived=True))

    with sandbox.running():
        list(procedure.bootstrap(new_run(), settings))
        yield new_run
