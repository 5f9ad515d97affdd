"""Inviting accounts, following up what becomes of it, and placing those that joined.

Nothing is remembered on this machine: AWS knows its open invitations and its members. So a run that was
stopped anywhere is taken up by running it again, and does only what is left.
"""

import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from orgkit import found, procedure
from orgkit.aws import Aws
from orgkit.aws.accounts import Handshake, path_of
from orgkit.aws.client import require
from orgkit.aws.organizations import state_of
from orgkit.aws.shapes import Account
from orgkit.errors import AwsError, Blocked, OrgkitError, remedy_of, words_of
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
    """A target, what became of it, and why."""

    target: Target
    outcome: Outcome
    detail: str
    remedy: str = ""
    handshake: Handshake | None = None
    stopped_by: OrgkitError | None = None
    """What kept orgkit from trying."""

    @property
    def to_do(self) -> bool:
        """Whether it is only planned yet."""
        return self.outcome in (Outcome.TO_INVITE, Outcome.TO_CANCEL)


# Inviting


def plan(aws: Aws, settings: Settings, targets: Collection[Target]) -> tuple[Result, ...]:
    """What would become of each target. Only reads. Raises OrgkitError where there is no organization."""
    require(aws.organizations.organization())
    waiting = {handshake.key: handshake for handshake in aws.handshakes.open()}
    members = {
        key: member for member in aws.organizations.members() for key in (member["Id"], member.get("Email", "").lower())
    }
    planned = []
    for target in targets:
        member, handshake = members.get(target.key), waiting.get(target.key)
        if aws.caller.account in (target.id, member and member["Id"]):
            remedy = remedy_of("SOURCE_AND_TARGET_CANNOT_MATCH")
            planned.append(Result(target, Outcome.REFUSED, "is the payer itself", remedy))
        elif member:
            planned.append(Result(target, Outcome.MEMBER, f"already a member, {_stands(aws, settings, member)}"))
        elif handshake:
            planned.append(Result(target, Outcome.ALREADY_INVITED, "already invited", handshake=handshake))
        else:
            planned.append(Result(target, Outcome.TO_INVITE, "to be invited"))
    return tuple(planned)


def invite(aws: Aws, planned: Iterable[Result]) -> Iterator[Result]:
    """Invite whom the plan says. A refusal does not stop the others, unless it would be the same for them."""
    stopped: OrgkitError | None = None
    for result in planned:
        become = result
        if result.outcome is Outcome.TO_INVITE and stopped is None:
            try:
                become = _sent(aws, result.target)
            except OrgkitError as error:
                stopped = error
        if become.outcome is Outcome.TO_INVITE and stopped:
            why = words_of(stopped)
            become = replace(result, outcome=Outcome.NOT_TRIED, detail=why, remedy=stopped.remedy, stopped_by=stopped)
        yield become


def _stands(aws: Aws, settings: Settings, member: Account) -> str:
    """Where a member is, in words."""
    root, state = require(aws.organizations.root())["Id"], state_of(member)
    names = {ou["Id"]: ou["Name"] for ou in aws.organizations.ous(root)}
    above = [each for each in path_of(member) or (aws.organizations.parent(member["Id"]),) if each != root]
    where = " below ".join(names.get(each, each) for each in reversed(above))
    suspended = "" if state in ("ACTIVE", "") else f", {state.lower().replace('_', ' ')}"
    return f"{f'in {where}' if above else f'at the root, outside {settings.institution}'}{suspended}"


def _sent(aws: Aws, target: Target) -> Result:
    """Invite one target. AWS may know an invitation that was not there a moment ago: ours, if its answer was lost."""

    def find() -> Handshake | None:
        return next((handshake for handshake in aws.handshakes.open() if handshake.key == target.key), None)

    try:
        sent: Handshake | None = aws.handshakes.invite(target.id, target.kind, target.notes)
    except AwsError as error:
        if error.code in _OF_ONE_TARGET and error.reason not in _OF_THE_ORGANIZATION:
            return Result(target, Outcome.REFUSED, words_of(error), error.remedy)
        if error.code != "DuplicateHandshakeException":
            raise
        aws.handshakes.forget()
        if not error.sent_again:
            return Result(target, Outcome.ALREADY_INVITED, "already invited", handshake=find())
        sent = aws.calls.until_listed(f"the invitation of {target.id}", find, aws.handshakes.forget)
    return Result(target, Outcome.INVITED, "invited", handshake=sent)


# Following up


