"""What is shown, whatever the width of its columns."""

from __future__ import annotations


def squeezed(text: str) -> str:
    """The text with one blank for all blanks and line breaks in a row."""
    return " ".join(text.split())
