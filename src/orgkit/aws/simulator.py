"""IAM's policy simulator: what a principal may do by the policies that are deployed. Nothing is called for real."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from orgkit.aws.calls import Calls, understood
from orgkit.errors import UnexpectedAnswer

Value = str | bool | tuple[str, ...]
"""A condition key's value, or its values where the key can have several."""

_ADMINISTRATOR: Final = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'  # AdministratorAccess
)
_PAGE: Final = 1000  # the most that the service model's MaxItems allows
_ACTIONS: Final = 50  # AWS documents no limit of a call, but has refused calls with many hundreds


@dataclass(frozen=True)
class Request:
    """What is called on, and in which circumstances. A call that AWS authorizes on several resources has them all."""

    resources: tuple[str, ...]
    """ARNs, or `*` alone."""
    context: tuple[tuple[str, Value], ...]


class Simulator:
    """Asks `iam:SimulatePrincipalPolicy` and `iam:SimulateCustomPolicy`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def user(self, arn: str, request: Request, actions: Sequence[str]) -> dict[str, bool]:
        """Which actions a user may do, by all policies on it and its groups, and by its boundary.

        Raises AwsError NoSuchEntity where there is no such user.
        """
        return self._ask("simulate_principal_policy", request, actions, PolicySourceArn=arn)

    def administrator(
        self, scps: Sequence[Sequence[str]] | None, request: Request, actions: Sequence[str]
    ) -> dict[str, bool]:
        """Which actions are left to somebody whom only SCPs bind.

        `scps` are the documents at the root, each OU on the way and the account; None where SCPs are off.
        """
        levels = [{"ServiceControlPolicyInputList": list(level)} for level in scps or ()]
        bound = {"OrderedOrganizationPolicyInputList": levels} if levels else {}
        return self._ask("simulate_custom_policy", request, actions, PolicyInputList=[_ADMINISTRATOR], **bound)

    @understood
    def _ask(self, operation: str, request: Request, actions: Sequence[str], **principal: Any) -> dict[str, bool]:
        may: dict[str, bool] = {}
        for some in _in_parts(actions):
            pages = self._calls.pages(
                "iam",
                operation,
                marker="Marker",
                ActionNames=some,
                ResourceArns=list(request.resources),
                ContextEntries=[_entry(key, value) for key, value in request.context],
                MaxItems=_PAGE,
                **principal,
            )
            for page in pages:
                for result in page["EvaluationResults"]:
                    action = result["EvalActionName"]
                    may[action] = may.get(action, True) and _allowed(result)
        silent = set(actions) - set(may)
        if silent:
            raise UnexpectedAnswer(operation, f"no answer for {', '.join(sorted(silent))}")
        return may


def _in_parts(actions: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(actions), _ACTIONS):
        yield list(actions[start : start + _ACTIONS])


def _allowed(result: Mapping[str, Any]) -> bool:
    """On each resource. AWS lists the resources inside a result, or gives each one a result of its own."""
    decisions = [each["EvalResourceDecision"] for each in result.get("ResourceSpecificResults") or ()]
    return all(decision == "allowed" for decision in decisions or [result["EvalDecision"]])


def _entry(key: str, value: Value) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"ContextKeyName": key, "ContextKeyValues": [str(value).lower()], "ContextKeyType": "boolean"}
    if isinstance(value, str):
        return {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
    return {"ContextKeyName": key, "ContextKeyValues": list(value), "ContextKeyType": "stringList"}
