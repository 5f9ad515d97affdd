"""The IAM resource types: how each is made, read, changed and deleted.

The handlers do what AWS's provider schemas let them do: `createOnlyProperties` force a replacement, and deleting
takes off whatever anyone attached, but not a group's users, nor a user's MFA devices. A change goes from the
former properties to the wanted ones, so what someone else added stays.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, ClassVar, Final

from moto.iam.models import Group as IamGroup
from moto.iam.models import Role as IamRole
from moto.iam.models import User as IamUser

from orgkit.sandbox.cloudformation.intrinsics import is_true
from orgkit.sandbox.cloudformation.kinds import (
    MISSING,
    Kind,
    Properties,
    Request,
    as_document,
    as_text,
    sync,
)
from orgkit.sandbox.iam.backend import Backend as Iam

VERSIONS: Final = 5
"""Versions of a managed policy (IAM User Guide, "IAM and AWS STS quotas")."""


class Entity(Kind):
    """A group, user or role: the policies, tags and boundary that it bears."""

    noun: ClassVar[str]
    """As in the names of IAM's operations."""

    def update_own(self, request: Request) -> None:
        """Change what only this type has."""
        raise NotImplementedError

    def read_own(self, entity: Any) -> dict[str, Any]:  # noqa: ARG002  a group has none
        """The properties that only this type has; None for those that are not there."""
        return {}

    def release(self, iam: Iam, entity: Any) -> None:
        """Before it is deleted, take off what only this type can bear."""

    def read(self, request: Request) -> dict[str, Any]:
        entity = self._find(request)
        found = {
            self.name_property: entity.name,
            "Path": entity.path,
            "ManagedPolicyArns": list(entity.managed_policies),
            "Policies": [
                {"PolicyName": name, "PolicyDocument": json.loads(document)}
                for name, document in entity.policies.items()
            ],
            "PermissionsBoundary": getattr(entity, "permissions_boundary_arn", None),
            "Tags": getattr(entity, "tags", None) or [],
            **self.read_own(entity),
        }
        return {name: value for name, value in found.items() if name in self.properties and value is not None}

    def update(self, request: Request) -> None:
        self._find(request)
        self.update_own(request)
        name, do = request.physical_id, partial(self._do, request.iam)
        former, wanted = (it.get("PermissionsBoundary") for it in (request.before, request.after))
        if wanted and wanted != former:
            do("put_{}_permissions_boundary", name, wanted)
        elif former and not wanted:
            with suppress(*MISSING):
                do("delete_{}_permissions_boundary", name)
        request.sync(
            "ManagedPolicyArns",
            add=lambda arn: do("attach_{}_policy", arn, name),
            remove=lambda arn: do("detach_{}_policy", arn, name),
        )
        request.sync(
            "Tags",
            add=lambda tag: do("tag_{}", name, [tag]),
            remove=lambda tag: do("untag_{}", name, [tag["Key"]]),
        )
        sync(
            _named_documents(request.before),
            _named_documents(request.after),
            add=lambda policy: do("put_{}_policy", name, *policy),
            remove=lambda policy: do("delete_{}_policy", name, policy[0]),
        )

    def delete(self, request: Request) -> None:
        entity, name = self._find(request), request.physical_id
        self.release(request.iam, entity)
        for arn in tuple(entity.managed_policies):
            self._do(request.iam, "detach_{}_policy", arn, name)
        entity.policies.clear()
        self._do(request.iam, "delete_{}", name)

    def attributes(self, request: Request) -> dict[str, str]:
        entity = self._find(request)
        known = {"Arn": entity.arn, f"{self.noun.capitalize()}Id": entity.id}
        return {name: value for name, value in known.items() if name in self.offers}

    def _find(self, request: Request) -> Any:
        return self._do(request.iam, "get_{}", request.physical_id)

    def _do(self, iam: Iam, operation: str, *arguments: Any) -> Any:
        return getattr(iam, operation.format(self.noun))(*arguments)


