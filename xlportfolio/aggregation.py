"""Other ways than the weighted sum to make one number of many, and how alike two rankings are.

The scores themselves are weighted sums (:func:`xlportfolio.scoring.weighted_scores`). What stands
here is a second opinion: where two ways rank alike, the rule that combines values matters little.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from xlportfolio.errors import XlPortfolioError
from xlportfolio.model import Objective
from xlportfolio.scoring import Floats, rounded


def topsis(matrix: Floats, weights: Floats, objectives: Sequence[Objective]) -> Floats:
    """How near each alternative is to the best of all, and how far from the worst (TOPSIS).

    Each criterion is divided by the root of its sum of squares (vector normalisation) and
    multiplied by its weight. The ideal has the best number of each criterion that occurs, the
    opposite the worst. Closeness is the distance to the opposite over the sum of both distances.

    Parameters
    ----------
    matrix
        Shape ``(n_alternatives, n_criteria)``: numbers in any unit, none missing.
    weights
        Shape ``(n_criteria,)``, from 0, not all 0; only their proportions count.
    objectives
        Length ``n_criteria``: whether more or less of it is better.

    Returns
    -------
    Shape ``(n_alternatives,)``: 1 for the ideal itself, 0 for its opposite. If all alternatives are
    alike, or there is only one, each is both, and its closeness is 0.5.

    Raises
    ------
    XlPortfolioError
        If there is nothing, a number is missing or infinite, or weights or objectives do not fit.

    References
    ----------
    Hwang, C.-L., Yoon, K. (1981): Multiple Attribute Decision Making, section on the technique for
    order preference by similarity to ideal solution. Springer.

    Examples
    --------
    >>> matrix = np.array([[3.0, 100.0], [4.0, 400.0]])
    >>> topsis(matrix, np.array([1.0, 1.0]), [Objective.MAX, Objective.MIN]).round(4)
    array([0.7844, 0.2156])
    """
    share = _shares(matrix, weights)
    if len(objectives) != matrix.shape[1]:
        count = {"found": len(objectives), "needed": matrix.shape[1]}
        raise XlPortfolioError("objectives_count", **count)
    largest = np.abs(matrix).max(axis=0)
    scaled = matrix / np.where(largest > 0, largest, 1.0)  # squares stay finite
    length = np.sqrt((scaled**2).sum(axis=0))
    weighted = share * scaled / np.where(length > 0, length, 1.0)
    more = np.array([objective is Objective.MAX for objective in objectives])
    highest, lowest = weighted.max(axis=0), weighted.min(axis=0)
    to_ideal, to_opposite = (
        np.sqrt(((weighted - point) ** 2).sum(axis=1))
        for point in (np.where(more, highest, lowest), np.where(more, lowest, highest))
    )
    both = to_ideal + to_opposite
    return np.asarray(np.where(both > 0, to_opposite / np.where(both > 0, both, 1.0), 0.5))


def weighted_product(values: Floats, weights: Floats) -> Floats:
    """The product of all values, each raised to its share of the weights.

    A low value weighs heavier than in a weighted sum: what is near 0 cannot be made up for.

    Parameters
    ----------
    values
        Shape ``(n_alternatives, n_criteria)``, above 0, none missing; more is better.
    weights
        Shape ``(n_criteria,)``, from 0, not all 0; they are made to add up to 1.

    Returns
    -------
    Shape ``(n_alternatives,)``: the weighted geometric mean, between the least and the largest
    value of each alternative.

    Raises
    ------
    XlPortfolioError
        If there is nothing, a value is missing, infinite or not above 0, or the weights do not fit.

    References
    ----------
    Bridgman, P. W. (1922): Dimensional Analysis. Yale University Press. Miller, D. W., Starr, M. K.
    (1969): Executive Decisions and Operations Research. Prentice-Hall.

    Examples
    --------
    >>> weighted_product(np.array([[20.0, 80.0], [40.0, 40.0]]), np.array([1.0, 1.0]))
    array([40., 40.])
    """
    share = _shares(values, weights)
    for row, column in np.argwhere(~(values > 0)).tolist():
        details = {"row": row + 1, "column": column + 1, "found": float(values[row, column])}
        raise XlPortfolioError("matrix_not_positive", **details)
    return np.asarray(np.exp(np.log(values) @ share), dtype=np.float64)


def rank_correlation(scores: Floats, others: Floats) -> float:
    """How alike two rankings are, from -1 (reversed) to 1 (the same): Spearman's rho.

    Parameters
    ----------
    scores, others
        Shape ``(n,)``: what is ranked by, compared to 9 decimals; equal scores share the mean of
        their ranks. None is missing.

    Returns
    -------
    The correlation of the ranks; NaN where one of the rankings does not tell anybody apart.

    References
    ----------
    Spearman, C. (1904): The Proof and Measurement of Association between Two Things. American
    Journal of Psychology 15, 72-101.

    Examples
    --------
    >>> rank_correlation(np.array([9.0, 8.0, 3.0]), np.array([70.0, 30.0, 40.0]))
    0.5
    """
    ranks = [pd.Series(rounded(numbers)).rank().to_numpy() for numbers in (scores, others)]
    one, other = (rank - rank.mean() if len(rank) else rank for rank in ranks)
    spread = np.sqrt((one @ one) * (other @ other))
    return float(one @ other / spread) if spread > 0 else float("nan")


def _shares(matrix: Floats, weights: Floats) -> Floats:
    """The weights, made to add up to 1, once they and the matrix are known to be usable."""
    if matrix.ndim != 2 or not matrix.size:  # noqa: PLR2004 (rows and columns)
        raise XlPortfolioError("matrix_empty")
    for row, column in np.argwhere(~np.isfinite(matrix)).tolist():
        raise XlPortfolioError("matrix_missing", row=row + 1, column=column + 1)
    if weights.shape != matrix.shape[1:]:
        raise XlPortfolioError("weights_count", found=weights.size, needed=matrix.shape[1])
    for k in np.flatnonzero(~(weights >= 0) | np.isinf(weights)).tolist():
        raise XlPortfolioError("weights_negative", position=k + 1, found=float(weights[k]))
    if not weights.any():
        raise XlPortfolioError("weights_zero")
    scaled = weights / weights.max()  # sums stay finite
    return np.asarray(scaled / scaled.sum(), dtype=np.float64)
