"""IAM's policy simulator: what a principal may do by the policies that are deployed. Nothing is called for real."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from orgkit.aws.client import Service
from orgkit.errors import AwsError, UnexpectedAnswer

Value = str | bool | tuple[str, ...]
"""A condition key's value, or its values where the key can have several."""

Ask = tuple[str, str]
"""An action, and the ARN it is done on, or `*`."""

_ADMINISTRATOR: Final = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'  # AdministratorAccess
)
_PAGE: Final = 1000  # the most that the service model's MaxItems allows

# AWS evaluates every action of a call on every resource of it. It documents no limit to either; what it refuses is
# asked again in halves.
_ACTIONS: Final = 100
_RESOURCES: Final = 20


class Simulator(Service):
    """Asks `iam:SimulatePrincipalPolicy` and `iam:SimulateCustomPolicy`, in as few calls as the questions allow."""

    name = "iam"

    def principal(self, arn: str, context: Mapping[str, Value], asks: Iterable[Ask]) -> dict[Ask, bool]:
        """What a user or role may do, by all policies on it and its groups, and by its boundary.

        Raises AwsError NoSuchEntity where there is none.
        """
        return self._ask("simulate_principal_policy", context, asks, PolicySourceArn=arn)

    def administrator(
        self, scps: Sequence[Sequence[str]] | None, context: Mapping[str, Value], asks: Iterable[Ask]
    ) -> dict[Ask, bool]:
        """What is left to somebody whom only SCPs bind.

        `scps` are the documents at the root, each OU on the way and the account; None where SCPs are off.
        """
        levels = [{"ServiceControlPolicyInputList": list(level)} for level in scps or ()]
        bound = {"OrderedOrganizationPolicyInputList": levels} if levels else {}
        return self._ask("simulate_custom_policy", context, asks, PolicyInputList=[_ADMINISTRATOR], **bound)

    def _ask(
        self, operation: str, context: Mapping[str, Value], asks: Iterable[Ask], **principal: Any
    ) -> dict[Ask, bool]:
        asks = tuple(asks)
        about = {"ContextEntries": [_entry(key, value) for key, value in context.items()], **principal}
        may: dict[Ask, bool] = {}
        for actions, resources in _calls(asks):
            may |= self._simulate(operation, actions, resources, about)
        silent = [f"{action} on {resource}" for action, resource in asks if (action, resource) not in may]
        if silent:
            raise UnexpectedAnswer(operation, f"no answer for {silent[0]}")
        return {ask: may[ask] for ask in asks}

    def _simulate(
        self, operation: str, actions: list[str], resources: list[str], about: Mapping[str, Any]
    ) -> dict[Ask, bool]:
        sent = {"ActionNames": actions, "ResourceArns": resources, "MaxItems": _PAGE, **about}
        try:
            results = self._list(operation, "EvaluationResults", marker="Marker", **sent)
        except AwsError as error:
            # AWS also refuses some actions side by side: they "require different authorization information".
            if error.code != "InvalidInput" or len(actions) == 1:
                raise
            some, others = actions[: len(actions) // 2], actions[len(actions) // 2 :]
            may = self._simulate(operation, some, resources, about)
            return may | self._simulate(operation, others, resources, about)
        return {ask: may for result in results for ask, may in _decisions(result, resources).items()}


def _calls(asks: Sequence[Ask]) -> Iterator[tuple[list[str], list[str]]]:
    """The actions and resources of each call that it takes. `*` cannot stand beside ARNs."""
    wanted: dict[str, list[str]] = {}
    for action, resource in asks:
        wanted.setdefault(resource, []).append(action)
    arns = [resource for resource in wanted if resource != "*"]
    for resources in [["*"] if "*" in wanted else [], *_parts(arns, _RESOURCES)]:
        actions = dict.fromkeys(action for resource in resources for action in wanted[resource])
        for some in _parts(list(actions), _ACTIONS):
            yield some, resources


def _parts(things: Sequence[str], size: int) -> Iterator[list[str]]:
    return (list(things[start : start + size]) for start in range(0, len(things), size))


def _decisions(result: Mapping[str, Any], resources: Sequence[str]) -> dict[Ask, bool]:
    """AWS lists several resources inside the result of an action, or gives each one a result of its own."""
    action = result["EvalActionName"]
    if len(resources) == 1:
        return {(action, resources[0]): result["EvalDecision"] == "allowed"}
    specific = result.get("ResourceSpecificResults")
    if not specific:
        return {(action, result["EvalResourceName"]): result["EvalDecision"] == "allowed"}
    return {(action, each["EvalResourceName"]): each["EvalResourceDecision"] == "allowed" for each in specific}


def _entry(key: str, value: Value) -> dict[str, Any]:
    values = [str(value).lower()] if isinstance(value, bool) else [value] if isinstance(value, str) else list(value)
    kind = "boolean" if isinstance(value, bool) else "string" if isinstance(value, str) else "stringList"
    return {"ContextKeyName": key, "ContextKeyValues": values, "ContextKeyType": kind}
