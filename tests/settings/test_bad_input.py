"""Whatever stands in the files, orgkit answers with settings or with problems at a line and a column."""

from __future__ import annotations

import json
import re
from collections import Counter
from contextlib import suppress
from pathlib import Path

import yaml
from hypothesis import example as such_as
from hypothesis import given, settings
from hypothesis import strategies as st

from orgkit.errors import FileProblems
from orgkit.settings import EXAMPLE, Settings, load, scps
from orgkit.settings.reader import parse_json

KEYS = st.sampled_from(
    ["account", "institution", "scps", "iam", "tags", "document", "attach", "name", "stack", "org_admin", "<<", "="]
) | st.text(max_size=5)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.dates()
    | st.binary(max_size=5)
    | st.text(max_size=20)
    | st.sampled_from(["123456789012", "root", "deny-billing", "./a.json", "/", "..", "\0.json", "\ud800/"])
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | SCALARS, inner, max_size=6),
    max_leaves=20,
)
SETTINGS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(["account", "institution", "scps", "iam", "tags"], ANYTHING)
)
POLICY_KEYS = st.sampled_from(["Version", "Statement", "Effect", "Action", "Resource", "Condition", "Sid", "Bool"])
POLICY = st.recursive(
    SCALARS.filter(lambda value: not isinstance(value, bytes) and not hasattr(value, "year")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(POLICY_KEYS | st.text(max_size=5), inner, max_size=6),
    max_leaves=20,
)

GOOD = f"scps: []\n{EXAMPLE.read_text('utf-8')}tags: {{a: b}}\niam: {{stack: x, org_admin: Ada}}\n"
SCP = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Deny", "NotAction": ["a:b*"], "Resource": "*", "Condition": {"Bool": {"a:b": [True, 1]}}}
        ],
    },
    indent="\t",
)

# Text in which YAML's own characters are as likely as all others together.
MARKS = [*"-?:,[]{}#&*!|>'\"%@`~=<\\ \n\t\ufeff\x85\u2028", "---", "...", "!!", "0x", "\\U"]
YAMLISH = st.lists(st.sampled_from(MARKS) | st.characters()).map("".join)

law = settings(deadline=None)  # a machine may be busy


def answer(text: str) -> None:
    """Whatever a settings file holds: settings that AWS can take, or problems that a person can find."""
    try:
        fit_for_aws(load(Path("orgkit.yaml"), text))
    except FileProblems as found:
        fit_to_read(found, text)


def fit_for_aws(written: Settings) -> None:
    assert re.fullmatch(r"[0-9]{12}", written.account)
    assert 1 <= len(written.institution.encode()) <= 4 * 128
    assert all(re.fullmatch(r"[\w+=,.@-]{1,64}", name) for name in (written.iam.billing_admin, written.iam.org_admin))
    assert all(isinstance(text, str) for tag in written.tags for text in tag)
    assert all(json.loads(scp.content)["Statement"] for scp in written.scps)


def fit_to_read(found: FileProblems, text: str) -> None:
    lines = len(re.split(r"\r\n|[\n\r\x85\u2028\u2029]", text))
    assert found.problems
    for problem in found.problems:
        assert problem.text
        assert str(problem).isprintable()
        assert problem.line <= lines


@law
@given(st.binary(max_size=100))
@such_as(b"\xef\xbb\xbf\xff")
@such_as(b"\xff\xfea\x00")
def test_any_bytes(tally: Counter[str], raw: bytes) -> None:
    tally["bad inputs"] += 1
    path = Path("orgkit.yaml")
    path.write_bytes(raw)
    with suppress(FileProblems):
        fit_for_aws(load(path))


@law
@given(YAMLISH)
@such_as("%YAML 1." + "9" * 5000 + "\n---\na")
@such_as("&a [*a]")
@such_as("!<!> {? {a: b} : !!int x, !!map y: !!null z, !!str [a]: !!bool b}")
def test_any_text(tally: Counter[str], text: str) -> None:
    tally["bad inputs"] += 1
    answer(text)


@law
@given(SETTINGS | ANYTHING)
def test_any_value_for_any_key(tally: Counter[str], data: object) -> None:
    tally["bad inputs"] += 1
    answer(yaml.dump(data))


@law
@given(st.integers(0, len(GOOD)), st.integers(0, 30), YAMLISH)
def test_any_slip_of_the_hand_in_good_settings(tally: Counter[str], start: int, length: int, typed: str) -> None:
    tally["bad inputs"] += 1
    answer(GOOD[:start] + typed + GOOD[start + length :])


@law
@given(POLICY)
def test_any_value_in_an_scp(tally: Counter[str], policy: object) -> None:
    tally["bad inputs"] += 1
    check_scp(json.dumps(policy))


@law
@given(st.integers(0, len(SCP)), st.integers(0, 30), YAMLISH)
def test_any_slip_of_the_hand_in_a_good_scp(tally: Counter[str], start: int, length: int, typed: str) -> None:
    tally["bad inputs"] += 1
    check_scp(SCP[:start] + typed + SCP[start + length :])


def check_scp(text: str) -> None:
    try:
        sent = scps.content(parse_json(text, "scp.json"))
    except FileProblems as found:
        fit_to_read(found, text)
    else:
        assert json.loads(sent) == json.loads(text)
