"""What each action of AWS's catalogue has to do with money, by `tests/data/judged-prefixes.json`."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache

from policies.personas import actions, data


@cache
def judged_one_by_one() -> dict[str, list[str]]:
    """The actions that are judged themselves, not by their prefix, each with its verdicts."""
    verdicts: dict[str, list[str]] = {}
    for judgement in data("judged-prefixes")["actions"]:
        for pattern in judgement["actions"]:
            for action in actions(pattern.partition(":")[0]):
                if fnmatchcase(action, pattern):
                    verdicts.setdefault(action, []).append(judgement["verdict"])
    return verdicts


@cache
def judged(verdict: str) -> frozenset[str]:
    """Every action with this verdict: billing, commitment, marketplace, support-plan, estimate or membership."""
    whole = data("judged-prefixes")["billing"] if verdict == "billing" else {}
    alone = {action for action, verdicts in judged_one_by_one().items() if verdict in verdicts}
    return frozenset(alone | (set(actions(*whole)) if whole else set()))
