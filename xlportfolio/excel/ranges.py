"""Blocks of cells, from and to an open workbook, each in one call; what stands in its tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import xlwings as xw
from xlwings.main import Table

from xlportfolio.errors import XlPortfolioError
from xlportfolio.excel.cells import cell_rows
from xlportfolio.locale import LANGUAGES, spoken
from xlportfolio.schema import CellError
from xlportfolio.schema.contract import Cell
from xlportfolio.tables import Kind, ReportColumn

#: Rows of cells to be written, of equal length.
Rows = list[list[Any]]

#: Words that Excel takes for truth values when they are entered.
_TRUTHS = {word.casefold() for code in LANGUAGES for word in spoken(code).truth}
#: The first day on which programs agree how many have gone by: Excel knows a 29 February 1900.
_FIRST_SURE = dt.date(1900, 3, 1)
#: Texts longer than this are neither numbers nor dates.
_LONGEST_ENTRY = 40
#: Rows above a table of ours that are looked at: for its title, which may have been moved.
_FAR = 26


def read(area: xw.Range) -> list[list[Cell]]:
    """The cells of a range."""
    return cell_rows(area.options(ndim=2, err_to_str=True).value)


def formulas(area: xw.Range) -> list[list[str]]:
    """What was entered into the cells of a range, formulas as such, in English.

    Raises
    ------
    NotImplementedError
        If the engine cannot tell, as that of xlwings Lite.
    """
    found = area.formula
    return [[found]] if isinstance(found, str) else [list(row) for row in found]


def write(sheet: xw.Sheet, first: tuple[int, int], rows: Rows) -> None:
    """Write a block of cells, if there are any."""
    if rows:
        last = (first[0] + len(rows) - 1, first[1] + len(rows[0]) - 1)
        sheet.range(first, last).value = rows


def rows_of(columns: Sequence[ReportColumn]) -> Rows:
    """Columns as rows of cells that Excel takes as they are."""
    plain: list[list[Any]] = []
    for column in columns:
        cells = column.cells
        if isinstance(cells, np.ndarray):
            numbers: list[float] = cells.tolist()
            of_one = _day if column.kind is Kind.DATE else float
            plain.append([None if x != x else of_one(x) for x in numbers])  # noqa: PLR0124 (NaN)
        else:
            known = {cell: entry(cell) for cell in dict.fromkeys(cells) if isinstance(cell, str)}
            plain.append([known[c] if isinstance(c, str) else float(c) for c in cells])
    return [list(row) for row in zip(*plain, strict=True)]


def _day(ordinal: float) -> dt.date | str:
    """A day as Excel takes it; one before its first two months as text."""
    day = dt.date.fromordinal(int(ordinal))
    return day if day >= _FIRST_SURE else f"'{day.isoformat()}"


def with_formulas(columns: Sequence[ReportColumn]) -> Rows:
    """Columns as rows of cells, those with a formula as it is entered."""
    rows = rows_of(columns)
    for k, column in enumerate(columns):
        for row, formula in column.formulas.items():
            rows[row][k] = f"={formula}"
    return rows


def entered(cell: Cell) -> Any:  # noqa: ANN401 (whatever an engine takes)
    """A cell that was read, as it is entered again."""
    if isinstance(cell, CellError):
        return cell.text
    if isinstance(cell, str):
        return entry(cell)
    if isinstance(cell, dt.time):
        return (cell.hour * 3600 + cell.minute * 60 + cell.second) / 86_400
    return float(cell) if isinstance(cell, Decimal) else cell


def entry(text: str) -> str | None:
    """A text as it is entered, so that it stays the text: Excel reads entries as one types them.

    >>> [entry(text) for text in ("Alpha GmbH", "1001", "=1+1", "3-4", "", "true")]
    ['Alpha GmbH', "'1001", "'=1+1", "'3-4", None, "'true"]
    """
    if not text:
        return None
    is_word = text[0].isalpha() and not any(c.isdigit() for c in text)
    if (is_word or (text[0].isalpha() and len(text) > _LONGEST_ENTRY)) and (
        text.casefold() not in _TRUTHS
    ):
        return text
    return f"'{text}"


def asked(table: Table, question: str, *, default: bool) -> bool:
    """What an engine says of a table; the default where it cannot tell."""
    try:
        return bool(getattr(table, question))
    except NotImplementedError:
        return default


class SeenTable:
    """A table of ours and what stands in it, above it, and where it will grow; read in one call.

    Parameters
    ----------
    rows, columns
        How many rows of data and columns it needs; at least those that it has are read.

    Raises
    ------
    XlPortfolioError
        If its headers are hidden, or it has a total row.
    """

    def __init__(self, sheet: xw.Sheet, there: Table, rows: int, columns: int = 0) -> None:
        if not asked(there, "show_headers", default=True):
            raise XlPortfolioError("headers_hidden", sheet=sheet.name, table=there.name)
        if asked(there, "show_totals", default=False):
            raise XlPortfolioError("totals_on", sheet=sheet.name, table=there.name)
        self.sheet, self.there, self.name = sheet, there, there.name
        area = there.range
        self.row, self.column = area.row, area.column
        height, self.width = area.shape
        top = max(self.row - _FAR, 1)
        last = self.row + max(height - 1, rows)
        right = self.column + max(self.width, columns) - 1
        cells = read(sheet.range((top, self.column), (last, right)))
        head = self.row - top
        self.above, self.header = cells[:head], cells[head]
        self.rows, self.below = cells[head + 1 : head + height], cells[head + height :]
