"""docs/architecture.md draws the rooms as the imports have them, and the rooms stay within their limits.

`python tests/test_architecture.py` prints rooms, lines, floors and the way of a first bootstrap.
"""

from __future__ import annotations

import ast
import re
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import FrameType

import orgkit

CODE = Path(orgkit.__file__).parent
DRAWING = (Path(__file__).parents[1] / "docs" / "architecture.md").read_text("utf-8").partition("```mermaid")[2]

# Each box, by the names before its colon; and the boxes right below each box.
BOXES = {
    box: [name.strip() for name in names.split(",")]
    for box, names in re.findall(r'^ *(\w+)\["([^:"]+):', DRAWING, re.MULTILINE)
}
ARROWS = {box: below.split(" & ") for box, below in re.findall(r"^ *(\w+) --> ([\w &]+)$", DRAWING, re.MULTILINE)}
BOX_OF = {name: box for box, names in BOXES.items() for name in names}

FILES_AT_THE_TOP = 8
FLOORS = 9
LONGEST_FUNCTION = 40  # lines
LONGEST_MODULE = 350
# Of the product. Whoever adds a capability that does not fit into these says so in the same commit.
PRODUCT = 8_300  # lines
ON_THE_WAY, FILES_ON_THE_WAY = 2_300, 13  # lines and files of a first bootstrap, from the command line to the wire
MEAN_FUNCTION = 10  # lines
ENTRY = "__main__"  # what the shell starts; it stands outside the rooms
BOOTSTRAP = "cli.bootstrap"


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the product by its name below `orgkit`; the sandbox is none of them."""
    found = {}
    for path in sorted(CODE.rglob("*.py")):
        name = ".".join(path.relative_to(CODE).with_suffix("").parts).removesuffix(".__init__")
        if not name.startswith("sandbox"):
            found[name] = ast.parse(path.read_text("utf-8"))
    return found


def lines(name: str) -> int:
    path = CODE.joinpath(*name.split("."))
    init = path / "__init__.py"  # a folder without it is left of a room that is a file now
    return len((init if init.exists() else path.with_suffix(".py")).read_text("utf-8").splitlines())


def room(name: str) -> str:
    return name.partition(".")[0]


def imports(name: str) -> Iterator[str]:
    """The modules of orgkit that a module imports, wherever the import stands; not what is only for type checkers."""
    for node in ast.walk(modules()[name]):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "orgkit":
            parent = (node.module or "").partition(".")[2]
            for alias in node.names:
                below = f"{parent}.{alias.name}".removeprefix(".")
                yield below if below in modules() or below == "sandbox" else parent


@cache
def below(box: str) -> frozenset[str]:
    """A box and all that is below it."""
    return frozenset({box}).union(*(below(each) for each in ARROWS.get(box, ())))


@cache
def floor(name: str) -> int:
    """How many floors a module stands above the ground, by the rooms that it may use."""
    box = BOX_OF[room(name)]
    return 1 + max((floor(BOXES[each][0]) for each in ARROWS.get(box, ())), default=0)


def functions() -> Iterator[tuple[str, int]]:
    """Every function and its lines, from its name to its last statement."""
    for name, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{name}.{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


def bootstrap_path() -> list[str]:
    """The modules that a first bootstrap goes through: what a reader has to read, from the command line to the wire."""
    rooms = ("cli.main", "cli.common", BOOTSTRAP, "procedure", "found", "step", "aws")
    return [
        name
        for name in modules()
        if name in rooms or (name.startswith(("aws.", "iam.")) and name not in NOT_ON_THE_WAY)
    ]


NEVER_RUN = {"aws.accounts", "aws.drift", "aws.principals", "iam.changes", "iam.resources"}
"""Not in a first bootstrap of an empty payer."""
# What `validate` says of the template, words for what fails, and types alone.
NOT_ON_THE_WAY = {"iam.template", "aws.diagnosis", "aws.shapes"} | NEVER_RUN


def test_what_a_first_bootstrap_never_runs(orgkit, settings):
    files: set[str] = set()

    def note(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            files.add(frame.f_code.co_filename)

    before = sys.getprofile()
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        done = orgkit("bootstrap --yes")
    finally:
        sys.setprofile(before)
        threading.setprofile(before)
    assert done.exit_code == 0, done.output
    ours = [Path(file).relative_to(CODE) for file in files if Path(file).is_relative_to(CODE)]
    ran = {".".join(path.with_suffix("").parts) for path in ours}
    assert BOOTSTRAP in ran
    assert ran & NEVER_RUN == set()


def test_every_room_stands_in_one_box():
    names = {room(name) for name in modules()} - {"", ENTRY, "__init__"}
    drawn = Counter(name for names in BOXES.values() for name in names)
    assert drawn == Counter([*names, "sandbox"])


def test_no_room_imports_a_room_above_it():
    found = {(room(name), room(each)) for name in modules() if name not in ("", ENTRY) for each in imports(name)}
    found = {(one, other) for one, other in found if other and one != other}
    assert len(found) > 15
    against = {(one, other) for one, other in found if BOX_OF[other] not in below(BOX_OF[one])}
    assert against == {("cli", "sandbox")}


def test_the_rooms_are_few():
    assert len(list(CODE.glob("*.py"))) <= FILES_AT_THE_TOP
    assert len([path for path in CODE.iterdir() if (path / "__init__.py").exists()]) == len(
        {room(name) for name in modules() if (CODE / room(name) / "__init__.py").exists() and room(name)} | {"sandbox"}
    )
    assert max(floor(name) for name in modules() if room(name) in BOX_OF) <= FLOORS


def test_no_function_and_no_module_is_longer_than_a_thought():
    assert [name for name, length in functions() if length > LONGEST_FUNCTION] == []
    assert [
        str(path) for path in CODE.rglob("*.py") if len(path.read_text("utf-8").splitlines()) > LONGEST_MODULE
    ] == []


def test_the_product_does_not_grow_unnoticed():
    lengths = [length for _, length in functions()]
    assert sum(map(lines, modules())) <= PRODUCT
    assert sum(map(lines, bootstrap_path())) <= ON_THE_WAY
    assert len(bootstrap_path()) <= FILES_ON_THE_WAY
    assert sum(lengths) / len(lengths) >= MEAN_FUNCTION


def report() -> None:
    sizes: Counter[str] = Counter()
    for name in modules():
        sizes[room(name) or "__init__"] += lines(name)
    for name, size in sorted(sizes.items()):
        print(f"{name:<12} {size:>6,} lines")
    found = [length for _, length in functions()]
    path = bootstrap_path()
    print(f"{'product':<12} {sum(sizes.values()):>6,} lines in {len(modules())} files, the sandbox not counted")
    print(
        f"{'functions':<12} {len(found):>6,}, {sum(found) / len(found):.1f} lines on the mean, {max(found)} the longest"
    )
    print(f"{'floors':<12} {max(floor(name) for name in modules() if room(name) in BOX_OF):>6}")
    print(f"{'bootstrap':<12} {sum(map(lines, path)):>6,} lines in {len(path)} files: {', '.join(path)}")


if __name__ == "__main__":
    report()
