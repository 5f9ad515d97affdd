"""Reading side by side: in order, bounded, each fact once."""

from __future__ import annotations

from functools import partial
from threading import Barrier, Event, Lock, RLock
from time import sleep

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from moto.core.botocore_stubber import MockRawResponse

from orgkit.aws import Aws, Caller
from orgkit.aws.client import Calls, Clients, Facts, side_by_side
from orgkit.errors import OrgkitError
from orgkit.report import drawing
from orgkit.sandbox import PAYER
from orgkit.sandbox.seed import seed


def test_answers_come_in_the_order_of_the_reads():
    second = Event()

    def slow() -> str:
        assert second.wait(60)
        return "first"

    def quick() -> str:
        second.set()
        return "second"

    assert list(side_by_side([slow, quick])) == ["first", "second"]


def test_facts_may_be_dropped_while_others_read_more():
    """Whoever finds itself overtaken by another run reads again, beside the steps that are being read."""
    facts = Facts()

    class Looked:
        """While it is looked at, another thread comes in."""

        def __eq__(self, other: object) -> bool:
            facts.learn(object(), None)
            return False

        __hash__ = object.__hash__

    facts.learn(Looked(), None)
    facts.learn("stack", "as it was")
    facts.drop("stack")
    assert facts.read("stack", lambda: "as it is") == "as it is"


def test_who_has_just_read_a_fact_has_it_even_if_it_is_dropped_at_once():
    class Forgetful(dict):
        def __setitem__(self, *_: object) -> None:
            """As if another thread had dropped it."""

    assert Facts(Forgetful()).read("stack", lambda: "as it is") == "as it is"


def test_an_answer_does_not_wait_for_those_after_it():
    end = Event()
    answers = side_by_side([lambda: "first", lambda: end.wait(60)])
    assert next(answers) == "first"
    end.set()
    assert list(answers) == [True]


def test_no_more_than_eight_read_at_once():
    lock, under_way, most, eight = Lock(), [], [], Barrier(8, timeout=60)

    def read() -> None:
        with lock:
            under_way.append(None)
            most.append(len(under_way))
        eight.wait()
        with lock:
            under_way.pop()

    list(side_by_side([read] * 40))
    assert max(most) == 8


@pytest.mark.parametrize("failure", [ValueError("no"), KeyboardInterrupt()])
def test_a_failure_is_raised_in_the_place_of_its_answer(failure):
    def fail() -> str:
        raise failure

    answers = side_by_side([lambda: "first", fail, lambda: "third"])
    assert next(answers) == "first"
    with pytest.raises(type(failure)):
        next(answers)


def test_after_a_failure_nothing_more_is_begun():
    begun = []

    def fail() -> None:
        raise OrgkitError("AWS said no.")

    def read(number: int) -> None:
        begun.append(number)
        sleep(0.01)

    with pytest.raises(OrgkitError, match="AWS said no"):
        list(side_by_side([fail, *(partial(read, number) for number in range(1000))]))
    seen = len(begun)
    assert seen < 1000
    sleep(0.05)
    assert len(begun) == seen


def test_an_abandoned_walk_may_be_cleared_away_by_one_of_its_own_threads():
    begun, ended, failures = Event(), Event(), list[Exception]()

    def clear_away() -> None:
        assert begun.wait(60)
        try:
            walk.close()
        except RuntimeError as failure:
            failures.append(failure)
        ended.set()

    walk = side_by_side([lambda: "first", clear_away])
    assert next(walk) == "first"
    begun.set()
    assert ended.wait(60)
    assert failures == []


def test_a_fact_that_several_ask_for_is_read_once():
    facts, reads = Facts(), []

    def read() -> str:
        sleep(0.01)
        reads.append("root")
        return "r-1"

    assert set(side_by_side([partial(facts.read, "root", read)] * 20)) == {"r-1"}
    assert reads == ["root"]


def test_a_fact_is_read_once_also_if_several_begin_to_ask_at_the_same_moment(monkeypatch):
    def slow() -> object:
        sleep(0.01)  # the other threads come in while the first makes the lock of the fact
        return RLock()

    def read() -> str:
        sleep(0.05)
        reads.append("root")
        return "r-1"

    monkeypatch.setattr("orgkit.aws.client.RLock", slow)
    facts, reads = Facts(), []
    assert set(side_by_side([partial(facts.read, "root", read)] * 8)) == {"r-1"}
    assert reads == ["root"]


class Session:
    """A session that tells which clients were made. Throttled, AWS refuses every call the first time it is sent."""

    def __init__(self, session, *, throttled: bool = False) -> None:
        # One of its own: what listens at the clients of all tests would go on to listen in the tests to come.
        self.session = boto3.Session(aws_access_key_id=PAYER, aws_secret_access_key="pretend", region_name="us-east-1")
        self.get_credentials = session.get_credentials
        self.throttled = throttled
        self.made: list[str] = []
        self.sent: set[bytes] = set()

    def client(self, service: str, **kwargs: object) -> object:
        self.made.append(service)
        client = self.session.client(service, **kwargs)
        client.meta.events.register_first("before-send", self.refuse)
        return client

    def refuse(self, request, event_name: str, **_: object) -> AWSResponse | None:
        call = event_name.encode() + request.body
        if not self.throttled or call in self.sent:
            return None
        self.sent.add(call)
        answer = MockRawResponse('{"__type": "TooManyRequestsException", "message": "Slowly."}')
        return AWSResponse(request.url, 400, {"Content-Type": "application/x-amz-json-1.1"}, answer)


@pytest.fixture
def drawn(session, pretend_aws, told, monkeypatch):
    """The tree of an organization of 50 accounts, as this session shows it."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # botocore's own
    session.client("organizations").create_organization(FeatureSet="ALL")
    seed(50, 5)

    def read(through: Session) -> drawing.Node | None:
        calls = Calls(through, Clients(through), tell=told.append, region="us-east-1", sleep=lambda seconds: None)
        return drawing.read(Aws(calls, Caller(PAYER, f"arn:aws:iam::{PAYER}:root", long_lived=True)))

    return read


def test_only_the_clients_that_are_used_are_made_and_each_once(session, drawn):
    through = Session(session)
    assert drawn(through)
    assert through.made == ["organizations"]


def test_a_throttled_tree_is_the_same(session, drawn):
    through = Session(session, throttled=True)
    assert drawn(through) == drawn(Session(session))
    assert len(through.sent) == 2 + 6 * 2  # the organization and its root; OUs and accounts of six nodes
