"""What a resource type is: its schema, and its handlers."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final, TypeVar

from moto.iam.exceptions import NoSuchEntity, NotFoundException

from orgkit.sandbox.cloudformation.errors import ValidationError
from orgkit.sandbox.iam.backend import Backend as Iam

Properties = Mapping[str, Any]

MISSING: Final = (NoSuchEntity, NotFoundException)
"""What IAM raises for an entity that is not there."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class Request:
    """What a handler is asked: the resource, its former properties and the wanted ones."""

    iam: Iam
    physical_id: str
    """For a resource yet to be made: the name to take unless its properties give one."""
    before: Properties = field(default_factory=dict)
    after: Properties = field(default_factory=dict)

    def sync(self, name: str, add: Callable[[Any], object], remove: Callable[[Any], object]) -> None:
        """Add and remove the items by which a list property changes."""
        sync(self.before.get(name, ()), self.after.get(name, ()), add, remove)

    def changes(self, name: str, default: object = None) -> bool:
        """Whether this property is to change."""
        return bool(self.before.get(name, default) != self.after.get(name, default))


class Kind(ABC):
    """A resource type, with what its provider schema says of it."""

    type: ClassVar[str]
    properties: ClassVar[frozenset[str]]
    required: ClassVar[frozenset[str]] = frozenset()
    create_only: ClassVar[frozenset[str]] = frozenset()
    """Properties whose change replaces the resource."""
    made_with: ClassVar[frozenset[str]] = frozenset()
    """Properties that `make` sees to, so that `update` need not."""
    name_property: ClassVar[str] = ""
    """The property that gives the resource a custom name, if the type has one."""
    offers: ClassVar[frozenset[str]] = frozenset()
    """The attributes that `Fn::GetAtt` can give."""
    taggable: ClassVar[bool] = False
    """Whether the stack's tags go to the resource too."""

    @abstractmethod
    def make(self, request: Request) -> str:
        """Create the bare resource and give its physical id."""

    @abstractmethod
    def update(self, request: Request) -> None:
        """Make of the former properties the wanted ones. Raises one of MISSING when the resource is gone."""

    @abstractmethod
    def delete(self, request: Request) -> None:
        """Delete it; `before` are its properties. Raises one of MISSING when it is gone."""

    @abstractmethod
    def read(self, request: Request) -> dict[str, Any]:
        """All properties as they are. Raises one of MISSING when the resource is gone."""

    @abstractmethod
    def attributes(self, request: Request) -> dict[str, str]:
        """The values of the attributes it offers."""

    def create(self, request: Request) -> str:
        """Create the whole resource, or leave nothing behind."""
        physical_id = self.make(request)
        made = {name: request.after[name] for name in self.made_with & set(request.after)}
        try:
            self.update(replace(request, physical_id=physical_id, before=made))
        except Exception:
            with suppress(*MISSING):
                self.delete(replace(request, physical_id=physical_id, before=request.after))
            raise
        return physical_id

    def check(self, logical_id: str, wanted: Properties) -> None:
        """Raise ValidationError for property names that the schema does not allow."""
        extra = [f"#: extraneous key [{name}] is not permitted" for name in wanted if name not in self.properties]
        lack = [f"#: required key [{name}] not found" for name in sorted(self.required - set(wanted))]
        if extra or lack:
            problems = ", ".join(extra + lack)
            raise ValidationError(f"Properties validation failed for resource {logical_id} with message: {problems}")


def sync(
    former: Iterable[_T], wanted: Iterable[_T], add: Callable[[_T], object], remove: Callable[[_T], object]
) -> None:
    """Remove before adding, for the quotas; what is gone already needs no removing."""
    former, wanted = list(former), list(wanted)
    for item in former:
        if item not in wanted:
            with suppress(*MISSING):
                remove(item)
    for item in wanted:
        if item not in former:
            add(item)


def as_document(value: Any) -> Any:
    """A policy document as an object: templates may hold it as text or as an object."""
    return json.loads(value) if isinstance(value, str) else value


def as_text(document: Any) -> str:
    """A policy document as IAM takes it."""
    return document if isinstance(document, str) else json.dumps(document)
