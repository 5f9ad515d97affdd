"""IAM's policy simulator, which moto lacks: SimulatePrincipalPolicy, SimulateCustomPolicy and their key lists.

A simulated principal brings its own `aws:username`, `aws:userid`, `aws:PrincipalArn`, `aws:PrincipalAccount` and
`aws:PrincipalTag/…`; the ARN given as CallerArn brings all of these but id and tags; nobody brings an account and an
id. ContextEntries override them, and every other key that is not given is absent. Which keys AWS fills in is not
documented: what orgkit relies on it must give. Principals of a member account are bound by the policies of its
organization, those of the payer are not. ResourcePolicy, PolicyExclusionList and ResourceHandlingOption are refused:
they are not simulated.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC
from typing import Any, Final

from moto.core.responses import ActionResult
from moto.core.utils import get_service_model
from moto.iam.exceptions import IAMException, NotFoundException, ValidationError
from moto.iam.responses import IamResponse

from orgkit.sandbox.authorization import principals
from orgkit.sandbox.authorization.asks import Keys
from orgkit.sandbox.authorization.principals import Attached
from orgkit.sandbox.iam.responses import page
from orgkit.sandbox.language.conditions import moment
from orgkit.sandbox.language.evaluator import Policy
from orgkit.sandbox.language.matching import ListOfValues
from orgkit.sandbox.organizations.structure import membership
from orgkit.sandbox.simulator.simulation import Simulation, context_keys, is_known

_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


_LEVELS: Final = 7
_NOT_SIMULATED: Final = ("ResourcePolicy", "PolicyExclusionList", "ResourceHandlingOption")
_ACTION: Final = re.compile(r"[\w-]+:[\w*?-]+")
_ARN: Final = re.compile(r"arn:[^:]+:[^:]+:[^:]*:[^:]*:.+", re.DOTALL)
_ENTITY: Final = re.compile(r"arn:[\w-]+:iam::(\d{12}):(user|group|role)/(?:.*/)?([\w+=,.@-]+)")


def entries(given: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """The keys, in lower case, and their values. Raises InvalidInput or ValidationError as AWS does."""
    keys: dict[str, tuple[str, ...]] = {}
    for place, entry in enumerate(given, 1):
        if not any(entry.values()):
            continue
        name = entry.get("ContextKeyName")
        if not name:
            raise invalid("ContextKeyName cannot be null or empty.")
        if name.lower() in keys:
            raise invalid(f"Duplicate context key: {name}.")
        keys[name.lower()] = _values(name, _kind(name, place, entry), entry.get("ContextKeyValues") or ())
    return keys


def invalid(message: str) -> IAMException:
    """The refusal of what the service model allows."""
    return IAMException("InvalidInput", message)


def _kind(name: str, place: int, entry: Mapping[str, Any]) -> str:
    kind, kinds = entry.get("ContextKeyType"), get_service_model("iam").shape_for("ContextKeyTypeEnum").enum
    if not kind:
        raise invalid(f"Context key {name} has invalid type null.")
    if kind not in kinds:
        raise ValidationError(
            f"1 validation error detected: Value at 'contextEntries.{place}.member.contextKeyType' failed to satisfy "
            f"constraint: Member must satisfy enum value set: [{', '.join(kinds)}]"
        )
    return str(kind)


def _values(name: str, kind: str, values: Iterable[str]) -> tuple[str, ...]:
    values = tuple(values)
    if not values:
        raise invalid(f"Context values for context key {name} cannot be null or empty.")
    if not kind.endswith("List") and len(values) > 1:
        raise invalid(f"Context key {kind} expected a single value, but received {len(values)}.")
    read, form = _READ.get(kind.removesuffix("List"), (str, ""))
    try:
        found = [read(value) for value in values]
    except ValueError:
        raise invalid(f"Invalid context value for key {name}: expected {form} format.") from None
    return ListOfValues(found) if kind.endswith("List") else tuple(found)


def _date(text: str) -> str:
    """In UTC with milliseconds: so AWS compares it with a text."""
    found = moment(text)
    if found is None:
        raise ValueError(text)
    return found.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _checked(by: Callable[[str], object]) -> Callable[[str], str]:
    """A reader that keeps the text as it is, if `by` makes something of it. ValueError if not."""

    def read(text: str) -> str:
        if by(text) is None:
            raise ValueError(text)
        return text

    return read


_READ: Final[Mapping[str, tuple[Callable[[str], str], str]]] = {
    "numeric": (_checked(_NUMBER.fullmatch), "numeric"),
    "date": (_date, "date"),
    "ip": (_checked(lambda text: ipaddress.ip_network(text, strict=False)), "IP address"),
    "binary": (_checked(lambda text: base64.b64decode(text, validate=True)), "base-64 encoded binary"),
}
"""How the values of a type are read, and what AWS calls the form that it expects."""


def simulate_principal_policy(self: IamResponse) -> ActionResult:
    """The policies that a user, group or role has, and those of its account's organization."""
    principal, account = _principal(self)
    scps = principals.scps_of(account, self.partition)
    if scps is None and membership(account, self.partition):
        scps = []  # AWS says AllowedByOrganizations in the management account too, which no policy binds
    levels = None if scps is None else tuple(tuple(map(_attached, level)) for level in scps)
    caller = self._get_param("CallerArn")
    keys = _caller_keys(caller) if caller else principal.keys
    return _simulate(self, principal, levels, keys)


