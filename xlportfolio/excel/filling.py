"""The user's table of customers in an open workbook: what is filled in, and how that is undone.

Nothing is written but the cells that change, and numbers or blank cells between them, which makes
one block of a column; formulas are never written. New rows stand below the others: the table grows
by them, and Excel continues formats and calculated columns by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cached_property
from itertools import groupby

from xlportfolio.errors import XlPortfolioError
from xlportfolio.excel.blocks import Block
from xlportfolio.excel.host import LiveBook
from xlportfolio.excel.ranges import asked, entered, formulas, read, write
from xlportfolio.schema import RawTable
from xlportfolio.schema.contract import Cell, column_letters
from xlportfolio.schema.grid import Grid
from xlportfolio.schema.matching import calculated
from xlportfolio.schema.merging import Filling


class LiveCustomers:
    """The table of the customers as it stands in an open workbook.

    Parameters
    ----------
    raw
        Its cells, as :meth:`xlportfolio.excel.host.LiveBook.read_tables` has read them.

    Raises
    ------
    XlPortfolioError
        If the engine cannot tell which cells hold formulas, as that of xlwings Lite.
    """

    def __init__(self, live: LiveBook, raw: RawTable) -> None:
        self.raw = raw
        self.sheet = live.sheets[raw.sheet.casefold()]
        there = live.tables.get(raw.table.name.casefold())
        self.table = None if there is None else there[1]
        self.width = len(raw.header)
        first, last = (raw.row + 1, raw.column), (raw.row + raw.height, raw.column + self.width - 1)
        try:
            self.entries = formulas(self.sheet.range(first, last)) if raw.height else []
        except NotImplementedError as error:
            raise XlPortfolioError("customers_unread", sheet=raw.sheet) from error

    @cached_property
    def formulas(self) -> frozenset[tuple[int, int]]:
        """The cells that hold formulas: row and column, counted from 0 below the header."""
        return frozenset(
            (row, position)
            for row, entries in enumerate(self.entries)
            for position, entry in enumerate(entries)
            if str(entry).startswith("=") and self.raw.cell(row, position) != entry
        )

    @cached_property
    def computed(self) -> frozenset[int]:
        """The columns that Excel continues in new rows."""
        return frozenset(calculated(Grid(self.raw), self.formulas))

    def entry(self, row: int, position: int) -> object:
        """A cell as it is entered again; a number with all its digits, which a currency hides."""
        if row >= self.raw.height:
            return None
        cell = self.raw.cell(row, position)
        if isinstance(cell, Decimal):
            return float(self.entries[row][position])
        return entered(cell)

    def may_pass(self, row: int, position: int) -> bool:
        """Whether a cell that does not change may be written with those around it."""
        if row >= self.raw.height:
            return position not in self.computed
        cell = self.raw.cell(row, position)
        is_formula = (row, position) in self.formulas
        return not is_formula and (cell is None or isinstance(cell, float | Decimal))


class OutputCustomers:
    """What is filled into the table of the customers."""

    def __init__(self, customers: LiveCustomers, filling: Filling) -> None:
        self.customers, self.filling, self.sheet = customers, filling, customers.sheet

    @property
    def _old(self) -> int:
        """Rows that the table has below its header."""
        return self.filling.raw.height

    def prepare(self) -> None:
        """Look for what is in the way of new rows."""
        raw, added = self.filling.raw, self.filling.added
        if not added:
            return
        table = self.customers.table
        if table is not None and asked(table, "show_totals", default=False):
            raise XlPortfolioError("totals_on", sheet=raw.sheet, table=raw.table.name)
        first = raw.row + 1 + self._old
        last = (first + added - 1, raw.column + self.customers.width - 1)
        for row, cells in enumerate(read(self.sheet.range((first, raw.column), last)), first):
            for column, cell in enumerate(cells, raw.column):
                if cell is not None:
                    place = f"{column_letters(column)}{row}"
                    raise XlPortfolioError("below_table", sheet=raw.sheet, cell=place)

    def write(self) -> None:
        """Let the table grow, then write what changes."""
        if self.filling.added:
            self._resize(self._old + self.filling.added)
        raw = self.filling.raw
        for top, left, rows in self.blocks:
            write(self.sheet, (raw.row + 1 + top, raw.column + left), rows)

    @cached_property
    def blocks(self) -> list[Block]:
        """What is written, row and column counted from 0 below the header."""
        after: dict[tuple[int, int], Cell] = {
            (change.row, change.position): change.after for change in self.filling.changes
        }
        entry = self.customers.entry
        return [
            (
                first,
                left,
                [
                    [
                        entered(after[r, c]) if (r, c) in after else entry(r, c)
                        for c in range(left, right + 1)
                    ]
                    for r in range(first, last + 1)
                ],
            )
            for left, right, first, last in _rectangles(list(self._stretches(after)))
        ]

    def _stretches(self, places: dict[tuple[int, int], Cell]) -> Iterator[tuple[int, int, int]]:
        """Column, first and last row of cells that are written in one go."""
        for position, cells in groupby(
            sorted(places, key=lambda place: place[::-1]), key=lambda place: place[1]
        ):
            rows = [row for row, _ in cells]
            first = last = rows[0]
            for row in rows[1:]:
                passed = range(last + 1, row)
                if not all(self.customers.may_pass(between, position) for between in passed):
                    yield position, first, last
                    first = row
                last = row
            yield position, first, last

    def restore(self) -> None:
        """Put back what stood there, unless it does."""
        raw, added, width = self.filling.raw, self.filling.added, self.customers.width
        for top, left, rows in self.blocks:
            self._put_back(top, left, min(len(rows), self._old - top), len(rows[0]))
        self._put_back(self._old, 0, added, width)
        table = self.customers.table
        if added and table is not None and table.range.shape[0] != raw.height + 1:
            self._resize(raw.height)

    def _put_back(self, top: int, left: int, rows: int, width: int) -> None:
        """Write what stood in some cells, unless it stands there."""
        if rows <= 0:
            return
        raw, columns = self.filling.raw, range(left, left + width)
        first = (raw.row + 1 + top, raw.column + left)
        area = self.sheet.range(first, (first[0] + rows - 1, first[1] + width - 1))
        before = [
            [raw.cell(r, c) if r < self._old else None for c in columns]
            for r in range(top, top + rows)
        ]
        if read(area) != before:
            entry = self.customers.entry
            back = [[entry(r, c) for c in columns] for r in range(top, top + rows)]
            write(self.sheet, first, back)

    def _resize(self, rows: int) -> None:
        """Give the table another number of rows; one that is none has no size."""
        raw, table = self.filling.raw, self.customers.table
        if table is not None:
            last = (raw.row + max(rows, 1), raw.column + self.customers.width - 1)
            table.resize(self.sheet.range((raw.row, raw.column), last))


def _rectangles(stretches: list[tuple[int, int, int]]) -> list[tuple[int, int, int, int]]:
    """Stretches of columns side by side as rectangles: first, last column, first, last row.

    >>> _rectangles([(3, 0, 9), (4, 0, 9), (4, 12, 12), (6, 0, 9)])
    [(3, 4, 0, 9), (4, 4, 12, 12), (6, 6, 0, 9)]
    """
    found: list[tuple[int, int, int, int]] = []
    ending: dict[tuple[int, int, int], int] = {}  # which of them ends with a stretch
    for position, first, last in stretches:
        beside = ending.get((position - 1, first, last), len(found))
        left = found[beside][0] if beside < len(found) else position
        found[beside : beside + 1] = [(left, position, first, last)]
        ending[position, first, last] = beside
    return found
