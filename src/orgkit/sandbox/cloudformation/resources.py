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
from typing import Any, Final

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
from orgkit.sandbox.iam.backend import boundary_arn

VERSIONS: Final = 5
"""Versions of a managed policy (IAM User Guide, "IAM and AWS STS quotas")."""


class Group(Kind):
    """AWS::IAM::Group."""

    type = "AWS::IAM::Group"
    properties = frozenset({"GroupName", "ManagedPolicyArns", "Path", "Policies"})
    create_only = frozenset({"GroupName"})
    made_with = frozenset({"Path"})
    name_property = "GroupName"
    offers = frozenset({"Arn"})

    def make(self, request: Request) -> str:
        wanted = request.after
        return request.iam.create_group(wanted.get("GroupName", request.physical_id), wanted.get("Path", "/")).name

    def read(self, request: Request) -> dict[str, Any]:
        group = request.iam.get_group(request.physical_id)
        return {
            "GroupName": group.name,
            "Path": group.path,
            "ManagedPolicyArns": list(group.managed_policies),
            "Policies": _inline_policies(group),
        }

    def update(self, request: Request) -> None:
        iam, name = request.iam, request.physical_id
        iam.get_group(name)
        if request.changes("Path", "/"):
            iam.update_group(name, None, request.after.get("Path", "/"))
        request.sync(
            "ManagedPolicyArns",
            add=lambda arn: iam.attach_group_policy(arn, name),
            remove=lambda arn: iam.detach_group_policy(arn, name),
        )
        sync(
            _named_documents(request.before),
            _named_documents(request.after),
            add=lambda policy: iam.put_group_policy(name, *policy),
            remove=lambda policy: iam.delete_group_policy(name, policy[0]),
        )

    def delete(self, request: Request) -> None:
        iam, name = request.iam, request.physical_id
        group = iam.get_group(name)
        for arn in tuple(group.managed_policies):
            iam.detach_group_policy(arn, name)
        group.policies.clear()
        iam.delete_group(name)

    def attributes(self, request: Request) -> dict[str, str]:
        return {"Arn": request.iam.get_group(request.physical_id).arn}


class User(Kind):
    """AWS::IAM::User."""

    type = "AWS::IAM::User"
    properties = frozenset(
        ["Groups", "LoginProfile", "ManagedPolicyArns", "Path", "PermissionsBoundary", "Policies", "Tags", "UserName"]
    )
    create_only = frozenset({"UserName"})
    made_with = frozenset({"Path", "PermissionsBoundary", "Tags"})
    name_property = "UserName"
    offers = frozenset({"Arn"})
    taggable = True

    def make(self, request: Request) -> str:
        iam, wanted = request.iam, request.after
        name, path = wanted.get("UserName", request.physical_id), wanted.get("Path", "/")
        boundary = wanted.get("PermissionsBoundary")
        return iam.create_user(iam.region_name, name, path, wanted.get("Tags"), boundary).name

    def read(self, request: Request) -> dict[str, Any]:
        user = request.iam.get_user(request.physical_id)
        found = {
            "UserName": user.name,
            "Path": user.path,
            "Groups": user.group_list,
            "ManagedPolicyArns": list(user.managed_policies),
            "Policies": _inline_policies(user),
            "Tags": request.iam.list_user_tags(user.name),
            "PermissionsBoundary": boundary_arn(user),
            "LoginProfile": {"PasswordResetRequired": user.password_reset_required} if user.password else None,
        }
        return {name: value for name, value in found.items() if value is not None}

    def update(self, request: Request) -> None:
        iam, name = request.iam, request.physical_id
        user = iam.get_user(name)
        if request.changes("Path", "/"):
            iam.update_user(name, request.after.get("Path", "/"))
        _bound(request)
        _let_sign_in(request, user)
        request.sync(
            "Groups",
            add=lambda group: iam.add_user_to_group(group, name),
            remove=lambda group: iam.remove_user_from_group(group, name),
        )
        request.sync(
            "ManagedPolicyArns",
            add=lambda arn: iam.attach_user_policy(arn, name),
            remove=lambda arn: iam.detach_user_policy(arn, name),
        )
        request.sync(
            "Tags",
            add=lambda tag: iam.tag_user(name, [tag]),
            remove=lambda tag: iam.untag_user(name, [tag["Key"]]),
        )
        sync(
            _named_documents(request.before),
            _named_documents(request.after),
            add=lambda policy: iam.put_user_policy(name, *policy),
            remove=lambda policy: iam.delete_user_policy(name, policy[0]),
        )

    def delete(self, request: Request) -> None:
        iam, name = request.iam, request.physical_id
        user = iam.get_user(name)
        for group in user.group_list:
            iam.remove_user_from_group(group, name)
        for arn in tuple(user.managed_policies):
            iam.detach_user_policy(arn, name)
        for key in tuple(user.access_keys):
            iam.delete_access_key(key.access_key_id, name)
        user.policies.clear()
        user.password = None
        iam.delete_user(name)

    def attributes(self, request: Request) -> dict[str, str]:
        return {"Arn": request.iam.get_user(request.physical_id).arn}


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


