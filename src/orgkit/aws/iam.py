"""AWS IAM: the payer's users and groups, their passwords and MFA devices."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from orgkit.aws.client import Service
from orgkit.errors import AwsError, UnexpectedAnswer
from orgkit.settings import limits

if TYPE_CHECKING:
    from types_boto3_iam.type_defs import PolicyVersionTypeDef

_NONE: Final = "NoSuchEntity"


@dataclass(frozen=True)
class Principal:
    """A user, group or role of the payer with everything put on it. `policies` are ARNs, `inline` names."""

    kind: str
    """`user`, `group` or `role`."""
    name: str
    arn: str
    groups: tuple[str, ...]
    policies: tuple[str, ...]
    inline: Mapping[str, Any]
    boundary: str
    path: str
    trust: Any = None
    """Of a role: who may assume it."""


class Iam(Service):
    """The payer's users, groups and managed policies."""

    name = "iam"

    def principals(self) -> tuple[Principal, ...]:
        """Every user, group and role of the payer."""
        return self._details()[0]

    def documents(self) -> Mapping[str, Any]:
        """The document in force of every managed policy of the payer's own, by ARN."""
        return {arn: _document(versions[0]["Document"]) for arn, versions in self._details()[1].items()}

    def _details(self) -> tuple[tuple[Principal, ...], Mapping[str, tuple[PolicyVersionTypeDef, ...]]]:
        return self._facts.read("iam details", self._read_details)

    def _read_details(self) -> tuple[tuple[Principal, ...], Mapping[str, tuple[PolicyVersionTypeDef, ...]]]:
        principals: list[Principal] = []
        policies: dict[str, tuple[PolicyVersionTypeDef, ...]] = {}
        pages = self._calls.pages(
            self.name,
            "get_account_authorization_details",
            marker="Marker",
            Filter=["User", "Group", "Role", "LocalManagedPolicy"],
        )
        for page in pages:
            principals += [_principal("user", user) for user in page.get("UserDetailList", [])]
            principals += [_principal("group", group) for group in page.get("GroupDetailList", [])]
            principals += [_principal("role", role) for role in page.get("RoleDetailList", [])]
            policies |= {policy["Arn"]: _versions(policy) for policy in page.get("Policies", [])}
        return tuple(principals), policies

    def summary(self) -> Mapping[str, int]:
        """`iam:GetAccountSummary`: among others whether the root user has MFA and access keys, and MFA devices in use.

        The names are AWS's: AccountMFAEnabled, AccountAccessKeysPresent, MFADevicesInUse.
        """
        return self._facts.read("summary", lambda: self._call("get_account_summary")["SummaryMap"])

    def has_mfa(self, user: str) -> bool:
        """Whether a user has an MFA device."""
        if self.summary()["MFADevicesInUse"] == 0:
            return False
        try:
            return bool(self._call("list_mfa_devices", UserName=user)["MFADevices"])
        except AwsError as error:
            if error.code != _NONE:
                raise
            return False

    # Passwords

    def has_password(self, user: str) -> bool:
        """Whether a user has a login profile; a user that is not there has none."""

        def read() -> bool:
            try:
                self._call("get_login_profile", UserName=user)
            except AwsError as error:
                if error.code != _NONE:
                    raise
                return False
            return True

        return self._facts.read(("password", user), read)

    def create_password(self, user: str, password: str) -> None:
        """Give a user a login profile whose password must be changed at the first sign-in.

        A user that has just been made may be unknown to IAM for a moment (IAM User Guide, "Eventual consistency").
        Raises AwsError EntityAlreadyExists where there is one; `sent_again` then tells that it may be ours.
        """
        self._facts.drop(("password", user))

        def give() -> bool | None:
            try:
                self._call("create_login_profile", UserName=user, Password=password, PasswordResetRequired=True)
            except AwsError as error:
                if error.code != _NONE:
                    raise
                return None
            return True

        self._facts.learn(("password", user), self._calls.until_listed(f"user {user}", give))

    def shortest_password(self) -> int:
        """The least characters that the account's password policy takes; 8 is IAM's own rule without one."""
        try:
            return int(self._call("get_account_password_policy")["PasswordPolicy"].get("MinimumPasswordLength", 8))
        except AwsError as error:
            if error.code != _NONE:
                raise
            return 8

    def password_of_new_user(self, user: str) -> None:
        """A user that CloudFormation has just made has no login profile: the template gives none."""
        self._facts.learn(("password", user), value=False)

    # Centralized root access

    def root_features(self) -> frozenset[str]:
        """What of centralized root access is on; nothing while trusted access of iam.amazonaws.com is off."""

        def read() -> frozenset[str]:
            try:
                return frozenset(self._call("list_organizations_features").get("EnabledFeatures", []))
            except AwsError as error:
                if error.code != "ServiceAccessNotEnabledException":
                    raise
                return frozenset()

        return self._facts.read("root features", read)

    def enable_root_credentials_management(self) -> None:
        """Let the payer manage the root credentials of all member accounts."""
        self._call("enable_organizations_root_credentials_management")
        self._facts.drop("root features")

    def access_keys(self, user: str) -> tuple[str, ...]:
        """The ids of a user's access keys; a user that is not there has none."""
        try:
            return tuple(
                key["AccessKeyId"] for key in self._call("list_access_keys", UserName=user)["AccessKeyMetadata"]
            )
        except AwsError as error:
            if error.code != _NONE:
                raise
            return ()

    # Undoing what was changed by hand. Taking off what is off already is success.

    def attach(self, principal: Principal, policy: str) -> None:
        """Attach a managed policy."""
        self._call(f"attach_{principal.kind}_policy", PolicyArn=policy, **_named(principal))
        self._facts.drop("iam details")

    def create(self, principal: Principal) -> None:
        """Make a user, group or role anew, with nothing on it yet."""
        trust = {"AssumeRolePolicyDocument": _written(principal.trust)} if principal.kind == "role" else {}
        self._make(f"create_{principal.kind}", Path=principal.path, **trust, **_named(principal))

    def delete_role(self, role: Principal) -> None:
        """Delete a role with all that is on it."""
        for policy in role.policies:
            self.detach(role, policy)
        for inline in role.inline:
            self.delete_inline(role, inline)
        self._gone("delete_role", **_named(role))

    def trust(self, role: Principal, document: Any) -> None:
        """Say anew who may assume a role."""
        self._call("update_assume_role_policy", PolicyDocument=_written(document), **_named(role))
        self._facts.drop("iam details")

    def create_policy(self, arn: str, document: Any) -> None:
        """Make a managed policy anew, under the ARN that it had."""
        self._make("create_policy", PolicyName=arn.rpartition("/")[2], PolicyDocument=_written(document))

    def _make(self, operation: str, **parameters: str) -> None:
        """Make what may be there by now: from an earlier sending of the call, or from another run."""
        try:
            self._call(operation, **parameters)
        except AwsError as error:
            if error.code != "EntityAlreadyExists":
                raise
        self._facts.drop("iam details")

    def join_group(self, user: str, group: str) -> None:
        """Put a user into a group."""
        self._call("add_user_to_group", UserName=user, GroupName=group)
        self._facts.drop("iam details")

    def put_boundary(self, bounded: Principal, policy: str) -> None:
        """Set the permissions boundary of a user or role."""
        self._call(f"put_{bounded.kind}_permissions_boundary", PermissionsBoundary=policy, **_named(bounded))
        self._facts.drop("iam details")

    def move(self, member: Principal, path: str) -> None:
        """Give a user or group another path, which is part of its ARN."""
        self._call(f"update_{member.kind}", NewPath=path, **_named(member))
        self._facts.drop("iam details")

    def rewrite_policy(self, arn: str, document: Any) -> None:
        """Give a managed policy another document. IAM keeps five versions; the oldest gives way."""
        versions = self._details()[1][arn]
        if len(versions) >= limits.POLICY_VERSIONS:
            self._gone("delete_policy_version", PolicyArn=arn, VersionId=versions[-1]["VersionId"])
        self._call("create_policy_version", PolicyArn=arn, PolicyDocument=_written(document), SetAsDefault=True)
        self._facts.drop("iam details")

    def detach(self, principal: Principal, policy: str) -> None:
        """Detach a managed policy."""
        self._take_off(f"detach_{principal.kind}_policy", principal, PolicyArn=policy)

    def delete_inline(self, principal: Principal, policy: str) -> None:
        """Delete an inline policy."""
        self._take_off(f"delete_{principal.kind}_policy", principal, PolicyName=policy)

    def leave_group(self, user: str, group: str) -> None:
        """Remove a user from a group."""
        self._gone("remove_user_from_group", UserName=user, GroupName=group)

    def delete_boundary(self, bounded: Principal) -> None:
        """Delete the permissions boundary of a user or role."""
        self._gone(f"delete_{bounded.kind}_permissions_boundary", **_named(bounded))

    def _take_off(self, operation: str, principal: Principal, **what: str) -> None:
        self._gone(operation, **_named(principal), **what)

    def _gone(self, operation: str, **parameters: str) -> None:
        try:
            self._call(operation, **parameters)
        except AwsError as error:
            if error.code != _NONE:
                raise
        self._facts.drop("iam details")

    def changed_by_stack(self) -> None:
        """CloudFormation has changed users and groups: what was read of them may be wrong."""
        self._facts.drop("iam details")
        self._facts.drop_kind("password")


