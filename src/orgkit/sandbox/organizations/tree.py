"""The tree of the organization: its OUs and accounts."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Final

from moto.core.utils import unix_time
from moto.iam.models import iam_backends
from moto.organizations.models import (
    FakeAccount,
    FakeOrganizationalUnit,
    FakeRoot,
    OrganizationsBackend,
    organizations_backends,
)
from moto.organizations.utils import make_random_create_account_status_id

from orgkit.sandbox import clock
from orgkit.sandbox.organizations import structure, tags
from orgkit.sandbox.organizations.answering import Answer, Request, page
from orgkit.sandbox.organizations.refusals import refused, violates
from orgkit.sandbox.organizations.state import just_made, listed, memory
from orgkit.sandbox.organizations.structure import unlink_all

MAX_DEPTH: Final = 5
"""OUs below the root on one path. AWS: Quotas for AWS Organizations."""
MAX_UNITS: Final = 2000
"""OUs in an organization. AWS: Quotas for AWS Organizations."""


def create_account(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: no two accounts share an e-mail address; the request is taken and its status says FAILED.

    AWS works in the background; here, as in moto, the answer already bears the end.
    """
    tags.check(request.get("Tags", []))
    organizations = chain.from_iterable(each.values() for each in tuple(organizations_backends.values()))
    if request["Email"].lower() in {account.email.lower() for each in organizations for account in each.accounts}:
        failed = _failed(request["AccountName"], "EMAIL_ALREADY_EXISTS")
        memory(backend).failed_creations.append(failed)
        later = ("CompletedTimestamp", "FailureReason")
        begun = {key: value for key, value in failed.items() if key not in later}
        return {"CreateAccountStatus": {**begun, "State": "IN_PROGRESS"}}
    status = backend.create_account(**request)
    # AWS attaches AdministratorAccess to the access role. moto's has no policy at all.
    iam = iam_backends[status["CreateAccountStatus"]["AccountId"]][backend.partition]
    administrator = f"arn:{backend.partition}:iam::aws:policy/AdministratorAccess"
    iam.attach_role_policy(administrator, request.get("RoleName") or "OrganizationAccountAccessRole")
    return status


