"""From the customers' cells to values and scores, by plain formulas."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import assert_never

import numpy as np

from xlportfolio.live_columns import Columns, Formula, Made
from xlportfolio.live_layout import Layout
from xlportfolio.model import Axis, Status
from xlportfolio.plain_formulas import excel_key, is_one_of, literal, number, spellings
from xlportfolio.scale import ScaleKind, category_key
from xlportfolio.schema.cells import as_category, as_float, as_number
from xlportfolio.schema.contract import Cell, CellError
from xlportfolio.schema.words import STATUSES
from xlportfolio.scoring import Floats

#: Characters of a text that is searched, and those that stand for others.
_LONGEST, _WILDCARDS = 255, frozenset("*?~")
_LARGEST = 1e15


def is_status_hidden(layout: Layout) -> bool:
    """Whether what somebody is stays as it was, since there is no such column to be seen."""
    position = layout.places.customers.positions.get("status")
    return position is None or position in layout.audience.hidden


class Measures(Columns):
    """Who a customer is, the measures, their values, and the scores of both axes."""

    def __init__(self, layout: Layout, made: Made) -> None:
        super().__init__(layout, made)
        self.sources: dict[int, Formula] = {}

    def write(self) -> None:
        """Write all of these columns."""
        self._identity()
        for j in range(len(self.layout.seen)):
            self._measure(j)
            self._value(j)
        for axis in Axis:
            self._axis(axis)

    def _identity(self) -> None:
        words = self.words
        for key in ("customer_id", "customer"):
            self.put(key, self.customers[key].tolist())
        first = self.layout.places.customers.sheet_row(0)
        rows = np.array(self.layout.ids, dtype=np.float64) - first + 1
        self.put("row", rows, self._row())
        statuses = [words(f"statuses.{status}") for status in self.customers["status"]]
        self.put("status", statuses, self._status())
        self.put("place", np.arange(1.0, len(statuses) + 1))
        self.put("counts", [words("words.yes") if counts else "" for counts in self.counts])

    def _row(self) -> Formula:
        """Where a customer stands in the table, found anew when it is sorted.

        Some keep the row that they had: who has no number, or one that Excel takes for another's.
        """
        layout, grid = self.layout, self.layout.places.customers
        position = grid.positions.get("customer_id")
        if position is None:
            return lambda _: None
        area = layout.customer_column(position)
        taken = Counter(_sought(grid.raw.cell(i, position)) for i in grid.rows)
        shown = self.customers["customer_id"].tolist()

        def row(i: int) -> str | None:
            at = layout.ids[i] - grid.sheet_row(0)
            content = grid.raw.cell(at, position)
            sought = _sought(content)
            if not self.counts[i] or sought is None or taken[sought] > 1:
                return None
            key = literal(content) if isinstance(content, str) else number(float(sought))
            if grid.text(at, "customer_id") != shown[i]:  # it has got another number in the copy
                key = literal(shown[i])
            return f'IFERROR(MATCH({key},{area},0),"")'

        return row

    def _status(self) -> Formula:
        layout = self.layout
        position = layout.places.customers.positions.get("status")
        if position is None or is_status_hidden(layout):
            return lambda _: None
        cells = layout.places.customers.raw.columns[position]
        found = dict.fromkeys(cell for cell in cells if isinstance(cell, str))
        words = spellings(STATUSES, Status.PROSPECT, found)
        cell_of = layout.customer_cells(position)
        prospect, customer = (
            literal(self.words(f"statuses.{status}"))
            for status in (Status.PROSPECT, Status.CUSTOMER)
        )

        def status(i: int) -> str:
            cell = cell_of(i)
            chosen = f"IF({is_one_of(cell, words)},{prospect},{customer})"
            return f"IF(ISTEXT({cell}),{chosen},{customer})"

        return status

    # --- measures and their values -------------------------------------------------------------

    def _measure(self, j: int) -> None:
        layout, seen = self.layout, self.layout.seen[j]
        position = layout.column_of(seen.criterion.name)
        cell_of, language = layout.customer_cells(position), layout.places.language
        contents = [layout.customer_content(position, row) for row in layout.ids]
        read = [can_be_read(content) for content in contents]
        if seen.criterion.scale.kind is ScaleKind.CATEGORIES:
            known = {category_key(str(word)) for word, _ in seen.criterion.scale.levels}
            told = layout.audience.secrets.told
            # other words than those of the scale are texts in which names may stand
            shown = [
                told(c) if isinstance(c, str) and category_key(c) not in known else c
                for c in contents
            ]
            words = [_word(content, language) for content in shown]

            def word(i: int) -> str | None:
                cell = cell_of(i)
                otherwise = f'IF(ISNUMBER({cell}),{cell},"")'
                return f"IF(ISTEXT({cell}),LOWER(TRIM({cell})),{otherwise})" if read[i] else None

            self.put(f"measure {j}", words, word)
            return
        measures = np.array([_number(content, language) for content in contents], dtype=np.float64)

        def measure(i: int) -> str | None:
            cell = cell_of(i)
            return f'IF(ISNUMBER({cell}),{cell},"")' if read[i] and self.counts[i] else None

        self.put(f"measure {j}", np.where(self.counts, measures, np.nan), measure)
        # what counts nowhere is read directly, so that no bound is taken of it
        own = self.of(f"measure {j}")
        self.sources[j] = lambda i: own(i) if self.counts[i] else cell_of(i) if read[i] else None

    def _value(self, j: int) -> None:
        layout, seen = self.layout, self.layout.seen[j]
        values = layout.of_whole(layout.audience.whole.analysis.values, [seen.criterion.name])[:, 0]
        kind = seen.criterion.scale.kind
        if kind is ScaleKind.CATEGORIES:
            own = self.of(f"measure {j}")
            words, worth = layout.levels_of("from", j), layout.levels_of("worth", j)

            def of_word(i: int) -> str:
                same = f"--({words}={own(i)})"
                found = f"SUMPRODUCT({same},{worth})"
                return f'IF({own(i)}="","",IF(SUMPRODUCT({same})=0,"",{found}))'

            self.put(f"value {j}", values, of_word)
            return
        match kind:
            case ScaleKind.LINEAR:
                scaled = self._linear(j)
            case ScaleKind.STEPS | ScaleKind.PIECEWISE:
                scaled = self._levels(j)
            case _:
                assert_never(kind)
        source = self.sources[j]

        def value(i: int) -> str | None:
            measure = source(i)
            return None if measure is None else f'IF(ISNUMBER({measure}),{scaled(measure)},"")'

        self.put(f"value {j}", values, value)

    def _linear(self, j: int) -> Callable[[str], str]:
        low, high, zero, full = (
            self.layout.of_scale(key, j) for key in ("low", "high", "zero", "full")
        )
        return lambda m: (
            f"IF(ISNUMBER({zero}),(MAX({low},MIN({high},{m}))-{zero})/({full}-{zero})*100,50)"
        )

    def _levels(self, j: int) -> Callable[[str], str]:
        layout, seen = self.layout, self.layout.seen[j]
        first, lowest = (layout.of_scale(f"{what} 0", j) for what in ("from", "worth"))
        if len(seen.levels) == 1:
            return lambda _: lowest
        bounds, worth, slopes = (layout.levels_of(what, j) for what in ("from", "worth", "slope"))
        if not seen.criterion.scale.kind.glides:
            return lambda m: f"IF({m}<{first},{lowest},LOOKUP({m},{bounds},{worth}))"
        return lambda m: (
            f"IF({m}<{first},{lowest},LOOKUP({m},{bounds},{worth})"
            f"+({m}-LOOKUP({m},{bounds}))*LOOKUP({m},{bounds},{slopes}))"
        )

    # --- axes ----------------------------------------------------------------------------------

    def _axis(self, axis: Axis) -> None:
        layout = self.layout
        score, coverage = (self.numbers(f"{axis}_{what}") for what in ("score", "coverage"))
        if axis in layout.fixed:
            self.put(f"{axis}_score", score)
            self.put(f"{axis}_coverage", coverage)
            return
        weight, fill = layout.scale_row(f"{axis}_weight"), layout.scale_row("fill")
        total = layout.weights_total(axis)
        measured, filled, points = (
            self.of(f"{axis}_{w}") for w in ("measured", "filled", "points")
        )
        now = self._sums(axis)
        across = layout.across
        self.put(
            f"{axis}_measured", now[0], lambda i: f"SUMPRODUCT(--ISNUMBER({across(i)}),{weight})"
        )
        self.put(
            f"{axis}_filled",
            now[1],
            lambda i: f"SUMPRODUCT(1-ISNUMBER({across(i)}),--ISNUMBER({fill}),{weight})",
        )
        self.put(
            f"{axis}_points",
            now[2],
            lambda i: (
                f"SUMPRODUCT({across(i)},{weight})"
                f"+SUMPRODUCT(1-ISNUMBER({across(i)}),{fill},{weight})"
            ),
        )

        def scored(i: int) -> str | None:
            used = f"({measured(i)}+{filled(i)})"
            mean = f"MAX(0,MIN(100,{points(i)}/{used}))"
            return None if self.repeated[i] else f'IF({used}>0,{mean},"")'

        self.put(f"{axis}_score", score, scored)
        self.put(f"{axis}_coverage", coverage, lambda i: f'IF({total}>0,{measured(i)}/{total},"")')

    def _sums(self, axis: Axis) -> tuple[Floats, Floats, Floats]:
        """Weight with a measure, weight filled in, and points, as they are now."""
        seen = self.layout.seen
        values = np.column_stack([np.asarray(self.made[f"value {j}"][0]) for j in range(len(seen))])
        weights = np.array([one.criterion.weight * (one.criterion.axis is axis) for one in seen])
        fills = np.array([one.criterion.fill for one in seen], dtype=np.float64)
        measured = ~np.isnan(values)
        filled = ~measured & ~np.isnan(fills)
        points = np.where(measured, values, np.where(filled, fills, 0.0))
        return (measured * weights).sum(1), (filled * weights).sum(1), (points * weights).sum(1)


def can_be_read(content: Cell) -> bool:
    """Whether formulas take a cell for what Python does: days and truth values are no numbers."""
    return not isinstance(content, bool | dt.date | dt.time | dt.timedelta)


def _sought(content: Cell) -> str | float | None:
    """A number of a customer as Excel compares it; none if it is not found by what it is."""
    if isinstance(content, str):
        is_plain = content.strip() and len(content) <= _LONGEST and not set(content) & _WILDCARDS
        return content.lower() if is_plain else None
    if isinstance(content, bool) or not isinstance(content, int | float | Decimal):
        return None
    found = as_float(content)
    # a formula holds no more digits
    return found if abs(found) < _LARGEST and float(f"{found:.15g}") == found else None


def _number(content: Cell, language: str) -> float:
    number = as_number(content, language).number
    return np.nan if number is None else number


def _word(content: Cell, language: str) -> str | float:
    """A category as formulas compare it."""
    if isinstance(content, int | float | Decimal) and not isinstance(content, bool):
        return as_float(content)
    word = None if isinstance(content, CellError) else as_category(content, language)
    return "" if word is None else excel_key(word)
