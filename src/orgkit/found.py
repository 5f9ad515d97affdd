"""Which OU, which SCPs and which accounts are ours, and what of others' stands in the way of the plan.

Every command and every format asks here, so all give one answer.

orgkit keeps no state file. Things are known by name; one that was renamed by hand is found by the id that the IAM
stack recorded in its parameters, so that it is renamed back and not made twice.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

from orgkit.aws import Aws
from orgkit.aws.accounts import state_of
from orgkit.aws.drift import parameters_of
from orgkit.aws.organizations import FULL_ACCESS_ID, has_scps
from orgkit.aws.principals import statements
from orgkit.aws.shapes import Account, Ou, Policy, Stack
from orgkit.errors import OrgkitError
from orgkit.settings import Settings
from orgkit.settings.scps import SCPS_PER_TARGET, Scp
from orgkit.step import Step, blocked

_DESCRIPTION: Final = "orgkit: "  # how cloudformation/iam.yaml describes itself


def iam_stack(aws: Aws, settings: Settings) -> Stack | None:
    """The IAM stack, if it is there and orgkit's template made it."""
    stack = aws.cloudformation.find(settings.iam.stack)
    return stack if stack and stack.get("Description", "").startswith(_DESCRIPTION) else None


def institution_ou(aws: Aws, settings: Settings) -> Ou | None:
    """The institution's OU: the one of its name right below the root, else the one that the stack recorded."""
    root = aws.organizations.root()
    if root is None:
        return None
    named = aws.organizations.ou_named(settings.institution)
    recorded = "" if named else _recorded(aws, settings)[0]
    return named or next((ou for ou in aws.organizations.ous(root["Id"]) if ou["Id"] == recorded), None)


def scp(aws: Aws, settings: Settings, wanted: Scp) -> Policy | None:
    """The SCP of that name, else one of ours that was renamed: same content, under a name that no setting has."""
    root = aws.organizations.root()
    if root is None:
        return None
    likely_at = target(aws, settings, wanted) if has_scps(root) else None
    named = aws.scps.named(wanted.name, likely_at)
    if named:
        return named
    names = {other.name for other in settings.scps}
    recorded = _recorded(aws, settings)[1]
    candidates = (policy for policy in aws.scps.all() if policy["Arn"] in recorded and policy["Name"] not in names)
    return next((policy for policy in candidates if same_content(aws.scps.content(policy["Id"]), wanted)), None)


def partners_scps(aws: Aws, settings: Settings) -> tuple[Policy, ...]:
    """The partner's SCPs: those of the settings, then every other customer SCP at the root, always in one order.

    The institution can attach none at the root, so whatever is there is the partner's, AWS's own default included.
    """
    root = aws.organizations.root()
    wanted = [policy for each in settings.scps if (policy := scp(aws, settings, each))]
    at_root = aws.scps.attached(root["Id"]) if root and has_scps(root) else ()
    others = sorted((policy for policy in at_root if not policy.get("AwsManaged")), key=lambda policy: policy["Id"])
    return tuple({policy["Id"]: policy for policy in (*wanted, *others)}.values())


def same_content(content: str, wanted: Scp) -> bool:
    """Whether AWS's copy of an SCP says what its file says; white space and the order of keys mean nothing."""
    return bool(parsed(content, f"SCP {wanted.name}") == json.loads(wanted.content))


def target(aws: Aws, settings: Settings, wanted: Scp) -> str | None:
    """The id of the root or OU that an SCP belongs to, or None if that does not exist yet."""
    node = aws.organizations.root() if wanted.attach == "root" else institution_ou(aws, settings)
    return node["Id"] if node else None


def parsed(content: str, what: str) -> Any:
    """AWS's copy of a policy. Raises OrgkitError if it is not JSON."""
    try:
        return json.loads(content)
    except (RecursionError, ValueError) as odd:
        raise OrgkitError(f"AWS's copy of {what} is not JSON: {odd}") from odd


def allows(aws: Aws, policy: Policy) -> bool:
    """Whether an SCP has a statement that allows something."""
    return any(statements(parsed(aws.scps.content(policy["Id"]), f"SCP {policy['Name']}")))