class Group(Entity):
    """AWS::IAM::Group."""

    type, noun, name_property = "AWS::IAM::Group", "group", "GroupName"
    properties = frozenset({"GroupName", "ManagedPolicyArns", "Path", "Policies"})
    create_only = frozenset({"GroupName"})
    made_with = frozenset({"Path"})
    offers = frozenset({"Arn"})

    def make(self, request: Request) -> str:
        wanted = request.after
        return request.iam.create_group(wanted.get("GroupName", request.physical_id), wanted.get("Path", "/")).name

    def update_own(self, request: Request) -> None:
        if request.changes("Path", "/"):
            request.iam.update_group(request.physical_id, None, request.after.get("Path", "/"))


class User(Entity):
    """AWS::IAM::User."""

    type, noun, name_property = "AWS::IAM::User", "user", "UserName"
    properties = frozenset(
        ["Groups", "LoginProfile", "ManagedPolicyArns", "Path", "PermissionsBoundary", "Policies", "Tags", "UserName"]
    )
    create_only = frozenset({"UserName"})
    made_with = frozenset({"Path", "PermissionsBoundary", "Tags"})
    offers = frozenset({"Arn"})
    taggable = True

    def make(self, request: Request) -> str:
        iam, wanted = request.iam, request.after
        name, path = wanted.get("UserName", request.physical_id), wanted.get("Path", "/")
        boundary = wanted.get("PermissionsBoundary")
        return iam.create_user(iam.region_name, name, path, wanted.get("Tags"), boundary).name

    def read_own(self, entity: Any) -> dict[str, Any]:
        return {
            "Groups": entity.group_list,
            "LoginProfile": {"PasswordResetRequired": entity.password_reset_required} if entity.password else None,
        }

    def update_own(self, request: Request) -> None:
        iam, name = request.iam, request.physical_id
        if request.changes("Path", "/"):
            iam.update_user(name, request.after.get("Path", "/"))
        user, profile = iam.get_user(name), request.after.get("LoginProfile")
        if request.changes("LoginProfile") and profile:
            give = iam.change_login_profile if user.password else iam.give_login_profile
            give(name, profile["Password"], is_true(profile.get("PasswordResetRequired", False)))
        elif request.changes("LoginProfile"):
            user.password = None
        request.sync(
            "Groups",
            add=lambda group: iam.add_user_to_group(group, name),
            remove=lambda group: iam.remove_user_from_group(group, name),
        )

    def release(self, iam: Iam, entity: Any) -> None:
        for group in entity.group_list:
            iam.remove_user_from_group(group, entity.name)
        for key in tuple(entity.access_keys):
            iam.delete_access_key(key.access_key_id, entity.name)
        entity.password = None


