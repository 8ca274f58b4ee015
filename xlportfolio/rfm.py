"""Recency, frequency, monetary: scores by fixed bounds or by quantiles.

How recently, how often and for how much a customer bought, each scored from 1 to ``classes``, the
best. A score is one more than the number of bounds that a measure reaches, where more is better;
where less is better, as of the days since the last order, than the number of those that it does not
exceed. So equal measures have equal scores, and a measure on a bound is in the better class.

Without fixed bounds, they are the quantiles of the measures present that cut them into classes as
alike in number as equal measures allow: of 5 classes, at 20, 40, 60 and 80 %, interpolated. Many
equal measures leave classes empty.

References
----------
Hughes, A. M. (1994): Strategic Database Marketing. Probus, Chicago.

Hyndman, R. J., Fan, Y. (1996): Sample quantiles in statistical packages. The American Statistician
50, 361-365 (definition 7).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xlportfolio.errors import XlPortfolioError
from xlportfolio.scoring import Floats, rounded

#: The measure that is scored as each of the three.
SCORED = {
    "recency": "recency_days",
    "frequency": "orders_per_year",
    "monetary": "turnover_12m",
}
#: Of this measure less is better.
_LESS_IS_BETTER = "recency"
_FEWEST, _MOST = 2, 10


@dataclass(frozen=True, slots=True, eq=False)
class RfmScores:
    """How recently, how often and for how much customers bought.

    Attributes
    ----------
    frame
        Shape (n_customers, 3), the index of the measures: ``recency``, ``frequency`` and
        ``monetary``, whole numbers (Int64) from 1 to ``classes``, the best; missing where the
        measure is.
    bounds
        For each of the three the bounds between classes, upward, in the unit of the measure:
        ``classes - 1`` numbers, or none where no measure is there to take them from.
    """

    frame: pd.DataFrame
    bounds: Mapping[str, tuple[float, ...]]


def rfm(
    frame: pd.DataFrame,
    classes: int = 5,
    bounds: Mapping[str, Sequence[float]] | None = None,
) -> RfmScores:
    """Scores of how recently, how often and for how much customers bought.

    Parameters
    ----------
    frame
        One row per customer with ``recency_days`` (days), ``orders_per_year`` and ``turnover_12m``
        (currency), as :func:`xlportfolio.orders.measure` gives them; NaN = missing.
    classes
        2 to 10.
    bounds
        Fixed bounds for ``recency``, ``frequency`` or ``monetary``, upward, ``classes - 1`` each,
        in the unit of the measure. What is not named is cut by quantiles.

    Raises
    ------
    XlPortfolioError
        If ``classes`` is out of its range, or bounds are not as many as needed, not finite or not
        upward, or named otherwise.

    Examples
    --------
    >>> measures = pd.DataFrame(
    ...     {
    ...         "recency_days": [3, 40, 200, float("nan")],
    ...         "orders_per_year": [12, 4, 4, 0],
    ...         "turnover_12m": [9_000, 50_000, 1_200, 0],
    ...     },
    ...     index=["A", "B", "C", "D"],
    ... )
    >>> scores = rfm(measures, classes=3, bounds={"recency": (30, 90)})
    >>> scores.frame
       recency  frequency  monetary
    A        3          3         3
    B        2          3         3
    C        1          3         2
    D     <NA>          1         1
    >>> scores.bounds["frequency"]
    (4.0, 4.0)
    """
    if not _FEWEST <= classes <= _MOST:
        raise XlPortfolioError("rfm_classes", found=classes, low=_FEWEST, high=_MOST)
    fixed = dict(bounds or {})
    if unknown := [name for name in fixed if name not in SCORED]:
        raise XlPortfolioError("rfm_unknown", found=unknown, allowed=[*SCORED])
    scores, used = {}, {}
    for name, measure in SCORED.items():
        values = frame[measure].to_numpy(dtype="float64", na_value=np.nan)
        cuts = (
            _checked(name, fixed[name], classes) if name in fixed else _quantiles(values, classes)
        )
        found = _scores(values, cuts, less=name == _LESS_IS_BETTER)
        scores[name] = pd.Series(found, frame.index).astype("Int64")
        used[name] = tuple(float(cut) for cut in cuts)
    return RfmScores(pd.DataFrame(scores), used)


def _quantiles(values: Floats, classes: int) -> Floats:
    """The bounds that cut the measures present into classes."""
    present = values[np.isfinite(values)]
    if not len(present):
        return np.empty(0)
    return np.quantile(present, np.arange(1, classes) / classes)


def _checked(name: str, bounds: Sequence[float], classes: int) -> Floats:
    """Bounds that were given."""
    cuts = np.asarray(bounds, dtype=np.float64)
    if (
        len(cuts) != classes - 1
        or not np.isfinite(cuts).all()
        or (np.diff(rounded(cuts)) <= 0).any()
    ):
        raise XlPortfolioError("rfm_bounds", name=name, found=[*bounds], count=classes - 1)
    return cuts


def _scores(values: Floats, cuts: Floats, *, less: bool) -> Floats:
    """From 1, NaN where the measure is missing."""
    measures, bounds = rounded(values), rounded(cuts)
    if less:
        reached = len(bounds) - np.searchsorted(bounds, measures, side="left")
    else:
        reached = np.searchsorted(bounds, measures, side="right")
    return np.where(np.isfinite(values), 1.0 + reached, np.nan)