def misplaced_accounts(aws: Aws) -> tuple[Account, ...]:
    """Accounts right below the root that belong in the institution's OU."""
    root = aws.organizations.root()
    accounts = aws.organizations.accounts(root["Id"]) if root else ()
    return tuple(account for account in accounts if is_misplaced(account, aws.caller.account))


def is_misplaced(account: Account, payer: str) -> bool:
    """Whether an account at the root belongs in the OU: not the payer, and not one that is being closed."""
    return account["Id"] != payer and state_of(account) in ("ACTIVE", "PENDING_ACTIVATION", "")


def _recorded(aws: Aws, settings: Settings) -> tuple[str, Sequence[str]]:
    """The id of the OU, and the ARNs of the SCPs, that the settings named when the IAM stack was last deployed."""
    stack = iam_stack(aws, settings)
    known = parameters_of(stack) if stack else {}
    own = known.get("OwnPolicies", "")  # how many of the SCPs are of the settings: they come first
    arns = known.get("ProtectedPolicyArns", "").split(",")[: int(own) if own.isdecimal() else 0]
    return known.get("InstitutionOuId", ""), arns


# What is somebody else's, where it meets the plan: nothing of the kind is in an empty payer


def in_the_way(aws: Aws, settings: Settings, scp: Scp, policy: Policy, differences: Sequence[str]) -> Step | None:
    """Blocked, if nothing tells that orgkit made an SCP of our name and other content.

    SCPs have no versions, so its text would be lost.
    """
    described = bool(scp.description) and policy.get("Description") == scp.description
    if described or policy["Arn"] in _recorded(aws, settings)[1]:
        return None
    places = ", ".join(aws.scps.targets(policy["Id"])) or "nothing"
    document = scp.source.rpartition("/")[2].removesuffix(".json")
    return blocked(
        f"SCP {scp.name}",
        f"{policy['Id']} has this name, is attached to {places}, and was not made by orgkit, which leaves it alone",
        f"Give the SCP of orgkit another name: list it under scps in {settings.path.name}, with a name of its own "
        f"(document: {document}, name: {scp.name}-2).",
        differences,
    )


def newly_bound(aws: Aws, settings: Settings, scp: Scp) -> list[str]:
    """Whom a guard at the root binds from now on, in an organization that orgkit adopts."""
    root = aws.organizations.root()
    if root is None or scp.attach != "root" or aws.cloudformation.find(settings.iam.stack):
        return []
    accounts = [each["Id"] for each in aws.organizations.members() if each["Id"] != aws.caller.account]
    outside = [ou["Name"] for ou in aws.organizations.ous(root["Id"]) if ou["Name"] != settings.institution]
    among = f", also in the OUs outside {settings.institution}: {', '.join(outside)}" if outside else ""
    return [f"binds all accounts of the organization ({len(accounts)} now){among}"] if accounts or outside else []


def no_room(aws: Aws, settings: Settings, wanted: Scp, thing: str) -> Step | None:
    """Blocked, if the SCPs still to come do not all fit at a target beside what is attached there."""
    where = target(aws, settings, wanted)
    attached = aws.scps.attached(where) if where and has_scps(aws.organizations.root()) else ()
    ours = [scp(aws, settings, each) for each in settings.scps if each.attach == wanted.attach]
    names = {each["Name"] for each in attached}
    to_come = sum(each is None or each["Name"] not in names for each in ours)
    too_many = len(attached) + to_come - SCPS_PER_TARGET
    if too_many <= 0:
        return None
    fewer = f"Attach some SCPs of {settings.path.name} to the institution's OU (attach: institution)."
    if wanted.attach == "institution":
        fewer = f"Merge some of the SCPs that {settings.path.name} attaches to the institution's OU into one."
    kept = {FULL_ACCESS_ID, *(each["Id"] for each in ours if each)}
    # To detach one that allows something could lock everybody out.
    free = sorted(each["Name"] for each in attached if each["Id"] not in kept and not allows(aws, each))
    return blocked(
        thing,
        f"AWS allows {SCPS_PER_TARGET} SCPs at {where}; {len(attached)} are attached and {to_come} are to come",
        f"Merge some of {', '.join(free)} into one, or detach what you do not need of them, so that {too_many} fewer "
        "are attached. Then run the same command again."
        if len(free) >= too_many
        else fewer,
    )
