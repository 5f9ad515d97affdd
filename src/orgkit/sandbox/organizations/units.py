"""Organizational units and the tree that they make."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from moto.organizations.models import FakeOrganizationalUnit, FakeRoot, OrganizationsBackend

from orgkit.sandbox.organizations import structure, tags
from orgkit.sandbox.organizations.answering import Answer, Request, page
from orgkit.sandbox.organizations.refusals import refused, violates
from orgkit.sandbox.organizations.state import just_made, listed
from orgkit.sandbox.organizations.structure import unlink_all

MAX_DEPTH: Final = 5
"""OUs below the root on one path. AWS: Quotas for AWS Organizations."""
MAX_UNITS: Final = 2000
"""OUs in an organization. AWS: Quotas for AWS Organizations."""


def create(backend: OrganizationsBackend, request: Request) -> Answer:
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
    return {"OrganizationalUnit": _shower(backend)(unit)}


def describe(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: with the path. moto has none."""
    return {"OrganizationalUnit": _shower(backend)(_unit(backend, request))}


def update(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: siblings differ in name, and a blank one changes nothing. moto compares with every OU, itself included."""
    unit = _unit(backend, request)
    name = str(request.get("Name") or "")
    name = name if name.strip() else str(unit.name)
    if name != unit.name:
        _check_name(backend, unit.parent_id, name)
    unit.name = name
    return {"OrganizationalUnit": _shower(backend)(unit)}


def delete(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: an OU must be empty, and its attachments go with it. moto orphans children, keeps attachments."""
    unit = _unit(backend, request)
    if any(child.parent_id == unit.id for child in structure.targets(backend)):
        raise refused("OrganizationalUnitNotEmptyException")
    unlink_all(unit)
    backend.ou.remove(unit)
    return {}


def list_for_parent(backend: OrganizationsBackend, request: Request) -> Answer:
    """AWS: pages of twenty, with paths."""
    units = _children(backend, request["ParentId"])
    return page("OrganizationalUnits", request, units, _shower(backend))


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


def _shower(backend: OrganizationsBackend) -> Callable[[FakeOrganizationalUnit], Answer]:
    path = structure.path_finder(backend)
    return lambda unit: {"Id": unit.id, "Arn": unit.arn, "Name": unit.name, "Path": path(unit.id)}
