"""Which characters AWS takes in names, descriptions and tags."""

from __future__ import annotations

import unicodedata
from typing import Final

TAG_WORDS: Final = "may have only letters, digits, spaces and _.:/=+-@"


def refused(text: str) -> str:
    """Why a text cannot be a name or a description in Organizations, or "" if it can.

    AWS takes any Unicode ("Naming guidelines" beside its quotas) but what looks like cross-site scripting
    (InvalidInputException: INVALID_PATTERN). White space at the edges is refused because nobody sees it.
    """
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in text):
        return "must be one line without control characters"
    if text != text.strip():
        return "must not begin or end with a space"
    if any(character in "<>" for character in text):
        return "must not contain < or >, which AWS refuses"
    return ""


def taggable(text: str) -> bool:
    """Whether AWS takes it as key or value of a tag: `[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*` in its API."""
    return all(unicodedata.category(character)[0] in "LZN" or character in "_.:/=+-@" for character in text)
