"""Our sheets in an open workbook: what is the user's on them, what we write, and how to undo it.

Each sheet is looked at before anything is written anywhere, and keeps what it needs to put back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Protocol

import xlwings as xw
from xlwings.main import Table

from xlportfolio.errors import XlPortfolioError
from xlportfolio.excel.ranges import Rows, asked, entered, entry, formulas, read, rows_of, write
from xlportfolio.locale import LANGUAGES, texts
from xlportfolio.look import STYLES
from xlportfolio.report import (
    FIRST_SIZE,
    HEADER_ROW,
    MOST_POINTS,
    POINTS_COLUMN,
    POINTS_ROW,
    MatrixSheet,
    ReportColumn,
    SheetTable,
)
from xlportfolio.schema.contract import Cell, column_letters

#: Lines above a table: its title, what was scored, and a blank one.
_HEAD = HEADER_ROW - 1
#: Rows above the first point.
_POINTS = POINTS_ROW - 1
#: How far above a table its title is looked for.
_FAR = 20


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
    """A sheet with a table of ours, and columns that the user may have added to it."""

    def __init__(self, sheet: xw.Sheet, there: Table, table: SheetTable) -> None:
        self.sheet, self.there, self.table = sheet, there, table
        area = there.range
        self.row, self.column = area.row, area.column
        self.height, self.width = area.shape
        self.above: list[list[Cell]] = []
        self.header: list[Cell] = []
        self.rows: list[list[Cell]] = []  # as they are, below the headers
        self.entries: list[list[str]] = []  # what was entered into the user's columns
        self.moved: dict[int, Rows] = {}

    @property
    def _old(self) -> int:
        """Rows of data that the table has."""
        return self.height - 1

    @property
    def _new(self) -> int:
        """Rows of data that the table needs; an empty one keeps a blank row."""
        return max(len(self.table), 1)

    def prepare(self) -> None:
        """Look for whatever is in the way: of growing, of our columns, of the user's columns."""
        ours, table = len(self.table.columns), self.table
        if asked(self.there, "show_totals", default=False):
            raise XlPortfolioError("totals_on", sheet=self.sheet.name, table=table.table)
        top = max(self.row - _FAR, 1)
        cells = read(self._area(top - self.row, 0, self._old, self.width - 1))
        self.above, self.header = cells[: self.row - top], cells[self.row - top]
        self.rows = cells[self.row - top + 1 :]
        if self.width < ours or not _same_columns(self.header[:ours], table.columns):
            raise XlPortfolioError("columns_moved", sheet=self.sheet.name, table=table.table)
        titles = {texts(language)(f"titles.{table.key}") for language in LANGUAGES}
        found = [k - len(self.above) for k, row in enumerate(self.above) if row[0] in titles]
        if found and -_HEAD not in found:
            raise XlPortfolioError("head_moved", sheet=self.sheet.name, table=table.table)
        self._look_below()
        if self.width > ours:
            self._move_columns(ours)

    def _area(self, row: int, column: int, last_row: int, last_column: int) -> xw.Range:
        """Some cells, counted from the table's first header."""
        first = (self.row + row, self.column + column)
        return self.sheet.range(first, (self.row + last_row, self.column + last_column))

    def _look_below(self) -> None:
        old, new = self._old, self._new
        if new > old and self.sheet.used_range.last_cell.row > self.row + old:
            for r, row in enumerate(read(self._area(old + 1, 0, new, self.width - 1)), old + 1):
                for c, cell in enumerate(row):
                    if cell is not None:
                        raise XlPortfolioError("below_table", **self._place(r, c))

    def _place(self, row: int, column: int) -> dict[str, object]:
        """The sheet and the address of a cell, counted from the table's first header."""
        cell = f"{column_letters(self.column + column)}{self.row + row}"
        return {"sheet": self.sheet.name, "cell": cell}

    def _move_columns(self, ours: int) -> None:
        """Let what the user entered into columns behind ours follow its customer.

        Formulas stay in their rows.
        """
        try:
            self.entries = formulas(self._area(1, ours, self._old, self.width - 1))
        except NotImplementedError as error:
            raise XlPortfolioError("columns_unread", sheet=self.sheet.name) from error
        keys = [column.key for column in self.table.columns]
        known = [keys.index("customer_id")] if "customer_id" in keys else range(ours)
        before = _numbered(tuple(_text(row[k]) for k in known) for row in self.rows)
        columns = [self.table.columns[k].cells for k in known]
        after = _numbered(tuple(map(_text, row)) for row in zip(*columns, strict=True))
        places = {key: place for place, key in enumerate(after)}
        to = [places.get(key) for key in before]
        for c in range(ours, self.width):
            cells = [row[c] for row in self.rows]
            is_formula = [self._is_formula(r, c) for r in range(self._old)]
            kept = [r for r, cell in enumerate(cells) if cell is not None and not is_formula[r]]
            if all(to[r] == r for r in kept):
                continue
            for r in kept:
                if to[r] is None:
                    raise XlPortfolioError("note_left", **self._place(r + 1, c))
                if any(is_formula):
                    raise XlPortfolioError("column_mixed", **self._place(r + 1, c))
            moved: Rows = [[None] for _ in range(max(self._new, self._old))]
            for r in kept:
                moved[to[r] or 0] = [entered(cells[r])]
            self.moved[c] = moved

    def _is_formula(self, row: int, column: int) -> bool:
        entry = self.entries[row][column - len(self.table.columns)]
        return str(entry).startswith("=") and self.rows[row][column] != entry

    def write(self) -> None:
        """Write title, headers and data in one call; the table grows before and shrinks after."""
        old, new, ours = self._old, self._new, len(self.table.columns)
        if new > old:
            self._resize(new)
        data = [
            [entry(column.header) for column in self.table.columns],
            *rows_of(self.table.columns),
        ]
        data += [[None] * ours for _ in range(max(old, new) + 1 - len(data))]
        self._write_block(head(self.table.title, self.table.subtitles), data)
        for c, column in self.moved.items():
            write(self.sheet, (self.row + 1, self.column + c), column)
        if new < old:
            blank = [[None] * (self.width - ours) for _ in range(old - new)]
            if self.width > ours:
                write(self.sheet, (self.row + 1 + new, self.column + ours), blank)
            self._resize(new)

    def _write_block(self, lines: Rows, data: Rows) -> None:
        """The lines above the table, if there is room for them, and its cells."""
        above = self.above[-_HEAD:]
        if len(above) < _HEAD:
            write(self.sheet, (self.row, self.column), data)
        elif any(cell is not None for row in above for cell in row[1:]):  # the user's
            write(self.sheet, (self.row - _HEAD, self.column), lines)
            write(self.sheet, (self.row, self.column), data)
        else:
            blank = [None] * (len(data[0]) - 1)
            lines = lines + [[None]] * (_HEAD - len(lines))
            whole = [[*line, *blank] for line in lines] + data
            write(self.sheet, (self.row - _HEAD, self.column), whole)

    def _resize(self, rows: int) -> None:
        self.there.resize(self._area(0, 0, rows, self.width - 1))

    def restore(self) -> None:
        """Put back size and cells as they were, unless they are."""
        if self.there.range.shape[0] != self.height:
            self._resize(self._old)
        old = [*self.above, self.header, *self.rows]
        old += [[None] * self.width for _ in range(self._new - self._old)]
        last = max(self._old, self._new)
        if read(self._area(-len(self.above), 0, last, self.width - 1)) == old:
            return
        ours = len(self.table.columns)
        rows = [[entered(cell) for cell in row] for row in (self.header, *self.rows)]
        for r, row in enumerate(rows[1:]):
            for c in range(ours, self.width):
                if self._is_formula(r, c):
                    row[c] = self.entries[r][c - ours]
        rows += [[None] * self.width for _ in range(self._new - self._old)]
        write(self.sheet, (self.row, self.column), rows)
        if len(self.above) >= _HEAD:
            lines = [[entered(row[0])] for row in self.above[-_HEAD:]]
            write(self.sheet, (self.row - _HEAD, self.column), lines)


