"""Our sheets in an open workbook: what is the user's on them, what we write, and how to undo it.

Each sheet is looked at before anything is written anywhere, and keeps what it needs to put back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import takewhile
from typing import Protocol

import xlwings as xw
from xlwings.main import Table

from xlportfolio.errors import XlPortfolioError
from xlportfolio.excel.ranges import Rows, asked, entered, entry, formulas, read, rows_of, write
from xlportfolio.locale import LANGUAGES, texts
from xlportfolio.look import STYLES, summary_heights, widths
from xlportfolio.matrix import FIRST_SIZE, MOST_POINTS, POINTS_COLUMN, POINTS_ROW, MatrixSheet
from xlportfolio.schema.contract import Cell, column_letters
from xlportfolio.tables import HEADER_ROW, ReportColumn, SheetTable, Summary

#: Rows above the first point, and above what the chart draws its thresholds from.
_POINTS, _LINES = POINTS_ROW - 1, HEADER_ROW - 2
#: How many rows further up than it should be a table's title is looked for.
_FAR = 16

#: Cells to be written, behind the row and the column, counted from 0, where they begin.
Block = tuple[int, int, Rows]


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
        self.heights: dict[int, float] = {}  # of rows of the sheet whose height was changed

    @property
    def _old(self) -> int:
        """Rows of data that the table has."""
        return self.height - 1

    @property
    def _new(self) -> int:
        """Rows of data that the table needs; an empty one keeps a blank row."""
        return max(len(self.table), 1)

    @property
    def _head(self) -> int:
        """Rows above the table: its title, what was scored, its summary, blank ones between."""
        return self.table.header_row - 1

    def prepare(self) -> None:
        """Look for whatever is in the way: of growing, of our columns, of the user's columns."""
        ours, table = len(self.table.columns), self.table
        if asked(self.there, "show_totals", default=False):
            raise XlPortfolioError("totals_on", sheet=self.sheet.name, table=table.table)
        top = max(self.row - self._head - _FAR, 1)
        last = max(self._old, self._new)
        cells = read(self._area(top - self.row, 0, last, self.width - 1))
        self.above, self.header = cells[: self.row - top], cells[self.row - top]
        rows = cells[self.row - top + 1 :]
        self.rows, below = rows[: self._old], rows[self._old :]
        if self.width < ours or not _same_columns(self.header[:ours], table.columns):
            raise XlPortfolioError("columns_moved", sheet=self.sheet.name, table=table.table)
        titles = {texts(language)(f"titles.{table.key}") for language in LANGUAGES}
        found = [k - len(self.above) for k, row in enumerate(self.above) if row[0] in titles]
        if found and -self._head not in found:
            raise XlPortfolioError("head_moved", sheet=self.sheet.name, table=table.table)
        for r, row in enumerate(below, self._old + 1):
            for c, cell in enumerate(row):
                if cell is not None:
                    raise XlPortfolioError("below_table", **self._place(r, c))
        if self.width > ours:
            self._move_columns(ours)

    def _area(self, row: int, column: int, last_row: int, last_column: int) -> xw.Range:
        """Some cells, counted from the table's first header."""
        first = (self.row + row, self.column + column)
        return self.sheet.range(first, (self.row + last_row, self.column + last_column))

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
        """Write all down to the last row in one call; the table grows before and shrinks after.

        A sheet that shows all of it already is left alone.
        """
        old, new, ours = self._old, self._new, len(self.table.columns)
        if new > old:
            self._resize(new)
        data = [
            [entry(column.header) for column in self.table.columns],
            *rows_of(self.table.columns),
        ]
        data += [[None] * ours for _ in range(max(old, new) + 1 - len(data))]
        if len(self.above) < self._head:
            write(self.sheet, (self.row, self.column), data)
        else:
            blocks = [*_head_blocks(self.table), (self._head, 0, data)]
            above = self.above[-self._head :]
            if not self.moved and _are_there(blocks, [*above, self.header, *self.rows]):
                return
            first = (self.row - self._head, self.column)
            _write_blocks(self.sheet, first, blocks, above)
            self._make_room()
        for c, column in self.moved.items():
            write(self.sheet, (self.row + 1, self.column + c), column)
        if new < old:
            blank = [[None] * (self.width - ours) for _ in range(old - new)]
            if self.width > ours:
                write(self.sheet, (self.row + 1 + new, self.column + ours), blank)
            self._resize(new)

    def _make_room(self) -> None:
        """Give rows of the summary whose text takes more or fewer lines than before their height.

        Where an engine knows no heights, the sheets are plain and nothing is wrapped.
        """
        summary = self.table.summary
        if summary is None:
            return
        top, wide = HEADER_ROW - 1 - self._head, widths(self.table)
        lines = self.above[top : top + 1 + len(summary)]
        before = summary_heights(
            summary, wide, [[line[at - 1] for at in summary.at] for line in lines]
        )
        with suppress(NotImplementedError):
            for k, height in enumerate(summary_heights(summary, wide)):
                if height != before[k]:
                    row = self.sheet.range((self.row + top + k, self.column))
                    self.heights[row.row] = row.row_height or height
                    row.row_height = height

    def _resize(self, rows: int) -> None:
        self.there.resize(self._area(0, 0, rows, self.width - 1))

    def restore(self) -> None:
        """Put back size and cells as they were, unless they are."""
        for place, was in self.heights.items():
            self.sheet.range((place, self.column)).row_height = was
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
        if len(self.above) >= self._head:
            first, above = (self.row - self._head, self.column), self.above[-self._head :]
            for block in _head_blocks(self.table):
                _write_back(self.sheet, first, block, above)


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
        for r, (expect, row) in enumerate(
            zip(self.matrix.thresholds, self.cells[_LINES:], strict=False)
        ):
            for k, cell in enumerate(expect, POINTS_COLUMN - 1):
                if cell is None and row[k] is not None:
                    raise XlPortfolioError("among_points", **self._place(_LINES + r, k))
        columns = range(width)
        points = [[row[POINTS_COLUMN - 1 + k] for k in columns] for row in self.cells[_POINTS:]]
        lengths = [_run(row[k] for row in points) for k in columns]
        lengths[FIRST_SIZE:] = [lengths[0]] * (width - FIRST_SIZE)  # of the customers named
        self.height = max(height, *lengths)
        for r, row in enumerate(points[: self.height]):
            for k in columns:
                if r >= lengths[k] and row[k] is not None:
                    place = self._place(_POINTS + r, POINTS_COLUMN - 1 + k)
                    raise XlPortfolioError("among_points", **place)

    def _place(self, row: int, column: int) -> dict[str, object]:
        """The sheet and the address of a cell, counted from 0."""
        cell = f"{column_letters(self.origin[1] + column)}{self.origin[0] + row}"
        return {"sheet": self.sheet.name, "cell": cell}

    def _blocks(self) -> list[Block]:
        """What is written."""
        matrix, width = self.matrix, len(self.matrix.points)
        points = [[entry(column.header) for column in matrix.points], *rows_of(matrix.points)]
        points += [[None] * width for _ in range(self.height + 1 - len(points))]
        return [
            *_head_blocks(matrix),
            (_LINES, POINTS_COLUMN - 1, [*map(list, matrix.thresholds)]),
            (POINTS_ROW - 2, POINTS_COLUMN - 1, points),
        ]

    def write(self) -> None:
        """Bring title, counts, thresholds and points up to date; the chart draws them."""
        _write_blocks(self.sheet, self.origin, self._blocks(), self.cells)

    def restore(self) -> None:
        """Put back all cells that :meth:`write` changes, unless they are as they were."""
        if read(self._area(1, 1, len(self.cells), len(self.cells[0]))) == self.cells:
            return
        for block in self._blocks():
            _write_back(self.sheet, self.origin, block, self.cells)


