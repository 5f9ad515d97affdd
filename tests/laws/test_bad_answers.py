"""Law 6, answers: whatever AWS says, orgkit answers in one clear message, and writes nothing more."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import cycle, product
from typing import Any

import boto3
import pytest
from click.testing import Result

from laws import world
from laws.hands import ANYTHING, READ_ONLY, Hands, policy_arn
from laws.liar import Liar
from one_session import OneSession
from orgkit import procedure, sandbox
from orgkit.aws import Aws, Caller
from orgkit.aws.client import Calls, Clients
from orgkit.errors import OrgkitError, UnexpectedAnswer
from orgkit.invite import invitations
from orgkit.invite.targets import Target
from orgkit.report import drawing, notes
from orgkit.sandbox import PAYER, cloudformation, seed
from orgkit.sandbox.organizations import add_responsibility_transfer
from steps import in_order

OTHER = "210987654321"
ROOT = f"arn:aws:iam::{PAYER}:root"
READS = ("Describe", "Get", "List", "Detect", "Simulate")


@pytest.fixture(scope="module")
def lies() -> tuple[Liar, OneSession]:
    sandbox.install()
    session = boto3.Session(PAYER, "pretend", "pretend", region_name="us-east-1")
    return Liar(session), OneSession(session)


@pytest.fixture
def liar(lies, pretend_aws) -> Liar:
    # Every detection and stack is done at once: what has no end when it is remembered would be waited for.
    cloudformation.settle_reads(0, drift=0, change_sets=0)
    return lies[0]


@pytest.fixture
def hands(lies, pretend_aws) -> Hands:
    return Hands(lies[1])


@pytest.fixture
def new_run(lies):
    def run():
        calls = Calls(lies[1], Clients(lies[1]), tell=lambda line: None, region="us-east-1", sleep=lambda seconds: None)
        return Aws(calls, Caller(PAYER, ROOT, long_lived=True))

    return run


@pytest.fixture
def busy(liar, hands, new_run, settings) -> None:
    """A payer with one of everything that orgkit reads, some of it changed by hand."""
    tuple(procedure.bootstrap(new_run(), settings))
    hands.new_account("Physics", hands.ou())
    hands.new_account("Chemistry")
    hands.new_scp("theirs", hands.root, hands.new_ou("Foreign"))
    hands.organizations.update_policy(PolicyId=hands.scp("deny-billing"), Name="renamed", Description="")
    hands.organizations.invite_account_to_organization(Target={"Id": OTHER, "Type": "ACCOUNT"})
    add_responsibility_transfer("inbound", OTHER)
    hands.iam.create_user(UserName="Stranger")
    hands.iam.put_user_policy(UserName="Stranger", PolicyName="own", PolicyDocument=ANYTHING)
    hands.iam.put_group_policy(GroupName="OrgAdmins", PolicyName="own", PolicyDocument=ANYTHING)
    hands.iam.attach_user_policy(UserName="OrgAdmin", PolicyArn=READ_ONLY)
    hands.iam.create_policy_version(PolicyArn=policy_arn("OrgAdminPolicy"), PolicyDocument=ANYTHING, SetAsDefault=True)
    hands.give_mfa("BillingAdmin")


# Every member of every answer


def status(aws, settings):
    tuple(in_order(aws, settings))
    notes.find(aws, settings)


def drawn(aws, settings):
    grown = drawing.read(aws)
    assert grown
    tuple(drawing.tree(grown, settings, drawing.ours(aws, settings)))


def invited(aws, settings):
    invitations.plan(aws, settings, [Target(OTHER), Target("physics@example.edu")])
    aws.handshakes.all()


def simulated(aws, settings):
    asks = [("ce:GetCostAndUsage", "*"), ("organizations:ListRoots", "*")]
    aws.simulator.principal(f"arn:aws:iam::{PAYER}:user/OrgAdmin", {"aws:SecureTransport": True}, asks)
    aws.simulator.administrator([[ANYTHING]], {}, asks)


def without(answer: Any, member: Any) -> None:
    del answer[member]


def instead(value: object) -> Callable[[Any, Any], None]:
    def put(answer: Any, member: Any) -> None:
        answer[member] = value

    return put


DEEP = json.loads("[" * 900 + "]" * 900)
INSTEAD = [None, [], {}, "", 5, True, [None], DEEP, "x" * 100_000, "\u202e\x1b[2J\0 ☃", "\ud800", '{"Statement": [5]}']


def places(answer: object, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every member of an answer. The first of a list stands for all."""
    members = answer.items() if isinstance(answer, dict) else enumerate(answer[:1]) if isinstance(answer, list) else ()
    for member, value in members:
        if member != "ResponseMetadata":
            yield (*place, member)
            yield from places(value, (*place, member))


def at(place: tuple[Any, ...], deed: Callable[[Any, Any], None]) -> Callable[[Any], None]:
    """Do this to the member at a place."""

    def bend(answer: Any) -> None:
        with suppress(IndexError, KeyError, TypeError):  # another answer to the same operation may lack it
            for member in place[:-1]:
                answer = answer[member]
            answer[place[-1]]
            deed(answer, place[-1])

    return bend


