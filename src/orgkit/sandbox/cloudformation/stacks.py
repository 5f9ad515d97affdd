"""A stack: what it was told to hold, what it holds, and what happened to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

from orgkit.sandbox.cloudformation import parameters
from orgkit.sandbox.cloudformation.errors import ValidationError
from orgkit.sandbox.cloudformation.events import Timeline
from orgkit.sandbox.cloudformation.intrinsics import Scope, evaluate, text
from orgkit.sandbox.cloudformation.kinds import Kind, Properties
from orgkit.sandbox.cloudformation.resources import KINDS
from orgkit.sandbox.cloudformation.template import Template

UNKNOWN: Final = "{{changeSet:KNOWN_AFTER_APPLY}}"
"""What stands for a value that a resource has only once it is there."""

Values = Callable[[str, str | None], Any]
"""A resource's physical id (its `Ref`), or one of its attributes."""


@dataclass(frozen=True)
class Place:
    """Which stack this is, for its pseudo parameters."""

    account: str
    region: str
    partition: str
    stack_name: str
    stack_id: str

    @property
    def pseudo_parameters(self) -> dict[str, Any]:
        """What AWS:: names stand for."""
        return {
            "AWS::AccountId": self.account,
            "AWS::Partition": self.partition,
            "AWS::Region": self.region,
            "AWS::StackId": self.stack_id,
            "AWS::StackName": self.stack_name,
            "AWS::URLSuffix": "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com",
        }


