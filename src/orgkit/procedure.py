"""What orgkit does in your payer account, top to bottom.

Each step looks at AWS when it is reached, and carries the function that would fix it, not yet called. `bootstrap`
calls each before it reaches for the next step; `bootstrap --dry-run` and `status` call none, so they look at all steps
side by side. There is no other engine and no state file: AWS is the state. So a run that was stopped anywhere is
continued by running it again.
"""

import json
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from functools import partial

from orgkit import found, services
from orgkit.aws import Aws
from orgkit.aws.client import require, side_by_side
from orgkit.aws.organizations import FULL_ACCESS_ID, has_scps
from orgkit.errors import Blocked
from orgkit.iam import passwords, stack
from orgkit.iam.changes import overwritten
from orgkit.settings import Settings
from orgkit.settings.scps import Scp
from orgkit.step import State, Step, blocked, differing


def reads(aws: Aws, settings: Settings) -> Iterator[Callable[[], Step]]:
    """Every step in its order. The order is the design: what a step needs exists after those before it."""
    yield partial(organization, aws)
    yield partial(institution_ou, aws, settings)
    yield partial(scps_enabled, aws)
    for scp in settings.scps:
        yield partial(scp_as_written, aws, settings, scp)
        yield partial(scp_attached, aws, settings, scp)
    yield partial(stack.deployed, aws, settings)
    yield partial(stack.as_in_template, aws, settings)
    for user in settings.iam.users:
        yield partial(passwords.console_access, aws, settings, user)
    yield partial(accounts_placed, aws, settings)
    yield partial(full_access, aws, settings)
    yield from services.reads(aws, settings)


def seen(aws: Aws, settings: Settings) -> Generator[Step, None, None]:
    """Every step as it stands. Nothing is changed between the reads, so they need not wait for each other."""
    return side_by_side(reads(aws, settings))


def bootstrap(aws: Aws, settings: Settings) -> Iterator[Step]:
    """Apply each step. Raises Blocked at a step that only a person can clear.

    An org admin who existed before could rewrite or detach a guard until the stack and its policies protected it. So
    the SCPs are read again once IAM is as in the template, and what is not as it should be is restored.
    """
    known = aws.cloudformation.find(settings.iam.stack) is not None
    guards = [partial(read, aws, settings, scp) for scp in settings.scps for read in (scp_as_written, scp_attached)]
    changed = False
    for step in (read() for read in reads(aws, settings)):
        changed = changed or (step.to_do and step.thing.startswith("SCP "))
        yield step.applied()
        if changed and known and step.thing == stack.MADE:
            aws.facts.drop("scps", "attached", "content")
            yield from (again.applied() for again in (read() for read in guards) if again.to_do)


def refuse_blocked(plan: Sequence[Step], *, before_end: bool = False) -> None:
    """Raises Blocked with all that only a person can clear; or only if there is something to do after it."""
    end = max((number for number, step in enumerate(plan) if step.to_do), default=0) if before_end else len(plan)
    stuck = [step for step in plan[:end] if step.state is State.BLOCKED]
    if stuck:
        raise Blocked(
            "\n".join(f"{step.thing}: {step.detail}" for step in stuck), "\n".join(step.remedy for step in stuck)
        )


# The organization, its root and the institution's OU


def organization(aws: Aws) -> Step:
    """The organization, with all features: SCPs need them."""
    thing, existing = "organization", aws.organizations.organization()
    if existing is None:
        return Step(thing, State.MISSING, "with all features", lambda: aws.organizations.create_organization()["Id"])
    if existing["FeatureSet"] != "ALL":
        return blocked(
            thing,
            f"{existing['Id']} has consolidated billing only",
            "orgkit never converts an organization: every invited member must agree, and it cannot be undone. "
            "Enable all features in the Organizations console, and run again when all have agreed.",
        )
    return Step(thing, State.IN_PLACE, existing["Id"])


def institution_ou(aws: Aws, settings: Settings) -> Step:
    """The institution's parent OU, right below the root."""
    name = settings.institution
    thing, ou = f"institution OU {name}", found.institution_ou(aws, settings)
    if ou is None:

        def create() -> str:
            aws.organizations.create_ou(name, dict(settings.tags))
            return institution_ou(aws, settings).applied().detail  # somebody else may have made it, without the tags

        root = aws.organizations.root()
        others = aws.organizations.ous(root["Id"]) if root else ()
        namesakes = aws.organizations.namesakes(name, others) if others else ()
        return Step(thing, State.MISSING, "under the root", create, namesakes)
    step = Step(thing, State.IN_PLACE, ou["Id"])
    if ou["Name"] != name:
        rename = partial(aws.organizations.rename_ou, ou, name)
        renamed = differing("", {"name": ou["Name"]}, {"name": name})
        step = Step(thing, State.DRIFTED, f"{ou['Id']} is named {ou['Name']}", rename, renamed, then=ou["Id"])
    return _tagged(aws, settings, step, ou["Id"])


def scps_enabled(aws: Aws) -> Step:
    """The policy type SCP, enabled at the root. AWS is reported both to have it so from the start and not."""
    thing, well = "service control policies", "enabled at the root"
    if has_scps(aws.organizations.root()):
        return Step(thing, State.IN_PLACE, well)
    return Step(thing, State.MISSING, f"to be {well}", aws.organizations.enable_scps, then=well)


