"""What people and tests set in the sandbox, until it is reset.

moto empties a backend's attributes at a reset: what is kept among those of the payer never outlives a sandbox.
"""

from __future__ import annotations

from typing import Any

from moto.organizations.models import organizations_backends

from orgkit.sandbox import PAYER


def kept() -> dict[str, Any]:
    """By name; each module has names of its own."""
    return vars(organizations_backends[PAYER]["aws"])
