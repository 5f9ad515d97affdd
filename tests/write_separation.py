"""The table of docs/separation.md, from the capabilities: `python tests/write_separation.py` writes it there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from orgkit.proof.capabilities import Capability, Persona, Should, capabilities

PAGE = Path(__file__).parents[1] / "docs" / "separation.md"
BEGIN, END = "<!-- matrix -->", "<!-- /matrix -->"
EXPECTED = {Should.OPEN: "allowed¹", Should.NOT_APPLICABLE: "-"}


def markdown(capabilities: Sequence[Capability]) -> Iterator[str]:
    """What should be: the table between its markers."""
    yield f"| … may | {' | '.join(persona.who for persona in Persona)} |"
    yield f"|---|{'---|' * len(Persona)}"
    for group, members in groupby(capabilities, lambda capability: capability.group):
        yield f"| **{group}** |{' |' * len(Persona)}"
        for capability in members:
            cells = [EXPECTED.get(should, str(should)) for should in capability.should_be.values()]
            yield f"| {capability.may} | {' | '.join(cells)} |"
    yield ""
    yield "¹ unless another SCP of the partner's takes it away. A row with - does not concern that persona: AWS takes"
    yield "such calls from the payer only, or the row is about member accounts."


def main() -> None:
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    table = "\n".join(markdown(capabilities()))
    PAGE.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{rest.split(END)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
