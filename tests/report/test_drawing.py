"""The organization drawn: folded, marked, and as Mermaid's own parser reads it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest

import mermaid_js
from drawn_organizations import (
    ALLOWED,
    GUARDS,
    HOSTILE,
    account,
    by_name,
    diagram,
    organization,
    ou,
    ours_in,
    plain,
    settings_for,
)
from orgkit.procedure import bootstrap
from orgkit.report import drawing
from orgkit.report.drawing import Node
from orgkit.sandbox import PAYER

PAGES = Path(__file__).parents[2]


def text_of(root: Node, more: str = "") -> str:
    settings = settings_for(more)
    return click.unstyle("\n".join(drawing.tree(root, settings, ours_in(root, settings))))


# The tree


def test_a_tree_that_is_as_it_should_be_has_no_marks():
    assert text_of(organization(ou("Example University", account(1, "Physics")))).splitlines() == [
        "Root (r-abcd) [FullAWSAccess, deny-billing, keep-membership]",
        '├── "Payer" (123456789012) the payer, whose root user is the partner\'s',
        '└── "Example University" (ou-abcd-00000001) run by OrgAdmin',
        '    └── "Physics" (000000000001)',
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
            '├── "Physics" (000000000001) ~ at the root, outside Example University',
        ),
        (
            organization(ou("Example University")),
            "scps: [{document: quarantine, attach: institution}]",
            '└── "Example University" (ou-abcd-00000001) run by OrgAdmin + SCP quarantine is not attached',
        ),
    ],
)
def test_what_is_out_of_place_is_marked(root, more, line):
    lines = text_of(root, more).splitlines()
    assert line in lines
    assert lines[-1] == "+ missing  ~ drifted  ! blocked: `orgkit status` says more."


def test_an_account_that_is_being_closed_is_not_out_of_place():
    drawn = text_of(organization(account(1, "Old", "PENDING_CLOSURE"), ou("Example University")))
    assert '├── "Old" (000000000001) pending closure\n' in drawn


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
    drawn = text_of(organization(*inside, ou("Example University")))
    assert '├── "Payer" (123456789012) the payer, whose root user is the partner\'s' in drawn
    assert "├── … and 11 more accounts ~ at the root, outside Example University" in drawn


def test_no_name_can_write_to_the_terminal():
    name, seen = "\x1b[31mred\n", "\\x1b[31mred\\n"
    drawn = text_of(organization(ou("Example University", account(1, name), ou(name, number=2, scps=(name,)))))
    assert f'"{seen}" (000000000001)' in drawn
    assert f'"{seen}" (ou-abcd-00000002) ["{seen}"]' in drawn


def test_no_name_looks_like_a_guarded_node():
    name = 'Example University" (ou-abcd-00000001) [deny-billing] "'
    drawn = text_of(organization(ou("Example University"), ou(name, number=2)))
    (line,) = (line for line in drawn.splitlines() if "ou-abcd-00000002" in line)
    assert line.count('"') == 2
    assert line.endswith('" (ou-abcd-00000002)')


def test_accounts_stand_by_name_after_the_payer():
    drawn = text_of(organization(ou("Example University", account(1, "b"), account(2, "C"), account(3, "a"))))
    assert re.findall(r'"(.)" \(', drawn) == ["a", "b", "C"]


def test_ous_stand_by_name_after_the_institution_s():
    inside = [ou(name, number=number) for number, name in enumerate(("b", "C", "Example University", "a"))]
    assert re.findall(r'"(.*?)" \(ou', text_of(organization(*inside))) == ["Example University", "a", "b", "C"]


# Mermaid


def parsed(diagrams: list[list[str]]) -> list[dict[str, Any]]:
    """What Mermaid's own parser reads out of diagrams."""
    mermaid_js.installed()
    run = subprocess.run(
        ["node", "labels.mjs"],
        cwd=mermaid_js.FOLDER,
        input=json.dumps(["\n".join(diagram) for diagram in diagrams]),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert run.returncode == 0, run.stderr
    found: list[dict[str, Any]] = json.loads(run.stdout)
    return found


@pytest.fixture(scope="module")
def diagrams() -> dict[str, dict[str, Any]]:
    """Every kind of diagram, parsed in one go: starting the parser takes long."""
    ours = settings_for()
    every = {
        "nothing": diagram(None, ours),
        "small": diagram(organization(ou("Example University", account(1, "Physics"), scps=("guard",))), ours),
        "astray": diagram(organization(account(1, "Physics"), ou("Example University"), scps=GUARDS[:2]), ours),
        "hostile": diagram(
            organization(
                ou("Example University", *(account(n, name) for n, name in enumerate(HOSTILE)), scps=("a]b",))
            ),
            ours,
        ),
        "large": diagram(large(), ours),
        **{name: diagram(None, settings_for(institution=name)) for name in ALLOWED},
    }
    return dict(zip(every, parsed(list(every.values())), strict=True))


def large() -> Node:
    """5,000 accounts in 200 OUs."""
    inside = [
        ou(f"Faculty {number}", *(account(25 * number + each) for each in range(25)), number=number)
        for number in range(2, 202)
    ]
    return organization(ou("Example University", *inside))


def test_the_diagrams_of_the_docs_are_mermaid():
    pages = [PAGES / "README.md", PAGES / "docs" / "architecture.md"]
    drawn = [re.findall(r"^```mermaid\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE) for page in pages]
    assert [len(each) for each in drawn] == [1, 1]
    readme, architecture = parsed([[text] for each in drawn for text in each])
    assert readme["boxes"]["ou"] == ["Institution OU"]
    assert ["cli", "report"] in architecture["edges"]


def test_before_bootstrap_only_the_payer_is_drawn(diagrams):
    drawn = diagrams["nothing"]
    assert drawn["boxes"]["billing_admin"][0] == "BillingAdmin"
    assert drawn["boxes"]["org_admin"][0] == "OrgAdmin"
    assert drawn["subgraphs"] == {"payer": [f"Payer account {PAYER}"]}
    assert drawn["edges"] == [["partner", "root_user"], ["partner", "billing_admin"], ["institution", "org_admin"]]


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
        ("org_admin", "n1"),
        ("partner", "billing_admin"),
        ("partner", "root_user"),
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
    assert list(map(plain, drawn["boxes"]["n1_accounts"])) == [
        *(f"{name} {number:012}" for number, name in by_name(enumerate(HOSTILE))[:20]),
        f"… and {len(HOSTILE) - 20} more accounts",
    ]
    assert drawn["boxes"]["n1_scps"] == ["SCPs", "a]b"]


@pytest.mark.parametrize("name", ALLOWED)
def test_a_hostile_institution_stays_a_name(diagrams, name):
    (label,) = diagrams[name]["boxes"]["institution"]
    assert plain(label) == name
    assert len(diagrams[name]["edges"]) == 3


def test_a_large_organization_is_drawn_with_every_ou_and_its_count(diagrams):
    boxes = diagrams["large"]["boxes"]
    assert sum(label[0].startswith("Faculty") for label in boxes.values()) == 200
    assert boxes["n7_accounts"] == ["25 accounts"]
    assert "n0_accounts" not in boxes


@pytest.mark.parametrize(("ous", "depth", "longest"), [(200, 1, 100), (1000, 1, 100), (6, 4, 100), (260, 1, 1)])
def test_mermaid_never_gets_more_than_it_draws(ous, depth, longest):
    count = iter(range(1_000_000))

    def grown(level: int) -> Node:
        inside = [grown(level - 1) for _ in range(ous)] if level else []
        name = '"' * longest
        return ou(name, account(next(count), name), *inside, number=next(count), scps=(name,))

    lines = diagram(organization(grown(depth)), settings_for())
    assert sum(len(line) + 1 for line in lines) <= drawing.MOST_CHARACTERS
    assert sum(" --> " in line or " -.-> " in line for line in lines) <= drawing.MOST_EDGES
    assert any("more OUs" in line for line in lines)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("1. a", "1#46; a"),
        ("- a", "#45; a"),
        (" a  b ", "#160;a#160;#160;b#160;"),
        ("a_b", "a#95;b"),
        ("a.b", "a#46;b"),
    ],
)
def test_what_markdown_would_take_for_its_own_is_escaped(text, source):
    assert drawing.label(text) == f'"{source}"'


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("$$$", "#36;#8288;#36;#8288;#36;"),
        ("fa:fa-car", "fa#58;#8288;fa-car"),
        ("ﬂ°", "ﬂ#8288;#176;"),
        ("¶ß", "#182;#8288;ß"),
    ],
)
def test_what_mermaid_would_take_for_its_own_even_so_is_kept_apart(text, source):
    assert drawing.label(text) == f'"{source}"'


@pytest.mark.parametrize("text", ["Physics", "r-abcd", "ou-abcd-00000001", "Zürich, 大学", "The 2 of us"])
def test_words_stay_readable_in_the_source(text):
    assert drawing.label(text) == f'"{text}"'


# The command


def test_status_draws_the_organization_there_is(orgkit, aws, settings, one_session):
    list(bootstrap(aws(), settings))
    done = orgkit("status -o mermaid")
    assert done.exit_code == 0
    assert done.stdout.splitlines() == drawing.mermaid(drawing.read(aws()), settings, drawing.ours(aws(), settings))
    assert "Example University<br>ou-" in done.stdout


def test_status_draws_what_there_is_before_bootstrap(orgkit, settings, one_session):
    done = orgkit("status -o mermaid")
    assert done.stdout.splitlines() == diagram(None, settings)
