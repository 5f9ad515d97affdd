"""The command `orgkit invite`, and what `orgkit cancel` shares with it: its targets, and carrying out a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import BinaryIO, Final

import click

from orgkit.aws import Aws
from orgkit.aws.accounts import Handshake
from orgkit.cli.common import DRY_RUN, YES, Access, Answer, command, confirm, tell, unusable
from orgkit.cli.payer import payer
from orgkit.cli.place import move
from orgkit.errors import OrgkitError, SignInError
from orgkit.invite import invitations, targets
from orgkit.invite.invitations import Result
from orgkit.report import invitations as report
from orgkit.report.text import counted
from orgkit.settings import Settings

TARGETS: Final = click.argument("named", nargs=-1, metavar="TARGET...")
SOURCE: Final = click.option(
    "--from", "source", type=click.File("rb"), metavar="FILE", help="A list or a CSV of targets; - is stdin."
)


@command(
    """
    \b
    orgkit invite 210987654321 cloud@example.edu
    orgkit invite 210987654321 --notes "Your IT department"
    orgkit invite --from accounts.csv --dry-run
    orgkit invite --from accounts.csv --wait

    A TARGET is an account id (12 digits) or the e-mail address of an account's root user. FILE has one target per
    line, or is a CSV whose header names account or email, and optionally notes and name; AWS's own lists of accounts
    are such. It shows the plan and asks once. Running the same command again does only what is left.
    """
)
@TARGETS
@SOURCE
@click.option("--notes", default="", metavar="TEXT", help="A text for the mail that AWS sends to the owners.")
@click.option("--wait", is_flag=True, help="Wait until all have answered, then do what `orgkit place` does.")
@DRY_RUN
@YES
def invite(
    answer: Answer,
    access: Access,
    named: Sequence[str],
    source: BinaryIO | None,
    notes: str,
    wait: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    wanted = targets_of(named, source, notes)
    aws, settings = payer(access)
    answer.document["account"] = settings.account
    planned = invitations.plan(aws, settings, wanted)
    waiting = wait and not dry_run
    deeds = _deeds(aws, settings, planned, waiting=waiting)
    act = partial(invitations.invite, aws)
    results = carry_out(answer, planned, act, "" if yes or dry_run else deeds, dry_run=dry_run)
    if any(result.outcome is invitations.Outcome.INVITED for result in results):
        answer.say(*report.what_owners_do(settings))
    failed = None if dry_run else report.failure(results)
    if not waiting or any(result.outcome is invitations.Outcome.NOT_TRIED for result in results):
        raise_all(failed)
        return
    not_joined = _wait(answer, aws, [result.handshake for result in results if result.handshake])
    raise_all(failed, not_joined, move(answer, aws, settings, invitations.to_place(aws, settings)))


def _deeds(aws: Aws, settings: Settings, planned: Sequence[Result], *, waiting: bool) -> str:
    """What follows from the plan, as a question; "" if nothing does."""
    new = sum(result.to_do for result in planned)
    deeds = [f"send {counted(new, 'invitation')} from the organization of {settings.account}"] if new else []
    if waiting and (new or any(result.handshake for result in planned) or invitations.to_place(aws, settings)):
        deeds.append(f"move who joins into {settings.institution}")
    question = ", and ".join(deeds)
    return f"{question[:1].upper()}{question[1:]}?" if question else ""


def targets_of(named: Sequence[str], source: BinaryIO | None, notes: str = "") -> Sequence[targets.Target]:
    """The targets of the command line and of a file. Raises click.UsageError, or FileProblems with every problem."""
    if not named and source is None:
        unusable("Name the accounts: TARGET or --from.")
    if wrong := targets.notes_amiss(notes):
        raise click.BadParameter(f"the notes {wrong}.", param_hint="'--notes'")
    found = targets.gather(named, source, notes)
    if found.doubles:
        tell(f"Left out {counted(found.doubles, 'double')}.")
    if found.unused:
        tell(f"Columns that are not used: {', '.join(found.unused)}. Used are {', '.join(targets.COLUMNS)}.")
    return found.each


def carry_out(
    answer: Answer,
    planned: Sequence[Result],
    act: Callable[[Iterable[Result]], Iterable[Result]],
    question: str,
    *,
    dry_run: bool,
) -> list[Result]:
    """Ask the question, if there is one; then say what becomes of each target as soon as it is known."""
    if question:
        answer.show(*map(report.line, planned))
        confirm(question)
    results = []
    for result in planned if dry_run else act(planned):
        results.append(result)
        answer.add("invitations", report.result_json(result), *([line] if (line := report.line(result)) else []))
    answer.document["summary"] = report.counts(results)
    answer.say("", report.summary(results) + (" Nothing was changed." if dry_run else ""))
    return results


def _wait(answer: Answer, aws: Aws, waiting: Sequence[Handshake]) -> OrgkitError | None:
    """Say each answer as it comes. The error that comes back names how many did not join."""
    if waiting:
        tell(f"\nWaiting for {counted(len(waiting), 'answer')}. Ctrl-C does no harm: the same command goes on.")
    answered = []
    for handshake in invitations.follow(aws, waiting):
        answered.append(handshake)
        answer.add("answers", report.handshake_json(handshake))
        answer.show(report.answer_line(handshake))
    if answered:
        invitations.see_joined(aws, answered)
    return report.not_joined(answered)


def raise_all(*failed: OrgkitError | None) -> None:
    """One error for all of them, if there is any."""
    errors = [error for error in failed if error]
    if errors:
        kind = SignInError if any(isinstance(error, SignInError) for error in errors) else OrgkitError
        raise kind(
            "\n".join(error.message for error in errors),
            "\n".join(error.remedy for error in errors if error.remedy),
        )
