"""What the IAM template comes to: its users, groups, roles and policies with all parameters filled in.

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

from orgkit.aws import Caller
from orgkit.aws.principals import Principal
from orgkit.iam import template

KINDS: Final = {"AWS::IAM::User": "user", "AWS::IAM::Group": "group", "AWS::IAM::Role": "role"}
"""What is called what, by resource type."""
_POLICY: Final = "AWS::IAM::ManagedPolicy"
_NOTHING: Final = object()  # what AWS::NoValue stands for: the property is left out
_LOADING: Final = Lock()


@dataclass(frozen=True)
class Resources:
    """The users, groups and roles by kind and name, and the documents of the managed policies by ARN."""

    principals: Mapping[tuple[str, str], Principal]
    documents: Mapping[str, Any]

    @property
    def names(self) -> set[tuple[str, str]]:
        """Kinds and names of them all."""
        return {*self.principals, *(("policy", arn.rpartition("/")[2]) for arn in self.documents)}


def same(one: str, other: str) -> bool:
    """Whether two templates come to the same. CloudFormation takes no update of comments and formatting alone."""
    if one == other:
        return True
    try:
        first, second = _loaded(one), _loaded(other)
    except (RecursionError, ValueError, yaml.YAMLError):
        return False
    return all(first.get(section) == second.get(section) for section in ("Resources", "Conditions", "Outputs"))


def resources(parameters: Mapping[str, str], caller: Caller) -> Resources:
    """What the bundled template makes of these parameters in the caller's account."""
    with _LOADING:  # or the payers of a fleet, looked at side by side, would all parse the same text at once
        loaded = _loaded(template.text())
    partition, account = caller.partition, caller.account
    values: dict[str, Any] = {"AWS::AccountId": account, "AWS::Partition": partition, "AWS::NoValue": _NOTHING}
    for name, declaration in loaded["Parameters"].items():
        value = parameters.get(name, str(declaration.get("Default", "")))
        values[name] = value.split(",") if declaration["Type"] == "CommaDelimitedList" else value
    values |= {name: _resolved(condition, values) for name, condition in loaded["Conditions"].items()}
    for logical, resource in loaded["Resources"].items():  # all names first: properties refer to them
        name = _resolved(resource["Properties"][resource["Type"].removeprefix("AWS::IAM::") + "Name"], values)
        values[logical] = f"arn:{partition}:iam::{account}:policy/{name}" if resource["Type"] == _POLICY else name
    principals, documents = {}, {}
    for logical, resource in loaded["Resources"].items():
        if "Condition" in resource and not values[resource["Condition"]]:
            continue
        properties = _resolved(resource["Properties"], values)
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


def _resolved(node: Any, values: Mapping[str, Any]) -> Any:
    """A part of the template without intrinsic functions, of which these are all that it uses.

    `values` are what its parameters, conditions and resources stand for. No two of them have the same name.
    """
    match node:
        case {"Ref": name}:
            return values[name]
        case {"Fn::Sub": text}:  # ${!Name} is ${Name} itself
            return re.sub(r"\$\{(!?)([^}]+)\}", lambda at: f"${{{at[2]}}}" if at[1] else str(values[at[2]]), text)
        case {"Fn::If": [condition, then, otherwise]}:
            return _resolved(then if values[condition] else otherwise, values)
        case {"Fn::Join": [separator, parts]}:
            return separator.join(_resolved(parts, values))
        case {"Fn::Equals": [one, other]}:
            return _resolved(one, values) == _resolved(other, values)
        case {"Fn::Not": [condition]}:
            return not _resolved(condition, values)
        case list():
            return [item for each in node if (item := _resolved(each, values)) is not _NOTHING]
        case dict():
            members = {key: _resolved(value, values) for key, value in node.items()}
            return {key: value for key, value in members.items() if value is not _NOTHING}
        case _:
            return node


class _Loader(yaml.SafeLoader):
    """YAML whose short tags (`!Sub`) become what they are short for (`Fn::Sub`)."""


def _short_tag(loader: yaml.SafeLoader, name: str, node: Any) -> dict[str, Any]:
    listed = isinstance(node, yaml.SequenceNode)
    value = loader.construct_sequence(node, deep=True) if listed else loader.construct_scalar(node)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _short_tag)


@lru_cache(maxsize=4)  # the same text is compared several times in a run, and PyYAML is slow
def _loaded(template: str) -> dict[str, Any]:
    loaded = yaml.load(template, Loader=_Loader)  # noqa: S506  a SafeLoader with tags of its own
    return loaded if isinstance(loaded, dict) else {}
