"""One customer, or one measure, by itself: prepared once for each table of criteria.

A formula for a single customer stands in thousands of cells, all with the same criteria. What can
be known of these is kept by their content, so that a call only looks up measures and computes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from xlportfolio.errors import Fault, InputError
from xlportfolio.excel.arguments import Block, Cells, flat, only, read_once, table_of_cells
from xlportfolio.excel.cells import cell_of
from xlportfolio.excel.faults import argument_fault
from xlportfolio.locale import FALLBACK
from xlportfolio.model import Criterion, name_key
from xlportfolio.scale import ScaleKind, category_key
from xlportfolio.schema import RawTable, in_order
from xlportfolio.schema.cells import as_category, as_number, as_text
from xlportfolio.schema.contract import CUSTOMERS, Cell
from xlportfolio.schema.criteria import read_criteria
from xlportfolio.schema.grid import Findings, Grid
from xlportfolio.schema.settings import language_of
from xlportfolio.schema.words import AXES
from xlportfolio.scoring import Yardstick, category_worth, weighted_scores


@dataclass(frozen=True, slots=True, eq=False)
class Gauge:
    """Some criteria, ready to take the measures of one customer.

    Attributes
    ----------
    at
        Where in a row of measures each criterion's stands.
    worth
        For each criterion the values of its categories, ``None`` for the other scales.
    """

    criteria: tuple[Criterion, ...]
    at: tuple[int, ...]
    language: str
    yardstick: Yardstick
    worth: tuple[dict[str, float] | None, ...]

    @classmethod
    def of(cls, criteria: Sequence[Criterion], at: Sequence[int], language: str) -> Gauge:
        """Prepare some criteria; linear scales with both bounds, since they see one customer."""
        worth = tuple(
            category_worth(c) if c.scale.kind is ScaleKind.CATEGORIES else None for c in criteria
        )
        return cls(tuple(criteria), tuple(at), language, Yardstick(criteria), worth)

    def measure(self, cell: Cells, k: int = 0) -> float:
        """What a cell tells of the k-th criterion: a measure, of categories the value; or NaN."""
        if type(cell) is float:
            if self.worth[k] is None:
                return cell
        elif cell is None:
            return np.nan
        worth, cell = self.worth[k], cell_of(cell)
        if worth is None:
            number = as_number(cell, self.language).number
            return np.nan if number is None else number
        return worth.get(category_key(as_category(cell, self.language) or ""), np.nan)

    def score(self, measures: Sequence[Cells]) -> float | None:
        """The weighted score of a row of measures, 0 to 100; ``None`` where there is none."""
        row = [self.measure(measures[i], k) for k, i in enumerate(self.at)]
        values = self.yardstick(np.array([row], dtype=np.float64))
        weights, fills = zip(*((c.weight, c.fill) for c in self.criteria), strict=True)
        score = float(weighted_scores(values, weights, fills).score[0])
        return None if np.isnan(score) else score


def axis_gauge(headers: Sequence[Cells], criteria: Block | None, axis: Cells) -> Gauge:
    """The criteria of one axis, for measures that stand below or beside these headers.

    Raises
    ------
    InputError
        If there is no such axis, anything is wrong with the criteria, or one has no header.
    """
    return _axis_gauge(only(axis, "axis"), len(headers), *headers, *flat(criteria))


def criterion_gauge(name: Cells, criteria: Block | None) -> Gauge:
    """One criterion of a table.

    Raises
    ------
    InputError
        If there is no such criterion or anything is wrong with the table.
    """
    return _criterion_gauge(only(name, "criterion"), *flat(criteria))


def _remembered(function: Callable[..., Gauge]) -> Callable[..., Gauge]:
    """Keep what a function answers, or why it cannot, for the cells that it was asked with."""

    @lru_cache(maxsize=256, typed=True)
    def outcome(*cells: Cells) -> Gauge | InputError:
        try:
            return function(*cells)
        except InputError as error:
            return InputError(error.problems, error.language)

    def answered(*cells: Cells) -> Gauge:
        found = outcome(*cells)
        if isinstance(found, InputError):  # a new one, since what is raised keeps its callers
            raise InputError(found.problems, found.language)
        return found

    return answered


@_remembered
def _axis_gauge(named: Cell, count: int, *cells: Cells) -> Gauge:
    axis = AXES.get(as_text(named))
    if axis is None:
        raise argument_fault("unknown_axis_argument", "axis", found=named)
    headers = [*map(cell_of, cells[:count])]
    table = _Criteria(cells[count:], headers)
    at: dict[str, int] = {}
    for position, header in enumerate(headers):
        at.setdefault(name_key(as_text(header)), position)
    chosen = [criterion for criterion in table.criteria.values() if criterion.axis is axis]
    for criterion in chosen:
        if name_key(criterion.name) not in at:
            table.add("criterion_without_column", criterion, sheet="headers")
    return table.gauge(chosen, [at.get(name_key(c.name), 0) for c in chosen])


@_remembered
def _criterion_gauge(name: Cell, *cells: Cells) -> Gauge:
    table = _Criteria(cells)
    criterion = table.criteria.get(name_key(as_text(name)))
    if criterion is None:
        allowed = [c.name for c in table.criteria.values()]
        raise argument_fault("unknown_criterion_argument", "criterion", found=name, allowed=allowed)
    return table.gauge([criterion], [0])


class _Criteria:
    """The criteria of a table by what their names are compared by, and what is wrong with them.

    Headers that can be those of the customers' table decide on the language, as they do for the
    whole portfolio; else those of the criteria.
    """

    def __init__(self, cells: Sequence[Cells], headers: Sequence[Cell] = ()) -> None:
        self.grid = Grid(table_of_cells(*cells))
        named = Grid(RawTable.of_rows(CUSTOMERS, "headers", 1, 1, headers, ()))
        language = language_of(self.grid if CUSTOMERS.lacking(headers) else named, None)
        self.findings = Findings(language or FALLBACK)
        self.findings.add_lacking_columns(self.grid)
        read = read_criteria(self.grid, None, self.findings, read_once)
        self._stop()
        self.criteria = {name_key(c.name): c for c in read.criteria}
        self._rows = read.rows

    def add(self, key: str, criterion: Criterion, **details: object) -> None:
        """Gather what is wrong with one criterion."""
        fault = Fault(key, criterion=criterion.name, details=details)
        self.findings.add(self.grid, fault, self._rows[criterion.name])

    def gauge(self, criteria: Sequence[Criterion], at: Sequence[int]) -> Gauge:
        """Some of the criteria, made ready, if there is nothing wrong with them."""
        for criterion in criteria:
            scale = criterion.scale
            if scale.kind is ScaleKind.LINEAR and None in {scale.low, scale.high}:
                self.add("bounds_needed", criterion)
        self._stop()
        return Gauge.of(criteria, at, self.findings.language)

    def _stop(self) -> None:
        if self.findings.has_errors:
            raise InputError(in_order(self.findings.problems), self.findings.language)
