"""Managed and inline policies: quotas, conflicts, and AWS's own policies."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from moto.core.utils import utcnow
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.exceptions import (
    DeleteConflictException,
    IAMException,
    LimitExceededException,
    NotFoundException,
    ValidationError,
)
from moto.iam.models import AWSManagedPolicy, Group, IAMBackend, ManagedPolicy, PolicyVersion, Role, User

# Quotas in characters without white space (IAM User Guide, "IAM and AWS STS quotas"); inline ones are for all
# inline policies of the entity together.
MANAGED_POLICY_SIZE: Final = 6144
USER_INLINE_SIZE: Final = 2048
GROUP_INLINE_SIZE: Final = 5120
POLICIES_PER_ENTITY: Final = 10
_NAME: Final = r"[\w+=,.@-]+"
POLICY_NAME_LENGTH: Final = 128
"""Characters of a name (CreatePolicy, model)."""


@cache
def _aws_policies() -> dict[str, dict[str, Any]]:
    """AWS's own policies by name, from the copy that moto carries. Reading it takes some 40 ms, once."""
    policies: dict[str, dict[str, Any]] = json.loads(aws_managed_policies_data)
    return policies


def _size(*documents: str) -> int:
    return sum(len("".join(document.split())) for document in documents)


class Policies(IAMBackend):
    """What AWS does with policies and moto does not."""

    def get_policy(self, policy_arn: str) -> ManagedPolicy:
        """As moto, and AWS's own policies are there from the start, as AWS has them."""
        self._bring_in(policy_arn)
        return super().get_policy(policy_arn)

    def attach_user_policy(self, policy_arn: str, user_name: str) -> None:
        """As moto, with the quota; attaching twice is attaching once (moto counts it twice)."""
        if self._may_attach(policy_arn, self.get_user(user_name), "PoliciesPerUser"):
            super().attach_user_policy(policy_arn, user_name)

    def attach_group_policy(self, policy_arn: str, group_name: str) -> None:
        """As moto, with the quota."""
        if self._may_attach(policy_arn, self.get_group(group_name), "PoliciesPerGroup"):
            super().attach_group_policy(policy_arn, group_name)

    def attach_role_policy(self, policy_arn: str, role_name: str) -> None:
        """As moto, with the quota; attaching twice is attaching once (moto counts it twice)."""
        if self._may_attach(policy_arn, self.get_role(role_name), "PoliciesPerRole"):
            super().attach_role_policy(policy_arn, role_name)

    def create_policy(
        self, description: str, path: str, policy_document: str, policy_name: str, tags: list[dict[str, str]]
    ) -> ManagedPolicy:
        """As moto, with the quota on its size, and the model's demands on its name."""
        check_name("policyName", policy_name, POLICY_NAME_LENGTH)
        _check_managed_size(policy_document)
        return super().create_policy(description, path, policy_document, policy_name, tags)

    def create_policy_version(self, policy_arn: str, policy_document: str, set_as_default: bool) -> PolicyVersion:
        """As moto, with the quota on its size; UpdateDate is the newest version's (ManagedPolicyDetail)."""
        _check_managed_size(policy_document)
        version = super().create_policy_version(policy_arn, policy_document, set_as_default)
        self.get_policy(policy_arn).update_date = utcnow()
        return version

    def set_default_policy_version(self, policy_arn: str, version_id: str) -> bool:
        """As moto, but making the default version the default changes nothing (moto leaves none)."""
        if self.get_policy(policy_arn).default_version_id == version_id:
            return True
        return super().set_default_policy_version(policy_arn, version_id)

    def delete_policy(self, policy_arn: str) -> None:
        """As moto, but DeleteConflict while it is in use or has other versions (DeletePolicy, model)."""
        if policy_arn not in self.managed_policies:
            raise NotFoundException(f"Policy {policy_arn} was not found.")
        if self.attachments(policy_arn) or self.boundary_uses(policy_arn):
            raise DeleteConflictException("Cannot delete a policy attached to entities.")
        if len(self.get_policy(policy_arn).versions) > 1:
            raise DeleteConflictException(
                "This policy has more than one version. Before you delete a policy, you must delete the "
                "policy's versions. The default version is deleted with the policy."
            )
        super().delete_policy(policy_arn)

    def put_user_policy(self, user_name: str, policy_name: str, policy_json: str) -> None:
        """As moto, with the quota on a user's inline policies."""
        user = self.get_user(user_name)
        policy_name = _spelt(policy_name, user)
        _check_inline_size(user, policy_name, policy_json, USER_INLINE_SIZE)
        super().put_user_policy(user_name, policy_name, policy_json)

    def get_user_policy(self, user_name: str, policy_name: str) -> dict[str, Any]:
        """As moto, but names are not distinguished by case, and the answer has the name that was asked for."""
        found = super().get_user_policy(user_name, _spelt(policy_name, self.get_user(user_name)))
        return {**found, "policy_name": policy_name}

    def delete_user_policy(self, user_name: str, policy_name: str) -> None:
        """As moto, but names are not distinguished by case."""
        super().delete_user_policy(user_name, _spelt(policy_name, self.get_user(user_name)))

    def put_group_policy(self, group_name: str, policy_name: str, policy_json: str) -> None:
        """As moto, with the quota on a group's inline policies."""
        group = self.get_group(group_name)
        policy_name = _spelt(policy_name, group)
        _check_inline_size(group, policy_name, policy_json, GROUP_INLINE_SIZE)
        super().put_group_policy(group_name, policy_name, policy_json)

    def put_role_policy(self, role_name: str, policy_name: str, policy_json: str) -> None:
        """As moto, but names are not distinguished by case."""
        super().put_role_policy(role_name, _spelt(policy_name, self.get_role(role_name)), policy_json)

    def create_service_linked_role(self, service_name: str, description: str, suffix: str) -> Role:
        """As moto, but a suffix is for Auto Scaling alone, and a name that is taken is InvalidInput (recorded 2025)."""
        service = service_name.partition(".")[0]
        if suffix and service != "autoscaling":
            raise IAMException("InvalidInput", f"Custom suffix is not allowed for {service_name}")
        name = "AWSServiceRoleFor" + service.title().replace("-", "") + (f"_{suffix}" if suffix else "")
        if name in {role.name for role in self.get_roles()}:
            said = f"Service role name {name} has been taken in this account, please try a different suffix."
            raise IAMException("InvalidInput", said)
        allow = {"Effect": "Allow", "Principal": {"Service": service_name}, "Action": "sts:AssumeRole"}
        trust, path = {"Version": "2012-10-17", "Statement": [allow]}, f"/aws-service-role/{service_name}/"
        return self.create_role(name, json.dumps(trust), path, None, description, [], "3600", service_name)

    def attachments(self, policy_arn: str) -> int:
        """How many users, groups and roles bear this policy."""
        return sum(policy_arn in entity.managed_policies for entity in self._entities())

    def boundary_uses(self, policy_arn: str) -> int:
        """How many users and roles have this policy as their permissions boundary."""
        return sum(getattr(entity, "permissions_boundary_arn", None) == policy_arn for entity in self._entities())

    def bearers(self, policy_arn: str, usage: str | None = None) -> Iterator[User | Group | Role]:
        """Who has this policy: attached, as boundary, or either. `usage` is a PolicyUsageFilter."""
        for entity in self._entities():
            attached = policy_arn in entity.managed_policies and usage != "PermissionsBoundary"
            limits = getattr(entity, "permissions_boundary_arn", None) == policy_arn
            if attached or (limits and usage != "PermissionsPolicy"):
                yield entity

    def policies_in_use(self) -> list[ManagedPolicy]:
        """The customer's policies, and those of AWS's own that someone bears."""
        return [
            policy
            for arn, policy in self.managed_policies.items()
            if not isinstance(policy, AWSManagedPolicy) or self.attachments(arn) or self.boundary_uses(arn)
        ]

    def _entities(self) -> Iterator[User | Group | Role]:
        yield from self.users.values()
        yield from self.groups.values()
        yield from self.roles.values()

    def _may_attach(self, policy_arn: str, entity: User | Group | Role, quota: str) -> bool:
        if not policy_arn.startswith("arn:"):
            raise ValidationError("Invalid ARN:  Could not be parsed!")
        self._bring_in(policy_arn)
        if policy_arn in entity.managed_policies:
            return False
        if len(entity.managed_policies) >= POLICIES_PER_ENTITY:
            raise LimitExceededException(f"Cannot exceed quota for {quota}: {POLICIES_PER_ENTITY}")
        return True

    def _bring_in(self, policy_arn: str) -> None:
        """moto loads all of AWS's 1,582 policies or none, and all takes half a second for each account."""
        name = policy_arn.rpartition("/")[2]
        if policy_arn in self.managed_policies or name not in _aws_policies():
            return
        policy = AWSManagedPolicy.from_data(name, self.account_id, self.region_name, _aws_policies()[name])
        if policy.arn == policy_arn:
            self.managed_policies[policy_arn] = policy


