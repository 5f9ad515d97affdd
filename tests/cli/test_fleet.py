"""Many payers at once: `orgkit status a.yaml b.yaml …`."""

from __future__ import annotations

import gc
import json
import os
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from botocore.client import BaseClient

from orgkit.cli import status
from orgkit.cli.status import Payer, settings_files
from orgkit.errors import AwsError, FileProblems, OrgkitError, SignInError
from orgkit.sandbox import PAYER

OTHER = "210987654321"


# Each of them


def test_each_has_a_row():
    steps = [{"state": "in-place"}, {"state": "missing"}]
    seen = Payer({"file": "long_name.yaml", "steps": steps, "warnings": ["It is late."]})
    assert list(status._table([Payer({"file": "c.yaml"}, error=SignInError("No credentials.")), seen])) == [
        "FILE            ACCOUNT  INSTITUTION  STATE",
        "c.yaml                                failed: No credentials.",
        "long_name.yaml                        1 missing, 1 in place. 1 warning.",
    ]


@pytest.mark.parametrize(
    ("payer", "code"),
    [
        (Payer({"in_place": True}), 0),
        (Payer({"in_place": False}), 3),
        (Payer({}, error=FileProblems([])), 2),
        (Payer({}, error=SignInError("No credentials.")), 4),
        (Payer({}, error=AwsError("ListRoots", "AccessDeniedException", "")), 1),
    ],
)
def test_each_ends_as_it_would_alone(payer, code):
    assert payer.exit_code == code


def test_a_payer_that_could_not_be_signed_in_to_is_not_tried_again(settings):
    refused = Payer({"file": "a"}, settings, error=SignInError("That MFA code was wrong."))
    assert status._read(refused, None, None, quick=True).error is refused.error


def test_a_folder_stands_for_the_settings_in_it():
    Path("payers").mkdir()
    for name in ("b.yaml", "a.yml", "orgkit.schema.json", "notes.txt"):
        Path("payers", name).write_text("", encoding="utf-8")
    named = [Path("z.yaml"), Path("payers"), Path("payers/b.yaml")]
    assert [str(file) for file in settings_files(named)] == ["z.yaml", "payers/a.yml", "payers/b.yaml"]


def test_what_editors_and_systems_leave_in_a_folder_is_no_payer():
    Path("payers").mkdir()
    for name in ("a.yaml", "B.YAML", "._a.yaml", ".#a.yaml", ".hidden.yml"):
        Path("payers", name).touch()
    os.mkfifo("payers/pipe.yaml")
    Path("payers/null.yaml").symlink_to("/dev/null")
    Path("payers/folder.yaml").mkdir()
    assert [file.name for file in settings_files([Path("payers")])] == ["B.YAML", "a.yaml"]


def test_a_folder_without_settings_is_an_error():
    Path("payers").mkdir()
    with pytest.raises(OrgkitError, match="payers has no settings files"):
        settings_files([Path("payers")])


# The command


@pytest.fixture
def payers(orgkit, monkeypatch):
    """Two empty payers, each with a profile in its settings."""
    profiles = "".join(
        f"[{name}]\naws_access_key_id = {account}\naws_secret_access_key = pretend\naws_session_token = pretend\n"
        for name, account in (("one", PAYER), ("two", OTHER))
    )
    Path(os.environ["AWS_SHARED_CREDENTIALS_FILE"]).write_text(profiles, encoding="utf-8")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    Path("payers").mkdir()
    for name, account in (("one", PAYER), ("two", OTHER)):
        Path("payers", f"{name}.yaml").write_text(
            f"account: '{account}'\ninstitution: University {name}\nprofile: {name}\n", encoding="utf-8"
        )
    return orgkit


@pytest.fixture
def half_done(payers):
    """The first of them is bootstrapped."""
    assert payers("bootstrap --yes -s payers/one.yaml").exit_code == 0
    return payers


def test_each_settings_file_signs_in_with_its_own_profile(half_done):
    done = half_done("status payers")
    assert done.exit_code == 3
    header, two, one = done.stdout.splitlines()
    assert header.split() == ["FILE", "ACCOUNT", "INSTITUTION", "STATE"]
    assert two.split()[:4] == ["payers/two.yaml", OTHER, "University", "two"]
    assert two.endswith("0 in place.")
    assert one.endswith("13 in place. 2 warnings.")
    assert done.stderr == ""


def test_on_a_terminal_each_payer_is_said_as_soon_as_it_is_known(half_done, monkeypatch):
    monkeypatch.setattr("orgkit.cli.status.sys", SimpleNamespace(stderr=SimpleNamespace(isatty=lambda: True)))
    said = half_done("status --quick payers").stderr.splitlines()
    assert sorted(line.partition(": ")[0] for line in said) == ["1 of 2", "2 of 2"]
    assert sorted(line.partition(": ")[2][:40] for line in said) == [
        "payers/one.yaml: 13 in place. 3 warnings",
        "payers/two.yaml: 10 missing, 3 to follow",
    ]


