"""The rows of a long table as XML: the prototype's row, repeated with the values.

The one place where a sheet's XML is written as text instead of through a library, since a hundred
thousand rows as objects take ten times as long and more memory than the data.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from xlportfolio.look import office_text
from xlportfolio.schema.contract import column_letters
from xlportfolio.tables import Cells, Kind, ReportColumn

#: Rows put together before they are handed on.
_BATCH = 2_000
#: Numbers below this are days on which programs do not agree: Excel knows a 29 February 1900.
_FIRST_SURE = 61


def escape_text(text: str) -> str:
    """Text as the content of an XML element of a sheet.

    >>> escape_text("R&D _x000D_")
    'R&amp;D _x005F_x000D_'
    """
    return office_text(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class Block(NamedTuple):
    """The columns that fill a sheet from a row and a column on, counted from 1.

    ``heights`` are those of the rows, in points; ``None``: the sheet's default. A square ends with
    our last column, however wide it was before.
    """

    columns: Sequence[ReportColumn]
    row: int
    column: int = 1
    heights: Sequence[float] | None = None

    @property
    def is_square(self) -> bool:
        """Whether there are as many columns as rows, and some more."""
        return any(column.kind is Kind.JUDGMENT for column in self.columns)

    @property
    def last_row(self) -> int:
        """The last row; where there are no data, a blank one stands for them."""
        return self.row + max(len(self.columns[0]), 1) - 1


class Pieces:
    """Cells as XML; what several columns show is put into words once.

    ``first_day`` is the day from which the workbook counts.
    """

    def __init__(self, columns: Sequence[ReportColumn], first_day: dt.datetime) -> None:
        self._first_day = first_day.toordinal()
        self._uses = Counter(id(column.all_cells) for column in columns)
        self._of_all: dict[int, npt.NDArray[np.object_]] = {}

    def of(self, column: ReportColumn) -> list[str]:
        """What follows each cell's address and style, such as ``><v>1.5</v></c>``."""
        if column.kind is Kind.DATE:
            return _made([*map(float, column.cells)], self._day_piece)
        if column.formulas:
            error = "#N/A" if column.kind is Kind.PLOTTED else ""
            return [
                _formula_piece(column.formulas[k], cell, error) if k in column.formulas else piece
                for k, (cell, piece) in enumerate(
                    zip(column.cells, _pieces(column.cells), strict=True)
                )
            ]
        shared = id(column.all_cells)
        if self._uses[shared] == 1:
            return _pieces(column.cells)
        if shared not in self._of_all:
            self._of_all[shared] = np.array(_pieces(column.all_cells), dtype=object)
        pieces = self._of_all[shared]
        shown: list[str] = (pieces if column.at is None else pieces[column.at]).tolist()
        return shown

    def _day_piece(self, day: float) -> str:
        """A day as the workbook counts it; one before its first two months as text."""
        number = day - self._first_day
        if number < _FIRST_SURE:
            return _text_piece(dt.date.fromordinal(int(day)).isoformat())
        return _number_piece(number)


def _pieces(cells: Cells) -> list[str]:
    """The pieces of a column, each made once where half of the cells or more repeat others."""
    if isinstance(cells, np.ndarray):
        return _made(cells.tolist(), _number_piece)
    return _made(cells, _piece)


def _made(cells: Sequence[Any], piece: Callable[[Any], str]) -> list[str]:
    different = dict.fromkeys(cells)
    if 2 * len(different) > len(cells):
        return [*map(piece, cells)]
    known = {cell: piece(cell) for cell in different}
    return [known[cell] for cell in cells]


def _piece(cell: str | float) -> str:
    return _text_piece(cell) if isinstance(cell, str) else _number_piece(float(cell))


def _number_piece(number: float) -> str:
    return "/>" if number != number else f"><v>{number!r}</v></c>"  # noqa: PLR0124 (NaN)


def _text_piece(text: str) -> str:
    if not text:
        return "/>"
    space = ' xml:space="preserve"' if text != text.strip() or "\n" in text else ""
    return f' t="inlineStr"><is><t{space}>{escape_text(text)}</t></is></c>'


def _formula_piece(formula: str, shown: float | str, error: str) -> str:
    """A formula, and what it shows; an error or nothing where that is a number not known."""
    written = f"<f>{escape_text(formula)}</f>"
    if error and shown != shown:  # noqa: PLR0124 (NaN)
        return f' t="e">{written}<v>{error}</v></c>'
    if isinstance(shown, str) or shown != shown:  # noqa: PLR0124 (NaN)
        text = shown if isinstance(shown, str) else ""
        return f' t="str">{written}<v>{escape_text(text)}</v></c>'
    return f">{written}<v>{float(shown)!r}</v></c>"


def row_chunks(block: Block, styles: Sequence[str], pieces: Pieces) -> Iterator[bytes]:
    """The ``<row>`` elements of a block, in batches; one blank row if it has none.

    Parameters
    ----------
    styles
        The cell format of each column, as the style sheet numbers them.
    """
    parts = [pieces.of(column) or ["/>"] for column in block.columns]
    heights = block.heights
    cells = "".join(
        f'<c r="{column_letters(position)}%s" s="{style}"%s'
        for position, style in enumerate(styles, start=block.column)
    )
    height = ' ht="%s" customHeight="1"' if heights else ""
    pattern = f'<row r="%s"{height}>{cells}</row>'
    # each row takes its number and height, then for each cell the number again and its piece
    numbers = [str(row) for row in range(block.row, block.last_row + 1)]
    interleaved: list[Sequence[Any]] = [numbers, heights] if heights else [numbers]
    for part in parts:
        interleaved += [numbers, part]
    rows = map(pattern.__mod__, zip(*interleaved, strict=True))
    while batch := "".join(islice(rows, _BATCH)):
        yield batch.encode()
