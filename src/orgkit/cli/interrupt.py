"""Ctrl-C and its kin (SIGTERM, SIGHUP): one sentence and one exit code, whenever they come and however often.

It imports next to nothing: it has to be there while everything else is still being loaded.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from types import FrameType

EXIT_CODE = 130
"""For Ctrl-C; 128 plus the signal's number for the others, as shells count."""

_WORDS = {"SIGINT": "Interrupted", "SIGTERM": "Terminated", "SIGHUP": "Hung up", "SIGBREAK": "Interrupted"}
_SIGNALS = [getattr(signal, name) for name in _WORDS if hasattr(signal, name)]  # Windows has no SIGHUP


class Stopped(KeyboardInterrupt):
    """A signal has come."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def listen() -> None:
    """Hear signals from here on, except those that whoever started this wants ignored."""
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)


def ignore() -> None:
    """Ignore signals from here on: nothing is left to be interrupted."""
    for number in _SIGNALS:
        if signal.getsignal(number) is _stop:  # otherwise this is part of another program, as in tests
            signal.signal(number, signal.SIG_IGN)


def interrupted(cause: BaseException) -> int:
    """Say what to do next. Answers the exit code; further signals are ignored: they could only cut off the end."""
    ignore()
    number = _signal_of(cause)
    with suppress(OSError):  # a terminal that hung up takes no words
        if sys.stderr:  # None where it was closed beforehand
            sys.stderr.write(_sentence(number))
            sys.stderr.flush()
    return 128 + number


def _signal_of(cause: BaseException | None) -> int:
    """The signal that an exception came from; click makes another of it while it asks."""
    while cause:
        if isinstance(cause, Stopped):
            return cause.number
        cause = cause.__context__
    return int(signal.SIGINT)


def _sentence(number: int) -> str:
    return f"\n{_WORDS[signal.Signals(number).name]}. Run the same command again to go on from here.\n"


def _stop(number: int, frame: FrameType | None) -> None:
    """An exception, except in the moments in which Python is loading a module.

    There it may come out as another exception, or not at all; and nothing is lost by ending there and then.
    """
    while frame:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            with suppress(OSError):
                os.write(2, _sentence(number).encode())
            os._exit(128 + number)
        frame = frame.f_back
    raise Stopped(number)
