"""How the sandbox takes the place of what moto has."""

from __future__ import annotations

from typing import Any


def mend(owner: Any, **replacements: Any) -> None:
    """Put these in the place of what a class or module of moto has under their names."""
    for name, value in replacements.items():
        setattr(owner, name, value)
