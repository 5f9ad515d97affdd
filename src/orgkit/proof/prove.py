"""Who may really do what: every capability asked of AWS's own policy simulator, about what is deployed.

The payer's users and roles are simulated with all that is on them. Member accounts are simulated by the SCPs that are
the partner's, for an administrator whom nothing else binds: a new account right in the institution's OU has the
widest rights there. What the institution attaches itself it can also detach, so it counts neither way. The simulator
knows no root user, so a member's is such an administrator under the root user's ARN.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain, product
from typing import Final

from orgkit.aws import Aws
from orgkit.aws.principals import Ask
from orgkit.errors import AwsError, OrgkitError
from orgkit.proof.capabilities import Capability, Persona, Place, Should, SignIn
from orgkit.proof.deployed import Deployed, is_user, read_deployed
from orgkit.settings import Settings
from orgkit.settings.scps import GUARDS

NOTES: Final = (
    "A member account is judged as a new one right in the institution's OU, under the access role, and by the "
    "partner's SCPs alone: those at the root, and those that the settings attach at that OU. The institution can "
    "detach its own. A member's root user is judged by the SCPs alone.",
    "Root users: no SCP keeps a member's root user from changing the support plan, and nothing binds the payer's own "
    "root user or other administrators of the payer (`orgkit status` warns of them).",
    "AWS cannot tell in which direction an account is moved: whoever places accounts can move them back to the root, "
    "where the SCPs of the root still hold, and those of the institution's OU do not.",
    "The simulator reads policies. It does not know the payer's switch 'IAM user and role access to Billing "
    "information', without which the billing admin sees no billing page in the console.",
    "Service-linked roles are bound by no SCP, and policies of resources and of sessions are not part of this.",
)


class Found(StrEnum):
    """What AWS's simulator answered for all actions of a row together."""

    ALLOWED = "allowed"
    DENIED = "denied"
    PARTLY = "partly"
    NOT_APPLICABLE = "n/a"


@dataclass(frozen=True)
class Cell:
    found: Found
    should_be: Should
    wrong: tuple[str, ...] = ()
    """The actions whose answer is not as it should be."""


@dataclass(frozen=True)
class Row:
    capability: Capability
    cells: Mapping[Persona, Cell]


@dataclass(frozen=True)
class _Situation:
    """Who asks, and in which circumstances."""

    persona: Persona
    arn: str
    place: Place
    sign_in: SignIn
    own: tuple[tuple[str, str | tuple[str, ...]], ...]
    """Condition keys of the row, beside those that are on every request."""

    def goes_with(self, other: _Situation) -> bool:
        """Whether one call can ask about both. A row without keys of its own is never asked with another's."""
        same = replace(self, own=()) == replace(other, own=())
        contradicts = any(dict(self.own).get(key, value) != value for key, value in other.own)
        return same and bool(self.own and other.own) and not contradicts


_Tries = Sequence[tuple[_Situation, tuple[str, ...]]]
"""Situations, each with the resources that the actions of a row are done on."""

_Answers = Mapping[_Situation, Mapping[Ask, bool]]


def prove(aws: Aws, settings: Settings, rows: Sequence[Capability]) -> tuple[Row, ...]:
    """These capabilities for every persona. Only reads. Raises OrgkitError where there is nothing deployed yet."""
    deployed = read_deployed(aws, settings)
    tries = [(row, {who: list(_tries(deployed, row, who)) for who in deployed.principals}) for row in rows]
    asked: dict[_Situation, list[Ask]] = {}
    for row, by_persona in tries:
        for situation, resources in chain(*by_persona.values()):
            asked.setdefault(situation, []).extend(product(row.actions, resources))
    answers: dict[_Situation, Mapping[Ask, bool]] = {}
    for situations in _together(asked):
        asks = [ask for situation in situations for ask in asked[situation]]
        answers |= dict.fromkeys(situations, _answers(aws, deployed, situations, asks))
    return tuple(
        Row(row, {who: _cell(deployed, row, who, each, answers) for who, each in by_persona.items()})
        for row, by_persona in tries
    )


def notes(settings: Settings) -> tuple[str, ...]:
    """What the matrix leaves out, and what besides it the settings have given the institution."""
    roles = settings.iam.org_admin_from or settings.iam.billing_admin_from
    mfa = "No session of a role shows MFA to a policy: whoever signs people in to an admin's role has to ask for it."
    given = ", ".join(service.principal for service in settings.services)
    accounts = sorted({service.administrator for service in settings.services if service.administrator})
    services = f"By the settings, the institution has these services in all of its accounts: {given}."
    reads = (
        f" Delegated administrators ({', '.join(accounts)}) read the whole tree: every account, OU and SCP, no bill."
    )
    return (*NOTES, *([mfa] if roles else []), *([services + (reads if accounts else "")] if given else []))


