"""Ctrl-C: one sentence and one exit code, whenever it comes and however often.

It imports next to nothing, for it has to be there while everything else is still being loaded.
"""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

EXIT_CODE = 130

_SENTENCE = "\nInterrupted. Run the same command again to go on from here.\n"


def listen() -> None:
    """Hear Ctrl-C from here on."""
    signal.signal(signal.SIGINT, _pressed)


def interrupted() -> int:
    """Say what to do next. Answers the exit code to end with, and hears nothing more: it could but tear up the end."""
    if signal.getsignal(signal.SIGINT) is _pressed:  # else this is part of another program, as in tests
        ignore()
    if sys.stderr:  # None where it was closed beforehand
        sys.stderr.write(_SENTENCE)
    return EXIT_CODE


def ignore() -> None:
    """Hear Ctrl-C no more: nothing is left to be interrupted."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _pressed(_: int, frame: FrameType | None) -> None:
    """KeyboardInterrupt, but for the moments in which Python is loading a module.

    There it may come out as another exception, or not at all; and nothing is lost by ending there and then.
    """
    while frame:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            os.write(2, _SENTENCE.encode())
            os._exit(EXIT_CODE)
        frame = frame.f_back
    raise KeyboardInterrupt
