"""What a call must be allowed to do: the actions, their resources and the condition keys that come with them.

AWS's description is the Service Authorization Reference. Organizations has a module of its own; of the other
services IAM, STS and CloudFormation are asked about single resources, and every other about `*`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from moto.core.utils import get_service_model
from moto.iam.models import iam_backends

from orgkit.sandbox.calls import Ask, Call, tag_keys
from orgkit.sandbox.organization_resources import organizations


def asks(call: Call) -> tuple[Ask, ...]:
    """All that AWS checks before it does what the call says."""
    readers = {
        "organizations": organizations,
        "iam": _iam,
        "sts": _sts,
        "cloudformation": _cloudformation,
        "budgets": _budgets,
    }
    return readers.get(call.service, _anything)(call)


def _anything(call: Call) -> tuple[Ask, ...]:
    return (Ask(f"{call.service}:{call.operation}", "*", tag_keys(call.parameters)),)


def _budgets(call: Call) -> tuple[Ask, ...]:
    """Budgets has two actions for its older operations, and one of its own for each newer one."""
    own = "BudgetAction" in call.operation or call.operation.endswith("Resource")
    shared = "ViewBudget" if call.operation.startswith("Describe") else "ModifyBudget"
    return (Ask(f"budgets:{call.operation if own else shared}", "*"),)


def _sts(call: Call) -> tuple[Ask, ...]:
    return (Ask(f"sts:{call.operation}", call.parameters.get("RoleArn", "*"), tag_keys(call.parameters)),)


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
    members = _members("iam", call.operation)
    parameter = next((name for name in _IAM_RESOURCES if name in members), None)
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


def _members(service: str, operation: str) -> Iterable[str]:
    model = get_service_model(service)
    if operation not in model.operation_names:
        return ()
    shape = model.operation_model(operation).input_shape
    return shape.members if shape else ()
