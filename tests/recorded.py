"""What AWS was recorded to answer, asked of the sandbox: reads tests/data/recorded.json and replays it in process.

An entry is a situation: the steps before (`setup`, or the name of a list in `setups`), the `request`, and what AWS
answered (`recorded`). A step is a call, with `save` (name: path in the answer; `{{name}}` from then on) and `refused`
where an error may come; or `wait`; or `control`, an account outside the organization. `as` is the access key.

`recorded` has an `error` (code, status, Reason, message); `decisions` of the simulator; or `members` (path: value),
`present` and `absent` (an empty list is absent). `[*]` in a path keeps the order of a list, `[]` sorts it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.moto_api._internal.models import moto_api_backend

from orgkit import sandbox
from orgkit.sandbox import PAYER, handshakes

DATA = Path(__file__).parent / "data"
CLASSES = ("setup", "error", "decision", "shape", "reason", "text")
"""How an answer can differ, worst first. `setup`: the situation could not be made; `reason`: a Reason without its
suffix; `text`: the words of a message alone."""

Json = Mapping[str, Any]
Found = tuple[str, str]
"""A class, and what differs."""


@cache
def corpus() -> Any:
    return json.loads((DATA / "recorded.json").read_text(encoding="utf-8"))


@cache
def kept() -> dict[str, tuple[str, str]]:
    """Where the sandbox may differ: for each such entry the class of its worst difference, and why."""
    told = json.loads((DATA / "recorded-differences.json").read_text(encoding="utf-8"))
    return {name: (kind, group["why"]) for group in told for name, kind in group["entries"].items()}


SERVICES = ("iam simulator", "organizations", "cloudformation", "iam", "sts")


def replay(service: str) -> dict[str, list[Found]]:
    """What the sandbox answers otherwise than AWS did: for each entry that differs, the differences, worst first."""
    with sandbox.running():
        found = {entry["id"]: _replayed(entry) for entry in corpus()["entries"] if entry["service"] == service}
    return {name: differences for name, differences in found.items() if differences}


def _replayed(entry: Json) -> list[Found]:
    moto_api_backend.reset()  # a tenth of what a new sandbox takes
    try:
        known = _prepared(entry["setup"])
    except Exception as problem:
        return [("setup", f"cannot be set up: {_told(problem)}")]
    answer: Any = None
    error: Exception | None = None
    try:
        answer = _ask(entry["request"], known)
    except Exception as refusal:  # what breaks the sandbox is no answer of AWS's
        error = refusal
    return sorted(_differences(_filled(entry["recorded"], known), answer, error), key=lambda it: CLASSES.index(it[0]))


@cache
def _client(service: str, access_key: str) -> Any:
    sandbox.install()
    # It is the service that must find what is wrong with a request.
    config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
    keys = {"aws_access_key_id": access_key, "aws_secret_access_key": "any", "aws_session_token": "any"}
    return boto3.client(service, region_name="us-east-1", config=config, **keys)


def _ask(step: Json, known: dict[str, Any]) -> Any:
    service, operation = step["call"].split(".")
    call = getattr(_client(service, _filled(step.get("as", PAYER), known)), xform_name(operation))
    answer = call(**_filled(step.get("with", {}), known))
    known.update({name: look(answer, path) for name, path in step.get("save", {}).items()})
    return answer


def _prepared(setup: str | Sequence[Json]) -> dict[str, Any]:
    known: dict[str, Any] = {"payer": PAYER, "region": "us-east-1"}
    for step in corpus()["setups"][setup] if isinstance(setup, str) else setup:
        if "control" in step:
            assert step["control"] == "standalone-account"
            handshakes.standalone_account(**_filled(step["with"], known))
        elif "wait" in step:
            _wait(step, known)
        else:
            try:
                _ask(step, known)
            except ClientError:
                if not step.get("refused"):
                    raise
    return known


_LOOK_AGAIN = {
    "stack": ("cloudformation", "describe_stacks", "StackName", "Stacks[0].StackStatus"),
    "account": (
        "organizations",
        "describe_create_account_status",
        "CreateAccountRequestId",
        "CreateAccountStatus.State",
    ),
    "change set": ("cloudformation", "describe_change_set", "", "Status"),
    "policy types": ("organizations", "list_roots", "", "Roots[0].PolicyTypes[*].Status"),
}


def _wait(step: Json, known: dict[str, Any]) -> None:
    service, method, parameter, path = _LOOK_AGAIN[step["wait"]]
    which = _filled(step["for"], known)
    asked = {parameter: which} if parameter else which or {}
    for _ in range(60):
        answer = getattr(_client(service, _filled(step.get("as", PAYER), known)), method)(**asked)
        state = str(look(answer, path))
        if "PENDING" not in state and ("IN_PROGRESS" not in state or state == "REVIEW_IN_PROGRESS"):
            inside = answer.get("CreateAccountStatus", answer)
            known.update({name: look(inside, where) for name, where in step.get("save", {}).items()})
            return
    raise LookupError(f"{step['wait']} {which} stays busy")


def look(answer: Any, path: str) -> Any:
    """What stands at `Handshake.Parties[Type=EMAIL].Id` or the like. LookupError where there is nothing."""
    here, many, ordered = [answer], False, False
    for part in re.findall(r"\[[^\]]*\]|[^.\[\]]+", path):
        if part in ("[*]", "[]"):
            many, ordered = True, part == "[*]"
        here = [there for item in here for there in _inside(item, part)]
    if many:
        return here if ordered else sorted(here, key=str)
    if not here:
        raise LookupError(path)
    return here[0]


def _inside(item: Any, part: str) -> list[Any]:
    if not part.startswith("["):
        return [item[part]] if isinstance(item, dict) and part in item else []
    within = part[1:-1]
    if not isinstance(item, list):
        raise LookupError(part)
    if within in ("*", ""):
        return item
    if "=" in within:
        key, value = within.split("=", 1)
        return [one for one in item if str(one.get(key)) == value]
    return item[int(within) : int(within) + 1]


def _filled(thing: Any, known: Json) -> Any:
    if isinstance(thing, str):
        return re.sub(r"\{\{(\w+)\}\}", lambda name: str(known.get(name[1], name[0])), thing)
    if isinstance(thing, list):
        return [_filled(one, known) for one in thing]
    return {key: _filled(value, known) for key, value in thing.items()} if isinstance(thing, dict) else thing


def _told(error: Exception) -> str:
    said = getattr(error, "response", {}).get("Error")
    return f"{said.get('Code')}: {said.get('Message')}" if said else f"{type(error).__name__}: {error}"


def _differences(recorded: Json, answer: Any, error: Exception | None) -> Iterator[Found]:
    if "error" in recorded:
        yield from _refusal(recorded["error"], error)
        return
    if error is not None:
        yield "error", f"{_told(error)}; AWS succeeds"
        return
    results = answer.get("EvaluationResults", [])
    for want, have in zip(recorded.get("decisions", results), results, strict=False):
        yield from _decision(want, have)
    if len(recorded.get("decisions", results)) != len(results):
        yield "decision", f"{len(results)} results"
    yield from _members(recorded, answer)


def _refusal(want: Json, error: Exception | None) -> Iterator[Found]:
    if not isinstance(error, ClientError) or error.response["Error"].get("Code") != want["code"]:
        yield "error", f"{_told(error) if error else 'succeeds'}; AWS refuses with {want['code']}"
        return
    response: Any = error.response
    status, reason = response["ResponseMetadata"]["HTTPStatusCode"], response.get("Reason")
    if status != want.get("status", status):
        yield "error", f"HTTP {status}"
    if reason != want.get("reason", reason):
        yield "reason" if reason == str(want["reason"]).split(":")[0] else "error", f"Reason {reason}"
    if response["Error"].get("Message", "") != want.get("message", response["Error"].get("Message", "")):
        yield "text", f"message: {response['Error'].get('Message')}"


def _decision(want: Json, have: Json) -> Iterator[Found]:
    """What differs in one result of the simulator. A member that `want` does not have was not recorded."""
    action = want.get("action")
    if want is have:
        return
    specific = [
        [one["EvalResourceName"], one["EvalResourceDecision"]] for one in have.get("ResourceSpecificResults", [])
    ]
    matched = have.get("MatchedStatements", [])
    corners = [(end, axis) for end in ("StartPosition", "EndPosition") for axis in ("Line", "Column")]
    organizations, boundary = (have.get(f"{it}DecisionDetail", {}) for it in ("Organizations", "PermissionsBoundary"))
    got = {
        "decision": have["EvalDecision"],
        "name": have["EvalResourceName"],
        "resources": specific,
        "organizations": organizations.get("AllowedByOrganizations"),
        "boundary": boundary.get("AllowedByPermissionsBoundary"),
        "missing": sorted(have.get("MissingContextValues", [])),
        "matched": [one["SourcePolicyId"] for one in matched],
        "positions": [[one[end][axis] for end, axis in corners] for one in matched if "StartPosition" in one],
    }
    for member in want.keys() & got.keys():
        if got[member] != (sorted(want[member]) if member == "missing" else want[member]):
            decides = member == "decision" or (
                member == "resources" and [it for _, it in specific] != [it for _, it in want[member]]
            )
            yield "decision" if decides else "shape", f"{action}: {member} {got[member]}"


def _members(recorded: Json, answer: Any) -> Iterator[Found]:
    for path, value in recorded.get("members", {}).items():
        have = _at(answer, path)
        if path.endswith(("Content", "PolicyDocument")) and str(value).startswith("{") and isinstance(have, str):
            have, value = json.loads(have), json.loads(value)
        if have != value:
            yield "text" if isinstance(value, str) and "Reason" in path else "shape", f"{path} is {have!r}"
    yield from (("shape", f"no {path}") for path in recorded.get("present", []) if _at(answer, path) is None)
    yield from (
        ("shape", f"{path} is there") for path in recorded.get("absent", []) if _at(answer, path) not in (None, [])
    )


def _at(answer: Any, path: str) -> Any:
    try:
        return look(answer, path)
    except LookupError:
        return None
