"""How firm types and ranks are: in how many weightings around the chosen ones they stay.

Whoever sets weights could have set them a little differently. So 10,000 weightings are drawn around
the chosen ones, and everybody is scored with each. The shares of an axis, its weights made to add
up to 1, follow a Dirichlet distribution around the chosen shares ``w``; so do the shares of the two
axes in the total score. Its parameters are ``kappa * w`` with

    kappa = 1 / (spread / 100)**2 - 1

so that each share has the mean ``w`` and the standard deviation ``spread / 100 * sqrt(w (1 - w))``:
with a spread of 10 %, a share of 20 % has a standard deviation of 4 points. A weight of 0 stays 0.

All else stays: who is rated, which criteria are left out for whom (the others share their weight),
what is filled in, and thresholds that are numbers. A threshold that is a mean or median is taken
anew from each draw.

A share that comes from ``n`` draws has a standard error of ``sqrt(p (1 - p) / n)``: at most 0.5
points with 10,000 draws, 2.2 points with 500.

References
----------
Butler, J., Jia, J., Dyer, J. (1997): Simulation techniques for the sensitivity analysis of
multi-criteria decision models. European Journal of Operational Research 103, 531-546.

Lahdelma, R., Hokkanen, J., Salminen, P. (1998): SMAA - Stochastic multiobjective acceptability
analysis. European Journal of Operational Research 106, 137-143.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from xlportfolio.model import Quadrant, Threshold, ThresholdRule
from xlportfolio.scoring import DECIMALS, Bools, Floats, Ints, Strings, rounded
from xlportfolio.weighting import normalised

#: Weightings that are drawn.
DRAWS = 10_000
#: Scores that are computed at most: with more than 1,000 customers there are fewer draws,
MOST_SCORES = 10_000_000
#: but never fewer than these.
LEAST_DRAWS = 500
#: Where the random numbers begin: the same portfolio has the same figures each time.
SEED = 19_710_104
#: Half of what numbers that are compared are rounded to.
HALF_UNIT = 0.5 / 10**DECIMALS
#: Scores in a block, so that it stays in the processor's cache; draws in it at least, so that
#: values are fetched for several of them; and draws that a byte can count.
_BLOCK, _FEWEST, _COUNTED = 1 << 16, 4, 255
#: Multiplications at a time, so few that no second thread is begun: it would take longer than it
#: helps where the other processors are busy.
_PRODUCTS = 1_000_000
#: The least drawn weight: less would become 0, and with it the score of who has nothing else.
_LEAST_WEIGHT = 1e-250
#: The least spread, as a fraction: with less the draws differ by no more than numbers can show.
_LEAST_SPREAD = 1e-12


@dataclass(frozen=True, eq=False)
class RatedAxis:
    """The rated customers on one axis.

    Attributes
    ----------
    names, weights, fills
        Length ``n_criteria``: the criteria, their weights as entered, and the value of a missing
        measure, ``None`` where the criterion is left out instead.
    values
        Shape ``(n_customers, n_criteria)``, 0 to 100; NaN where the measure is missing.
    rule
        Where the axis is cut: a number or how it is found.
    threshold
        The number at which it was cut.
    """

    names: Sequence[str]
    weights: Floats
    fills: Sequence[float | None]
    values: Floats
    rule: Threshold
    threshold: float

    @cached_property
    def filled(self) -> Floats:
        """The values with fills, NaN where a criterion is left out."""
        fills = np.array(self.fills, dtype=np.float64)
        return np.asarray(np.where(np.isnan(self.values), fills, self.values))


class Shares(NamedTuple):
    """In which share of the weightings drawn things stay as they are.

    Attributes
    ----------
    draws
        How many weightings were drawn.
    same_type
        Shape ``(n_customers,)``, 0 to 1: where a customer keeps its type.
    in_top
        The same shape, 0 to 1: where its rank is among the first.
    """

    draws: int
    same_type: Floats
    in_top: Floats


def draws_for(customers: int) -> int:
    """How many weightings are drawn for a portfolio of this size.

    >>> draws_for(1_000), draws_for(4_000), draws_for(1_000_000)
    (10000, 2500, 500)
    """
    return min(DRAWS, max(MOST_SCORES // max(customers, 1), LEAST_DRAWS))


def drawn_shares(
    weights: Sequence[Floats], spread: float, draws: int = DRAWS
) -> tuple[Floats, ...]:
    """Draw weightings around the chosen ones.

    Parameters
    ----------
    weights
        For each group of weights that add up to 1 by themselves, those chosen, as entered.
    spread
        Percent, above 0, below 100.
    draws
        How many to give; fewer are the first of the many.

    Returns
    -------
    For each group the shares, shape ``(draws, n_weights)``; each row adds up to 1.

    Examples
    --------
    >>> shares, = drawn_shares([np.array([20.0, 0.0, 80.0])], 10)
    >>> shares.mean(axis=0).round(3), shares.std(axis=0).round(3)
    (array([0.2, 0. , 0.8]), array([0.04, 0.  , 0.04]))
    """
    random = np.random.default_rng(SEED)
    concentration = 1 / max(spread / 100, _LEAST_SPREAD) ** 2 - 1
    drawn = []
    for chosen in weights:
        parameters = concentration * normalised(chosen)
        counts = np.flatnonzero(parameters)
        shares = np.zeros((DRAWS, len(chosen)))
        found = random.dirichlet(parameters[counts], DRAWS)
        shares[:, counts] = np.maximum(found, _LEAST_WEIGHT)
        drawn.append(shares[:draws])
    return tuple(drawn)


def firm_shares(
    axes: tuple[RatedAxis, RatedAxis],
    axis_weights: tuple[float, float],
    types: Strings,
    among: Bools,
    *,
    spread: float,
    top: int,
    draws: int,
) -> Shares:
    """In how many weightings the rated customers keep their type and stay among the first.

    Parameters
    ----------
    axes, axis_weights
        The axis of value, then that of benefit, and what each counts in the total score.
    types
        Shape ``(n_customers,)``: the types with the chosen weights.
    among
        Shape ``(n_customers,)``: over whom a mean or median is taken.
    spread
        Percent, above 0, by which the weights vary.
    top
        How many ranks from the top count, from 1; equal totals share the smallest rank.
    draws
        How many weightings to draw; see :func:`draws_for`.

    Examples
    --------
    Worth 49 in one criterion and 59 in the other, a customer is on the lower side of 50 only where
    the first carries more than nine tenths of the axis.

    >>> names, nothing = ("A", "B"), (None, None)
    >>> value = RatedAxis(names, np.array([8.0, 2.0]), nothing, np.array([[49.0, 59.0]]), 50, 50)
    >>> benefit = RatedAxis(names, np.ones(2), nothing, np.array([[80.0, 90.0]]), 50, 50)
    >>> star, everybody = np.array([Quadrant.STAR], dtype=object), np.array([True])
    >>> chosen = (value, benefit), (1, 1), star, everybody
    >>> found = firm_shares(*chosen, spread=30, top=10, draws=DRAWS)
    >>> found.same_type.round(2), found.in_top
    (array([0.77]), array([1.]))
    """
    count = len(types)
    of_axes, *of_criteria = drawn_shares(
        [np.array(axis_weights, dtype=np.float64), *(axis.weights for axis in axes)], spread, draws
    )
    # who lacks a criterion goes first, so that only their scores are divided by their weights
    used = [~np.isnan(axis.filled) for axis in axes]
    lacking = np.any([~of.all(axis=1) for of in used], axis=0)
    order = np.argsort(~lacking, kind="stable")
    boards = [
        _Board(axis, shares, order, int(lacking.sum()), among[order])
        for axis, shares in zip(axes, of_criteria, strict=True)
    ]
    high = (
        np.isin(types[order].astype(str), kept)
        for kept in (
            (Quadrant.STAR, Quadrant.QUESTION_MARK),
            (Quadrant.STAR, Quadrant.FREE_RIDER),
        )
    )
    was = list(high)
    same, first = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    block = min(max(_BLOCK // max(count, 1), _FEWEST), _COUNTED)
    for begin in range(0, draws, block):
        rows = slice(begin, min(begin + block, draws))
        scores = [board.scores(rows) for board in boards]
        keeps = [
            (points >= board.edges(points)) == before
            for board, points, before in zip(boards, scores, was, strict=True)
        ]
        same += _counted(keeps[0] & keeps[1])
        if top < count:
            value, benefit = scores
            total = (value - benefit) * of_axes[rows, :1]
            total += benefit
            least = np.partition(total, count - top, axis=1)[:, count - top, np.newaxis]
            first += _counted(total >= rounded(least) - HALF_UNIT)
        else:
            first += rows.stop - rows.start
    back = np.argsort(order)
    return Shares(draws, same[back] / draws, first[back] / draws)


class _Board:
    """Scores everybody on one axis with some of the weightings."""

    def __init__(
        self, axis: RatedAxis, shares: Floats, order: Ints, lacking: int, among: Bools
    ) -> None:
        values = axis.filled[order]
        used = ~np.isnan(values)
        self.shares, self.rule, self.lacking = shares, axis.rule, lacking
        self._values = np.ascontiguousarray(np.where(used, values, 0.0).T)
        self._used = np.ascontiguousarray(used[:lacking].T, dtype=np.float64)
        self._among = slice(None) if among.all() or not among.any() else among
        self._edge = rounded(axis.threshold) - HALF_UNIT

    def scores(self, rows: slice) -> Floats:
        """The scores of everybody in some of the draws, shape ``(n_draws, n_customers)``."""
        shares = self.shares[rows]
        scores = _product(shares, self._values)
        if self.lacking:
            scores[:, : self.lacking] /= _product(shares, self._used)
        return scores

    def edges(self, scores: Floats) -> Floats:
        """From where on a score is high once it is rounded, for each draw or for all."""
        if not isinstance(self.rule, ThresholdRule):
            return np.asarray(self._edge)
        middle = np.mean if self.rule is ThresholdRule.MEAN else np.median
        found = rounded(middle(scores[:, self._among], axis=1, keepdims=True))
        return np.asarray(found - HALF_UNIT)


def _product(shares: Floats, values: Floats) -> Floats:
    """The matrix product, of some columns at a time."""
    product = np.empty((len(shares), values.shape[1]))
    width = max(_PRODUCTS // max(shares.size, 1), 1)
    for begin in range(0, values.shape[1], width):
        some = slice(begin, begin + width)
        np.matmul(shares, values[:, some], out=product[:, some])
    return product


def _counted(marks: Bools) -> npt.NDArray[np.uint8]:
    """In how many of at most 255 draws each customer has a mark."""
    return np.asarray(marks.view(np.uint8).sum(axis=0, dtype=np.uint8))