def simulate_custom_policy(self: IamResponse) -> ActionResult:
    """Policies that are given as texts, service control policies among them."""
    levels = self._get_param("OrderedOrganizationPolicyInputList")
    if levels is not None and len(levels) > _LEVELS:
        raise ValidationError(f"OrderedOrganizationPolicyInputList takes {_LEVELS} levels at most.")
    scps = None if levels is None else tuple(map(_level, range(1, len(levels) + 1), levels))
    caller = self._get_param("CallerArn")
    nobody = {"aws:userid": (self.current_account,), "aws:PrincipalAccount": (self.current_account,)}
    return _simulate(self, principals.Principal("", ()), scps, _caller_keys(caller) if caller else nobody)


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
    response: IamResponse, principal: principals.Principal, scps: tuple[tuple[Policy, ...], ...] | None, keys: Keys
) -> ActionResult:
    for name in _NOT_SIMULATED:
        if response._get_param(name):
            raise invalid(f"The sandbox does not simulate {name}.")
    boundary = _given(response, "PermissionsBoundaryPolicyInputList")
    if len(boundary) > 1:
        raise invalid("The list of Permissions Boundary policies cannot exceed 1 items.")
    own_boundary = None if principal.boundary is None else [(each, _attached(each)) for each in principal.boundary]
    known = {name.lower(): values for name, values in keys.items()}
    simulation = Simulation(
        identity=(*((each, _attached(each)) for each in principal.identity), *_given(response, "PolicyInputList")),
        boundary=boundary or own_boundary,
        scps=scps,
        keys={**known, **entries(response._get_param("ContextEntries", []))},
        resources=_resources(response._get_param("ResourceArns")),
    )
    asked = _actions(response._get_param("ActionNames"), simulation.resources)
    answer = page(response, "EvaluationResults", asked)
    results = [simulation.result(action) for action in answer["EvaluationResults"]]
    return ActionResult({**answer, "EvaluationResults": results})


def _principal(response: IamResponse) -> tuple[principals.Principal, str]:
    arn = response._get_param("PolicySourceArn")
    found = _ENTITY.fullmatch(arn)
    if not found:
        raise invalid(f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    try:
        return principals.find(arn), found[1]
    except NotFoundException:
        raise NotFoundException("Unable to retrieve specified IAM entity.") from None


def _caller_keys(arn: str) -> Keys:
    found = _ENTITY.fullmatch(arn)
    if not found:
        raise invalid("Invalid caller - Caller must be an IAM user, role or group in this context.")
    account, kind, name = found.groups()
    keys = {"aws:PrincipalArn": (arn,), "aws:PrincipalAccount": (account,)}
    return {**keys, "aws:username": (name,)} if kind == "user" else keys


def _given(response: IamResponse, parameter: str) -> list[tuple[Attached, Policy]]:
    documents = response._get_param(parameter, [])
    sources = [Attached(f"{parameter}.{place}", "", text) for place, text in enumerate(documents, 1)]
    what = re.sub(r"(?<!^)([A-Z])", lambda letter: f" {letter[1].lower()}", parameter)
    return [(source, _read(source, f"{what} item {place}")) for place, source in enumerate(sources, 1)]


def _level(place: int, level: Mapping[str, Any]) -> tuple[Policy, ...]:
    documents = level.get("ServiceControlPolicyInputList") or []
    if not documents:
        raise invalid(f"Organization policy at index {place} must contain at least one service control policy")
    name = f"OrderedOrganizationPolicyInputList.{place}"
    sources = [Attached(f"{name}.{each}", "", text) for each, text in enumerate(documents, 1)]
    return tuple(_read(source, f"Organization policy at index {place}") for source in sources)


def _read(source: Attached, what: str) -> Policy:
    """AWS does not say what is wrong with a policy."""
    try:
        return source.parsed()
    except ValueError:
        raise invalid(f"{what} has invalid content") from None


def _attached(source: Attached) -> Policy:
    """A policy that AWS has taken. Where moto took a malformed one, the simulation cannot go on."""
    try:
        return source.parsed()
    except ValueError as error:
        raise IAMException("PolicyEvaluation", f"{source.name}: {error}") from None


def _resources(arns: Sequence[str] | None) -> tuple[str, ...]:
    if not arns or list(arns) == ["*"]:
        return ("*",)
    for arn in arns:
        if not _ARN.fullmatch(arn):
            raise invalid(f"ResourceNames are not in a valid ARN format: {arn}.")
    return tuple(arns)


def _actions(names: Sequence[str] | None, resources: Sequence[str]) -> Sequence[str]:
    """AWS takes a name with a wildcard for an action that it does not have, and does not mix those with others."""
    names = names or ()
    for name in names:
        if not _ACTION.fullmatch(name):
            raise invalid(f"{name} is not an action: the simulator takes service:Action.")
    known = [name for name in names if is_known(name)]
    unknown = [name for name in names if name not in known]
    if known and unknown and len(resources) > 1:
        both = f"[{','.join(known)}] and [{','.join(unknown)}]"
        raise invalid(f"Invalid Input Actions: {both} require different authorization information. ")
    return names