# --- sheets that are new ------------------------------------------------------------------------


def fill(sheet: xw.Sheet, table: SheetTable) -> None:
    """Put the data into a sheet that has its table already."""
    write(sheet, (table.first_row, 1), rows_of(table.columns))


def fill_matrix(sheet: xw.Sheet, matrix: MatrixSheet) -> None:
    """Put the points into a sheet that has its chart already."""
    write(sheet, (POINTS_ROW, POINTS_COLUMN), rows_of(matrix.points))


def lay_out(sheet: xw.Sheet, table: SheetTable) -> None:
    """Put a table without data on a blank sheet, its columns in their widths and formats."""
    top = table.header_row
    header = [entry(column.header) for column in table.columns]
    _write_blocks(sheet, (1, 1), [*_head_blocks(table), (top - 1, 0, [header])], [])
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


def lay_out_matrix(sheet: xw.Sheet, matrix: MatrixSheet) -> None:
    """Write the matrix, for which there is no chart, on a blank sheet."""
    OutputMatrix(sheet, (1, 1), matrix).write()


# --- cells of ours ------------------------------------------------------------------------------


def _head_blocks(of: SheetTable | MatrixSheet) -> list[Block]:
    """Title, subtitles and summary; a line that was there before is blanked."""
    lines = [of.title, *of.subtitles]
    title: Block = (0, 0, [[entry(line)] for line in lines] + [[None]] * (3 - len(lines)))
    return [title] if of.summary is None else [title, _summary_block(of.summary)]


