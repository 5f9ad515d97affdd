"""The command `orgkit invite`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import click

from orgkit.cli.common import aws_options, door, enter, exit_codes, output_option, say, tell, tell_marked
from orgkit.errors import OrgkitError

if TYPE_CHECKING:
    from orgkit.aws import Aws
    from orgkit.aws.handshakes import Handshake
    from orgkit.invite import invitations
    from orgkit.invite.targets import Targets
    from orgkit.settings import Settings

_ALONG_WITH: Final = {
    "owner_guide": {"owner_guide"},
    "pending": {"pending", "history"},
    "history": {"pending", "history"},
    "cancel": {"cancel", "targets", "source", "dry_run"},
    "": {"targets", "source", "notes", "place", "wait", "dry_run"},
}
"""What may be given along with the option that says what to do; without one, `orgkit invite` invites."""
_SPELT: Final = {"targets": "TARGET", "source": "--from", "history": "--all"}


@dataclass(frozen=True)
class _Asked:
    """The command's own options."""

    targets: tuple[str, ...]
    source: BinaryIO | None
    notes: str
    pending: bool
    history: bool
    cancel: bool
    place: bool
    wait: bool
    dry_run: bool
    owner_guide: bool

    def __post_init__(self) -> None:
        """Raises click.UsageError for options that do not go together."""
        given = [each.name for each in fields(self) if getattr(self, each.name)]
        does = next((option for option in _ALONG_WITH if option in given), "")
        odd = [option for option in given if option not in _ALONG_WITH[does]]
        if odd:
            raise _unusable(f"{_spelt(does)} does not go with {', '.join(map(_spelt, odd))}.")
        if self.cancel and not self.names_targets:
            raise _unusable("Name whose invitations to cancel: TARGET or --from.")
        if self.notes and not self.names_targets:
            raise _unusable("Name whom the --notes are for: TARGET or --from.")
        if not (does or self.names_targets or self.place or self.wait):
            raise _unusable("Name whom to invite: TARGET or --from.")

    @property
    def names_targets(self) -> bool:
        return bool(self.targets or self.source)


def _unusable(why: str) -> click.UsageError:
    return click.UsageError(why, click.get_current_context(silent=True))


def _spelt(option: str) -> str:
    return _SPELT.get(option) or f"--{option.replace('_', '-')}"


@dataclass(frozen=True)
class _Answer:
    """What the command answers: each line at once as text, or everything at the end as one JSON document."""

    text: bool
    document: dict[str, Any] = field(default_factory=dict)

    def add(self, member: str, entry: dict[str, Any], line: str) -> None:
        self.document.setdefault(member, []).append(entry)
        if line:
            self.note(line)

    def note(self, *lines: str) -> None:
        for line in lines if self.text else ():
            say(line)


@contextmanager
def _answering(output: str, account: str) -> Iterator[_Answer]:
    """In JSON, what was done before a failure belongs to the answer."""
    from orgkit.report import text as report

    answer = _Answer(text=output == "text", document={"account": account})
    try:
        yield answer
    except OrgkitError as error:
        answer.document["error"] = report.error_json(error)
        error.reported = True
        raise
    finally:
        if not answer.text:
            say(report.as_json(answer.document))


@click.command(epilog=exit_codes(0, 1, 2, 4, 130))
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option("--from", "source", type=click.File("rb"), metavar="FILE", help="A list or a CSV of targets; - is stdin.")
@click.option("--notes", default="", metavar="TEXT", help="A text for the mail that AWS sends to the owners.")
@click.option("--wait", is_flag=True, help="Wait until all have answered, then place those that joined.")
@click.option("--place", is_flag=True, help="Move every account at the root into the institution's OU.")
@click.option("--pending", is_flag=True, help="Show who has not answered yet.")
@click.option("--all", "history", is_flag=True, help="Show what became of the others too, as far as AWS remembers.")
@click.option("--cancel", is_flag=True, help="Take the invitations of these targets back.")
@click.option("--owner-guide", is_flag=True, help="Print a text for the owners of invited accounts.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and change nothing.")
@output_option("text", "json")
@aws_options
@door
def invite(
    output: str, settings_file: Path, profile: str | None, endpoint_url: str | None, debug: bool, **options: Any
) -> None:
    """Invite accounts, follow up, and place those that join.

    \b
    orgkit invite 210987654321 cloud@example.edu --notes "Your IT department"
    orgkit invite --from accounts.csv --dry-run
    orgkit invite --pending
    orgkit invite --cancel 210987654321
    orgkit invite --place

    A TARGET is an account id (12 digits) or the e-mail address of an account's root user. FILE has one target a
    line, or is a CSV whose header names account or email, and if you like notes and name. Running the same
    command again does only what is left.
    """
    asked = _Asked(**options)
    if asked.owner_guide:
        _owner_guide(settings_file, output)
        return
    named = _targets(asked)
    aws, settings = enter(settings_file, profile, endpoint_url, debug=debug)
    if named.doubles:
        from orgkit.report.text import counted

        tell(f"Left out {counted(named.doubles, 'double')}.")
    with _answering(output, settings.account) as answer:
        if asked.pending or asked.history:
            _pending(answer, aws, history=asked.history)
        elif asked.cancel:
            _cancel(answer, aws, named, dry_run=asked.dry_run)
        else:
            _invite(answer, aws, settings, asked, named)


