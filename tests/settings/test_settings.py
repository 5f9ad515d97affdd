"""The settings file: what it means, and every way it can be wrong."""

from __future__ import annotations

import json
import re
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.loaders import Loader
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from orgkit.errors import FileProblems, OrgkitError
from orgkit.settings import EXAMPLE, Iam, Settings, example, load, schema, scps, write

GOOD = 'account: "123456789012"\ninstitution: Example University\n'
SCP = '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}}'
SCHEMA = json.loads(schema.SETTINGS.read_text("utf-8"))
ONE_LINE = SCHEMA["properties"]["institution"]["patternErrorMessage"]


law = settings(deadline=None)  # a machine may be busy


def problems(text: str) -> list[str]:
    """The problem lines of a settings file with this text."""
    path = Path("orgkit.yaml")
    path.write_text(text, "utf-8")
    with pytest.raises(FileProblems) as caught:
        load(path)
    return [str(problem) for problem in caught.value.problems]


def loaded(text: str) -> Settings:
    return load(Path("orgkit.yaml"), GOOD + text)


def only(more: str) -> str:
    """The one problem of settings that are good in their first two lines."""
    (line,) = problems(GOOD + more)
    return line.removeprefix("orgkit.yaml:")


def test_the_example_loads_as_it_stands() -> None:
    bare = load(EXAMPLE)
    assert (bare.account, bare.institution) == ("123456789012", "Example University")
    assert bare.warnings == ()


def test_the_example_says_in_its_comments_what_holds_without_them() -> None:
    commented = EXAMPLE.read_text("utf-8")
    whole = load(EXAMPLE, re.sub(r"^# ?(\w+:$|  )", r"\1", commented, flags=re.MULTILINE))
    bare = load(EXAMPLE)
    assert whole.scps == bare.scps
    nobody_else = dict.fromkeys(("billing_admin_from", "org_admin_from", "watcher"))
    assert replace(whole.iam, **nobody_else) == Iam(region="us-east-1")
    assert whole.iam != Iam(region="us-east-1")
    assert dict(whole.tags) == {"CostCentre": "4711"}


def test_the_example_names_every_setting() -> None:
    commented = EXAMPLE.read_text("utf-8")
    names = SCHEMA["properties"]
    assert [name for name in names if not re.search(rf"^(# )?{name}:", commented, re.MULTILINE)] == []
    assert [name for name in names["iam"]["properties"] if f"#   {name}: " not in commented] == []


def test_without_scps_the_partners_guards_are_at_the_root() -> None:
    assert [(scp.name, scp.source, scp.attach) for scp in loaded("").scps] == [
        ("deny-billing", "scp-examples/deny-billing.json", "root"),
        ("keep-membership", "scp-examples/keep-membership.json", "root"),
    ]


@pytest.mark.parametrize(
    ("item", "meaning"),
    [
        ("document: deny-billing, name: No bills", "no member account sees or changes billing and cost"),
        ("document: deny-billing, description: Ours", "Ours"),
        ('document: deny-billing, description: ""', "no member account sees or changes billing and cost"),
        ("document: mine/deny-billing.json", ""),
    ],
)
def test_what_an_scp_means_is_said_in_words_where_they_are_known(item: str, meaning: str) -> None:
    Path("mine").mkdir()
    Path("mine/deny-billing.json").write_text(SCP, encoding="utf-8")
    (scp,) = loaded(f"scps: [{{{item}}}]").scps
    assert scp.meaning == meaning


def test_an_empty_list_of_scps_means_none() -> None:
    assert loaded("scps: []").scps == ()


def test_an_scp_of_ones_own_is_found_beside_the_settings() -> None:
    folder = Path("university")
    (folder / "policies").mkdir(parents=True)
    (folder / "policies" / "regions.json").write_text(SCP)
    (folder / "orgkit.yaml").write_text(
        f"{GOOD}scps: [{{document: policies/regions.json, attach: institution, description: Europe only}}]"
    )
    (scp,) = load(folder / "orgkit.yaml").scps
    assert scp.name == "regions"
    assert scp.description == "Europe only"
    assert scp.source == "policies/regions.json"
    assert scp.attach == "institution"
    assert scp.content == SCP.replace(" ", "")


def test_an_scp_may_have_another_name_than_its_file() -> None:
    (scp,) = loaded("scps: [{document: deny-billing, name: No bills}]").scps
    assert (scp.name, scp.source) == ("No bills", "scp-examples/deny-billing.json")


