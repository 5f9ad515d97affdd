"""The wheel carries everything: installed into an empty environment, orgkit works in an empty folder."""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path, PurePosixPath

import click
import pytest

from orgkit.settings import reader
from test_supply_chain import AGREED, ASKED_FOR, LOCK

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (made,) = out.glob("*.whl")
    return made


def test_the_wheel_is_built_twice_with_the_same_bytes(wheel, tmp_path):
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (again,) = tmp_path.glob("*.whl")
    assert again.read_bytes() == wheel.read_bytes()


def test_the_docs_travel_with_the_source(wheel):
    (source,) = wheel.parent.glob("*.tar.gz")
    with tarfile.open(source) as packed:
        names = {name.partition("/")[2] for name in packed.getnames()}
    assert {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")} <= names


def about(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as packed:
        (name,) = [name for name in packed.namelist() if name.endswith(".dist-info/METADATA")]
        return message_from_bytes(packed.read(name))


def test_the_links_of_the_readme_work_on_a_package_index(wheel):
    shown = about(wheel)
    files = f"https://github.com/orgkit/orgkit/blob/v{shown['Version']}/"
    links = re.findall(r"\]\(([^)]*)\)", shown.get_payload())
    assert len(links) > 10
    for link in links:
        assert link.startswith("https://")
        assert not link.startswith(files) or (ROOT / link.removeprefix(files).partition("#")[0]).exists(), link


def test_the_links_of_every_page_work_in_the_source(wheel):
    (source,) = wheel.parent.glob("*.tar.gz")
    with tarfile.open(source) as packed:
        files = {PurePosixPath(each.name.partition("/")[2]): each for each in packed.getmembers()}
        pages = [file for file in files if file.suffix == ".md"]
        links = [
            (page, link)
            for page in pages
            for link in re.findall(r"\]\((?!https?:)([^)#]+)", packed.extractfile(files[page]).read().decode())
        ]
    assert {page.name for page, _ in links} >= {"README.md", "faq.md", "SECURITY.md"}
    there = {str(each) for file in files for each in (file, *file.parents)}
    assert [(page, link) for page, link in links if posixpath.normpath(page.parent / link) not in there] == []


# What `make dist` writes beside the wheel. It also installs the wheel by it, which needs the packages themselves.


@pytest.fixture(scope="module")
def released(wheel: Path) -> Path:
    subprocess.run([sys.executable, str(ROOT / ".ci" / "release.py"), str(wheel.parent)], check=True)
    return wheel.parent


@pytest.mark.locked
@pytest.mark.parametrize(("file", "more"), [("requirements.txt", set()), ("requirements-login.txt", {"awscrt"})])
def test_the_wheel_and_all_that_it_needs_are_listed_with_the_hashes_of_the_lock(released, wheel, file, more):
    own, *others = re.split(r"\n(?=\S)", (released / file).read_text("utf-8").rstrip("\n"))
    own_hash = hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert own == f"orgkit=={about(wheel)['Version']} \\\n    --hash=sha256:{own_hash}"
    assert {line.partition("==")[0] for line in others} == AGREED | more
    assert all(f"{line}\n" in LOCK for line in others)


@pytest.mark.locked
def test_the_bill_of_materials_has_the_same_packages_and_what_each_asks_for(released):
    (file,) = released.glob("*.cdx.json")
    bill = json.loads(file.read_text("utf-8"))
    listed = {part["name"]: part for part in bill["components"]}
    assert {name for name, part in listed.items() if part["scope"] == "required"} == AGREED
    assert {name for name, part in listed.items() if part["scope"] == "optional"} == {"awscrt"}
    assert all(f"\n{part['name']}=={part['version']} " in f"\n{LOCK}" for part in listed.values())
    asked = {each["ref"].rpartition("/")[2].partition("@")[0]: each["dependsOn"] for each in bill["dependencies"]}
    assert set(asked) == {"orgkit", *listed}
    assert asked["python-dateutil"] == [listed["six"]["bom-ref"]]
    assert {listed[name]["bom-ref"] for name in ASKED_FOR} <= set(asked["orgkit"])


@pytest.mark.locked
def test_what_is_written_beside_the_wheel_is_the_same_each_time(released, wheel, tmp_path):
    folder = tmp_path / "dist"
    folder.mkdir()
    shutil.copy(wheel, folder)
    subprocess.run([sys.executable, str(ROOT / ".ci" / "release.py"), str(folder)], check=True)
    again = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert len(again) == 4
    assert all((released / name).read_bytes() == content for name, content in again.items())


WORKFLOWS = [path.read_text(encoding="utf-8") for path in (ROOT / ".github" / "workflows").glob("*.yml")]


def test_workflows_use_what_they_use_by_its_hash_and_may_only_read():
    used = re.findall(r"uses: (\S+)", "\n".join(WORKFLOWS))
    assert used
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", each) for each in used)
    assert all("permissions:\n  contents: read\n" in workflow for workflow in WORKFLOWS)


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_no_key_of_a_workflow_is_there_twice(workflow):
    """GitHub refuses such a file; PyYAML takes the last of them."""
    assert not reader.parse(workflow, "workflow").spots().problems


def test_the_four_folders_travel_in_the_wheel(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    for folder in ("cloudformation", "config", "iam-policy-examples", "scp-examples"):
        there = {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*") if path.is_file()}
        packed = {name.removeprefix("orgkit/bundle/") for name in names if name.startswith(f"orgkit/bundle/{folder}/")}
        assert packed == there


def test_orgkit_init_works_in_an_empty_environment_and_folder(wheel, tmp_path):
    environment, folder = tmp_path / "environment", tmp_path / "empty"
    folder.mkdir()
    venv.create(environment, with_pip=False)
    python = str(environment / "bin" / "python")
    install = [sys.executable, "-m", "pip", "--python", python, "install", "--isolated", "--quiet"]
    alone = ["--no-index", "--no-deps"]
    subprocess.run([*install, *alone, str(wheel)], check=True, capture_output=True)
    # What orgkit needs at run time is lent by this environment, so that the test needs no registry. Its own
    # orgkit is not: an editable install is found through .pth files, which PYTHONPATH does not read.
    lent = str(Path(click.__file__).parents[1])
    command = [str(environment / "bin" / "orgkit"), "init", "--account", "123456789012", "--institution", "Example"]
    run = subprocess.run(
        command, cwd=folder, env={"PYTHONPATH": lent}, capture_output=True, encoding="utf-8", check=False
    )
    assert run.returncode == 0, run.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["orgkit.schema.json", "orgkit.yaml"]
