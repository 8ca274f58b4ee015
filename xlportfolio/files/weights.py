"""Find weights in a closed workbook: sheets to type into, what follows, and taking it over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from xlportfolio.files.cells import Area
from xlportfolio.files.change import Progress, scratch
from xlportfolio.files.graft import graft_tables
from xlportfolio.files.ours import find_weights
from xlportfolio.files.read import read_objects
from xlportfolio.files.rescore import Finish, Rescored, revise
from xlportfolio.files.workbook import Workbook
from xlportfolio.files.writing import OpenSheet
from xlportfolio.run import Run
from xlportfolio.schema.contract import LAST_ROW, column_letters
from xlportfolio.schema.weights import entries_table
from xlportfolio.state import MACROS_NAME
from xlportfolio.weighing import Taking, as_entered, taken_over, with_taken
from xlportfolio.weight_look import draw_weights
from xlportfolio.weight_sheets import weight_tables
from xlportfolio.weights_run import WeightsRun


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """What came of finding weights.

    Attributes
    ----------
    rescored
        The run, and what was written.
    weights
        What is said of the weights; those taken over are those of today.
    sheets
        The names of the sheets on which they are found, that of all methods first.
    taken
        The weights taken over, by criterion, in percent of their axis; none unless asked for.
    """

    rescored: Rescored
    weights: WeightsRun
    sheets: Sequence[str]
    taken: Mapping[str, float]


def find(
    book: Path | str,
    out: Path | str | None = None,
    *,
    take: Taking | None = None,
    as_of: dt.date | None = None,
    language: str | None = None,
    backup: bool = True,
    write: bool = True,
    progress: Progress = lambda _: None,
) -> Weighed:
    """Write the sheets on which weights are found, with what follows from what was typed there.

    What was typed stays. Criteria that are new get a row and a column, those that are gone lose
    theirs.

    Parameters
    ----------
    take
        What is written into the table of the criteria, in percent of the axis with two decimals,
        as fractions where the weights add up to 1;
        ``None``: that table stays as it is. Scores follow with the next rescore.
    book, out, as_of, language, backup, write, progress
        As for :func:`xlportfolio.rescore`.

    Raises
    ------
    XlPortfolioError
        If the method has no weights yet.
    InputError
        If the input tables cannot be used; ``problems`` lists everything.
    WorkbookError
        If the file cannot be used or written, or something of the user's stands on these sheets
        or where weights are to be written. In any case the file is as it was.
    """
    done: list[tuple[WeightsRun, Sequence[str], Mapping[str, float]]] = []

    def prepare(workbook: Workbook) -> Finish:
        found = find_weights(workbook)
        objects = [(table, s, t) for s, t in found if (table := entries_table(t.name)) is not None]
        raw = read_objects(workbook, objects)

        def finish(run: Run) -> None:
            weights = WeightsRun.of(run, raw)
            taken = {} if take is None else taken_over(weights.axes, take)
            computes = _has_macros(workbook)
            named = [(table.name, sheet.name) for sheet, table in found]
            name, places = weights.places(named, workbook.free_sheet_name, computes=computes)
            spoken = run.presentation.language
            axes = with_taken(weights.axes, taken)
            tables = weight_tables(axes, spoken, name, places)
            there = {table.name.lower(): sheet for sheet, table in found}
            drawn = scratch(workbook, lambda: draw_weights(tables, spoken))
            _take(workbook, run, as_entered(run.analysis.model, taken))
            graft_tables(workbook, drawn, tables, there)
            done.append((replace(weights, axes=axes), [table.sheet for table in tables], taken))

        return finish

    rescored = revise(
        book,
        out,
        prepare,
        as_of=as_of,
        language=language,
        backup=backup,
        write=write,
        progress=progress,
    )
    return Weighed(rescored, *done[0])


def _has_macros(workbook: Workbook) -> bool:
    """Whether formulas can call our functions; the name alone stays in a copy without macros."""
    has_project = workbook.related("vbaProject") is not None
    return has_project and any(e.get("name") == MACROS_NAME for e in workbook.defined_names())


def _take(workbook: Workbook, run: Run, taken: Mapping[str, float]) -> None:
    """Write weights into the table of the criteria; the formats of its cells stay."""
    if not taken:
        return
    grid, rows = run.given.places.criteria, run.given.places.criterion_rows
    sheet = OpenSheet(workbook, grid.sheet)
    column = grid.raw.column + grid.positions["weight"]
    formulas = sheet.formulas(Area(column, 1, column, LAST_ROW))
    for criterion, weight in taken.items():
        row = grid.sheet_row(rows[criterion])
        if (column, row) in formulas:
            cell = f"{column_letters(column)}{row}"
            raise sheet.error("weight_is_formula", cell=cell, criterion=criterion)
        sheet.write(column, row, weight)
    sheet.put()
