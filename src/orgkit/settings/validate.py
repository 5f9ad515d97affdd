"""All that can be found wrong, or doubtful, without AWS: in the settings, their SCPs and the IAM template."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from orgkit.errors import FileProblems, Problem
from orgkit.iam import template
from orgkit.report import text as report
from orgkit.settings import catalogue, scp_documents, scp_list, settings, yaml_marks
from orgkit.settings.catalogue import Catalogue
from orgkit.settings.marks import Document, Place, read


class Severity(StrEnum):
    """An error stops orgkit, or lets an SCP guard nothing; a warning may be as it was meant."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    severity: Severity
    problem: Problem


def findings(path: Path) -> tuple[Finding, ...]:
    """Everything wrong or doubtful, by file, line and column. Raises FileProblems if the file cannot be read."""
    text = settings.text_of(path)
    found = [*_settings(text, path)]
    try:
        document, _ = yaml_marks.parse(text, str(path))
    except FileProblems:
        return _in_order(found)  # the same problem again
    if isinstance(document.data, dict):
        found += [Finding(Severity.ERROR, problem) for problem in template.problems(document)]
        found += _actions(document, path.parent)
    return _in_order(found)


def valid(found: Sequence[Finding]) -> bool:
    """Whether there are no errors."""
    return all(finding.severity is not Severity.ERROR for finding in found)


def line(finding: Finding) -> str:
    """A finding as compilers tell them, so that editors find the place."""
    problem = finding.problem
    path = f"{problem.path}: " if problem.path else ""
    return f"{problem.file}:{problem.line}:{problem.column}: {finding.severity}: {path}{problem.text}"


def as_document(found: Sequence[Finding]) -> dict[str, Any]:
    """The findings for a machine."""
    return {
        "valid": valid(found),
        "findings": [{"severity": str(each.severity), **report.problem_json(each.problem)} for each in found],
    }


def verdict(found: Sequence[Finding], name: str) -> str:
    """What follows from the findings: `1 error, 2 warnings.`"""
    errors = sum(finding.severity is Severity.ERROR for finding in found)
    counts = ((errors, "error"), (len(found) - errors, "warning"))
    words = ", ".join(report.counted(number, noun) for number, noun in counts if number)
    return f"{words}." if words else f"{name}, its SCPs and the IAM template are valid."


def _settings(text: str, path: Path) -> Iterator[Finding]:
    """What stops every command; if nothing does, what may be refused where AWS's new quotas have not arrived."""
    try:
        loaded = settings.parse(text, path)
    except FileProblems as found:
        yield from (Finding(Severity.ERROR, problem) for problem in found.problems)
        return
    document, _ = yaml_marks.parse(text, str(path))
    for index, scp in enumerate(loaded.scps):
        for words in scp_list.warnings((scp,)):
            yield Finding(Severity.WARNING, document.problem(("scps", index), words))


def _actions(document: Document, folder: Path) -> Iterator[Finding]:
    """Actions in SCPs that AWS does not know: these guard nothing."""
    known = catalogue.load()
    for file, path in scp_list.files(document, folder):
        try:
            scp = scp_documents.parsed(read(path, file), file)
        except (OSError, ValueError, FileProblems):
            continue  # told with the settings
        for place, pattern in _patterns(scp):
            finding = _doubtful(scp, place, pattern, known)
            if finding:
                yield finding


def _doubtful(scp: Document, place: Place, pattern: str, known: Catalogue) -> Finding | None:
    doubt = known.doubt(pattern)
    if doubt is None:
        return None
    return Finding(Severity.ERROR if doubt.slip else Severity.WARNING, scp.problem(place, doubt.text))


def _patterns(scp: Document) -> Iterator[tuple[Place, str]]:
    """Every well-formed pattern of an Action or NotAction."""
    for place in scp.values:
        value = scp.at(*place)
        named = place[:1] == ("Statement",) and {"Action", "NotAction"}.intersection(place[1:3])
        if named and isinstance(value, str) and scp_documents.names_actions(value):
            yield place, value


def _in_order(found: Sequence[Finding]) -> tuple[Finding, ...]:
    """By file, line and column; of several about one place only the first: the settings' own words are the plainest."""

    def place(finding: Finding) -> tuple[str, int, int, str]:
        problem = finding.problem
        return problem.file, problem.line, problem.column, problem.path

    first: dict[tuple[str, int, int, str], Finding] = {}
    for finding in found:
        first.setdefault(place(finding), finding)
    return tuple(sorted(first.values(), key=place))