@dataclass(frozen=True)
class Record:
    """A resource of the stack as it was last deployed."""

    logical_id: str
    kind: Kind
    physical_id: str
    properties: Properties
    """With the stack's tags."""
    named: frozenset[str] = frozenset()
    """The properties that the template itself names: drift detection looks at no others."""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Deployment:
    """What a stack is to hold."""

    place: Place
    template: Template
    parameters: Mapping[str, str]
    tags: tuple[tuple[str, str], ...] = ()
    capabilities: tuple[str, ...] = ()
    notification_arns: tuple[str, ...] = ()
    role_arn: str | None = None

    def check(self) -> None:
        """Raise ValidationError for what cannot be deployed, whatever values the resources will have."""
        self.outputs(lambda *_: UNKNOWN)
        _ = self.waves

    @cached_property
    def waves(self) -> tuple[tuple[str, ...], ...]:
        """The resources whose conditions hold, in waves: each needs only resources of the waves before it."""
        active = [key for key, item in self.template.resources.items() if self._holds(item)]
        graph = {logical_id: self._needs(logical_id) for logical_id in active}
        missing = sorted(set().union(*graph.values()) - set(active))
        if missing:
            raise ValidationError(
                f"Template format error: Unresolved resource dependencies [{', '.join(missing)}] "
                "in the Resources block of the template"
            )
        sorter = TopologicalSorter(graph)
        try:
            sorter.prepare()
        except CycleError as error:
            cycle = ", ".join(dict.fromkeys(error.args[1]))
            raise ValidationError(f"Circular dependency between resources: [{cycle}]") from error
        waves = []
        while sorter.is_active():
            ready = sorter.get_ready()
            sorter.done(*ready)
            waves.append(tuple(sorted(ready, key=active.index)))
        return tuple(waves)

    @property
    def order(self) -> tuple[str, ...]:
        """The resources in an order in which they can be made; the reverse is one to delete them."""
        return tuple(logical_id for wave in self.waves for logical_id in wave)

    def kind(self, logical_id: str) -> Kind:
        """The resource's type."""
        return KINDS[self.template.resources[logical_id]["Type"]]

    def record(self, logical_id: str, values: Values, physical_id: str = "") -> Record:
        """The resource as it is wanted, with the values that others have."""
        source, kind = self.template.resources[logical_id], self.kind(logical_id)
        properties: dict[str, Any] = evaluate(source.get("Properties") or {}, self._scope(values))
        named = frozenset(properties)
        if kind.taggable and self.tags:
            own = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", ())}
            tags = {**dict(self.tags), **own}
            properties["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
        return Record(logical_id, kind, physical_id, properties, named)

    def outputs(self, values: Values) -> list[dict[str, str]]:
        """The outputs whose conditions hold, as DescribeStacks has them."""
        scope = self._scope(values)
        return [
            {
                "OutputKey": key,
                "OutputValue": text(evaluate(item["Value"], scope)),
                **({"Description": item["Description"]} if "Description" in item else {}),
                **({"ExportName": evaluate(item["Export"]["Name"], scope)} if "Export" in item else {}),
            }
            for key, item in self.template.section("Outputs").items()
            if self._holds(item)
        ]

    def beside_properties(self) -> tuple[Any, ...]:
        """What an update can change besides the resources' properties: neither the template's text nor capabilities."""
        attributes = {
            logical_id: {name: value for name, value in source.items() if name != "Properties"}
            for logical_id, source in self.template.resources.items()
        }
        outputs = self.outputs(lambda *name: ".".join(filter(None, name)))
        given = (dict(self.parameters), self.tags, self.notification_arns, self.role_arn)
        return (*given, attributes, outputs)

    def _scope(self, values: Values) -> Scope:
        given = parameters.typed(self.template, self.parameters)
        pseudo = {**self.place.pseudo_parameters, "AWS::NotificationARNs": list(self.notification_arns)}
        section = self.template.section
        return Scope({**pseudo, **given}, section("Mappings"), section("Conditions"), values)

    def _holds(self, item: Mapping[str, Any]) -> bool:
        return "Condition" not in item or self._scope(lambda *_: UNKNOWN).condition(item["Condition"])

    def _needs(self, logical_id: str) -> set[str]:
        seen: set[str] = set()

        def look(name: str, _: str | None) -> str:
            seen.add(name)
            return UNKNOWN

        self.record(logical_id, look)
        listed = self.template.resources[logical_id].get("DependsOn", [])
        return seen | ({listed} if isinstance(listed, str) else set(listed))


@dataclass(frozen=True)
class Step:
    """One thing that was done to a resource, from its former properties to the wanted ones, to be undone."""

    before: Record | None
    after: Record
    former: Properties
    wanted: Properties
    was_gone: bool = False
    """Whether someone had deleted the resource, so that undoing leaves it deleted."""

    @property
    def is_new(self) -> bool:
        """Whether undoing means to delete what was made."""
        return self.before is None or self.was_gone or self.replaced

    @property
    def replaced(self) -> bool:
        """Whether a new resource took the old one's place."""
        return self.before is not None and self.before.physical_id != self.after.physical_id


@dataclass
class Stack:
    """A stack as it stands. `timeline` tells how much of what happened is to be seen."""

    place: Place
    created: datetime
    timeline: Timeline
    deployment: Deployment | None = None
    former: Deployment | None = None
    """What it held before the last update, which a rollback brings back."""
    resources: dict[str, Record] = field(default_factory=dict)
    outputs: list[dict[str, str]] = field(default_factory=list)
    undoable: list[Step] = field(default_factory=list)
    """What the last operation did, and a rollback would undo."""
    termination_protection: bool = False
    disable_rollback: bool = False
    updated: datetime | None = None
    deleted: datetime | None = None
    change_set_id: str | None = None
    drift_status: str = "NOT_CHECKED"
    drift_checked: datetime | None = None
    drifts: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """The requests that came with a client request token."""

    @property
    def name(self) -> str:
        """Its name, which a later stack may bear too."""
        return self.place.stack_name

    @property
    def id(self) -> str:
        """Its ARN."""
        return self.place.stack_id

    @property
    def status(self) -> str:
        """Its status, as far as it is to be seen."""
        return self.timeline.status

    def retains(self, logical_id: str) -> bool:
        """Whether the resource is to outlive its place in the stack: what the template said until now counts."""
        resources = self.deployment.template.resources if self.deployment else {}
        return bool(resources.get(logical_id, {}).get("DeletionPolicy") == "Retain")

    def value(self, logical_id: str, attribute: str | None) -> Any:
        """A resource's physical id, or one of its attributes."""
        record = self.resources[logical_id]
        return record.attributes[attribute] if attribute else record.physical_id
