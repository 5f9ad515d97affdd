"""What both pages say, each to its reader: in short, roles, guards, signing in, the matrix, the drawing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from orgkit.proof.capabilities import Capability, Persona, Should, SignIn, capabilities
from orgkit.report.handover.findings import Findings, Guard, Party
from orgkit.report.handover.page import (
    Block,
    Code,
    Drawing,
    Facts,
    Inline,
    Link,
    Paragraph,
    Rows,
    Section,
    Steps,
    Table,
    Text,
    Verdict,
    one_table,
    prose,
)
from orgkit.report.text import counted

_OWN: Final = {Party.PARTNER: Persona.BILLING_ADMIN, Party.INSTITUTION: Persona.ORG_ADMIN}
_VERDICTS: Final[Mapping[Should, Verdict]] = {
    Should.ALLOWED: Verdict("allowed", "allowed"),
    Should.OPEN: Verdict("allowed", "allowed¹"),
    Should.DENIED: Verdict("denied", "denied"),
    Should.NOT_APPLICABLE: Verdict("none", "n/a"),
}

_AWS_SAYS: Final = (
    "AWS's message names the action and mostly the policy: `with an explicit deny in a …` names the kind of policy "
    "that forbids it, often with its ARN; `because no … policy allows` says that nothing allows it. Look the action up "
    "in the matrix above. What is denied there is meant to be."
)
_NO_MFA: Final = (
    "Nearly everything is denied, right after signing in",
    "This session has no MFA.",
    "Set up a device, sign out, and sign in with it. Work without access keys.",
)
_DENIED: Final = ("What you see", "Why", "What to do")
_ROLES: Final = (
    (
        "root user of the payer `{payer}`",
        Party.PARTNER,
        "everything; no policy binds it",
        "AWS keeps some tasks to it, and it mends what is broken. It is for nothing else.",
    ),
    (
        "`{billing_admin}`, a user of the payer",
        Party.PARTNER,
        "all of billing and cost, nothing of the organization",
        "Who pays must see and steer the bill, and needs no power over accounts for it.",
    ),
    (
        "`{org_admin}`, a user of the payer",
        Party.INSTITUTION,
        "the organization below the root, nothing of billing",
        "Who uses the accounts runs them, without a say in what is paid for them and how.",
    ),
    (
        "administrators of member accounts, through the role `{role}`",
        Party.INSTITUTION,
        "every AWS service in their account, but billing and leaving",
        "Work happens in member accounts. The SCPs bind everybody there.",
    ),
    (
        "root users of member accounts",
        Party.INSTITUTION,
        "what the administrators may; AWS lets them change the support plan, too",
        "Every account has one. Whoever reads its mailbox holds it, so look after the mailboxes.",
    ),
)


def in_short(found: Findings) -> Section:
    """The ids that every conversation about this organization needs."""
    rows: list[tuple[str, Text]] = [
        ("Sign-in URL", (Link(found.sign_in_url),)),
        ("Your user", (Code(found.user.name),)),
        ("Payer (management account)", (Code(found.payer),)),
        ("Organization", (Code(found.organization),)),
        ("Root", (Code(found.root),)),
        ("Institution's OU", prose("{name}, `{id}`", name=found.institution, id=found.ou)),
        ("Access role in member accounts", (Code(found.access_role),)),
    ]
    if found.party is Party.PARTNER:
        rows.append(("IAM stack", prose("`{stack}` in `{region}`", stack=found.stack, region=found.region)))
    return Section("in-short", "In short", (Facts(tuple(rows)),))


def roles(found: Findings) -> Section:
    """Who has which role, and why; and the partner's SCPs, which both must know."""
    names = {"payer": found.payer, "role": found.access_role, **_admins(found)}
    rows = [(prose(who, **names), _holder(found, party), prose(may), prose(why)) for who, party, may, why in _ROLES]
    table = one_table("The roles", ("Who", "Held by", "May", "Why"), rows)
    return Section("roles", "Who has which role, and why", (table, *_guards(found)))


def first_sign_in(found: Findings) -> Section:
    """From the first password to a session with MFA, and how far that has come."""
    user = found.user
    values: dict[str, str | Inline] = {"user": user.name, "file": user.credentials_file, "url": Link(found.sign_in_url)}
    steps = [
        prose("Open {url}. The address stays the same: keep it as a bookmark.", **values),
        prose(f"Sign in as `{{user}}`. {_first_password(found)}", **values),
        prose(
            "AWS asks for a new password of your own. Delete the file with the first one, wherever it was kept.",
            **values,
        ),
        prose(
            "Set up MFA: account menu (top right), Security credentials, Assign MFA device. Name an authenticator app "
            "`{user}`, a second one `{user}-2`: under another name AWS refuses it. If the set-up breaks off, begin "
            "again under the same name. AWS takes up to eight devices; have two.",
            **values,
        ),
        prose(f"Sign out, and sign in again with MFA. {_without_mfa(found)}"),
        prose(
            "For the command line use `aws login` (AWS CLI 2.32 or newer), which signs in through the browser. Make "
            "no access keys: a key never has MFA."
        ),
    ]
    blocks = (Paragraph(prose(_so_far(found), user=user.name)), Steps(tuple(steps)))
    return Section("sign-in", "Sign in for the first time", blocks)


