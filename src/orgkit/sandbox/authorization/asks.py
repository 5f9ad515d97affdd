"""A call as it reached the sandbox, and all that AWS checks before it does what the call says.

AWS's description is the Service Authorization Reference. Organizations, IAM, STS and CloudFormation are asked about
single resources, and every other service about `*`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from moto.core.utils import get_service_model
from moto.iam.models import iam_backends

from orgkit.sandbox.authorization.callers import Caller
from orgkit.sandbox.organizations.structure import Membership, membership

Keys = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Call:
    """A call as it reached the sandbox."""

    service: str
    """The prefix of the service's actions."""
    operation: str
    parameters: Mapping[str, Any]
    caller: Caller
    partition: str
    region: str

    @property
    def account(self) -> str:
        """Whose credentials signed it."""
        return self.caller.account


@dataclass(frozen=True)
class Ask:
    """One thing that must be allowed. A call is, if all of its asks are."""

    action: str
    resource: str
    keys: Keys = field(default_factory=dict)


def tag_keys(parameters: Mapping[str, Any]) -> Keys:
    """`aws:RequestTag/…` and `aws:TagKeys`, from the tags that a call sets or removes."""
    tags = parameters.get("Tags") or ()
    names = (*(tag["Key"] for tag in tags), *(parameters.get("TagKeys") or ()))
    keys = {f"aws:RequestTag/{tag['Key']}": (tag["Value"],) for tag in tags}
    return {**keys, "aws:TagKeys": names} if names else keys


def asks(call: Call) -> tuple[Ask, ...]:
    """All that AWS checks before it does what the call says."""
    readers = {
        "organizations": _organizations,
        "iam": _iam,
        "cloudformation": _cloudformation,
        "budgets": _budgets,
    }
    if call.service in readers:
        return readers[call.service](call)
    resource = call.parameters.get("RoleArn", "*") if call.service == "sts" else "*"
    return (Ask(f"{call.service}:{call.operation}", resource, tag_keys(call.parameters)),)


def _budgets(call: Call) -> tuple[Ask, ...]:
    """Budgets has two actions for its older operations, and one of its own for each newer one."""
    own = "BudgetAction" in call.operation or call.operation.endswith("Resource")
    shared = "ViewBudget" if call.operation.startswith("Describe") else "ModifyBudget"
    return (Ask(f"budgets:{call.operation if own else shared}", "*"),)


def _cloudformation(call: Call) -> tuple[Ask, ...]:
    """A stack, and the role that is passed to CloudFormation, if any."""
    name = call.parameters.get("StackName")
    place = f"arn:{call.partition}:cloudformation:{call.region}:{call.account}"
    stack = "*" if name is None else name if name.startswith("arn:") else f"{place}:stack/{name}/*"
    asked = Ask(f"cloudformation:{call.operation}", stack, tag_keys(call.parameters))
    role = call.parameters.get("RoleARN")
    passed = {"iam:PassedToService": ("cloudformation.amazonaws.com",)}
    return (asked, Ask("iam:PassRole", role, passed)) if role else (asked,)


# Where an operation names several things, the first of these is its resource; the others are condition keys.
_IAM_RESOURCES: Final = {
    "GroupName": "group",
    "UserName": "user",
    "InstanceProfileName": "instance-profile",
    "RoleName": "role",
    "PolicyArn": "",
    "PolicySourceArn": "",
    "SAMLProviderArn": "",
    "OpenIDConnectProviderArn": "",
    "Arn": "",
    "SerialNumber": "",
    "VirtualMFADeviceName": "mfa",
    "PolicyName": "policy",
}
_IAM_KEYS: Final = {
    "PolicyArn": "iam:PolicyARN",
    "PermissionsBoundary": "iam:PermissionsBoundary",
    "AWSServiceName": "iam:AWSServiceName",
}


