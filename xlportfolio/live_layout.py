"""Where each figure of a copy that computes stands: on its two sheets, and in the user's tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from xlportfolio.audience import Audience
from xlportfolio.live_levels import PlainLevel, plain_levels
from xlportfolio.locale import Texts, texts
from xlportfolio.model import Axis, Criterion, name_key
from xlportfolio.plain_formulas import absolute, on_sheet
from xlportfolio.schema.contract import Cell, column_letters
from xlportfolio.schema.grid import Grid
from xlportfolio.tables import FIRST_ROW, HEADER_ROW

#: The settings that the scales list, and the figures that stand below them.
SETTINGS = (
    *("value_threshold", "benefit_threshold", "borderline_band", "value_weight", "benefit_weight"),
    *("min_coverage", "abc_a", "abc_b"),
)
FIGURES = ("rated_customers", "abc_total", "changed")
#: The sheet's column, counted from 1, in which those stand, and after it the criteria.
USED = 3
#: The rows of the criteria before their levels.
ROWS = (
    *("axis", "value_weight", "benefit_weight", "objective", "low", "high", "zero", "full"),
    *("fill", "scale", "levels", "check"),
)
#: What there is of each level.
OF_LEVEL = ("from", "worth", "slope")
#: Figures of each customer whose values at the start are kept.
KEPT = ("value_score", "benefit_score", "total_score", "quadrant", "borderline", "abc_class")


class Seen(NamedTuple):
    """A criterion that may be seen: its place in the model and in the table of the criteria."""

    criterion: Criterion
    position: int
    row: int
    levels: tuple[PlainLevel, ...]


class Layout:
    """Knows the cells of both sheets before anything is written.

    Parameters
    ----------
    names
        What the sheets are called: ``"scales"`` and ``"calculation"``.

    Attributes
    ----------
    seen
        The criteria that may be seen, in their order.
    fixed
        The axes whose scores stay as they are, since a hidden criterion belongs to them.
    is_whole
        Whether all customers are there, so that ranks and classes can be computed.
    ids
        The customers in the order of the ranking, by their rows in the user's sheet.
    """

    def __init__(self, audience: Audience, names: Mapping[str, str]) -> None:
        self.audience, self.names = audience, names
        self.places = audience.whole.given.places
        self.model = audience.whole.given.model
        self.customers = audience.run.analysis.customers
        self.ids: list[int] = self.customers.index.tolist()
        self.is_whole = audience.sharing.only is None
        self.seen = tuple(
            self._seen(k)
            for k, criterion in enumerate(self.model.criteria)
            if criterion.name not in audience.criteria
        )
        self.fixed = frozenset(c.axis for c in self.model.criteria if c.name in audience.criteria)
        self.most_levels = max((len(one.levels) for one in self.seen), default=0)
        keys = self._keys()
        self.columns = {key: position for position, key in enumerate(keys, start=1)}

    def _seen(self, k: int) -> Seen:
        criterion, places = self.model.criteria[k], self.places
        row = places.criteria.sheet_row(places.criterion_rows[criterion.name])
        cells = places.customers.raw.columns[self.column_of(criterion.name)]
        return Seen(criterion, k, row, plain_levels(criterion, cells, places.language))

    def _keys(self) -> list[str]:
        """The columns of the calculation from left to right."""
        count = range(len(self.seen))
        of_axes = [
            f"{axis}_{what}"
            for axis in Axis
            for what in ("measured", "filled", "points", "score", "coverage")
            if axis not in self.fixed or what in {"score", "coverage"}
        ]
        return [
            *("customer_id", "customer", "row", "status", "place", "counts"),
            *(f"measure {j}" for j in count),
            *(f"value {j}" for j in count),
            *of_axes,
            *("rated", "total_score", "total_rounded", "total_sorted", "rank"),
            *("quadrant", "borderline"),
            *(f"{axis}_middle" for axis in Axis),
            *("amount", "amount_sorted", "amount_summed", "amount_rank"),
            *("share_before", "share", "cumulative_share", "abc_class"),
            *("unlisted", "unlisted_sorted", "difference"),
            *(f"start_{key}" for key in KEPT),
            "changed",
        ]

    @property
    def words(self) -> Texts:
        """In the language of the copy."""
        return texts(self.audience.run.presentation.language)

    # --- the calculation -----------------------------------------------------------------------

    @property
    def last_row(self) -> int:
        """The last row of the calculation; a blank one where there is nobody."""
        return FIRST_ROW + max(len(self.ids), 1) - 1

    def here(self, key: str, i: int) -> str:
        """A figure of a customer, as formulas on the calculation name it."""
        return f"${column_letters(self.columns[key])}{FIRST_ROW + i}"

    def down(self, key: str, *, sheet: bool = True) -> str:
        """A figure of all customers."""
        letters = column_letters(self.columns[key])
        area = f"${letters}${FIRST_ROW}:${letters}${self.last_row}"
        return f"{on_sheet(self.names['calculation'])}{area}" if sheet else area

    def across(self, i: int) -> str:
        """The values of a customer."""
        first, last = (self.here(f"value {j}", i) for j in (0, len(self.seen) - 1))
        return f"{first}:{last}"

    # --- the scales ----------------------------------------------------------------------------

    @property
    def scales_first_row(self) -> int:
        """The first row of the criteria, below the settings and figures."""
        return HEADER_ROW + len(SETTINGS) + len(FIGURES) + 3

    @cached_property
    def scale_rows(self) -> Mapping[str, int]:
        """The row of everything that the scales say of a criterion."""
        levels = [f"{what} {n}" for what in OF_LEVEL for n in range(self.most_levels)]
        return {key: row for row, key in enumerate((*ROWS, *levels), start=self.scales_first_row)}

    def figure_address(self, name: str) -> str:
        """Where a setting or a figure stands, without its sheet."""
        row = HEADER_ROW + 1 + (*SETTINGS, *FIGURES).index(name)
        return f"{column_letters(USED)}{row}"

    def figure(self, name: str) -> str:
        """A setting as used, or a figure, with the sheet."""
        row = HEADER_ROW + 1 + (*SETTINGS, *FIGURES).index(name)
        return f"{on_sheet(self.names['scales'])}{absolute(USED, row)}"

    def of_scale(self, key: str, j: int, *, sheet: bool = True) -> str:
        """What the scales say of a criterion."""
        cell = absolute(USED + 1 + j, self.scale_rows[key])
        return f"{on_sheet(self.names['scales'])}{cell}" if sheet else cell

    def levels_of(self, what: str, j: int) -> str:
        """The bounds, values or slopes of a criterion's levels."""
        column, first = USED + 1 + j, self.scale_rows[f"{what} 0"]
        last = first + len(self.seen[j].levels) - 1
        area = f"{absolute(column, first)}:{absolute(column, last)}"
        return f"{on_sheet(self.names['scales'])}{area}"

    def scale_row(self, key: str, *, sheet: bool = True) -> str:
        """What the scales say of all criteria."""
        row = self.scale_rows[key]
        area = f"{absolute(USED + 1, row)}:{absolute(USED + len(self.seen), row)}"
        return f"{on_sheet(self.names['scales'])}{area}" if sheet else area

    def weights_total(self, axis: Axis) -> str:
        """The weights of an axis together."""
        cell = absolute(USED, self.scale_rows[f"{axis}_weight"])
        return f"{on_sheet(self.names['scales'])}{cell}"

    # --- the user's tables ---------------------------------------------------------------------

    def criterion_cell(self, j: int, key: str) -> str | None:
        """A cell of the criteria; none if they have no such column."""
        grid = self.places.criteria
        position = grid.positions.get(key)
        return None if position is None else _reference(grid, self.seen[j].row, position)

    def criterion_content(self, j: int, key: str) -> Cell:
        """What stands in it."""
        grid = self.places.criteria
        return grid.cell(self.seen[j].row - grid.sheet_row(0), key)

    def setting_row(self, name: str) -> int | None:
        """The row of a setting in its table, also of one without a value; none if not listed."""
        grid = self.places.settings
        if grid is None:
            return None
        rows = [i for i in grid.rows if name_key(grid.text(i, "setting")) == name_key(name)]
        return self.places.setting_rows.get(name, rows[0] if rows else None)

    def setting_cell(self, name: str) -> str | None:
        """The cell of a setting; none if it is not listed."""
        grid, row = self.places.settings, self.setting_row(name)
        if grid is None or row is None:
            return None
        return _reference(grid, grid.sheet_row(row), grid.positions["value"])

    def customer_column(self, position: int) -> str:
        """A column of the customers, from the first row of their table to the last."""
        grid = self.places.customers
        letters = column_letters(grid.raw.column + position)
        first, last = grid.sheet_row(0), grid.sheet_row(grid.raw.height - 1)
        return f"{on_sheet(grid.sheet)}${letters}${first}:${letters}${last}"

    def customer_cells(self, position: int) -> Callable[[int], str]:
        """A cell of each customer, found by the row in which the customer stands now."""
        column, row = self.customer_column(position), column_letters(self.columns["row"])
        return lambda i: f"INDEX({column},${row}{FIRST_ROW + i})"

    def customer_content(self, position: int, sheet_row: int) -> Cell:
        """What stands in a cell of the customers."""
        grid = self.places.customers
        return grid.raw.cell(sheet_row - grid.sheet_row(0), position)

    # --- what the analysis says ----------------------------------------------------------------

    def column_of(self, name: str) -> int:
        """The position of a measure among the columns of the customers."""
        return self.places.columns[name]

    def is_hidden(self, name: str) -> bool:
        """Whether a column of the customers may not be seen."""
        return name in self.audience.criteria or self.column_of(name) in self.audience.hidden

    @property
    def abc_measure(self) -> str | None:
        """The column whose amounts are cumulated, if there is one."""
        return self.audience.whole.analysis.abc_measure

    @property
    def is_abc_hidden(self) -> bool:
        """Whether these amounts may not be seen."""
        return self.abc_measure is not None and self.is_hidden(self.abc_measure)

    def of_whole(self, frame: pd.DataFrame, names: Sequence[str]) -> npt.NDArray[np.float64]:
        """Some columns of a frame of the whole analysis, for the customers shown."""
        shown: npt.NDArray[np.float64] = frame.loc[self.ids, list(names)].to_numpy(np.float64)
        return shown


def _reference(grid: Grid, row: int, position: int) -> str:
    return f"{on_sheet(grid.sheet)}{absolute(grid.raw.column + position, row)}"
