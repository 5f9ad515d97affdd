"""The institution's page: the organization it runs, and how."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from orgkit.report.handover import shared
from orgkit.report.handover.findings import Findings
from orgkit.report.handover.page import Bullets, Paragraph, Section, Steps, Text, Verbatim, prose

_MAY: Final = (
    "create, rename, delete and tag OUs below your own",
    "write SCPs, and attach them to your OU, to OUs and to accounts below it",
    "create and invite accounts, cancel invitations, move and tag accounts",
    "read everything of the organization but billing transfers",
    "use every AWS service in the accounts of your OU, through the access role",
    "ask AWS for more accounts, and check and simulate policies",
    "change your own password and MFA device",
)
_MAY_NOT: Final = (
    "see or change billing and cost, neither in the payer nor in your accounts",
    "change anything in the payer or at the root, but for moving accounts; or rename, delete and tag your own OU",
    "change, attach or detach the partner's SCPs, or use policies of another type",
    "switch trusted services, policy types, delegated administrators and resource policies",
    "remove or close accounts, leave or delete the organization",
    "use IAM, CloudFormation and the other services of the payer, or its roles",
)
_COMMANDS: Final = """\
aws organizations invite-account-to-organization --target Type=ACCOUNT,Id=210987654321
aws organizations create-account --account-name Lab --email lab@example.edu \\
  --role-name {role}
aws organizations move-account --account-id 210987654321 \\
  --source-parent-id {root} --destination-parent-id {ou}"""
_DENIALS: Final = (
    (
        "Bills, cost, budgets, anywhere",
        "Meant so: the partner has billing, and you have the organization.",
        "Ask the partner for the figures that you need.",
    ),
    (
        "In a member account: `with an explicit deny in a service control policy`",
        "An SCP at the root, at an OU above the account, or at the account itself.",
        "Compare its id with the partner's SCPs above. One of your own you can change or detach.",
    ),
    (
        "In a member account: `because no service control policy allows`",
        "FullAWSAccess was detached somewhere on the way down.",
        "Attach it again there. At the root only the partner can.",
    ),
    (
        "Anything at the root, at your own OU's name, or at the partner's SCPs",
        "Kept by the partner, so that the separation holds.",
        "Ask the partner.",
    ),
    (
        "Switch role fails",
        "The account is not in your OU, has no role `{role}` yet, or this session has no MFA.",
        "Move the account into your OU, or have its owner make the role with the text above.",
    ),
    (
        "`aws login` is denied what the console allows",
        "The session may not carry your MFA.",
        "Work in the console, and tell the partner.",
    ),
    (
        "No further account can be invited or created",
        "The quota of accounts is used up; open invitations count, too.",
        "Cancel invitations that nobody answers. Only the partner can ask AWS for more.",
    ),
)


def sections(found: Findings, owner_guide: str) -> tuple[Section, ...]:
    """`owner_guide` is the text for the owners of invited accounts."""
    return (
        shared.in_short(found),
        shared.roles(found),
        shared.first_sign_in(found),
        _may(found),
        shared.drawn(found, "Every OU and account, with the SCPs attached to it in brackets."),
        _to_do(found),
        _invite(found, owner_guide),
        shared.denied(found, _DENIALS),
    )


def _may(found: Findings) -> Section:
    return Section(
        "may",
        "What you may and may not do",
        parts=(
            Section("may-do", "You may", (Bullets(_list(_MAY)),)),
            Section("may-not-do", "You may not", (Bullets(_list(_MAY_NOT)),)),
            shared.matrix(found),
        ),
    )


def _list(sentences: Sequence[str]) -> tuple[Text, ...]:
    return tuple((sentence,) for sentence in sentences)


def _to_do(found: Findings) -> Section:
    intro = prose(
        "In this order, in the console of AWS; signed in as `{user}` where nothing else is said. What AWS shows to be "
        "done is left out.",
        user=found.user.name,
    )
    blocks = (Paragraph(intro), Steps(tuple(_steps(found))))
    return Section("by-hand", "What remains to be done by hand", blocks)


def _steps(found: Findings) -> Iterator[Text]:
    if not found.user.has_mfa:
        yield prose("Sign in for the first time and set up MFA, as above.")
    if found.at_the_root:
        yield prose(
            f"{shared.still_at_the_root(found)}. Move what is there into your OU: nobody can work in it before."
        )
    if not found.done.ous:
        yield prose(
            "Make your OUs below `{ou}`: AWS Organizations, AWS accounts, choose your OU, Actions, Create new.",
            ou=found.ou,
        )
    if not found.done.scps:
        yield prose(
            "Write your own SCPs and attach them to your OU or below: AWS Organizations, Policies, Service control "
            "policies. The partner has starters (`scp-examples`): regions, root users, trails, quarantine."
        )
    yield prose(
        "Give the root user of every member account MFA, signed in as that root user: account menu, Security "
        "credentials. A new account's root user has no password until you reset it by mail."
    )
    yield prose("Make the role `{role}` in accounts that were invited (see below).", role=found.access_role)


def _invite(found: Findings, owner_guide: str) -> Section:
    work = prose(
        "To work in an account: account menu, Switch role; account id, and the role `{role}`.", role=found.access_role
    )
    commands = _COMMANDS.format(role=found.access_role, root=found.root, ou=found.ou)
    blocks = (
        Paragraph(prose(shared.open_invitations(found))),
        Steps(
            (
                prose(
                    "Invite: AWS Organizations, AWS accounts, Add an AWS account, Invite an existing AWS account. Name "
                    "its id or the e-mail address of its root user, and send the owner the text below."
                ),
                prose(
                    "Or create one: Add an AWS account, Create an AWS account, with the role name `{role}`.",
                    role=found.access_role,
                ),
                prose("It lands at the root. Move it into your OU: choose it, Actions, Move."),
                work,
            )
        ),
        Verbatim("The same on the command line", commands),
        Verbatim("A text for the owners of invited accounts", owner_guide),
    )
    return Section("invite", "How to invite and create accounts", blocks)
