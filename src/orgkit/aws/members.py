"""AWS Organizations: the accounts of the organization, all at once, and where each stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orgkit.aws.client import Calls, understood
from orgkit.aws.facts import Facts
from orgkit.errors import AwsError


@dataclass(frozen=True)
class Member:
    """An account of the organization; the payer is one, too."""

    id: str
    email: str
    state: str
    """ACTIVE, SUSPENDED, …"""
    path: tuple[str, ...]
    """The ids of the root and the OUs above it, the root first; empty where AWS does not say."""


class Members:
    """The list is remembered in `facts`."""

    def __init__(self, calls: Calls, facts: Facts) -> None:
        self._calls = calls
        self._facts = facts

    @understood
    def all(self) -> tuple[Member, ...]:
        """Every account: one call for each twenty."""
        return self._facts.read(
            "members",
            lambda: tuple(
                _member(account)
                for page in self._calls.pages("organizations", "list_accounts")
                for account in page["Accounts"]
            ),
        )

    @understood
    def parent(self, account: str) -> str:
        """The id of the root or OU right above an account; "" while AWS does not show it yet."""
        try:
            answer = self._calls("organizations", "list_parents", ChildId=account)
        except AwsError as error:
            if error.code != "ChildNotFoundException":
                raise
            return ""
        return str(answer["Parents"][0]["Id"])


def _member(answer: Mapping[str, Any]) -> Member:
    """A member of the answer's `Accounts`. Its `Paths` look like `o-…/r-…/ou-…/123456789012/`."""
    state = answer.get("State") or answer.get("Status", "")
    path = next(iter(answer.get("Paths") or ()), "").split("/")
    above = tuple(node for node in path if node.startswith(("r-", "ou-")))
    return Member(answer["Id"], answer.get("Email", ""), state, above)
