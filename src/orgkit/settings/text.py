"""Text: what AWS takes as a tag, an ARN's account, safe display, and what a misspelt word was meant to be."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Final

TAG_CHARACTERS: Final = "may have only letters, digits, spaces and _.:/=+-@"

_SHOWN: Final = 60


def taggable(text: str) -> bool:
    """Whether AWS takes it as key or value of a tag: `[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*` in its API."""
    return all(unicodedata.category(character)[0] in "LZN" or character in "_.:/=+-@" for character in text)


def account_of(source: str) -> str:
    """The account of a role by its ARN; "" for a SAML provider."""
    role = re.match(r"arn:[^:]*:iam::([0-9]{12}):role/", source)
    return role[1] if role else ""


def printable(text: str) -> str:
    """Text that somebody else chose, with all that would break a line or steer a terminal written out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def shown(text: str, most: int = _SHOWN) -> str:
    """Text from a file, fit for one line of a terminal: at most so many characters of it."""
    return printable(text if len(text) <= most else f"{text[:most]}…")


def misspelt(present: Iterable[str], known: Collection[str]) -> set[str]:
    """The known words that somebody tried to write."""
    return {near for word in present if word not in known for near in get_close_matches(word, known, n=1)}


def did_you_mean(word: str, known: Collection[str]) -> str:
    """The known word closest to this one, as a question; or all of them."""
    near = "".join(misspelt([word], known))
    return f"did you mean {near}?" if near else f"there are {', '.join(known)}"
