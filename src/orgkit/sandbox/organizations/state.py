"""What the sandbox remembers of one payer and moto has no place for, and the controls over it.

It lives in the `__dict__` of moto's backend, which a reset empties: nothing leaks from one test to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal, TypeVar

from moto.organizations.models import OrganizationsBackend, OrganizationsBackendDict, organizations_backends

from orgkit.sandbox import PAYER

_KEY: Final = "orgkit_organization"
_Thing = TypeVar("_Thing")


@dataclass(frozen=True)
class Controls:
    """How this organization behaves where AWS behaves now one way, now another. Counted in calls."""

    pending_reads: int = 1
    scp_from_the_start: bool = False
    lag: int = 0


@dataclass(frozen=True)
class Transfer:
    """One responsibility transfer between this payer and another management account."""

    id: str
    direction: Literal["inbound", "outbound"]
    other: str
    name: str
    status: str
    start: datetime
    end: datetime | None = None


@dataclass(frozen=True)
class ResourcePolicy:
    """The policy by which the organization delegates to members. Its tags change in place, as moto's do."""

    id: str
    content: str
    tags: dict[str, str]


@dataclass
class Memory:
    """Changes as the organization changes, so it is not frozen; only this package writes to it."""

    controls: Controls = Controls()
    settling: dict[str, int] = field(default_factory=dict)
    """Policy types that are being enabled or disabled, with the number of looks until they are."""
    unseen: dict[tuple[str, ...], int] = field(default_factory=dict)
    """Things just made that lists do not show yet, with the number of lists to come without them."""
    failed_creations: list[dict[str, Any]] = field(default_factory=list)
    resource_policy: ResourcePolicy | None = None
    transfers: dict[str, Transfer] = field(default_factory=dict)


def memory(backend: OrganizationsBackend) -> Memory:
    """What is remembered of the payer that owns this backend."""
    remembered: Memory = backend.__dict__.setdefault(_KEY, Memory())
    return remembered


def forget_organization(backend: OrganizationsBackend) -> None:
    """The organization is gone; the controls stay as they were set."""
    backend.__dict__[_KEY] = Memory(controls=memory(backend).controls)


def forget_members(backends: OrganizationsBackendDict) -> None:
    """Empty moto's backends and the table of whose member an account is.

    moto forgets to empty that table: after a reset, a former member cannot create or join an organization.
    """
    dict.clear(backends)
    backends.master_accounts.clear()


def just_made(backend: OrganizationsBackend, *thing: str) -> None:
    """Lists leave this thing out for as long as the control `lag` says."""
    if count := memory(backend).controls.lag:
        memory(backend).unseen[thing] = count


def listed(
    backend: OrganizationsBackend, things: Iterable[_Thing], name: Callable[[_Thing], tuple[str, ...]]
) -> list[_Thing]:
    """Those of the things that a list may show by now; `name` says what `just_made` called them."""
    unseen = memory(backend).unseen
    return [thing for thing in things if not _left_out(unseen, name(thing))] if unseen else list(things)


def _left_out(unseen: dict[tuple[str, ...], int], thing: tuple[str, ...]) -> bool:
    """Whether a thing is still to be left out, which is once less the next time."""
    left = unseen.get(thing, 0)
    if left > 1:
        unseen[thing] = left - 1
    else:
        unseen.pop(thing, None)
    return left > 0


def payers_backend(payer: str) -> OrganizationsBackend:
    return organizations_backends[payer]["aws"]


def policy_type_pending_reads(reads: int, payer: str = PAYER) -> None:
    """After EnablePolicyType, this many looks at the root still find the type pending; 0 makes it immediate.

    AWS enables and disables policy types in the background. A look is ListRoots, or a call that is refused
    because the type is pending.
    """
    remembered = memory(payers_backend(payer))
    remembered.controls = replace(remembered.controls, pending_reads=reads)


def scp_type_enabled_from_the_start(enabled: bool, payer: str = PAYER) -> None:
    """Whether CreateOrganization with all features enables SCPs at the root by itself.

    AWS's documentation says it does; users report that it does not (aws-cloudformation/
    cloudformation-coverage-roadmap issue 1901). The sandbox starts without, like moto.
    """
    remembered = memory(payers_backend(payer))
    remembered.controls = replace(remembered.controls, scp_from_the_start=enabled)


def lag(reads: int, payer: str = PAYER) -> None:
    """A new OU, policy or attachment is missing from the next `reads` lists that would have it; 0 is no lag.

    AWS: Organizations is eventually consistent. Writes are not: a second thing of the same name is refused.
    """
    remembered = memory(payers_backend(payer))
    remembered.controls = replace(remembered.controls, lag=reads)
