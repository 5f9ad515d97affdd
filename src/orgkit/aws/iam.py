"""AWS IAM: what the payer's account and its users have: passwords, keys, MFA devices, root access."""

from collections.abc import Mapping, Sequence
from typing import Final

from orgkit.aws.client import Listed, Service, listed, remembered

NO_ENTITY: Final = "NoSuchEntity"


class Iam(Service):
    """The payer's account and its users, one by one."""

    name = "iam"

    @remembered("summary")
    def summary(self) -> Mapping[str, int]:
        """`iam:GetAccountSummary`: among others whether the root user has MFA and access keys, and MFA devices in use.

        The names are AWS's: AccountMFAEnabled, AccountAccessKeysPresent, MFADevicesInUse.
        """
        summary: Mapping[str, int] = self._call("get_account_summary")["SummaryMap"]
        return summary

    def has_mfa(self, user: str) -> bool:
        """Whether a user has an MFA device."""
        if self.summary()["MFADevicesInUse"] == 0:
            return False
        answer = self._unless(NO_ENTITY, "list_mfa_devices", UserName=user)
        return bool(answer and answer["MFADevices"])

    access_keys: Listed[str] = listed(
        "access keys", "list_access_keys", "AccessKeyMetadata", each="AccessKeyId", of="UserName", unless=NO_ENTITY
    )
    """The ids of a user's access keys; a user that is not there has none."""

    saml_providers: Listed[str] = listed("SAML providers", "list_saml_providers", "SAMLProviderList", each="Arn")
    """The ARNs of the payer's SAML providers."""

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
        self.until_listed(f"user {user}", lambda: self._unless(NO_ENTITY, "create_login_profile", **sent))
        self._facts.learn(("password", user), value=True)

    def shortest_password(self) -> int:
        """The least characters that the account's password policy takes; 8 is IAM's own rule without one."""
        answer = self._unless(NO_ENTITY, "get_account_password_policy")
        return int(answer["PasswordPolicy"].get("MinimumPasswordLength", 8)) if answer else 8

    # Centralized root access

    @remembered("root features")
    def root_features(self) -> Sequence[str]:
        """What of centralized root access is on; nothing while trusted access of iam.amazonaws.com is off."""
        answer = self._unless("ServiceAccessNotEnabledException", "list_organizations_features")
        return answer.get("EnabledFeatures", ()) if answer else ()

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
