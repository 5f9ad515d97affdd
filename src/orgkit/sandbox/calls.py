"""A call as it reached the sandbox, and what of it must be allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orgkit.sandbox.identity import Caller

Keys = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Call:
    """A call as it reached the sandbox."""

    service: str
    """The prefix of the service's actions."""
    operation: str
    parameters: Mapping[str, Any]
    caller: Caller
    partition: str
    region: str

    @property
    def account(self) -> str:
        """Whose credentials signed it."""
        return self.caller.account


@dataclass(frozen=True)
class Ask:
    """One thing that must be allowed. A call is, if all of its asks are."""

    action: str
    resource: str
    keys: Keys = field(default_factory=dict)


def tag_keys(parameters: Mapping[str, Any]) -> Keys:
    """`aws:RequestTag/…` and `aws:TagKeys`, from the tags that a call sets or removes."""
    tags = parameters.get("Tags") or ()
    names = (*(tag["Key"] for tag in tags), *(parameters.get("TagKeys") or ()))
    keys = {f"aws:RequestTag/{tag['Key']}": (tag["Value"],) for tag in tags}
    return {**keys, "aws:TagKeys": names} if names else keys