def test_whatever_a_member_of_an_answer_is(liar, busy, new_run, settings, tally):
    outcomes: Counter[str] = Counter()
    odd, tried = cycle([each for value in INSTEAD for each in (without, instead(value))]), set()
    for look in (status, drawn, invited, simulated):
        with liar.remembering():
            look(new_run(), settings)
            for operation, place in [each for each in members(liar) if each[0] not in tried]:
                with liar.lying(operation, bend=at(place, next(odd))):
                    outcomes[came_of(partial(look, new_run(), settings))] += 1
            tried |= {operation for operation, _ in members(liar)}
    tally["bad answers"] += outcomes.total()
    assert outcomes["UnexpectedAnswer"] > outcomes.total() // 3
    assert set(outcomes) <= {"nothing", "UnexpectedAnswer", "OrgkitError", "AwsError"}


def members(liar) -> dict[tuple[str, tuple[Any, ...]], None]:
    """Every operation that was answered, with every member of its answers."""
    answered = [(operation, answer) for (operation, _), (code, answer) in liar.known.items() if code == 200]
    return {(operation, place): None for operation, answer in answered for place in places(answer)}


def came_of(look: Callable[[], object]) -> str:
    """What a look ended with: nothing bad, or a message for its reader. Anything else is a bug, and fails."""
    try:
        look()
    except OrgkitError as error:
        return type(error).__name__
    return "nothing"


def test_a_list_that_never_ends_is_left(liar, busy, new_run, settings, tally):
    seed.seed(accounts=0, ous=25)
    first: list[str] = []

    def again(answer: Any) -> None:
        """After the last page, the second once more."""
        first.append(answer.get("NextToken"))
        answer["NextToken"] = first[0]

    with (
        liar.lying("ListOrganizationalUnitsForParent", bend=again),
        pytest.raises(UnexpectedAnswer, match="the same NextToken twice"),
    ):
        status(new_run(), settings)
    tally["bad answers"] += 1


def test_an_account_whose_place_is_left_out_is_not_taken_for_somebody_elses(liar, busy, new_run, hands, tally):
    member = hands.organizations.list_accounts_for_parent(ParentId=hands.ou())["Accounts"][0]["Id"]
    assert new_run().delegation.path(member) == (hands.root, hands.ou())
    with (
        liar.lying("DescribeAccount", bend=lambda answer: answer["Account"].pop("Paths")),
        pytest.raises(UnexpectedAnswer, match=f"does not say where {member} is"),
    ):
        new_run().delegation.path(member)
    tally["bad answers"] += 1


# Answers that are none, to every call of every command, those that change something included


GARBAGE = [
    b"",
    b"null",
    b"[1]",
    b'{"Organization": {"Id"',
    b"\xff\xfe\x00",
    b'{"a":' * 100_000,
    b"<a/>",
    b"<html><body><h1>Sign in to the network of this hotel</h1>" + b"<br/>" * 50_000 + b"</body></html>",
]


@pytest.fixture
def orgkit(orgkit, lies, monkeypatch):
    monkeypatch.setattr("boto3.Session", lambda **_: lies[1])
    return orgkit


# They only tell what is done by hand already: without an answer, it is left to do.
NOT_NEEDED = {"GetAccountSummary", "ListHandshakesForOrganization"}
COMMANDS = ["bootstrap --yes", "status -o tree", f"invite {OTHER} --dry-run"]


def test_whatever_comes_instead_of_an_answer(orgkit, lies, liar, busy, tally):
    begin = world.keep()
    kinds = cycle(product(GARBAGE, (200, 403)))
    for operation, command in calls_of(orgkit, liar, begin).items():
        garbage, code = next(kinds)
        with liar.lying(operation, garbage=(code, garbage)):
            result = orgkit(command)
        if result.exit_code or code != 200 or not answers_nothing(lies[1], operation):
            if operation in NOT_NEEDED and result.exit_code == 0:
                assert "Finish by hand" in result.stdout
            else:
                assert_clear(result)
            assert written(liar.asked[liar.asked.index(operation) :]) <= {operation}  # which may be sent again
        if written(liar.asked):
            world.put_back(begin)
        tally["bad answers"] += 1


def calls_of(orgkit, liar, begin) -> dict[str, str]:
    """Every operation that the commands call, and the first that does."""
    found: dict[str, str] = {}
    for command in COMMANDS:
        with liar.lying("nothing"):
            assert orgkit(command).exit_code == 0, command
        found = {**dict.fromkeys(liar.asked, command), **found}
        world.put_back(begin)
    return found


def written(asked: list[str]) -> set[str]:
    return {call for call in asked if not call.startswith(READS)}


def answers_nothing(one: OneSession, operation: str) -> bool:
    """Whether AWS answers this with nothing, for which botocore then takes most of what it cannot read."""
    models = (one.client(service).meta.service_model for service in ("organizations", "iam", "cloudformation", "sts"))
    model = next(model for model in models if operation in model.operation_names)
    shape = model.operation_model(operation).output_shape
    return shape is None or not shape.members


def assert_clear(result: Result) -> None:
    """One message, in words, of bearable length."""
    assert result.exit_code == 1, result.output
    assert result.stderr.count("Error: ") == 1
    assert "Traceback" not in result.output
    assert "has a bug" not in result.output
    assert len(result.stderr.partition("Error: ")[2]) < 2000
