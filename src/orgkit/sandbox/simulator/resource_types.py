"""Which types of resources an action has, by AWS's catalogue; and the names that the simulator has for them.

Asked about an ARN of another type, or about any ARN where an action has no resources, AWS's simulator answers
implicitDeny whatever the policies say (recorded 2026-09). An action that AWS does not have may be done on anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from orgkit.settings import catalogue

_NAMES: Final = MappingProxyType(
    {
        "ec2": "ec2:${Region}:${Account}:${ResourceType}/${ResourcePath}",
        "iam": "iam::${Account}:${ResourceType}/${ResourceName}",
        "kms": "kms:${Region}:${Account}:${ResourceType}/${Id}",
        "lambda": "lambda:${Region}:${Account}:${ResourceType}:${ResourceId}",
        "s3": "s3:::${BucketName}/${KeyName}",
        "sqs": "sqs:${Region}:${Account}:${QueueName}",
        "sts": "iam::${Account}:${RelativeId}",
    }
)
"""How AWS's simulator names all resources of a service together (recorded 2026-09). It is not the catalogue's name."""


def is_known(action: str) -> bool:
    """Whether AWS has this action."""
    return _patterns(action) is not None


def fits(action: str, arn: str) -> bool:
    """Whether the action can be asked about the ARN."""
    patterns = _patterns(action)
    return patterns is None or any(pattern.fullmatch(arn) for pattern in patterns)


def together(action: str, arn: str) -> str:
    """The EvalResourceName of an action that is asked about several ARNs, this one first."""
    service = action.partition(":")[0].lower()
    name = _NAMES.get(service, f"{service}:${{Region}}:${{Account}}:${{ResourceType}}/${{ResourceName}}")
    return f"arn:{arn.split(':')[1]}:{name}" if is_known(action) else "*"


def _patterns(action: str) -> tuple[re.Pattern[str], ...] | None:
    """Of the ARNs that an action has; None for one that AWS does not have."""
    service, _, name = action.lower().partition(":")
    return _service(service).get(name)


@cache
def _service(prefix: str) -> Mapping[str, tuple[re.Pattern[str], ...]]:
    """The patterns of every action, which is in lower case."""
    actions, arns = _lines().get(prefix, ("", ""))
    patterns = [re.compile(_regex(arn), re.DOTALL) for arn in arns.split()]
    parts = (each.lower().partition(":") for each in actions.split())
    return {name: tuple(patterns[int(number)] for number in numbers.split(",") if number) for name, _, numbers in parts}


@cache
def _lines() -> Mapping[str, tuple[str, str]]:
    """The actions and the ARNs of each service, as the catalogue has them."""
    found: dict[str, tuple[str, str]] = {}
    service = ""
    for line in catalogue.lines():
        if line.startswith(" "):
            found[service] = (found[service][0], line)
        else:
            service, _, actions = line.partition(" ")
            found[service] = (actions, "")
    return found


def _regex(arns: str) -> str:
    """One or several patterns in which `*` is anything. AWS takes buckets for objects and objects for buckets."""
    alternatives = [re.sub(r"^(arn:\*:s3:::\*)/\*$", r"\1", arn) for arn in arns.split(",")]
    return "|".join(".*".join(map(re.escape, arn.split("*"))) for arn in alternatives)