def _iam(call: Call) -> tuple[Ask, ...]:
    given = {key: call.parameters.get(name) for name, key in _IAM_KEYS.items()}
    keys = {key: (value,) for key, value in given.items() if value}
    return (Ask(f"iam:{call.operation}", _iam_resource(call), {**keys, **tag_keys(call.parameters)}),)


def _iam_resource(call: Call) -> str:
    """A user that is not named is the caller; what cannot be named is `*`."""
    if call.operation == "ChangePassword":
        return call.caller.arn
    if call.operation == "CreateServiceLinkedRole":
        return _iam_arn(call, "role/aws-service-role", f"{call.parameters['AWSServiceName']}/*")
    model = get_service_model("iam")
    known = call.operation in model.operation_names
    shape = model.operation_model(call.operation).input_shape if known else None
    parameter = next((name for name in _IAM_RESOURCES if shape and name in shape.members), None)
    if parameter is None:
        return "*"
    named, kind = call.parameters.get(parameter), _IAM_RESOURCES[parameter]
    if named is None:
        return call.caller.arn if kind == "user" else "*"
    return _iam_arn(call, kind, named) if kind else named


def _iam_arn(call: Call, kind: str, name: str) -> str:
    """With the path of what exists, or that of the call for what does not."""
    backend = iam_backends[call.account][call.partition]
    existing: Mapping[str, Iterable[Any]] = {
        "user": backend.users.values(),
        "group": backend.groups.values(),
        "role": backend.get_roles(),
    }
    for entity in existing.get(kind, ()):
        if entity.name == name:
            return str(entity.arn)
    path = call.parameters.get("Path") or "/"
    return f"arn:{call.partition}:iam::{call.account}:{kind}{path}{name}"


# Every parameter that names something: all that a call names must be allowed.
_IDS: Final = (
    *("PolicyId", "TargetId", "ResourceId", "AccountId", "SourceParentId", "DestinationParentId", "ParentId"),
    *("OrganizationalUnitId", "ChildId", "RootId", "HandshakeId", "Id"),
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


def _organizations(call: Call) -> tuple[Ask, ...]:
    """What a call of Organizations must be allowed; `*` where it names nothing, or there is no organization."""
    action = f"organizations:{call.operation}"
    member = membership(call.account, call.partition)
    if member is None:
        return (Ask(action, "*"),)
    keys = {**_organization_keys(call, member), **tag_keys(call.parameters)}
    resources = _named(call, member)
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


def _named(call: Call, member: Membership) -> list[tuple[str, Keys]]:
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
        found = next((policy for policy in member.payer.policies if policy.id == thing), None)
        kind = found.type.lower() if found else "service_control_policy"
        if found and found.aws_managed:
            return f"arn:{call.partition}:organizations::aws:policy/{kind}/{thing}"
        return _arn(call, member, "policy", f"{kind}/{thing}")
    kind = next((kind for prefix, kind in _KINDS.items() if thing.startswith(prefix)), "account")
    return _arn(call, member, kind, f"{_BETWEEN.get(kind, '')}{thing}")


def _new_policy(call: Call, member: Membership) -> str:
    return _arn(call, member, "policy", f"{str(call.parameters.get('Type')).lower()}/*")


def _arn(call: Call, member: Membership, kind: str, rest: str) -> str:
    organization = member.organization
    owner = f"arn:{call.partition}:organizations::{organization.master_account_id}"
    return f"{owner}:{kind}/{organization.id}/{rest}"


def _organization_keys(call: Call, member: Membership) -> Keys:
    """`organizations:PolicyType` and `organizations:ServicePrincipal`."""
    asked = call.parameters
    known = (each.type for each in member.payer.policies if each.id in (asked.get("PolicyId"), asked.get("ResourceId")))
    created = asked.get("Type") if call.operation == "CreatePolicy" else None
    given = {
        "organizations:PolicyType": asked.get("PolicyType") or created or next(known, asked.get("Filter")),
        "organizations:ServicePrincipal": asked.get("ServicePrincipal"),
    }
    return {key: (value,) for key, value in given.items() if isinstance(value, str)}
