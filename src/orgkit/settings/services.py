"""AWS services that the institution may be given: what the settings name, and the verdict on each.

The verdicts are data, services.yaml beside this file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

import yaml

from orgkit.errors import Problem
from orgkit.settings.reader import Document

FILE: Final = Path(__file__).with_name("services.yaml")

_SUFFIX: Final = ".amazonaws.com"


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
    written = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {f"{name}{_SUFFIX}": Verdict(**each) for name, each in written.items()}


def services(document: Document) -> Iterator[tuple[int, Service]]:
    """Every service that the settings name well enough to look at it, and its place in their list."""
    written = document.at("services")
    for index, item in enumerate(written if isinstance(written, list) else ()):
        if isinstance(item, str):
            yield index, Service(item)
        elif isinstance(item, dict) and isinstance(item.get("principal"), str):
            administrator = item.get("administrator", "")
            yield index, Service(item["principal"], administrator if isinstance(administrator, str) else "")


def problems(document: Document) -> Iterator[Problem]:
    """Services that the institution cannot have, and those that want a second thought."""
    named: set[str] = set()
    for index, service in services(document):
        place = ("services", index, "principal") if document.at("services", index, "principal") else ("services", index)
        verdict = verdicts().get(service.principal)
        if service.principal in named:
            yield document.problem(place, f"{service.principal} is named twice")
        elif verdict is None:
            yield document.problem(place, f"{service.principal} is a service orgkit does not know", warning=True)
        elif verdict.verdict == "refused":
            yield document.problem(place, f"{service.principal} cannot be given: {verdict.reason}")
        elif service.administrator and not verdict.administrators:
            yield document.problem((*place[:2], "administrator"), f"{service.principal} has no delegated administrator")
        elif verdict.verdict == "warned":
            yield document.problem(place, f"{service.principal}: {verdict.reason}", warning=True)
        if service.administrator and service.administrator == document.at("account"):
            yield document.problem(
                (*place[:2], "administrator"), "must be an account of the institution, not the payer"
            )
        named.add(service.principal)
