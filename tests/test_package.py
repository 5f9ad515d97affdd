"""The wheel carries everything: installed into an empty environment, orgkit works in an empty folder."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

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


WORKFLOWS = [path.read_text(encoding="utf-8") for path in (ROOT / ".github" / "workflows").glob("*.yml")]


def test_workflows_use_what_they_use_by_its_hash_and_may_only_read():
    used = re.findall(r"uses: (\S+)", "\n".join(WORKFLOWS))
    assert used
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", each) for each in used)
    assert all("permissions:\n  contents: read\n" in workflow for workflow in WORKFLOWS)


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
    lent = next(path for path in sys.path if path.endswith("site-packages"))
    command = [str(environment / "bin" / "orgkit"), "init", "--account", "123456789012", "--institution", "Example"]
    run = subprocess.run(
        command, cwd=folder, env={"PYTHONPATH": lent}, capture_output=True, encoding="utf-8", check=False
    )
    assert run.returncode == 0, run.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["orgkit.schema.json", "orgkit.yaml"]
