"""What has been read from AWS, so that nothing is read twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable
from threading import RLock
from typing import Any, TypeVar

T = TypeVar("T")


class Facts:
    """Answers of one run. A fact is dropped, or replaced by what AWS answered, when orgkit changes it.

    Safe for concurrent reads; a write must not overlap reads or writes.
    """

    def __init__(self) -> None:
        self._known: dict[Hashable, Any] = {}
        self._reading: defaultdict[Hashable, RLock] = defaultdict(RLock)

    def read(self, fact: Hashable, reader: Callable[[], T]) -> T:
        """The fact as known, or as `reader` finds it now. Another thread that asks meanwhile waits for that."""
        with self._reading[fact]:
            if fact not in self._known:
                self._known[fact] = reader()
            known: T = self._known[fact]
            return known

    def learn(self, fact: Hashable, value: object) -> None:
        """AWS has just answered this, so it need not be read."""
        self._known[fact] = value

    def drop(self, *facts: Hashable) -> None:
        """These may have changed."""
        for fact in facts:
            self._known.pop(fact, None)

    def drop_kind(self, kind: str) -> None:
        """Every fact of this kind may have changed; a fact's kind is the first word of its name."""
        self.drop(*self._of_kind(kind))

    def amend_kind(self, kind: str, change: Callable[[Any], object]) -> None:
        """AWS has just answered what has changed in every fact of this kind."""
        for fact in self._of_kind(kind):
            self.learn(fact, change(self._known[fact]))

    def _of_kind(self, kind: str) -> list[Hashable]:
        return [fact for fact in self._known if kind == (fact[0] if isinstance(fact, tuple) else fact)]

    def clear(self) -> None:
        """Time has passed: know nothing."""
        self._known.clear()