class OutputMatrix:
    """The sheet with the chart, which draws cells: these are ours, the others the user's.

    Rows and columns count from the cell to which the name of the matrix refers, the sheet's first
    when it was made.
    """

    def __init__(self, sheet: xw.Sheet, origin: tuple[int, int], matrix: MatrixSheet) -> None:
        self.sheet, self.origin, self.matrix = sheet, origin, matrix
        self.cells: list[list[Cell]] = []
        self.height = 0  # rows of points that are ours, before or now

    def _area(self, row: int, column: int, last_row: int, last_column: int) -> xw.Range:
        top, left = (place - 1 for place in self.origin)
        return self.sheet.range((top + row, left + column), (top + last_row, left + last_column))

    def prepare(self) -> None:
        """Look whether all stands where the chart looks for it, and for what is the user's there.

        Raises
        ------
        XlPortfolioError
            If rows or columns were inserted, or an entry stands where points are needed.
        """
        width, height = len(self.matrix.points), len(self.matrix.points[0])
        used = self.sheet.used_range.last_cell.row - self.origin[0] + 1
        most = _POINTS + MOST_POINTS
        last = (max(min(used, most), _POINTS + height), POINTS_COLUMN + width - 1)
        self.cells = read(self._area(1, 1, *last))
        expected = {(texts(s)("matrix.type"), texts(s)("matrix.named")) for s in LANGUAGES}
        found = self.cells[HEADER_ROW - 1][0], self.cells[_POINTS - 1][POINTS_COLUMN - 1]
        if found not in expected:
            raise XlPortfolioError("matrix_moved", sheet=self.sheet.name)
        columns = range(width)
        points = [[row[POINTS_COLUMN - 1 + k] for k in columns] for row in self.cells[_POINTS:]]
        lengths = [_run(row[k] for row in points) for k in columns]
        lengths[FIRST_SIZE:] = [lengths[0]] * (width - FIRST_SIZE)  # of the customers named
        self.height = max(height, *lengths)
        for r, row in enumerate(points[: self.height]):
            for k in columns:
                if r >= lengths[k] and row[k] is not None:
                    column = column_letters(self.origin[1] + POINTS_COLUMN - 1 + k)
                    cell = f"{column}{self.origin[0] + _POINTS + r}"
                    raise XlPortfolioError("among_points", sheet=self.sheet.name, cell=cell)

    def _blocks(self) -> Iterator[tuple[int, int, Rows]]:
        """What is written, each block with its first row and column."""
        matrix, width = self.matrix, len(self.matrix.points)
        yield 1, 1, head(matrix.title, matrix.subtitles)
        summary = (matrix.summary_header, *(line.cells for line in matrix.summary))
        yield HEADER_ROW, 1, [*map(list, summary)]
        yield HEADER_ROW + 1, POINTS_COLUMN, [*map(list, matrix.thresholds)]
        points = [[entry(column.header) for column in matrix.points], *rows_of(matrix.points)]
        points += [[None] * width for _ in range(self.height + 1 - len(points))]
        yield POINTS_ROW - 1, POINTS_COLUMN, points

    def write(self) -> None:
        """Bring title, counts, thresholds and points up to date; the chart draws them."""
        for block in self._blocks():
            self._write(*block)

    def _write(self, row: int, column: int, rows: Rows) -> None:
        write(self.sheet, (self.origin[0] + row - 1, self.origin[1] + column - 1), rows)

    def restore(self) -> None:
        """Put back all cells that :meth:`write` changes, unless they are as they were."""
        if read(self._area(1, 1, len(self.cells), len(self.cells[0]))) == self.cells:
            return
        for row, column, rows in self._blocks():
            last = column - 1 + len(rows[0])
            old = (line[column - 1 : last] for line in self.cells[row - 1 :][: len(rows)])
            self._write(row, column, [[entered(cell) for cell in line] for line in old])


