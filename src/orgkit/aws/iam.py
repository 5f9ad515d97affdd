"""AWS IAM: the payer's users, groups, roles and policies, their passwords and MFA devices."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from orgkit.aws.client import Service, remembered
from orgkit.errors import UnexpectedAnswer

if TYPE_CHECKING:
    from types_boto3_iam.type_defs import PolicyVersionTypeDef

NO_ENTITY: Final = "NoSuchEntity"
_DETAILS: Final = "GetAccountAuthorizationDetails"


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


Versions = tuple["PolicyVersionTypeDef", ...]
"""A policy's versions, the one in force first, then from the newest to the oldest."""


class Iam(Service):
    """The payer's users, groups and managed policies."""

    name = "iam"

    def principals(self) -> tuple[Principal, ...]:
        """Every user, group and role of the payer."""
        return self.details()[0]

    def documents(self) -> Mapping[str, Any]:
        """The document in force of every managed policy of the payer's own, by ARN."""
        return {arn: _document(versions[0]["Document"]) for arn, versions in self.details()[1].items()}

    @remembered("details")
    def details(self) -> tuple[tuple[Principal, ...], Mapping[str, Versions]]:
        """Every principal, and the versions of every managed policy of the payer's own, by ARN."""
        principals: list[Principal] = []
        policies: dict[str, Versions] = {}
        kinds = ["User", "Group", "Role"]
        asked: dict[str, Any] = {"marker": "Marker", "Filter": [*kinds, "LocalManagedPolicy"]}
        for page in self._calls.pages(self.name, "get_account_authorization_details", **asked):
            principals += [_principal(kind, each) for kind in kinds for each in page.get(f"{kind}DetailList", [])]
            policies |= {policy["Arn"]: _versions(policy) for policy in page.get("Policies", [])}
        return tuple(principals), policies

    @remembered("summary")
    def summary(self) -> Mapping[str, int]:
        """`iam:GetAccountSummary`: among others whether the root user has MFA and access keys, and MFA devices in use.

        The names are AWS's: AccountMFAEnabled, AccountAccessKeysPresent, MFADevicesInUse.
        """
        return self._call("get_account_summary")["SummaryMap"]

    def has_mfa(self, user: str) -> bool:
        """Whether a user has an MFA device."""
        if self.summary()["MFADevicesInUse"] == 0:
            return False
        answer = self._unless(NO_ENTITY, "list_mfa_devices", UserName=user)
        return bool(answer and answer["MFADevices"])

    def access_keys(self, user: str) -> tuple[str, ...]:
        """The ids of a user's access keys; a user that is not there has none."""
        answer = self._unless(NO_ENTITY, "list_access_keys", UserName=user)
        return tuple(key["AccessKeyId"] for key in answer["AccessKeyMetadata"]) if answer else ()

    def saml_providers(self) -> frozenset[str]:
        """The ARNs of the payer's SAML providers."""
        return frozenset(each["Arn"] for each in self._call("list_saml_providers")["SAMLProviderList"])

    # Passwords

    @remembered("password")
    def has_password(self, user: str) -> bool:
        """Whether a user has a login profile; a user that is not there has none."""
        return self._unless(NO_ENTITY, "get_login_profile", UserName=user) is not None

    def create_password(self, user: str, password: str) -> None:
        """Give a user a login profile whose password must be changed at the first sign-in.

        A user that has just been made may be unknown to IAM for a moment (IAM User Guide, "Eventual consistency").
        Raises AwsError EntityAlreadyExists where there is one; `sent_again` then tells that it may be ours.
        """
        self._facts.drop(("password", user))
        sent = {"UserName": user, "Password": password, "PasswordResetRequired": True}
        self._calls.until_listed(f"user {user}", lambda: self._unless(NO_ENTITY, "create_login_profile", **sent))
        self._facts.learn(("password", user), value=True)

    def shortest_password(self) -> int:
        """The least characters that the account's password policy takes; 8 is IAM's own rule without one."""
        answer = self._unless(NO_ENTITY, "get_account_password_policy")
        return int(answer["PasswordPolicy"].get("MinimumPasswordLength", 8)) if answer else 8

    # Centralized root access

    @remembered("root features")
    def root_features(self) -> frozenset[str]:
        """What of centralized root access is on; nothing while trusted access of iam.amazonaws.com is off."""
        answer = self._unless("ServiceAccessNotEnabledException", "list_organizations_features")
        return frozenset(answer.get("EnabledFeatures", []) if answer else ())

    def enable_root_credentials_management(self) -> None:
        """Let the payer manage the root credentials of all member accounts."""
        self._call("enable_organizations_root_credentials_management")
        self._facts.drop("root features")

    def changed_by_stack(self, *made: str) -> None:
        """CloudFormation has changed users and groups: what was read of them may be wrong.

        The users that it has made have no login profile: the template gives none.
        """
        self._facts.drop("details", "password")
        for user in made:
            self._facts.learn(("password", user), value=False)


def _versions(policy: Mapping[str, Any]) -> Versions:
    listed: list[PolicyVersionTypeDef] = policy["PolicyVersionList"]
    if not listed:
        raise UnexpectedAnswer(_DETAILS, f"{policy['Arn']} has no version")
    return tuple(sorted(listed, key=lambda each: (each["IsDefaultVersion"], each["CreateDate"]), reverse=True))


def _principal(kind: str, answer: Mapping[str, Any]) -> Principal:
    inline = answer.get(f"{kind}PolicyList", [])
    return Principal(
        kind=kind.lower(),
        name=answer[f"{kind}Name"],
        arn=answer["Arn"],
        groups=tuple(answer.get("GroupList", [])),
        policies=tuple(policy["PolicyArn"] for policy in answer.get("AttachedManagedPolicies", [])),
        inline={policy["PolicyName"]: _document(policy["PolicyDocument"]) for policy in inline},
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
        raise UnexpectedAnswer(_DETAILS, f"a policy document is not JSON: {odd}") from odd
