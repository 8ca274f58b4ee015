"""Who counts, which type a customer is, and the ranking.

**Where a customer becomes a Fragezeichen:** :func:`quadrants`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from xlportfolio.model import Quadrant, Threshold, ThresholdRule
from xlportfolio.scoring import Bools, Floats, Ints, Strings, rounded


class Identity(NamedTuple):
    """Which rows stand for a customer of their own.

    Attributes
    ----------
    ids
        The customer number, or the name where there is none; ``""`` for neither.
    repeats
        The position of the earlier row with the same id, -1 where there is none.
    """

    ids: Strings
    repeats: Ints

    @property
    def unidentified(self) -> Bools:
        """Rows with neither number nor name."""
        return np.asarray(self.ids == "", dtype=np.bool_)

    @property
    def counts(self) -> Bools:
        """Rows that take part: neither a repetition nor without id and name."""
        return (self.repeats < 0) & ~self.unidentified


def identify(ids: Sequence[str], names: Sequence[str]) -> Identity:
    """Find the rows that repeat an earlier one, compared exactly after trimming.

    Examples
    --------
    >>> identify(["7", "", "7 ", ""], ["Alpha", "Beta", "Gamma", ""])
    Identity(ids=array(['7', 'Beta', '7', ''], dtype=object), repeats=array([-1, -1,  0, -1]))
    """
    served = np.empty(len(ids), dtype=object)
    served[:] = [i.strip() or name.strip() for i, name in zip(ids, names, strict=True)]
    codes, uniques = pd.factorize(served)
    position = np.arange(len(served))
    first = np.full(len(uniques), len(served), dtype=np.int64)
    np.minimum.at(first, codes, position)
    repeated = (first[codes] < position) & (served != "")
    return Identity(served, np.where(repeated, first[codes], -1))


def threshold_of(threshold: Threshold, scores: Floats, rated: Bools, prospect: Bools) -> float:
    """The number at which an axis is cut.

    Parameters
    ----------
    scores, rated, prospect
        Shape ``(n_customers,)``. A mean or median is taken over the rated customers; prospects
        are left out unless there is nobody else.

    Returns
    -------
    0 to 100; 50 for a mean or median of nobody.

    Examples
    --------
    >>> some = np.array([True, True, True]), np.array([False, False, True])
    >>> threshold_of(ThresholdRule.MEAN, np.array([20.0, 40.0, 90.0]), *some)
    30.0
    """
    if not isinstance(threshold, ThresholdRule):
        return float(threshold)
    among = rated & ~prospect
    among = among if among.any() else rated
    if not among.any():
        return 50.0
    middle = np.mean if threshold is ThresholdRule.MEAN else np.median
    return float(middle(scores[among]))


def quadrants(
    value: Floats, benefit: Floats, value_threshold: float, benefit_threshold: float
) -> Strings:
    """The type of each customer; a score on its threshold is high.

    =============  ===========  ============
    type           value score  benefit score
    =============  ===========  ============
    star           high         high
    question_mark  high         low
    free_rider     low          high
    poor_dog       low          low
    =============  ===========  ============

    Parameters
    ----------
    value, benefit
        Shape ``(n_customers,)``, scores of 0 to 100; NaN in either gives ``not_rated``.

    Examples
    --------
    >>> value, benefit = np.array([50.0, 50.0, 49.9]), np.array([50.0, 49.9, 50.0])
    >>> [str(quadrant) for quadrant in quadrants(value, benefit, 50, 50)]
    ['star', 'question_mark', 'free_rider']
    """
    high_value = rounded(value) >= rounded(value_threshold)
    high_benefit = rounded(benefit) >= rounded(benefit_threshold)
    types = np.empty(len(value), dtype=object)
    types[high_value & high_benefit] = Quadrant.STAR
    types[high_value & ~high_benefit] = Quadrant.QUESTION_MARK
    types[~high_value & high_benefit] = Quadrant.FREE_RIDER
    types[~high_value & ~high_benefit] = Quadrant.POOR_DOG
    types[np.isnan(value) | np.isnan(benefit)] = Quadrant.NOT_RATED
    return types


def near(scores: Floats, threshold: float, band: float) -> Bools:
    """Which scores lie within the band around a threshold, its edges included (NaN: not)."""
    distance = rounded(np.abs(scores - threshold))
    return np.asarray(distance <= rounded(band), dtype=np.bool_)


def ranks(scores: Floats) -> Floats:
    """The rank of each score, 1 for the highest; equal scores share the smallest (RANK.EQ).

    Parameters
    ----------
    scores
        Shape ``(n,)``; compared to 9 decimals; NaN has no rank.

    Examples
    --------
    >>> ranks(np.array([60.0, 80.0, np.nan, 60.0]))
    array([ 2.,  1., nan,  2.])
    """
    ranked = pd.Series(rounded(scores)).rank(method="min", ascending=False)
    return np.asarray(ranked, dtype=np.float64)


def ranking_order(total: Floats, value: Floats, ids: Strings) -> Ints:
    """Positions in the order of a ranking: total, then value score, then id by code point.

    Rows without a total come last, in their own order.
    """
    rated = np.flatnonzero(~np.isnan(total))
    by_id = np.array(sorted(range(len(rated)), key=ids[rated].__getitem__), dtype=np.int64)
    keys = (-rounded(value[rated])[by_id], -rounded(total[rated])[by_id])
    return np.concatenate([rated[by_id][np.lexsort(keys)], np.flatnonzero(np.isnan(total))])
