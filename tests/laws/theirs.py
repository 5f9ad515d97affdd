"""What of the payer orgkit does not manage, wherever it stands: it must be the same before and after orgkit."""

from __future__ import annotations

from typing import Any, Final

from laws.hands import INSTITUTION, STACK
from laws.world import World, ordered

_SCPS: Final = {
    "deny-billing": "<Root>",
    "keep-membership": "<Root>",
    "region-restriction": f"<{INSTITUTION}>",
}
"""The SCPs of the settings, and where they belong."""
_GROUPS: Final = {"BillingAdmins", "OrgAdmins"}
_USERS: Final = {"BillingAdmin", "OrgAdmin"}
_TAGS: Final = {"CostCentre"}
_OF_AWS: Final = {"<FullAWSAccess>", "<RCPFullAWSAccess>"}


def theirs(seen: World) -> World:
    """What is left of a look at the payer without all that orgkit manages."""
    organization = seen["organization"] or {"ous": [], "accounts": [], "policies": []}
    iam = seen["iam"]
    left = {
        "ous": [ou for ou in map(_ou, organization["ous"]) if ou],
        "accounts": [account for account in map(_account, organization["accounts"]) if account],
        "policies": [policy for policy in map(_policy, organization["policies"]) if policy],
        "users": [user for user in map(_user, iam["users"]) if user],
        "groups": [group for group in iam["groups"] if _name(group) not in _GROUPS],
        "managed policies": [policy for policy in iam["policies"] if not _name(policy).startswith(tuple(_USERS))],
        "stacks": [stack for stack in map(_stack, seen["stacks"]) if stack],
    }
    return ordered(left)


def _name(thing: World) -> str:
    return str(thing["arn"]).rpartition("/")[2]


def _ou(ou: World) -> World | None:
    place = f"<{ou['name']}>"
    ours = {f"<{scp}>" for scp, where in _SCPS.items() if where == place} | _OF_AWS
    attached, tags = [scp for scp in ou["attached"] if scp not in ours], _other_tags(ou["tags"])
    if ou["name"] == "Root" or (ou["name"], ou["parent"]) == (INSTITUTION, "<Root>"):
        return {"name": ou["name"], "attached": attached, "tags": tags} if attached or tags else None
    return {**ou, "attached": attached}


def _account(account: World) -> World | None:
    """One at the root, or where orgkit moves it from there, is orgkit's to place."""
    if account["parent"] in ("<Root>", f"<{INSTITUTION}>"):
        return None
    return {**account, "attached": [scp for scp in account["attached"] if scp not in _OF_AWS]}


def _policy(policy: World) -> World | None:
    if f"<{policy['name']}>" in _OF_AWS:
        return None
    if policy["name"] not in _SCPS:
        return policy
    targets = [target for target in policy["targets"] if target != _SCPS[policy["name"]]]
    tags = _other_tags(policy["tags"])
    return {"name": policy["name"], "targets": targets, "tags": tags} if targets or tags else None


def _user(user: World) -> World | None:
    if _name(user) not in _USERS:
        return {**user, "groups": [group for group in user["groups"] if group not in _GROUPS]}
    return {"name": _name(user), "keys": user["access keys"]} if user["access keys"] else None


def _stack(stack: World) -> World | None:
    if stack["name"] != STACK:
        return stack
    tags = [tag for tag in stack["tags"] if _TAGS.isdisjoint(tag)]
    return {"tags": tags} if tags else None


def _other_tags(tags: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in tags.items() if key not in _TAGS}
