"""What orgkit does in your payer account, top to bottom.

Each step looks when it is reached, and carries a deed that nobody has called yet. `bootstrap` does each deed
before it reaches for the next step; `bootstrap --dry-run` and `status` do none, so they look at all steps side
by side. There is no other engine and no state file: AWS is the state. So a run that was stopped anywhere is
taken up by running it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from orgkit import accounts, iam_stack, memory, passwords, service_control_policies, tags
from orgkit.aws import Aws
from orgkit.aws.side_by_side import side_by_side
from orgkit.settings import Settings
from orgkit.steps import Step, blocked, drifted, in_place, missing


def looks(aws: Aws, settings: Settings, *, quick: bool = False) -> Iterator[Callable[[], Step]]:
    """Every step in its order. The order is the design: what a step needs exists after those before it.

    `quick` leaves out what takes AWS some ten seconds: CloudFormation's drift detection.
    """
    yield partial(organization, aws)
    yield partial(institution_ou, aws, settings)
    yield partial(scps_enabled, aws)
    for scp in settings.scps:
        yield partial(service_control_policies.as_written, aws, settings, scp)
        yield partial(service_control_policies.attached, aws, settings, scp)
    yield partial(iam_stack.deployed, aws, settings, quick=quick)
    yield partial(iam_stack.as_in_template, aws, settings, quick=quick)
    for user in passwords.users(settings):
        yield partial(passwords.console_access, aws, settings, user)
    yield partial(accounts.placed, aws, settings)
    yield partial(service_control_policies.full_access, aws)


def seen(aws: Aws, settings: Settings, *, quick: bool = False) -> Iterator[Step]:
    """Every step as it stands. Nothing is done between the looks, so they need not wait for each other."""
    return side_by_side(looks(aws, settings, quick=quick))


def procedure(aws: Aws, settings: Settings, *, quick: bool = False) -> Iterator[Step]:
    """Every step, looked at when it is reached: what was done meanwhile shows."""
    return (look() for look in looks(aws, settings, quick=quick))


def bootstrap(aws: Aws, settings: Settings) -> Iterator[Step]:
    """Do what each step finds to do. Raises Blocked at a step whose way only a person can clear."""
    return (step.applied() for step in procedure(aws, settings))


def organization(aws: Aws) -> Step:
    """The organization, with all features: SCPs need them."""
    found = aws.organizations.organization()
    if found is None:
        return missing("organization", "with all features", lambda: aws.organizations.create_organization().id)
    if found.feature_set != "ALL":
        return blocked(
            "organization",
            f"{found.id} has consolidated billing only",
            "orgkit never converts an organization: every invited member must agree, and it cannot be undone. "
            "Enable all features in the Organizations console, and run again when all have agreed.",
        )
    return in_place("organization", found.id)


def institution_ou(aws: Aws, settings: Settings) -> Step:
    """The institution's parent OU, right below the root."""
    name = settings.institution
    thing = f"institution OU {name}"
    found = memory.institution_ou(aws, settings)
    if found is None:
        return missing(thing, "under the root", lambda: _create_ou(aws, settings))
    step = in_place(thing, found.id)
    if found.name != name:
        step = drifted(
            thing,
            f"{found.id} is named {found.name}",
            lambda: aws.organizations.rename_ou(found, name).id,
            [f"name is {found.name!r}, should be {name!r}"],
        )
    return tags.checked(aws, settings, step, found.id)


def _create_ou(aws: Aws, settings: Settings) -> str:
    made = aws.organizations.create_ou(settings.institution, dict(settings.tags))
    return tags.put_on(aws, settings, made.id)


def scps_enabled(aws: Aws) -> Step:
    """The policy type SCP, enabled at the root. AWS is reported both to have it so from the start and not."""
    thing = "service control policies"
    root = aws.organizations.root()
    if root and root.scp_status == "ENABLED":
        return in_place(thing, "enabled at the root")

    def enable() -> str:
        aws.organizations.enable_scps()
        return "enabled at the root"

    return missing(thing, "to be enabled at the root", enable)
