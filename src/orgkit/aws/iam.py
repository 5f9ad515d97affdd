"""AWS IAM: the payer's users and groups, their passwords and MFA devices."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from orgkit.aws.client import Calls, understood
from orgkit.aws.facts import Facts
from orgkit.errors import AwsError
from orgkit.settings import limits

_NONE: Final = "NoSuchEntity"


@dataclass(frozen=True)
class Principal:
    """A user or group of the payer with everything put on it. `policies` are ARNs, `inline` names."""

    kind: str
    """`user` or `group`."""
    name: str
    arn: str
    groups: tuple[str, ...]
    policies: tuple[str, ...]
    inline: Mapping[str, Any]
    boundary: str
    path: str


@dataclass(frozen=True)
class Version:
    """A version of a managed policy."""

    id: str
    document: Any


@dataclass(frozen=True)
class Summary:
    """What `iam:GetAccountSummary` says of the root user, and how many MFA devices are in use."""

    root_mfa: bool
    root_keys: bool
    mfa_devices_in_use: int


class Iam:
    """The payer's IAM. Reads are remembered in `facts`."""

    def __init__(self, calls: Calls, facts: Facts) -> None:
        self._calls = calls
        self._facts = facts

    @understood
    def principals(self) -> tuple[Principal, ...]:
        """Every user and group of the payer."""
        return self._details()[0]

    @understood
    def documents(self) -> Mapping[str, Any]:
        """The document in force of every managed policy of the payer's own, by ARN."""
        return {arn: versions[0].document for arn, versions in self._details()[1].items()}

    def _details(self) -> tuple[tuple[Principal, ...], Mapping[str, tuple[Version, ...]]]:
        return self._facts.read("iam details", self._read_details)

    def _read_details(self) -> tuple[tuple[Principal, ...], Mapping[str, tuple[Version, ...]]]:
        principals: list[Principal] = []
        policies: dict[str, tuple[Version, ...]] = {}
        pages = self._calls.pages(
            "iam",
            "get_account_authorization_details",
            marker="Marker",
            Filter=["User", "Group", "LocalManagedPolicy"],
        )
        for page in pages:
            principals += [_user(user) for user in page.get("UserDetailList", [])]
            principals += [_group(group) for group in page.get("GroupDetailList", [])]
            policies |= {policy["Arn"]: _versions(policy) for policy in page.get("Policies", [])}
        return tuple(principals), policies

    @understood
    def summary(self) -> Summary:
        """The account's summary."""

        def read() -> Summary:
            answer = self._call("get_account_summary")["SummaryMap"]
            return Summary(
                root_mfa=bool(answer["AccountMFAEnabled"]),
                root_keys=bool(answer["AccountAccessKeysPresent"]),
                mfa_devices_in_use=int(answer["MFADevicesInUse"]),
            )

        return self._facts.read("summary", read)

    @understood
    def has_mfa(self, user: str) -> bool:
        """Whether a user has an MFA device."""
        if self.summary().mfa_devices_in_use == 0:
            return False
        try:
            return bool(self._call("list_mfa_devices", UserName=user)["MFADevices"])
        except AwsError as error:
            if error.code != _NONE:
                raise
            return False

    # Passwords

    @understood
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

        self._facts.learn(("password", user), self._calls.soon(f"user {user}", give, lambda: None))

    @understood
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

    # Undoing what was changed by hand. Taking off what is off already is success.

    def attach(self, principal: Principal, policy: str) -> None:
        """Attach a managed policy."""
        self._call(f"attach_{principal.kind}_policy", PolicyArn=policy, **_named(principal))
        self._facts.drop("iam details")

    def join_group(self, user: str, group: str) -> None:
        """Put a user into a group."""
        self._call("add_user_to_group", UserName=user, GroupName=group)
        self._facts.drop("iam details")

    def put_boundary(self, user: str, policy: str) -> None:
        """Set a user's permissions boundary."""
        self._call("put_user_permissions_boundary", UserName=user, PermissionsBoundary=policy)
        self._facts.drop("iam details")

    def move(self, principal: Principal, path: str) -> None:
        """Give a user or group another path, which is part of its ARN."""
        self._call(f"update_{principal.kind}", NewPath=path, **_named(principal))
        self._facts.drop("iam details")

    def rewrite_policy(self, arn: str, document: Any) -> None:
        """Give a managed policy another document. IAM keeps five versions; the oldest gives way."""
        versions = self._details()[1][arn]
        if len(versions) >= limits.POLICY_VERSIONS:
            self._gone("delete_policy_version", PolicyArn=arn, VersionId=versions[-1].id)
        text = json.dumps(document, separators=(",", ":"))
        self._call("create_policy_version", PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)
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

    def delete_boundary(self, user: str) -> None:
        """Delete a user's permissions boundary."""
        self._gone("delete_user_permissions_boundary", UserName=user)

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
        self._facts.drop("iam details", "summary")
        self._facts.drop_kind("password")

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return self._calls("iam", operation, **parameters)


def _named(principal: Principal) -> dict[str, str]:
    return {"UserName" if principal.kind == "user" else "GroupName": principal.name}


def _versions(policy: Mapping[str, Any]) -> tuple[Version, ...]:
    """A policy's versions, the one in force first, then from the newest to the oldest."""
    listed = sorted(policy["PolicyVersionList"], key=lambda v: (v["IsDefaultVersion"], v["CreateDate"]), reverse=True)
    return tuple(Version(version["VersionId"], _document(version["Document"])) for version in listed)


def _user(answer: Mapping[str, Any]) -> Principal:
    boundary = answer.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")
    groups = tuple(answer.get("GroupList", []))
    return _principal("user", answer, "UserName", "UserPolicyList", groups, boundary)


def _group(answer: Mapping[str, Any]) -> Principal:
    return _principal("group", answer, "GroupName", "GroupPolicyList", (), "")


def _principal(
    kind: str, answer: Mapping[str, Any], name: str, inline: str, groups: tuple[str, ...], boundary: str
) -> Principal:
    return Principal(
        kind=kind,
        name=answer[name],
        arn=answer["Arn"],
        groups=groups,
        policies=tuple(p["PolicyArn"] for p in answer.get("AttachedManagedPolicies", [])),
        inline={p["PolicyName"]: _document(p["PolicyDocument"]) for p in answer.get(inline, [])},
        boundary=boundary,
        path=answer["Path"],
    )


def _document(document: object) -> Any:
    """A policy document: botocore has it decoded already, unless AWS sent it URL-encoded once more."""
    return json.loads(unquote(document)) if isinstance(document, str) else document
