"""What ``import`` says of customers and orders: on the screen, or as one JSON object."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from xlportfolio.document import listed_problems
from xlportfolio.errors import Problem
from xlportfolio.intake_words import contents
from xlportfolio.locale import Texts, texts
from xlportfolio.schema.cells import as_float, is_blank
from xlportfolio.schema.contract import Cell
from xlportfolio.schema.merging import Listed, remembered
from xlportfolio.screen import output, plain, print_problems, shown

if TYPE_CHECKING:
    from xlportfolio.files.imports import Imported, Tell
    from xlportfolio.intake import Intake
    from xlportfolio.sources import Reading

#: New customers and cells that are listed of each kind.
_LISTED = 20


def print_readings(readings: Sequence[Reading], words: Texts) -> None:
    """How each source was read."""
    console = output()
    for reading in readings:
        title = words("cli.reading", source=reading.source)
        console.print(shown(title), style="bold", soft_wrap=True)
        for line in replace(reading, problems=()).lines(words.language):  # told of with the others
            console.print(f"  {shown(line)}", soft_wrap=True)
        console.print()


def print_intake(intake: Intake, words: Texts, listed: int = _LISTED) -> None:
    """What changes: new customers, cells before and after, cells that stay."""
    console, merged = output(), intake.merged
    if not (merged.added or merged.changed):
        console.print(words("cli.import_same"), style="bold")
    said = (
        ("cli.added", merged.added, _added(intake, listed)),
        ("cli.changed", merged.changed, _cells(merged.changed, words, listed)),
        ("cli.kept_cells", merged.kept, _cells(merged.kept, words, listed)),
    )
    for key, lines, table in said:
        if not lines:
            continue
        console.print(words(key, count=len(lines)), style="bold", soft_wrap=True)
        console.print(table)
        if len(lines) > listed:
            console.print(words("cli.import_more", count=len(lines) - listed))
        console.print()


def _added(intake: Intake, listed: int) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    for one in intake.merged.added[:listed]:
        table.add_row(_text(one.customer_id), _text(one.customer))
    return table


def _cells(cells: Sequence[Listed], words: Texts, listed: int) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    for one in cells[:listed]:
        before, after = map(plain, contents(one, words))
        table.add_row(
            _text(one.customer_id),
            _text(one.customer),
            _text(one.column),
            Text(f"{before} → {after}"),
        )
    return table


def _text(text: str) -> Text:
    return Text(plain(" ".join(text.split())))


def teller(language: str | None, listed: int = _LISTED) -> Tell:
    """Prints how sources were read and what changes, before anything is written."""

    def tell(intake: Intake, readings: Sequence[Reading]) -> None:
        words = texts(language or intake.language)
        print_readings(readings, words)
        print_intake(intake, words, listed)

    return tell


def silent(_intake: Intake, _readings: Sequence[Reading]) -> None:
    """Says nothing, where one JSON object is all that is printed."""


def print_imported(done: Imported, language: str | None, *, dry: bool) -> None:
    """What is wrong with the sources, and what was written."""
    words, console = texts(language or done.intake.language), output()
    print_problems(console, words, done.intake.problems)
    if dry:
        console.print(words("cli.import_dry"), style="bold")
        return
    if done.written is None:
        unchanged = words("cli.import_unchanged", path=done.path)
        console.print(shown(unchanged), style="bold", soft_wrap=True)
        return
    written = words("cli.import_written", path=done.written)
    console.print(shown(written), style="bold", soft_wrap=True)
    console.print(shown(words("cli.rescore_due", path=done.written)), soft_wrap=True)
    if done.backup is not None:
        console.print(shown(words("cli.kept", path=done.backup)), soft_wrap=True)


def import_document(workbook: str, done: Imported, language: str | None) -> dict[str, Any]:
    """What came of an import as one object; ``kept`` says why, ``typed`` or ``formula``."""
    merged = done.intake.merged
    return {
        "workbook": workbook,
        "as_of": done.intake.as_of.isoformat(),
        "readings": [_reading(reading) for reading in done.readings],
        "added": [
            {"customer_id": one.customer_id, "customer": one.customer or None}
            for one in merged.added
        ],
        "changed": [_cell(one) for one in merged.changed],
        "kept": [{**_cell(one), "why": one.kept} for one in merged.kept],
        "problems": listed_problems(done.intake.problems, language or done.intake.language),
    }


def no_import(
    workbook: str, day: dt.date, problems: Sequence[Problem], language: str
) -> dict[str, Any]:
    """The same object where nothing came of it."""
    nothing: dict[str, Any] = {key: [] for key in ("readings", "added", "changed", "kept")}
    told = listed_problems(problems, language)
    return {"workbook": workbook, "as_of": day.isoformat(), **nothing, "problems": told}


def _reading(reading: Reading) -> dict[str, Any]:
    return {
        "source": reading.source,
        "kind": reading.kind,
        "table": reading.table,
        "encoding": reading.encoding,
        "separator": reading.separator,
        "decimal": reading.decimal,
        "dates": reading.dates,
        "columns": dict(reading.columns),
        "unused": list(reading.unused),
        "rows": reading.rows,
    }


def _cell(one: Listed) -> dict[str, Any]:
    return {
        "customer_id": one.customer_id,
        "customer": one.customer or None,
        "column": one.column,
        "before": _value(one.before),
        "after": _value(one.after),
    }


def _value(cell: Cell) -> str | float | bool | None:
    """A cell as JSON has it: none for a blank one, days as text, an error as shown."""
    if is_blank(cell):
        return None
    if isinstance(cell, bool | str):
        return cell
    if isinstance(cell, int | float):
        return as_float(cell)
    return remembered(cell)
