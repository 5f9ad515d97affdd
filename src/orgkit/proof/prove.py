"""Who may really do what: reads what is deployed, and asks AWS's own policy simulator about every capability.

The payer's users and roles are simulated with all that is on them. Member accounts are simulated by the SCPs that are
the partner's, for an administrator whom nothing else binds: a new account right in the institution's OU has the
widest rights there. What the institution attaches itself it can also detach, so it counts neither way. The simulator
knows no root user, so a member's is such an administrator under the root user's ARN.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, product
from typing import Final, Self

from orgkit import found
from orgkit.aws import Aws
from orgkit.aws.client import require
from orgkit.aws.cloudformation import NO_ENTITY
from orgkit.aws.organizations import FULL_ACCESS_ID, has_scps
from orgkit.aws.principals import Ask, Value
from orgkit.bundled import shipped
from orgkit.errors import AwsError, OrgkitError
from orgkit.iam.template import WATCHER
from orgkit.proof.capabilities import FILE, Capability, Persona, Place, Should
from orgkit.settings import Settings
from orgkit.settings.scps import GUARDS

_GUARDS: Final = {guard["document"]: f"scp-examples/{guard['document']}.json" for guard in GUARDS}

# As AWS's documentation names them: what is simulated need not exist.
_MEMBER: Final = "111122223333"
_BELOW: Final = "example00"


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
class Deployed:
    """What is deployed, as the proof needs it."""

    principals: Mapping[Persona, Sequence[str]]
    """The ARNs of who the persona is: of the payer's users, roles, or both."""
    scps: Mapping[Place, Sequence[Sequence[str]] | None]
    """What binds a member account, by where it is: SCP documents at the root, each OU on the way, and the account. None
    where SCPs are off."""
    guards: Sequence[str]
    """The ARNs of the partner's SCPs."""
    narrowed: bool
    """Whether the partner's SCPs other than the two guards may deny members more, and something at the root allows."""
    require_mfa: bool
    known: Mapping[str, str]
    """Placeholders that are the same for every persona."""


@dataclass(frozen=True, eq=False)
class _Question:
    """Whether somebody may do the actions of a row on all of these resources."""

    row: Capability
    persona: Persona
    arn: str
    resources: Sequence[str]
    own: Mapping[str, Value]
    """Condition keys of the row, beside those that are on every request."""

    def goes_with(self, other: Self) -> bool:
        """Whether one call can ask both. A row without keys of its own is never asked with another's.

        An action of one row may see the keys of another, but never other values of its own keys, and no policy tests
        for an action the keys that only others have.
        """
        if (self.arn, self.row.sign_in, self.row.place) != (other.arn, other.row.sign_in, other.row.place):
            return False
        contradicts = any(self.own.get(key, value) != value for key, value in other.own.items())
        apart = self.own and other.own and not contradicts and not {*self.row.actions} & {*other.row.actions}
        return self.own == other.own or bool(apart)


def prove(aws: Aws, settings: Settings, rows: Sequence[Capability]) -> tuple[Row, ...]:
    """These capabilities for every persona. Only reads. Raises OrgkitError where there is nothing deployed yet."""
    deployed = read_deployed(aws, settings)
    asked = [(row, {who: list(_questions(deployed, row, who)) for who in deployed.principals}) for row in rows]
    calls: list[list[_Question]] = []  # not many, for AWS throttles them
    for _, by_persona in asked:
        for question in chain(*by_persona.values()):
            fitting = (call for call in calls if all(map(question.goes_with, call)))
            if call := next(fitting, None):
                call.append(question)
            else:
                calls.append([question])
    answers: dict[_Question, Mapping[Ask, bool]] = {}
    for call in calls:
        answers |= dict.fromkeys(call, _answers(aws, deployed, call))
    return tuple(
        Row(row, {who: _cell(deployed, row.should_be[who], each, answers) for who, each in by_persona.items()})
        for row, by_persona in asked
    )


