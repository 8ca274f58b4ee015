"""Several people who compare criteria in pairs: their judgments as one, and where they disagree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from xlportfolio.pairwise import judged_pairs, reciprocal_judgments
from xlportfolio.scoring import Floats, rounded


class Dispute(NamedTuple):
    """A pair on which raters disagree.

    Attributes
    ----------
    row, column
        The pair, from 0, the row before the column.
    lowest, highest
        How many times as important the criterion of the row is as that of the column, by the
        raters who say least and most.
    """

    row: int
    column: int
    lowest: float
    highest: float


def group_judgments(of_raters: Sequence[Floats]) -> Floats:
    """The judgments of several raters as one: of each pair, the geometric mean.

    Parameters
    ----------
    of_raters
        One square for each rater, as for :func:`pairwise_weights`, all on the same criteria; of
        each, any pair may be missing.

    Returns
    -------
    Shape ``(n_criteria, n_criteria)``, both halves; NaN for a pair that nobody judged. A pair that
    not all judged has the mean of those who did.

    Raises
    ------
    XlPortfolioError
        If judgments are no square, are not above 0, or contradict their own reciprocals.

    References
    ----------
    Aczél, J., Saaty, T. L. (1983): Procedures for synthesizing ratio judgements. Journal of
    Mathematical Psychology 27, 93-102. Forman, E., Peniwati, K. (1998): Aggregating individual
    judgments and priorities with the analytic hierarchy process. European Journal of Operational
    Research 108, 165-169.

    Examples
    --------
    >>> group_judgments([np.array([[1, 2], [np.nan, 1]]), np.array([[1, 8], [np.nan, 1]])])
    array([[1.  , 4.  ],
           [0.25, 1.  ]])
    """
    each = np.stack([reciprocal_judgments(judgments) for judgments in of_raters])
    group = np.full(each.shape[1:], np.nan)
    for row, column in judged_pairs(each):
        said = each[:, row, column]
        said = said[~np.isnan(said)]
        mean = said[0] if (said == said[0]).all() else np.exp(np.log(said).mean())
        group[row, column], group[column, row] = mean, 1 / mean
    np.fill_diagonal(group, 1.0)
    return group


def disputes(of_raters: Sequence[Floats], count: int = 3) -> list[Dispute]:
    """The pairs on which raters disagree most: the highest judgment is most times the lowest.

    Parameters
    ----------
    of_raters
        As for :func:`group_judgments`.
    count
        How many to name at most.

    Raises
    ------
    XlPortfolioError
        As :func:`group_judgments`.

    Examples
    --------
    >>> disputes([np.array([[1, 2], [np.nan, 1]]), np.array([[1, 1 / 4], [np.nan, 1]])])
    [Dispute(row=0, column=1, lowest=0.25, highest=2.0)]
    """
    each = np.stack([reciprocal_judgments(judgments) for judgments in of_raters])
    found = []
    for row, column in judged_pairs(each):
        said = each[:, row, column]
        lowest, highest = float(np.nanmin(said)), float(np.nanmax(said))
        if rounded(highest / lowest) > 1:
            found.append(Dispute(row, column, lowest, highest))
    found.sort(key=lambda d: (-float(rounded(d.highest / d.lowest)), d.row, d.column))
    return found[:count]


def agreement(weights: Sequence[Floats]) -> float:
    """How far raters put the criteria in the same order, 0 to 1: Kendall's coefficient W.

    1 means that all have the same order, 0 that their orders cancel out. Common reading: from 0.7
    strong, below 0.5 weak agreement (Schmidt 1997). Only the order counts, not how far weights are
    apart; :func:`disputes` tells where raters are.

    Parameters
    ----------
    weights
        The weights of each rater, all of shape ``(n_criteria,)``; weights equal to 9 decimals
        share the mean of their places.

    References
    ----------
    Kendall, M. G., Babington Smith, B. (1939): The problem of m rankings. Annals of Mathematical
    Statistics 10, 275-287; with the correction for ties of Kendall, M. G. (1948): Rank Correlation
    Methods. Griffin. Schmidt, R. C. (1997): Managing Delphi surveys using nonparametric statistical
    techniques. Decision Sciences 28, 763-774.

    Examples
    --------
    >>> agreement([np.array([0.5, 0.3, 0.2]), np.array([0.6, 0.3, 0.1])])
    1.0
    >>> agreement([np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])])
    0.0
    """
    each = rounded(np.stack(list(weights)))
    raters, size = each.shape
    before = (each[:, np.newaxis] > each[:, :, np.newaxis]).sum(axis=2)
    alike = (each[:, np.newaxis] == each[:, :, np.newaxis]).sum(axis=2)
    sums = (before + (alike + 1) / 2).sum(axis=0)
    spread = float(((sums - raters * (size + 1) / 2) ** 2).sum())
    ties = int((alike**2 - 1).sum())
    most = raters * (raters * (size**3 - size) - ties) / 12
    return spread / most if most else 1.0