def boundary_uses(policy: ManagedPolicy) -> int:
    """PermissionsBoundaryUsageCount, which moto's policies lack."""
    backend = policy.backend
    return backend.boundary_uses(policy.arn) if isinstance(backend, Policies) else 0


def _spelt(name: str, entity: User | Group | Role) -> str:
    """Inline policies are not distinguished by case, and keep their first name (recorded 2026-09)."""
    return next((known for known in entity.policies if known.lower() == name.lower()), name)


def check_path(path: str | None) -> None:
    """Raise ValidationError for what is no path (pathType, model)."""
    if path is not None and not re.fullmatch(r"/|/[!-\x7e]+/", path):
        failed = "1 validation error detected: Value at 'path' failed to satisfy constraint"
        raise ValidationError(f"{failed}: Member must satisfy regular expression pattern: (/)|(/[!-~]+/)")


def _check_managed_size(document: str) -> None:
    if _size(document) > MANAGED_POLICY_SIZE:
        raise LimitExceededException(f"Cannot exceed quota for PolicySize: {MANAGED_POLICY_SIZE}")


def _check_inline_size(entity: User | Group, name: str, document: str, quota: int) -> None:
    if _size(*({**entity.policies, name: document}).values()) > quota:
        kind = type(entity).__name__.lower()
        raise LimitExceededException(f"Maximum policy size of {quota} bytes exceeded for {kind} {entity.name}")


def check_name(member: str, name: str, longest: int) -> None:
    """Raise ValidationError for a name that the service model does not allow. moto takes any."""
    if len(name) > longest:
        rule = f"have length less than or equal to {longest}"
    elif not re.fullmatch(_NAME, name, re.ASCII):
        rule = f"satisfy regular expression pattern: {_NAME}"
    else:
        return
    raise ValidationError(
        f"1 validation error detected: Value '{name}' at '{member}' failed to satisfy constraint: Member must {rule}"
    )
