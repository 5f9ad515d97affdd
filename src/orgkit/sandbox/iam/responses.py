"""IAM's answers: the operations and members that moto lacks or gets wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import ActionResult, EmptyResult
from moto.core.serialize import never_return
from moto.iam import responses as moto
from moto.iam import urls
from moto.iam.exceptions import IAMException, ValidationError
from moto.iam.models import AWSManagedPolicy, ManagedPolicy, User
from moto.organizations.models import organizations_backends

from orgkit.sandbox.iam.backend import Backend

_TRANSFORMERS: Final[dict[str, Callable[[Any], Any]]] = {
    **moto.IamResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER,
    # "IAM resource-listing operations return a subset of the available attributes" (ListUsers, GetGroup).
    "ListUsersResponse.Users.User.PermissionsBoundary": never_return,
    "GetGroupResponse.Users.User.PermissionsBoundary": never_return,
    "GetGroupResponse.Users.User.Tags": never_return,
    # Recorded in 2025 and 2026.
    "CreateRoleResponse.Role.MaxSessionDuration": never_return,
    "CreateRoleResponse.Role.RoleLastUsed": never_return,
    "ListVirtualMFADevicesResponse.VirtualMFADevices.VirtualMFADevice.Base32StringSeed": never_return,
}


class IamResponse(moto.IamResponse):
    """moto's IamResponse; what is not here is as moto has it."""

    RESPONSE_KEY_PATH_TO_TRANSFORMER = _TRANSFORMERS

    @property
    def backend(self) -> Backend:
        """The IAM of the caller's account."""
        backend = super().backend
        assert isinstance(backend, Backend), "orgkit.sandbox.install() comes first"  # noqa: S101  for mypy
        return backend

    def get_region_from_url(self, request: Any, full_url: str) -> str:
        """moto takes GovCloud's endpoint, iam.us-gov.amazonaws.com, for one of the standard partition."""
        region = super().get_region_from_url(request, full_url)
        return "us-gov-west-1" if region == "us-gov" else region

    def serialized(self, action_result: ActionResult) -> TYPE_RESPONSE:
        """moto compares every value that it writes with all of these. Only those of the operation can meet one."""
        mine = f"{self._get_action()}Response."
        chosen = {path: transform for path, transform in _TRANSFORMERS.items() if path.startswith(mine)}
        vars(self)["RESPONSE_KEY_PATH_TO_TRANSFORMER"] = chosen
        return super().serialized(action_result)

    def create_user(self) -> ActionResult:
        """moto drops PermissionsBoundary."""
        user = self.backend.create_user(
            self.region,
            self._get_param("UserName"),
            self._get_param("Path"),
            self._get_param("Tags", []),
            self._get_param("PermissionsBoundary"),
        )
        return ActionResult({"User": user})

    def put_user_permissions_boundary(self) -> ActionResult:
        """moto lacks it."""
        self.backend.put_user_permissions_boundary(self._get_param("UserName"), self._get_param("PermissionsBoundary"))
        return EmptyResult()

    def delete_user_permissions_boundary(self) -> ActionResult:
        """moto lacks it."""
        self.backend.delete_user_permissions_boundary(self._get_param("UserName"))
        return EmptyResult()

    def create_login_profile(self) -> ActionResult:
        """moto drops PasswordResetRequired."""
        user = self.backend.give_login_profile(
            self._get_param("UserName"),
            self._get_param("Password"),
            self._get_bool_param("PasswordResetRequired", False),
        )
        return _login_profile(user)

    def get_login_profile(self) -> ActionResult:
        """moto tells the user's age for the profile's."""
        return _login_profile(self.backend.get_login_profile(self._get_param("UserName")))

    def update_login_profile(self) -> ActionResult:
        """moto deletes the profile when no password is given."""
        self.backend.change_login_profile(
            self._get_param("UserName"),
            self._get_param("Password"),
            self._get_bool_param("PasswordResetRequired"),
        )
        return EmptyResult()

    def list_organizations_features(self) -> ActionResult:
        """moto lacks it."""
        return self._root_access()

    def enable_organizations_root_credentials_management(self) -> ActionResult:
        """moto lacks it."""
        return self._root_access("RootCredentialsManagement")

    def enable_organizations_root_sessions(self) -> ActionResult:
        """moto lacks it."""
        return self._root_access("RootSessions")

    def _root_access(self, *enabled: str) -> ActionResult:
        """AWS: only with trusted access of iam.amazonaws.com, and only in an organization (the model's errors)."""
        organizations = organizations_backends[self.current_account][self.partition]
        if organizations.org is None:
            raise IAMException("OrganizationNotFoundException", "The account is not part of an organization.")
        if "iam.amazonaws.com" not in [each["ServicePrincipal"] for each in organizations.services]:
            said = f"Trusted Access for IAM not enabled by organization of input account {self.current_account}."
            raise IAMException("ServiceAccessNotEnabledException", said)
        features: set[str] = vars(organizations).setdefault("root_features", set())
        features.update(enabled)
        return ActionResult({"OrganizationId": organizations.org.id, "EnabledFeatures": sorted(features)})

    def create_role(self) -> ActionResult:
        """moto takes a trust policy that is no JSON."""
        try:
            json.loads(self._get_param("AssumeRolePolicyDocument"))
        except ValueError:
            raise IAMException("MalformedPolicyDocument", "This policy contains invalid Json") from None
        return super().create_role()

    def list_policies(self) -> ActionResult:
        """moto counts no boundaries. The usage counts only with OnlyAttached (recorded 2026-09)."""
        if not self._get_bool_param("OnlyAttached", False):
            return super().list_policies()
        prefix, scope = self._get_param("PathPrefix", "/"), self._get_param("Scope", "All")
        kinds = {"AWS": True, "Local": False}
        found = [
            policy
            for policy in self.backend.managed_policies.values()
            if policy.path.startswith(prefix)
            and isinstance(policy, AWSManagedPolicy) == kinds.get(scope, isinstance(policy, AWSManagedPolicy))
            and any(self.backend.bearers(policy.arn, self._get_param("PolicyUsageFilter")))
        ]
        return ActionResult(page(self, "Policies", found))

    def list_entities_for_policy(self) -> ActionResult:
        """moto counts no boundaries, and pages wrongly."""
        wanted, prefix = self._get_param("EntityFilter"), self._get_param("PathPrefix", "/")
        members = {"User": "PolicyUsers", "Group": "PolicyGroups", "Role": "PolicyRoles"}
        found = [
            (
                type(entity).__name__,
                {f"{type(entity).__name__}Name": entity.name, f"{type(entity).__name__}Id": entity.id},
            )
            for entity in self.backend.bearers(self._get_param("PolicyArn"), self._get_param("PolicyUsageFilter"))
            if wanted in (None, type(entity).__name__) and entity.path.startswith(prefix)
        ]
        answer = page(self, "Entities", found)
        shown = answer.pop("Entities")
        return ActionResult(
            {**answer, **{to: [it for kind, it in shown if kind == name] for name, to in members.items()}}
        )

    def list_user_tags(self) -> ActionResult:
        """moto answers with all tags at once."""
        return ActionResult(page(self, "Tags", self.backend.list_user_tags(self._get_param("UserName"))))

    def list_users(self) -> ActionResult:
        """moto answers with all users at once."""
        prefix = self._get_param("PathPrefix", "/")
        users = [user for user in self.backend.users.values() if user.path.startswith(prefix)]
        return ActionResult(page(self, "Users", users))

    def list_groups(self) -> ActionResult:
        """moto answers with all groups at once, and takes no PathPrefix."""
        prefix = self._get_param("PathPrefix", "/")
        groups = [group for group in self.backend.groups.values() if group.path.startswith(prefix)]
        return ActionResult(page(self, "Groups", groups))

    def get_account_authorization_details(self) -> ActionResult:
        """moto answers with everything at once and lacks members of policies."""
        backend, wanted = self.backend, self._get_param("Filter", [])
        local = [policy for policy in backend.policies_in_use() if not isinstance(policy, AWSManagedPolicy)]
        aws = [policy for policy in backend.policies_in_use() if isinstance(policy, AWSManagedPolicy)]
        kinds = (
            ("User", "UserDetailList", backend.users.values()),
            ("Group", "GroupDetailList", backend.groups.values()),
            ("Role", "RoleDetailList", backend.roles.values()),
            ("LocalManagedPolicy", "Policies", (_policy_detail(backend, policy) for policy in local)),
            ("AWSManagedPolicy", "Policies", (_policy_detail(backend, policy) for policy in aws)),
        )
        chosen = [
            (member, entity) for kind, member, entities in kinds if not wanted or kind in wanted for entity in entities
        ]
        answer = page(self, "Entities", chosen)
        members: dict[str, list[Any]] = {member: [] for _, member, _ in kinds}
        for member, entity in answer.pop("Entities"):
            members[member].append(entity)
        return ActionResult({**answer, **members})


