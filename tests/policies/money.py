"""Every operation of botocore's models whose answer has a member that speaks of money."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, Final

import botocore

from policies.personas import data

MODELS: Final = Path(botocore.__file__).parent / "data"
MONEY: Final = re.compile(
    r"Amount|Bill(?!OfMaterial)|Budget|Charge|Cost|Credit|Currency|Discount|Fee(?!d|t)|Invoice|Payable|Payment"
    r"|Price|Pricing|Purchas|Refund|Savings|Spend|Tax(?!o)|Upfront"
)


def operations() -> Iterator[tuple[str, str, frozenset[str]]]:
    """The prefix of its IAM action, the operation, and the members of its answer that may carry money."""
    known = data("money-in-answers")
    harmless = [pattern for patterns in known["no money"].values() for pattern in patterns]
    for service, model in _models():
        prefix = known["prefixes"].get(service) or model["metadata"].get("signingName") or service
        for name, operation in model["operations"].items():
            spoken = _members(model["shapes"], operation.get("output", {}).get("shape"))
            money = frozenset(each for each in spoken if not _any(each, harmless))
            if money:
                yield prefix, name, money


def _models() -> Iterator[tuple[str, Any]]:
    for folder in sorted(path for path in MODELS.iterdir() if path.is_dir()):
        if versions := sorted(folder.glob("*/service-2.json.gz")):
            yield folder.name, json.loads(gzip.decompress(versions[-1].read_bytes()))


def _members(shapes: dict[str, Any], answer: str | None) -> frozenset[str]:
    """The names of all members of a shape, however deep, that speak of money."""
    spoken, seen, waiting = set(), set(), [answer] if answer else []
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        shape = shapes[name]
        members = shape.get("members", {})
        spoken.update(filter(_speaks, map(_capital, members)))
        inner = [shape[key] for key in ("member", "value") if key in shape]
        waiting += [each["shape"] for each in (*members.values(), *inner)]
    return frozenset(spoken)


@cache
def _speaks(member: str) -> bool:
    return bool(MONEY.search(member))


def _capital(name: str) -> str:
    return name[0].upper() + name[1:]


def _any(name: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
