"""What can go wrong, in the reader's words: one exception per kind, each with its exit code and its remedy.

The remedies for what AWS refuses, does not answer or leaves half done are data, errors.yaml beside this file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar, Final

from orgkit import __version__
from orgkit.bundled import shipped

FILE: Final = Path(__file__).with_suffix(".yaml")
NO_PATIENCE: Final = -1.0  # for a call that another attempt cannot help


class OrgkitError(Exception):
    """A failure that a user, a file or AWS can cause. `message` says what, `remedy` what to do next.

    `words` are the message unless AWS's own, which it quotes, leave a reader to guess.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, remedy: str = "", words: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.words = words or message


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a file. Line and column count from 1; `path` is the setting, as in `iam.region`."""

    file: str
    line: int
    column: int
    path: str
    text: str
    warning: bool = False
    """Doubtful, but perhaps as it was meant."""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}: "
        return f"{where}{self.path}: {self.text}" if self.path else f"{where}{self.text}"


class FileProblems(OrgkitError):
    """Settings, policies or lists that cannot be used; every problem at once. Nothing was asked of AWS."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem], remedy: str = "") -> None:
        super().__init__("\n".join(str(problem) for problem in problems), remedy)
        self.problems = tuple(problems)


class SignInError(OrgkitError):
    """No credentials, credentials that AWS refuses, or the wrong account. Nothing was changed."""

    exit_code = 4


class Blocked(OrgkitError):
    """A step that orgkit must not take by itself; the remedy says who can clear the way, and how."""


class NothingChanged(OrgkitError):
    """A change that AWS accepted and that changed nothing: its step stays as it was, and the run goes on."""


class AwsError(OrgkitError):
    """AWS refused a call. `code` is its error code, `reason` the finer one some exceptions carry (or "").

    `sent_again` tells that botocore sent the call more than once, so that an earlier sending may have had
    its effect although its answer was lost.
    """

    def __init__(self, operation: str, code: str, text: str, *, reason: str = "", sent_again: bool = False) -> None:
        self.reason, cause = reason.partition(":")[0], f"{code}: {reason}" if reason else code
        known = remedy_of(self.reason, code)
        super().__init__(f"{operation}: {text or 'AWS gave no reason.'} ({cause})", known.remedy, known.words)
        self.code = code
        self.text = text
        self.sent_again = sent_again


class StackFailed(OrgkitError):
    """What CloudFormation did not do. `failures` has each resource's reason, as AWS's rollback erases them; that of the
    whole is named ""."""

    def __init__(self, what: str, failures: Mapping[str, str]) -> None:
        self.failures = dict(failures)
        reasons = [f"  {resource}: {why}" if resource else f"  {why}" for resource, why in failures.items()]
        super().__init__(
            "\n".join([what, *reasons]),
            "Clear what the reason names, then run the same command again: orgkit replaces a stack that is "
            "left empty, and updates one that was rolled back.",
        )


class UnexpectedAnswer(OrgkitError):
    """AWS answered, but not in the shape its documentation promises."""

    def __init__(self, operation: str, what: str) -> None:
        super().__init__(
            f"{operation}: AWS's answer is not as documented ({what}).",
            "Nothing more was done. Run the same command again; if it stays, report it with --debug.",
        )


@dataclass(frozen=True)
class Remedy:
    """What to do about some of AWS's error codes, or of the finer reasons that some exceptions carry."""

    codes: str
    """With a space between two."""
    remedy: str
    words: str = ""
    """Why AWS refused, in plain words; "" if its own are as plain."""
    doubts: str = ""
    """What of the credentials AWS does not accept, if it says that: `key`, `session` or `signature`."""
    patience: float = NO_PATIENCE
    """For how many seconds orgkit itself makes the call again."""


@cache
def remedies() -> Mapping[str, Remedy]:
    """The remedy for each code or reason."""
    known = [Remedy(**each) for each in shipped(FILE)["refused"]]
    return {code: remedy for remedy in known for code in remedy.codes.split()}


def remedy_of(*names: str) -> Remedy:
    """What is known of an AWS error by the first of its names, reason and code, that is known; else to run again."""
    known = (remedies()[name] for name in names if name in remedies())
    return next(known, Remedy("", "Run the same command again: it goes on from here."))


def plain(failure: Exception) -> str:
    """What an exception that is not orgkit's says: of an OSError the words and the file, without its number."""
    if isinstance(failure, OSError) and failure.strerror:
        return f"{failure.strerror}: {failure.filename}" if failure.filename else failure.strerror
    return str(failure)


def how_to_install(extra: str) -> str:
    """The command that adds an extra to orgkit, for each way to install it; quoted for any shell.

    It names the wheel: whoever claimed the name on a package index would run with the payer's credentials.
    """
    wheel = f"dist/orgkit-{__version__}-py3-none-any.whl[{extra}]"
    return (
        "Install it from the wheel or the checkout that you installed orgkit from, not by name:\n\n"
        f'  pip install "{wheel}"\n'
        f'  pipx install --force "{wheel}"\n'
        f'  uv tool install "{wheel}"'
    )
