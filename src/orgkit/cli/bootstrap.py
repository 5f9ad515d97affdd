"""The command `orgkit bootstrap`; and for all commands, signing in to the payer, and its state."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Any, Final
from urllib.parse import urlsplit

import click

from orgkit import found, procedure
from orgkit.aws import Aws, Sessions
from orgkit.cli.common import DRY_RUN, YES, Access, Answer, command, confirm, tell, typed
from orgkit.cli.lock import locked
from orgkit.errors import OrgkitError, SignInError
from orgkit.iam import passwords
from orgkit.report import notes
from orgkit.report import text as report
from orgkit.settings import Settings, load
from orgkit.step import Step

_AWS: Final = (
    *(".amazonaws.com", ".api.aws", ".amazonaws.com.cn", ".api.amazonwebservices.com.cn"),
    *(".amazonaws.eu", ".api.amazonwebservices.eu"),
)
"""How AWS's host names end, in every partition: botocore's partitions.json."""


@command()
@DRY_RUN
@YES
def bootstrap(answer: Answer, access: Access, dry_run: bool, yes: bool) -> None:
    aws, settings = payer(access)
    if not dry_run:
        click.get_current_context().with_resource(locked(settings.account, elsewhere(aws), tell))
    steps = show(answer, aws, settings)
    planned = report.summary(step.state for step in steps)
    if report.in_place(steps):
        words = f"Everything in {settings.path.name} is in place."
    elif dry_run:
        words = f"{planned} Nothing was changed."
    else:
        answer.say(f"\n{planned}\n")
        if found.iam_stack(aws, settings) is None:  # a first run that stops half way would leave half a set-up
            answer.document.update(state(aws, settings, steps))
            procedure.refuse_blocked(steps, before_end=True)
        passwords.check_files(aws, settings)
        if not yes:
            if answer.as_json:
                answer.show(*map(report.line, steps))
            if aws.organizations.organization() is None:
                tell("An organization with all features cannot go back to consolidated billing.")
            confirm(f"Make these changes in {aws.caller.account}?")
            aws = Aws(aws.calls, aws.caller, settings.iam.region)  # who knows how long the question stood
        steps = _apply(answer, aws, settings)
        words = f"Done. Check it at any time with `{typed('status', settings.path)}`."
    remaining = [*notes.root_tasks(aws, settings).remaining, *notes.password_files(settings)]
    if answer.as_json:
        answer.document.update(state(aws, settings, steps) | {"remaining": remaining})
    else:
        answer.say(f"\n{words}", *(report.checklist(remaining) if report.in_place(steps) else ()))
    procedure.refuse_blocked(steps)


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


# The payer: signing in to it, and its state as text and as JSON


def payer(access: Access) -> tuple[Aws, Settings]:
    """The payer, and the settings for it. Nothing is changed.

    Raises FileProblems for bad settings, and SignInError for the wrong account.
    """
    settings = load(access.settings_file)
    return payer_of(settings, access, Sessions(access.endpoint_url)), settings


def payer_of(
    settings: Settings, access: Access, sessions: Sessions, *, tell: Callable[[str], None] = tell, greet: bool = True
) -> Aws:
    """The payer of these settings; unless told not to, it says who is signed in. Raises SignInError for any other."""
    named_by = "--profile" if access.profile else str(settings.path) if settings.profile else ""
    profile, trace = access.profile or settings.profile, tell if access.debug else str  # which tells nobody
    calls, caller = sessions.sign_in(profile, tell=tell, trace=trace, named_by=named_by)
    if caller.account != settings.account:
        raise SignInError(
            f"You are signed in to {caller.account}, but {settings.path} is for {settings.account}.",
            f"You are {caller.arn}.\nSign in to {settings.account}, or pass the --settings of {caller.account}.",
        )
    aws = Aws(calls, caller, settings.iam.region)
    organization = aws.organizations.organization()
    if organization and (payer_id := organization["MasterAccountId"]) != caller.account:
        raise SignInError(
            f"{caller.account} is a member of organization {organization['Id']}, whose payer is {payer_id}; it cannot "
            "be a payer itself.",
            f"Sign in to {payer_id}, with settings for it. If {caller.account} is meant to be a payer, it has to leave "
            "that organization first.",
        )
    if greet:
        address = elsewhere(aws)
        not_aws = f" at {address}, which is not AWS" if address else ""
        tell(f"Signed in to {caller.account} as {caller.arn}{not_aws}")
    if caller.arn.endswith(":root") and caller.long_lived:
        tell(
            "You use an access key of the root user, which never expires. Better: delete it after this, and sign in "
            "with `aws login` or use CloudShell."
        )
    return aws


def elsewhere(aws: Aws) -> str:
    """The address that is asked instead of AWS, as `127.0.0.1:5770`; "" for AWS itself."""
    address = urlsplit(aws.calls.clients("organizations", aws.calls.region).meta.endpoint_url)
    return "" if (address.hostname or "").endswith(_AWS) else address.netloc


def show(answer: Answer, aws: Aws, settings: Settings) -> tuple[Step, ...]:
    """Every step as it stands, each said as soon as it is known."""
    shown = []
    answer.say("")
    with closing(procedure.seen(aws, settings)) as steps:  # so reads under way end before the command does
        for step in steps:
            shown.append(step)
            answer.say(report.line(step))
    return tuple(shown)


def state(aws: Aws, settings: Settings, steps: Sequence[Step], *, failed: bool = False) -> dict[str, Any]:
    """The state of the payer as JSON. After a failure AWS is not asked again."""
    ours: dict[str, Mapping[str, Any] | None] = {}
    if not failed:
        ours = {"id": aws.organizations.organization(), "root_id": aws.organizations.root()}
        ours["ou_id"] = found.institution_ou(aws, settings)
    return {
        "account": aws.caller.account,
        "in_place": not failed and report.in_place(steps),
        "steps": [report.step_json(step) for step in steps],
        "organization": {key: each["Id"] for key, each in ours.items() if each},
    }
