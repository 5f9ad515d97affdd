"""The separation matrix: as a table for a terminal and as JSON. Data in, lines out."""

from collections.abc import Iterator, Sequence
from itertools import groupby, zip_longest
from typing import Any, Final

from orgkit.proof.capabilities import Should
from orgkit.proof.prove import Cell, Found, Row
from orgkit.report import text

_NAME: Final = 58  # columns for what somebody may, where there is room
_LEAST: Final = 24  # columns; with less, the cells stand below it
_CELL: Final = 10


def lines(rows: Sequence[Row], remedy: str = "", notes: Sequence[str] = ()) -> Iterator[str]:
    """The table, and its counts. A cell that is not as it should be has a mark, and a line below that says why."""
    personas = tuple(rows[0].cells) if rows else ()
    room = min(_NAME, text.screen() - 4 - _CELL * len(personas))
    beside = room >= _LEAST
    margin = " " * (room + 4 if beside else _CELL)
    for words in zip_longest(*(persona.split("_") for persona in personas), fillvalue=""):
        yield (margin + "".join(f"{word:<{_CELL}}" for word in words)).rstrip()
    for group, members in groupby(rows, lambda row: row.capability.group):
        yield from ("", group)
        for row in members:
            cells = "".join(map(_cell, row.cells.values()))
            if beside:
                first, *rest = text.wrapped(row.capability.may, room)
                yield f"  {first:<{room + 2}}{cells}".rstrip()
                yield from (f"    {line}" for line in rest)
            else:
                yield from (*text.paragraph(row.capability.may, "  ", "    "), f"{margin}{cells}".rstrip())
            for persona, cell in row.cells.items():
                if cell.wrong:
                    may = "may not, but should:" if cell.should_be is not Should.DENIED else "may, but should not:"
                    yield from text.paragraph(f"{persona.who} {may} {', '.join(cell.wrong)}", "      ! ", "        ")
    count = counts(rows)
    asked = f"{count['rows']} {'capability' if count['rows'] == 1 else 'capabilities'}"
    wrong = count["not_as_it_should_be"]
    verdict = f"{wrong} not as it should be (marked !)" if wrong else "all as it should be"
    yield ""
    yield from text.paragraph(f"{asked}, {text.counted(count['cells'], 'cell')}: {verdict}.")
    yield from text.paragraph(remedy) if remedy else ()
    yield ""
    for note in notes:
        yield from text.paragraph(note, "Note: ", "  ")


def counts(rows: Sequence[Row]) -> dict[str, int]:
    """Rows, and cells that apply: how many are as they should be, and how many are not."""
    cells = [cell for row in rows for cell in row.cells.values() if cell.found is not Found.NOT_APPLICABLE]
    right = sum(not cell.wrong for cell in cells)
    every = {"rows": len(rows), "cells": len(cells)}
    return {**every, "as_it_should_be": right, "not_as_it_should_be": len(cells) - right}


def document(account: str, rows: Sequence[Row], remedy: str = "", notes: Sequence[str] = ()) -> dict[str, Any]:
    """The matrix as JSON."""
    every = [
        {
            "id": row.capability.id,
            "group": row.capability.group,
            "may": row.capability.may,
            "actions": list(row.capability.actions),
            "as_it_should_be": not any(cell.wrong for cell in row.cells.values()),
            "cells": {
                persona.value: text.filled(found=str(cell.found), should_be=str(cell.should_be), wrong=list(cell.wrong))
                for persona, cell in row.cells.items()
            },
        }
        for row in rows
    ]
    return {
        "account": account,
        "as_it_should_be": not any(cell.wrong for row in rows for cell in row.cells.values()),
        "personas": [{"id": persona.value, "who": persona.who} for persona in (rows[0].cells if rows else ())],
        "rows": every,
        "counts": counts(rows),
        **text.filled(remedy=remedy),
        "notes": list(notes),
    }


def _cell(cell: Cell) -> str:
    word = "-" if cell.found is Found.NOT_APPLICABLE else str(cell.found)
    return f"\x1b[31m{'! ' + word:<{_CELL}}\x1b[0m" if cell.wrong else f"{word:<{_CELL}}"
