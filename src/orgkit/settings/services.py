"""AWS services that the institution may be given: what the settings name, and the verdict on each.

The verdicts are data, services.yaml beside this file.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

from orgkit.bundled import shipped
from orgkit.settings.reader import Document, Place

FILE: Final = Path(__file__).with_name("services.yaml")


@dataclass(frozen=True)
class Verdict:
    """What orgkit makes of handing a service to the institution, and how AWS wants it enabled."""

    verdict: Literal["allowed", "warned", "refused"]
    administrators: int
    """How many delegated administrators AWS takes."""
    enabled_by: Literal["api", "own", "console"]
    command: str = ""
    """The service's own call, with `{account}` and `{region}`."""
    reason: str = ""


@dataclass(frozen=True)
class Service:
    """A service of the settings, and the account that administers it, or ""."""

    principal: str
    administrator: str = ""

    @property
    def verdict(self) -> Verdict:
        """A service that orgkit does not know is left to AWS."""
        return verdicts().get(self.principal, Verdict("allowed", 1, "api"))


@cache
def verdicts() -> Mapping[str, Verdict]:
    """The verdict on every service principal that orgkit knows."""
    return {f"{name}.amazonaws.com": Verdict(**each) for name, each in shipped(FILE).items()}


def services(document: Document) -> Iterator[tuple[Place, Service]]:
    """Every service that the settings name well enough to look at it, and where."""
    written = document.at("services")
    for index, item in enumerate(written if isinstance(written, list) else ()):
        if isinstance(item, str):
            yield ("services", index), Service(item)
        elif isinstance(item, dict) and isinstance(item.get("principal"), str):
            administrator = item.get("administrator", "")
            known = administrator if isinstance(administrator, str) else ""
            yield ("services", index, "principal"), Service(item["principal"], known)