def notes(settings: Settings) -> tuple[str, ...]:
    """What the matrix leaves out, and what else the settings have given the institution."""
    said, iam = shipped(FILE)["notes"], settings.iam
    given = {
        "roles": iam.org_admin_from or iam.billing_admin_from,
        "services": ", ".join(service.principal for service in settings.services),
        "administrators": ", ".join(sorted({each.administrator for each in settings.services if each.administrator})),
    }
    return (*said["always"], *(said[name].format_map(given) for name, value in given.items() if value))


def remedy(settings: Settings, rows: Sequence[Row]) -> str:
    """What to do where something is not as it should be; "" where all is."""
    wrong = [(persona, cell) for row in rows for persona, cell in row.cells.items() if cell.wrong]
    if not wrong:
        return ""
    at_root = {scp.source for scp in settings.scps if scp.attach == "root"}
    absent = [document for document, source in _GUARDS.items() if source not in at_root]
    add = absent and any(persona.is_member and cell.should_be is Should.DENIED for persona, cell in wrong)
    first = f"Name {' and '.join(absent)} under scps in {settings.path.name}, with attach: root. " if add else ""
    return f"{first}`orgkit status` shows what differs from the settings, and `orgkit bootstrap` restores it."


def read_deployed(aws: Aws, settings: Settings) -> Deployed:
    """Read what is deployed. Raises OrgkitError where the organization or the institution's OU is missing.

    Below the root only FullAWSAccess and the partner's SCPs count: the institution can change everything else there.
    """
    organization, root = require(aws.organizations.organization()), require(aws.organizations.root())
    ou = require(found.institution_ou(aws, settings), f"OU {settings.institution}")
    partners = {policy["Id"]: policy for policy in found.partners_scps(aws, settings)}
    scps: dict[Place, Sequence[Sequence[str]] | None] = {"root": None, "ou": None}
    narrowed = False
    if has_scps(root):
        at_root, at_ou = (aws.scps.attached(node["Id"]) for node in (root, ou))
        full_access = (aws.scps.content(FULL_ACCESS_ID),)
        contents = tuple(aws.scps.content(policy["Id"]) for policy in at_root)
        theirs = tuple(aws.scps.content(policy["Id"]) for policy in at_ou if policy["Id"] in partners)
        scps = {"root": (contents, full_access), "ou": (contents, (*full_access, *theirs), full_access)}
        guards = [found.scp(aws, settings, scp) for scp in settings.scps if scp.source in _GUARDS.values()]
        others = partners.keys() - {guard["Id"] for guard in guards if guard}
        narrowed = bool(others) and any(found.allows(aws, policy) for policy in at_root)
    known = {
        "partition": aws.caller.partition,
        "region": aws.cloudformation.region,
        "organization": organization["Id"],
        "root_id": root["Id"],
        "institution_ou_id": ou["Id"],
        "ou_id": f"{ou['Id'].rpartition('-')[0]}-{_BELOW}",
        "payer": aws.caller.account,
        "member": _MEMBER,
        "access_role": settings.iam.access_role,
        "stack": settings.iam.stack,
    }
    known |= {name: arn.format_map(known) for name, arn in shipped(FILE)["arns"].items()}
    arns = tuple(policy["Arn"] for policy in partners.values())
    return Deployed(_principals(settings, known), scps, arns, narrowed, settings.iam.require_mfa, known)


def _principals(settings: Settings, known: Mapping[str, str]) -> dict[Persona, Sequence[str]]:
    """A member's administrator is the access role: none is stronger, and SCPs tend to exempt it."""
    iam = settings.iam
    payer, member = (f"arn:{known['partition']}:iam::{known[account]}" for account in ("payer", "member"))
    arns = {
        Persona.BILLING_ADMIN: [f"{payer}:user/{iam.billing_admin}"],
        Persona.ORG_ADMIN: [f"{payer}:user/{iam.org_admin}"],
        Persona.MEMBER_ADMIN: [f"{member}:role/{iam.access_role}"],
        Persona.MEMBER_ROOT: [f"{member}:root"],
    }
    if iam.billing_admin_from:
        arns[Persona.BILLING_ADMIN].append(f"{payer}:role/{iam.billing_admin}")
    if iam.org_admin_from:
        arns[Persona.ORG_ADMIN].append(f"{payer}:role/{iam.org_admin}")
    return {**arns, **({Persona.WATCHER: [f"{payer}:role/{WATCHER}"]} if iam.watcher else {})}


