"""One customer, or one measure, by itself: prepared once for each table of criteria.

A formula for a single customer stands in thousands of cells, all with the same criteria. What can
be known of these is kept by their content, so that a call only looks up measures and computes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from xlportfolio.errors import Fault, InputError, XlPortfolioError
from xlportfolio.excel.arguments import Block, Cells, flat, table_of_cells
from xlportfolio.model import Criterion, ScaleKind, category_key, name_key
from xlportfolio.schema import in_order
from xlportfolio.schema.cells import as_category, as_number
from xlportfolio.schema.contract import AXES, CUSTOMERS
from xlportfolio.schema.criteria import read_criteria
from xlportfolio.schema.grid import Findings, Grid
from xlportfolio.schema.settings import language_of
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
        """Prepare some criteria.

        Raises
        ------
        XlPortfolioError
            If a linear scale lacks a bound: one customer has no smallest and largest measure.
        """
        for criterion in criteria:
            scale = criterion.scale
            if scale.kind is ScaleKind.LINEAR and None in {scale.low, scale.high}:
                raise XlPortfolioError("bounds_needed", criterion=criterion.name)
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
        worth = self.worth[k]
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
    XlPortfolioError
        If there is no such axis, anything is wrong with the criteria, or one has no header.
    """
    return _axis_gauge(str(axis or ""), len(headers), *headers, *flat(criteria))


@lru_cache(maxsize=256, typed=True)
def _axis_gauge(named: str, count: int, *cells: Cells) -> Gauge:
    axis = AXES.get(named)
    if axis is None:
        raise XlPortfolioError("unknown_axis_argument", found=named)
    grid, found, findings = _read(*cells[count:])
    at = _positions(cells[:count])
    chosen = [criterion for criterion in found.values() if criterion.axis is axis]
    for criterion in chosen:
        if name_key(criterion.name) not in at:
            row = next(i for i in grid.rows if grid.text(i, "criterion") == criterion.name)
            details = {"sheet": CUSTOMERS.name}
            fault = Fault("criterion_without_column", criterion=criterion.name, details=details)
            findings.add(grid, fault, row, "criterion")
    _stop(findings)
    return Gauge.of(chosen, [at[name_key(c.name)] for c in chosen], findings.language)


def criterion_gauge(name: Cells, criteria: Block | None) -> Gauge:
    """One criterion of a table.

    Raises
    ------
    XlPortfolioError
        If there is no such criterion or anything is wrong with the table.
    """
    return _criterion_gauge(str(name or ""), *flat(criteria))


@lru_cache(maxsize=256, typed=True)
def _criterion_gauge(name: str, *cells: Cells) -> Gauge:
    _, found, findings = _read(*cells)
    criterion = found.get(name_key(name))
    if criterion is None:
        allowed = [c.name for c in found.values()]
        raise XlPortfolioError("unknown_criterion_argument", found=name, allowed=allowed)
    return Gauge.of([criterion], [0], findings.language)


def _read(*cells: Cells) -> tuple[Grid, dict[str, Criterion], Findings]:
    """The criteria of a table by what their names are compared by."""
    grid = Grid(table_of_cells(*cells))
    findings = Findings(language_of(grid, None) or "en")
    findings.add_lacking_columns(grid)
    read = read_criteria(grid, None, findings)
    _stop(findings)
    return grid, {name_key(c.name): c for c in read.criteria}, findings


def _stop(findings: Findings) -> None:
    if findings.has_errors:
        raise InputError(in_order(findings.problems), findings.language)


def _positions(headers: Sequence[Cells]) -> dict[str, int]:
    """Where each name stands, the first of equal ones."""
    at: dict[str, int] = {}
    for position, header in enumerate(headers):
        if header is not None:
            at.setdefault(name_key(str(header)), position)
    return at
