"""The separation matrix: as a table for a terminal and as JSON. Data in, lines out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final

from orgkit.proof.capabilities import Persona, Should
from orgkit.proof.prove import NOTES, Cell, Found, Row
from orgkit.report import table
from orgkit.report.text import counted

_NAME: Final = 58  # columns, where there is room
_CELL: Final = 10
_RED: Final = "\x1b[31m"
_PLAIN: Final = "\x1b[0m"
_WORDS: Final = {Found.NOT_APPLICABLE: "-"}


def lines(rows: Sequence[Row], remedy: str = "") -> Iterator[str]:
    """The table. A cell that is not as it should be has a mark, and a line below that says why."""
    yield from _heading()
    for group, members in groupby(rows, lambda row: row.capability.group):
        yield ""
        yield group
        for row in members:
            cells = "".join(_cell(row.cells[persona]) for persona in Persona)
            first, *rest = table.wrapped(row.capability.may, _room())
            yield f"  {first:<{_room() + 2}}{cells}".rstrip()
            yield from (f"    {line}" for line in rest)
            yield from _reasons(row)
    yield ""
    yield from table.paragraph(summary(rows))
    if remedy:
        yield from table.paragraph(remedy)
    yield ""
    for note in NOTES:
        yield from table.paragraph(note, "Note: ", "  ")


def summary(rows: Sequence[Row]) -> str:
    """`103 capabilities: all as they should be.`"""
    count = counts(rows)
    wrong = count["not_as_it_should_be"]
    capabilities = f"{count['rows']} {'capability' if count['rows'] == 1 else 'capabilities'}"
    if not wrong:
        return f"{capabilities}, {counted(count['cells'], 'cell')}: all as it should be."
    return f"{capabilities}, {counted(count['cells'], 'cell')}: {wrong} not as it should be (marked !)."


def counts(rows: Sequence[Row]) -> dict[str, int]:
    """Rows, and cells that apply: how many are as they should be, and how many are not."""
    cells = [cell for row in rows for cell in row.cells.values() if cell.found is not Found.NOT_APPLICABLE]
    wrong = sum(not cell.as_it_should_be for cell in cells)
    return {
        "rows": len(rows),
        "cells": len(cells),
        "as_it_should_be": len(cells) - wrong,
        "not_as_it_should_be": wrong,
    }


def document(account: str, rows: Sequence[Row], remedy: str = "") -> dict[str, Any]:
    """The matrix as JSON."""
    return {
        "account": account,
        "as_it_should_be": all(row.as_it_should_be for row in rows),
        "personas": [{"id": persona.value, "who": persona.who} for persona in Persona],
        "rows": [_row(row) for row in rows],
        "counts": counts(rows),
        **({"remedy": remedy} if remedy else {}),
        "notes": list(NOTES),
    }


def _room() -> int:
    """Columns for what somebody may."""
    return min(_NAME, table.screen() - 4 - _CELL * len(Persona))


def _heading() -> Iterator[str]:
    for words in zip(*(persona.short.split() for persona in Persona), strict=True):
        yield f"  {'':<{_room() + 2}}{''.join(f'{word:<{_CELL}}' for word in words)}".rstrip()


def _cell(cell: Cell) -> str:
    word = _WORDS.get(cell.found, str(cell.found))
    if cell.as_it_should_be:
        return f"{word:<{_CELL}}"
    return f"{_RED}{'! ' + word:<{_CELL}}{_PLAIN}"


def _reasons(row: Row) -> Iterator[str]:
    for persona, cell in row.cells.items():
        if not cell.as_it_should_be:
            may = "may not, but should:" if cell.should_be is not Should.DENIED else "may, but should not:"
            yield from table.paragraph(f"{persona.who} {may} {', '.join(cell.wrong)}", "      ! ", "        ")


def _row(row: Row) -> dict[str, Any]:
    capability = row.capability
    return {
        "id": capability.id,
        "group": capability.group,
        "may": capability.may,
        "actions": list(capability.actions),
        "as_it_should_be": row.as_it_should_be,
        "cells": {persona.value: _cell_json(cell) for persona, cell in row.cells.items()},
    }


def _cell_json(cell: Cell) -> dict[str, Any]:
    found = {"found": str(cell.found), "should_be": str(cell.should_be)}
    return {**found, "wrong": list(cell.wrong)} if cell.wrong else found
