"""Law 13: which organization, which OU and which SCPs are ours: every command and every format says the same."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import pytest
from click.testing import Result

from laws.drifts_of_organization import ORGANIZATIONS, edit_the_guard, rename_the_ou
from laws.drifts_of_stack import THE_STACK, delete_the_stack
from laws.hands import INSTITUTION, Hands
from laws.lived_in import three_scps
from laws.no_drifts import OTHERS
from orgkit.errors import OrgkitError
from orgkit.proof import prove

_OU: Final = r"ou-[a-z0-9]+-[a-z0-9]+"
_SCP: Final = r"p-[a-z0-9]+"
_TO_ATTACH: Final = "region-restriction"
"""The SCP of the institution's OU, which is attached nowhere here: every format says so at the OU it takes for ours."""


def _rename_all(h: Hands) -> None:
    rename_the_ou(h)
    edit_the_guard(h, Name="x")


def _rename_all_and_delete_the_stack(h: Hands) -> None:
    _rename_all(h)
    delete_the_stack(h)


_ABOUT: Final = re.compile("OU|SCP|protected|deleted")
_ASIDE: Final = re.compile("tag|described|account|FullAWSAccess")  # changes nothing about which is which
_BY_HAND: Final = {drift.what: drift.deed for drift in (*ORGANIZATIONS, *THE_STACK)} | dict(OTHERS)
CHANGES: Final[Mapping[str, Callable[[Hands], object]]] = {
    **{what: deed for what, deed in _BY_HAND.items() if _ABOUT.search(what) and not _ASIDE.search(what)},
    "the OU and an SCP renamed": _rename_all,
    "the OU and an SCP renamed, and the stack deleted": _rename_all_and_delete_the_stack,
    "nothing": lambda h: None,
}


@dataclass(frozen=True)
class Answer:
    """What `orgkit status` says: ids, by name for SCPs, and what the partner's SCPs at the root lack."""

    organization: str | None
    ou: str | None
    scps: Mapping[str, str]
    off_the_root: frozenset[str]
    states: Mapping[str, str]


@pytest.fixture
def settings():
    return three_scps()


@pytest.fixture
def ask(orgkit, one_session) -> Callable[..., Result]:
    """The command line; what it prints is on one line."""

    def run(command: str, *codes: int) -> Result:
        result: Result = orgkit(command)
        assert result.exit_code in codes, f"{command}: {result.output}"
        return result

    return run


def as_json(result: Result) -> Answer:
    document = json.loads(result.stdout)
    told = {step["thing"]: step["detail"] for step in document["steps"]}
    ids = document["organization"]
    scps = {thing.removeprefix("SCP "): re.match(_SCP, detail) for thing, detail in told.items() if _is_scp(thing)}
    ou = re.match(_OU, told[f"institution OU {INSTITUTION}"])
    assert (ou and ou[0]) == ids.get("ou_id")
    off = [thing for thing, detail in told.items() if thing.endswith(" at the root") and detail == "to be attached"]
    return Answer(
        organization=ids.get("id"),
        ou=ids.get("ou_id"),
        scps={name: found[0] for name, found in scps.items() if found},
        off_the_root=frozenset(thing.split()[1] for thing in off),
        states={step["thing"]: step["state"] for step in document["steps"]},
    )


def _is_scp(thing: str) -> bool:
    return thing.startswith("SCP ") and " at the " not in thing


def text_differs(shown: str, answer: Answer) -> bool:
    flat = " ".join(shown.split())
    ou = re.search(rf"institution OU {INSTITUTION} ({_OU})", flat)
    scps = dict(re.findall(rf"SCP (\S+) ({_SCP})", flat))
    off = frozenset(re.findall(r"SCP (\S+) at the root to be attached", flat))
    unknown = set(re.findall(rf"Warning: SCP \S+ \(({_SCP})\)", flat))
    return (
        (ou and ou[1]) != answer.ou
        or {name: scps.get(name) for name in answer.scps} != answer.scps
        or off != answer.off_the_root
        or bool(unknown & set(answer.scps.values()))
    )


def drawing_differs(shown: str, answer: Answer, node: str) -> bool:
    """`node` finds id and marks of each node of a drawing."""
    if answer.organization is None:
        return bool(re.search(_OU, shown))
    marks = {found["id"]: found["marks"] for found in re.finditer(node, shown, re.MULTILINE)}
    (root,) = (marks[each] for each in marks if each.startswith("r-"))
    ours = [each for each in marks if each.startswith("ou-") and f"SCP {_TO_ATTACH} is not attached" in marks[each]]
    missing = f"institution OU {INSTITUTION} is missing" in root
    off = frozenset(re.findall(r"SCP (\S+) is not attached", root))
    return ours != [answer.ou] * bool(answer.ou) or missing != (answer.ou is None) or off != answer.off_the_root


