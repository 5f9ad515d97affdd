"""The signals and the standard streams of this process.

Ctrl-C and its kin (SIGTERM, SIGHUP) end it in one sentence and one exit code, whenever they come and however often.

This imports next to nothing: it has to be there while everything else is still being loaded.
"""

import codecs
import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import Final, TextIO

EXIT_CODE = 130
"""For Ctrl-C; 128 plus the signal's number for the others, as shells count."""

_WORDS = {"SIGINT": "Interrupted", "SIGTERM": "Terminated", "SIGHUP": "Hung up", "SIGBREAK": "Interrupted"}
_SIGNALS = [getattr(signal, name) for name in _WORDS if hasattr(signal, name)]  # Windows has no SIGHUP

_PLAIN: Final = "orgkit.plain"
_ASCII: Final = {"✓": "=", "·": ".", "├": "|", "└": "`", "─": "-", "│": "|", "…": "...", "→": "->"}


# Signals


class Stopped(KeyboardInterrupt):
    """A signal has come: its number is the argument."""


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


def interrupted(cause: BaseException | None) -> int:
    """Say what to do next. Answers the exit code; further signals are ignored: they could only cut off the end."""
    ignore()
    while cause and not isinstance(cause, Stopped):  # click makes another exception of it while it asks
        cause = cause.__context__
    number = int(cause.args[0] if cause else signal.SIGINT)
    with suppress(OSError):  # a terminal that hung up takes no words
        if sys.stderr:  # None where it was closed beforehand
            word = _WORDS[signal.Signals(number).name]
            sys.stderr.write(f"\n{word}. Run the same command again to go on from here.\n")
            sys.stderr.flush()
    return 128 + number


def _stop(number: int, frame: FrameType | None) -> None:
    """An exception, except in the moments in which Python is loading a module.

    There it may come out as another exception, or not at all; and nothing is lost by ending there and then.
    """
    while frame:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            os._exit(interrupted(Stopped(number)))
        frame = frame.f_back
    raise Stopped(number)


# Streams


def prepare_streams() -> None:
    """Have standard streams that take whatever is written to them.

    Those that were closed by whoever started this lead nowhere: otherwise the next file that is opened takes the place
    of one, and gets what is meant for it. Characters that a terminal's encoding lacks are replaced.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
    codecs.register_error(_PLAIN, _in_ascii)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_PLAIN)


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    """What a terminal gets whose encoding lacks a character."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_ASCII.get(lacking, "?") for lacking in error.object[error.start : error.end]), error.end


def flushed(stream: TextIO) -> bool:
    """Whether it took everything. On failure it goes to /dev/null, or Python flushes again and ends with 120."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return False
    return True
