"""What the IAM template comes to: its users, groups and policies with all parameters filled in.

CloudFormation's drift detection does not see every change (it has been reported to pass over the documents of
managed policies, aws-cloudformation/cloudformation-coverage-roadmap#1858). So orgkit compares IAM itself with the
template, which stays the only description of what should be there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any, Final

import yaml

from orgkit.aws.principals import Principal

KINDS: Final = {"AWS::IAM::User": "user", "AWS::IAM::Group": "group", "AWS::IAM::Role": "role"}
"""What is called what, by resource type."""
_POLICY: Final = "AWS::IAM::ManagedPolicy"
_NOTHING: Final = object()  # what AWS::NoValue stands for: the property is left out


@dataclass(frozen=True)
class Resources:
    """The users, groups and roles by kind and name, and the documents of the managed policies by ARN."""

    principals: Mapping[tuple[str, str], Principal]
    documents: Mapping[str, Any]


def same(one: str, other: str) -> bool:
    """Whether two templates make the same. CloudFormation takes no update of comments and formatting alone."""
    try:
        first, second = _loaded(one), _loaded(other)
    except (RecursionError, ValueError, yaml.YAMLError):
        return False
    return all(first.get(section) == second.get(section) for section in ("Resources", "Conditions", "Outputs"))


def resources(template: str, parameters: Mapping[str, str], partition: str, account: str) -> Resources:
    """The template with these parameters. It knows the intrinsic functions that the bundled template uses."""
    loaded = _loaded(template)
    values: dict[str, Any] = {"AWS::AccountId": account, "AWS::Partition": partition, "AWS::NoValue": _NOTHING}
    for name, declaration in loaded.get("Parameters", {}).items():
        value = parameters.get(name, str(declaration.get("Default", "")))
        values[name] = value.split(",") if declaration["Type"] == "CommaDelimitedList" else value
    scope = _Scope(loaded.get("Conditions", {}), values)
    for logical, resource in loaded["Resources"].items():  # all names first: properties refer to them
        name = scope.resolved(resource["Properties"][resource["Type"].removeprefix("AWS::IAM::") + "Name"])
        values[logical] = f"arn:{partition}:iam::{account}:policy/{name}" if resource["Type"] == _POLICY else name
    principals, documents = {}, {}
    for logical, resource in loaded["Resources"].items():
        if not scope.holds(resource.get("Condition")):
            continue
        properties = scope.resolved(resource["Properties"])
        if resource["Type"] == _POLICY:
            documents[values[logical]] = properties["PolicyDocument"]
        else:
            kind, name = KINDS[resource["Type"]], values[logical]
            principals[kind, name] = Principal(
                kind=kind,
                name=name,
                arn="",
                groups=tuple(properties.get("Groups", [])),
                policies=tuple(properties.get("ManagedPolicyArns", [])),
                inline={},
                boundary=properties.get("PermissionsBoundary", ""),
                path=properties.get("Path", "/"),
                trust=properties.get("AssumeRolePolicyDocument"),
            )
    return Resources(principals, documents)


class _Loader(yaml.SafeLoader):
    """YAML whose short tags (`!Sub`) become what they are short for (`Fn::Sub`)."""


def _short_tag(loader: yaml.SafeLoader, name: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        raise ValueError(f"the template has a mapping under !{name}")
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _short_tag)
_LOADING: Final = Lock()


def _loaded(template: str) -> dict[str, Any]:
    with _LOADING:  # or the payers of a fleet, looked at side by side, would all parse the same text at once
        return _parsed(template)


@lru_cache(maxsize=4)  # the same text is compared several times in a run, and PyYAML is slow
def _parsed(template: str) -> dict[str, Any]:
    loaded = yaml.load(template, Loader=_Loader)  # noqa: S506  a SafeLoader with tags of its own
    return loaded if isinstance(loaded, dict) else {}


@dataclass(frozen=True)
class _Scope:
    """The conditions of a template, and what its parameters and resources are called by `Ref`."""

    conditions: Mapping[str, Any]
    values: Mapping[str, Any]

    def holds(self, condition: str | None) -> bool:
        return condition is None or bool(self.resolved(self.conditions[condition]))

    def resolved(self, node: Any) -> Any:
        """A part of the template without intrinsic functions."""
        if isinstance(node, list):
            return [item for item in map(self.resolved, node) if item is not _NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((name, value),) = node.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self._called(name, value)
        members = {key: self.resolved(value) for key, value in node.items()}
        return {key: value for key, value in members.items() if value is not _NOTHING}

    def _called(self, function: str, value: Any) -> Any:
        match function:
            case "Ref":
                return self.values[value]
            case "Fn::Sub":  # ${!Name} is ${Name} itself
                return re.sub(
                    r"\$\{(!?)([^}]+)\}", lambda at: f"${{{at[2]}}}" if at[1] else str(self.values[at[2]]), value
                )
            case "Fn::If":
                condition, then, otherwise = value
                return self.resolved(then if self.holds(condition) else otherwise)
            case "Fn::Join":
                separator, parts = value
                return separator.join(self.resolved(parts))
            case "Fn::Equals":
                one, other = self.resolved(value)
                return one == other
            case "Fn::Not":
                return not self.resolved(value[0])
        raise ValueError(f"the template uses {function}")
