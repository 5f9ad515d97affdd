"""The settings file and the policies it names: read, checked, and all their problems at once."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orgkit.settings.scps import Scp
    from orgkit.settings.settings import EXAMPLE, Iam, Settings, amiss, example, load, parse, write

__all__ = ["EXAMPLE", "Iam", "Scp", "Settings", "amiss", "example", "load", "parse", "write"]


def __getattr__(name: str) -> Any:
    """Imported when asked for: `--help` needs small modules of this room, and not PyYAML."""
    if name in __all__:
        return getattr(import_module("orgkit.settings.settings"), name)
    raise AttributeError(name)