class ManagedPolicy(Kind):
    """AWS::IAM::ManagedPolicy."""

    type = "AWS::IAM::ManagedPolicy"
    properties = frozenset(["Description", "Groups", "ManagedPolicyName", "Path", "PolicyDocument", "Roles", "Users"])
    required = frozenset({"PolicyDocument"})
    create_only = frozenset({"Description", "ManagedPolicyName", "Path"})
    made_with = frozenset({"PolicyDocument"})
    name_property = "ManagedPolicyName"
    offers = frozenset({"DefaultVersionId", "PolicyArn", "PolicyId"})

    def make(self, request: Request) -> str:
        wanted = request.after
        name, document = wanted.get("ManagedPolicyName", request.physical_id), as_text(wanted["PolicyDocument"])
        description, path = wanted.get("Description", ""), wanted.get("Path", "/")
        return request.iam.create_policy(description, path, document, name, []).arn

    def read(self, request: Request) -> dict[str, Any]:
        iam, arn = request.iam, request.physical_id
        policy = iam.get_policy(arn)
        document = iam.get_policy_version(arn, policy.default_version_id).document
        return {
            "ManagedPolicyName": policy.name,
            "Path": policy.path,
            "Description": policy.description,
            "PolicyDocument": json.loads(document),
            **{
                kind: [holder.name for holder in holders if arn in holder.managed_policies]
                for kind, holders in _holders(iam).items()
            },
        }

    def update(self, request: Request) -> None:
        iam, arn = request.iam, request.physical_id
        versions = iam.get_policy(arn).versions
        former, wanted = (as_document(it.get("PolicyDocument")) for it in (request.before, request.after))
        if wanted not in (None, former):
            if len(versions) >= VERSIONS:
                oldest = next(version for version in versions if not version.is_default)
                iam.delete_policy_version(arn, oldest.version_id)
            iam.create_policy_version(arn, json.dumps(wanted), True)
        request.sync("Groups", partial(iam.attach_group_policy, arn), partial(iam.detach_group_policy, arn))
        request.sync("Users", partial(iam.attach_user_policy, arn), partial(iam.detach_user_policy, arn))
        request.sync("Roles", partial(iam.attach_role_policy, arn), partial(iam.detach_role_policy, arn))

    def delete(self, request: Request) -> None:
        iam, arn = request.iam, request.physical_id
        policy = iam.get_policy(arn)
        for holders in _holders(iam).values():
            for holder in holders:
                if arn in holder.managed_policies:
                    policy.detach_from(holder)
        for version in tuple(policy.versions):
            if not version.is_default:
                iam.delete_policy_version(arn, version.version_id)
        iam.delete_policy(arn)

    def attributes(self, request: Request) -> dict[str, str]:
        policy = request.iam.get_policy(request.physical_id)
        return {"PolicyArn": policy.arn, "PolicyId": policy.id, "DefaultVersionId": policy.default_version_id}


class Role(Entity):
    """AWS::IAM::Role."""

    type, noun, name_property = "AWS::IAM::Role", "role", "RoleName"
    properties = frozenset(
        [
            *("AssumeRolePolicyDocument", "Description", "ManagedPolicyArns", "MaxSessionDuration", "Path"),
            *("PermissionsBoundary", "Policies", "RoleName", "Tags"),
        ]
    )
    required = frozenset({"AssumeRolePolicyDocument"})
    create_only = frozenset({"Path", "RoleName"})
    made_with = frozenset(
        {"AssumeRolePolicyDocument", "Description", "MaxSessionDuration", "PermissionsBoundary", "Tags"}
    )
    offers = frozenset({"Arn", "RoleId"})
    taggable = True

    def make(self, request: Request) -> str:
        wanted = request.after
        role = request.iam.create_role(
            wanted.get("RoleName", request.physical_id),
            as_text(wanted["AssumeRolePolicyDocument"]),
            wanted.get("Path", "/"),
            wanted.get("PermissionsBoundary"),
            wanted.get("Description", ""),
            wanted.get("Tags", []),
            str(wanted.get("MaxSessionDuration", 3600)),
        )
        return str(role.name)

    def read_own(self, entity: Any) -> dict[str, Any]:
        return {
            "Description": entity.description,
            "MaxSessionDuration": int(entity.max_session_duration or 3600),
            "AssumeRolePolicyDocument": json.loads(entity.assume_role_policy_document),
        }

    def update_own(self, request: Request) -> None:
        iam, name, wanted = request.iam, request.physical_id, request.after
        if request.changes("AssumeRolePolicyDocument"):
            iam.update_assume_role_policy(name, as_text(wanted["AssumeRolePolicyDocument"]))
        if request.changes("Description", "") or request.changes("MaxSessionDuration", 3600):
            iam.update_role(name, wanted.get("Description", ""), str(wanted.get("MaxSessionDuration", 3600)))


def _holders(iam: Iam) -> dict[str, Iterable[IamGroup | IamUser | IamRole]]:
    return {"Groups": iam.groups.values(), "Users": iam.users.values(), "Roles": iam.roles.values()}


def _named_documents(properties: Properties) -> list[tuple[str, str]]:
    policies = properties.get("Policies", ())
    return [(policy["PolicyName"], json.dumps(as_document(policy["PolicyDocument"]))) for policy in policies]


KINDS: Final[Mapping[str, Kind]] = {kind.type: kind for kind in (Group(), User(), ManagedPolicy(), Role())}
"""Every resource type that the sandbox knows."""
