"""Who may know whom: the sandbox stands apart, and it alone knows moto."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import orgkit

PACKAGE = Path(orgkit.__file__).parent
SANDBOX = PACKAGE / "sandbox"
COMMANDS = "cli/sandbox.py"
"""What of the command line starts the sandbox: `orgkit demo` and `orgkit sandbox`."""


def imports(tree: ast.AST) -> Iterator[str]:
    """Every module that a piece of source imports, wherever the import stands: `a.b` also for `from a import b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def under(names: Iterable[str], *packages: str) -> set[str]:
    return {name for name in names if f"{name}.".startswith(tuple(f"{package}." for package in packages))}


def outside() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        if SANDBOX not in path.parents:
            yield str(path.relative_to(PACKAGE)), ast.parse(path.read_text(encoding="utf-8"))


def test_nothing_but_two_commands_knows_the_sandbox_or_moto():
    for name, tree in outside():
        assert name == COMMANDS or not under(imports(tree), "orgkit.sandbox", "moto"), name


def test_the_two_commands_start_the_sandbox():
    found = under(imports(dict(outside())[COMMANDS]), "orgkit.sandbox", "moto")
    assert found == {"orgkit.sandbox.demo", "orgkit.sandbox.server", "moto"}


def test_nothing_but_the_sandbox_is_told_how_to_reach_it():
    """The real commands meet the sandbox as any AWS: nothing of theirs bears the names of its controls."""
    for name, tree in outside():
        texts = {
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        assert not [text for text in texts if "orgkit-sandbox" in text or "x-moto" in text], name


def test_the_sandbox_needs_of_orgkit_only_how_commands_end_and_how_text_fits_the_terminal():
    for path in sorted(SANDBOX.rglob("*.py")):
        needed = set(imports(ast.parse(path.read_text(encoding="utf-8"))))
        ours = ("orgkit.errors", "orgkit.cli.process", "orgkit.report.text", "orgkit.settings.rules")
        assert under(needed, "orgkit") == under(needed, "orgkit.sandbox", *ours), path.name