def sent(aws: Aws, *, history: bool = False) -> tuple[Handshake, ...]:
    """The invitations that nobody has answered, or with their history all that AWS still shows, oldest first."""
    require(aws.organizations.organization())
    return aws.handshakes.all() if history else aws.handshakes.open()


def follow(aws: Aws, waiting: Iterable[Handshake]) -> Iterator[Handshake]:
    """Each of these invitations as soon as it is answered or has expired. Says at each look how many have joined."""
    pending = {handshake.id for handshake in waiting}
    every, joined, since, poll = len(pending), 0, time.time(), _FIRST_POLL
    while pending:
        aws.calls.sleep(poll)
        poll = min(poll * _SLOWER, _LONGEST_POLL)
        aws.handshakes.forget()
        for handshake in aws.handshakes.all():
            if handshake.id in pending and not handshake.pending:
                pending.remove(handshake.id)
                joined += handshake.state == "ACCEPTED"
                yield handshake
        if pending:
            begun, minutes = time.strftime("%H:%M", time.localtime(since)), (time.time() - since) // 60
            aws.calls.tell(f"    {joined} of {every} have joined, waiting since {begun} ({minutes:.0f} min)")


# Cancelling


def to_cancel(aws: Aws, targets: Iterable[Target]) -> tuple[Result, ...]:
    """What cancelling would do to each target's invitation. Only reads."""
    require(aws.organizations.organization())
    latest = {handshake.key: handshake for handshake in aws.handshakes.all()}
    return tuple(_cancellable(target, latest.get(target.key)) for target in targets)


def cancel(aws: Aws, planned: Iterable[Result]) -> Iterator[Result]:
    """Cancel what the plan says. Raises OrgkitError at the first that AWS refuses."""
    for result in planned:
        become = result
        if result.outcome is Outcome.TO_CANCEL and result.handshake:
            ended = aws.handshakes.cancel(result.handshake)
            become = replace(result, outcome=Outcome.CANCELLED, detail="cancelled", handshake=ended)
            if ended.state != "CANCELED":  # somebody was faster
                become = _cancellable(result.target, ended)
        yield become


def _cancellable(target: Target, handshake: Handshake | None) -> Result:
    if handshake is None:
        return Result(target, Outcome.NOT_INVITED, "has no open invitation")
    if handshake.pending:
        return Result(target, Outcome.TO_CANCEL, "to be cancelled", handshake=handshake)
    if handshake.state == "ACCEPTED":
        remedy = "The account has joined: its invitation can no longer be taken back."
        return Result(target, Outcome.REFUSED, "has accepted its invitation", remedy, handshake)
    return Result(target, Outcome.NOT_INVITED, f"has no open invitation: it is {handshake.status}", handshake=handshake)


# Placing


def to_place(aws: Aws, settings: Settings) -> tuple[Result, ...]:
    """Every account at the root that belongs in the institution's OU. Only reads. Raises Blocked without that OU."""
    require(aws.organizations.organization())
    if found.institution_ou(aws, settings) is None:
        raise Blocked(f"There is no OU {settings.institution} at the root.", "Run `orgkit bootstrap` first.")
    accounts = (Target(account["Id"], name=account.get("Name", "")) for account in found.misplaced_accounts(aws))
    return tuple(Result(each, Outcome.TO_MOVE, f"to be moved into {settings.institution}") for each in accounts)


def place(aws: Aws, settings: Settings, planned: Iterable[Result]) -> Iterator[Result]:
    """Move what the plan says. One account that cannot be moved does not stop the others."""
    for result in planned:
        if refusal := procedure.moved(aws, settings, result.target.id):
            yield replace(result, outcome=Outcome.NOT_MOVED, detail=words_of(refusal))
        else:
            yield replace(result, outcome=Outcome.MOVED, detail=f"moved into {settings.institution}")


def see_joined(aws: Aws, answered: Iterable[Handshake]) -> None:
    """Wait until AWS's lists show those who accepted: they may lag behind its answers."""
    joined = {each.target for each in answered if each.state == "ACCEPTED" and each.target_type == "ACCOUNT"}
    root = require(aws.organizations.root())["Id"]

    def shown() -> bool | None:
        missing = joined - {account["Id"] for account in aws.organizations.accounts(root)}
        return all(aws.organizations.parent(account) not in ("", root) for account in missing) or None

    aws.calls.until_listed("every account that accepted", shown, lambda: aws.facts.drop(("accounts", root)))
