"""A change by hand of what orgkit manages, and the words of status for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from laws.hands import INSTITUTION, STACK, Hands

OU: Final = f"institution OU {INSTITUTION}"
GUARD: Final = "SCP deny-billing"
AT_ROOT: Final = f"{GUARD} at the root"
AT_OU: Final = "SCP region-restriction at the institution OU"
IAM_STACK: Final = f"IAM stack {STACK}"
IAM: Final = "IAM users and groups"
ORG_CONSOLE: Final = "console access of OrgAdmin"
BILLING_CONSOLE: Final = "console access of BillingAdmin"
PLACED: Final = "accounts in the OU"
FULL: Final = "FullAWSAccess"
TYPE: Final = "service control policies"

NAMES: Final = "refers to an OU or SCP that is missing"
TO_ATTACH: Final = "to be attached"
FIRST_PASSWORD: Final = "first password into"


@dataclass(frozen=True)
class Drift:
    """A change by hand, and what status says of each thing that is not in place then.

    `leaves` tells that the hand has taken away, or put there, what orgkit does not manage: that stays so.
    """

    what: str
    deed: Callable[[Hands], object]
    says: Mapping[str, str]
    leaves: bool = False
