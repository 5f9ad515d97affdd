"""AWS Organizations: services that work across the organization, and the accounts that administer them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orgkit.aws.client import Service
from orgkit.errors import AwsError, UnexpectedAnswer

if TYPE_CHECKING:
    from types_boto3_organizations.type_defs import DelegatedAdministratorTypeDef

_DEEPEST: Final = 6  # an account in the deepest OU: AWS nests OUs five deep below the root


class Delegation(Service):
    """Trusted access and delegated administrators. Only adds: nothing is switched off or deregistered."""

    name = "organizations"

    def services(self) -> frozenset[str]:
        """The principals of the services that may work in all accounts of the organization."""
        listed = self._facts.read(
            "trusted services",
            lambda: self._list("list_aws_service_access_for_organization", "EnabledServicePrincipals"),
        )
        return frozenset(service["ServicePrincipal"] for service in listed)

    def enable(self, principal: str) -> None:
        """Turn on trusted access. AWS models no error for a service that has it already."""
        self._call("enable_aws_service_access", ServicePrincipal=principal)
        self._facts.drop("trusted services")

    def administrators(self, principal: str) -> tuple[str, ...]:
        """The ids of the accounts that administer a service."""
        listed = self._facts.read(
            ("administrators", principal),
            lambda: self._list("list_delegated_administrators", "DelegatedAdministrators", ServicePrincipal=principal),
        )
        return tuple(account["Id"] for account in listed)

    def all_administrators(self) -> tuple[DelegatedAdministratorTypeDef, ...]:
        """The accounts that administer any service."""
        return self._facts.read(
            "all administrators", lambda: self._list("list_delegated_administrators", "DelegatedAdministrators")
        )

    def resource_policy(self) -> str:
        """The organization's resource policy, which lets members call Organizations; "" if there is none."""
        try:
            return str(self._call("describe_resource_policy")["ResourcePolicy"]["Content"])
        except AwsError as error:
            if error.code != "ResourcePolicyNotFoundException":
                raise
            return ""

    def register(self, account: str, principal: str) -> None:
        """Make an account the administrator of a service; one that is so already stays so."""
        try:
            self._call("register_delegated_administrator", AccountId=account, ServicePrincipal=principal)
        except AwsError as error:
            if error.code != "AccountAlreadyRegisteredException":
                raise
        self._facts.drop(("administrators", principal))

    def path(self, account: str) -> tuple[str, ...]:
        """The ids of the root and the OUs above an account; empty if it is not in this organization."""

        def read() -> tuple[str, ...]:
            above: list[str] = []
            while not above or not above[0].startswith("r-"):
                parents = self._list("list_parents", "Parents", ChildId=above[0] if above else account)
                if not parents or len(above) > _DEEPEST:
                    raise UnexpectedAnswer("ListParents", f"{account} is below no root")
                above.insert(0, parents[0]["Id"])
            return tuple(above)

        try:
            return self._facts.read(("path", account), read)
        except AwsError as error:
            if error.code != "ChildNotFoundException":
                raise
            return ()
