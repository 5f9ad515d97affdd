"""The organization drawn: folded, marked, and as Mermaid's own parser reads it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orgkit import drawing, mermaid, tree
from orgkit.aws.organizations import Account
from orgkit.aws_text import refused
from orgkit.procedure import bootstrap
from orgkit.sandbox import PAYER
from orgkit.settings import Settings, parse
from orgkit.tree import Node

HERE = Path(__file__).parent / "mermaid"
GUARDS = ("FullAWSAccess", "deny-billing", "keep-membership")
MADE_OF = (PAYER, "Payer", "ACTIVE")

HOSTILE = [
    "quotes \" and ' and `ticks`",
    "brackets [a] (b) {c} <d>",
    '"] --> evil["',
    "end",
    "%% a comment",
    "%%{init: {'theme': 'dark'}}%%",
    "style n0 fill:#f00;",
    "classDef x fill:#f00;",
    "subgraph one; two",
    "1. a list",
    "- a list",
    "+ a list",
    "# a heading",
    "**bold** _slanted_ ~~gone~~",
    "fa:fa-car",
    "$$x^2$$",
    "www.example.com https://example.com a@example.com",
    "#35; #quot; &lt; &amp;",
    "ﬂ°°35¶ß",
    "two  spaces, 大学 Zürich, 🙂 | a\\b",
    "-->",
    "x-",
    "click n0 href",
    "<script>alert(1)</script>",
    ":::amiss",
    "@{ shape: circle }",
]
ALLOWED = [name for name in HOSTILE if not refused(name)]


def account(number: int, name: str = "", state: str = "ACTIVE") -> tuple[Account, tuple[str, ...]]:
    return Account(f"{number:012}", name or f"Account {number}", "it@example.edu", state), ()


def ou(name: str, *inside: Any, number: int = 1, scps: tuple[str, ...] = ()) -> Node:
    accounts = tuple(each for each in inside if not isinstance(each, Node))
    ous = tuple(each for each in inside if isinstance(each, Node))
    return Node(f"ou-abcd-{number:08}", name, scps, accounts, ous)


def organization(*inside: Any, scps: tuple[str, ...] = GUARDS) -> Node:
    node = ou("Root", account(int(PAYER), "Payer"), *inside)
    return Node("r-abcd", "Root", scps, node.accounts, node.ous)


def settings_for(more: str = "", institution: str = "Example University") -> Settings:
    text = f"account: '{PAYER}'\ninstitution: {json.dumps(institution, ensure_ascii=False)}\n{more}"
    return parse(text, Path("orgkit.yaml"))


def text_of(root: Node, more: str = "") -> str:
    drawn = "\n".join(drawing.tree(drawing.draw(root, settings_for(more))))
    return "".join(drawn.split("\x1b[")[:1] + [part.split("m", 1)[1] for part in drawn.split("\x1b[")[1:]])


# The tree


def test_a_tree_that_is_as_it_should_be_has_no_marks():
    assert text_of(organization(ou("Example University", account(1, "Physics")))).splitlines() == [
        "Root (r-abcd) [FullAWSAccess, deny-billing, keep-membership]",
        "├── Payer (123456789012) the payer",
        "└── Example University (ou-abcd-00000001)",
        "    └── Physics (000000000001)",
    ]


@pytest.mark.parametrize(
    ("root", "more", "line"),
    [
        (
            organization(ou("Example University"), scps=GUARDS[:2]),
            "",
            "Root (r-abcd) [FullAWSAccess, deny-billing] + SCP keep-membership is not attached",
        ),
        (
            organization(ou("Example University"), scps=GUARDS[1:]),
            "",
            "Root (r-abcd) [deny-billing, keep-membership] ! FullAWSAccess is not attached",
        ),
        (
            organization(ou("Other")),
            "",
            "Root (r-abcd) [FullAWSAccess, deny-billing, keep-membership] "
            "+ institution OU Example University is missing",
        ),
        (
            organization(ou("Example University"), account(1, "Physics")),
            "",
            "├── Physics (000000000001) ~ at the root, outside Example University",
        ),
        (
            organization(ou("Example University")),
            "scps: [{document: quarantine, attach: institution}]",
            "└── Example University (ou-abcd-00000001) + SCP quarantine is not attached",
        ),
    ],
)
def test_what_is_out_of_place_is_marked(root, more, line):
    lines = text_of(root, more).splitlines()
    assert line in lines
    assert lines[-1] == "+ missing  ~ drifted  ! blocked: orgkit status says more."


def test_an_account_that_is_being_closed_is_not_out_of_place():
    drawn = text_of(organization(account(1, "Old", "PENDING_CLOSURE"), ou("Example University")))
    assert "├── Old (000000000001) pending closure\n" in drawn


def test_an_ou_of_the_institution_s_name_further_down_is_not_its_ou():
    root = organization(ou("Example University", ou("Example University", number=2)))
    drawn = text_of(root, "scps: [{document: quarantine, attach: institution}]")
    assert drawn.count("SCP quarantine is not attached") == 1


def test_a_node_with_many_accounts_is_folded():
    lines = text_of(organization(ou("Example University", *map(account, range(500))))).splitlines()
    assert len(lines) == 3 + 20 + 1
    assert lines[-1] == "    └── … and 480 more accounts"


def test_the_payer_is_never_folded_and_a_fold_is_marked_too():
    inside = [account(number) for number in range(30)]
    root = organization(ou("Example University"))
    root = Node(root.id, root.name, root.scps, (*inside, *root.accounts), root.ous)
    drawn = text_of(root)
    assert "├── Payer (123456789012) the payer" in drawn
    assert "├── … and 11 more accounts ~ at the root, outside Example University" in drawn


def test_a_name_cannot_write_to_the_terminal():
    assert "\\x1b[31mred\\n (" in text_of(organization(ou("Example University", account(1, "\x1b[31mred\n"))))


# Mermaid


@pytest.fixture(scope="session")
def parsed() -> Callable[[list[list[str]]], list[dict[str, Any]]]:
    """What Mermaid's own parser reads out of diagrams. Node.js and npm are not orgkit's, so without them it skips."""
    if not shutil.which("npm"):
        pytest.skip("npm is not there to install Mermaid's parser with")
    if not (HERE / "node_modules").exists():
        install = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
        done = subprocess.run(install, cwd=HERE, capture_output=True, text=True, check=False, timeout=120)
        if done.returncode:
            shutil.rmtree(HERE / "node_modules", ignore_errors=True)
            pytest.skip(f"Mermaid's parser cannot be installed: {done.stderr.strip().splitlines()[-1:]}")

    def parse_all(diagrams: list[list[str]]) -> list[dict[str, Any]]:
        asked = json.dumps(["\n".join(diagram) for diagram in diagrams])
        run = subprocess.run(
            ["node", "labels.mjs"], cwd=HERE, input=asked, capture_output=True, text=True, check=False, timeout=60
        )
        assert run.returncode == 0, run.stderr
        found: list[dict[str, Any]] = json.loads(run.stdout)
        return found

    return parse_all


@pytest.fixture(scope="module")
def diagrams(parsed: Callable[[list[list[str]]], list[dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    """Every kind of diagram, parsed in one go: starting the parser takes long."""
    ours = settings_for()
    every = {
        "nothing": mermaid.lines(None, ours),
        "small": mermaid.lines(organization(ou("Example University", account(1, "Physics"), scps=("guard",))), ours),
        "astray": mermaid.lines(organization(account(1, "Physics"), ou("Example University"), scps=GUARDS[:2]), ours),
        "hostile": mermaid.lines(
            organization(
                ou("Example University", *(account(n, name) for n, name in enumerate(HOSTILE)), scps=("a]b",))
            ),
            ours,
        ),
        "large": mermaid.lines(large(), ours),
        **{name: mermaid.lines(None, settings_for(institution=name)) for name in ALLOWED},
    }
    return dict(zip(every, parsed(list(every.values())), strict=True))


def large() -> Node:
    """5,000 accounts in 200 OUs."""
    inside = [
        ou(f"Faculty {number}", *(account(25 * number + each) for each in range(25)), number=number)
        for number in range(2, 202)
    ]
    return organization(ou("Example University", *inside))


def test_before_bootstrap_only_the_payer_is_drawn(diagrams):
    drawn = diagrams["nothing"]
    assert drawn["boxes"]["billing_admin"][0] == "BillingAdmin"
    assert drawn["boxes"]["org_admin"][0] == "OrgAdmin"
    assert drawn["subgraphs"] == {"payer": [f"Payer account {PAYER}"]}
    assert drawn["edges"] == [["partner", "billing_admin"], ["institution", "org_admin"]]


def test_the_diagram_is_the_reference_architecture_of_this_organization(diagrams):
    drawn = diagrams["small"]
    boxes = drawn["boxes"]
    assert boxes["n0"] == ["Root", "r-abcd"]
    assert boxes["n0_scps"] == ["SCPs", "deny-billing", "keep-membership"]
    assert boxes["n1"] == ["Example University", "ou-abcd-00000001"]
    assert boxes["n1_scps"] == ["SCPs", "guard"]
    assert boxes["n1_accounts"] == ["Physics 000000000001"]
    assert set(drawn["subgraphs"]) == {"payer", "organization"}
    assert sorted(map(tuple, drawn["edges"])) == [
        ("institution", "org_admin"),
        ("n0", "n1"),
        ("n0_scps", "n0"),
        ("n1", "n1_accounts"),
        ("n1_scps", "n1"),
        ("org_admin", "n0"),
        ("partner", "billing_admin"),
        ("payer", "n0"),
    ]


def test_what_is_out_of_place_is_marked_in_the_diagram_too(diagrams):
    boxes = diagrams["astray"]["boxes"]
    assert boxes["n0_amiss"] == ["+ SCP keep-membership is not attached"]
    assert boxes["n0_accounts"] == ["Physics 000000000001 ~ at the root, outside Example University"]


def test_the_payer_is_not_drawn_among_the_member_accounts(diagrams):
    assert "n0_accounts" not in diagrams["small"]["boxes"]


def test_hostile_names_stay_names(diagrams):
    drawn = diagrams["hostile"]
    assert drawn["boxes"]["n1_accounts"] == [
        *(f"{name} {number:012}" for number, name in enumerate(HOSTILE[:20])),
        f"… and {len(HOSTILE) - 20} more accounts",
    ]
    assert drawn["boxes"]["n1_scps"] == ["SCPs", "a]b"]


@pytest.mark.parametrize("name", ALLOWED)
def test_a_hostile_institution_stays_a_name(diagrams, name):
    assert diagrams[name]["boxes"]["institution"] == [name]
    assert len(diagrams[name]["edges"]) == 2


def test_a_large_organization_is_drawn_with_every_ou_and_its_count(diagrams):
    boxes = diagrams["large"]["boxes"]
    assert sum(label[0].startswith("Faculty") for label in boxes.values()) == 200
    assert boxes["n7_accounts"][-1].startswith("… and ")


@pytest.mark.parametrize(("ous", "depth"), [(200, 1), (3000, 1), (6, 4)])
def test_mermaid_never_gets_more_than_it_draws(ous, depth):
    count = iter(range(1_000_000))

    def grown(level: int) -> Node:
        inside = [grown(level - 1) for _ in range(ous)] if level else []
        return ou('"' * 100, account(next(count), '"' * 50), *inside, number=next(count), scps=('"' * 100,))

    lines = mermaid.lines(organization(grown(depth)), settings_for())
    assert sum(len(line) + 1 for line in lines) <= mermaid.MOST_CHARACTERS
    assert sum(" --> " in line or " -.-> " in line for line in lines) <= mermaid.MOST_EDGES
    assert any("more OUs" in line for line in lines)


@pytest.mark.parametrize("text", ["Physics", "r-abcd", "ou-abcd-00000001", "Zürich, 大学", "The 2 of us"])
def test_words_stay_readable_in_the_source(text):
    assert mermaid.escaped(text) == text


# The command


def test_status_draws_the_organization_there_is(orgkit, aws, settings, session, monkeypatch):
    monkeypatch.setattr("boto3.Session", lambda **_: session)
    list(bootstrap(aws(), settings))
    done = orgkit("status -o mermaid")
    assert done.exit_code == 0
    assert done.stdout.splitlines() == mermaid.lines(tree.grow(aws()), settings)
    assert "Example University<br>ou-" in done.stdout


def test_status_draws_what_there_is_before_bootstrap(orgkit, settings, session, monkeypatch):
    monkeypatch.setattr("boto3.Session", lambda **_: session)
    done = orgkit("status -o mermaid")
    assert done.stdout.splitlines() == mermaid.lines(None, settings)
