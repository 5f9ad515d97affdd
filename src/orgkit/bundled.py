"""Where the files that ship with orgkit are, such as templates, policies and example settings, and how data is read.

Plain paths rather than `importlib.resources`: orgkit never runs from a zip archive, and messages name
these files, so they must be real.
"""

from functools import cache
from pathlib import Path
from typing import Any, Final

_WHEEL = Path(__file__).parent / "bundle"  # pyproject.toml's force-include puts them here
_CHECKOUT = Path(__file__).parents[2]  # they live at the top of the repository

ROOT: Final = _WHEEL if _WHEEL.is_dir() else _CHECKOUT
CONFIG: Final = ROOT / "config"
SCP_EXAMPLES: Final = ROOT / "scp-examples"
IAM_TEMPLATE: Final = ROOT / "cloudformation" / "iam.yaml"


@cache
def shipped(file: Path) -> Any:
    """The data of a YAML file that ships with orgkit, read once per process. libyaml is ten times as fast, if it is
    there."""
    import yaml  # what lists commands stays quick

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(file.read_text("utf-8"), Loader=loader)  # noqa: S506  safe, both of them
