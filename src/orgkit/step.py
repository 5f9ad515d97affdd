"""A step: one thing orgkit keeps as the settings say, the state it was found in, and the function that corrects it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Self

from orgkit.errors import Blocked, NothingChanged


class State(StrEnum):
    """How a thing was found."""

    IN_PLACE = "in-place"
    MISSING = "missing"
    TO_FOLLOW = "to-follow"
    """Not there yet, and not needed yet: it comes with a step before it, and is looked at again then."""
    DRIFTED = "drifted"
    BLOCKED = "blocked"


@dataclass(frozen=True)
class Step:
    """A thing, and how it was found. `apply`, not yet called, corrects it; the detail is then `then`, or its answer."""

    thing: str
    state: State
    detail: str
    apply: Callable[[], object] | None = field(default=None, repr=False, compare=False)
    differences: Sequence[str] = ()
    """What is not as it should be, one line each: what it is, and what it should be."""
    remedy: str = ""
    then: str = ""

    @property
    def to_do(self) -> bool:
        return self.state in (State.MISSING, State.DRIFTED)

    def applied(self) -> Self:
        """Apply it, if there is something to do: the step, in place, or as it was if that changed nothing.

        Raises Blocked where only a person can do it.
        """
        if self.state is State.BLOCKED:
            raise Blocked(f"{self.thing}: {self.detail}", self.remedy)
        if self.apply is None:
            return self
        try:
            done = self.apply()
            if isinstance(done, type(self)):  # the step as it is by now, done or not
                return done
            return replace(self, detail=self.then or str(done), state=State.IN_PLACE, differences=(), apply=None)
        except NothingChanged as nothing:
            return replace(self, detail=nothing.message, remedy=nothing.remedy)


def blocked(thing: str, detail: str, remedy: str, differences: Sequence[str] = ()) -> Step:
    """A step that only a person can take: the remedy says who, and how."""
    return Step(thing, State.BLOCKED, detail, None, differences, remedy)


def differing(kind: str, actual: Mapping[str, str], wanted: Mapping[str, str]) -> list[str]:
    """A line for each value that is not as it should be; others than the wanted ones do not matter."""
    return [
        f"{kind}{key} is {repr(actual[key]) if key in actual else 'missing'}, should be {value!r}"
        for key, value in wanted.items()
        if actual.get(key) != value
    ]
