"""Measure -> value -> axis score -> contributions.

Everything here works on whole columns. Sums run over the criteria in their order, so that a
customer's score does not depend on how many others are scored with it, to the last digit.

A missing measure is NaN and stays missing: it never becomes zero by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from xlportfolio.model import Criterion, Objective
from xlportfolio.scale import Scale, ScaleKind, category_key

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Strings = npt.NDArray[np.object_]

#: Decimals to which both sides of every comparison with a bound are rounded.
DECIMALS = 9


def rounded(numbers: npt.ArrayLike) -> Floats:
    """Numbers as they are compared with bounds and with each other: to 9 decimals."""
    return np.asarray(np.round(np.asarray(numbers, dtype=np.float64), DECIMALS), dtype=np.float64)


class Bounds(NamedTuple):
    """The measures worth 0 and 100 on a linear scale (NaN: no measure to take one from)."""

    low: float
    high: float

    @property
    def crossed(self) -> bool:
        """Whether a typed bound lies beyond the one taken from the data."""
        return self.low > self.high


def linear_bounds(scale: Scale, measures: Floats) -> Bounds:
    """The bounds of a linear scale, blank ones taken from the measures present.

    Parameters
    ----------
    scale
        A linear scale.
    measures
        Shape ``(n_customers,)``: the measures of all who count, in the criterion's unit.

    Examples
    --------
    >>> linear_bounds(Scale.linear(low=0), np.array([2.0, np.nan, 8.0]))
    Bounds(low=0.0, high=8.0)
    """
    present = measures[np.isfinite(measures)]
    smallest, largest = (present.min(), present.max()) if present.size else (np.nan, np.nan)
    low = smallest if scale.low is None else scale.low
    high = largest if scale.high is None else scale.high
    return Bounds(float(low), float(high))


class Yardstick:
    """Turns the measures of several criteria into values of 0 to 100; prepared once, used often.

    Parameters
    ----------
    criteria
        Whose scales count, in the order of the columns of the measures.
    bounds
        For each linear criterion, by its position; left out, those of its scale, which must then
        both be given.

    Examples
    --------
    >>> stock = Criterion("Stock", "value", 1, Scale.steps([(0, 0), (50_000, 25)]))
    >>> margin = Criterion("Margin", "value", 1, Scale.linear(0, 0.5))
    >>> Yardstick([stock, margin])(np.array([[49_999.0, 0.1], [50_000.0, np.nan]]))
    array([[ 0., 20.],
           [25., nan]])
    """

    def __init__(
        self, criteria: Sequence[Criterion], bounds: Mapping[int, Bounds] | None = None
    ) -> None:
        linear = [k for k, c in enumerate(criteria) if c.scale.kind is ScaleKind.LINEAR]
        if bounds is None:
            bounds = {k: linear_bounds(criteria[k].scale, np.empty(0)) for k in linear}
        ends = np.array([bounds[k] for k in linear], dtype=np.float64).reshape(-1, 2)
        low, high = ends[:, 0], ends[:, 1]
        more = np.array([criteria[k].objective is Objective.MAX for k in linear], dtype=np.bool_)
        self._linear = np.array(linear, dtype=np.intp)
        self._low, self._high = low, high
        self._flat = ~(low < high)  # equal, crossed, or no measure at all
        # halves, which are exact, since no difference of them overflows
        self._span = np.where(self._flat, 1.0, high / 2 - low / 2)
        self._origin = np.where(more, low, high) / 2
        self._sign = np.where(more, 1.0, -1.0)
        self._levels = [
            (k, c.scale.kind, *np.array(sorted(c.scale.levels), dtype=np.float64).T)
            for k, c in enumerate(criteria)
            if c.scale.kind in {ScaleKind.STEPS, ScaleKind.PIECEWISE}
        ]

    def __call__(self, measures: Floats) -> Floats:
        """Values of 0 to 100, NaN where a measure is NaN or infinite.

        Parameters
        ----------
        measures
            Shape ``(n_customers, n_criteria)``, in each criterion's unit; for categories, what
            :func:`category_values` gives.
        """
        present = np.isfinite(measures)
        values = np.where(present, measures, np.nan)
        if self._linear.size:
            inside = np.minimum(np.maximum(values[:, self._linear], self._low), self._high)
            gained = (inside / 2 - self._origin) * self._sign
            values[:, self._linear] = np.where(self._flat, 50.0, gained / self._span * 100)
        for k, kind, at, worth in self._levels:
            if kind is ScaleKind.STEPS:
                reached = np.searchsorted(at, values[:, k], side="right") - 1
                values[:, k] = worth[np.maximum(reached, 0)]
            else:
                values[:, k] = np.interp(values[:, k], at, worth)
        return np.where(present, np.minimum(np.maximum(values, 0.0), 100.0) + 0.0, np.nan)


def numbers_of(customers: pd.DataFrame, column: str) -> tuple[Floats, Bools]:
    """A column as numbers, NaN for none, and which of its cells hold something that is none."""
    cells = customers[column]
    if cells.dtype == np.float64:
        numbers = cells.to_numpy()
        usable = np.isfinite(numbers)
        return np.where(usable, numbers, np.nan), np.isinf(numbers)
    if cells.dtype.kind in "mMb":  # times and truth values would pass for numbers
        numbers = np.full(len(cells), np.nan)
    else:
        numbers = pd.to_numeric(cells, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    usable = np.isfinite(numbers)
    return np.where(usable, numbers, np.nan), cells.notna().to_numpy() & ~usable


def category_worth(criterion: Criterion) -> dict[str, float]:
    """The value of each word of a scale of categories; words as ``category_key`` gives them."""
    return {category_key(str(word)): value for word, value in criterion.scale.levels}


def category_values(words: pd.Series, criterion: Criterion) -> tuple[Floats, Bools]:
    """Turn a column of categories into values of 0 to 100.

    Returns
    -------
    The values, NaN where the cell is blank or its word is not among the levels; and which cells
    hold such an unknown word. Both of shape ``(n_customers,)``.

    Examples
    --------
    >>> fit = Criterion("Fit", "benefit", 1, Scale.categories([("high", 100), ("low", 10)]))
    >>> category_values(pd.Series(["High ", "medium", None]), fit)
    (array([100.,  nan,  nan]), array([False,  True, False]))
    """
    worth = category_worth(criterion)
    codes, uniques = pd.factorize(words.astype("object"))
    keys = [category_key(str(word)) for word in uniques]
    table = np.array([worth.get(key, np.nan) for key in keys] + [np.nan], dtype=np.float64)
    blank = np.array([key == "" for key in keys] + [True])
    values = table[codes]  # code -1, a missing cell, takes the last entry
    return values, np.isnan(values) & ~blank[codes]


@dataclass(frozen=True, slots=True, eq=False)
class AxisScores:
    """The scores of one axis and what they are made of.

    Attributes
    ----------
    score
        Shape ``(n_customers,)``, 0 to 100; NaN where no criterion has a value.
    coverage
        Shape ``(n_customers,)``, 0 to 1: weight with a real measure over all weight.
    contributions
        Shape ``(n_customers, n_criteria)``, points; NaN for a criterion left out.
    attainable
        The same shape: the points that a value of 100 would contribute; NaN likewise.
    """

    score: Floats
    coverage: Floats
    contributions: Floats
    attainable: Floats


def weighted_scores(
    values: Floats,
    weights: Sequence[float] | Floats,
    fills: Sequence[float | None] | None = None,
) -> AxisScores:
    """The weighted mean of the values on one axis (simple additive weighting).

    Parameters
    ----------
    values
        Shape ``(n_customers, n_criteria)``, 0 to 100; NaN where the measure is missing.
    weights
        Length ``n_criteria``, from 0, not all 0; or shape ``(n_customers, n_criteria)``, where each
        customer is weighted in another way.
    fills
        Length ``n_criteria``: the value of a missing measure; ``None`` leaves the criterion out
        for that customer and spreads its weight over the others.

    References
    ----------
    Hwang, C.-L., Yoon, K. (1981): Multiple Attribute Decision Making, section on simple additive
    weighting. Springer.

    Examples
    --------
    >>> scores = weighted_scores(np.array([[80.0, np.nan], [80.0, 20.0]]), [3, 1])
    >>> scores.score
    array([80., 65.])
    >>> scores.coverage
    array([0.75, 1.  ])
    >>> scores.contributions
    array([[80., nan],
           [60.,  5.]])
    """
    weight = np.asarray(weights, dtype=np.float64)
    largest = weight.max(axis=-1, keepdims=True)
    weight = np.ldexp(weight, -np.frexp(largest)[1])  # an exact factor that keeps sums finite
    measured = ~np.isnan(values)
    if fills is not None:
        values = np.where(measured, values, np.array(fills, dtype=np.float64))
    points = weight * values
    used = ~np.isnan(points)
    weight_used = _summed(weight * used)
    divisor = np.where(weight_used > 0, weight_used, np.nan)
    each = divisor[:, np.newaxis]
    return AxisScores(
        score=np.minimum(np.maximum(_summed(np.where(used, points, 0.0)) / divisor, 0.0), 100.0),
        coverage=_summed(weight * measured) / weight.sum(axis=-1),
        contributions=points / each,
        attainable=np.where(used, weight * 100, np.nan) / each,
    )


def _summed(terms: Floats) -> Floats:
    """The sum of each row, strictly from left to right, however many rows there are."""
    return np.asarray(np.cumsum(terms, axis=1)[:, -1], dtype=np.float64)
