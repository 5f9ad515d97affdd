"""Law 9: a remedy, followed to the letter, works; it harms nobody, and does not lead back to itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

import pytest
from botocore.exceptions import ClientError

from laws import world
from laws.adopted import ADOPTED, Adopted, write_settings
from laws.hands import STACK, Hands
from orgkit.sandbox import cloudformation


def retry_deletion(h: Hands) -> None:
    for user in ("BillingAdmin", "OrgAdmin"):
        h.iam.delete_login_profile(UserName=user)
    h.cloudformation.delete_stack(StackName=STACK)
    with suppress(ClientError):  # that there is none
        h.settled()


STUCK: Mapping[str, Callable[[Hands], object]] = {
    "DELETE_FAILED": retry_deletion,
    "ROLLBACK_FAILED": retry_deletion,
    "UPDATE_ROLLBACK_FAILED": lambda h: h.cloudformation.continue_update_rollback(StackName=STACK),
}
BLOCKED = [adopted for adopted in ADOPTED if adopted.blocked]


def people(seen: world.World) -> object:
    """Users and groups with their rights, and the documents of policies and SCPs."""
    organization = seen["organization"] or {"policies": []}
    scps = {policy["name"]: policy["content"] for policy in organization["policies"]}
    return seen["iam"]["users"], seen["iam"]["groups"], seen["iam"]["policies"], scps


@pytest.mark.parametrize("adopted", BLOCKED, ids=str)
def test_what_blocks_is_cleared_by_its_remedy(begun, hands, tally, adopted: Adopted):
    adopted.deed(hands)
    refused = begun("bootstrap --yes")
    assert refused.exit_code == 1
    *_, theirs = (everything := people(world.look()))
    adopted.follow(hands)
    write_settings(adopted.settings)
    done = begun("bootstrap --yes")
    assert done.exit_code == 0, done.output
    assert begun("status --quick").exit_code == 0
    *lists, scps = people(world.look())
    assert all(each in after for before, after in zip(everything[:3], lists, strict=True) for each in before)
    assert theirs.items() <= scps.items()
    tally["remedies followed"] += 1


@pytest.mark.parametrize("status", STUCK)
def test_a_stack_that_is_stuck_is_freed_by_its_remedy(begun, hands, tally, status: str):
    assert begun("bootstrap --yes").exit_code == 0
    hands.protect(on=False)  # whoever tried to delete it did so
    cloudformation.force_status(STACK, status)
    refused = begun("bootstrap --yes")
    assert refused.exit_code == 1
    assert status in refused.stderr
    STUCK[status](hands)
    done = begun("bootstrap --yes")
    assert done.exit_code == 0, done.output
    assert begun("status --quick").exit_code == 0
    tally["remedies followed"] += 1


@pytest.mark.parametrize("where", ["iam: {stack: other}\n", "iam: {region: eu-central-1}\n"])
def test_a_stack_of_ours_that_the_settings_no_longer_find_is_named_again(begun, tally, where: str):
    write_settings(where)
    assert begun("bootstrap --yes").exit_code == 0
    before = world.look()
    write_settings()
    refused = begun("bootstrap --yes")
    assert refused.exit_code == 1
    assert "set iam.region or iam.stack in orgkit.yaml to it" in " ".join(refused.stderr.split())
    assert world.look() == before
    write_settings(where)
    assert begun("status --quick").exit_code == 0
    tally["remedies followed"] += 1
