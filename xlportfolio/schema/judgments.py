"""One cell of a pairwise comparison: how many times as important one criterion is as another."""

from __future__ import annotations

import datetime as dt
import re

from xlportfolio.errors import Fault
from xlportfolio.schema.cells import Number, as_number, is_blank
from xlportfolio.schema.contract import Cell, CellError
from xlportfolio.schema.numerals import read_number

#: Where the scale ends: 1/9 may be typed as 0.11, whose reciprocal is a little above 9.
_LOW, _HIGH = 0.11, 1 / 0.11
# a number or a fraction, then words without further digits, as the list in the sheet offers them
_JUDGMENT = re.compile(
    r"\s*(?P<number>[0-9][0-9.,]*)(?:\s*/\s*(?P<divisor>[0-9]+))?\s*(?:[-:=(\u2013]?\s*[^\W\d]\D*)?"
)


def as_judgment(cell: Cell, language: str) -> Number:
    """Read a cell of a pairwise comparison, ``(judgment, fault)``; a blank one is neither.

    Parameters
    ----------
    cell
        A number of 1/9 to 9, or a text that begins with one or with a fraction; what follows are
        words without digits, of whatever meaning.
    language
        In which numbers typed as text are read first, such as ``"en"``.

    Returns
    -------
    The judgment, or ``None`` and a fault: an error cell, a fraction of which Excel made a date,
    whatever else is no judgment, or one outside of 1/9 to 9.

    Examples
    --------
    >>> as_judgment("3 etwas wichtiger", "de").number, as_judgment("1/5 clearly less", "en").number
    (3.0, 0.2)
    >>> as_judgment(12, "en").fault.key
    'judgment_out_of_range'
    """
    if is_blank(cell):
        return Number(None)
    if isinstance(cell, CellError):
        return Number(None, Fault("judgment_error_cell"))
    if isinstance(cell, dt.date):
        return Number(None, Fault("judgment_date"))
    number = _of_text(cell, language) if isinstance(cell, str) else as_number(cell, language).number
    if number is None:
        return Number(None, Fault("judgment_unreadable"))
    if not _LOW <= round(number, 9) <= round(_HIGH, 9):
        return Number(None, Fault("judgment_out_of_range"))
    return Number(number)


def _of_text(text: str, language: str) -> float | None:
    found = _JUDGMENT.fullmatch(text)
    reading = read_number(found["number"], language) if found else None
    if found is None or reading is None:
        return None
    divisor = float(found["divisor"] or 1)
    return reading.number / divisor if divisor else None