# SCPs: each as its file says, each attached where the settings say


def scp_as_written(aws: Aws, settings: Settings, scp: Scp) -> Step:
    """An SCP that equals its file: content (compared as parsed JSON), description and tags."""
    thing, policy = f"SCP {scp.name}", found.scp(aws, settings, scp)
    if policy is None:

        def create() -> str:
            aws.scps.create(scp.name, scp.description, scp.content, dict(settings.tags))
            return scp_as_written(aws, settings, scp).applied().detail  # it may be somebody else's, and say otherwise

        full = found.no_room(aws, settings, scp, thing)
        return full or Step(thing, State.MISSING, f"from {scp.source}", create)
    actual = {"name": policy["Name"], "description": policy.get("Description", "")}
    differences = differing("", actual, {"name": scp.name, "description": scp.description})
    content = aws.scps.content(policy["Id"])
    if not found.same_content(content, scp):
        differences.append(f"content is not that of {scp.source}:")
        differences += overwritten(json.loads(content), json.loads(scp.content))
        foreign = found.in_the_way(aws, settings, scp, policy, differences)
        if foreign:
            return foreign
    step = Step(thing, State.IN_PLACE, policy["Id"])
    if differences:
        detail = f"{policy['Id']} is not as in {scp.source}"
        update = partial(aws.scps.update, policy["Id"], scp.name, scp.description, scp.content)
        step = Step(thing, State.DRIFTED, detail, update, differences, then=policy["Id"])
    return _tagged(aws, settings, step, policy["Id"])


def scp_attached(aws: Aws, settings: Settings, scp: Scp) -> Step:
    """An SCP attached to its target. What is attached there already is counted before anything is attached."""
    thing = f"SCP {scp.name} at the {'root' if scp.attach == 'root' else 'institution OU'}"
    root, target = aws.organizations.root(), found.target(aws, settings, scp)
    policy = found.scp(aws, settings, scp) if target else None
    attached = aws.scps.attached(target) if target and has_scps(root) else ()
    if policy and policy["Id"] in {each["Id"] for each in attached}:
        return Step(thing, State.IN_PLACE, f"attached to {target}")

    def attach() -> str:
        target = require(found.target(aws, settings, scp), f"OU {settings.institution}")
        aws.scps.attach(require(found.scp(aws, settings, scp), f"SCP {scp.name}"), target)
        return f"attached to {target}"

    full = found.no_room(aws, settings, scp, thing)
    return full or Step(thing, State.MISSING, "to be attached", attach, found.newly_bound(aws, settings, scp))


def full_access(aws: Aws, settings: Settings) -> Step:
    """AWS's FullAWSAccess at the root and at the institution's OU, or SCPs that allow something instead.

    orgkit never attaches or detaches it, and says so if everybody is locked out.
    """
    thing, root, ou = "FullAWSAccess", aws.organizations.root(), found.institution_ou(aws, settings)
    if root is None or not has_scps(root):
        return Step(thing, State.TO_FOLLOW, "AWS attaches it with the policy type")
    for target, where in ((root["Id"], "the root"), *([(ou["Id"], f"the OU {ou['Name']}")] if ou else [])):
        if not any(policy["Id"] == FULL_ACCESS_ID or found.allows(aws, policy) for policy in aws.scps.attached(target)):
            return blocked(
                thing,
                f"not attached to {where}, and no other SCP there allows anything: nobody below may do anything",
                f"Attach FullAWSAccess to {where} in the Organizations console (Policies, Service control policies), "
                f"or: `aws organizations attach-policy --policy-id {FULL_ACCESS_ID} --target-id {target}`",
            )
    return Step(thing, State.IN_PLACE, "attached by AWS")


# Accounts: created and invited ones land at the root; they belong in the institution's OU


def accounts_placed(aws: Aws, settings: Settings) -> Step:
    """Every account at the root moved into the institution's OU."""
    thing, misplaced = "accounts in the OU", found.misplaced_accounts(aws)

    def place() -> str:
        ou = require(found.institution_ou(aws, settings), f"OU {settings.institution}")
        return aws.organizations.place(misplaced, ou)

    if misplaced:
        return Step(
            thing,
            State.DRIFTED,
            f"{len(misplaced)} at the root, outside {settings.institution}",
            place,
            [f"{account['Id']} {account['Name']} is at the root" for account in misplaced],
        )
    state = State.IN_PLACE if found.institution_ou(aws, settings) else State.TO_FOLLOW
    return Step(thing, state, "none at the root")


# Tags of what orgkit makes. It manages the tags that the settings name, and no others


def _tagged(aws: Aws, settings: Settings, step: Step, resource: str) -> Step:
    """The step, drifted if its resource lacks tags of the settings; applying it then tags the resource too."""
    actual = aws.organizations.tags(resource) if settings.tags else {}
    differences = differing("tag ", actual, dict(settings.tags))
    if not differences:
        return step

    def apply() -> str:
        detail = step.applied().detail
        aws.organizations.tag(resource, dict(settings.tags))
        return detail

    return replace(
        step,
        state=State.DRIFTED,
        detail=step.detail if step.to_do else f"{resource} is not tagged as in {settings.path.name}",
        differences=(*step.differences, *differences),
        apply=apply,
    )
