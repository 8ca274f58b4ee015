"""The page of a customer in an open workbook: whose it is, how it is refreshed and how undone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from typing import NamedTuple

import numpy as np
import xlwings as xw
from xlwings.main import Table

from xlportfolio.errors import XlPortfolioError
from xlportfolio.excel.ranges import Rows, entered, entry, read, write
from xlportfolio.locale import LANGUAGES, texts
from xlportfolio.model import name_key
from xlportfolio.page import position_of
from xlportfolio.page_layout import (
    COLUMNS,
    HELPER_COLUMN,
    HELPER_WIDTH,
    MOST_OTHERS,
    OTHERS_ROW,
    CustomerPage,
    Layout,
    PageCell,
    layout_of,
    marks,
    rows_without,
)
from xlportfolio.page_look import WIDTHS, row_heights
from xlportfolio.run import Run
from xlportfolio.schema.cells import as_id
from xlportfolio.schema.contract import CUSTOMERS, Cell, column_letters


class Area(NamedTuple):
    """Cells of ours on the page: first row and column, last row and column, counted from 1."""

    top: int
    left: int
    bottom: int
    right: int


def _areas(page: CustomerPage, rows: int = 0) -> tuple[Area, Area]:
    """What is printed, and the cells behind it: at least so many rows of them."""
    rows = min(rows, OTHERS_ROW + MOST_OTHERS - 1)  # the user may have formatted more
    last = max(OTHERS_ROW + len(page.place.others) - 1, page.layout.last, rows)
    return (
        Area(1, 1, page.layout.last, COLUMNS),
        Area(1, HELPER_COLUMN, last, HELPER_COLUMN + HELPER_WIDTH - 1),
    )


class OutputPage:
    """A page that is there, and what stands on its sheet.

    Raises
    ------
    XlPortfolioError
        If its cells have been moved.
    """

    def __init__(self, sheet: xw.Sheet) -> None:
        self.sheet = sheet
        last = sheet.used_range.last_cell
        self.cells = read(sheet.range((1, 1), (last.row, last.column)))
        found = marks(self._filled())
        layout = layout_of(found)
        if layout is None:
            raise XlPortfolioError("page_moved", sheet=sheet.name)
        self.layout: Layout = layout
        self.blank = rows_without(found)
        self.page: CustomerPage | None = None

    def _filled(self) -> Iterator[tuple[tuple[int, int], Cell]]:
        for r, row in enumerate(self.cells, start=1):
            for c, cell in enumerate(row, start=1):
                if cell is not None:
                    yield (r, c), cell

    def prepare(self) -> None:
        """Look for whatever is the user's; nothing is written.

        Raises
        ------
        XlPortfolioError
            If something of the user's stands beside our cells, or on a line to write on.
        """
        for (row, column), _ in self._filled():
            if not self.layout.is_ours(row, column, self.blank):
                cell = f"{column_letters(column)}{row}"
                raise XlPortfolioError("foreign_on_page", sheet=self.sheet.name, cell=cell)

    def show(self, page: CustomerPage) -> None:
        """Take this page when :meth:`write` is called; it is laid out as the one that is there."""
        self.page = page

    def write(self) -> None:
        """Bring all cells up to date, then the heights of rows."""
        assert self.page is not None
        for area in _areas(self.page, len(self.cells)):
            write(self.sheet, (area.top, area.left), cells_of(self.page, area))
        set_heights(self.sheet, self.page)

    def restore(self) -> None:
        """Put back what stood there, unless it does."""
        assert self.page is not None
        last = (len(self.cells), len(self.cells[0]))
        if read(self.sheet.range((1, 1), last)) == self.cells:
            return
        there = dict(self._filled())
        for area in _areas(self.page, len(self.cells)):
            rows = [
                [entered(there.get((row, column))) for column in range(area.left, area.right + 1)]
                for row in range(area.top, area.bottom + 1)
            ]
            write(self.sheet, (area.top, area.left), rows)


def lay_out_page(sheet: xw.Sheet, page: CustomerPage) -> None:
    """Write a page onto a blank sheet, without its chart."""
    for position, width in enumerate(WIDTHS, start=1):
        sheet.range((1, position)).column_width = width
    for area in _areas(page):
        write(sheet, (area.top, area.left), cells_of(page, area))


def cells_of(page: CustomerPage, area: Area) -> Rows:
    """The cells of a page in some area, as they are entered."""
    return [
        [_entry(page.cells.get((row, column))) for column in range(area.left, area.right + 1)]
        for row in range(area.top, area.bottom + 1)
    ]


def _entry(cell: PageCell) -> PageCell:
    return entry(cell) if isinstance(cell, str) else cell


def set_heights(sheet: xw.Sheet, page: CustomerPage) -> None:
    """Let each row be as high as its texts need, as far as an engine can do that."""
    with suppress(Exception):  # a row that is too low or too high is no reason to undo the page
        heights = sorted(row_heights(page).items())
        for height, rows in groupby(heights, key=lambda row: row[1]):
            numbers = [number for number, _ in rows]
            sheet.range((numbers[0], 1), (numbers[-1], 1)).row_height = height


# --- whose page ---------------------------------------------------------------------------------


def selected_customer(run: Run, selected: xw.Range | None, ours: Sequence[Table]) -> int:
    """The position in the ranking of the customer in whose row a cell is selected.

    Parameters
    ----------
    ours
        The tables of ours on the sheet of the selected cell.

    Raises
    ------
    XlPortfolioError
        If that is no row of the customers' table nor of a table of ours that names customers.
    """
    if selected is None:
        raise XlPortfolioError("no_customer_row")
    row, sheet = selected.row, selected.sheet
    customers = run.analysis.customers
    if sheet.name == run.given.places.customers.sheet and row in customers.index:
        return int(np.flatnonzero(customers.index == row)[0])
    for table in ours:
        area = table.range
        if area.row < row < area.row + area.shape[0]:
            header = read(area[0, :])[0]
            at = [k for k, cell in enumerate(header) if _is_id(cell)]
            number = as_id(read(sheet.range((row, area.column + at[0])))[0][0]) if at else ""
            if number:
                return position_of(customers, number)
    raise XlPortfolioError("no_customer_row")


def _is_id(header: Cell) -> bool:
    """Whether a header is that of customers' numbers, in any language."""
    names = {name_key(texts(language)("columns.customer_id")) for language in LANGUAGES}
    return name_key(str(header)) in names | CUSTOMERS.columns[0].names