def _questions(deployed: Deployed, row: Capability, persona: Persona) -> Iterator[_Question]:
    """Once for each user or role, or for each of the partner's SCPs; never where it is not applicable."""
    should_be, mfa = row.should_be[persona], row.sign_in == "mfa"
    if should_be is Should.NOT_APPLICABLE or not (mfa or deployed.require_mfa):
        return
    templates = " ".join(row.resources)
    own_user = "user/{self}" in templates or "mfa/{self}" in templates  # which a role does not have
    users_only = not mfa or (own_user and should_be is Should.ALLOWED)
    arns = [arn for arn in deployed.principals[persona] if _is_user(arn) or not users_only]
    own_names = {who: arns[0].rpartition("/")[2] for who, arns in deployed.principals.items()}
    other = Persona.ORG_ADMIN if persona is Persona.BILLING_ADMIN else Persona.BILLING_ADMIN
    names = {**deployed.known, "self": own_names[persona], "other": own_names[other]}
    for arn, guard in product(arns, deployed.guards if "{protected_scp}" in templates else [""]):
        names["protected_scp"] = guard
        own = {
            key: tuple(each.format_map(names) for each in value) if isinstance(value, list) else value
            for key, value in row.context.items()
        }
        yield _Question(row, persona, arn, [template.format_map(names) for template in row.resources], own)


def _answers(aws: Aws, deployed: Deployed, questions: Sequence[_Question]) -> Mapping[Ask, bool]:
    """What the simulator says to questions that go together. It is told the keys that AWS puts on every request."""
    first = questions[0]
    row, arn, is_member = first.row, first.arn, first.persona.is_member
    context: dict[str, Value] = {
        "aws:PrincipalAccount": deployed.known["member" if is_member else "payer"],
        "aws:PrincipalArn": arn,
        "aws:PrincipalIsAWSService": False,
        "aws:PrincipalOrgID": deployed.known["organization"],
        "aws:RequestedRegion": deployed.known["region"],
        "aws:SecureTransport": True,
        "aws:ViaAWSService": False,
    }
    if _is_user(arn):
        context["aws:username"] = arn.rpartition("/")[2]
    if _is_user(arn) and row.sign_in != "access-key":
        context["aws:MultiFactorAuthPresent"] = row.sign_in == "mfa"
    for question in questions:
        context |= question.own
    asks = [ask for question in questions for ask in product(question.row.actions, question.resources)]
    if is_member:
        return aws.simulator.administrator(deployed.scps[row.place], context, asks)
    try:
        return aws.simulator.principal(arn, context, asks)
    except AwsError as error:
        if error.code != NO_ENTITY:
            raise
        kind = "user" if _is_user(arn) else "role"
        raise OrgkitError(f"There is no {kind} {arn} yet.", "Run `orgkit bootstrap` first.") from error


def _is_user(arn: str) -> bool:
    """Whether this is a user: a role has no name, password or MFA of its own."""
    return ":user/" in arn


def _cell(
    deployed: Deployed,
    should_be: Should,
    questions: Sequence[_Question],
    answers: Mapping[_Question, Mapping[Ask, bool]],
) -> Cell:
    """What was answered for a row and a persona, against what it should be. An action of a role's says so."""
    decisions: list[tuple[str, bool]] = []
    for question in questions:
        by = "" if question.arn == deployed.principals[question.persona][0] else " (by the role)"
        for action in question.row.actions:
            allowed = all(answers[question][action, resource] for resource in question.resources)
            decisions.append((f"{action}{by}", allowed))
    if not decisions:
        return Cell(Found.NOT_APPLICABLE, should_be)
    answered = {allowed for _, allowed in decisions}
    if len(answered) > 1:
        together = Found.PARTLY
    elif True in answered:
        together = Found.ALLOWED
    else:
        together = Found.DENIED
    wanted = should_be is not Should.DENIED
    wrong = [action for action, allowed in decisions if allowed is not wanted]
    if should_be is Should.OPEN and deployed.narrowed:
        wrong = []
    return Cell(together, should_be, tuple(dict.fromkeys(wrong)))
