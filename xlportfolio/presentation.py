"""How a result is shown: in which language, for which day, with how much of the history."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from xlportfolio.scale import Range

#: Customers named in the matrix; each takes a series, and Excel draws 255 of them in a chart.
LABELS = Range(0, 200)
#: Days that the history keeps; 0: none.
DATES = Range(0, 1000)


@dataclass(frozen=True, slots=True)
class Presentation:
    """How a result is shown; none of it changes a number.

    Attributes
    ----------
    language
        The code of a language, such as ``"en"``.
    as_of
        The day for which the portfolio is scored; ``None``: today.
    top_labels
        How many customers the matrix names.
    bubble_measure
        The customers' column that sets the size of the points in the matrix, if any.
    history_dates
        How many days the history keeps; 0: none, and nothing is compared.
    compare_with
        The day is compared with the latest one that is kept and not after this; ``None``: with the
        latest one before it.
    """

    language: str = "en"
    as_of: dt.date | None = None
    top_labels: int = 15
    bubble_measure: str | None = None
    history_dates: int = 24
    compare_with: dt.date | None = None
