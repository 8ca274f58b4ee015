"""Our sheets in an open workbook: what is the user's on them, what we write, and how to undo it.

Each sheet is looked at before anything is written anywhere, and keeps what it needs to put back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import groupby
from typing import Any, Protocol

import xlwings as xw
from xlwings.utils import address_to_index_tuple

from xlportfolio.column_look import STYLES, summary_heights, widths
from xlportfolio.errors import XlPortfolioError
from xlportfolio.excel.blocks import Block, are_there, around, head_blocks, write_back, write_blocks
from xlportfolio.excel.ranges import (
    Rows,
    SeenTable,
    entered,
    entry,
    formulas,
    read,
    rows_of,
    with_formulas,
    write,
)
from xlportfolio.history_sheets import MEASURE
from xlportfolio.locale import LANGUAGES, texts
from xlportfolio.look import HEADER
from xlportfolio.model import name_key
from xlportfolio.schema.contract import Cell, column_letters
from xlportfolio.tables import HEADER_ROW, TYPED, Kind, ReportColumn, SheetTable

#: The columns by which rows are known again, the first of these that are all there; without any,
#: all of ours.
_NAMING = (
    ("day", "customer_id"),
    ("version", "criterion", "setting"),
    ("customer_id",),
    ("criterion",),
    ("compared",),
)
#: Those that hold names, of which case and blanks do not matter.
_NAMES = {"criterion", "compared"}


class Output(Protocol):
    """A sheet of ours that is there."""

    sheet: xw.Sheet

    def prepare(self) -> None:
        """Look for whatever is in the way; nothing is written.

        Raises
        ------
        XlPortfolioError
            If something of the user's would be lost.
        """

    def write(self) -> None:
        """Bring the sheet up to date."""

    def restore(self) -> None:
        """Put back what :meth:`prepare` has found."""


class OutputTable:
    """A sheet with a table of ours, and columns that the user may have added to it.

    What people fill in is never written, unless its row moves; nor are formulas.
    """

    def __init__(self, seen: SeenTable, table: SheetTable) -> None:
        self.seen, self.table, self.sheet = seen, table, seen.sheet
        self.width = max(seen.width, len(table.columns))  # of the table, once it is written
        self.looks: list[tuple[Any, ...]] = []  # of the headers of columns that are added
        self.typed = [k for k, c in enumerate(table.columns) if c.kind in TYPED]
        self.entries: list[list[str]] = []  # what was entered into columns that may move
        self.moved: dict[int, Rows] = {}
        self.heights: dict[int, float] = {}  # of rows of the sheet whose height was changed

    @property
    def _old(self) -> int:
        """Rows of data that the table has."""
        return len(self.seen.rows)

    @property
    def _new(self) -> int:
        """Rows of data that the table needs; an empty one keeps a blank row."""
        return max(len(self.table), 1)

    @property
    def _head(self) -> int:
        """Rows above the table: its title, what was scored, its summary, blank ones between.

        None where there is no room for them.
        """
        head = self.table.header_row - 1
        return head if len(self.seen.above) >= head else 0

    @property
    def _first(self) -> tuple[int, int]:
        """The sheet's row and column from which blocks count."""
        return self.seen.row - self._head, self.seen.column

    def prepare(self) -> None:
        """Look for whatever is in the way: of growing, of our columns, of the user's columns."""
        seen, table = self.seen, self.table
        details = {"sheet": self.sheet.name, "table": seen.name}
        self._refuse_beside()
        if not self._is_as_laid_out():
            raise XlPortfolioError("sheet_outdated" if self.typed else "columns_moved", **details)
        head = table.header_row - 1
        titles = {texts(language)(f"titles.{table.key}") for language in LANGUAGES}
        found = [k - len(seen.above) for k, row in enumerate(seen.above) if row[0] in titles]
        if found and -head not in found:
            raise XlPortfolioError("head_moved", **details)
        for r, row in enumerate(seen.below, self._old + 1):
            for c, cell in enumerate(row):
                if cell is not None:
                    raise XlPortfolioError("below_table", **self._place(r, c))
        self._move_columns()

    def _is_as_laid_out(self) -> bool:
        """Whether the columns are ours; those of a square, and its rows, are the criteria."""
        seen, columns = self.seen, self.table.columns
        there = columns[: seen.width]
        if any(column.key != MEASURE for column in columns[seen.width :]):
            return False
        if not _same_columns(seen.header[: len(there)], there):
            return False
        if all(column.kind is not Kind.JUDGMENT for column in columns):
            return True
        names = [name_key(str(row[0] or "")) for row in seen.rows]
        return names == [name_key(str(name)) for name in columns[0].cells]

    def _refuse_beside(self) -> None:
        """Refuse to write where something of the user's is in the way of columns of criteria.

        They are added behind those that are there.
        """
        columns, header = self.table.columns, self.seen.header
        is_ours = [_same_columns([cell], [c]) for cell, c in zip(header, columns, strict=False)]
        at = is_ours.index(False) if False in is_ours else len(columns)
        added = {column.header for column in columns[at:]}
        if any(column.key != MEASURE for column in columns[at:]) or added & {*header}:
            return  # moved, or of an earlier version
        for r, row in enumerate([header, *self.seen.rows, *self.seen.below]):
            for c, cell in enumerate(row[at : len(columns)], at):
                if cell is not None:
                    raise XlPortfolioError("beside_table", **self._place(r, c))

    def _area(self, row: int, column: int, last_row: int, last_column: int) -> xw.Range:
        """Some cells, counted from the table's first header."""
        row, last_row = self.seen.row + row, self.seen.row + last_row
        column, last_column = self.seen.column + column, self.seen.column + last_column
        return self.sheet.range((row, column), (last_row, last_column))

    def _place(self, row: int, column: int) -> dict[str, object]:
        """The sheet and the address of a cell, counted from the table's first header."""
        cell = f"{column_letters(self.seen.column + column)}{self.seen.row + row}"
        return {"sheet": self.sheet.name, "cell": cell}

    def _move_columns(self) -> None:
        """Let what the user entered, behind our columns or among them, follow its row.

        Formulas stay in their rows.
        """
        rows, theirs = self.seen.rows, range(len(self.table.columns), self.seen.width)
        if not self.typed and not theirs:
            return
        to = self._rows_after()
        moving = [
            c
            for c in (*self.typed, *theirs)
            if any(row[c] is not None and to[r] != r for r, row in enumerate(rows))
        ]
        if theirs or moving:
            self._read_entries(may_lack=not theirs)
        for c in moving:
            is_formula = [self._is_formula(r, c) for r in range(self._old)]
            filled = [r for r, row in enumerate(rows) if row[c] is not None]
            kept = [r for r in filled if not is_formula[r]]
            if c in theirs and all(to[r] == r for r in kept):
                continue
            moved: Rows = [[None] for _ in range(max(self._new, self._old))]
            for r in kept or filled:
                place = to[r]
                if place is None:
                    raise XlPortfolioError("note_left", **self._place(r + 1, c))
                if any(is_formula):
                    raise XlPortfolioError("column_mixed", **self._place(r + 1, c))
                moved[place] = [entered(rows[r][c])]
            self.moved[c] = moved

    def _read_entries(self, *, may_lack: bool) -> None:
        """Read what was entered; an engine that cannot tell may do for our columns alone."""
        try:
            self.entries = formulas(self._area(1, 0, self._old, self.width - 1))
        except NotImplementedError as error:
            if not may_lack:
                raise XlPortfolioError("columns_unread", sheet=self.sheet.name) from error

    def _rows_after(self) -> list[int | None]:
        """Where each row will be, ``None`` for one that goes."""
        columns, rows = self.table.columns, self.seen.rows
        keys = [column.key for column in columns]
        naming = next((one for one in _NAMING if {*one} <= {*keys}), tuple(keys))
        known = [keys.index(key) for key in naming]
        same = [name_key if key in _NAMES else str for key in naming]

        def key_of(cells: Iterable[object]) -> tuple[str, ...]:
            return tuple(of_one(_text(cell)) for of_one, cell in zip(same, cells, strict=True))

        before = _numbered(key_of(row[k] for k in known) for row in rows)
        cells = rows_of([columns[k] for k in known])
        after = _numbered(map(key_of, cells))
        places = {key: place for place, key in enumerate(after)}
        return [places.get(key) for key in before]

    def _is_formula(self, row: int, column: int) -> bool:
        if not self.entries:
            return False
        entry = self.entries[row][column]
        return str(entry).startswith("=") and self.seen.rows[row][column] != entry

    def write(self) -> None:
        """Write all down to the last row in one call; the table grows before and shrinks after.

        A sheet that shows all of it already is left alone.
        """
        old, new, ours = self._old, self._new, len(self.table.columns)
        blocks, there = self._blocks(), self._cells()
        if new == old and not self.moved and are_there(blocks, there):
            return
        if new > old or self.width > self.seen.width:
            self._resize(max(new, old), self.width)
        write_blocks(self.sheet, self._first, blocks, there)
        self._dress()
        if self._head:
            self._make_room()
        for c, column in self.moved.items():
            write(self.sheet, (self.seen.row + 1, self.seen.column + c), column)
        if new < old:
            if self.width > ours:
                blank = [[None] * (self.width - ours) for _ in range(old - new)]
                write(self.sheet, (self.seen.row + 1 + new, self.seen.column + ours), blank)
            self._resize(new, self.width)

    def _blocks(self) -> list[Block]:
        """What is written."""
        top, rows, blocks = self._head, max(self._old, self._new), []
        left = 0
        for is_left, run in groupby(self.table.columns, _is_left_alone):
            columns = list(run)
            data: Rows = [[entry(column.header) for column in columns]]
            if not is_left:
                data += rows_of(columns)
                data += [[None] * len(columns) for _ in range(rows + 1 - len(data))]
            blocks.append((top, left, data))
            left += len(columns)
        if not top:
            return blocks
        formulas_at = {
            (row - 1, column - 1)
            for row, column in map(address_to_index_tuple, self.table.formulas)
        }
        return [*around(head_blocks(self.table), formulas_at), *blocks]

    def _cells(self) -> list[list[Cell]]:
        """What stands where blocks are written."""
        lack = max(self._new - self._old, 0)
        above = self.seen.above[len(self.seen.above) - self._head :]
        blank: list[list[Cell]] = [[None] * self.width for _ in range(lack)]
        return [*above, self.seen.header, *self.seen.rows, *blank]

    def _make_room(self) -> None:
        """Give rows of the summary whose text takes more or fewer lines than before their height.

        Where an engine knows no heights, the sheets are plain and nothing is wrapped.
        """
        summary = self.table.summary
        if summary is None:
            return
        top, wide = HEADER_ROW - 1, widths(self.table)
        lines = self._cells()[top : top + 1 + len(summary)]
        before = summary_heights(
            summary, wide, [[line[at - 1] for at in summary.at] for line in lines]
        )
        with suppress(NotImplementedError):
            for k, height in enumerate(summary_heights(summary, wide)):
                if height != before[k]:
                    row = self.sheet.range((self._first[0] + top + k, self.seen.column))
                    self.heights[row.row] = row.row_height or height
                    row.row_height = height

    def _dress(self) -> None:
        """Let the headers of added columns look like the others, where an engine can.

        Excel gives cells that join a table the formats of the table alone.
        """
        added = range(self.seen.width, self.width)
        with suppress(NotImplementedError):
            for k in added:
                header = self._area(0, k, 0, k)
                self.looks.append((header.color, header.font.color, header.font.bold))
                header.color, header.font.color, header.font.bold = f"#{HEADER}", "#FFFFFF", True

    def _resize(self, rows: int, width: int) -> None:
        self.seen.there.resize(self._area(0, 0, rows, width - 1))

    def restore(self) -> None:
        """Put back size and cells as they were, unless they are."""
        for place, was in self.heights.items():
            self.sheet.range((place, self.seen.column)).row_height = was
        if self.seen.there.range.shape != (self._old + 1, self.seen.width):
            self._resize(self._old, self.seen.width)
        for k, look in enumerate(self.looks, self.seen.width):
            header = self._area(0, k, 0, k)
            header.color, header.font.color, header.font.bold = look
        there, width, ours = self._cells(), self.width, len(self.table.columns)
        if read(self._area(-self._head, 0, len(there) - self._head - 1, width - 1)) == there:
            return
        for block in self._blocks():
            write_back(self.sheet, self._first, block, there)
        theirs = range(ours, width) if self.moved or self._new < self._old else ()
        for c in {*self.moved, *theirs}:
            column: Rows = [[entered(row[c])] for row in there[self._head + 1 :]]
            for r in range(self._old):
                if self._is_formula(r, c):
                    column[r] = [self.entries[r][c]]
            write(self.sheet, (self.seen.row + 1, self.seen.column + c), column)


