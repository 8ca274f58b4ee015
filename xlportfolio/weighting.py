"""Finding weights: by rank order, by swing or direct points, and from the measures themselves.

Pairwise comparison is in :mod:`xlportfolio.pairwise`. Weights from the measures are a mirror, not a
master: they say which criteria tell customers apart, not which ones matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import pandas as pd

from xlportfolio.errors import XlPortfolioError
from xlportfolio.model import Objective
from xlportfolio.scoring import Floats, rounded

#: From here on, numbers have no decimals that could be rounded.
_LARGE = 2.0**53


class Method(StrEnum):
    """How weights are found."""

    DIRECT = "direct"
    CENTROID = "rank_order_centroid"
    RANK_SUM = "rank_sum"
    SWING = "swing"
    PAIRWISE = "pairwise"
    ENTROPY = "entropy"
    CRITIC = "critic"


def normalised(points: Floats) -> Floats:
    """Points as weights that add up to 1: direct weights, or swing weights.

    For swing weights, imagine all criteria at their worst. The one that you would raise to its best
    first gets 100 points, each other one points in proportion to what its own rise is worth.

    Parameters
    ----------
    points
        Any shape, from 0, not all 0. What is missing (NaN) has no weight (NaN) and counts nowhere.

    Raises
    ------
    XlPortfolioError
        If points are negative or infinite, or none is above 0.

    References
    ----------
    von Winterfeldt, D., Edwards, W. (1986): Decision Analysis and Behavioral Research. Cambridge
    University Press, section 8.3 on swing weights.

    Examples
    --------
    >>> normalised(np.array([100.0, 60, np.nan, 40]))
    array([0.5, 0.3, nan, 0.2])
    """
    for at in np.flatnonzero((points < 0) | np.isinf(points)).tolist():
        raise XlPortfolioError("points_negative", position=at + 1, found=float(points.flat[at]))
    if not (points > 0).any():
        raise XlPortfolioError("points_none")
    scaled: Floats = np.ldexp(points, -np.frexp(np.nanmax(points))[1])  # keeps sums finite, exactly
    return scaled / float(np.nansum(scaled))


# --- rank order -----------------------------------------------------------------------------------


def rank_order_centroid(ranks: Floats) -> Floats:
    """Weights from the order of the criteria alone: the mean of all weights of that order.

    The criterion in place ``k`` of ``n`` has the weight ``(1/k + ... + 1/n) / n``.

    Parameters
    ----------
    ranks
        Any shape; 1 is the most important. Only their order counts, so there may be gaps. Equal
        ones (to 9 decimals) share the mean of the weights of the places that they take. What is
        missing (NaN) has no weight (NaN) and takes no place.

    Returns
    -------
    Weights in the order and shape of the ranks, adding up to 1.

    Raises
    ------
    XlPortfolioError
        If there is no rank at all.

    References
    ----------
    Barron, F. H., Barrett, B. E. (1996): Decision quality using ranked attribute weights.
    Management Science 42 (11), 1515-1523.

    Examples
    --------
    >>> rank_order_centroid(np.array([2.0, 1, 3, 4])).round(4)
    array([0.2708, 0.5208, 0.1458, 0.0625])
    """
    count = int(np.isfinite(ranks).sum())
    each = 1 / np.arange(1, count + 1)
    return _shared(ranks, np.cumsum(each[::-1])[::-1] / max(count, 1))


def rank_sum(ranks: Floats) -> Floats:
    """Weights from the order of the criteria alone, falling in equal steps.

    The criterion in place ``k`` of ``n`` has the weight ``2 (n + 1 - k) / (n (n + 1))``.

    Parameters
    ----------
    ranks
        As for :func:`rank_order_centroid`.

    Returns
    -------
    Weights in the order and shape of the ranks, adding up to 1.

    Raises
    ------
    XlPortfolioError
        If there is no rank at all.

    References
    ----------
    Stillwell, W. G., Seaver, D. A., Edwards, W. (1981): A comparison of weight approximation
    techniques in multiattribute utility decision making. Organizational Behavior and Human
    Performance 28, 62-77.

    Examples
    --------
    >>> rank_sum(np.array([2.0, 1, 3, 4]))
    array([0.3, 0.4, 0.2, 0.1])
    """
    count = int(np.isfinite(ranks).sum())
    falling = np.arange(count, 0, -1, dtype=np.float64)
    return _shared(ranks, falling / max(count * (count + 1) / 2, 1))


def _shared(ranks: Floats, of_places: Floats) -> Floats:
    """The weights of the places by rank; equal ranks share those of the places they take."""
    present = np.isfinite(ranks)
    if not present.any():
        raise XlPortfolioError("ranks_none")
    given = ranks[present]
    small = np.abs(given) < _LARGE
    compared = np.where(small, rounded(np.where(small, given, 0.0)), given)
    _, place, taken = np.unique(compared, return_inverse=True, return_counts=True)
    starts = np.cumsum(taken) - taken
    weights = np.full(ranks.shape, np.nan)
    weights[present] = (np.add.reduceat(of_places, starts) / taken)[place]
    return weights


# --- objective weights ----------------------------------------------------------------------------


def entropy_weights(matrix: Floats) -> Floats:
    """Weights by how unevenly each criterion's measures are spread: Shannon's entropy.

    With ``p`` the shares of a column's ``n`` measures in their sum, its entropy is
    ``-sum(p ln p) / ln n``, and its weight is in proportion to 1 less that.

    Parameters
    ----------
    matrix
        Shape ``(n_customers, n_criteria)``: measures from 0, each column in any unit. What is
        missing (NaN) is left out of its column, and of its ``n``.

    Returns
    -------
    Shape ``(n_criteria,)``, adding up to 1; 0 for a column whose measures do not differ (to 9
    decimals of the largest), or that has fewer than two.

    Raises
    ------
    XlPortfolioError
        If a measure is negative or infinite, or no column differs.

    References
    ----------
    Hwang, C.-L., Yoon, K. (1981): Multiple Attribute Decision Making. Springer, section on the
    entropy method. Shannon, C. E. (1948): A mathematical theory of communication. Bell System
    Technical Journal 27, 379-423.

    Examples
    --------
    >>> entropy_weights(np.array([[1.0, 5, 2], [3, 5, 2.5], [np.nan, 5, 1.5]])).round(4)
    array([0.9078, 0.    , 0.0922])
    """
    for row, column in np.argwhere((matrix < 0) | np.isinf(matrix)).tolist():
        found = float(matrix[row, column])
        raise XlPortfolioError("entropy_negative", row=row + 1, column=column + 1, found=found)
    weights = np.zeros(matrix.shape[1])
    for k, column in enumerate(matrix.T):
        present = column[~np.isnan(column)]
        if _differ(present):
            scaled = np.ldexp(present, -np.frexp(present.max())[1])
            share = scaled / scaled.mean()  # of the mean, so that all equal ones have 1
            logarithm = np.log(np.where(share > 0, share, 1.0))
            # the terms share - 1 add up to 0: without them, small differences would drown
            weights[k] = (share * logarithm - (share - 1)).mean() / np.log(present.size)
    return _as_weights(weights)


def critic_weights(values: Floats, objectives: Sequence[Objective] | None = None) -> Floats:
    """Weights by how much each criterion differs, and how little it repeats the others: CRITIC.

    Each column is brought to 0 (worst) to 1 (best). Its weight is in proportion to its standard
    deviation, times the sum of 1 less its correlation with each other column.

    Parameters
    ----------
    values
        Shape ``(n_customers, n_criteria)``: measures in any unit, or values. What is missing (NaN)
        is left out of its column; a correlation is taken over the customers who have both. Where
        those are fewer than two, or do not differ, it counts as 0.
    objectives
        Whether more or less is better, for each column; left out: more.

    Returns
    -------
    Shape ``(n_criteria,)``, adding up to 1; 0 for a column that does not differ (to 9 decimals of
    the largest), which counts nowhere. A single column that differs has 1.

    Raises
    ------
    XlPortfolioError
        If a value is infinite, objectives do not fit, no column differs, or all columns that do are
        perfectly correlated.

    Notes
    -----
    The standard deviation is that of a sample (``n - 1``). Without missing values, the divisor
    does not change the weights.

    References
    ----------
    Diakoulaki, D., Mavrotas, G., Papayannakis, L. (1995): Determining objective weights in multiple
    criteria problems: The CRITIC method. Computers & Operations Research 22 (7), 763-770.

    Examples
    --------
    >>> critic_weights(np.array([[1.0, 10, 5], [2, 30, 5], [3, 20, 5], [4, 20, np.nan]])).round(4)
    array([0.5132, 0.4868, 0.    ])
    """
    for row, column in np.argwhere(np.isinf(values)).tolist():
        found = float(values[row, column])
        raise XlPortfolioError("critic_infinite", row=row + 1, column=column + 1, found=found)
    if objectives is not None and len(objectives) != values.shape[1]:
        found, needed = len(objectives), values.shape[1]
        raise XlPortfolioError("objectives_count", found=found, needed=needed)
    differing = [k for k, column in enumerate(values.T) if _differ(column[~np.isnan(column)])]
    if not differing:
        raise XlPortfolioError("measures_alike")
    scaled = _to_unit(values[:, differing])
    for at, k in enumerate(differing):
        if objectives is not None and objectives[k] is Objective.MIN:
            scaled[:, at] = 1 - scaled[:, at]
    correlation = pd.DataFrame(scaled).corr(min_periods=2).fillna(0.0).to_numpy(copy=True)
    np.fill_diagonal(correlation, 1.0)
    conflict = np.maximum(rounded((1 - correlation).sum(axis=0)), 0.0)
    if len(differing) > 1 and not conflict.any():
        raise XlPortfolioError("critic_one_opinion")
    weights = np.zeros(values.shape[1])
    weights[differing] = conflict * _deviation(scaled) if len(differing) > 1 else 1.0
    return _as_weights(weights)


def _to_unit(values: Floats) -> Floats:
    """Each column from 0, its smallest, to 1, its largest value."""
    half = values / 2  # so that differences are finite
    low, high = np.nanmin(half, axis=0), np.nanmax(half, axis=0)
    return np.asarray((half - low) / (high - low), dtype=np.float64)


def _deviation(values: Floats) -> Floats:
    """The standard deviation of each column, as of a sample."""
    return np.asarray(np.nanstd(values, axis=0, ddof=1), dtype=np.float64)


def _differ(present: Floats) -> bool:
    """Whether measures differ, to 9 decimals of the largest."""
    largest = np.abs(present).max(initial=0.0)
    return bool(largest) and bool(np.ptp(rounded(present / largest)) > 0)


def _as_weights(worth: Floats) -> Floats:
    """Numbers from 0 as weights that add up to 1."""
    if not worth.any():
        raise XlPortfolioError("measures_alike")
    return worth / float(worth.sum())
