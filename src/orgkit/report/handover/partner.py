"""The partner's page: the payer, the bills, and what is left to do by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from orgkit.aws import Aws
from orgkit.iam import passwords
from orgkit.report import text
from orgkit.report.handover import shared
from orgkit.report.handover.findings import Done, Findings
from orgkit.report.handover.page import Block, Bullets, Paragraph, Section, Steps, Text, Verbatim, prose
from orgkit.report.text import RootTask
from orgkit.settings import Settings

_MAY: Final = (
    "see and steer all of billing and cost: bills, invoices, payments, purchase orders, tax, credits, budgets, Cost "
    "Explorer, exports, Savings Plans",
    "ask AWS Support about bills and tax, change the payer's address and billing contact",
    "read the metric of estimated charges, and set alarms on it whose names begin with Billing",
    "see the accounts and OUs of the organization, as billing pages show them",
    "change its own password and MFA device",
)
_MAY_NOT: Final = (
    "change anything of the organization: OUs, SCPs, accounts, invitations",
    "read the institution's policies, or enter a member account",
    "use IAM or any role, or hand a role to a service: so make, run or change no budget action",
    "buy reserved instances, change the support plan, or make the S3 bucket of an export: an administrator of your "
    "own in the payer does these",
)
_COMMANDS: Final = """\
orgkit invite --from accounts.csv --dry-run
orgkit invite 210987654321 cloud@example.edu --notes "Your IT department"
orgkit handover --for owner
orgkit invitations
orgkit place"""
_DENIALS: Final = (
    (
        "Billing pages are denied, although you signed in with MFA",
        "The payer's own switch is off. Only its root user can set it, and no API tells how it is set.",
        "As root: Account (top right), IAM user and role access to Billing information, activate.",
    ),
    (
        "OUs, SCPs, accounts, IAM, roles",
        "Meant so: who pays has no power over the accounts.",
        "Ask the institution, or use an administrator of the payer for what is yours.",
    ),
    (
        "Reserved instances, the support plan, the bucket of an export, a budget's action",
        "Not among the rights of `{own}`.",
        "Use an administrator of your own in the payer.",
    ),
    (
        "Anything that the matrix allows",
        "Somebody has changed what is deployed.",
        "Run `orgkit status` and `orgkit prove`; `orgkit bootstrap` puts it right.",
    ),
    (
        "The institution asks for something that it may not do",
        "The denials hold whatever else is attached to `{other}`.",
        "Do it for them as an administrator of the payer. Add no rights by hand.",
    ),
)


@dataclass(frozen=True)
class ByHand:
    """What of the payer only a person can do, and what of it AWS shows to be done."""

    for_root: tuple[str, ...]
    """What is left for the payer's root user."""
    done: tuple[str, ...]
    password_files: bool
    """Whether files of first passwords still lie beside the settings."""


def by_hand(aws: Aws, settings: Settings, done: Done) -> ByHand:
    """Read how the payer's root user is kept, and look for files beside the settings."""
    summary = aws.iam.summary()
    known = {
        RootTask.EMAIL: done.invited,
        RootTask.MFA: bool(summary["AccountMFAEnabled"]),
        RootTask.KEYS: not summary["AccountAccessKeysPresent"],
    }
    tasks = [task for task, is_done in known.items() if is_done]
    files = [passwords.file_of(settings, user) for user in passwords.users(settings)]
    return ByHand(
        tuple(text.for_root(aws.caller.account, tasks)),
        tuple(map(str, tasks)),
        any(file.exists() for file in files),
    )


def sections(found: Findings, left: ByHand) -> tuple[Section, ...]:
    return (
        shared.in_short(found),
        shared.roles(found),
        shared.first_sign_in(found),
        _may(found),
        shared.drawn(
            found,
            "Every OU and account that you pay for, with your SCPs in brackets. The institution's own SCPs are not "
            "shown: they are for its page.",
        ),
        _to_do(found, left),
        _invite(found),
        shared.denied(found, _DENIALS),
    )


def _may(found: Findings) -> Section:
    return Section(
        "may",
        "What your billing admin may and may not do",
        parts=(
            Section("may-do", "It may", (Bullets(_list(_MAY)),)),
            Section("may-not-do", "It may not", (Bullets(_list(_MAY_NOT)),)),
            shared.matrix(found),
        ),
    )


def _list(sentences: Sequence[str]) -> tuple[Text, ...]:
    return tuple((sentence,) for sentence in sentences)


def _to_do(found: Findings, left: ByHand) -> Section:
    blocks: list[Block] = [
        Paragraph(
            prose(
                "What only the payer's root user can do, in this order. No API tells whether the first is done: look."
            )
        ),
        Steps(_list(left.for_root)),
    ]
    if left.done:
        blocks.append(Paragraph(prose(f"Done, as AWS showed on {found.today:%Y-%m-%d}: {'; '.join(left.done)}.")))
    blocks += [Paragraph(prose("And for whoever keeps the settings:")), Bullets(tuple(_to_keep(found, left)))]
    return Section("by-hand", "What remains to be done by hand", tuple(blocks))


def _to_keep(found: Findings, left: ByHand) -> Iterator[Text]:
    """What is left for whoever keeps the settings."""
    if found.at_the_root:
        yield prose(f"{shared.still_at_the_root(found)}: move what belongs into the OU with `orgkit place`.")
    yield prose("Give the institution its own page: `orgkit handover --for institution`.")
    if left.password_files:
        yield prose(
            "Give each party the file with its first password, by another way than its page. Then delete the files "
            "beside the settings."
        )
    yield prose("Run `orgkit status` regularly; exit code 3 tells a difference. `orgkit bootstrap` mends it.")
    yield prose("Run `orgkit prove` after every change of policies: it shows that the matrix above still holds.")


def _invite(found: Findings) -> Section:
    blocks = (
        Paragraph(
            prose(
                "The institution invites and creates accounts itself. You can do it as well, but not as `{user}`: run "
                "orgkit as an administrator of the payer, beside the settings. " + shared.open_invitations(found),
                user=found.user.name,
            )
        ),
        Verbatim("Look, invite, print a text for the owners, see who has not answered, place who joined", _COMMANDS),
        Bullets(
            (
                prose("You pay for an account from the moment it accepts, and your guards at the root bind it."),
                prose(
                    "Before an account joins, its owner should end what no policy reaches later: exports, budgets and "
                    "anomaly alerts that deliver elsewhere, and CloudWatch's billing alerts."
                ),
                prose(
                    "An invited account has no role `{role}` until its owner makes it; the text for owners says how.",
                    role=found.access_role,
                ),
            )
        ),
    )
    return Section("invite", "How accounts are invited", blocks)
