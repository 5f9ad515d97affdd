"""Write the actions that ship with orgkit from AWS's list, as tests/data has it: `python tests/write_actions.py`."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

from orgkit.settings.rules import ACTIONS

DATA = Path(__file__).parent / "data"


def text() -> str:
    """A line a service: its prefix, and its actions with the numbers of their resource types.

    The patterns of these types' ARNs follow on a line of their own, which begins with a space. Whatever AWS puts
    in the place of `${Account}` and the like is a `*` there.
    """
    types = _read("resource-types")
    lines = []
    for service, actions in sorted(_read("iam-actions").items()):
        numbers = {name: str(number) for number, name in enumerate(types.get(service, ()))}
        lines.append(" ".join([service, *(_action(name, on, numbers) for name, on in actions.items())]))
        if numbers:
            arns = (re.sub(r"\$\{\w+\}", "*", arn).replace(", ", ",") for arn in types[service].values())
            lines.append(" " + " ".join(arns))
    return "\n".join(lines) + "\n"


def _action(name: str, on: str, numbers: dict[str, str]) -> str:
    return ":".join([name, *filter(None, [",".join(numbers[each] for each in on.split())])])


def _read(name: str) -> Any:
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


if __name__ == "__main__":
    ACTIONS.write_bytes(gzip.compress(text().encode(), compresslevel=9, mtime=0))
