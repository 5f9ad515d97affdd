"""What CloudFormation keeps of one account in one region."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from moto.core.base_backend import BackendDict, BaseBackend
from moto.iam.models import iam_backends

from orgkit.sandbox import PAYER
from orgkit.sandbox.cloudformation import plans
from orgkit.sandbox.cloudformation.drift import Drift
from orgkit.sandbox.cloudformation.engine import Engine, Handling
from orgkit.sandbox.cloudformation.errors import does_not_exist
from orgkit.sandbox.cloudformation.events import Failure
from orgkit.sandbox.cloudformation.stacks import Place, Stack
from orgkit.sandbox.iam.backend import Backend as Iam

if TYPE_CHECKING:
    from orgkit.sandbox.cloudformation.change_set_calls import ChangeSet

_CONTROLS_REGION: Final = "us-east-1"


@dataclass
class Controls:
    """What a test can set: how many looks things take, whether AWS validates before it deploys, what fails and why."""

    stack_looks: int = 2
    drift_looks: int = 1
    change_set_looks: int = 1
    failures: dict[str, str] = field(default_factory=dict)
    validates: bool = True
    invalid: dict[str, str] = field(default_factory=dict)
    drifts: dict[str, tuple[str, str]] = field(default_factory=dict)
    """What drift detection says of a resource, whatever is so, and why."""


@dataclass
class Detection:
    """A drift detection: what it found, and how many more looks find it running."""

    stack: Stack
    looks: int
    began: datetime
    found: dict[str, Drift] = field(default_factory=dict)
    failure: str = ""
    """Why it failed, where it did not compare all."""


class Backend(BaseBackend):
    """The stacks, deleted ones too, with their change sets and drift detections."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.stacks: dict[str, Stack] = {}
        self.change_sets: dict[str, ChangeSet] = {}
        self.detections: dict[str, Detection] = {}
        self.controls_of_all = Controls()

    @property
    def _url_module(self) -> ModuleType:
        """moto looks for a module `urls` beside the backend's, which would hold two lines."""
        return import_module("orgkit.sandbox.cloudformation.responses")

    @property
    def controls(self) -> Controls:
        """The same for all accounts and regions; forgotten at a reset like everything that moto keeps."""
        return cloudformation_backends[PAYER][_CONTROLS_REGION].controls_of_all

    @property
    def iam(self) -> Iam:
        """The IAM that the stacks' resources are made in."""
        iam = iam_backends[self.account_id][self.partition]
        assert isinstance(iam, Iam), "orgkit.sandbox.install() comes first"  # noqa: S101  for mypy
        return iam

    def engine(self, stack: Stack) -> Engine:
        """What works on this stack."""
        return Engine(stack, self.iam, Handling(stack, self.iam, self.controls.failures))

    def invalid(self, request: Mapping[str, Any], changes: Iterable[plans.Change]) -> tuple[Failure, ...]:
        """What the validation before deployment does not let pass."""
        if request.get("DisableValidation") or not self.controls.validates:
            return ()
        return plans.invalid(changes, self.iam, self.controls.invalid)

    def new_place(self, name: str) -> Place:
        """Where a new stack of this name is."""
        stack_id = self.arn("stack", name)
        return Place(self.account_id, self.region_name, self.partition, name, stack_id)

    def arn(self, kind: str, name: str) -> str:
        """A new ARN for a stack or a change set."""
        return f"arn:{self.partition}:cloudformation:{self.region_name}:{self.account_id}:{kind}/{name}/{uuid4()}"

    def find(self, name_or_id: str) -> Stack | None:
        """A stack by its id, or the one that bears this name now; a deleted stack bears none."""
        by_name = (
            stack
            for stack in reversed(self.stacks.values())
            if stack.name == name_or_id and stack.status != "DELETE_COMPLETE"
        )
        return self.stacks.get(name_or_id) or next(by_name, None)

    def stack(self, name_or_id: str) -> Stack:
        """As `find`; raises ValidationError when there is none."""
        stack = self.find(name_or_id)
        if stack is None:
            raise does_not_exist(name_or_id)
        return stack

    def look(self, name_or_id: str, at: str) -> Stack:
        """Let the stack's time pass. It may be gone by then, and a name that nothing bears finds nothing."""
        stack = self.stack(name_or_id)
        stack.timeline.look(at)
        if stack.status == "DELETE_COMPLETE" and name_or_id != stack.id:
            raise does_not_exist(name_or_id)
        return stack


cloudformation_backends = BackendDict(Backend, "cloudformation")