# --- sheets that are new ------------------------------------------------------------------------


def fill(sheet: xw.Sheet, table: SheetTable) -> None:
    """Put the data into a sheet that has its table already."""
    write(sheet, (table.first_row, 1), with_formulas(table.columns))
    for address, formula in table.formulas.items():
        sheet.range(address).value = f"={formula}"


def lay_out(sheet: xw.Sheet, table: SheetTable) -> None:
    """Put a table without data on a blank sheet, its columns in their widths and formats."""
    top = table.header_row
    header = [entry(column.header) for column in table.columns]
    write_blocks(sheet, (1, 1), [*head_blocks(table), (top - 1, 0, [header])], [])
    last = top + max(len(table), 1)
    area = sheet.range((top, 1), (last, len(table.columns)))
    sheet.tables.add(area, name=table.table)
    for k, column in enumerate(table.columns, start=1):
        style, cells = STYLES[column.kind], sheet.range((top + 1, k), (last, k))
        cells.number_format, cells.column_width = style.number_format, style.width
    if table.summary is not None:
        for column, k in zip(table.summary.columns, table.summary.at, strict=True):
            cells = sheet.range((HEADER_ROW + 1, k), (HEADER_ROW + len(table.summary), k))
            cells.number_format = STYLES[column.kind].number_format


