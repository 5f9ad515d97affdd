"""One call at a time in this process, as the server has it too.

AWS answers many callers at once. moto's backends are plain objects without locks, and orgkit reads side by side.
"""

from __future__ import annotations

from functools import cache
from threading import RLock
from typing import Any

from moto.core.botocore_stubber import BotocoreStubber

from orgkit.sandbox.mending import mend


@cache
def install() -> None:
    """Let the calls of several threads wait for each other."""
    in_turn = RLock()
    process_request = BotocoreStubber.process_request

    def process(self: BotocoreStubber, request: Any) -> Any:
        with in_turn:
            return process_request(self, request)

    mend(BotocoreStubber, process_request=process)
