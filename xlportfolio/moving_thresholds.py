"""What gives a customer another type where a threshold is a mean or median, which moves along.

Then there is no closed form: a weight moves everybody's score, and the threshold with them. So all
customers are scored for some hundreds of weights above and below today's, each with few digits, and
the nearest one with which a customer is on the other side is taken. That weight really does it; the
smallest that does may be up to a tenth nearer to today's, or more in a very large portfolio.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from xlportfolio.model import Quadrant, ThresholdRule
from xlportfolio.portfolio import quadrants
from xlportfolio.robustness import RatedAxis
from xlportfolio.scale import VALUES
from xlportfolio.scoring import Bools, Floats, Ints, Strings, rounded, weighted_scores
from xlportfolio.tipping import MOST_SHARE, Rated
from xlportfolio.weight_changes import WeightChange
from xlportfolio.weighting import normalised

#: Changes within a power of ten: steps of a tenth at most.
_STEPS = np.concatenate([np.arange(10, 30), np.arange(30, 60, 2), np.arange(60, 100, 4)]) / 10
#: Powers of ten of the changes that are tried, in relation to the weights of an axis.
_POWERS = np.arange(-5.0, 3)
#: Scores that are computed at once for a criterion, at most: fewer weights for more customers.
_MOST_SCORES = 5_000_000
#: Decimals of a weight, in relation to those of its axis.
_DECIMALS = 9


def with_moving(
    rated: Rated, fixed: Sequence[WeightChange | None], among: Bools
) -> list[WeightChange | None]:
    """For each customer the smallest change that gives it another type, with moving thresholds too.

    Parameters
    ----------
    fixed
        What there is for thresholds that are numbers: :func:`xlportfolio.tipping.type_changes`.
    among
        Shape ``(n_customers,)``: those over whom means and medians are taken; nobody: all.
    """
    found = list(fixed)
    for place, axis in enumerate(rated.axes):
        if not found or not isinstance(axis.rule, ThresholdRule):
            continue
        moved, types = moves(axis, among, rated.min_coverage), _across(rated, place)
        shares = normalised(axis.weights)
        for row in np.flatnonzero(moved.criterion >= 0).tolist():
            change = _change(axis, shares, moved, row, types[row])
            before = found[row]
            if before is None or _distance(change) < _distance(before):
                found[row] = change
    return found


def _distance(change: WeightChange) -> float:
    return abs(change.share_then - change.share_now)


def _across(rated: Rated, place: int) -> Strings:
    """The type of each customer on the other side of one threshold."""
    value, benefit = (
        weighted_scores(axis.values, axis.weights, axis.fills).score for axis in rated.axes
    )
    both = [value, benefit]
    is_high = rounded(both[place]) >= rounded(rated.axes[place].threshold)
    both[place] = np.where(is_high, VALUES.low - 1, VALUES.high + 1)
    value, benefit = both
    return quadrants(value, benefit, *(axis.threshold for axis in rated.axes))


def _change(
    axis: RatedAxis, shares: Floats, moved: Moves, row: int, quadrant: Quadrant
) -> WeightChange:
    k, weight = int(moved.criterion[row]), float(moved.weight[row])
    now, share = float(axis.weights[k]), float(shares[k])
    then = share + float(np.copysign(moved.distance[row], weight - now))
    then = float(np.clip(then, 0.0, MOST_SHARE))  # sums differ by rounding
    return WeightChange(
        axis.names[k],
        of_axis=False,
        now=now,
        then=weight,
        typed=weight,
        share_now=share,
        share_then=then,
        quadrant=quadrant,
    )


class Moves(NamedTuple):
    """For each customer the nearest weight that takes it across the threshold of an axis.

    Each of shape ``(n_customers,)``.

    Attributes
    ----------
    criterion
        The position of the criterion on the axis; -1: no weight does it.
    weight
        As entered; NaN likewise.
    distance
        By how much the weight's share of the axis changes, 0 to 1; infinite likewise.
    """

    criterion: Ints
    weight: Floats
    distance: Floats


def moves(axis: RatedAxis, among: Bools, min_coverage: float) -> Moves:
    """Try weights for each criterion of an axis whose threshold is a mean or median.

    Parameters
    ----------
    axis
        The rated customers on this axis.
    among
        Shape ``(n_customers,)``: those over whom the threshold is taken.
    min_coverage
        Percent of the axis' weight that needs measures: weights with which anybody would no longer
        be rated are not tried.

    Examples
    --------
    Two customers mirror each other, so their mean is 50 whatever the weights are: the first falls
    below it once the second criterion weighs more than the first, the other one rises to it.

    >>> values, mean = np.array([[80.0, 20.0], [20.0, 80.0]]), ThresholdRule.MEAN
    >>> axis = RatedAxis(("A", "B"), np.array([6.0, 4.0]), (None, None), values, mean, 50.0)
    >>> found = moves(axis, np.array([True, True]), 50)
    >>> found.criterion.tolist(), found.weight.tolist()
    ([1, 1], [6.1, 6.0])
    """
    everybody = len(axis.values)
    found = Moves(np.full(everybody, -1), np.full(everybody, np.nan), np.full(everybody, np.inf))
    filled = axis.filled
    used, measured = ~np.isnan(filled), ~np.isnan(axis.values)
    value = np.where(used, filled, 0.0)
    now = weighted_scores(axis.values, axis.weights, axis.fills).score
    is_high = rounded(now) >= rounded(axis.threshold)
    scale = float(axis.weights.max())
    weights = axis.weights / scale  # sums stay finite
    for k, weight in enumerate(weights.tolist()):
        rest = np.where(np.arange(len(weights)) == k, 0.0, weights)
        others = float(rest.sum())
        if not weight or not others:
            continue
        tried = _tried(float(axis.weights[k]), scale, everybody)
        tried = tried[tried / scale <= others * MOST_SHARE / (1 - MOST_SHARE)]
        grid = tried / scale
        with np.errstate(invalid="ignore"):  # nobody is scored by a weight of 0 alone
            scores = (value @ rest)[:, None] + value[:, [k]] * grid
            scores /= (used @ rest)[:, None] + used[:, [k]] * grid
        coverage = ((measured @ rest)[:, None] + measured[:, [k]] * grid) / (others + grid)
        stays = (rounded(coverage) >= rounded(min_coverage / 100)).all(axis=0)
        stays &= ~np.isnan(scores).any(axis=0)
        middle = np.mean if axis.rule is ThresholdRule.MEAN else np.median
        thresholds = middle(scores[among if among.any() else slice(None)], axis=0)
        flips = (rounded(scores) >= rounded(thresholds)) != is_high[:, None]
        change = np.abs(grid / (others + grid) - weight / (others + weight))
        distance = np.where(flips & stays, change, np.inf)
        best = distance.argmin(axis=1) if len(grid) else np.zeros(everybody, dtype=np.int64)
        nearest = distance[np.arange(everybody), best] if len(grid) else found.distance
        nearer = nearest < found.distance
        found.criterion[nearer] = k
        found.weight[nearer] = tried[best[nearer]]
        found.distance[nearer] = nearest[nearer]
    return found


def _tried(weight: float, scale: float, customers: int) -> Floats:
    """Weights around one, from near to far on either side, from 0 on."""
    fewer = -(-2 * len(_STEPS) * len(_POWERS) * customers // _MOST_SCORES)
    whole = int(np.floor(np.log10(scale)))
    with np.errstate(over="ignore"):
        powers = 10.0 ** (whole + _POWERS)
        changes = (powers[:, np.newaxis] * _STEPS[:: max(fewer, 1)]).ravel()
        tried = np.concatenate([weight + changes, weight - changes[changes <= weight]])
    tried = tried[np.isfinite(tried)]
    decimals = _DECIMALS - whole
    return np.asarray(np.round(tried, decimals) if 0 <= decimals <= 2 * _DECIMALS else tried)