def test_an_scp_without_a_name_needs_a_file_name_that_aws_takes() -> None:
    for name, says in (("x" * 129, "has 129 characters; at most 128 fit"), ("a<b", ONE_LINE)):
        Path(f"{name}.json").write_text(SCP, encoding="utf-8")
        assert only(f"scps: [{{document: {name}.json}}]") == f"3:8: scps[0].name: {says}"


def test_iam_and_tags_are_as_written() -> None:
    written = loaded("iam: {org_admin: Ada, require_mfa: false}\ntags: {b: x y, ä: y}")
    assert written.iam == Iam(org_admin="Ada", require_mfa=False)
    assert written.tags == (("b", "x y"), ("ä", "y"))


def test_a_byte_order_mark_and_foreign_letters_are_welcome() -> None:
    path = Path("orgkit.yaml")
    path.write_text('account: "123456789012"\ninstitution: Universität Zürich 大学\nscps: []', "utf-8-sig")
    assert load(path).institution == "Universität Zürich 大学"


def test_an_scp_above_the_size_that_aws_takes_is_a_problem() -> None:
    room = scps.SCP_CHARACTERS - len(SCP.replace(" ", "")) + len("ec2:*") - len("ec2:")
    file = Path("long.json")
    file.write_text(SCP.replace("ec2:*", "ec2:" + "a" * room), encoding="utf-8")
    assert len(loaded("scps: [{document: ./long.json}]").scps[0].content) == scps.SCP_CHARACTERS

    file.write_text(SCP.replace("ec2:*", "ec2:a" + "a" * room), encoding="utf-8")
    assert problems(f"{GOOD}scps: [{{document: long.json}}]") == [
        "long.json:1:1: has 10,241 characters without white space; AWS allows 10,240"
    ]


