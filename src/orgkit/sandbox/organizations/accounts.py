"""Accounts of the organization: created, shown, moved, closed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

from moto.core.utils import unix_time
from moto.iam.models import iam_backends
from moto.organizations.models import FakeAccount, OrganizationsBackend, organizations_backends
from moto.organizations.utils import make_random_create_account_status_id

from orgkit.sandbox import clock
from orgkit.sandbox.organizations import structure, tags
from orgkit.sandbox.organizations.answering import Answer, Request, page
from orgkit.sandbox.organizations.refusals import refused, violates
from orgkit.sandbox.organizations.state import memory


def create(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: no two accounts share an e-mail address; the request is taken and its status says FAILED.

    AWS works in the background; here, as in moto, the answer already bears the end.
    """
    tags.check(request.get("Tags", []))
    if request["Email"].lower() in _addresses():
        failed = _failed(request["AccountName"], "EMAIL_ALREADY_EXISTS")
        memory(backend).failed_creations.append(failed)
        later = ("CompletedTimestamp", "FailureReason")
        begun = {key: value for key, value in failed.items() if key not in later}
        return {"CreateAccountStatus": {**begun, "State": "IN_PROGRESS"}}
    status = backend.create_account(**request)
    _let_the_access_role_do_everything(backend, status["CreateAccountStatus"]["AccountId"], request)
    return status


def _let_the_access_role_do_everything(backend: OrganizationsBackend, account: str, request: Request) -> None:
    """AWS: the role has AdministratorAccess attached. moto's has no policy at all."""
    role = request.get("RoleName") or "OrganizationAccountAccessRole"
    administrator = f"arn:{backend.partition}:iam::aws:policy/AdministratorAccess"
    iam_backends[account][backend.partition].attach_role_policy(administrator, role)


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


def describe(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: with the paths. moto has none."""
    return {"Account": _shower(backend)(structure.account(backend, request["AccountId"]))}


def list_all(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: pages of twenty. moto's are of a hundred, and stand still when the clock does."""
    return page("Accounts", request, backend.accounts, _shower(backend))


def list_for_parent(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: pages of twenty, with paths."""
    parent = structure.container(backend, request["ParentId"])
    here = (account for account in backend.accounts if account.parent_id == parent.id)
    return page("Accounts", request, here, _shower(backend))


def move(backend: OrganizationsBackend, request: Request) -> Answer:
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


def close(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: never the management account."""
    account = structure.account(backend, request["AccountId"])
    if account.id == backend.account_id:
        raise violates("CANNOT_CLOSE_MANAGEMENT_ACCOUNT")
    account.close()
    return {}


def _shower(backend: OrganizationsBackend) -> Callable[[FakeAccount], Answer]:
    path = structure.path_finder(backend)
    return lambda account: {**account.describe(), "Paths": [f"{path(account.parent_id)}{account.id}/"]}


def _addresses() -> set[str]:
    """The address of every account that any organization of the sandbox knows."""
    backends = chain.from_iterable(each.values() for each in tuple(organizations_backends.values()))
    return {account.email.lower() for backend in backends for account in backend.accounts}


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
