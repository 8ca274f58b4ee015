"""The rows of a long table as XML: the prototype's row, repeated with the values.

The one place where a sheet's XML is written as text instead of through a library, since a hundred
thousand rows as objects take ten times as long and more memory than the data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from xlportfolio.schema.contract import column_letters

Cells = npt.NDArray[np.float64] | Sequence[str]

#: Characters that XML 1.0 does not allow, which Office writes as ``_xHHHH_``; text that looks so.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]|_(?=x[0-9A-Fa-f]{4}_)")
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})

#: Characters that a cell can hold.
_LONGEST = 32_767
#: Rows put together before they are handed on.
_BATCH = 2_000


def escape_text(text: str) -> str:
    """Text as the content of an XML element of a sheet (ECMA-376 part 1, 22.9.2.19).

    >>> escape_text("R&D _x000D_")
    'R&amp;D _x005F_x000D_'
    """
    text = text[:_LONGEST]
    if "_x" in text or not text.isprintable():
        text = _FORBIDDEN.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    return text.translate(_MARKUP)


def _pieces(cells: Cells) -> list[str]:
    """What follows each cell's address and style: ``><v>1.5</v></c>``, or how a blank one ends."""
    if isinstance(cells, np.ndarray):
        return ["/>" if x != x else f"><v>{x!r}</v></c>" for x in cells.tolist()]  # noqa: PLR0124
    known: dict[str, str] = {"": "/>"}
    pieces = []
    for text in cells:
        piece = known.get(text)
        if piece is None:
            space = ' xml:space="preserve"' if text != text.strip() or "\n" in text else ""
            piece = f' t="inlineStr"><is><t{space}>{escape_text(text)}</t></is></c>'
            if len(known) < _BATCH:
                known[text] = piece
        pieces.append(piece)
    return pieces


def row_chunks(
    columns: Sequence[Cells], styles: Sequence[str], first_row: int, heights: Sequence[float] | None
) -> Iterator[bytes]:
    """The ``<row>`` elements of a table, in pieces; one blank row if there is none.

    Parameters
    ----------
    columns
        One sequence of cells for each column, all of one length: numbers (NaN: blank) or texts
        (``""``: blank).
    styles
        The cell format of each column, as the style sheet numbers them.
    first_row
        The sheet's row of the first of them.
    heights
        Of the rows, in points; ``None``: the sheet's default.
    """
    count = len(columns[0])
    blank: list[Sequence[str]] = [["/>"]] * len(columns)
    parts = [_pieces(cells) for cells in columns] if count else blank
    cells = "".join(
        f'<c r="{column_letters(position)}%d" s="{style}"%s'
        for position, style in enumerate(styles, start=1)
    )
    height = ' ht="%s" customHeight="1"' if heights else ""
    pattern = f'<row r="%d"{height}>{cells}</row>'
    # each row takes its number and height, then for each cell the number again and its piece
    numbers = range(first_row, first_row + max(count, 1))
    interleaved: list[Sequence[Any]] = [numbers, heights] if heights else [numbers]
    for pieces in parts:
        interleaved += [numbers, pieces]
    rows = map(pattern.__mod__, zip(*interleaved, strict=True))
    while batch := "".join(islice(rows, _BATCH)):
        yield batch.encode()