def test_a_bug_hides_no_other_payer(payers, monkeypatch):
    document = status._document

    def spoilt(aws, settings, *more, **options):
        return document(aws, settings, *more, **options) if settings.account == PAYER else 1 / 0

    monkeypatch.setattr(status, "_document", spoilt)
    Path("payers/gone.yaml").write_text("account: '111122223333'\ninstitution: x\nprofile: nobody\n", encoding="utf-8")
    done = payers("status --quick payers")
    assert done.exit_code == 1
    assert [line.split()[0] for line in done.stdout.splitlines()[1:]] == [
        "payers/two.yaml",
        "payers/gone.yaml",
        "payers/one.yaml",
    ]
    assert "failed: orgkit has a bug: ZeroDivisionError: division by zero" in done.stdout


def test_payers_are_read_side_by_side(payers, monkeypatch):
    both = threading.Barrier(2, timeout=60)  # breaks if the second waits for the first
    document = status._document

    def together(*some, **more):
        both.wait()
        return document(*some, **more)

    monkeypatch.setattr(status, "_document", together)
    assert payers("status --quick payers").exit_code == 3


def test_nothing_of_a_payer_s_client_is_kept(payers, monkeypatch):
    """Two hundred payers would take a gigabyte."""
    found: list[Payer] = []
    monkeypatch.setattr(status, "_table", lambda payers: found.extend(payers) or [])
    Path("payers/gone.yaml").write_text("account: '111122223333'\ninstitution: x\nprofile: two\n", encoding="utf-8")
    gc.collect()  # what other tests left
    begun = len(clients())
    assert payers("status --quick payers").exit_code == 4
    gc.collect()
    assert len(found) == 3
    assert len(clients()) <= begun  # fewer where others' are gone by now


def clients() -> list[object]:
    return [each for each in gc.get_objects() if isinstance(each, BaseClient)]


def test_the_option_wins_over_the_profile_of_the_settings(payers):
    done = payers("status --profile two payers/one.yaml")
    assert done.exit_code == 4
    assert f"You are signed in to {OTHER}, but payers/one.yaml is for {PAYER}." in done.stderr


def test_a_payer_that_fails_hides_no_other(payers):
    Path("payers/bad.yaml").write_text("account: 1\n", encoding="utf-8")
    Path("payers/gone.yaml").write_text("account: '111122223333'\ninstitution: x\nprofile: nobody\n", encoding="utf-8")
    done = payers("status --quick payers")
    assert done.exit_code == 4
    assert [line.split()[0] for line in done.stdout.splitlines()[1:]] == [
        "payers/gone.yaml",
        "payers/bad.yaml",
        "payers/one.yaml",
        "payers/two.yaml",
    ]
    assert "payers/gone.yaml  111122223333  x  " in done.stdout
    assert "\nError with payers/bad.yaml:\npayers/bad.yaml:1:1: institution: is missing\n" in done.stderr


def test_json_is_one_document_with_a_list(half_done):
    Path("payers/bad.yaml").write_text("account: 1\n", encoding="utf-8")
    alone = json.loads(half_done("status -s payers/one.yaml -o json").stdout)
    done = half_done("status payers -o json")
    assert done.exit_code == 2
    document = json.loads(done.stdout)
    bad, one, two = document["payers"]
    lines = done.stdout.splitlines()
    assert [json.loads(line.removeprefix(",")) for line in lines[1:-1]] == document["payers"]
    assert document["in_place"] is False
    assert one == {"file": "payers/one.yaml", "institution": "University one", **alone}
    assert (two["account"], two["in_place"], len(two["steps"])) == (OTHER, False, 13)
    assert (bad["file"], bad["in_place"]) == ("payers/bad.yaml", False)
    assert bad["error"]["problems"][0]["line"] == 1


def test_no_name_of_a_file_steers_the_terminal_in_json(payers):
    Path("payers/\u202e\x9b.yaml").write_text("account: 1\n", encoding="utf-8")
    assert "\\u202e\\u009b" in payers("status payers -o json --quick").stdout


def test_json_says_whether_all_are_in_place(half_done):
    done = half_done("status payers/one.yaml -o json")
    assert (done.exit_code, json.loads(done.stdout)["in_place"]) == (0, True)


def test_json_of_what_was_interrupted_does_not_say_that_all_are_in_place(half_done, monkeypatch):
    def seen(aws, settings):
        raise KeyboardInterrupt

    monkeypatch.setattr("orgkit.procedure.seen", seen)
    done = half_done("status payers/one.yaml -o json")
    assert (done.exit_code, json.loads(done.stdout)) == (130, {"payers": [], "in_place": False})


def test_a_file_that_is_not_there_is_a_line_too(payers):
    done = payers("status payers/one.yaml payers/three.yaml")
    assert done.exit_code == 2
    assert "payers/three.yaml:1:1: cannot be read" in done.stdout


@pytest.mark.parametrize("options", ["-o tree", "-o mermaid", "-s one.yaml"])
def test_what_does_not_go_with_many_is_refused(orgkit, options):
    assert orgkit(f"status a.yaml {options}").exit_code == 2