def matrix(found: Findings) -> Section:
    """Every capability, for everybody: who may do what is no secret between the two."""
    blocks = (
        Paragraph(
            prose(
                "This is what should be. `orgkit prove`, which the partner can run at any time, asks AWS's own policy "
                "simulator whether what is deployed is so."
            )
        ),
        Table(
            caption="Who may do what",
            head=("… may", *(_headed(persona, found.party) for persona in Persona)),
            groups=tuple(_capability_rows(found)),
            own=1 + tuple(Persona).index(_OWN[found.party]),
        ),
        Paragraph(
            prose(
                "¹ unless an SCP beside the guards that come with orgkit takes it away. n/a: this does not concern "
                "that person: AWS takes such calls from the payer only, or the row is about member accounts."
            )
        ),
    )
    return Section("matrix", "The whole matrix", blocks)


def drawn(found: Findings, about: str) -> Section:
    """The organization as the reader may see it."""
    about = f"{about} FullAWSAccess, which AWS attaches to everything, is shown at the root alone."
    blocks: list[Block] = [Paragraph(prose(about)), Drawing(found.drawing)]
    if found.at_the_root:
        blocks.append(Paragraph(prose(f"{still_at_the_root(found)}, outside {{name}}.", name=found.institution)))
    return Section("organization", "The organization, drawn", tuple(blocks))


def still_at_the_root(found: Findings) -> str:
    """`2 accounts are still at the root`."""
    are = "is" if len(found.at_the_root) == 1 else "are"
    return f"{counted(len(found.at_the_root), 'account')} {are} still at the root"


def open_invitations(found: Findings) -> str:
    """How many invitations wait for an answer, as a sentence."""
    if not found.open_invitations:
        return "No invitation is open."
    verb = "waits" if found.open_invitations == 1 else "wait"
    return f"{counted(found.open_invitations, 'invitation')} {verb} for an answer; AWS lets one expire after 15 days."


def denied(found: Findings, rows: Sequence[tuple[str, str, str]]) -> Section:
    """What to do when something is denied. The rows may name `{own}`, `{other}` and `{role}`."""
    names = {"own": found.user.name, "other": found.other_user, "role": found.access_role}
    shown = [_NO_MFA, *rows] if found.require_mfa else rows
    table = one_table("What is denied", _DENIED, [[prose(cell, **names) for cell in row] for row in shown])
    return Section("denied", "When something is denied", (Paragraph(prose(_AWS_SAYS)), table))


def _admins(found: Findings) -> dict[str, str]:
    """The names of both users, by whose they are."""
    own, other = found.user.name, found.other_user
    billing_admin, org_admin = (own, other) if found.party is Party.PARTNER else (other, own)
    return {"billing_admin": billing_admin, "org_admin": org_admin}


def _holder(found: Findings, party: Party) -> Text:
    return ("you",) if party is found.party else (f"the {party}",)


def _guards(found: Findings) -> tuple[Block, ...]:
    intro = Paragraph(
        prose(
            "The partner's SCPs bind every user, role and root user of the member accounts below the place they are "
            "attached to, never the payer itself. The institution can neither change nor detach them."
        )
    )
    if not found.guards:
        return (Paragraph(prose("The partner has no SCP in this organization.")),)
    head = ("SCP", "Id", "Attached to", "What it does")
    return (intro, one_table("The partner's SCPs", head, tuple(map(_guard, found.guards))))


def _guard(guard: Guard) -> tuple[Text, ...]:
    places = prose("{places}", places=", ".join(guard.places)) if guard.places else prose("nothing at present")
    return prose("{name}", name=guard.name), (Code(guard.id),), places, prose("{what}", what=guard.meaning or "-")


def _first_password(found: Findings) -> str:
    if not found.console_access:
        return (
            "orgkit gives it no password: an administrator of the payer makes one (IAM, Users, Security credentials)."
        )
    if found.user.has_password:
        return "Its first password came in the file `{file}`, for your eyes only."
    if found.party is Party.PARTNER:
        return "It has no password yet: `orgkit bootstrap` writes one into `{file}`."
    return "It has no password yet: ask the partner for it."


def _without_mfa(found: Findings) -> str:
    if found.require_mfa:
        return "Until then AWS denies everything but your own password and MFA device."
    return "Nothing enforces MFA here; use it all the same."


def _so_far(found: Findings) -> str:
    password = "a password" if found.user.has_password else "no password"
    device = "an MFA device" if found.user.has_mfa else "no MFA device"
    return f"On {found.today:%Y-%m-%d}, `{{user}}` had {password} and {device}."


def _headed(persona: Persona, party: Party) -> str:
    return f"{persona.who} (you)" if persona is _OWN[party] else persona.who


def _capability_rows(found: Findings) -> Iterator[Rows]:
    true_here = (each for each in capabilities() if found.require_mfa or each.sign_in is SignIn.MFA)
    for title, members in groupby(true_here, lambda capability: capability.group):
        yield Rows(title, tuple(map(_capability, members)))


def _capability(capability: Capability) -> tuple[Text, ...]:
    return prose(capability.may), *((_VERDICTS[capability.should_be[persona]],) for persona in Persona)
