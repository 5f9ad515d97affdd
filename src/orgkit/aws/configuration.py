"""What is wrong with AWS's own configuration files, in words; botocore says only which file cannot be parsed."""

from __future__ import annotations

import configparser
import os
from typing import Final

import botocore.session
from botocore.exceptions import BotoCoreError, ConfigParseError, ProfileNotFound

from orgkit.errors import SignInError

_MOST_NAMED: Final = 10
_CORRECT: Final = "Correct that file, and run the same command again. The AWS CLI cannot read it either."


def problem(failure: BotoCoreError, named_by: str) -> SignInError | None:
    """An error for a file that cannot be read or a profile that is not there; None for any other failure.

    `named_by` says where the profile's name comes from, unless an environment variable names it.
    """
    if isinstance(failure, ConfigParseError):
        line, words = _place(failure.kwargs["error"])
        return SignInError(f"{failure.kwargs['path']}:{line}: {words}.", _CORRECT)
    if isinstance(failure, ProfileNotFound):
        variables = (name for name in ("AWS_DEFAULT_PROFILE", "AWS_PROFILE") if os.environ.get(name))
        return SignInError(
            f"{named_by or next(variables, 'AWS_PROFILE')} names the profile {failure.kwargs['profile']}, which is not "
            "in your AWS configuration.",
            _there_are(botocore.session.Session().available_profiles),
        )
    return None


def _place(error: Exception) -> tuple[int, str]:
    """The line, and what is wrong there. Nothing of the file is quoted: it may hold a secret key."""
    match error:
        case configparser.DuplicateOptionError():
            return error.lineno or 1, f"{error.option} is there twice in [{error.section}]"
        case configparser.DuplicateSectionError():
            return error.lineno or 1, f"[{error.section}] is there twice"
        case configparser.MissingSectionHeaderError() if "\ufeff" in str(error.line):
            return 1, "begins with a byte order mark, which AWS's tools cannot read: save it as UTF-8 without one"
        case configparser.MissingSectionHeaderError():
            return error.lineno, "stands before the first [profile]"
        case configparser.ParsingError():
            return error.errors[0][0], "is neither a [profile] nor a setting with ="
        case UnicodeDecodeError():
            return error.object[: error.start].count(b"\n") + 1, f"is not {error.encoding.upper()} text"
    return 1, "cannot be read"


def _there_are(profiles: list[str]) -> str:
    if not profiles:
        return "It has no profile at all. Make one with `aws configure sso` or `aws login --profile NAME`."
    more = f" and {len(profiles) - _MOST_NAMED} more" if len(profiles) > _MOST_NAMED else ""
    return f"It has the profiles {', '.join(profiles[:_MOST_NAMED])}{more}."
