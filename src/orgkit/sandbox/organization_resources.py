"""The resources of Organizations calls, as AWS authorizes them: the whole of Service Authorization's table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orgkit.sandbox.calls import Ask, Call, Keys, tag_keys
from orgkit.sandbox.membership import Membership, membership

# Every parameter that names something: all that a call names must be allowed.
_IDS: Final = (
    "PolicyId",
    "TargetId",
    "ResourceId",
    "AccountId",
    "SourceParentId",
    "DestinationParentId",
    "ParentId",
    "OrganizationalUnitId",
    "ChildId",
    "RootId",
    "HandshakeId",
    "Id",
)
# What an id looks like, and what comes before it in the ARN.
_KINDS: Final = {
    "r-": "root",
    "ou-": "ou",
    "h-": "handshake",
    "rp-": "resourcepolicy",
    "rt-": "transfer",
}
# Parts of an ARN that an id does not tell. Handshakes other than invitations and outbound transfers have others.
_BETWEEN: Final = {"handshake": "invite/", "transfer": "billing/inbound/"}
_CREATED: Final = {
    "CreateOrganizationalUnit": "ou",
    "CreateAccount": "account",
    "CreateGovCloudAccount": "account",
    "InviteAccountToOrganization": "account",
}


def organizations(call: Call) -> tuple[Ask, ...]:
    """What a call of Organizations must be allowed; `*` where it names nothing, or there is no organization."""
    action = f"organizations:{call.operation}"
    member = membership(call.account, call.partition)
    if member is None:
        return (Ask(action, "*"),)
    keys = {**_keys(call, member), **tag_keys(call.parameters)}
    resources = _resources(call, member)
    asked = [Ask(action, resource, {**keys, **tags}) for resource, tags in resources] or [Ask(action, "*", keys)]
    return (*asked, *_along_with(call, member, keys))


def _along_with(call: Call, member: Membership, keys: Keys) -> list[Ask]:
    """Tagging what is created is TagResource; accepting an invitation as a member is leaving, too."""
    if call.operation == "AcceptHandshake":
        return [Ask("organizations:LeaveOrganization", "*", keys)]
    if call.operation == "CreatePolicy" and call.parameters.get("Tags"):
        return [Ask("organizations:TagResource", _new_policy(call, member), keys)]
    if call.operation in _CREATED and call.parameters.get("Tags"):
        return [Ask("organizations:TagResource", _arn(call, member, _CREATED[call.operation], "*"), keys)]
    return []


def _resources(call: Call, member: Membership) -> list[tuple[str, Keys]]:
    """The ARN of each thing that the call names, with its tags."""
    if call.operation == "CreatePolicy":
        return [(_new_policy(call, member), {})]
    named = [call.parameters.get(name) for name in _IDS]
    target = call.parameters.get("Target") or {}
    if target.get("Type") == "ACCOUNT":
        named.append(target.get("Id"))
    return [_resource(call, member, thing) for thing in named if isinstance(thing, str)]


def _resource(call: Call, member: Membership, thing: str) -> tuple[str, Keys]:
    payer = member.payer
    known: list[Any] = [*payer.ou, *payer.accounts, *payer.policies]
    found = next((each for each in known if each.id == thing), None)
    tags: Mapping[str, str] = getattr(found, "tags", {})
    return _arn_of(call, member, thing), {f"aws:ResourceTag/{key}": (value,) for key, value in tags.items()}


def _arn_of(call: Call, member: Membership, thing: str) -> str:
    if thing.startswith("p-"):
        return _policy(call, member, thing)
    kind = next((kind for prefix, kind in _KINDS.items() if thing.startswith(prefix)), "account")
    return _arn(call, member, kind, f"{_BETWEEN.get(kind, '')}{thing}")


def _policy(call: Call, member: Membership, policy_id: str) -> str:
    found = next((policy for policy in member.payer.policies if policy.id == policy_id), None)
    kind = found.type.lower() if found else "service_control_policy"
    if found and found.aws_managed:
        return f"arn:{call.partition}:organizations::aws:policy/{kind}/{policy_id}"
    return _arn(call, member, "policy", f"{kind}/{policy_id}")


def _new_policy(call: Call, member: Membership) -> str:
    return _arn(call, member, "policy", f"{str(call.parameters.get('Type')).lower()}/*")


def _arn(call: Call, member: Membership, kind: str, rest: str) -> str:
    organization = member.organization
    owner = f"arn:{call.partition}:organizations::{organization.master_account_id}"
    return f"{owner}:{kind}/{organization.id}/{rest}"


def _keys(call: Call, member: Membership) -> Keys:
    """`organizations:PolicyType` and `organizations:ServicePrincipal`."""
    given = {
        "organizations:PolicyType": _policy_type(call, member),
        "organizations:ServicePrincipal": call.parameters.get("ServicePrincipal"),
    }
    return {key: (value,) for key, value in given.items() if isinstance(value, str)}


def _policy_type(call: Call, member: Membership) -> Any:
    named = (call.parameters.get("PolicyId"), call.parameters.get("ResourceId"))
    known = (policy.type for policy in member.payer.policies if policy.id in named)
    created = call.parameters.get("Type") if call.operation == "CreatePolicy" else None
    return call.parameters.get("PolicyType") or created or next(known, call.parameters.get("Filter"))
