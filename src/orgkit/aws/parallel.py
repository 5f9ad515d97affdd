"""Reading side by side: what does not depend on each other is asked at once. Never for writes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread, current_thread
from typing import Final, TypeVar

T = TypeVar("T")

# With 80 ms a call, eight bring 147 reads from 14 s down to 3 s; sixteen hardly less.
_AT_ONCE: Final = 8
_GRACE: Final = 1.0  # seconds


def side_by_side(reads: Iterable[Callable[[], T]]) -> Iterator[T]:
    """What each read answers, in the order of the reads, as soon as all before it have answered.

    A failure is raised in the place of its answer; what was not begun by then is left undone.
    """
    answers = [(read, Future[T]()) for read in reads]
    waiting = deque(answers)
    # Daemons: who presses Ctrl-C does not wait for all of them, and they only read, so that nothing is lost.
    workers = [Thread(target=_work, args=(waiting,), daemon=True) for _ in answers[:_AT_ONCE]]
    for worker in workers:
        worker.start()
    try:
        for _, answer in answers:
            yield answer.result()
    finally:
        waiting.clear()
        _join(workers)


def _join(workers: Iterable[Thread]) -> None:
    """Give what is under way a moment to end."""
    end = time.monotonic() + _GRACE
    for worker in workers:
        if worker is not current_thread():  # which may be the one to clear an abandoned walk away
            worker.join(max(0.0, end - time.monotonic()))


def _work(waiting: deque[tuple[Callable[[], T], Future[T]]]) -> None:
    with suppress(IndexError):  # raised when nothing is waiting any more
        while True:
            read, answer = waiting.popleft()
            try:
                answer.set_result(read())
            except BaseException as failure:  # whatever it is, it belongs to the one who waits for the answer
                answer.set_exception(failure)