class Role(Kind):
    """AWS::IAM::Role."""

    type = "AWS::IAM::Role"
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
    name_property = "RoleName"
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

    def read(self, request: Request) -> dict[str, Any]:
        role = request.iam.get_role(request.physical_id)
        found = {
            "RoleName": role.name,
            "Path": role.path,
            "Description": role.description,
            "MaxSessionDuration": int(role.max_session_duration or 3600),
            "AssumeRolePolicyDocument": json.loads(role.assume_role_policy_document),
            "ManagedPolicyArns": list(role.managed_policies),
            "Policies": _inline_policies(role),
            "PermissionsBoundary": role.permissions_boundary_arn,
            "Tags": role.tags,
        }
        return {name: value for name, value in found.items() if value is not None}

    def update(self, request: Request) -> None:
        iam, name = request.iam, request.physical_id
        iam.get_role(name)
        if request.changes("AssumeRolePolicyDocument"):
            iam.update_assume_role_policy(name, as_text(request.after["AssumeRolePolicyDocument"]))
        if request.changes("Description", "") or request.changes("MaxSessionDuration", 3600):
            seconds = str(request.after.get("MaxSessionDuration", 3600))
            iam.update_role(name, request.after.get("Description", ""), seconds)
        if request.changes("PermissionsBoundary"):
            boundary = request.after.get("PermissionsBoundary")
            if boundary:
                iam.put_role_permissions_boundary(name, boundary)
            else:
                iam.delete_role_permissions_boundary(name)
        request.sync(
            "ManagedPolicyArns",
            add=lambda arn: iam.attach_role_policy(arn, name),
            remove=lambda arn: iam.detach_role_policy(arn, name),
        )
        request.sync(
            "Tags",
            add=lambda tag: iam.tag_role(name, [tag]),
            remove=lambda tag: iam.untag_role(name, [tag["Key"]]),
        )
        sync(
            _named_documents(request.before),
            _named_documents(request.after),
            add=lambda policy: iam.put_role_policy(name, *policy),
            remove=lambda policy: iam.delete_role_policy(name, policy[0]),
        )

    def delete(self, request: Request) -> None:
        iam, name = request.iam, request.physical_id
        role = iam.get_role(name)
        for arn in tuple(role.managed_policies):
            iam.detach_role_policy(arn, name)
        role.policies.clear()
        iam.delete_role(name)

    def attributes(self, request: Request) -> dict[str, str]:
        role = request.iam.get_role(request.physical_id)
        return {"Arn": role.arn, "RoleId": role.id}


def _bound(request: Request) -> None:
    former, wanted = (it.get("PermissionsBoundary") for it in (request.before, request.after))
    if wanted and wanted != former:
        request.iam.put_user_permissions_boundary(request.physical_id, wanted)
    elif former and not wanted:
        with suppress(*MISSING):
            request.iam.delete_user_permissions_boundary(request.physical_id)


def _let_sign_in(request: Request, user: IamUser) -> None:
    wanted = request.after.get("LoginProfile")
    if not request.changes("LoginProfile"):
        return
    if wanted is None:
        user.password = None
        return
    reset = is_true(wanted.get("PasswordResetRequired", False))
    give = request.iam.change_login_profile if user.password else request.iam.give_login_profile
    give(user.name, wanted["Password"], reset)


def _holders(iam: Iam) -> dict[str, Iterable[IamGroup | IamUser | IamRole]]:
    return {"Groups": iam.groups.values(), "Users": iam.users.values(), "Roles": iam.roles.values()}


def _inline_policies(entity: IamGroup | IamUser | IamRole) -> list[dict[str, Any]]:
    return [{"PolicyName": name, "PolicyDocument": json.loads(document)} for name, document in entity.policies.items()]


def _named_documents(properties: Properties) -> list[tuple[str, str]]:
    policies = properties.get("Policies", ())
    return [(policy["PolicyName"], json.dumps(as_document(policy["PolicyDocument"]))) for policy in policies]


KINDS: Final[Mapping[str, Kind]] = {kind.type: kind for kind in (Group(), User(), ManagedPolicy(), Role())}
"""Every resource type that the sandbox knows."""
