"""What xlwings hands over for a cell, whatever its engine, as a cell of ours.

With ``err_to_str=True`` an Excel error is not taken for a blank cell. On Windows, xlwings knows the
seven oldest errors; newer ones arrive as the number that COM has for them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from xlportfolio.schema import CellError
from xlportfolio.schema.cells import as_float
from xlportfolio.schema.contract import Cell

#: Excel's errors by their number in Excel; COM adds it to that of the first.
_ERRORS = {
    2000: "#NULL!",
    2007: "#DIV/0!",
    2015: "#VALUE!",
    2023: "#REF!",
    2029: "#NAME?",
    2036: "#NUM!",
    2042: "#N/A",
    2043: "#GETTING_DATA",
    2045: "#SPILL!",
    2046: "#CONNECT!",
    2047: "#BLOCKED!",
    2048: "#UNKNOWN!",
    2049: "#FIELD!",
    2050: "#CALC!",
}
_COM = -2146828288
#: What COM may hand over for an error, those that Excel does not have yet included.
_COM_ERRORS = range(_COM + 2000, _COM + 2089)
_TEXTS = frozenset({*_ERRORS.values(), "#BUSY!", "#DATA!"})
_PLAIN = frozenset({float, str, type(None)})
#: Times of day are cells on the days before Excel's first year.
_FIRST_YEAR = 1900


def cell_of(cell: Any) -> Cell:  # noqa: ANN401 (whatever an engine gives)
    """A cell as a closed workbook would have it: errors, days and times of day as such.

    Examples
    --------
    >>> cell_of(-2146826246), cell_of("#SPILL!"), cell_of(7)
    (CellError(text='#N/A'), CellError(text='#SPILL!'), 7.0)
    >>> cell_of(dt.datetime(2026, 1, 31)), cell_of(dt.datetime(1899, 12, 30, 9, 30))
    (datetime.date(2026, 1, 31), datetime.time(9, 30))
    """
    if type(cell) is float or cell is None:
        return cell
    match cell:
        case str():
            return CellError(cell) if cell in _TEXTS else cell
        case bool():
            return cell
        case int() if cell in _COM_ERRORS:
            return CellError(_ERRORS.get(cell - _COM, "#UNKNOWN!"))
        case int() | Decimal():
            return as_float(cell)
        case dt.datetime() if cell.year < _FIRST_YEAR:
            return cell.time()
        case dt.datetime() if cell.time() == dt.time.min:
            return cell.date()
    known: Cell = cell
    return known


def cell_rows(rows: Sequence[Sequence[Any]]) -> list[list[Cell]]:
    """Rows of cells."""
    return [[cell_of(cell) for cell in row] for row in rows]


def is_plain(row: Sequence[Any]) -> bool:
    """Whether a row holds nothing but texts, floats and blank cells."""
    return _PLAIN.issuperset(map(type, row))


def measured_rows(rows: Sequence[Sequence[Any]]) -> list[Sequence[Cell]]:
    """Many rows of cells, in which errors are no texts; a plain row stays as it is.

    To look at each cell of a whole portfolio would take as long as to read its measures.
    """
    return [row if is_plain(row) else [*map(cell_of, row)] for row in rows]