def _targets(asked: _Asked) -> Targets:
    from orgkit.invite import targets

    wrong = targets.notes_amiss(asked.notes)
    if wrong:
        raise click.BadParameter(f"the notes {wrong}.", param_hint="'--notes'")
    return targets.gather(asked.targets, asked.source, asked.notes)


def _owner_guide(settings_file: Path, output: str) -> None:
    from orgkit.invite import owner_guide
    from orgkit.report import text as report
    from orgkit.settings import settings

    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
    text = owner_guide.text(settings.load(settings_file), region)
    say(report.as_json({"owner_guide": text}) if output == "json" else text.rstrip("\n"))


def _pending(answer: _Answer, aws: Aws, *, history: bool) -> None:
    from orgkit.invite import invitations
    from orgkit.report import invitations as invitation_report

    found = invitations.sent(aws, history=history)
    answer.document["invitations"] = [invitation_report.handshake_json(handshake) for handshake in found]
    if found:
        answer.note(*invitation_report.table(found, with_state=history))
    else:
        answer.note("AWS remembers no invitation." if history else "No invitation is open.")


def _cancel(answer: _Answer, aws: Aws, named: Targets, *, dry_run: bool) -> None:
    from orgkit.invite import invitations
    from orgkit.report import invitations as invitation_report

    planned = invitations.to_cancel(aws, named.each)
    results = []
    for result in planned if dry_run else invitations.cancel(aws, planned):
        results.append(result)
        answer.add("invitations", invitation_report.result_json(result), invitation_report.line(result))
    answer.document["summary"] = invitation_report.counts(results)
    answer.note("", invitation_report.summary(results) + (" Nothing was changed." if dry_run else ""))
    _raise(None if dry_run else invitation_report.failure(results))


def _invite(answer: _Answer, aws: Aws, settings: Settings, asked: _Asked, named: Targets) -> None:
    """Invite; then, if asked, wait for the answers and place who joined. Every failure is told at the end."""
    from orgkit.invite import invitations
    from orgkit.report import invitations as invitation_report

    results = _invitations(answer, aws, settings, named, dry_run=asked.dry_run) if asked.names_targets else []
    failed = None if asked.dry_run else invitation_report.failure(results)
    if any(result.outcome is invitations.Outcome.LEFT for result in results):
        _raise(failed)
    not_joined = not_moved = None
    if asked.wait and not asked.dry_run:
        named_ones = [result.handshake for result in results if result.handshake]
        not_joined = _wait(answer, aws, named_ones if asked.names_targets else invitations.sent(aws))
    if asked.wait or asked.place:
        not_moved = _place(answer, aws, settings, dry_run=asked.dry_run)
    _raise(failed, not_joined, not_moved)


def _invitations(
    answer: _Answer, aws: Aws, settings: Settings, named: Targets, *, dry_run: bool
) -> list[invitations.Result]:
    from orgkit.invite import invitations
    from orgkit.report import invitations as invitation_report

    planned = invitations.plan(aws, settings, named.each)
    results = []
    for result in planned if dry_run else invitations.invite(aws, planned):
        results.append(result)
        answer.add("invitations", invitation_report.result_json(result), invitation_report.line(result))
    answer.document["summary"] = invitation_report.counts(results)
    summary = invitation_report.summary(results)
    if any(result.outcome is invitations.Outcome.INVITED for result in results):
        answer.note("", f"{summary} They have 15 days to accept: orgkit invite --pending")
        answer.note(*invitation_report.what_owners_do(settings))
    else:
        answer.note("", f"{summary} Nothing was changed." if dry_run else summary)
    return results


def _wait(answer: _Answer, aws: Aws, waiting: Sequence[Handshake]) -> OrgkitError | None:
    from orgkit.invite import invitations
    from orgkit.report import invitations as invitation_report
    from orgkit.report.text import counted

    if waiting:
        tell(f"\nWaiting for {counted(len(waiting), 'answer')}. Ctrl-C does no harm: the same command goes on.")
    answered = []
    for handshake in invitations.follow(aws, waiting):
        answered.append(handshake)
        line = invitation_report.answer_line(handshake)
        answer.add("answers", invitation_report.handshake_json(handshake), line)
        if not answer.text:
            tell_marked(line)
    if answered:
        invitations.see_joined(aws, answered)
    return invitation_report.not_joined(answered)


def _place(answer: _Answer, aws: Aws, settings: Settings, *, dry_run: bool) -> OrgkitError | None:
    from orgkit.invite import invitations
    from orgkit.report import invitations as invitation_report

    placements = []
    for placement in invitations.place(aws, settings, dry_run=dry_run):
        placements.append(placement)
        answer.add("placed", invitation_report.placement_json(placement), invitation_report.placement_line(placement))
    if not placements:
        answer.note("No account is at the root but the payer.")
    return invitation_report.not_moved(placements)


def _raise(*failed: OrgkitError | None) -> None:
    """One error for all of them, if there is any."""
    errors = [error for error in failed if error]
    if errors:
        raise OrgkitError(
            "\n".join(error.message for error in errors),
            "\n".join(error.remedy for error in errors if error.remedy),
        )
