"""What a cell held and will hold, in words, for the lists of both hosts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from xlportfolio.locale import Texts
from xlportfolio.schema.cells import quoted
from xlportfolio.schema.contract import Cell
from xlportfolio.schema.merging import Listed

#: Digits of numbers that are listed: as a rule, and at most, where two would look alike.
_DIGITS, _ALL_DIGITS = 6, 15


def contents(one: Listed, words: Texts) -> tuple[str, str]:
    """What a cell holds and what came for it, with as many digits as show the change.

    >>> from xlportfolio.locale import texts
    >>> contents(Listed(0, "1", "Alpha", "Margin", 0.21, 0.2100002), texts("en"))
    ('0.21', '0.2100002')
    """
    before = after = ""
    for digits in range(_DIGITS, _ALL_DIGITS + 1):
        before, after = (_content(cell, words, digits) for cell in (one.before, one.after))
        if before != after:
            break
    return before, after


def _content(cell: Cell, words: Texts, digits: int) -> str:
    """A cell's content on one line: numbers with the digits that matter, days without a time."""
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        cell = cell.date()
    if isinstance(cell, float | Decimal):
        number = float(cell)
        cell = float(f"{number:.{digits}g}") if abs(number) < 10**digits else round(number, 2)
    return " ".join(quoted(cell, words.language).split()) or words("words.blank")
