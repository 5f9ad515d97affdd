"""What inviting, cancelling and placing say, as lines of text or as JSON. Data in, lines out."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from orgkit.aws.accounts import Handshake
from orgkit.errors import OrgkitError, SignInError
from orgkit.invite.invitations import Outcome, Result
from orgkit.report import text
from orgkit.settings import Settings
from orgkit.settings.text import shown
from orgkit.step import State, Step

_OUTCOMES: Final = {
    Outcome.TO_INVITE: (State.MISSING, "to invite"),
    Outcome.INVITED: (State.MISSING, "invited"),
    Outcome.ALREADY_INVITED: (State.IN_PLACE, "already invited"),
    Outcome.MEMBER: (State.IN_PLACE, "already a member"),
    Outcome.TO_CANCEL: (State.MISSING, "to cancel"),
    Outcome.CANCELLED: (State.IN_PLACE, "cancelled"),
    Outcome.NOT_INVITED: (State.IN_PLACE, "without an open invitation"),
    Outcome.REFUSED: (State.BLOCKED, "refused"),
    Outcome.NOT_TRIED: (State.BLOCKED, "not tried"),
    Outcome.TO_MOVE: (State.MISSING, "to move"),
    Outcome.MOVED: (State.IN_PLACE, "moved"),
    Outcome.NOT_MOVED: (State.BLOCKED, "not moved"),
}
"""The mark of each outcome, and how it is counted."""


def line(result: Result) -> str:
    """A target and what became of it; nothing for one that was not tried, since one sentence tells of them all."""
    if result.outcome is Outcome.NOT_TRIED:
        return ""
    detail, handshake = result.detail, result.handshake
    if result.outcome in (Outcome.INVITED, Outcome.ALREADY_INVITED) and handshake:
        until = f"{handshake.id}, until {handshake.expires:%Y-%m-%d}"
        detail = until if result.outcome is Outcome.INVITED else f"{detail}: {until}"
    name = f" ({shown(result.target.name)})" if result.target.name else ""
    return text.line(Step(f"{result.target.id}{name}", _OUTCOMES[result.outcome][0], detail))


def summary(results: Sequence[Result]) -> tuple[dict[str, int], str]:
    """How many targets came to each outcome that there is, for the JSON; and `2 invited, 1 already a member.`"""
    found = Counter(result.outcome for result in results)
    counts = {str(outcome): found[outcome] for outcome in _OUTCOMES if found[outcome]}
    words = ", ".join(f"{found[outcome]} {said}" for outcome, (_, said) in _OUTCOMES.items() if found[outcome])
    return counts, f"{words}."


def what_owners_do(settings: Settings) -> Iterator[str]:
    """What follows for the owner of an invited account."""
    for line in (
        "They have 15 days to accept: `orgkit invitations`",
        "The owner of each account accepts it there, as AWS's mail says; then run `orgkit place`.",
        f"An invited account has no role {settings.iam.access_role}: its owner has to create it.",
        "A page for owners that says how to do both: `orgkit handover --for owner`",
    ):
        yield from text.paragraph(line, "", "  ")


def table(handshakes: Sequence[Handshake], *, with_state: bool) -> Iterator[str]:
    """Who was invited, since when, until when; times are dates in UTC."""
    rows = [("TARGET", "SINCE", "UNTIL", "HANDSHAKE", "STATE")]
    for each in handshakes:
        since, until = f"{each.requested:%Y-%m-%d}", f"{each.expires:%Y-%m-%d}"
        rows.append((each.target, since, until, each.id, each.state))
    return text.table([row if with_state else row[:-1] for row in rows])


def failure(
    results: Sequence[Result] = (), answered: Sequence[Handshake] = (), placed: Sequence[Result] = ()
) -> OrgkitError | None:
    """One error for who was refused, not tried, did not join or was not moved, each remedy once; None if nobody was.

    `answered` are the invitations that were waited for, `placed` the accounts that were at the root.
    """
    every = [*results, *placed]
    refused = [result for result in results if result.outcome is Outcome.REFUSED]
    untried = [result for result in every if result.outcome is Outcome.NOT_TRIED]
    lost = [handshake for handshake in answered if handshake.state != "accepted"]
    left = [result for result in placed if result.outcome is Outcome.NOT_MOVED]
    why = untried[0].detail.rstrip(".") if untried else ""
    said = []
    for some, among, noun, what in (
        (refused, results, "target", "failed"),
        (untried, every, "target", f"could not be tried: {why}"),
        (lost, answered, "account", "did not join"),
        (left, placed, "account", "at the root could not be moved"),
    ):
        who = f"The {noun}" if len(among) == 1 else f"{len(some)} of {text.counted(len(among), noun)}"
        said += [f"{who} {what}."] if some else []
    remedies = dict.fromkeys(
        [
            *(f"{result.detail}: {result.remedy}" for result in refused),
            *(result.remedy for result in untried),
            "Talk to the owners, and invite them again with the same command." if lost else "",
            "Run `orgkit status` to see who is still there." if left else "",
        ]
    )
    kind = SignInError if any(isinstance(result.stopped_by, SignInError) for result in untried) else OrgkitError
    return kind("\n".join(said), "\n".join(filter(None, remedies))) if said else None


def result_json(result: Result, *, at_root: bool = False) -> dict[str, Any]:
    """A target, or an account at the root, as JSON; what is empty is left out."""
    if at_root:
        return {"account": result.target.id, "outcome": str(result.outcome), "detail": result.detail}
    handshake = result.handshake
    return text.filled(
        target=result.target.id,
        name=result.target.name,
        outcome=str(result.outcome),
        detail=result.detail,
        remedy=result.remedy,
        handshake=handshake.id if handshake else "",
        expires=handshake.expires.isoformat() if handshake else "",
    )


def handshake_json(handshake: Handshake) -> dict[str, str]:
    """An invitation as JSON; times are ISO 8601 in UTC."""
    return {
        "target": handshake.target,
        "state": handshake.state,
        "handshake": handshake.id,
        "requested": handshake.requested.isoformat(),
        "expires": handshake.expires.isoformat(),
    }
