"""Inviting accounts, following up what becomes of it, and placing those that joined.

Nothing is remembered on this machine: AWS knows its open invitations and its members. So a run that was
stopped anywhere is taken up by running it again, and does only what is left.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from typing import Final

from orgkit import found
from orgkit.aws import Aws
from orgkit.aws.accounts import Handshake, path_of, unlike_active
from orgkit.aws.client import require
from orgkit.aws.shapes import Account
from orgkit.errors import AwsError, OrgkitError, remedy_of
from orgkit.invite.targets import Target
from orgkit.settings import Settings

_FIRST_POLL: Final = 15.0  # seconds
_LONGEST_POLL: Final = 60.0
_SLOWER: Final = 1.5

# What AWS says of one target. Anything else is about the payer or the whole organization: the next invitation
# would fail like this one.
_OF_ONE_TARGET: Final = ("HandshakeConstraintViolationException", "InvalidInputException")
_OF_THE_ORGANIZATION: Final = (
    *("ACCOUNT_NUMBER_LIMIT_EXCEEDED", "HANDSHAKE_RATE_LIMIT_EXCEEDED"),
    *("INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES", "MANAGEMENT_ACCOUNT_EMAIL_NOT_VERIFIED"),
)


class Outcome(StrEnum):
    """What became of a target."""

    TO_INVITE = "to-invite"
    INVITED = "invited"
    ALREADY_INVITED = "already-invited"
    MEMBER = "member"
    REFUSED = "refused"
    NOT_TRIED = "not-tried"
    """Or without an answer: something stopped the run."""
    TO_CANCEL = "to-cancel"
    CANCELLED = "cancelled"
    NOT_INVITED = "not-invited"
    TO_MOVE = "to-move"
    MOVED = "moved"
    NOT_MOVED = "failed"


@dataclass(frozen=True)
class Result:
    """A target, what becomes or became of it, and why."""

    target: Target
    outcome: Outcome
    detail: str
    remedy: str = ""
    handshake: Handshake | None = None
    apply: "Callable[[], Result] | None" = field(default=None, repr=False, compare=False)
    """Does what is planned, and answers what became of it."""
    stopped_by: OrgkitError | None = None
    """What kept orgkit from trying."""


def carried_out(planned: Iterable[Result]) -> Iterator[Result]:
    """Do what is planned, each as its result is asked for.

    A refusal of one target does not stop the others; what would be refused for all of them in the same way does.
    """
    stopped: OrgkitError | None = None
    for result in planned:
        become = result
        if result.apply and stopped is None:
            try:
                become = result.apply()
            except OrgkitError as error:
                stopped = error
        if become.apply and stopped:
            why, remedy = stopped.words, stopped.remedy
            become = replace(result, outcome=Outcome.NOT_TRIED, detail=why, remedy=remedy, stopped_by=stopped)
        yield become


# Inviting


def plan(aws: Aws, settings: Settings, targets: Collection[Target]) -> tuple[Result, ...]:
    """What would become of each target. Only reads. Raises OrgkitError where there is no organization."""
    require(aws.organizations.organization())
    waiting = {handshake.key: handshake for handshake in aws.handshakes.open()}
    members: dict[str, Account] = {}
    for member in aws.organizations.members():
        members |= {member["Id"]: member, member.get("Email", "").lower(): member}
    planned = []
    for target in targets:
        joined, handshake = members.get(target.key), waiting.get(target.key)
        if aws.caller.account in (target.id, joined and joined["Id"]):
            known = remedy_of("SOURCE_AND_TARGET_CANNOT_MATCH")
            planned.append(Result(target, Outcome.REFUSED, known.words, known.remedy))
        elif joined:
            planned.append(Result(target, Outcome.MEMBER, f"already a member, {_where(aws, settings, joined)}"))
        elif handshake:
            planned.append(Result(target, Outcome.ALREADY_INVITED, "already invited", handshake=handshake))
        else:
            send = partial(_sent, aws, target)
            planned.append(Result(target, Outcome.TO_INVITE, "to be invited", apply=send))
    return tuple(planned)


def _where(aws: Aws, settings: Settings, member: Account) -> str:
    """Where a member is, in words."""
    root, state = require(aws.organizations.root())["Id"], unlike_active(member)
    names = {ou["Id"]: ou["Name"] for ou in aws.organizations.ous(root)}
    above = [each for each in path_of(member) or aws.organizations.parents(member["Id"]) if each != root]
    where = f"at the root, outside {settings.institution}"
    if above:
        where = "in " + " below ".join(names.get(each, each) for each in reversed(above))
    return f"{where}, {state}" if state else where


def _sent(aws: Aws, target: Target) -> Result:
    """Invite one target. AWS may know an invitation that was not there a moment ago: ours, if its answer was lost."""

    def find() -> Handshake | None:
        return next((handshake for handshake in aws.handshakes.open() if handshake.key == target.key), None)

    try:
        sent: Handshake | None = aws.handshakes.invite(target.id, target.kind, target.notes)
    except AwsError as error:
        if error.code in _OF_ONE_TARGET and error.reason not in _OF_THE_ORGANIZATION:
            return Result(target, Outcome.REFUSED, error.words, error.remedy)
        if error.code != "DuplicateHandshakeException":
            raise
        aws.facts.drop("handshakes")
        if not error.sent_again:
            return Result(target, Outcome.ALREADY_INVITED, "already invited", handshake=find())
        sent = aws.handshakes.until_listed(f"the invitation of {target.id}", find, "handshakes")
    return Result(target, Outcome.INVITED, "invited", handshake=sent)


def follow(aws: Aws, waiting: Iterable[Handshake]) -> Iterator[Handshake]:
    """Each of these invitations as soon as it is answered or has expired. Says at each look how many have joined.

    It ends when AWS's lists show all who accepted: they may lag behind its answers.
    """
    pending, joined = {handshake.id: handshake for handshake in waiting}, list[Handshake]()
    every, since, poll = len(pending), time.time(), _FIRST_POLL
    while pending:
        aws.calls.sleep(poll)
        poll = min(poll * _SLOWER, _LONGEST_POLL)
        aws.facts.drop("handshakes")
        for handshake in aws.handshakes.all():
            if handshake.id in pending and handshake.state != "open":
                del pending[handshake.id]
                joined += [handshake] if handshake.state == "accepted" else []
                yield handshake
        if pending:
            begun, minutes = time.strftime("%H:%M", time.localtime(since)), (time.time() - since) // 60
            aws.calls.tell(f"    {len(joined)} of {every} have joined, waiting since {begun} ({minutes:.0f} min)")
    if not every:
        return
    root = require(aws.organizations.root())["Id"]
    accounts = {each.target for each in joined if each.target_type == "ACCOUNT"}

    def shown() -> bool | None:
        missing = accounts - {account["Id"] for account in aws.organizations.accounts(root)}
        return all(aws.organizations.parents(account) not in ((), (root,)) for account in missing) or None

    aws.organizations.until_listed("every account that accepted", shown, "parents", ("accounts", root))


# Cancelling


def to_cancel(aws: Aws, targets: Iterable[Target]) -> tuple[Result, ...]:
    """What cancelling would do to each target's invitation. Only reads."""
    require(aws.organizations.organization())
    latest = {handshake.key: handshake for handshake in aws.handshakes.all()}
    return tuple(_cancellable(aws, target, latest.get(target.key)) for target in targets)


