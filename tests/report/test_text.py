"""What orgkit says of steps and errors: as lines, and as JSON."""

from __future__ import annotations

import json

import pytest

from orgkit.errors import AwsError, Blocked, FileProblems, OrgkitError, Problem
from orgkit.report import text as report
from orgkit.step import State, Step, blocked


def nothing() -> str:
    return ""


IN_PLACE = Step("organization", State.IN_PLACE, "o-exampleorgid")
MISSING = Step("SCP guard", State.MISSING, "to be attached", nothing)
FOLLOWS = Step("IAM users and groups", State.TO_FOLLOW, "come with the stack")
DRIFTED = Step(
    "SCP guard", State.DRIFTED, "p-examplepol is not as in guard.json", nothing, ["name is 'x', should be 'guard'"]
)
BLOCKED = blocked("FullAWSAccess at the root", "not attached", "Attach it.")


def plain(line: str) -> str:
    """Without colours, as where output is no terminal."""
    for colour in (31, 32, 33, 36, 0):
        line = line.replace(f"\x1b[{colour}m", "")
    return line


def status_of(steps, warnings=(), waiting=0):
    """The document of `orgkit status -o json`."""
    told = {"warnings": warnings, "invitations": {"open": waiting}, "remaining": []}
    return {"in_place": report.in_place(steps), "steps": [report.step_json(step) for step in steps], **told}


# Counting


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ([], "0 in place."),
        ([IN_PLACE], "1 in place."),
        ([IN_PLACE, IN_PLACE], "2 in place."),
        ([MISSING], "1 missing, 0 in place."),
        ([IN_PLACE, MISSING, MISSING, DRIFTED], "2 missing, 1 drifted, 1 in place."),
        ([FOLLOWS, MISSING], "1 missing, 1 to follow, 0 in place."),
        ([BLOCKED, DRIFTED, MISSING, IN_PLACE], "1 missing, 1 drifted, 1 blocked, 1 in place."),
    ],
)
def test_a_summary_counts_each_state_there_is(steps, says):
    assert report.summary(step.state for step in steps) == says


@pytest.mark.parametrize(
    ("number", "says"), [(0, "0 accounts"), (1, "1 account"), (2, "2 accounts"), (1000, "1000 accounts")]
)
def test_one_is_not_many(number, says):
    assert report.counted(number, "account") == says


def test_only_all_in_place_is_in_place():
    assert report.in_place([IN_PLACE, IN_PLACE]) is True
    for step in (MISSING, DRIFTED, BLOCKED):
        assert report.in_place([IN_PLACE, step]) is False


# Lines


@pytest.mark.parametrize(
    ("step", "mark", "colour"), [(IN_PLACE, "✓", 32), (MISSING, "+", 36), (DRIFTED, "~", 33), (BLOCKED, "!", 31)]
)
def test_a_mark_carries_what_the_colour_repeats(step, mark, colour):
    line, *_ = report.line(step).split("\n")
    assert line.startswith(f"  \x1b[{colour}m{mark}\x1b[0m {step.thing}")
    assert plain(line).split(maxsplit=1)[0] == mark
    assert line.endswith(step.detail)


def test_every_state_has_a_mark_of_its_own():
    assert set(report.MARKS) == set(State)
    assert len(set(report.MARKS.values())) == len(State)


def test_details_stand_in_one_column():
    assert {plain(report.line(step)).index(step.detail) for step in (IN_PLACE, MISSING, DRIFTED, BLOCKED)} == {48}


def test_differences_stand_below_their_step():
    assert plain(report.line(DRIFTED)).split("\n")[1:] == ["      name is 'x', should be 'guard'"]


def test_a_difference_that_its_step_s_line_tells_is_not_repeated():
    told = Step(
        "IAM users and groups",
        State.DRIFTED,
        "user Ada is in the group Admins",
        nothing,
        ["user Ada is in the group Admins"],
    )
    assert "\n" not in report.line(told)


def test_a_long_difference_is_cut():
    long = Step("IAM stack", State.DRIFTED, "changed by hand", nothing, [f"policy is {'x' * 5000}, should be y"])
    *_, line = report.line(long).split("\n")
    assert len(line) < 200
    assert line.endswith("…")


