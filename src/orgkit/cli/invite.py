"""The commands `orgkit invite`, `invitations`, `cancel` and `place`: from an account to a member in its OU."""

from collections.abc import Sequence
from typing import BinaryIO, Final

import click

from orgkit.aws import Aws
from orgkit.aws.accounts import Handshake
from orgkit.aws.client import require
from orgkit.cli.bootstrap import payer
from orgkit.cli.common import DRY_RUN, YES, Access, Answer, command, confirm, tell
from orgkit.invite import invitations as invited
from orgkit.invite import targets
from orgkit.invite.invitations import Outcome, Result
from orgkit.report import invitations as report
from orgkit.report.text import counted, line
from orgkit.step import State, Step

_TARGETS: Final = click.argument("named", nargs=-1, metavar="TARGET...")
_SOURCE: Final = click.option(
    "--from", "source", type=click.File("rb"), metavar="FILE", help="A list or a CSV of targets; - is stdin."
)


@command()
@_TARGETS
@_SOURCE
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
    wanted = _targets(named, source, notes)
    aws, settings = payer(access)
    answer.document["account"] = settings.account
    planned = invited.plan(aws, settings, wanted)
    waiting = wait and not dry_run
    new = sum(result.apply is not None for result in planned)
    parts = [f"send {counted(new, 'invitation')} from the organization of {settings.account}"] if new else []
    if waiting and (new or any(result.handshake for result in planned) or invited.to_place(aws, settings)):
        parts.append(f"move who joins into {settings.institution}")
    results = _carry_out(answer, planned, "" if yes else ", and ".join(parts), dry_run=dry_run)
    if any(result.outcome is Outcome.INVITED for result in results):
        answer.say(*report.what_owners_do(settings))
    answered, placed = list[Handshake](), list[Result]()
    if waiting and not any(result.outcome is Outcome.NOT_TRIED for result in results):
        answered = _wait(answer, aws, [result.handshake for result in results if result.handshake])
        placed = _carry_out(answer, invited.to_place(aws, settings), at_root=True)
    if not dry_run and (error := report.failure(results, answered, placed)):
        raise error


def _wait(answer: Answer, aws: Aws, waiting: Sequence[Handshake]) -> list[Handshake]:
    """Wait until nobody's answer is missing, and say each as it comes."""
    if waiting:
        tell(f"\nWaiting for {counted(len(waiting), 'answer')}. Ctrl-C does no harm: the same command goes on.")
    answered = []
    for handshake in invited.follow(aws, waiting):
        answered.append(handshake)
        answer.add("answers", report.handshake_json(handshake))
        state = State.IN_PLACE if handshake.state == "accepted" else State.BLOCKED
        answer.show(line(Step(handshake.target, state, handshake.state)))
    return answered


@command()
@_TARGETS
@_SOURCE
@DRY_RUN
@YES
def cancel(
    answer: Answer, access: Access, named: Sequence[str], source: BinaryIO | None, dry_run: bool, yes: bool
) -> None:
    wanted = _targets(named, source)
    aws, settings = payer(access)
    answer.document["account"] = settings.account
    planned = invited.to_cancel(aws, wanted)
    ends = sum(result.apply is not None for result in planned)
    question = f"cancel {counted(ends, 'invitation')} of the organization of {settings.account}" if ends else ""
    results = _carry_out(answer, planned, "" if yes else question, dry_run=dry_run)
    if not dry_run and (error := report.failure(results)):
        raise error


def _targets(named: Sequence[str], source: BinaryIO | None, notes: str = "") -> Sequence[targets.Target]:
    """The targets of the command line and of a file. Raises click.UsageError, or FileProblems with every problem."""
    if not named and source is None:
        raise click.UsageError("Name the accounts: TARGET or --from.", click.get_current_context())
    if wrong := targets.notes_amiss(notes):
        raise click.BadParameter(f"the notes {wrong}.", param_hint="'--notes'")
    found = targets.gather(named, source, notes)
    if found.doubles:
        tell(f"Left out {counted(found.doubles, 'double')}.")
    if found.unused:
        tell(f"Columns that are not used: {', '.join(found.unused)}. Used are {', '.join(targets.COLUMNS)}.")
    return found.each


def _carry_out(
    answer: Answer, planned: Sequence[Result], question: str = "", *, dry_run: bool = False, at_root: bool = False
) -> list[Result]:
    """Ask the question, if there is one; then do what is planned, and say what became of each target."""
    if question and not dry_run:
        answer.show(*map(report.line, planned))
        confirm(f"{question[0].upper()}{question[1:]}?")
    results = []
    for result in planned if dry_run else invited.carried_out(planned):
        results.append(result)
        entry = report.result_json(result, at_root=at_root)
        answer.add("placed" if at_root else "invitations", entry, *filter(None, [report.line(result)]))
    if at_root and not results:
        answer.say("No account is at the root except the payer.")
    elif not at_root:
        answer.document["summary"], words = report.summary(results)
        answer.say("", words + (" Nothing was changed." if dry_run else ""))
    return results


@command()
@click.option("--all", "history", is_flag=True, help="Show what became of the others too, as far as AWS remembers.")
def invitations(answer: Answer, access: Access, history: bool) -> None:
    aws, settings = payer(access)
    require(aws.organizations.organization())
    found = aws.handshakes.all() if history else aws.handshakes.open()
    entries = [report.handshake_json(each) for each in found]
    answer.document.update({"account": settings.account, "invitations": entries})
    nothing = ["AWS remembers no invitation." if history else "No invitation is open."]
    answer.say(*(report.table(found, with_state=history) if found else nothing))


@command()
@DRY_RUN
@YES
def place(answer: Answer, access: Access, dry_run: bool, yes: bool) -> None:
    aws, settings = payer(access)
    answer.document["account"] = settings.account
    planned = invited.to_place(aws, settings)
    question = f"move {counted(len(planned), 'account')} into {settings.institution}" if planned else ""
    placed = _carry_out(answer, planned, "" if yes else question, dry_run=dry_run, at_root=True)
    if error := report.failure(placed=placed):
        raise error
