"""Write the table of AWS's refusals into docs/operations.md: `python tests/write_operations.py`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from orgkit.errors import remedies

PAGE = Path(__file__).parents[1] / "docs" / "operations.md"
BETWEEN = re.compile(r"(?<=<!-- remedies -->\n).*?(?=<!-- /remedies -->)", re.DOTALL)


def table() -> Iterator[str]:
    """A line a remedy: AWS's error codes, or the finer reasons that some of them carry, and what to do."""
    yield "| AWS says | what to do |"
    yield "|---|---|"
    for each in dict.fromkeys(remedies().values()):
        yield f"| {', '.join(f'`{code}`' for code in each.codes.split())} | {each.remedy} |"


def written() -> str:
    """The page as it should be."""
    text = PAGE.read_text(encoding="utf-8")
    return BETWEEN.sub(lambda _: "\n" + "\n".join(table()) + "\n\n", text)


if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
