"""The function that formulas call to see who has moved since the last day; as :mod:`functions`."""

from __future__ import annotations

import datetime as dt
import math
from typing import NamedTuple

import xlwings as xw

from xlportfolio.errors import InputError
from xlportfolio.excel.arguments import BLANK, TABLE, Block, Cells, raw_table, size_of
from xlportfolio.excel.cells import cell_rows
from xlportfolio.excel.conversion import ManyRows
from xlportfolio.excel.faults import argument_fault, fault_text, in_words
from xlportfolio.locale import FALLBACK, texts
from xlportfolio.scale import Range
from xlportfolio.schema.cells import as_date, as_number, is_blank
from xlportfolio.schema.contract import HISTORY, Cell
from xlportfolio.schema.grid import Grid
from xlportfolio.schema.history import identifier_of, quadrant_of
from xlportfolio.schema.settings import language_of

_HEADER = (
    *("since", "quadrant_then", "quadrant_now"),
    *("value_change", "benefit_change", "total_change", "rank_then", "rank_now"),
)
_SCORES = ("value_score", "benefit_score", "total_score")
#: Columns without which the table is no history.
_NEEDED = ("day", "customer_id")
#: The days that Excel counts from the first of these; before March 1900, it counts one too many.
_FIRST, _SERIALS = dt.date(1899, 12, 30), Range(61, 2_958_465)


@xw.func
@xw.arg("customer_id", **TABLE)
@xw.arg("history", convert=ManyRows, **TABLE)
@in_words
def KP_MOVEMENT(customer_id: Cells, history: Cells) -> Cells:  # noqa: N802
    """What has changed for customers since the day before the last: a header row, then one each.

    Parameters
    ----------
    customer_id
        A customer's number, or a row or a column of them. A name serves for one without a number.
    history
        The table of the history with its header row. *Now* is the newest day in it, *then* the
        one before.

    Returns
    -------
    For each number, in their order: the day compared with; type then and now; the change of value
    score, benefit score and total, later minus earlier; rank then and now. Of a new customer, what
    was then is empty, of one who is gone, what is now; a blank number has an empty row. These are
    the scores as they were kept: the function knows no criteria, so a change may well be one of
    weights or thresholds, which only the sheet of the movement tells apart.

    Examples
    --------
    >>> history = [["Date", "Customer ID", "Type", "Value score", "Benefit score", "Total score",
    ...             "Rank"],
    ...            ["2026-03-31", 7, "Question mark", 60, 40, 50, 2],
    ...            ["2026-06-30", 7, "Star", 62, 55, 58.5, 1]]
    >>> KP_MOVEMENT([[7]], history)[1]
    [datetime.date(2026, 3, 31), 'Question mark', 'Star', 2.0, 15.0, 8.5, 2.0, 1.0]
    """
    asked = cell_rows(customer_id or BLANK)
    shape = len(asked), len(asked[0])
    if 1 not in shape:
        raise argument_fault("one_column_argument", "customer_id", size=size_of(shape))
    kept = _Kept(history)
    header = [kept.words(f"functions.columns.{key}") for key in _HEADER]
    if shape == (1, 1):
        return [header, kept.moved(asked[0][0])]
    return [header, *(_moved(kept, cell) for row in asked for cell in row)]


def _moved(kept: _Kept, cell: Cell) -> list[Cell]:
    """The row of one of several customers; what is wrong with one takes nothing from the others."""
    blank: list[Cell] = [None] * len(_HEADER)
    if is_blank(cell):
        return blank
    try:
        return kept.moved(cell)
    except InputError as error:
        return [fault_text(error), *blank[1:]]


class _Row(NamedTuple):
    """What is kept of one customer on one day."""

    quadrant: str | None = None
    scores: tuple[float, ...] = (math.nan,) * len(_SCORES)
    rank: float = math.nan


class _Kept:
    """The newest two days of a history.

    Attributes
    ----------
    words
        Those of the language in which the headers are.
    """

    def __init__(self, history: Block | None) -> None:
        raw = raw_table(HISTORY, history, "history")
        for lacking in HISTORY.lacking(raw.header):
            if lacking.key in _NEEDED:
                raise argument_fault(
                    "needed_column_missing",
                    raw.sheet,
                    names=" / ".join(lacking.headers),
                )
        self._grid = Grid(raw)
        self.words = texts(language_of(self._grid, None) or FALLBACK)
        days = [self._day(i) for i in self._grid.rows]
        then, now = [None, None, *sorted(set(days))][-2:]
        if now is None:
            raise argument_fault("history_argument_empty", raw.sheet)
        self._since = then
        self._known: set[str] = set()
        self._rows: dict[dt.date | None, dict[str, int]] = {then: {}, now: {}}
        self._now = now
        for i, day in zip(self._grid.rows, days, strict=True):
            number = identifier_of(self._grid.cell(i, "customer_id"))
            number = number or self._grid.text(i, "customer")
            self._known.add(number)
            if day in self._rows:
                self._rows[day].setdefault(number, i)

    def _day(self, i: int) -> dt.date:
        """The day of a row; a number is one of Excel's."""
        cell = self._grid.cell(i, "day")
        day = as_date(cell)
        if day is None and type(cell) is float and _SERIALS.low <= cell <= _SERIALS.high:
            return _FIRST + dt.timedelta(days=int(cell))
        if day is None:
            place = i + 1, self._grid.positions["day"]
            raise argument_fault("history_argument_day", self._grid.sheet, place, found=cell)
        return day

    def moved(self, cell: Cell) -> list[Cell]:
        """What has changed for one customer.

        Raises
        ------
        InputError
            If no day knows the number.
        """
        number = identifier_of(cell)
        if number is None or number not in self._known:
            raise argument_fault("unknown_in_history_argument", "customer_id", found=cell)
        then, now = self._row(self._since, number), self._row(self._now, number)
        changes = [b - a for a, b in zip(then.scores, now.scores, strict=True)]
        numbers = [None if math.isnan(x) else x for x in (*changes, then.rank, now.rank)]
        return [self._since, then.quadrant, now.quadrant, *numbers]

    def _row(self, day: dt.date | None, number: str) -> _Row:
        i = self._rows[day].get(number)
        if i is None:
            return _Row()
        scores = tuple(self._number(i, key) for key in _SCORES)
        return _Row(self._type(i), scores, self._number(i, "rank"))

    def _number(self, i: int, key: str) -> float:
        found = as_number(self._grid.cell(i, key), self.words.language).number
        return math.nan if found is None else found

    def _type(self, i: int) -> str | None:
        """The type of a row in the language of the headers, whichever it was written in."""
        quadrant = quadrant_of(self._grid.cell(i, "quadrant"))
        return self.words(f"quadrants.{quadrant}") if quadrant else None