def describe_creation(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: CreateAccountStatusNotFoundException for an unknown request. moto speaks of an unknown account."""
    wanted = request["CreateAccountRequestId"]
    for creation in _creations(backend):
        if creation["Id"] == wanted:
            return {"CreateAccountStatus": creation}
    raise refused("CreateAccountStatusNotFoundException")


def list_creations(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: only accounts that were created, in pages of twenty. moto's second token starts the walk anew."""
    states = request.get("States") or ["IN_PROGRESS", "SUCCEEDED", "FAILED"]
    creations = [creation for creation in _creations(backend) if creation["State"] in states]
    return page("CreateAccountStatuses", request, creations, dict, key=lambda creation: creation["Id"])


def describe_account(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: with the paths. moto has none."""
    return {"Account": _account_shower(backend)(structure.account(backend, request["AccountId"]))}


def list_accounts(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: pages of twenty. moto's are of a hundred, and stand still when the clock does."""
    return page("Accounts", request, backend.accounts, _account_shower(backend))


def list_accounts_for_parent(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: pages of twenty, with paths."""
    parent = structure.container(backend, request["ParentId"])
    here = (account for account in backend.accounts if account.parent_id == parent.id)
    return page("Accounts", request, here, _account_shower(backend))


def move_account(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: both places exist, and the account is at the source. moto ignores where it is."""
    account = structure.account(backend, request["AccountId"])
    source = structure.container(backend, request["SourceParentId"], "SourceParentNotFoundException")
    destination = structure.container(backend, request["DestinationParentId"], "DestinationParentNotFoundException")
    if account.parent_id == destination.id:
        raise refused("DuplicateAccountException")
    if account.parent_id != source.id:
        raise refused("SourceParentNotFoundException")
    account.parent_id = destination.id
    return {}


def close_account(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: never the management account."""
    account = structure.account(backend, request["AccountId"])
    if account.id == backend.account_id:
        raise violates("CANNOT_CLOSE_MANAGEMENT_ACCOUNT")
    account.close()
    return {}


def _account_shower(backend: OrganizationsBackend) -> Callable[[FakeAccount], Answer]:
    path = structure.path_finder(backend)
    return lambda account: {**account.describe(), "Paths": [f"{path(account.parent_id)}{account.id}/"]}


def _creations(backend: OrganizationsBackend) -> list[Answer]:
    created = (account for account in backend.accounts if account.joined_method == "CREATED")
    succeeded = [account.create_account_status["CreateAccountStatus"] for account in created]
    return [*succeeded, *memory(backend).failed_creations]


def _failed(name: str, reason: str) -> Answer:
    return {
        "Id": make_random_create_account_status_id(),
        "AccountName": name,
        "State": "FAILED",
        "RequestedTimestamp": unix_time(clock.now()),
        "CompletedTimestamp": unix_time(clock.now()),
        "FailureReason": reason,
    }


def create_unit(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: parents exist, siblings differ in name, depth and number have limits. moto takes anything."""
    parent = structure.container(backend, request["ParentId"])
    _check_name(backend, parent.id, request["Name"])
    tags.check(request.get("Tags", []))
    # A path is the organization, the root and the OUs, each with its slash.
    if structure.path_finder(backend)(parent.id).count("/") - 2 >= MAX_DEPTH:
        raise violates("OU_DEPTH_LIMIT_EXCEEDED")
    if len(backend.ou) > MAX_UNITS:
        raise violates("OU_NUMBER_LIMIT_EXCEEDED")
    backend.create_organizational_unit(**request)
    unit = backend.ou[-1]
    just_made(backend, unit.id)
    return {"OrganizationalUnit": _unit_shower(backend)(unit)}


def describe_unit(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: with the path. moto has none."""
    return {"OrganizationalUnit": _unit_shower(backend)(_unit(backend, request))}


def update_unit(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: siblings differ in name, and a blank one changes nothing. moto compares with every OU, itself included."""
    unit = _unit(backend, request)
    name = str(request.get("Name") or "")
    name = name if name.strip() else str(unit.name)
    if name != unit.name:
        _check_name(backend, unit.parent_id, name)
    unit.name = name
    return {"OrganizationalUnit": _unit_shower(backend)(unit)}


def delete_unit(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: an OU must be empty, and its attachments go with it. moto orphans children, keeps attachments."""
    unit = _unit(backend, request)
    if any(child.parent_id == unit.id for child in structure.targets(backend)):
        raise refused("OrganizationalUnitNotEmptyException")
    unlink_all(unit)
    backend.ou.remove(unit)
    return {}


def list_units_for_parent(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: pages of twenty, with paths."""
    units = _children(backend, request["ParentId"])
    return page("OrganizationalUnits", request, units, _unit_shower(backend))


def list_children(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: pages of twenty. moto gives everything at once."""
    parent, kind = structure.container(backend, request["ParentId"]), request["ChildType"]
    if kind == "ACCOUNT":
        ids = [account.id for account in backend.accounts if account.parent_id == parent.id]
    else:
        ids = [unit.id for unit in _children(backend, parent.id)]
    return page("Children", request, ids, lambda child: {"Id": child, "Type": kind}, key=str)


def list_parents(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: ChildNotFoundException, whichever kind of child it is."""
    child_id = request["ChildId"]
    find = structure.account if child_id.isdigit() else structure.container
    child = find(backend, child_id, "ChildNotFoundException")
    parent = structure.container(backend, str(child.parent_id))
    return page("Parents", request, [parent], lambda parent: {"Id": parent.id, "Type": parent.type})


def _unit(backend: OrganizationsBackend, request: Request) -> FakeOrganizationalUnit:
    return structure.container(backend, request["OrganizationalUnitId"], "OrganizationalUnitNotFoundException")


def _children(backend: OrganizationsBackend, parent_id: str) -> list[FakeOrganizationalUnit]:
    parent = structure.container(backend, parent_id)
    units = (unit for unit in backend.ou if unit.parent_id == parent.id)
    return listed(backend, units, lambda unit: (unit.id,))


def _check_name(backend: OrganizationsBackend, parent_id: str | None, name: str) -> None:
    siblings = (unit for unit in backend.ou if not isinstance(unit, FakeRoot) and unit.parent_id == parent_id)
    if any(unit.name == name for unit in siblings):
        raise refused("DuplicateOrganizationalUnitException")


def _unit_shower(backend: OrganizationsBackend) -> Callable[[FakeOrganizationalUnit], Answer]:
    path = structure.path_finder(backend)
    return lambda unit: {"Id": unit.id, "Arn": unit.arn, "Name": unit.name, "Path": path(unit.id)}