EVERY_SETTING = f"there are {', '.join(SCHEMA['properties'])}"
PROBLEMS = {
    "scps: [{document: deny-biling}]": (
        "3:19: scps[0].document: no SCP deny-biling ships with orgkit; did you mean deny-billing?"
    ),
    "scps: [{document: deny-billing.json}]": (
        "3:19: scps[0].document: deny-billing.json cannot be read: No such file or directory; "
        "did you mean deny-billing, which ships with orgkit?"
    ),
    "scps: [{document: ./}]": "3:19: scps[0].document: . cannot be read: Is a directory",
    'scps: [{document: "a\\0.json", name: a}]': (
        "3:19: scps[0].document: a\\x00.json cannot be read: embedded null byte"
    ),
    "scps: [{document: deny-billing, attach: Root}]": ("3:41: scps[0].attach: must be root or institution"),
    "scps: [{document: deny-billing, attach: 1}]": ("3:41: scps[0].attach: must be text, so put it in quotes"),
    "scps: [{documnt: deny-billing}]": ("3:9: scps[0].documnt: is not known here; did you mean document?"),
    "scps: [{attach: root}]": "3:8: scps[0].document: is missing",
    "scps: [deny-billing]": "3:8: scps[0]: must be a mapping of keys to values; it needs document",
    "scps: deny-billing": "3:7: scps: must be a list",
    "scps:": "3:6: scps: has no value; write one or remove the line",
    "scps: [{document: deny-billing}, {document: deny-billing, attach: institution}]": (
        "3:34: scps[1].name: deny-billing is the name of scps[0] already"
    ),
    "scps: [{document: deny-billing, name: FullAWSAccess}]": ("3:39: scps[0].name: is the name of AWS's own SCP"),
    f"scps: [{{document: deny-billing, name: {'x' * 129}}}]": (
        "3:39: scps[0].name: has 129 characters; at most 128 fit"
    ),
    f"scps: [{{document: deny-billing, description: {'x' * 513}}}]": (
        "3:46: scps[0].description: has 513 characters; at most 512 fit"
    ),
    "scps: [{document: deny-billing, description: <script>}]": ("3:46: scps[0].description: " + ONE_LINE),
    "scps: [" + ", ".join(f"{{document: deny-billing, name: s{n}}}" for n in range(10)) + "]": (
        "3:332: scps[9]: is one too many: the root has room for 9 beside FullAWSAccess"
    ),
    "iam: {require_mfa: 'yes'}": "3:20: iam.require_mfa: must be true or false",
    "iam: {requir_mfa: true}": "3:7: iam.requir_mfa: is not known here; did you mean require_mfa?",
    "iam: {region: us-esat-1}": "3:15: iam.region: is not an AWS region, such as us-east-1",
    "iam: {stack: org_kit}": (
        "3:14: iam.stack: must begin with a letter and have only letters, digits and hyphens (a-z, A-Z, 0-9, -)"
    ),
    'iam: {stack: "orgkit\\n"}': (
        "3:14: iam.stack: must begin with a letter and have only letters, digits and hyphens (a-z, A-Z, 0-9, -)"
    ),
    f"iam: {{stack: {'x' * 129}}}": "3:14: iam.stack: has 129 characters; at most 128 fit",
    "iam: {org_admin: Ada Lovelace}": (
        "3:18: iam.org_admin: may have only letters, digits and _+=,.@- (a-z, A-Z, 0-9)"
    ),
    f"iam: {{access_role: {'x' * 65}}}": "3:20: iam.access_role: has 65 characters; at most 64 fit",
    "iam: {org_admin: billingADMIN}": (
        "3:18: iam.org_admin: must differ from the other admin's name, and not only in case"
    ),
    "iam: {billing_admin: OrgAdmin}": (
        "3:22: iam.billing_admin: must differ from the other admin's name, and not only in case"
    ),
    "tags: {CostCentre: 4711}": "3:20: tags.CostCentre: must be text, so put it in quotes",
    "tags: {a: ''}": "3:11: tags.a: must not be empty",
    f"tags: {{a: {'x' * 257}}}": "3:11: tags.a: has 257 characters; at most 256 fit",
    f"tags: {{{'k' * 129}: x}}": f"3:8: tags.{'k' * 60}…: has 129 characters; at most 128 fit",
    "tags: {aws:cloudformation:x: a}": (
        "3:8: tags.aws:cloudformation:x: must not begin with aws:, which AWS keeps for itself"
    ),
    "tags: {a!: x}": "3:8: tags.a!: a key may have only letters, digits, spaces and _.:/=+-@",
    "tags: {a: x;y}": "3:11: tags.a: may have only letters, digits, spaces and _.:/=+-@",
    "tags: {Team: x, team: y}": "3:17: tags.team: differs from Team only in case",
    "tags: {" + ", ".join(f"k{n}: x" for n in range(41)) + "}": ("3:7: tags: has 41 entries; at most 40 fit"),
    "tags: {1: x}": "3:8: tags.1: a key must be text, so put it in quotes",
    "tags: {[a]: x}": "3:8: tags: a key must be text",
    "institution: Other": "3:1: institution: is set twice; the first is on line 2",
    "true: x": "3:1: true: a key must be text, so put it in quotes",
    "colour: blue": f"3:1: colour: is not known here; {EVERY_SETTING}",
    '"\\e[31m\\ud800": 1': (f"3:1: \\x1b[31m\\ud800: is not known here; {EVERY_SETTING}"),
    "tags: &t {a: x}\niam: *t": "4:6: cannot be read: aliases (*) are not supported, write it out",
    "tags: {a: !!python/object:os.system x}": "3:11: tags.a: the tag !!python/object:os.system is not supported",
    "tags: !!set {a}": "3:7: tags: the tag !!set is not supported",
    f"iam: {'[' * 5000}": "3:25: cannot be read: it is nested too deep",
    "iam: {": "3:7: cannot be read: expected the node content, but found '<stream end>'",
    "---\na: b": "3:1: cannot be read: found another document",
    'institution: "\\UFFFFFFFF"': "3:17: cannot be read: a number is out of range",
    "a: \a": "3:4: the character U+0007 is not allowed",
}


@pytest.mark.parametrize("more", PROBLEMS, ids=lambda more: more[:40])
def test_every_problem_has_its_line_and_column(more: str) -> None:
    assert only(more) == PROBLEMS[more]


ACCOUNTS = {
    "123456789012": "must be text, so put it in quotes",
    "012345678901": "must be text, so put it in quotes",
    "012345670123": "must be text, so put it in quotes",
    "1.23456789012e+11": "must be text, so put it in quotes",
    "123_456_789_012": "must be text, so put it in quotes",
    "true": "must be text, so put it in quotes",
    "2026-11-23": "must be text, so put it in quotes",
    "9" * 5000: "must be text, so put it in quotes",
    "": "has no value; write one or remove the line",
    "[1]": "must be text",
    '"12345678901"': "must be the 12 digits of an AWS account",
    '"1234-5678-9012"': "must be the 12 digits of an AWS account",
    '"123456789012\\n"': "must be the 12 digits of an AWS account",
    r'"\u0661\u0662\u0663456789012"': "must be the 12 digits of an AWS account",
}


