"""What is somebody else's, where it meets the plan: SCPs in the way, accounts that a guard binds, OUs of our name.

In an empty payer there is nothing of the kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from orgkit import found
from orgkit.aws import Aws
from orgkit.aws.client import side_by_side
from orgkit.aws.organizations import FULL_ACCESS_ID, has_scps
from orgkit.settings import Scp, Settings
from orgkit.settings.scps import SCPS_PER_TARGET
from orgkit.step import Step, blocked

if TYPE_CHECKING:
    from types_boto3_organizations.type_defs import PolicySummaryTypeDef


def in_the_way(
    aws: Aws, settings: Settings, scp: Scp, policy: PolicySummaryTypeDef, differences: Sequence[str]
) -> Step:
    """The step of an SCP whose name somebody else's bears: SCPs have no versions, so its text would be lost."""
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
    where = found.target(aws, settings, wanted)
    attached = aws.scps.attached(where) if where and has_scps(aws.organizations.root()) else ()
    ours = [found.scp(aws, settings, each) for each in settings.scps if each.attach == wanted.attach]
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
    free = sorted(each["Name"] for each in attached if each["Id"] not in kept and not found.allows(aws, each))
    return blocked(
        thing,
        f"AWS allows {SCPS_PER_TARGET} SCPs at {where}; {len(attached)} are attached and {to_come} are to come",
        f"Merge some of {', '.join(free)} into one, or detach what you do not need of them, so that {too_many} fewer "
        "are attached. Then run the same command again."
        if len(free) >= too_many
        else fewer,
    )


def namesakes(aws: Aws, settings: Settings) -> list[str]:
    """What is to say of OUs that have the institution's name and are below other OUs. Reads level by level."""
    root, said = aws.organizations.root(), []
    level = [("", ou) for ou in aws.organizations.ous(root["Id"])] if root else []
    while level:
        children = side_by_side([partial(aws.organizations.ous, ou["Id"]) for _, ou in level])
        pairs = zip(level, children, strict=True)
        level = [(f"{above}{parent['Name']}/", ou) for (above, parent), ous in pairs for ou in ous]
        said += [
            f"{above}{ou['Name']} ({ou['Id']}) has the same name and stays as it is, with its "
            f"{len(aws.organizations.accounts(ou['Id']))} accounts: AWS moves accounts, but no OUs"
            for above, ou in level
            if ou["Name"] == settings.institution
        ]
    return said