# --- sheets that are new ------------------------------------------------------------------------


def fill(sheet: xw.Sheet, table: SheetTable) -> None:
    """Put the data into a sheet that has its table already."""
    write(sheet, (HEADER_ROW + 1, 1), rows_of(table.columns))


def fill_matrix(sheet: xw.Sheet, matrix: MatrixSheet) -> None:
    """Put the points into a sheet that has its chart already."""
    write(sheet, (POINTS_ROW, POINTS_COLUMN), rows_of(matrix.points))


def lay_out(sheet: xw.Sheet, table: SheetTable) -> None:
    """Put a table without data on a blank sheet, its columns in their widths and formats."""
    write(sheet, (1, 1), head(table.title, table.subtitles))
    write(sheet, (HEADER_ROW, 1), [[entry(column.header) for column in table.columns]])
    last = HEADER_ROW + max(len(table), 1)
    area = sheet.range((HEADER_ROW, 1), (last, len(table.columns)))
    sheet.tables.add(area, name=table.table)
    for k, column in enumerate(table.columns, start=1):
        style, cells = STYLES[column.kind], sheet.range((HEADER_ROW + 1, k), (last, k))
        cells.number_format, cells.column_width = style.number_format, style.width


def lay_out_matrix(sheet: xw.Sheet, matrix: MatrixSheet) -> None:
    """Write the matrix, for which there is no chart, on a blank sheet."""
    OutputMatrix(sheet, (1, 1), matrix).write()


# --- cells of ours ------------------------------------------------------------------------------


def head(title: str, subtitles: Sequence[str]) -> Rows:
    """The lines above a table; a line that was there before is blanked."""
    lines = [title, *subtitles]
    return [[entry(line)] for line in lines] + [[None]] * (3 - len(lines))


def _same_columns(header: Sequence[Cell], columns: Sequence[ReportColumn]) -> bool:
    """Whether a header row is ours, in any language; the measure of the ABC analysis may vary."""
    for cell, column in zip(header, columns, strict=True):
        allowed = {texts(language)(f"columns.{column.key}") for language in LANGUAGES}
        if cell not in {*allowed, column.header} and column.key != "amount":
            return False
    return True


def _run(cells: Iterable[Cell]) -> int:
    """How many cells there are before the first blank one."""
    return sum(1 for _ in takewhile(lambda cell: cell is not None, cells))


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