@pytest.mark.parametrize("written", ACCOUNTS, ids=lambda written: written[:20])
def test_an_account_is_12_digits_in_quotes(written: str) -> None:
    (line,) = problems(f"institution: x\nscps: []\naccount: {written}")
    assert line.startswith("orgkit.yaml:3:")
    assert line.endswith(f": account: {ACCOUNTS[written]}")


INSTITUTIONS = {
    '""': "must not be empty",
    "No": "must be text, so put it in quotes",
    '" x"': ONE_LINE,
    '"a\\nb"': ONE_LINE,
    '"\\ud800"': ONE_LINE,
    "a<b": ONE_LINE,
    "x" * 129: "has 129 characters; at most 128 fit",
}


@pytest.mark.parametrize("written", INSTITUTIONS, ids=lambda written: written[:20])
def test_an_institution_is_a_name_that_aws_takes(written: str) -> None:
    (line,) = problems(f'account: "123456789012"\nscps: []\ninstitution: {written}')
    assert line == f"orgkit.yaml:3:14: institution: {INSTITUTIONS[written]}"


def test_all_problems_come_at_once_sorted_by_file_and_line() -> None:
    Path("a.json").write_text("{}", encoding="utf-8")
    assert problems(
        "insitution: Example\nscps:\n  - document: a.json\n  - document: nothing\n    attach: rot\naccount: 1"
    ) == [
        "a.json:1:1: Version: is missing",
        "a.json:1:1: Statement: is missing",
        "orgkit.yaml:1:1: insitution: is not known here; did you mean institution?",
        "orgkit.yaml:4:15: scps[1].document: no SCP nothing ships with orgkit; there are " + ", ".join(scps.meanings()),
        "orgkit.yaml:5:13: scps[1].attach: must be root or institution",
        "orgkit.yaml:6:10: account: must be text, so put it in quotes",
    ]


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "null", "- a", "just words", "42"])
def test_settings_that_are_no_mapping_are_one_problem(text: str) -> None:
    (line,) = problems(text)
    assert line.endswith(":1: must be a mapping of keys to values; it needs account and institution")


def test_settings_that_cannot_be_read_say_why_and_what_to_do() -> None:
    Path("folder").mkdir()
    for name, why in (("nowhere.yaml", "No such file or directory"), ("folder", "Is a directory")):
        with pytest.raises(FileProblems, match=f"^{name}:1:1: cannot be read: {why}$") as caught:
            load(Path(name))
        assert "orgkit init" in caught.value.remedy


def test_what_is_not_utf_8_says_where() -> None:
    Path("orgkit.yaml").write_bytes("account: 1\ninstitution: ä".encode() + b"\xe4")
    with pytest.raises(FileProblems, match=r"^orgkit.yaml:2:15: is not UTF-8 text$"):
        load(Path("orgkit.yaml"))


def test_a_file_of_any_length_is_not_read_to_its_end() -> None:
    with pytest.raises(FileProblems, match=r"^/dev/zero:1:1: is larger than 256 KiB$"):
        load(Path("/dev/zero"))


def test_the_schema_is_valid_and_takes_the_example() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert EXAMPLE.read_text("utf-8").startswith("# yaml-language-server: $schema=./orgkit.schema.json\n")
    Draft7Validator(SCHEMA).validate({"account": "123456789012", "institution": "Example University"})


