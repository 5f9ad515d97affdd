"""The sandbox as a server: one process serves, boto3 and plain HTTP call it from this one."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from inspect import isfunction
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from werkzeug import Request as WebRequest

from orgkit.errors import OrgkitError
from orgkit.sandbox import PAYER, server
from orgkit.sandbox.server.controls import FUNCTIONS, LOGGED, Controls
from orgkit.sandbox.server.faults import LoggedCall

INVITED = "210987654321"
TARGET = {"Type": "ACCOUNT", "Id": INVITED}
SERVE = """
from orgkit.sandbox.server import serve
serve(0, lambda url: print(url, flush=True), enforce={})
print('ended')
"""
ONCE = Config(retries={"total_max_attempts": 1})
HASTY = Config(retries={"total_max_attempts": 1}, read_timeout=0.3)


class Running(NamedTuple):
    process: subprocess.Popen[str]
    url: str


def start(stderr: Path, *, enforce: bool = True) -> Running:
    with stderr.open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE.format(enforce)], stdout=subprocess.PIPE, stderr=errors, encoding="utf-8"
        )
    assert process.stdout
    return Running(process, process.stdout.readline().strip())


@pytest.fixture(scope="module")
def stderr(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server") / "stderr"


@pytest.fixture(scope="module")
def running(stderr: Path) -> Iterator[Running]:
    started = start(stderr)
    yield started
    started.process.kill()
    started.process.communicate()


@pytest.fixture
def url(running: Running) -> str:
    """The server, with nothing in it."""
    ask(running.url, "POST", "reset")
    return running.url


@cache
def session() -> boto3.Session:
    return boto3.Session()  # it reads each service's model once


@cache
def client(url: str, key: str = PAYER, service: str = "organizations", config: Config | None = None) -> Any:
    return session().client(
        service,
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id=key,
        aws_secret_access_key="any",
        config=config,
    )


def ask(url: str, method: str, control: str, said: object = None, **headers: str) -> Any:
    """The answer of a control, or the HTTP status if it is an error."""
    body = None if said is None else json.dumps(said).encode()
    try:
        with urlopen(Request(f"{url}/orgkit-sandbox/{control}", body, headers, method=method)) as answer:
            return json.load(answer)
    except HTTPError as error:
        error.close()
        return error.code


def operations(url: str) -> list[tuple[str, int | None]]:
    return [(call["operation"], call["status"]) for call in ask(url, "GET", "calls")]


def state_of(handshake: str, url: str) -> str:
    return str(client(url).describe_handshake(HandshakeId=handshake)["Handshake"]["State"])


def organization(url: str) -> str | None:
    try:
        return str(client(url, config=ONCE).describe_organization()["Organization"]["Id"])
    except ClientError:
        return None


def new_user(url: str) -> str:
    """The access key of a user whom no policy allows anything."""
    client(url, service="iam").create_user(UserName="ann")
    return str(client(url, service="iam").create_access_key(UserName="ann")["AccessKey"]["AccessKeyId"])


class TestTheServer:
    def test_keeps_what_one_client_did_for_the_next(self, url: str) -> None:
        payer, invited = client(url), client(url, INVITED)
        payer.create_organization()
        handshake = payer.invite_account_to_organization(Target=TARGET)["Handshake"]["Id"]
        invited.accept_handshake(HandshakeId=handshake)
        assert {account["Id"] for account in payer.list_accounts()["Accounts"]} == {PAYER, INVITED}

    def test_knows_its_callers(self, url: str) -> None:
        client(url, INVITED, "iam").create_user(UserName="ann")
        key = client(url, INVITED, "iam").create_access_key(UserName="ann")["AccessKey"]["AccessKeyId"]
        callers = [client(url, each, "sts").get_caller_identity()["Arn"] for each in ("sandbox", INVITED, key)]
        names = [f"{PAYER}:root", f"{INVITED}:root", f"{INVITED}:user/ann"]
        assert callers == [f"arn:aws:iam::{name}" for name in names]

    def test_listens_on_the_loopback_address_alone(self, url: str) -> None:
        port = int(url.rpartition(":")[2])
        assert url == f"http://127.0.0.1:{port}"
        with socket.socket() as other:  # all of 127.0.0.0/8 is this machine, so a server on 0.0.0.0 would answer
            assert other.connect_ex(("127.0.0.2", port)) != 0

    @pytest.mark.parametrize(
        "headers", [{"Host": "rebound.example"}, {"Host": "["}, {"Host": ""}, {"Origin": "http://a.example"}]
    )
    def test_answers_nobody_who_calls_it_by_another_name(self, url: str, headers: dict[str, str]) -> None:
        assert ask(url, "GET", "calls", **headers) == 403

    @pytest.mark.parametrize("headers", [{"Host": "localhost:5770"}, {"Origin": "http://127.0.0.1:5770"}])
    def test_answers_to_localhost(self, url: str, headers: dict[str, str]) -> None:
        assert ask(url, "GET", "calls", **headers) == []

    def test_says_nothing_on_stderr(self, url: str, stderr: Path) -> None:
        client(url, service="sts").get_caller_identity()
        assert stderr.read_text(encoding="utf-8") == ""

    def test_binds_nobody_if_told_so(self, tmp_path: Path) -> None:
        process, url = start(tmp_path / "stderr", enforce=False)
        key = new_user(url)
        client(url, key, "iam").list_users()
        ask(url, "POST", "reset")
        client(url, new_user(url), "iam").list_users()
        process.kill()
        process.communicate()

    def test_ends_cleanly_at_ctrl_c(self, tmp_path: Path) -> None:
        process, url = start(tmp_path / "stderr")
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate()
        assert url.startswith("http://127.0.0.1:")
        assert (process.returncode, said, (tmp_path / "stderr").read_text()) == (0, "ended\n", "")

    def test_refuses_a_port_that_is_in_use(self, url: str) -> None:
        port = int(url.rpartition(":")[2])
        with pytest.raises(OrgkitError, match=f"Port {port} .* another program uses it") as caught:
            server.serve(port, pytest.fail)
        assert "--port 0" in caught.value.remedy

    def test_refuses_a_port_that_does_not_exist(self) -> None:
        with pytest.raises(OrgkitError, match="from 0 to 65535"):
            server.serve(65_536, pytest.fail)

    def test_says_which_module_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "flask_cors", None)
        with pytest.raises(ImportError, match="flask_cors"):
            server.serve(0, pytest.fail)

    def test_is_cheap_to_import(self) -> None:
        heavy = "{'boto3', 'flask', 'moto', 'werkzeug'}"
        code = f"import sys, orgkit.sandbox.server; print({heavy} & set(sys.modules))"
        assert subprocess.check_output([sys.executable, "-c", code], encoding="utf-8") == "set()\n"


class TestTheLogOfCalls:
    def test_has_operations_in_order_with_key_and_status(self, url: str) -> None:
        client(url, service="sts").get_caller_identity()
        with pytest.raises(ClientError):
            client(url, INVITED).list_roots()
        assert ask(url, "GET", "calls") == [
            {"operation": "sts:GetCallerIdentity", "access_key": PAYER, "status": 200},
            {"operation": "organizations:ListRoots", "access_key": INVITED, "status": 400},
        ]

    def test_tells_by_method_and_path_what_has_no_name(self, url: str) -> None:
        with urlopen(f"{url}/moto-api/data.json") as answer:
            answer.read()
        assert operations(url) == [(":GET /moto-api/data.json", 200)]

    def test_keeps_the_newest(self) -> None:
        controls = Controls(enforce=False)
        controls.calls.extend(LoggedCall(f"sts:Call{number}", PAYER, False) for number in range(LOGGED + 1))
        shown = json.loads(controls.answer(WebRequest.from_values(), "calls").get_data())
        assert (len(shown), shown[-1]["operation"]) == (LOGGED, f"sts:Call{LOGGED}")

    def test_can_be_cleared_alone(self, url: str) -> None:
        client(url).create_organization()
        ask(url, "DELETE", "calls")
        client(url).describe_organization()
        assert operations(url) == [("organizations:DescribeOrganization", 200)]


class TestTheControls:
    def test_reset_forgets_everything(self, url: str) -> None:
        client(url).create_organization()
        ask(url, "POST", "faults", [{"operation": "*", "kind": "error"}])
        ask(url, "POST", "delay", {"milliseconds": 10_000})
        ask(url, "POST", "reset")
        assert operations(url) == []
        with pytest.raises(ClientError, match="AWSOrganizationsNotInUseException"):
            client(url).describe_organization()

    def test_clock_moves_time_forward(self, url: str) -> None:
        client(url).create_organization()
        handshake = client(url).invite_account_to_organization(Target=TARGET)["Handshake"]["Id"]
        ask(url, "POST", "clock", {"days": 15, "minutes": 1})
        assert state_of(handshake, url) == "EXPIRED"

    def test_standalone_account_owns_an_address(self, url: str) -> None:
        ask(url, "POST", "standalone-account", {"account_id": INVITED, "email": "cloud@example.edu"})
        client(url).create_organization()
        target = {"Type": "EMAIL", "Id": "cloud@example.edu"}
        handshake = client(url).invite_account_to_organization(Target=target)["Handshake"]["Id"]
        client(url, INVITED).accept_handshake(HandshakeId=handshake)
        assert state_of(handshake, url) == "ACCEPTED"

    def test_users_are_bound_to_their_policies_until_it_is_switched_off(self, url: str) -> None:
        key = new_user(url)
        with pytest.raises(ClientError, match="AccessDenied"):
            client(url, key, "iam").list_users()
        ask(url, "POST", "enforce", {"on": False})
        client(url, key, "iam").list_users()

    @pytest.mark.parametrize("reset", ["orgkit-sandbox/reset", "moto-api/reset"])
    def test_users_are_bound_after_a_reset_too(self, url: str, reset: str) -> None:
        ask(url, "POST", "enforce", {"on": False})
        with urlopen(Request(f"{url}/{reset}", method="POST")) as answer:
            answer.read()
        with pytest.raises(ClientError, match="AccessDenied"):
            client(url, new_user(url), "iam").list_users()

    def test_a_resource_fails_as_arranged(self, url: str) -> None:
        ask(url, "POST", "settle-reads", {"stacks": 0})
        ask(url, "POST", "fail-resource", {"logical_id": "Ann", "reason": "No room."})
        cloudformation = client(url, service="cloudformation")
        template = "Resources: {Ann: {Type: AWS::IAM::User}}"
        cloudformation.create_stack(StackName="iam", TemplateBody=template, Capabilities=["CAPABILITY_IAM"])
        events = cloudformation.describe_stack_events(StackName="iam")["StackEvents"]
        assert "No room." in [event.get("ResourceStatusReason") for event in events]
        ask(url, "POST", "force-status", {"stack_name": "iam", "status": "UPDATE_COMPLETE"})
        assert cloudformation.describe_stacks(StackName="iam")["Stacks"][0]["StackStatus"] == "UPDATE_COMPLETE"
        assert ask(url, "POST", "force-status", {"stack_name": "none", "status": "UPDATE_COMPLETE"}) == 400

    @pytest.mark.parametrize("room", FUNCTIONS)
    def test_everything_that_tests_arrange_in_process_can_be_asked_for(self, room: str) -> None:
        module = import_module(f"orgkit.sandbox.{room}")
        own = {name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__}
        offered = {name for name in getattr(module, "__all__", own) if isfunction(getattr(module, name))}
        other = {"authorize", "organization", "take"}
        assert {name for name in offered if not name.startswith("_")} - other == set(FUNCTIONS[room])

    def test_seed_answers_with_the_ids_of_what_it_made(self, url: str) -> None:
        client(url).create_organization()
        seeded = ask(url, "POST", "seed", {"accounts": 2, "ous": 1})
        held = client(url).list_accounts_for_parent(ParentId=seeded["ous"][0])["Accounts"]
        assert {account["Id"] for account in held} == set(seeded["accounts"])

    @pytest.mark.parametrize(
        ("control", "said"),
        [
            ("owner-verified", {"verified": False}),
            ("quota", {"accounts": 2, "invitations_a_day": 1}),
            ("refuse", {"target": INVITED, "reason": "PAST_DUE_INVOICE"}),
            ("root-user", {"mfa": True, "access_keys": True}),
            ("add-responsibility-transfer", {"direction": "inbound", "other": INVITED}),
            ("lag", {"reads": 1}),
            ("policy-type-pending-reads", {"reads": 1}),
            ("scp-type-enabled-from-the-start", {"enabled": True}),
            ("signed-in-with-mfa", {"access_key_id": INVITED}),
            ("settle-reads", {"stacks": 1, "drift": 2, "change_sets": 3}),
        ],
    )
    def test_reach_the_sandbox(self, url: str, control: str, said: dict[str, Any]) -> None:
        assert ask(url, "POST", control, {**said, "nonsense": 1}) == 400
        assert not isinstance(ask(url, "POST", control, said), int)

    @pytest.mark.parametrize(
        ("method", "control", "said", "status"),
        [
            ("POST", "nonsense", {}, 404),
            ("GET", "reset", None, 404),
            ("POST", "clock", {"days": -1}, 400),
            ("POST", "delay", {"seconds": 1}, 400),
            ("POST", "refuse", {"target": INVITED, "reason": "BAD_LUCK"}, 400),
            ("POST", "seed", {"accounts": 1, "ous": 0}, 400),
            ("POST", "faults", [{"operation": "*", "kind": "explode"}], 400),
        ],
    )
    def test_say_what_they_cannot_do(self, url: str, method: str, control: str, said: object, status: int) -> None:
        assert ask(url, method, control, said) == status

    def test_delay_makes_every_answer_wait(self, url: str) -> None:
        ask(url, "POST", "delay", {"milliseconds": 50})
        started = time.monotonic()
        client(url, service="sts").get_caller_identity()
        assert time.monotonic() - started >= 0.05


class TestAFault:
    def test_of_error_comes_instead_of_the_effect(self, url: str) -> None:
        fault = {"operation": "CreateOrganization", "kind": "error", "code": "ConcurrentModificationException"}
        ask(url, "POST", "faults", [fault])
        with pytest.raises(client(url).exceptions.ConcurrentModificationException):
            client(url).create_organization()
        client(url).create_organization()
        assert [status for _, status in operations(url)] == [400, 200]

    def test_of_error_speaks_xml_to_those_who_do(self, url: str) -> None:
        fault = {"operation": "sts:GetCallerIdentity", "kind": "error", "code": "ServiceUnavailable", "status": 403}
        ask(url, "POST", "faults", [fault])
        with pytest.raises(ClientError, match="ServiceUnavailable"):
            client(url, service="sts").get_caller_identity()

    @pytest.mark.parametrize(("kind", "takes_effect"), [("lost", True), ("refuse", False)])
    def test_breaks_the_connection(self, url: str, kind: str, takes_effect: bool) -> None:
        ask(url, "POST", "faults", [{"operation": "CreateOrganization", "kind": kind}])
        with pytest.raises(ConnectionClosedError):
            client(url, config=ONCE).create_organization()
        assert operations(url) == [("organizations:CreateOrganization", None)]
        assert (organization(url) is not None) == takes_effect

    def test_of_loss_makes_botocore_ask_twice(self, url: str) -> None:
        ask(url, "POST", "faults", [{"operation": "CreateOrganization", "kind": "lost"}])
        with pytest.raises(ClientError, match="AlreadyInOrganizationException"):
            client(url).create_organization()

    def test_of_silence_holds_nobody_else_up(self, url: str) -> None:
        ask(url, "POST", "faults", [{"operation": "CreateOrganization", "kind": "hang", "seconds": 60}])
        with pytest.raises(ReadTimeoutError):
            client(url, config=HASTY).create_organization()
        while not operations(url):  # it may give up before the server has begun
            time.sleep(0.02)
        assert organization(url) is not None

    def test_waits_for_its_turn_and_ends(self, url: str) -> None:
        fault = {"operation": "organizations:DescribeOrganization", "kind": "error", "code": "ServiceException"}
        ask(url, "POST", "faults", [{**fault, "status": 400, "after": 1, "times": 2}])
        client(url).create_organization()
        for _ in range(4):
            organization(url)
        assert [status for _, status in operations(url)] == [200, 200, 400, 400, 200]


def test_a_service_that_is_lacking_is_answered_in_words_and_not_with_a_page(url: str) -> None:
    landing_zones = boto3.client("controltower", region_name="us-east-1", endpoint_url=url)
    with pytest.raises(ClientError, match=r"NotImplemented.*The sandbox cannot answer controltower"):
        landing_zones.list_landing_zones()
