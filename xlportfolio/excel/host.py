"""An open workbook, through what all engines of xlwings have: its tables in, our sheets out.

Everything is computed and everything that could be in the way is looked for before the first cell
is written. A sheet of ours that is there is refreshed where it is: its cells and the size of its
table. One that is missing is copied from the scratch workbook that :mod:`xlportfolio.look` authors,
so that it looks as in a closed workbook; where an engine cannot open files, it is a plain sheet.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import xlwings as xw

from xlportfolio.errors import XlPortfolioError
from xlportfolio.excel.customer import OutputPage, lay_out_page, selected_customer
from xlportfolio.excel.matrix import OutputMatrix, fill_matrix, lay_out_matrix
from xlportfolio.excel.ranges import SeenTable, asked, read
from xlportfolio.excel.refusals import broken_off, undo
from xlportfolio.excel.sheets import (
    Output,
    OutputTable,
    fill,
    lay_out,
)
from xlportfolio.look import draw
from xlportfolio.matrix import MATRIX, MATRIX_NAME, MatrixSheet
from xlportfolio.page_layout import PAGE_NAME, CustomerPage, Layout
from xlportfolio.page_look import draw_page
from xlportfolio.report import ORDER, TABLES, Report
from xlportfolio.run import Run
from xlportfolio.schema import TABLES as INPUT_TABLES
from xlportfolio.schema import RawTable, Table
from xlportfolio.schema.contract import KEPT_TABLES, sheet_table
from xlportfolio.state import STATE, state_array
from xlportfolio.tables import SheetTable, free_name

#: What the name of a sheet of ours without a table refers to.
_HOME = re.compile(r"=?'?(?P<sheet>.*?)'?!(?P<cell>\$?[A-Z]+\$?[0-9]+)")


class LiveBook:
    """An open workbook, its sheets and its table objects as they were when it was looked at."""

    def __init__(self, book: xw.Book) -> None:
        self.book = book
        self.sheets = {sheet.name.casefold(): sheet for sheet in book.sheets}
        self.tables = {
            table.name.casefold(): (sheet, table)
            for sheet in self.sheets.values()
            for table in sheet.tables
        }

    # --- input ---------------------------------------------------------------------------------

    def read_tables(self) -> dict[str, RawTable]:
        """The tables that are read: table objects, else what stands on the sheets of that name."""
        found = {table.name: self.read_table(table) for table in (*INPUT_TABLES, *KEPT_TABLES)}
        return {name: raw for name, raw in found.items() if raw is not None}

    def read_table(self, table: Table) -> RawTable | None:
        """A table: the table object, else what stands on the sheet of that name; none without.

        Raises
        ------
        XlPortfolioError
            If its headers are hidden.
        """
        sheet, there = self.tables.get(table.name.casefold(), (None, None))
        if there is not None and sheet is not None:
            area = there.range
            if not asked(there, "show_headers", default=True):
                raise XlPortfolioError("headers_hidden", sheet=sheet.name, table=table.name)
            header, *rows = read(area)
            if asked(there, "show_totals", default=False):
                rows = rows[:-1]
            return RawTable.of_rows(table, sheet.name, area.row, area.column, header, rows)
        for name in table.sheets:
            sheet = self.sheets.get(name.casefold())
            if sheet is not None:
                last = sheet.used_range.last_cell
                raw = sheet_table(table, sheet.name, read(sheet.range((1, 1), last)))
                if raw is not None:
                    return raw
        return None

    # --- output --------------------------------------------------------------------------------

    @cached_property
    def _ours(self) -> dict[str, xw.Sheet]:
        """The sheets of ours that are there, by key."""
        found = {
            key: self.tables[table.casefold()][0]
            for key, table in TABLES.items()
            if table.casefold() in self.tables
        }
        if self._home is not None:
            found[MATRIX] = self._home.sheet
        return found

    @cached_property
    def _home(self) -> xw.Range | None:
        """The cell from which the matrix counts, none if it has gone."""
        return self._named(MATRIX_NAME)

    def _named(self, hidden: str) -> xw.Range | None:
        """The cell by whose name a sheet of ours is known, none if it has gone."""
        if hidden not in self.book.names:
            return None
        found = _HOME.fullmatch(self.book.names[hidden].refers_to or "")
        name = found["sheet"].replace("''", "'").casefold() if found else ""
        sheet = self.sheets.get(name)
        return sheet.range(found["cell"]) if found and sheet is not None else None

    def names(self, wanted: Mapping[str, str]) -> dict[str, str]:
        """What each sheet of ours is called, or will be."""
        ours = {key: sheet.name for key, sheet in self._ours.items()}
        taken = {*self.sheets, *ours.values()}
        for key in ORDER:
            if key not in ours:
                ours[key] = free_name(wanted[key], taken)
                taken.add(ours[key])
        return ours

    # --- the page of a customer ----------------------------------------------------------------

    def selected(self, run: Run) -> int:
        """The position in the ranking of the customer in whose row a cell is selected.

        Raises
        ------
        XlPortfolioError
            If no such cell is.
        """
        cell = self.book.app.selection
        names = {table.casefold() for table in TABLES.values()}
        ours = [
            table
            for name, (sheet, table) in self.tables.items()
            if name in names and cell is not None and sheet.name == cell.sheet.name
        ]
        return selected_customer(run, cell, ours)

    def show_page(self, run: Run, position: int) -> None:
        """Write the page of a customer, and bring it to the front.

        One that is there is refreshed where it is, unless the number of criteria has changed: then
        it is left to the user, and a new one is made.

        Raises
        ------
        XlPortfolioError
            If something of the user's is in the way; then nothing has been written.
        BrokenOffError
            If Excel refuses something in the middle; then all has been put back, or it says so.
        """
        home, front = self._named(PAGE_NAME), self.book.sheets.active
        there = None if home is None else OutputPage(home.sheet)
        if there is not None and there.layout != Layout.of(run.analysis.model):
            there = None
        if there is not None:
            there.prepare()
        name = there.sheet.name if there else free_name(run.page_name, self.sheets)
        page = run.page(position, name)
        made: list[xw.Sheet] = []
        try:
            if there is not None:
                there.show(page)
                there.write()
                sheet = there.sheet
            else:
                sheet = self._new_page(made, page, run.presentation.language)
            sheet.visible = True
            sheet.activate()
            for new in made:
                self._name(PAGE_NAME, new)
        except BaseException as error:
            undone = undo([there] if there else [], made)
            with suppress(Exception):
                front.activate()
            if not isinstance(error, Exception):
                raise
            raise broken_off(error, name, undone=undone) from error

    def _new_page(self, made: list[xw.Sheet], page: CustomerPage, language: str) -> xw.Sheet:
        """Add the page to the end of the workbook, to ``made`` as soon as it is there."""
        last = self.book.sheets[-1]
        if self.book.app.engine.type == "desktop":
            with self._scratch(draw_page(page, language)) as scratch:
                made.append(scratch.sheets[page.sheet].copy(after=last))
        else:
            made.append(self.book.sheets.add(page.sheet, after=last))
            lay_out_page(made[0], page)
        return made[0]

    def _name(self, hidden: str, sheet: xw.Sheet) -> None:
        """Let a sheet of ours be known again."""
        home = sheet.name.replace("'", "''")
        self.book.names.add(hidden, f"='{home}'!$A$1")

    # --- all sheets ----------------------------------------------------------------------------

    def write(
        self, report: Report, state: Mapping[str, float | dt.date], language: str
    ) -> list[str]:
        """Write all sheets; the names of those written.

        Raises
        ------
        XlPortfolioError
            If something of the user's is in the way; then nothing has been written.
        BrokenOffError
            If Excel refuses something in the middle; then all has been put back, or it says so.
        """
        ours, home, tables = self._ours, self._home, {t.key: t for t in report.tables}
        there: list[Output] = [
            OutputTable(
                SeenTable(*self.tables[table.table.casefold()], len(table), len(table.columns)),
                table,
            )
            for key, table in tables.items()
            if key in ours
        ]
        if home is not None:
            there.append(OutputMatrix(home.sheet, (home.row, home.column), report.matrix))
        missing = [key for key in ORDER if key not in ours]
        new = {report.sheets[key]: tables.get(key, report.matrix) for key in missing}
        matrix = report.sheets[MATRIX]
        self.put(
            there,
            new,
            lambda: draw(report, language),
            lambda made: self._remember(made.get(matrix), state),
        )
        return [report.sheets[key] for key in (*TABLES, MATRIX)]

    def put(
        self,
        there: Sequence[Output],
        new: Mapping[str, SheetTable | MatrixSheet],
        content: Callable[[], bytes],
        finish: Callable[[Mapping[str, xw.Sheet]], None] = lambda _: None,
    ) -> None:
        """Bring sheets up to date that are there, and add those that are missing.

        Parameters
        ----------
        new
            What stands on each missing sheet, by its name.
        content
            Authors the scratch workbook with the missing sheets.
        finish
            What belongs to the same change, given the sheets made by their names; whatever it
            raises, all is put back.

        Raises
        ------
        XlPortfolioError
            If something of the user's is in the way; then nothing has been written, or all has
            been put back.
        BrokenOffError
            If Excel refuses something in the middle; then all has been put back, or it says so.
        """
        for output in there:
            output.prepare()
        begun: list[Output] = []
        made: dict[str, xw.Sheet] = {}
        try:
            self._make(made, new, content)
            for output in there:
                begun.append(output)
                output.write()
            finish(made)
        except BaseException as error:
            undone = undo(begun, made.values())
            if not isinstance(error, Exception) or (isinstance(error, XlPortfolioError) and undone):
                raise
            at = begun[-1].sheet.name if begun else [*new][min(len(made), len(new) - 1)]
            raise broken_off(error, at, undone=undone) from error

    def _make(
        self,
        made: dict[str, xw.Sheet],
        new: Mapping[str, SheetTable | MatrixSheet],
        content: Callable[[], bytes],
    ) -> None:
        """Add the missing sheets to the end of the workbook and fill them."""
        if not new:
            return
        front = self.book.sheets.active
        opens_files = self.book.app.engine.type == "desktop"  # xlwings Lite does not
        try:
            made.update(self._copied(new, content) if opens_files else self._plain(new))
        finally:
            with suppress(Exception):
                front.impl.activate()  # not Excel itself and the workbook too: both are in front
        for name, what in new.items():
            if isinstance(what, SheetTable):
                fill(made[name], what)
            else:
                (fill_matrix if opens_files else lay_out_matrix)(made[name], what)

    def _copied(
        self, names: Iterable[str], content: Callable[[], bytes]
    ) -> Iterator[tuple[str, xw.Sheet]]:
        """Copy authored sheets from the scratch workbook."""
        with self._scratch(content()) as scratch:
            for name in names:
                yield name, scratch.sheets[name].copy(after=self.book.sheets[-1])

    @contextmanager
    def _scratch(self, content: bytes) -> Iterator[xw.Book]:
        """Open a scratch workbook for a while."""
        with TemporaryDirectory(prefix="xlportfolio-", ignore_cleanup_errors=True) as folder:
            path = (Path(folder) / Path(folder).name).with_suffix(".xlsx")  # no other is named so
            path.write_bytes(content)
            scratch = self.book.app.books.open(path)
            try:
                yield scratch
            finally:
                with suppress(Exception):
                    scratch.close()

    def _plain(self, new: Mapping[str, SheetTable | MatrixSheet]) -> Iterator[tuple[str, xw.Sheet]]:
        """Add sheets that look as the engine makes them."""
        for name, what in new.items():
            yield name, (sheet := self.book.sheets.add(name, after=self.book.sheets[-1]))
            if isinstance(what, SheetTable):
                lay_out(sheet, what)

    def _remember(self, matrix: xw.Sheet | None, state: Mapping[str, float | dt.date]) -> None:
        """Set the names: of a matrix that is new, of the last run where the workbook has it."""
        if matrix is not None:
            self._name(MATRIX_NAME, matrix)
        if STATE in self.book.names:
            self.book.names[STATE].refers_to = f"={state_array(state)}"