def _cancellable(aws: Aws, target: Target, handshake: Handshake | None) -> Result:
    if handshake is None:
        return Result(target, Outcome.NOT_INVITED, "has no open invitation")
    if handshake.state == "accepted":
        remedy = "The account has joined: its invitation can no longer be taken back."
        return Result(target, Outcome.REFUSED, "has accepted its invitation", remedy, handshake)
    if handshake.state != "open":
        ended = f"has no open invitation: it is {handshake.state}"
        return Result(target, Outcome.NOT_INVITED, ended, handshake=handshake)

    def cancel() -> Result:
        ended = aws.handshakes.cancel(handshake)
        if ended.state == "cancelled":
            return Result(target, Outcome.CANCELLED, "cancelled", handshake=ended)
        return _cancellable(aws, target, ended)  # somebody was faster

    return Result(target, Outcome.TO_CANCEL, "to be cancelled", handshake=handshake, apply=cancel)


# Placing


def to_place(aws: Aws, settings: Settings) -> tuple[Result, ...]:
    """Every account at the root that belongs in the institution's OU. Only reads. Raises OrgkitError without it."""
    require(aws.organizations.organization())
    ou = require(found.institution_ou(aws, settings), f"OU {settings.institution}")

    def move(target: Target) -> Result:
        if refusal := aws.organizations.move_account(target.id, ou):
            return Result(target, Outcome.NOT_MOVED, refusal.words)
        return Result(target, Outcome.MOVED, f"moved into {settings.institution}")

    accounts = (Target(account["Id"], name=account.get("Name", "")) for account in found.misplaced_accounts(aws))
    words = f"to be moved into {settings.institution}"
    return tuple(Result(each, Outcome.TO_MOVE, words, apply=partial(move, each)) for each in accounts)
