"""The IAM of one account: its users, groups, passwords, boundaries and MFA devices."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from types import ModuleType
from typing import Any, Final

from moto.core.utils import utcnow
from moto.iam.exceptions import (
    DeleteConflictException,
    EntityAlreadyExists,
    IAMException,
    LimitExceededException,
    NoSuchEntity,
    NotFoundException,
)
from moto.iam.models import AccountPasswordPolicy, Group, User
from moto.iam.utils import generate_access_key_id_from_account_id

from orgkit.sandbox.iam.permissions import Policies, check_name, check_path

# IAM User Guide, "Set an account password policy for IAM users": the default policy, and the symbols.
DEFAULT_LENGTH: Final = 8
DEFAULT_KINDS: Final = 3
SYMBOLS: Final = frozenset("!@#$%^&*()_+-=[]{}|'")
GROUPS_PER_USER: Final = 10
NAME_LENGTHS: Final = {"User": 64, "Group": 128}
"""Characters of a name (CreateUser and CreateGroup, model)."""


def boundary_arn(user: User) -> str | None:
    """The managed policy that bounds this user's permissions, or None. moto keeps it for roles alone."""
    arn: str | None = getattr(user, "permissions_boundary_arn", None)
    return arn


def permissions_boundary(user: User) -> dict[str, str] | None:
    """The boundary as AWS's answers hold it (`AttachedPermissionsBoundary`)."""
    arn = boundary_arn(user)
    kind = "PermissionsBoundaryPolicy"
    return {"PermissionsBoundaryType": kind, "PermissionsBoundaryArn": arn} if arn else None


def with_user_id(make: Callable[..., None]) -> Callable[..., None]:
    """moto gives a user an id of any letters. AWS's begins with AIDA."""

    def init(self: User, account_id: str, *args: Any, **kwargs: Any) -> None:
        make(self, account_id, *args, **kwargs)
        self.id = generate_access_key_id_from_account_id(account_id, "AIDA", total_length=21)

    return init


