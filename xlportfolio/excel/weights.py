"""Finding weights in an open workbook: the sheets for that, and taking weights over.

What people have typed is read once; the sheets that are there get the results beside it, and those
that are missing are added.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import xlwings as xw

from xlportfolio.errors import XlPortfolioError
from xlportfolio.excel.host import LiveBook
from xlportfolio.excel.ranges import SeenTable, entered, formulas, write
from xlportfolio.excel.sheets import OutputTable
from xlportfolio.model import Axis, name_key
from xlportfolio.run import Run
from xlportfolio.schema import RawTable, Table
from xlportfolio.schema.contract import column_letters
from xlportfolio.schema.weights import WEIGHTS_TABLE, entries_table
from xlportfolio.state import MACROS_NAME
from xlportfolio.tables import SheetTable, free_name
from xlportfolio.weighing import Taking, as_entered, weighed, with_taken
from xlportfolio.weight_look import draw_weights
from xlportfolio.weight_sheets import Place, weight_tables
from xlportfolio.weighting import Method
from xlportfolio.weights_run import WeightsRun


class LiveWeights:
    """The sheets of an open workbook on which weights are found, as they are, and what follows.

    Raises
    ------
    InputError
        If something typed there cannot be read; ``problems`` lists everything.
    XlPortfolioError
        If the headers of a table there are hidden, or it has a total row.
    """

    def __init__(self, live: LiveBook, run: Run) -> None:
        self.live, self.run = live, run
        rows = sum(len(weighed(run.analysis.model, axis)) for axis in Axis)
        self.seen: dict[str, SeenTable] = {}
        raw = []
        for name, (sheet, there) in live.tables.items():
            table = entries_table(there.name)
            if table is not None:
                seen = SeenTable(sheet, there, rows if table is WEIGHTS_TABLE else 0)
                self.seen[name] = seen
                raw.append(_raw(table, seen))
        self.found = WeightsRun.of(run, raw)

    @cached_property
    def _places(self) -> tuple[str, list[Place]]:
        """What the sheet of all methods is called, and where criteria are compared."""

        def free(wanted: str, made: set[str]) -> str:
            return free_name(wanted, {*self.live.sheets, *made})

        there = [(seen.name, seen.sheet.name) for seen in self.seen.values()]
        book = self.live.book
        has_macros = MACROS_NAME in book.names and not book.name.casefold().endswith(".xlsx")
        home, places = self.found.places(there, free, computes=has_macros)
        return home, [self._as_it_computes(place) for place in places]

    def _as_it_computes(self, place: Place) -> Place:
        """A place with formulas of ours, or without, as it has them where it is there already."""
        seen = self.seen.get(place.table.casefold())
        if seen is None or not place.computes:
            return place
        count = len(weighed(self.run.analysis.model, place.axis))
        try:
            ((entry,),) = formulas(seen.sheet.range((seen.row + 1, seen.column + count + 1)))
        except NotImplementedError:
            return place
        return place._replace(computes=str(entry).startswith("="))

    def _tables(self, taken: Mapping[str, float]) -> tuple[SheetTable, ...]:
        """All sheets, that of all methods first."""
        axes, language = with_taken(self.found.axes, taken), self.run.presentation.language
        return weight_tables(axes, language, *self._places)

    def write(self) -> list[str]:
        """Bring all sheets up to date; their names.

        Raises
        ------
        XlPortfolioError
            If a sheet was laid out for other criteria, or something of the user's is in the way;
            then nothing has been written.
        BrokenOffError
            If Excel refuses something in the middle; then all has been put back, or it says so.
        """
        tables, language = self._tables({}), self.run.presentation.language
        there = [table for table in tables if table.table.casefold() in self.seen]
        new = {table.sheet: table for table in tables if table not in there}
        self.live.put(
            [self._output(table) for table in there],
            new,
            lambda: draw_weights(list(new.values()), language),
        )
        return [table.sheet for table in tables]

    def _output(self, table: SheetTable) -> OutputTable:
        return OutputTable(self.seen[table.table.casefold()], table)

    # --- taking over ---------------------------------------------------------------------------

    def chosen(self) -> Taking:
        """The method in whose column of the sheet of all methods a cell is selected.

        Its header stands for both axes, a row for its own.

        Raises
        ------
        XlPortfolioError
            If no such cell is, or cells of several columns are; if the sheet was changed.
        """
        home = self._tables({})[0]
        seen, cells = self.seen.get(WEIGHTS_TABLE.name.casefold()), self.live.book.app.selection
        if seen is None or cells is None or cells.sheet.name != seen.sheet.name:
            raise XlPortfolioError("no_method_cell", sheet=home.sheet)
        self._output(home).prepare()
        first = cells.row - seen.row - 1  # of the rows of data, counted from 0; the header is -1
        last = first + cells.shape[0] - 1
        names = {name_key(str(row[0] or "")) for row in seen.rows[max(first, 0) : max(last + 1, 0)]}
        axes = {w.axis for w in self.found.axes if names & {name_key(c) for c in w.criteria}}
        has_header = first <= -1 <= last
        at = cells.column - seen.column
        key = home.columns[at].key if 0 <= at < len(home.columns) else ""
        if key not in set(Method) or cells.shape[1] > 1 or not (has_header or axes):
            raise XlPortfolioError("no_method_cell", sheet=home.sheet)
        return Taking(Method(key), None if has_header or len(axes) > 1 else axes.pop())

    def take(self, taken: Mapping[str, float]) -> None:
        """Write weights into the criteria, and bring the sheet of all methods up to date.

        Parameters
        ----------
        taken
            Weights in percent of their axis, by criterion.

        Raises
        ------
        XlPortfolioError
            If a weight is a formula, or something of the user's is in the way; then nothing has
            been written.
        BrokenOffError
            If Excel refuses something in the middle; then all has been put back, or it says so.
        """
        home = self._tables(taken)[0]
        grid = self.run.given.places.criteria
        sheet = self.live.sheets[grid.sheet.casefold()]
        entered_so = as_entered(self.run.analysis.model, taken)
        self.live.put([OutputWeights(sheet, self.run, entered_so), self._output(home)], {}, bytes)


class OutputWeights:
    """The column of weights in the table of the criteria."""

    def __init__(self, sheet: xw.Sheet, run: Run, taken: Mapping[str, float]) -> None:
        self.sheet = sheet
        places = run.given.places
        self.grid = places.criteria
        rows = {self.grid.sheet_row(places.criterion_rows[c]): c for c in taken}
        self.criteria = dict(sorted(rows.items()))
        self.weights = {row: taken[criterion] for row, criterion in self.criteria.items()}
        self.column = self.grid.raw.column + self.grid.positions["weight"]

    def prepare(self) -> None:
        """Look for formulas, which would be lost."""
        first, last = min(self.criteria), max(self.criteria)
        try:
            entries = formulas(self.sheet.range((first, self.column), (last, self.column)))
        except NotImplementedError as error:
            raise XlPortfolioError("weights_unread", sheet=self.sheet.name) from error
        for row, criterion in self.criteria.items():
            if str(entries[row - first][0]).startswith("="):
                cell = f"{column_letters(self.column)}{row}"
                details = {"sheet": self.sheet.name, "cell": cell, "criterion": criterion}
                raise XlPortfolioError("weight_is_formula", **details)

    def write(self) -> None:
        """Write the weights; cells between them stay."""
        self._write(self.weights)

    def restore(self) -> None:
        """Put back what stood there."""
        position, top = self.grid.positions["weight"], self.grid.sheet_row(0)
        self._write({r: entered(self.grid.raw.cell(r - top, position)) for r in self.weights})

    def _write(self, cells: Mapping[int, object]) -> None:
        for first, block in _runs(cells):
            write(self.sheet, (first, self.column), block)


def _runs(cells: Mapping[int, object]) -> Iterator[tuple[int, list[list[object]]]]:
    """Cells of a column in rows that follow each other, behind the first of these."""
    first, block = 0, list[list[object]]()
    for row, cell in cells.items():
        if block and row != first + len(block):
            yield first, block
            block = []
        first = first if block else row
        block.append([cell])
    yield first, block


def _raw(table: Table, seen: SeenTable) -> RawTable:
    place = (seen.sheet.name, seen.row, seen.column)
    return RawTable.of_rows(table, *place, seen.header, seen.rows)