def _is_left_alone(column: ReportColumn) -> bool:
    """Whether the cells of a column are left as they are: filled in by people, or formulas."""
    return column.kind in TYPED or bool(column.formulas)


def _same_columns(header: Sequence[Cell], columns: Sequence[ReportColumn]) -> bool:
    """Whether a header row is ours, in any language; the measure of the ABC analysis may vary."""
    for cell, column in zip(header, columns, strict=True):
        if column.kind is Kind.JUDGMENT or column.key == MEASURE:  # headed by a criterion
            if name_key(str(cell or "")) != name_key(column.header):
                return False
            continue
        allowed = {texts(language)(f"columns.{column.key}") for language in LANGUAGES}
        if cell not in {*allowed, column.header} and column.key != "amount":
            return False
    return True


def _numbered(keys: Iterable[tuple[str, ...]]) -> list[tuple[tuple[str, ...], int]]:
    """Each key and how often it came before."""
    seen: Counter[tuple[str, ...]] = Counter()
    numbered = []
    for key in keys:
        numbered.append((key, seen[key]))
        seen[key] += 1
    return numbered


def _text(cell: object) -> str:
    """What our sheets show of a cell, however Excel holds it: a number as text, or as a number."""
    text = str(cell if cell is not None else "").removeprefix("'")
    return text.removesuffix(".0")
