"""IAM's policy simulator, which moto lacks: SimulatePrincipalPolicy, SimulateCustomPolicy and their key lists.

A simulated principal brings its own `aws:username`, `aws:userid`, `aws:PrincipalArn`, `aws:PrincipalAccount` and
`aws:PrincipalTag/…`; the ARN given as CallerArn brings all of these but id and tags. ContextEntries override
them, and every other key that is not given is absent. Which keys AWS fills in is not documented: what orgkit
relies on it must give. Principals of a member account are bound by the policies of its organization, those of
the payer are not. ResourcePolicy, PolicyExclusionList and ResourceHandlingOption are refused: they are not
simulated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from moto.core.responses import ActionResult
from moto.core.utils import get_service_model
from moto.iam.exceptions import IAMException, ValidationError
from moto.iam.responses import IamResponse

from orgkit.sandbox.authorization import principals
from orgkit.sandbox.authorization.asks import Keys
from orgkit.sandbox.authorization.principals import Attached
from orgkit.sandbox.iam.responses import page
from orgkit.sandbox.language.evaluator import Policy
from orgkit.sandbox.simulator.simulation import Simulation, context_keys

_LEVELS: Final = 7
_NOT_SIMULATED: Final = ("ResourcePolicy", "PolicyExclusionList", "ResourceHandlingOption")
_ACTION: Final = re.compile(r"[\w-]+:[\w-]+")
_ARN: Final = re.compile(r"arn:[^:]+:[^:]+:[^:]*:[^:]*:.+", re.DOTALL)
_ENTITY: Final = re.compile(r"arn:[\w-]+:iam::(\d{12}):(user|group|role)/(?:.*/)?([\w+=,.@-]+)")


def simulate_principal_policy(self: IamResponse) -> ActionResult:
    """The policies that a user, group or role has, and those of its account's organization."""
    principal, account = _principal(self)
    scps = principals.scps_of(account, self.partition)
    levels = None if scps is None else tuple(tuple(map(_attached, level)) for level in scps)
    caller = self._get_param("CallerArn")
    keys = _caller_keys(caller) if caller else principal.keys
    own_boundary = None if principal.boundary is None else tuple(map(_attached, principal.boundary))
    return _simulate(self, principal.identity, own_boundary, levels, keys)


def simulate_custom_policy(self: IamResponse) -> ActionResult:
    """Policies that are given as texts, service control policies among them."""
    levels = self._get_param("OrderedOrganizationPolicyInputList")
    if levels is not None and len(levels) > _LEVELS:
        raise ValidationError(f"OrderedOrganizationPolicyInputList takes {_LEVELS} levels at most.")
    scps = None if levels is None else tuple(map(_level, range(1, len(levels) + 1), levels))
    caller = self._get_param("CallerArn")
    return _simulate(self, (), None, scps, _caller_keys(caller) if caller else {})


def get_context_keys_for_principal_policy(self: IamResponse) -> ActionResult:
    """The condition keys of a principal's policies, and of those given."""
    principal, _ = _principal(self)
    given = (policy for _, policy in _given(self, "PolicyInputList"))
    return ActionResult({"ContextKeyNames": context_keys([*map(_attached, principal.identity), *given])})


def get_context_keys_for_custom_policy(self: IamResponse) -> ActionResult:
    """The condition keys of policies that are given as texts."""
    given = [policy for _, policy in _given(self, "PolicyInputList")]
    return ActionResult({"ContextKeyNames": context_keys(given)})


OPERATIONS: Final[Mapping[str, Callable[[IamResponse], ActionResult]]] = {
    "SimulatePrincipalPolicy": simulate_principal_policy,
    "SimulateCustomPolicy": simulate_custom_policy,
    "GetContextKeysForPrincipalPolicy": get_context_keys_for_principal_policy,
    "GetContextKeysForCustomPolicy": get_context_keys_for_custom_policy,
}