MEND = "orgkit bootstrap"
NASTY = "x\n  ✓ all is well\r\x1b[2J\x1b]0;title\x07\u202e\u2028\x9b1m\0"


@pytest.mark.parametrize(
    "lines",
    [
        lambda settings: [report.line(Step(NASTY, State.MISSING, NASTY, nothing))],
        lambda settings: [report.line(Step("OU", State.DRIFTED, "changed", nothing, [NASTY, NASTY]))],
        lambda settings: report.verdict(status_of([IN_PLACE], [NASTY]), settings, MEND),
        lambda settings: report.verdict(status_of([blocked("OU", "full", NASTY)]), settings, MEND),
    ],
)
def test_a_name_that_somebody_chose_cannot_steer_the_terminal(settings, lines):
    text = [plain(line) for shown in lines(settings) for line in shown.split("\n")]
    assert any("all is well" in line for line in text)
    assert all(line.isprintable() for line in text)


# The verdict


def said(settings, *steps, warnings=(), waiting=0):
    return list(report.verdict(status_of(steps, warnings, waiting), settings, MEND))[1:]


def test_all_in_place_is_one_sentence(settings):
    assert said(settings, IN_PLACE) == ["Everything in orgkit.yaml is in place."]


@pytest.mark.parametrize("step", [MISSING, DRIFTED])
def test_what_is_to_do_ends_with_the_way(settings, step):
    assert said(settings, IN_PLACE, step)[-1] == "To restore it, run `orgkit bootstrap`."


def test_what_is_blocked_has_its_remedy_and_no_bootstrap_is_offered(settings):
    assert said(settings, IN_PLACE, BLOCKED) == ["1 blocked, 1 in place.", "FullAWSAccess at the root: Attach it."]


def test_warnings_and_open_invitations_are_told_of_what_is_in_place_too(settings):
    assert said(settings, IN_PLACE, warnings=["No MFA."], waiting=1) == [
        "Everything in orgkit.yaml is in place.",
        "1 open invitation: `orgkit invitations`",
        "Warning: No MFA.",
    ]


def test_what_is_left_by_hand_is_numbered(settings):
    assert list(report.checklist([])) == []
    assert list(report.checklist(["This.", "That."])) == [
        "",
        "Finish by hand, in this order:",
        "  1. This.",
        "  2. That.",
    ]


# JSON


def test_a_step_in_json_has_no_empty_members():
    assert report.step_json(IN_PLACE) == {"thing": "organization", "state": "in-place", "detail": "o-exampleorgid"}
    assert report.step_json(MISSING)["state"] == "missing"
    assert report.step_json(DRIFTED)["differences"] == ["name is 'x', should be 'guard'"]
    assert report.step_json(BLOCKED)["remedy"] == "Attach it."


PROBLEM = Problem("orgkit.yaml", 3, 1, "iam.region", "is unknown")


@pytest.mark.parametrize(
    ("error", "document"),
    [
        (OrgkitError("It failed."), {"message": "It failed."}),
        (Blocked("It is stuck.", "Free it."), {"message": "It is stuck.", "remedy": "Free it."}),
        (
            AwsError("CreateOrganization", "AccessDenied", "No."),
            {
                "message": "CreateOrganization: No. (AccessDenied)",
                "remedy": AwsError("", "AccessDenied", "").remedy,
                "code": "AccessDenied",
            },
        ),
        (
            FileProblems([PROBLEM]),
            {
                "message": "orgkit.yaml:3:1: iam.region: is unknown",
                "problems": [
                    {"file": "orgkit.yaml", "line": 3, "column": 1, "path": "iam.region", "problem": "is unknown"}
                ],
            },
        ),
    ],
)
def test_an_error_in_json_has_what_a_machine_needs(error, document):
    assert report.error_json(error) == document


def test_json_is_one_document_that_any_reader_takes():
    text = report.as_json({"detail": NASTY, "name": "Universität Zürich"})
    assert json.loads(text) == {"detail": NASTY, "name": "Universität Zürich"}
    assert "Universität Zürich" in text
