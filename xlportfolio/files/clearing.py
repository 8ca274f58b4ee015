"""Clear on the user's sheets what colleagues may not see: rows, columns, cells, old results."""

from __future__ import annotations

from collections.abc import Collection

from xlportfolio.audience import Audience
from xlportfolio.errors import Problem
from xlportfolio.files.answers import Keep
from xlportfolio.files.workbook import Workbook


def clear_cells(workbook: Workbook, audience: Audience, skip: Collection[str]) -> list[Problem]:
    """Clear rows of customers left out, hidden columns, and cells that hold a secret.

    Formulas that may have read what is gone lose what they showed, and are computed anew when the
    workbook is opened.

    Parameters
    ----------
    skip
        Parts of sheets that are replaced anyhow.

    Returns
    -------
    What the sender is told: how many cells were cleared on which sheet.
    """
    raise NotImplementedError


#: Functions that show scores, ranks and types, but neither a measure nor what it contributes.
_TELL_NO_MEASURE = frozenset({"KP_SCORE", "KP_QUADRANT", "KP_RANK", "KP_ABC", "KP_STRATEGY"})


def may_stay(audience: Audience) -> Keep:
    """The rule for :func:`xlportfolio.files.answers.keep_answers` where something is hidden.

    A value stays only in a row and a column of the customers' table that stay; where columns are
    hidden, only that of functions that show no measure.
    """
    raw = audience.whole.given.places.customers.raw
    first, last = raw.row + 1, raw.row + raw.height
    hidden = {raw.column + position for position in audience.hidden}
    name = raw.sheet.lower()

    def keep(sheet: str, column: int, row: int, functions: frozenset[str]) -> bool:
        if sheet.lower() != name or not first <= row <= last or row in audience.removed:
            return False
        is_inside = raw.column <= column < raw.column + len(raw.header)
        told = {function.upper() for function in functions}
        return (
            is_inside and column not in hidden and (not audience.hidden or told <= _TELL_NO_MEASURE)
        )

    return keep
