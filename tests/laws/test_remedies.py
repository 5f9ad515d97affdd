"""Law 9: a remedy, followed to the letter, works; it harms nobody, and does not lead back to itself."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.core.utils import get_service_model

from laws import world
from laws.adopted import ADOPTED, ANOTHER, MEMBER, SERVICES, Adopted, write_settings
from laws.faults import Fault, refusal
from laws.hands import STACK, Hands
from orgkit import errors, found, procedure, services, step
from orgkit.bundled import shipped
from orgkit.errors import remedies
from orgkit.iam import changes, stack
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
    "IMPORT_ROLLBACK_FAILED": lambda h: cloudformation.force_status(STACK, "IMPORT_ROLLBACK_COMPLETE"),  # AWS Support
    "UPDATE_FAILED": lambda h: h.cloudformation.rollback_stack(StackName=STACK),
    "UPDATE_ROLLBACK_FAILED": lambda h: h.cloudformation.continue_update_rollback(StackName=STACK),
}
STUCK_AT = "stack._as_read.2"
BLOCKED = [adopted for adopted in (*ADOPTED, *SERVICES) if adopted.blocked]
ROOMS = (found, procedure, services, stack, changes)
"""The modules whose steps may be blocked."""


def places() -> dict[str, range]:
    """Every call of `blocked` in the code, by module, function and its number there, and its lines."""
    lines = {}
    for room in ROOMS:
        for function in ast.walk(ast.parse(inspect.getsource(room))):
            if isinstance(function, ast.FunctionDef):
                calls = [each for each in ast.walk(function) if isinstance(each, ast.Call)]
                calls = [each for each in calls if isinstance(each.func, ast.Name) and each.func.id == "blocked"]
                for number, call in enumerate(sorted(calls, key=lambda each: each.lineno)):
                    name = f"{room.__name__.rpartition('.')[2]}.{function.name}.{number}"
                    lines[name] = range(call.lineno, (call.end_lineno or call.lineno) + 1)
    return lines


PLACES = places()

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
ON_THE_PAGE = {
    "changes.taken.0": "IAM has users, groups, policies or roles of the names",
    "found.in_the_way.0": "an SCP of the same name",
    "found.no_room.0": "ten SCPs",
    "procedure.full_access.0": "FullAWSAccess is not attached",
    "procedure.organization.0": "the organization has consolidated billing only",
    "services.administrator.0": "a service has another delegated administrator",
    "services.administrator.1": "a service has another delegated administrator, or its administrator is not in",
    "services.administrator.2": "a service that only the service itself can turn on or delegate",
    "services.trusted_access.0": "a service that only the service itself can turn on",
    "stack._as_read.1": "a stack of the same name",
    "stack._as_read.2": "the stack is in",
    "stack._as_read.0": "`iam.org_admin_from`, `iam.billing_admin_from` or `iam.watcher` is of another partition",
}
"""How the row begins that says the same in the docs."""


@pytest.fixture
def blocked_at(monkeypatch) -> set[str]:
    """Where the code blocks, from here on."""
    seen: set[str] = set()

    def noticed(*arguments: Any) -> step.Step:
        frame = inspect.currentframe()
        code = frame and frame.f_back
        assert code
        function = f"{Path(code.f_code.co_filename).stem}.{code.f_code.co_name}."
        seen.update(place for place in PLACES if place.startswith(function) and code.f_lineno in PLACES[place])
        return step.blocked(*arguments)

    for room in ROOMS:
        monkeypatch.setattr(room, "blocked", noticed)
    return seen


def test_every_place_that_blocks_has_somebody_who_follows_its_remedy():
    assert {adopted.blocked for adopted in BLOCKED} | {STUCK_AT} == PLACES.keys()
    assert STUCK.keys() == shipped(errors.FILE)["stuck"].keys()


def test_every_place_that_blocks_is_in_the_docs():
    assert ON_THE_PAGE.keys() == PLACES.keys()
    page = PAGE.read_text(encoding="utf-8")
    assert [row for row in ON_THE_PAGE.values() if f"\n| {row}" not in page] == []


def people(seen: world.World) -> object:
    """Users and groups with their rights, and the documents of policies and SCPs."""
    organization = seen["organization"] or {"policies": []}
    scps = {policy["name"]: policy["content"] for policy in organization["policies"]}
    return seen["iam"]["users"], seen["iam"]["groups"], seen["iam"]["policies"], scps


@pytest.mark.parametrize("adopted", BLOCKED, ids=str)
def test_what_blocks_is_cleared_by_its_remedy(begun, hands, blocked_at, tally, adopted: Adopted):
    write_settings(adopted.before)
    adopted.deed(hands)
    refused = begun("bootstrap --yes")
    assert refused.exit_code == 1
    assert adopted.blocked in blocked_at
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
def test_a_stack_that_is_stuck_is_freed_by_its_remedy(begun, hands, blocked_at, tally, status: str):
    assert begun("bootstrap --yes").exit_code == 0
    hands.protect(on=False)  # whoever tried to delete it did so
    cloudformation.force_status(STACK, status)
    refused = begun("bootstrap --yes")
    assert refused.exit_code == 1
    assert status in refused.stderr
    assert STUCK_AT in blocked_at
    STUCK[status](hands)
    done = begun("bootstrap --yes")
    assert done.exit_code == 0, done.output
    assert begun("status --quick").exit_code == 0
    tally["remedies followed"] += 1


INVITE = "before-send.organizations.InviteAccountToOrganization"
MODEL = get_service_model("organizations")
REASONS = {
    reason: shape.name
    for shape in MODEL.error_shapes
    if "Reason" in shape.members
    for reason in shape.members["Reason"].enum
}


@pytest.mark.parametrize("code", sorted(remedies()))
def test_when_what_aws_refused_is_cleared_the_same_command_goes_on(orgkit, one_session, ou, aws, tally, code: str):
    """For each refusal that has a remedy, reasons as the exceptions that carry them. None loses or doubles anything."""
    fault = Fault(code, code=REASONS.get(code, code), reason=code if code in REASONS else "")
    events = aws().calls.clients("organizations", "us-east-1").meta.events

    def refuse(request, **_: object) -> object:
        return refusal(request, fault)

    events.register_first(INVITE, refuse)
    try:
        refused = orgkit(f"invite {MEMBER} {ANOTHER} --yes")
    finally:
        events.unregister(INVITE, refuse)
    assert refused.exit_code in (1, 4)
    said = " ".join(refused.stderr.split())
    by_profile = refused.exit_code == 4 and "run the same command: it goes on from here." in said
    assert by_profile or " ".join(remedies()[code].remedy.split()) in said
    done = orgkit(f"invite {MEMBER} {ANOTHER} --yes")
    assert done.exit_code == 0, done.output
    assert done.stdout.count(" h-") == 2
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
