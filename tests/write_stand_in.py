"""Write the counts and the differences into docs/stand-in.md: `python tests/write_stand_in.py`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import recorded

PAGE = Path(__file__).parents[1] / "docs" / "stand-in.md"
BETWEEN = re.compile(r"(?<=<!-- recorded -->\n).*?(?=<!-- /recorded -->)", re.DOTALL)


def tables() -> Iterator[str]:
    """How many of the recorded answers the sandbox gives, and those that it does not."""
    entries, kept = recorded.corpus()["entries"], recorded.kept()
    yield "| | recorded | the same | but for the words of a message | otherwise |"
    yield "|---|---:|---:|---:|---:|"
    for service in (*recorded.SERVICES, "all"):
        mine = [entry for entry in entries if service in (entry["service"], "all")]
        kinds = Counter(kept[entry["id"]][0] if entry["id"] in kept else "same" for entry in mine)
        other = len(mine) - kinds["same"] - kinds["text"]
        yield f"| {service} | {len(mine)} | {kinds['same']} | {kinds['text']} | {other} |"
    for why in dict.fromkeys(why for _, why in kept.values()):
        yield ""
        yield f"**{why}**"
        yield ""
        for entry in entries:
            if kept.get(entry["id"], ("", ""))[1] == why:
                yield f"- `{entry['id']}` ({kept[entry['id']][0]}): {entry['situation']}"


def written() -> str:
    """The page as it should be."""
    return BETWEEN.sub(lambda _: "\n" + "\n".join(tables()) + "\n\n", PAGE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
