"""docs/operations.md: its table is orgkit's own, and its commands take away all that orgkit made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

import write_operations
from orgkit.bundled import shipped
from orgkit.cli.main import EXITS
from orgkit.errors import FILE, remedies
from orgkit.iam import stack as iam_stack
from orgkit.procedure import bootstrap
from orgkit.sandbox import PAYER, clock
from orgkit.step import State
from shell import Shell
from steps import in_order

PAGE = write_operations.PAGE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def test_every_remedy_is_on_the_page_as_orgkit_prints_it():
    assert write_operations.written() == PAGE
    assert all(f"`{code}`" in PAGE and f"| {each.remedy} |" in PAGE for code, each in remedies().items())


def test_every_exit_code_is_on_the_page():
    assert re.findall(r"^\| (\d+) \| (.*) \|$", PAGE, re.MULTILINE) == [
        (str(code), words) for code, words in EXITS.items()
    ]


@pytest.mark.parametrize("state", sorted({*shipped(FILE)["stuck"], *iam_stack._LEFTOVERS}))
def test_every_state_of_the_stack_that_stops_a_run_is_on_the_page(state):
    assert f"`{state}`" in PAGE


# Undo by hand: the blocks are run line by line, as bash and the AWS CLI would.


@pytest.fixture
def used(aws, settings, session, monkeypatch) -> Iterator[None]:
    """A bootstrapped payer whose two users have an MFA device and an access key, with one account in the OU."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    list(bootstrap(aws(), settings))
    iam, organizations = session.client("iam"), session.client("organizations")
    for user in ("BillingAdmin", "OrgAdmin"):
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName=user)["VirtualMFADevice"]["SerialNumber"]
        iam.enable_mfa_device(
            UserName=user, SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321"
        )
        iam.create_access_key(UserName=user)
    organizations.create_account(AccountName="Physics", Email="physics@example.edu")
    list(bootstrap(aws(), settings))


def test_undo_by_hand_takes_away_all_that_orgkit_made(used, aws, settings, session):
    users, stack, scps, ou, scps_as_such, organization = BLOCKS
    shell = Shell(session)
    shell.run(users)
    shell.run(users, ADMIN="OrgAdmin")
    shell.run(stack)
    shell.run(scps)
    shell.run(scps, GUARD="keep-membership")
    shell.run(ou)
    shell.run(scps_as_such)
    states = {step.thing: step.state for step in in_order(aws(), settings)}
    assert states.pop("organization") is State.IN_PLACE
    assert states.pop("accounts in the OU") is State.DRIFTED
    assert set(states.values()) == {State.MISSING, State.TO_FOLLOW}
    clock.advance(timedelta(days=5))  # no account leaves in its first four
    shell.run(organization)
    assert {step.state for step in in_order(aws(), settings)} == {State.MISSING, State.TO_FOLLOW}
    assert not session.client("iam").list_users()["Users"]
    assert not session.client("iam").list_virtual_mfa_devices()["VirtualMFADevices"]


def test_the_page_speaks_of_the_settings_that_the_tests_use(settings):
    undo = "\n".join(BLOCKS)
    names = [settings.iam.stack, settings.institution, settings.iam.billing_admin, settings.iam.org_admin, PAYER]
    assert all(name in undo for name in [*names, *(scp.name for scp in settings.scps)])