def test_the_schema_describes_every_setting() -> None:
    def parts(part: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield part
        for inner in (*part.get("properties", {}).values(), *filter(None, [part.get("items")])):
            yield from parts(inner)

    assert [part for part in parts(SCHEMA) if not (part.get("title") and part.get("description"))] == []


def test_the_schema_and_the_code_agree_on_defaults() -> None:
    iam = SCHEMA["properties"]["iam"]["properties"]
    assert {key.name: key.default for key in fields(Iam)} == {
        name: described.get("default") for name, described in iam.items()
    }
    described = SCHEMA["properties"]["scps"]
    assert described["default"] == list(scps.GUARDS)
    assert described["items"]["properties"]["description"]["default"] == scps.DESCRIPTION


def shape(service: str, name: str) -> dict[str, Any]:
    """A shape of AWS's API, by botocore's model."""
    described: dict[str, Any] = Loader().load_service_model(service, "service-2")["shapes"][name]
    return described


def test_the_schema_has_the_lengths_of_aws() -> None:
    """The IAM names' 64 are of "IAM and AWS STS quotas", the stack's 128 of CreateStack; of 50 tags 10 stay free."""
    top = SCHEMA["properties"]
    scp, iam = top["scps"]["items"]["properties"], top["iam"]["properties"]
    assert top["institution"]["maxLength"] == shape("organizations", "OrganizationalUnitName")["max"]
    assert scp["name"]["maxLength"] == shape("organizations", "PolicyName")["max"]
    assert scp["description"]["maxLength"] == shape("organizations", "PolicyDescription")["max"]
    assert top["tags"]["propertyNames"]["maxLength"] == shape("organizations", "TagKey")["max"]
    assert top["tags"]["additionalProperties"]["maxLength"] == shape("organizations", "TagValue")["max"]
    assert {iam[name]["maxLength"] for name in ("billing_admin", "org_admin", "access_role")} == {64}
    assert (iam["stack"]["maxLength"], top["tags"]["maxProperties"]) == (128, 50 - 10)


def test_every_region_of_aws_is_a_region() -> None:
    pattern = SCHEMA["properties"]["iam"]["properties"]["region"]["pattern"]
    partitions = Loader().load_data("partitions")["partitions"]
    regions = {region for partition in partitions for region in partition["regions"]}
    assert [region for region in sorted(regions) if not re.fullmatch(pattern, region)] == [
        region for region in sorted(regions) if region.endswith("-global")
    ]


@law
@given(st.text(min_size=1, max_size=128).filter(re.compile(SCHEMA["properties"]["institution"]["pattern"]).fullmatch))
def test_any_institution_survives_the_example(institution: str) -> None:
    written = yaml.safe_load(example("012345678901", institution))
    assert written == {"account": "012345678901", "institution": institution}


@law
@given(st.text(), st.text())
def test_the_example_keeps_its_comments_whatever_is_put_in(account: str, institution: str) -> None:
    def comments(text: str) -> list[str]:
        return [line for line in text.split("\n") if not line.startswith(("account: ", "institution: "))]

    assert comments(example(account, institution)) == comments(EXAMPLE.read_text("utf-8"))


def test_init_writes_settings_and_the_schema_beside_them() -> None:
    path = Path("orgkit.yaml")
    write(path, "123456789012", 'The "Old" University: #1')
    assert load(path).institution == 'The "Old" University: #1'
    assert Path("orgkit.schema.json").read_bytes() == schema.SETTINGS.read_bytes()


def test_init_overwrites_nothing() -> None:
    Path("orgkit.yaml").write_text("mine", encoding="utf-8")
    with pytest.raises(OrgkitError, match=r"^orgkit.yaml exists already\.$"):
        write(Path("orgkit.yaml"), "123456789012", "Example University")
    assert Path("orgkit.yaml").read_text(encoding="utf-8") == "mine"
    assert not Path("orgkit.schema.json").exists()

    Path("orgkit.schema.json").write_text("mine too", encoding="utf-8")
    write(Path("second.yaml"), "123456789012", "Example University")
    assert Path("second.yaml").exists()
    assert Path("orgkit.schema.json").read_text(encoding="utf-8") == "mine too"


def test_init_writes_nothing_that_would_not_load() -> None:
    with pytest.raises(FileProblems, match="account: must be the 12 digits") as caught:
        write(Path("orgkit.yaml"), "12", "<b>")
    assert len(caught.value.problems) == 2
    assert not Path("orgkit.yaml").exists()


def test_init_says_when_it_cannot_write() -> None:
    Path("file").touch()
    with pytest.raises(OrgkitError, match=r"^file/in/orgkit.yaml cannot be written: Not a directory\.$"):
        write(Path("file/in/orgkit.yaml"), "123456789012", "Example University")


def test_init_leaves_no_half_file_on_a_full_disk() -> None:
    with pytest.raises(OrgkitError, match="File too large"), largest_file(1024):
        write(Path("orgkit.yaml"), "123456789012", "Example University")
    assert not Path("orgkit.yaml").exists()


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file may grow beyond this many bytes: the closest to a full disk that needs no other disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
