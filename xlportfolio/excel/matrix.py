"""The matrix in an open workbook: the cells that its chart draws, and how to undo a write."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

import xlwings as xw

from xlportfolio.errors import XlPortfolioError
from xlportfolio.excel.blocks import Block, head_blocks, write_back, write_blocks
from xlportfolio.excel.ranges import entry, read, rows_of, write
from xlportfolio.locale import LANGUAGES, texts
from xlportfolio.matrix import FIRST_SIZE, MOST_POINTS, POINTS_COLUMN, POINTS_ROW, MatrixSheet
from xlportfolio.schema.contract import Cell, column_letters
from xlportfolio.tables import HEADER_ROW

#: Rows above the first point, and above what the chart draws its thresholds from.
_POINTS, _LINES = POINTS_ROW - 1, HEADER_ROW - 2


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
        whole = self.matrix.columns
        width, height = len(whole), len(whole[0])
        used = self.sheet.used_range.last_cell.row - self.origin[0] + 1
        most = _POINTS + MOST_POINTS
        last = (max(min(used, most), _POINTS + height), POINTS_COLUMN + width - 1)
        self.cells = read(self._area(1, 1, *last))
        expected = {(texts(s)("matrix.type"), texts(s)("matrix.named")) for s in LANGUAGES}
        found = self.cells[HEADER_ROW - 1][0], self.cells[_POINTS - 1][POINTS_COLUMN - 1]
        if found not in expected:
            raise XlPortfolioError("matrix_moved", sheet=self.sheet.name)
        self._see_arrows()
        width = len(self.matrix.columns)
        for r, (expect, row) in enumerate(
            zip(self.matrix.thresholds, self.cells[_LINES:], strict=False)
        ):
            for k, cell in enumerate(expect, POINTS_COLUMN - 1):
                if cell is None and row[k] is not None:
                    raise XlPortfolioError("among_points", **self._place(_LINES + r, k))
        columns = range(width)
        points = [[row[POINTS_COLUMN - 1 + k] for k in columns] for row in self.cells[_POINTS:]]
        lengths = [_run(row[k] for row in points) for k in columns]
        sizes = slice(FIRST_SIZE, len(self.matrix.points))
        lengths[sizes] = [lengths[0]] * len(lengths[sizes])  # of the customers named
        self.height = max(height, *lengths)
        for r, row in enumerate(points[: self.height]):
            for k in columns:
                if r >= lengths[k] and row[k] is not None:
                    place = self._place(_POINTS + r, POINTS_COLUMN - 1 + k)
                    raise XlPortfolioError("among_points", **place)

    def _see_arrows(self) -> None:
        """Leave arrows out on a sheet of an earlier version, whose chart has none."""
        at = POINTS_COLUMN - 1 + len(self.matrix.points)
        headers = {texts(language)("matrix.arrow") for language in LANGUAGES}
        if self.cells[_POINTS - 1][at] not in headers:
            self.matrix = self.matrix.without_arrows()

    def _place(self, row: int, column: int) -> dict[str, object]:
        """The sheet and the address of a cell, counted from 0."""
        cell = f"{column_letters(self.origin[1] + column)}{self.origin[0] + row}"
        return {"sheet": self.sheet.name, "cell": cell}

    def _blocks(self) -> list[Block]:
        """What is written."""
        matrix, columns = self.matrix, self.matrix.columns
        width = len(columns)
        points = [[entry(column.header) for column in columns], *rows_of(columns)]
        points += [[None] * width for _ in range(self.height + 1 - len(points))]
        return [
            *head_blocks(matrix),
            (_LINES, POINTS_COLUMN - 1, [*map(list, matrix.thresholds)]),
            (POINTS_ROW - 2, POINTS_COLUMN - 1, points),
        ]

    def write(self) -> None:
        """Bring title, counts, thresholds and points up to date; the chart draws them."""
        write_blocks(self.sheet, self.origin, self._blocks(), self.cells)

    def restore(self) -> None:
        """Put back all cells that :meth:`write` changes, unless they are as they were."""
        if read(self._area(1, 1, len(self.cells), len(self.cells[0]))) == self.cells:
            return
        for block in self._blocks():
            write_back(self.sheet, self.origin, block, self.cells)


def fill_matrix(sheet: xw.Sheet, matrix: MatrixSheet) -> None:
    """Put the points into a sheet that has its chart already."""
    write(sheet, (POINTS_ROW, POINTS_COLUMN), rows_of(matrix.columns))


def lay_out_matrix(sheet: xw.Sheet, matrix: MatrixSheet) -> None:
    """Write the matrix, for which there is no chart, on a blank sheet."""
    OutputMatrix(sheet, (1, 1), matrix).write()


def _run(cells: Iterable[Cell]) -> int:
    """How many cells there are before the first blank one."""
    return sum(1 for _ in takewhile(lambda cell: cell is not None, cells))
