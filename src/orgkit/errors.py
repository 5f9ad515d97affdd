"""What can go wrong, in the reader's words: one exception a kind, each with its exit code and its remedy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


class OrgkitError(Exception):
    """Something failed that a user, a file or AWS can cause. `message` says what, `remedy` what to do next."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a file. Line and column count from 1; `path` is the setting, such as `iam.region`."""

    file: str
    line: int
    column: int
    path: str
    text: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}: "
        return f"{where}{self.path}: {self.text}" if self.path else f"{where}{self.text}"


class FileProblems(OrgkitError):
    """Settings, policies or lists that cannot be used; every problem at once. Nothing was asked of AWS."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem], remedy: str = "") -> None:
        super().__init__("\n".join(str(problem) for problem in problems), remedy)
        self.problems = tuple(problems)
