"""What only a person can do, derived from what AWS shows: bootstrap, status and the handover pages say the same.

None of it is needed for the verdict: a read that fails becomes a sentence, and nobody waits long for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from orgkit.aws import Aws
from orgkit.aws.attempts import hurried
from orgkit.errors import OrgkitError
from orgkit.iam import passwords
from orgkit.settings import Settings

T = TypeVar("T")


class Task(StrEnum):
    """What only the payer's root user can do, in the order to do it in; the value says that it is done."""

    BILLING = "IAM users see billing"
    QUOTA = "the account quota suffices"
    EMAIL = "the payer's e-mail address is verified"
    MFA = "the root user has an MFA device"
    KEYS = "the root user has no access keys"


@dataclass(frozen=True)
class ByHand:
    """What is left for the payer's root user, what AWS or the settings show to be done, and what could not be read."""

    left: tuple[str, ...]
    done: tuple[str, ...]
    unchecked: tuple[str, ...]


def checked(what: str, read: Callable[[], T]) -> tuple[T | None, tuple[str, ...]]:
    """What `read` finds; or None, and why it finds nothing: `whether … could not be checked: AccessDenied`."""
    try:
        with hurried():
            return read(), ()
    except OrgkitError as error:
        return None, (f"{what} could not be checked: {error.message}",)


def find(aws: Aws, settings: Settings) -> ByHand:
    """Ask AWS what is done. A read that fails leaves its task to do, and is named."""
    answers = {task: checked(f"whether {task}", is_done) for task, is_done in _checks(aws, settings).items()}
    words = tasks(settings)
    return ByHand(
        left=tuple(words[task] for task, (is_done, _) in answers.items() if not is_done),
        done=tuple(str(task) for task, (is_done, _) in answers.items() if is_done),
        unchecked=tuple(line for _, unread in answers.values() for line in unread),
    )


def remaining(aws: Aws, settings: Settings) -> list[str]:
    """Everything that is left for a person, in its order."""
    return [*find(aws, settings).left, *password_files(settings)]


def tasks(settings: Settings) -> dict[Task, str]:
    """Each task in words."""
    file = settings.path.name
    return {
        Task.BILLING: f"As root of {settings.account}, open Account (top right), 'IAM user and role access to Billing "
        "information', and activate it: until then the billing admin sees no billing pages. AWS does not show this: "
        f"add billing-access to done_by_hand in {file}.",
        Task.QUOTA: "Ask for a higher account quota than 10 now (Service Quotas, us-east-1); accounts of other "
        "organizations can move in after seven days. Then add account-quota to done_by_hand.",
        Task.EMAIL: "Verify the payer's e-mail address (AWS Organizations, Settings), or nobody can be invited.",
        Task.MFA: "Give the root user MFA: Security credentials, 'Assign MFA device'.",
        Task.KEYS: "Delete the root user's access keys: Security credentials, Access keys.",
    }


def password_files(settings: Settings) -> Iterator[str]:
    """What to do with the files of first passwords that still lie beside the settings."""
    parties = {settings.iam.billing_admin: "the partner", settings.iam.org_admin: "the institution"}
    for user in passwords.users(settings):
        file = passwords.file_of(settings, user)
        if file.exists():
            yield f"Give {file.name} to {parties[user]}, and delete it here."


def _checks(aws: Aws, settings: Settings) -> dict[Task, Callable[[], bool]]:
    """How to see that each task is done. Before there is an organization, only the root user itself needs work."""
    summary = aws.iam.summary
    root_user = {
        Task.MFA: lambda: bool(summary()["AccountMFAEnabled"]),
        Task.KEYS: lambda: not summary()["AccountAccessKeysPresent"],
    }
    if aws.organizations.organization() is None:
        return root_user

    def somebody_was_invited() -> bool:
        """AWS lets no invitation out before the payer's address is verified; it shows invitations for 30 days."""
        if aws.handshakes.all():
            return True
        root = aws.organizations.root()
        joined = aws.organizations.accounts(root["Id"]) if root else ()
        return any(each.get("JoinedMethod") == "INVITED" and each["Id"] != aws.caller.account for each in joined)

    return {
        Task.BILLING: lambda: "billing-access" in settings.done_by_hand,
        Task.QUOTA: lambda: "account-quota" in settings.done_by_hand,
        Task.EMAIL: somebody_was_invited,
        **root_user,
    }
