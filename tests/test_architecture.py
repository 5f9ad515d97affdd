"""docs/architecture.md draws what the code is: every module, and no import against the arrows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import orgkit

CODE = Path(orgkit.__file__).parent
DRAWING = (Path(__file__).parents[1] / "docs" / "architecture.md").read_text("utf-8").partition("```mermaid")[2]
MODULES = {path.stem for path in CODE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
MODULES -= {"__init__", "__main__"}

# Each box, by the names before its colon; and the boxes right below each box.
BOXES = {
    box: [name.strip(" /") for name in names.split(",")]
    for box, names in re.findall(r'^ *(\w+)\["([^:"]+):', DRAWING, re.MULTILINE)
}
ARROWS = {box: below.split(" & ") for box, below in re.findall(r"^ *(\w+) --> ([\w &]+)$", DRAWING, re.MULTILINE)}


def boxes_of(module: str) -> list[str]:
    return [box for box, names in BOXES.items() if any(fnmatch(module, name) for name in names)]


def below(box: str) -> Iterator[str]:
    """A box and all that is below it."""
    yield box
    for each in ARROWS.get(box, ()):
        yield from below(each)


def imports() -> Iterator[tuple[str, str]]:
    """Every module that imports another one, and that one."""
    for path in CODE.rglob("*.py"):
        module = path.relative_to(CODE).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "orgkit":
                named = (node.module or "").split(".")[1:2] or [name.name for name in node.names]
                yield from ((module, name) for name in named if name in MODULES - {module})


def test_every_module_stands_in_one_box():
    assert len(BOXES) > 10
    assert {module: len(boxes_of(module)) for module in MODULES} == dict.fromkeys(MODULES, 1)


def test_every_name_in_the_drawing_is_a_module():
    names = [name for names in BOXES.values() for name in names]
    assert [name for name in names if not any(fnmatch(module, name) for module in MODULES)] == []


def test_no_import_goes_against_the_arrows():
    found = {(module, name) for module, name in imports() if module not in ("sandbox", "__main__")}
    assert len(found) > 100
    against = {(module, name) for module, name in found if boxes_of(name)[0] not in below(boxes_of(module)[0])}
    assert against == {("cli_sandbox", "sandbox")}  # the two commands that start it