def remedy(settings: Settings, rows: Sequence[Row]) -> str:
    """What to do where something is not as it should be; "" where all is."""
    wrong = [(persona, cell) for row in rows for persona, cell in row.cells.items() if cell.wrong]
    if not wrong:
        return ""
    at_root = {scp.source for scp in settings.scps if scp.attach == "root"}
    absent = [guard["document"] for guard in GUARDS if f"scp-examples/{guard['document']}.json" not in at_root]
    add = absent and any(persona.is_member and cell.should_be is Should.DENIED for persona, cell in wrong)
    first = f"Name {' and '.join(absent)} under scps in {settings.path.name}, with attach: root. " if add else ""
    return f"{first}`orgkit status` shows what differs from the settings, and `orgkit bootstrap` restores it."


def _tries(
    deployed: Deployed, capability: Capability, persona: Persona
) -> Iterator[tuple[_Situation, tuple[str, ...]]]:
    """The situation and the resources: once, or for each of the partner's SCPs; never where it is not applicable."""
    should_be, mfa = capability.should_be[persona], capability.sign_in == "mfa"
    if should_be is Should.NOT_APPLICABLE or not (mfa or deployed.require_mfa):
        return
    templates = " ".join(capability.resources)
    own_user = "user/{self}" in templates or "mfa/{self}" in templates  # which a role does not have
    users_only = not mfa or (own_user and should_be is Should.ALLOWED)
    arns = [arn for arn in deployed.principals[persona] if is_user(arn) or not users_only]
    for arn, names in product(arns, deployed.names(persona, by_guard="{protected_scp}" in templates)):
        own = tuple(
            (key, tuple(each.format_map(names) for each in value) if isinstance(value, tuple) else value)
            for key, value in capability.context
        )
        resources = tuple(template.format_map(names) for template in capability.resources)
        yield _Situation(persona, arn, capability.place, capability.sign_in, own), resources


def _together(asked: Mapping[_Situation, Sequence[Ask]]) -> list[list[_Situation]]:
    """Which situations are asked about in the same calls: there are not many, and AWS throttles them.

    No action is then in two of them: an action of one row may see the keys of another, but never other values of
    its own keys, and no policy tests for an action the keys that only others have.
    """
    groups: list[list[_Situation]] = []
    actions = {situation: {action for action, _ in asks} for situation, asks in asked.items()}
    for new in asked:
        fitting = (
            group
            for group in groups
            if all(new.goes_with(other) and not actions[new] & actions[other] for other in group)
        )
        if group := next(fitting, None):
            group.append(new)
        else:
            groups.append([new])
    return groups


def _answers(aws: Aws, deployed: Deployed, situations: Sequence[_Situation], asks: Iterable[Ask]) -> Mapping[Ask, bool]:
    first = situations[0]
    context = deployed.context(first.persona, first.arn, first.sign_in)
    context.update(key for situation in situations for key in situation.own)
    if first.persona.is_member:
        return aws.simulator.administrator(deployed.scps[first.place], context, asks)
    try:
        return aws.simulator.principal(first.arn, context, asks)
    except AwsError as error:
        if error.code != "NoSuchEntity":
            raise
        kind = "user" if is_user(first.arn) else "role"
        raise OrgkitError(f"There is no {kind} {first.arn} yet.", "Run `orgkit bootstrap` first.") from error


def _cell(deployed: Deployed, capability: Capability, persona: Persona, tries: _Tries, answers: _Answers) -> Cell:
    should_be, first = capability.should_be[persona], deployed.principals[persona][0]
    decisions = [
        (
            action + (" (by the role)" if situation.arn != first else ""),
            all(answers[situation][action, resource] for resource in resources),
        )
        for situation, resources in tries
        for action in capability.actions
    ]
    if not decisions:
        return Cell(Found.NOT_APPLICABLE, should_be)
    answered = {allowed for _, allowed in decisions}
    found = Found.PARTLY if len(answered) > 1 else Found.ALLOWED if True in answered else Found.DENIED
    wanted = should_be is not Should.DENIED
    wrong = (
        [] if should_be is Should.OPEN and deployed.narrowed else [each for each, may in decisions if may is not wanted]
    )
    return Cell(found, should_be, tuple(dict.fromkeys(wrong)))