def _summary_block(summary: Summary) -> Block:
    first, last = summary.at[0], summary.at[-1]
    block: Rows = []
    for cells in ([entry(c.header) for c in summary.columns], *rows_of(summary.columns)):
        block.append([None] * (last - first + 1))
        for at, cell in zip(summary.at, cells, strict=True):
            block[-1][at - first] = cell
    return HEADER_ROW - 1, first - 1, block


def _write_blocks(
    sheet: xw.Sheet,
    first: tuple[int, int],
    blocks: Sequence[Block],
    there: Sequence[Sequence[Cell]],
) -> None:
    """Write blocks in one call, or one by one where something of the user's stands between them.

    ``there`` are the cells from ``first`` on, as they are; below and beside them all is blank.
    """
    height = max(row + len(rows) for row, _, rows in blocks)
    width = max(column + len(rows[0]) for _, column, rows in blocks)
    whole: Rows = [[None] * width for _ in range(height)]
    between = [list(row[:width]) for row in there[:height]]
    for top, left, rows in blocks:
        for r, row in enumerate(rows, top):
            whole[r][left : left + len(row)] = row
            if r < len(between):
                between[r][left : left + len(row)] = [None] * len(row)
    if any(cell is not None for row in between for cell in row):
        for top, left, rows in blocks:
            write(sheet, (first[0] + top, first[1] + left), rows)
    else:
        write(sheet, first, whole)


def _are_there(blocks: Iterable[Block], there: Sequence[Sequence[Cell]]) -> bool:
    """Whether cells that were read hold already what some blocks would write."""
    return all(
        top + len(rows) <= len(there)
        and all(
            [entered(cell) for cell in old[left : left + len(row)]] == row
            for old, row in zip(there[top : top + len(rows)], rows, strict=True)
        )
        for top, left, rows in blocks
    )


def _write_back(
    sheet: xw.Sheet, first: tuple[int, int], block: Block, there: Sequence[Sequence[Cell]]
) -> None:
    """Write what stood where a block stands."""
    top, left, rows = block
    old = (row[left : left + len(rows[0])] for row in there[top : top + len(rows)])
    cells = [[entered(cell) for cell in row] for row in old]
    write(sheet, (first[0] + top, first[1] + left), cells)


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
