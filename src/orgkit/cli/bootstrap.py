"""The command `orgkit bootstrap`."""

import click

from orgkit import procedure
from orgkit.aws import Aws
from orgkit.cli.common import DRY_RUN, YES, Access, Answer, command, confirm, tell, typed
from orgkit.cli.lock import one_at_a_time
from orgkit.cli.payer import elsewhere, payer, show, state
from orgkit.errors import OrgkitError
from orgkit.iam import passwords
from orgkit.report import notes
from orgkit.report import text as report
from orgkit.settings import Settings
from orgkit.step import Step


@command(
    """
    \b
    orgkit bootstrap --dry-run
    orgkit bootstrap
    orgkit bootstrap --yes -o json

    It shows the plan, asks once, and goes on from wherever an earlier run stopped. What is in place is left alone.
    """
)
@DRY_RUN
@YES
def bootstrap(answer: Answer, access: Access, dry_run: bool, yes: bool) -> None:
    aws, settings = payer(access)
    if not dry_run:
        click.get_current_context().with_resource(one_at_a_time(settings.account, elsewhere(aws), tell))
    plan = show(answer, aws, settings)
    planned = report.summary(step.state for step in plan)
    if dry_run or report.in_place(plan):
        in_place = f"Everything in {settings.path.name} is in place."
        words = in_place if report.in_place(plan) else f"{planned} Nothing was changed."
        _finish(answer, aws, settings, plan, words)
        procedure.refuse_blocked(plan)
        return
    answer.say(f"\n{planned}\n")
    if procedure.is_first(aws, settings):
        answer.document.update(state(aws, settings, plan))
        procedure.refuse_blocked(plan, before_end=True)
    passwords.check_files(aws, settings)
    if not yes:
        if answer.as_json:
            answer.show(*report.lines(plan))
        if aws.organizations.organization() is None:
            tell("An organization with all features cannot go back to consolidated billing.")
        confirm(f"Make these changes in {aws.caller.account}?")
        aws.facts.clear()  # who knows how long the question stood
    done = _apply(answer, aws, settings)
    _finish(answer, aws, settings, done, f"Done. Check it at any time with `{typed('status', settings.path)}`.")


def _apply(answer: Answer, aws: Aws, settings: Settings) -> tuple[Step, ...]:
    """Apply each step, and say it as it then is. In JSON, what was done before a failure belongs to the answer."""
    done: list[Step] = []
    try:
        for step in procedure.bootstrap(aws, settings):
            done.append(step)
            answer.say(report.line(step))
        left = next((step for step in done if step.to_do), None)
        if left:
            raise OrgkitError(f"{left.thing}: {left.detail}.", left.remedy)
    except OrgkitError:
        answer.document.update(state(aws, settings, done, failed=True))
        raise
    return tuple(done)


def _finish(answer: Answer, aws: Aws, settings: Settings, steps: tuple[Step, ...], words: str) -> None:
    """The end of a bootstrap, in these words, and what is left for a person once everything is in place."""
    remaining = notes.remaining(aws, settings)
    if answer.as_json:
        answer.document.update(state(aws, settings, steps) | {"remaining": remaining})
    else:
        answer.say(f"\n{words}", *(report.by_hand(remaining) if report.in_place(steps) else ()))
