"""Measure -> value -> axis score -> contributions.

Everything here works on whole columns. Sums run over the criteria in their order, so that a
customer's score does not depend on how many others are scored with it, to the last digit.

A missing measure is NaN and stays missing: it never becomes zero by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from xlportfolio.model import Criterion, Objective, Scale, ScaleKind, category_key

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

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


def values_of(measures: Floats, criterion: Criterion, bounds: Bounds | None = None) -> Floats:
    """Turn the measures of a criterion into values of 0 to 100.

    Parameters
    ----------
    measures
        Shape ``(n_customers,)``, in the criterion's unit; for categories, what
        :func:`category_values` gives.
    bounds
        For a linear scale; left out, they are taken from the scale and these measures.

    Returns
    -------
    Shape ``(n_customers,)``, 0 to 100, NaN where the measure is NaN or infinite.

    Examples
    --------
    >>> stock = Criterion("Stock", "value", 1, Scale.steps([(0, 0), (50_000, 25)]))
    >>> values_of(np.array([-1.0, 49_999.0, 50_000.0, np.nan]), stock)
    array([ 0.,  0., 25., nan])
    """
    scale = criterion.scale
    present = np.isfinite(measures)
    measures = np.where(present, measures, np.nan)
    if scale.kind is ScaleKind.CATEGORIES:
        return measures
    if scale.kind is ScaleKind.LINEAR:
        bounds = linear_bounds(scale, measures) if bounds is None else bounds
        values = _linear(measures, bounds, criterion.objective)
    else:
        levels = sorted(scale.levels)
        at = np.array([level.bound for level in levels], dtype=np.float64)
        worth = np.array([level.value for level in levels], dtype=np.float64)
        if scale.kind is ScaleKind.STEPS:
            reached = np.searchsorted(at, measures, side="right") - 1
            values = worth[np.maximum(reached, 0)]
        else:
            values = np.interp(measures, at, worth)
    return np.where(present, np.clip(values, 0, 100) + 0.0, np.nan)


def _linear(measures: Floats, bounds: Bounds, objective: Objective) -> Floats:
    low, high = bounds
    if not low < high:  # equal, crossed, or no measure at all
        return np.full_like(measures, 50.0)
    inside = np.clip(measures, low, high)
    half = 0.5 if np.isfinite(high - low) else 0.25  # an exact factor that keeps the span finite
    span = high * half - low * half
    gained = (
        inside * half - low * half if objective is Objective.MAX else high * half - inside * half
    )
    return gained / span * 100


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
    worth = {category_key(str(word)): value for word, value in criterion.scale.levels}
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
    values: Floats, weights: Sequence[float], fills: Sequence[float | None] | None = None
) -> AxisScores:
    """The weighted mean of the values on one axis (simple additive weighting).

    Parameters
    ----------
    values
        Shape ``(n_customers, n_criteria)``, 0 to 100; NaN where the measure is missing.
    weights
        Length ``n_criteria``, from 0, not all 0.
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
    count, n_criteria = values.shape
    fills = [None] * n_criteria if fills is None else fills
    weight = np.asarray(weights, dtype=np.float64)
    weight = np.ldexp(weight, -np.frexp(weight.max())[1])  # an exact factor that keeps sums finite

    points, most = np.full((2, count, n_criteria), np.nan)
    summed, weight_used, weight_measured = np.zeros(count), np.zeros(count), np.zeros(count)
    for k, fill in enumerate(fills):
        measured = ~np.isnan(values[:, k])
        value = values[:, k] if fill is None else np.where(measured, values[:, k], fill)
        points[:, k] = weight[k] * value
        used = ~np.isnan(value)
        most[:, k] = np.where(used, weight[k] * 100, np.nan)
        summed += np.where(used, points[:, k], 0.0)
        weight_used += weight[k] * used
        weight_measured += weight[k] * measured

    some = weight_used > 0
    divisor = np.where(some, weight_used, np.nan)
    each = divisor[:, np.newaxis]
    return AxisScores(
        score=np.clip(summed / divisor, 0, 100),
        coverage=weight_measured / weight.sum(),
        contributions=points / each,
        attainable=most / each,
    )