def _simulate(
    response: IamResponse,
    attached: Sequence[Attached],
    own_boundary: tuple[Policy, ...] | None,
    scps: tuple[tuple[Policy, ...], ...] | None,
    keys: Keys,
) -> ActionResult:
    for name in _NOT_SIMULATED:
        if response._get_param(name):
            raise _invalid(f"The sandbox does not simulate {name}.")
    given = _given(response, "PolicyInputList")
    boundary = [policy for _, policy in _given(response, "PermissionsBoundaryPolicyInputList")]
    if len(boundary) > 1:
        raise _invalid("The list of Permissions Boundary policies cannot exceed 1 items.")
    simulation = Simulation(
        sources=(*attached, *(source for source, _ in given)),
        identity=(*map(_attached, attached), *(policy for _, policy in given)),
        boundary=tuple(boundary) or own_boundary,
        scps=scps,
        keys=_with_entries(keys, response._get_param("ContextEntries", [])),
        resources=_resources(response._get_param("ResourceArns")),
    )
    answer = page(response, "EvaluationResults", _actions(response._get_param("ActionNames")))
    results = [simulation.result(action) for action in answer["EvaluationResults"]]
    return ActionResult({**answer, "EvaluationResults": results})


def _principal(response: IamResponse) -> tuple[principals.Principal, str]:
    arn = response._get_param("PolicySourceArn")
    found = _ENTITY.fullmatch(arn)
    if not found:
        raise _invalid(f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    return principals.find(arn), found[1]


def _caller_keys(arn: str) -> Keys:
    found = _ENTITY.fullmatch(arn)
    if not found:
        raise _invalid("Invalid caller - Caller must be an IAM user, role or group in this context.")
    account, kind, name = found.groups()
    keys = {"aws:PrincipalArn": (arn,), "aws:PrincipalAccount": (account,)}
    return {**keys, "aws:username": (name,)} if kind == "user" else keys


def _given(response: IamResponse, parameter: str) -> list[tuple[Attached, Policy]]:
    documents = response._get_param(parameter, [])
    sources = [Attached(f"{parameter}.{place}", "", text) for place, text in enumerate(documents, 1)]
    return [(source, _read(source)) for source in sources]


def _level(place: int, level: Mapping[str, Any]) -> tuple[Policy, ...]:
    documents = level.get("ServiceControlPolicyInputList") or []
    if not documents:
        raise _invalid(f"Organization policy at index {place} must contain at least one service control policy")
    name = f"OrderedOrganizationPolicyInputList.{place}"
    return tuple(_read(Attached(f"{name}.{each}", "", text)) for each, text in enumerate(documents, 1))


def _read(source: Attached) -> Policy:
    try:
        return source.parsed()
    except ValueError as error:
        raise _invalid(f"{source.id}: {error}") from None


def _attached(source: Attached) -> Policy:
    """A policy that AWS has taken. Where moto took a malformed one, the simulation cannot go on."""
    try:
        return source.parsed()
    except ValueError as error:
        raise IAMException("PolicyEvaluation", f"{source.name}: {error}") from None


def _with_entries(keys: Keys, entries: Iterable[Mapping[str, Any]]) -> Keys:
    known = {name.lower(): values for name, values in keys.items()}
    given: dict[str, tuple[str, ...]] = {}
    types = get_service_model("iam").shape_for("ContextKeyTypeEnum").enum
    for entry in entries:
        name, values = entry.get("ContextKeyName", ""), tuple(entry.get("ContextKeyValues") or ())
        kind = entry.get("ContextKeyType", "string")
        if not name or name.lower() in given:
            raise _invalid(f"Each context entry needs a ContextKeyName of its own, not {name!r}.")
        if kind not in types or (len(values) > 1 and not kind.endswith("List")):
            raise _invalid(f"{name} cannot have {len(values)} values of type {kind}.")
        given[name.lower()] = values
    return {**known, **given}


def _resources(arns: Sequence[str] | None) -> tuple[str, ...]:
    if not arns or list(arns) == ["*"]:
        return ("*",)
    for arn in arns:
        if not _ARN.fullmatch(arn):
            raise _invalid(f"ResourceNames are not in a valid ARN format: {arn}.")
    return tuple(arns)


def _actions(names: Sequence[str] | None) -> Sequence[str]:
    for name in names or ():
        if not _ACTION.fullmatch(name):
            raise _invalid(f"{name} is not an action: the simulator takes service:Action, without wildcards.")
    return names or ()


def _invalid(message: str) -> IAMException:
    return IAMException("InvalidInput", message)