class Backend(Policies):
    """What AWS does with users and groups and moto does not."""

    @property
    def _url_module(self) -> ModuleType:
        """moto looks for a module `urls` beside the backend's, which would hold two lines."""
        return import_module("orgkit.sandbox.iam.responses")

    def create_user(
        self,
        region_name: str,
        user_name: str,
        path: str = "/",
        tags: list[dict[str, str]] | None = None,
        permissions_boundary: str | None = None,
    ) -> User:
        """As moto, with a boundary; names are not distinguished by case (CreateUser, model)."""
        check_path(path)
        _check_new_name("User", user_name, self.users)
        if permissions_boundary:
            self._check_boundary(permissions_boundary)
        user = super().create_user(region_name, user_name, path, tags)
        if permissions_boundary:
            self.put_user_permissions_boundary(user_name, permissions_boundary)
        return user

    def update_user(self, user_name: str, new_path: str | None = None, new_user_name: str | None = None) -> None:
        """As moto, but the name must be free; tags and access keys stay with the user (moto loses them)."""
        user = self.get_user(user_name)
        check_path(new_path)
        if new_user_name and new_user_name != user_name:
            _check_new_name("User", new_user_name, set(self.users) - {user_name})
        tags = self.list_user_tags(user_name)
        self.tagger.delete_all_tags_for_resource(user.arn)
        super().update_user(user_name, new_path, new_user_name)
        self.tagger.tag_resource(user.arn, tags)
        for key in user.access_keys:
            key.user_name = user.name

    def delete_user(self, user_name: str) -> None:
        """As moto, but DeleteConflict while anything that DeleteUser's page lists is left."""
        user = self.get_user(user_name)
        left = (
            (self.get_groups_for_user(user_name), "remove users from group"),
            (user.password, "delete login profile"),
            (user.access_keys, "delete access keys"),
            (user.mfa_devices, "remove tokens from principal"),
        )
        _check_nothing_left(left)
        super().delete_user(user_name)

    def put_user_permissions_boundary(self, user_name: str, policy_arn: str) -> None:
        """NoSuchEntity unless the policy exists (PutUserPermissionsBoundary, model; moto lacks it)."""
        user = self.get_user(user_name)
        self._check_boundary(policy_arn)
        vars(user)["permissions_boundary_arn"] = policy_arn

    def delete_user_permissions_boundary(self, user_name: str) -> None:
        """NoSuchEntity when there is none (DeleteUserPermissionsBoundary, model; moto lacks it)."""
        user = self.get_user(user_name)
        if not boundary_arn(user):
            raise NoSuchEntity(f"User {user_name} does not have a permissions boundary.")
        vars(user)["permissions_boundary_arn"] = None

    def give_login_profile(self, user_name: str, password: str, reset_required: bool) -> User:
        """CreateLoginProfile: moto drops PasswordResetRequired and takes any password."""
        user = self.get_user(user_name)
        if user.password:
            raise EntityAlreadyExists(f"Login Profile for user {user_name} already exists.")
        check_password(password, self.account_password_policy)
        user.password, user.password_reset_required = password, reset_required
        vars(user)["login_profile_created"] = utcnow()
        return user

    def change_login_profile(self, user_name: str, password: str | None, reset_required: bool | None) -> None:
        """UpdateLoginProfile: what is not given stays; moto deletes the profile when no password is given."""
        user = self.get_login_profile(user_name)
        if password is not None:
            check_password(password, self.account_password_policy)
            user.password = password
        if reset_required is not None:
            user.password_reset_required = reset_required

    def create_group(self, group_name: str, path: str = "/") -> Group:
        """As moto; names are not distinguished by case (CreateGroup, model)."""
        check_path(path)
        _check_new_name("Group", group_name, self.groups)
        return super().create_group(group_name, path)

    def update_group(self, group_name: str, new_group_name: str | None, new_path: str | None) -> None:
        """As moto, but a new path alone is taken too, and the name must be free whatever its case."""
        group = self.get_group(group_name)
        check_path(new_path)
        if new_group_name and new_group_name != group_name:
            _check_new_name("Group", new_group_name, set(self.groups) - {group_name})
            super().update_group(group_name, new_group_name, new_path)
        group.path = new_path or group.path

    def delete_group(self, group_name: str) -> None:
        """As moto, but DeleteConflict while it has users or policies (DeleteGroup, model)."""
        group = self.get_group(group_name)
        left = (
            (group.users, "remove users from group"),
            (group.managed_policies, "detach all policies"),
            (group.policies, "delete policies"),
        )
        _check_nothing_left(left)
        super().delete_group(group_name)

    def add_user_to_group(self, group_name: str, user_name: str) -> None:
        """As moto, with the quota of groups for each user (IAM User Guide, "IAM and AWS STS quotas")."""
        groups = {group.name for group in self.get_groups_for_user(user_name)}
        if group_name not in groups and len(groups) >= GROUPS_PER_USER:
            raise LimitExceededException(f"Cannot exceed quota for GroupsPerUser: {GROUPS_PER_USER}")
        super().add_user_to_group(group_name, user_name)

    def enable_mfa_device(
        self, user_name: str, serial_number: str, authentication_code_1: str, authentication_code_2: str
    ) -> None:
        """As moto, but a virtual device must have been made before (EnableMFADevice: NoSuchEntity, model)."""
        if serial_number in self.get_user(user_name).mfa_devices:
            raise EntityAlreadyExists(f"MFA Device for user {user_name} already exists.")
        if serial_number.startswith("arn:") and serial_number not in self.virtual_mfa_devices:
            raise NoSuchEntity(f"VirtualMFADevice with serial number {serial_number} doesn't exist.")
        super().enable_mfa_device(user_name, serial_number, authentication_code_1, authentication_code_2)

    def deactivate_mfa_device(self, user_name: str, serial_number: str) -> None:
        """As moto, in AWS's words."""
        if serial_number not in self.get_user(user_name).mfa_devices:
            raise NoSuchEntity("MFA Device invalid for user.")
        super().deactivate_mfa_device(user_name, serial_number)

    def delete_virtual_mfa_device(self, serial_number: str) -> None:
        """As moto, but DeleteConflict while a user has it (DeleteVirtualMFADevice, model)."""
        if any(serial_number in user.mfa_devices for user in self.users.values()):
            raise DeleteConflictException("MFA VirtualDevice in use. Must deactivate first.")
        super().delete_virtual_mfa_device(serial_number)

    def _check_boundary(self, policy_arn: str) -> None:
        try:
            self.get_policy(policy_arn)
        except NotFoundException as error:
            raise NoSuchEntity(f"Scope ARN: {policy_arn} does not exist or is not attachable.") from error


def _check_new_name(kind: str, name: str, taken: Iterable[str]) -> None:
    check_name(f"{kind.lower()}Name", name, NAME_LENGTHS[kind])
    if name.lower() in {other.lower() for other in taken}:
        raise EntityAlreadyExists(f"{kind} with name {name} already exists.")


def _check_nothing_left(left: Iterable[tuple[object, str]]) -> None:
    for things, remedy in left:
        if things:
            raise DeleteConflictException(f"Cannot delete entity, must {remedy} first.")


def check_password(password: str, policy: AccountPasswordPolicy | None) -> None:
    """Raise PasswordPolicyViolation unless the account's policy, or the default one, takes the password."""
    has = (
        any(character.isascii() and character.islower() for character in password),
        any(character.isascii() and character.isupper() for character in password),
        any(character.isascii() and character.isdigit() for character in password),
        not SYMBOLS.isdisjoint(password),
    )
    if policy is None:
        fine = len(password) >= DEFAULT_LENGTH and sum(has) >= DEFAULT_KINDS
    else:
        wants = (
            policy.require_lowercase_characters,
            policy.require_uppercase_characters,
            policy.require_numbers,
            policy.require_symbols,
        )
        kinds_fine = all(there for there, wanted in zip(has, wants, strict=True) if wanted)
        fine = len(password) >= policy.minimum_password_length and kinds_fine
    if not fine:
        raise IAMException("PasswordPolicyViolation", "Password does not conform to the account password policy.")
