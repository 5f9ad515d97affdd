"""Many payers at once: what each of them was found to be, and all of them as one table. Data in, lines out."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from orgkit.aws import Aws
from orgkit.aws.client import side_by_side
from orgkit.errors import OrgkitError
from orgkit.report import text
from orgkit.settings import Settings
from orgkit.settings.text import shown

WORST_FIRST: Final = (1, 4, 2, 3, 0)
"""The exit codes of single payers, the worst first: that of all is the worst among them."""


@dataclass(frozen=True)
class Found:
    """What is known of one payer: in the end its state, or the error that kept it from being read."""

    file: Path
    settings: Settings | None = None
    aws: Aws | None = None
    """Where it is signed in to already."""
    document: dict[str, Any] = field(default_factory=dict)
    """The same as in `orgkit status -o json`."""
    error: OrgkitError | None = None

    @property
    def exit_code(self) -> int:
        """What `orgkit status` would end in for this payer alone."""
        if self.error:
            return self.error.exit_code
        return 0 if self.document["in_place"] else 3


def files(named: Sequence[Path]) -> list[Path]:
    """The settings files that are named, and those in the folders that are. Raises OrgkitError for an empty folder.

    Not what editors and file systems put there (`._a.yaml`, `.#a.yaml`), nor a pipe, which nobody may fill.
    """
    found: dict[Path, None] = {}
    for path in named:
        inside = [path]
        if path.is_dir():
            inside = [file for file in sorted(path.iterdir()) if file.suffix.lower() in (".yaml", ".yml")]
            inside = [file for file in inside if not file.name.startswith(".") and file.is_file()]
        if not inside:
            raise OrgkitError(f"{path} has no settings files.", "Name a folder with .yaml files, or name the files.")
        found.update(dict.fromkeys(inside))
    return list(found)


def read(payers: Iterable[Found], one: Callable[[Settings, Aws | None], dict[str, Any]]) -> Iterator[Found]:
    """Read the document of every payer, some side by side, in their order. No payer's failure hides another."""

    def safely(payer: Found) -> Found:
        try:
            if payer.settings and not payer.error:
                payer = replace(payer, document=one(payer.settings, payer.aws))
        except OrgkitError as error:
            payer = replace(payer, error=error)
        except Exception as bug:
            alone = f"Look at it alone: orgkit status -s {text.quoted(str(payer.file))} --debug"
            payer = replace(payer, error=OrgkitError(f"orgkit has a bug: {type(bug).__name__}: {bug}", alone))
        if payer.error:
            payer.error.__cause__ = payer.error.__context__ = payer.error.__traceback__ = None
        return replace(payer, aws=None)  # it holds all that AWS answered, as an error's past does

    return side_by_side([partial(safely, payer) for payer in payers])


def worst_first(fleet: Iterable[Found]) -> list[Found]:
    return sorted(fleet, key=lambda found: (WORST_FIRST.index(found.exit_code), str(found.file)))


def exit_code(fleet: Sequence[Found]) -> int:
    """The worst of all."""
    return min((found.exit_code for found in fleet), key=WORST_FIRST.index, default=0)


def table(fleet: Sequence[Found]) -> Iterator[str]:
    """One row per payer."""
    rows = [("FILE", "ACCOUNT", "INSTITUTION", "STATE")]
    for found in fleet:
        whose = (found.settings.account, shown(found.settings.institution)) if found.settings else ("", "")
        rows.append((str(found.file), *whose, verdict(found)))
    return text.table(rows)


def verdict(found: Found) -> str:
    """How a payer stands, in a line."""
    if found.error:
        return text.shortened(f"failed: {found.error.message}")
    number, steps = len(found.document["warnings"]), found.document["steps"]
    return text.summary(step["state"] for step in steps) + (f" {text.counted(number, 'warning')}." if number else "")


def payer_json(found: Found) -> dict[str, Any]:
    """What `orgkit status -o json` tells of a payer, and whose it is."""
    whose: dict[str, Any] = {"file": str(found.file)}
    if found.settings:
        whose |= {"account": found.settings.account, "institution": found.settings.institution}
    failed = {"in_place": False, "error": text.error_json(found.error)} if found.error else {}
    return {**whose, **found.document, **failed}