def _named(principal: Principal) -> dict[str, str]:
    return {f"{principal.kind.title()}Name": principal.name}


def _written(document: Any) -> str:
    return json.dumps(document, separators=(",", ":"))


def _versions(policy: Mapping[str, Any]) -> tuple[PolicyVersionTypeDef, ...]:
    """A policy's versions, the one in force first, then from the newest to the oldest."""
    listed: list[PolicyVersionTypeDef] = policy["PolicyVersionList"]
    if not listed:
        raise UnexpectedAnswer("GetAccountAuthorizationDetails", f"{policy['Arn']} has no version")
    return tuple(sorted(listed, key=lambda each: (each["IsDefaultVersion"], each["CreateDate"]), reverse=True))


def _principal(kind: str, answer: Mapping[str, Any]) -> Principal:
    name = kind.title()
    return Principal(
        kind=kind,
        name=answer[f"{name}Name"],
        arn=answer["Arn"],
        groups=tuple(answer.get("GroupList", [])),
        policies=tuple(policy["PolicyArn"] for policy in answer.get("AttachedManagedPolicies", [])),
        inline={
            policy["PolicyName"]: _document(policy["PolicyDocument"]) for policy in answer.get(f"{name}PolicyList", [])
        },
        boundary=answer["PermissionsBoundary"]["PermissionsBoundaryArn"] if "PermissionsBoundary" in answer else "",
        path=answer["Path"],
        trust=_document(answer.get("AssumeRolePolicyDocument")),
    )


def _document(document: object) -> Any:
    """A policy document: botocore has it decoded already, unless AWS sent it URL-encoded once more."""
    if not isinstance(document, str):
        return document
    try:
        return json.loads(unquote(document))
    except (ValueError, RecursionError) as odd:
        raise UnexpectedAnswer("GetAccountAuthorizationDetails", f"a policy document is not JSON: {odd}") from odd
