"""The steps of the services that the institution is given: trusted access, and their delegated administrators.

orgkit only adds. It never switches a service off and never deregisters an administrator: both take something from
somebody, and are never needed here.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from orgkit import found
from orgkit.aws import Aws
from orgkit.settings import Settings
from orgkit.settings.rules import Service
from orgkit.step import State, Step, blocked

_IAM: Final = "iam.amazonaws.com"
_ROOT_CREDENTIALS: Final = "RootCredentialsManagement"


def reads(aws: Aws, settings: Settings) -> Iterator[Callable[[], Step]]:
    """Trusted access first: AWS takes an administrator only afterwards."""
    for service in settings.services:
        yield partial(trusted_access, aws, service)
        if service.administrator:
            yield partial(administrator, aws, settings, service)
    if settings.root_access:
        yield partial(root_access, aws)


def trusted_access(aws: Aws, service: Service) -> Step:
    """The service may work in all accounts of the organization."""
    thing = f"service {service.principal}"
    if service.principal in _trusted(aws):
        return Step(thing, State.IN_PLACE, "trusted access is on")
    if service.verdict.enabled_by != "api":
        return blocked(thing, "trusted access is off, and AWS wants it enabled by the service itself", _own(service))
    enable = partial(aws.delegation.enable, service.principal)
    return Step(thing, State.MISSING, "trusted access to be turned on", enable, then="trusted access is on")


def administrator(aws: Aws, settings: Settings, service: Service) -> Step:
    """The account that administers the service, inside the institution's OU."""
    thing, account = f"administrator of {service.principal}", service.administrator
    known = aws.delegation.administrators(service.principal) if aws.organizations.organization() else ()
    others = [each["Id"] for each in known]
    if account in others:
        return Step(thing, State.IN_PLACE, account)
    if len(others) >= service.verdict.administrators:
        return blocked(
            thing,
            f"is {', '.join(others)} already, and AWS takes no more",
            f"Name {others[0]} in {settings.path.name} if that is right. orgkit deregisters nobody.",
        )
    ou = found.institution_ou(aws, settings)
    above = aws.delegation.path(account) if ou else ()
    to_be_placed = account in {each["Id"] for each in found.misplaced_accounts(aws)}  # by the step before
    if ou is not None and ou["Id"] not in above and not to_be_placed:
        where = "lies outside the institution's OU" if above else "is no account of this organization"
        return blocked(
            thing,
            f"{account} {where}",
            f"Move {account} into {settings.institution}, or name another account in {settings.path.name}."
            if above
            else f"Invite {account} and place it first, or name another account in {settings.path.name}.",
        )
    if service.verdict.enabled_by == "own":
        return blocked(thing, f"{account} is not registered, and only the service itself can do that", _own(service))
    register = partial(aws.delegation.register, account, service.principal)
    return Step(thing, State.MISSING, f"{account} to be registered", register, then=account)


def root_access(aws: Aws) -> Step:
    """The payer manages the root credentials of member accounts. Existing root passwords stay until removed."""
    thing = "centralized root access"
    if _IAM in _trusted(aws) and _ROOT_CREDENTIALS in aws.iam.root_features():
        return Step(thing, State.IN_PLACE, "root credentials of members are managed by the payer")

    def enable() -> None:
        if _IAM not in _trusted(aws):
            aws.delegation.enable(_IAM)
        aws.iam.enable_root_credentials_management()

    stay = "root passwords that exist stay until you remove them (IAM console, Root access management)"
    return Step(thing, State.MISSING, "to be turned on", enable, then=f"on; {stay}")


def _trusted(aws: Aws) -> tuple[str, ...]:
    """The services that have trusted access; none before there is an organization."""
    return aws.delegation.services() if aws.organizations.organization() else ()


def _own(service: Service) -> str:
    """What a person does for a service that Organizations cannot enable."""
    verdict = service.verdict
    if verdict.enabled_by == "console":
        return f"Turn it on in the console of {service.principal}, signed in to the payer; then run the same command."
    account = service.administrator or "ACCOUNT"
    command = verdict.command.format(account=account, region="REGION")
    each = " for each region in use" if "REGION" in command else ""
    return f"As an administrator of the payer, run: `{command}`{each}. Then run the same command again."
