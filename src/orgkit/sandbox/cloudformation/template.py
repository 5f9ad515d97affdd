"""A template as sent: read, and refused as CloudFormation refuses it before it touches anything."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import yaml

from orgkit.sandbox.cloudformation.errors import ValidationError
from orgkit.sandbox.cloudformation.intrinsics import PSEUDO_PARAMETERS, names_in_sub
from orgkit.sandbox.cloudformation.resources import KINDS

MAX_BYTES: Final = 51_200
"""The largest TemplateBody (CreateStack, model)."""

_SECTIONS: Final = frozenset(
    [
        *("AWSTemplateFormatVersion", "Conditions", "Description", "Mappings"),
        *("Metadata", "Outputs", "Parameters", "Resources"),
    ]
)
_RESOURCE_ATTRIBUTES: Final = frozenset(
    [
        *("Condition", "CreationPolicy", "DeletionPolicy", "DependsOn", "Metadata"),
        *("Properties", "Type", "UpdatePolicy", "UpdateReplacePolicy"),
    ]
)


@dataclass(frozen=True)
class Template:
    """A valid template: the body byte for byte, and what it says."""

    body: str
    content: Mapping[str, Any]

    def section(self, name: str) -> Mapping[str, Any]:
        """One section by logical id; empty when the template does not have it."""
        section: Mapping[str, Any] = self.content.get(name) or {}
        return section

    @property
    def resources(self) -> Mapping[str, Any]:
        """The Resources section."""
        return self.section("Resources")

    @property
    def types(self) -> tuple[str, ...]:
        """The resource types, each once, in the order of the template."""
        return tuple(dict.fromkeys(resource["Type"] for resource in self.resources.values()))

    @property
    def capabilities(self) -> tuple[str, ...]:
        """What the caller must acknowledge: all resources here are IAM's (CreateStack, Capabilities, model)."""
        named = any(
            KINDS[resource["Type"]].name_property in (resource.get("Properties") or {})
            for resource in self.resources.values()
        )
        return ("CAPABILITY_NAMED_IAM",) if named else ("CAPABILITY_IAM",)


@lru_cache(maxsize=16)  # the same template comes again and again
def read(body: str) -> Template:
    """The template of this body. Raises ValidationError, in CloudFormation's words where they are known."""
    if len(body.encode()) > MAX_BYTES:
        raise ValidationError(
            "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAX_BYTES}"
        )
    content = _parse(body)
    if not isinstance(content, dict):
        raise ValidationError("Template format error: unsupported structure.")
    template = Template(body, content)
    _check_sections(template)
    _check_resources(template)
    _check_outputs(template)
    _check_references(template)
    return template


if TYPE_CHECKING:
    _SafeLoader = yaml.SafeLoader
else:  # libyaml reads a template in a tenth of the time, but not every PyYAML is built with it
    _SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):
    """YAML as CloudFormation reads it: short forms of its functions, and dates (`2012-10-17`) as text."""

    yaml_implicit_resolvers = {  # noqa: RUF012  PyYAML's own way to set resolvers
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)  # noqa: S101  for mypy: YAML has no fourth kind
        value = loader.construct_mapping(node, deep=True)
    if name == "Fn::GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name: value}


_Loader.add_multi_constructor("!", _short_form)


def _parse(body: str) -> Any:
    try:
        return json.loads(body)
    except json.JSONDecodeError as error:
        as_json = f"line {error.lineno}, column {error.colno + 1}"
    try:
        return _Loader(body).get_single_data()
    except yaml.YAMLError as error:
        form, place = ("JSON", as_json) if body.startswith('{"') else ("YAML", _place(error))
        raise ValidationError(f"Template format error: {form} not well-formed. ({place})") from error


def _place(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"line {mark.line + 1}, column {mark.column + 1}" if mark else "unknown place"


def _check_sections(template: Template) -> None:
    unknown = sorted(set(template.content) - _SECTIONS)
    if unknown:
        raise ValidationError(f"Invalid template property or properties [{', '.join(unknown)}]")
    if not isinstance(template.resources, dict) or not template.resources:
        raise ValidationError("Template format error: At least one Resources member must be defined.")


def _check_resources(template: Template) -> None:
    for logical_id, resource in template.resources.items():
        if not logical_id.isalnum():
            raise ValidationError(f"Template format error: Resource name {logical_id} is non alphanumeric.")
        if not isinstance(resource, dict) or "Type" not in resource:
            raise ValidationError(
                f"Template format error: [/Resources/{logical_id}] Every Resources object must contain a Type member."
            )
        for attribute in sorted(set(resource) - _RESOURCE_ATTRIBUTES):
            raise ValidationError(f"Invalid template resource property '{attribute}'")
    unknown = [kind for kind in template.types if kind not in KINDS]
    if unknown:
        raise ValidationError(f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]")


def _check_outputs(template: Template) -> None:
    for name, output in template.section("Outputs").items():
        if not isinstance(output, dict) or "Value" not in output:
            raise ValidationError("Template format error: Every Outputs member must contain a Value object")
        if output["Value"] is None:
            raise ValidationError(f"[/Outputs/{name}/Value] 'null' values are not allowed in templates")


def _check_references(template: Template) -> None:
    """References are checked whatever the conditions: CloudFormation reads the template before it knows them."""
    parameters = set(template.section("Parameters")) | PSEUDO_PARAMETERS
    known = {
        "Conditions": parameters,
        "Resources": parameters | set(template.resources),
        "Outputs": parameters | set(template.resources),
    }
    conditions = set(template.section("Conditions"))
    for section, names in known.items():
        nodes = list(_nodes(template.section(section)))
        _refuse_unknown((name for name, _ in _references(nodes)), names, section)
        for logical_id, attribute in _references(nodes):
            if attribute and attribute not in KINDS[template.resources[logical_id]["Type"]].offers:
                raise ValidationError(
                    f"Template error: resource {logical_id} does not support attribute type {attribute} in Fn::GetAtt"
                )
        for key, value in nodes:
            condition = str(value[0]) if key == "Fn::If" else value if key == "Condition" else None
            if isinstance(condition, str) and condition not in conditions:
                raise ValidationError(f"Template error: unresolved condition dependency {condition}")


def _refuse_unknown(references: Iterable[str], known: set[str], section: str) -> None:
    unknown = sorted(set(references) - known)
    if unknown and section == "Conditions":
        raise ValidationError(
            f"Template format error: Unresolved dependencies [{', '.join(unknown)}]. "
            "Cannot reference resources in the Conditions block of the template"
        )
    if unknown:
        raise ValidationError(
            f"Template format error: Unresolved resource dependencies [{', '.join(unknown)}] "
            f"in the {section} block of the template"
        )


def _nodes(tree: Any) -> Iterator[tuple[str, Any]]:
    """Every key of every mapping in the tree, with its value."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield str(key), value
            yield from _nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _nodes(value)


def _references(nodes: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, str]]:
    """The names that are referred to, each with the attribute that is asked of it, or with nothing."""
    for key, value in nodes:
        if key == "Ref":
            yield str(value), ""
        elif key == "Fn::GetAtt":
            yield _split(".".join(value) if isinstance(value, list) else str(value))
        elif key == "Fn::Sub":
            yield from map(_split, names_in_sub(value))
        elif key == "DependsOn":
            yield from ((name, "") for name in ([value] if isinstance(value, str) else value))


def _split(reference: str) -> tuple[str, str]:
    logical_id, _, attribute = reference.partition(".")
    return logical_id, attribute
