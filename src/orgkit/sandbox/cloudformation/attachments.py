"""The small IAM resource types: what is attached to users and groups as a resource of its own."""

from __future__ import annotations

import json
from abc import abstractmethod
from typing import Any, ClassVar

from moto.iam.models import Group, User

from orgkit.sandbox.cloudformation.kinds import Kind, Properties, Request, as_text, sync


class UserToGroupAddition(Kind):
    """AWS::IAM::UserToGroupAddition. It has no read handler, so its drift is not detected."""

    type = "AWS::IAM::UserToGroupAddition"
    properties = required = frozenset({"GroupName", "Users"})
    offers = frozenset({"Id"})
    detects_drift = False

    def make(self, request: Request) -> str:
        return request.physical_id

    def read(self, request: Request) -> dict[str, Any]:
        return dict(request.before)

    def update(self, request: Request) -> None:
        iam = request.iam
        sync(
            _memberships(request.before),
            _memberships(request.after),
            add=lambda pair: iam.add_user_to_group(*pair),
            remove=lambda pair: iam.remove_user_from_group(*pair),
        )

    def delete(self, request: Request) -> None:
        self.update(Request(request.iam, request.physical_id, before=request.before))

    def attributes(self, request: Request) -> dict[str, str]:
        return {"Id": request.physical_id}


class _InlinePolicy(Kind):
    """An inline policy. Its physical id holds the names of the policy and of its owner."""

    offers = frozenset({"Id"})
    owner_property: ClassVar[str]

    def make(self, request: Request) -> str:
        return f"{request.after['PolicyName']}|{request.after[self.owner_property]}"

    def read(self, request: Request) -> dict[str, Any]:
        name, owner = request.physical_id.split("|")
        document = self._owner(request, owner).get_policy(name)["policy_document"]
        return {"PolicyName": name, self.owner_property: owner, "PolicyDocument": json.loads(document)}

    def update(self, request: Request) -> None:
        name, owner = request.physical_id.split("|")
        self._put(request, owner, name, as_text(request.after.get("PolicyDocument", {})))

    def delete(self, request: Request) -> None:
        name, owner = request.physical_id.split("|")
        self._owner(request, owner).delete_policy(name)

    def attributes(self, request: Request) -> dict[str, str]:
        return {"Id": request.physical_id}

    @abstractmethod
    def _owner(self, request: Request, name: str) -> Group | User: ...

    @abstractmethod
    def _put(self, request: Request, owner: str, name: str, document: str) -> None: ...


class GroupPolicy(_InlinePolicy):
    """AWS::IAM::GroupPolicy."""

    type = "AWS::IAM::GroupPolicy"
    properties = frozenset({"GroupName", "PolicyDocument", "PolicyName"})
    required = create_only = frozenset({"GroupName", "PolicyName"})
    owner_property = "GroupName"

    def _owner(self, request: Request, name: str) -> Group:
        return request.iam.get_group(name)

    def _put(self, request: Request, owner: str, name: str, document: str) -> None:
        request.iam.put_group_policy(owner, name, document)


class UserPolicy(_InlinePolicy):
    """AWS::IAM::UserPolicy."""

    type = "AWS::IAM::UserPolicy"
    properties = frozenset({"PolicyDocument", "PolicyName", "UserName"})
    required = create_only = frozenset({"PolicyName", "UserName"})
    owner_property = "UserName"

    def _owner(self, request: Request, name: str) -> User:
        return request.iam.get_user(name)

    def _put(self, request: Request, owner: str, name: str, document: str) -> None:
        request.iam.put_user_policy(owner, name, document)


def _memberships(properties: Properties) -> list[tuple[str, str]]:
    return [(properties["GroupName"], user) for user in properties.get("Users", ())]