def _login_profile(user: User) -> ActionResult:
    profile = {
        "UserName": user.name,
        "CreateDate": vars(user).get("login_profile_created", user.create_date),
        "PasswordResetRequired": user.password_reset_required,
    }
    return ActionResult({"LoginProfile": profile})


def _policy_detail(backend: Backend, policy: ManagedPolicy) -> dict[str, Any]:
    """`ManagedPolicyDetail`: moto leaves out PolicyName, PolicyId and PermissionsBoundaryUsageCount."""
    return {
        "PolicyName": policy.name,
        "PolicyId": policy.id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": policy.default_version_id,
        "AttachmentCount": backend.attachments(policy.arn),
        "PermissionsBoundaryUsageCount": backend.boundary_uses(policy.arn),
        "IsAttachable": True,
        "Description": policy.description or None,
        "CreateDate": policy.create_date,
        "UpdateDate": policy.update_date,
        "PolicyVersionList": policy.policy_version_list,
    }


PAGE: Final = 100
"""Items in an answer when MaxItems is not given (IAM API reference, MaxItems)."""
LARGEST: Final = 1_000
"""The most that MaxItems may ask for (maxItemsType, model)."""


def page(asked: moto.IamResponse, member: str, items: Sequence[Any]) -> dict[str, Any]:
    """The page that the call asks for. Raises ValidationError for its size, InvalidInput for its Marker."""
    marker, size = asked._get_param("Marker", "0"), asked._get_int_param("MaxItems", PAGE)
    if not 1 <= size <= LARGEST:
        bound = f"less than or equal to {LARGEST}" if size > LARGEST else "greater than or equal to 1"
        failed = "1 validation error detected: Value at 'maxItems' failed to satisfy constraint"
        raise ValidationError(f"{failed}: Member must have value {bound}")
    if not (marker.isdecimal() and int(marker) <= len(items)):
        raise IAMException("InvalidInput", "Invalid marker for pagination.")
    start, end = int(marker), int(marker) + size
    more = end < len(items)
    return {member: items[start:end], "IsTruncated": more, "Marker": str(end) if more else None}


# Where moto sends the requests that IAM gets. The names are its own.


url_bases = urls.url_bases
url_paths = {"{0}/$": IamResponse.dispatch}