def tree_differs(shown: str, answer: Answer) -> bool:
    return drawing_differs(shown, answer, rf"\((?P<id>r-[a-z0-9]+|{_OU})\)(?P<marks>.*)$")


def diagram_differs(shown: str, answer: Answer) -> bool:
    """Each node's marks are in a box of their own."""
    plain = html.unescape(shown.replace("#", "&#"))
    marks = dict(re.findall(r"^ *(n\d+)_amiss\{\{(.*?)\}\}", plain, re.MULTILINE))
    nodes = re.findall(rf'^ *(n\d+)\[".*<br>(r-[a-z0-9]+|{_OU})"\]', plain, re.MULTILINE)
    lines = [f"({each}){marks.get(name, '')}" for name, each in nodes]
    return tree_differs("\n".join(lines), answer)


def proof_differs(aws, settings, answer: Answer) -> bool:
    """What `orgkit prove` asks about, without asking the simulator for a minute."""
    try:
        looked = prove.read_deployed(aws(), settings)
    except OrgkitError as error:
        about = "organization" if answer.organization is None else "OU"
        return answer.ou is not None or about not in error.message
    guards = {arn.rpartition("/")[2] for arn in looked.guards}
    known = (looked.known["organization"], looked.known["institution_ou_id"])
    return known != (answer.organization, answer.ou) or not set(answer.scps.values()) <= guards


def page_differs(result: Result, answer: Answer) -> bool:
    """A page names the OU and the SCPs; without one, the reason is what status shows, too."""
    if result.exit_code == 0:
        ids = set(re.findall(rf"`({_OU}|{_SCP})`", result.stdout))
        return not {answer.ou, *answer.scps.values()} <= ids
    if "There is no organization" in result.stderr:
        return answer.organization is not None
    if "OU or an SCP is missing" in result.stderr:
        return answer.ou is not None and len(answer.scps) == 3
    return answer.states["IAM stack orgkit-iam"] == "in-place"


def fleet_differs(shown: str, answer: Answer) -> bool:
    """Its line counts the steps by state."""
    told = {
        state: int(number) for number, state in re.findall(r"(\d+) (missing|to follow|drifted|blocked|in place)", shown)
    }
    counts = Counter(state.replace("-", " ") for state in answer.states.values())
    return {state: number for state, number in told.items() if number} != counts


def placed_elsewhere(hands: Hands, newcomer: str, answer: Answer) -> bool:
    parent = hands.organizations.list_parents(ChildId=newcomer)["Parents"][0]["Id"]
    return bool(parent != (answer.ou or hands.root))


def _expose(hands: Hands) -> str:
    """Take the SCP of the institution's OU off it, and put a new account at the root."""
    with suppress(StopIteration):
        scp = hands.scp(_TO_ATTACH)
        for target in hands.organizations.list_targets_for_policy(PolicyId=scp)["Targets"]:
            if target["Type"] == "ORGANIZATIONAL_UNIT":
                hands.organizations.detach_policy(PolicyId=scp, TargetId=target["TargetId"])
    return hands.new_account("Newcomer")


def test_every_command_and_format_gives_the_same_answer(rewound, hands, aws, settings, ask, tally):
    wrong = {}
    for what, deed in CHANGES.items():
        rewound()
        deed(hands)
        there = "organization deleted" not in what
        newcomer = _expose(hands) if there else ""
        answer = as_json(ask("status -o json", 0, 1, 3))
        differs = {
            "status": text_differs(ask("status --quick", 0, 1, 3).stdout, answer),
            "status -o tree": tree_differs(ask("status -o tree", 0).stdout, answer),
            "status -o mermaid": diagram_differs(ask("status -o mermaid", 0).stdout, answer),
            "status of a fleet": fleet_differs(ask("status orgkit.yaml orgkit.yaml", 0, 1, 3).stdout, answer),
            "prove": proof_differs(aws, settings, answer),
            "handover": page_differs(ask("handover --for partner", 0, 1), answer),
            "place": (ask("place --yes", 0, 1), there and placed_elsewhere(hands, newcomer, answer))[1],
        }
        wrong[what] = [command for command, is_so in differs.items() if is_so]
        tally["same answers"] += len(differs)
    assert {what: commands for what, commands in wrong.items() if commands} == {}
