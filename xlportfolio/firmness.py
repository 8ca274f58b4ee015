"""PortfolioAnalysis -> how firm types and ranks are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xlportfolio.aggregation import rank_correlation, topsis, weighted_product
from xlportfolio.analysis import PortfolioAnalysis
from xlportfolio.model import Axis, Objective, Status
from xlportfolio.moving_thresholds import with_moving
from xlportfolio.portfolio import ranks
from xlportfolio.robustness import RatedAxis, Shares, draws_for, firm_shares
from xlportfolio.scoring import Bools, Floats, Ints, rounded, weighted_scores
from xlportfolio.tipping import Rated, swaps, type_changes
from xlportfolio.weight_changes import WeightChange, Withheld
from xlportfolio.weighting import normalised

#: The least value that the product rule knows: a 0 would leave nothing of all other values.
LEAST_VALUE = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Firmness:
    """How firm types and ranks are, for each customer in the order of the ranking.

    Customers that are not rated have NaN and ``None``.

    Attributes
    ----------
    draws, spread, top
        How many weightings were drawn, the percent by which they vary, and how many ranks from the
        top count. With a spread of 0 there is one weighting, the chosen one; with nobody rated,
        none.
    same_type, in_top
        Shape ``(n_customers,)``: the share of weightings, 0 to 1, in which a customer keeps its
        type, and in which its rank is within ``top``.
    type_changes
        The smallest change of one weight that gives the customer another type; ``None``: there is
        none. In a part of an analysis it may be withheld.
    swaps
        The smallest change of one weight that puts the next customer before this one; ``None``
        likewise.
    nexts
        The position of that next customer, the first further down with a lower total score; -1:
        there is nobody.
    rank_topsis, rank_product
        Shape ``(n_customers,)``: the rank by TOPSIS and by the product rule, over the criteria of
        both axes at once.
    correlation_topsis, correlation_product
        How alike the ranking is to theirs, -1 to 1; NaN where there are not two different scores.
    """

    draws: int
    spread: float
    top: int
    same_type: Floats
    in_top: Floats
    type_changes: Sequence[WeightChange | Withheld | None]
    swaps: Sequence[WeightChange | Withheld | None]
    nexts: Ints
    rank_topsis: Floats
    rank_product: Floats
    correlation_topsis: float
    correlation_product: float


def firmness_of(analysis: PortfolioAnalysis) -> Firmness:
    """How firm each type and rank is; see :mod:`xlportfolio.robustness` and ``tipping``.

    Examples
    --------
    >>> import pandas as pd
    >>> from xlportfolio import Criterion, Scale, ScoringModel, analyse
    >>> model = ScoringModel(criteria=(
    ...     Criterion("Turnover", Axis.VALUE, 60, Scale.linear(0, 100)),
    ...     Criterion("Growth", Axis.VALUE, 40, Scale.linear(0, 10)),
    ...     Criterion("Share", Axis.BENEFIT, 1, Scale.linear(0, 1)),
    ... ))
    >>> customers = pd.DataFrame({
    ...     "customer_id": ["A", "B"], "Turnover": [90, 46], "Growth": [8, 6], "Share": [0.4, 0.7],
    ... })
    >>> firm = firmness_of(analyse(customers, model))
    >>> firm.same_type.round(2), firm.swaps[0].name, firm.swaps[0].typed
    (array([1.  , 0.99]), 'value_weight', 43.6)
    """
    customers, model = analysis.customers, analysis.model
    count = int(customers["rank"].notna().sum())  # the rated rows come first
    everybody = len(customers)
    axes = (_rated_axis(analysis, Axis.VALUE, count), _rated_axis(analysis, Axis.BENEFIT, count))
    both = (model.value_weight, model.benefit_weight)
    top, total = int(model.top_n), customers["total_score"].to_numpy(np.float64)[:count]
    shares = _shares(analysis, axes, count)
    by_topsis, by_product = _orders(axes, both, count)
    rated = Rated(axes, both, model.min_coverage)
    nexts = _nexts(total)

    def for_all(numbers: Floats) -> Floats:
        return np.concatenate([numbers, np.full(everybody - count, np.nan)])

    nothing: list[WeightChange | None] = [None] * (everybody - count)
    return Firmness(
        shares.draws,
        float(model.weight_spread),
        top,
        for_all(shares.same_type),
        for_all(shares.in_top),
        with_moving(rated, type_changes(rated), _among(customers[:count])) + nothing,
        swaps(rated, nexts) + nothing,
        np.concatenate([nexts, np.full(everybody - count, -1)]),
        for_all(ranks(by_topsis)),
        for_all(ranks(by_product)),
        rank_correlation(total, by_topsis),
        rank_correlation(total, by_product),
    )


def _rated_axis(analysis: PortfolioAnalysis, axis: Axis, count: int) -> RatedAxis:
    criteria = [analysis.model.criteria[k] for k in analysis.model.on_axis(axis)]
    return RatedAxis(
        [criterion.name for criterion in criteria],
        np.array([criterion.weight for criterion in criteria], dtype=np.float64),
        [criterion.fill for criterion in criteria],
        analysis.values.iloc[:count, analysis.model.on_axis(axis)].to_numpy(np.float64),
        analysis.model.threshold(axis),
        getattr(analysis.thresholds, axis),
    )


def _shares(analysis: PortfolioAnalysis, axes: tuple[RatedAxis, RatedAxis], count: int) -> Shares:
    model, customers = analysis.model, analysis.customers.iloc[:count]
    if not count:
        return Shares(0, np.empty(0), np.empty(0))
    if model.weight_spread == 0:
        in_top = customers["rank"].to_numpy(np.float64) <= model.top_n
        return Shares(1, np.ones(count), np.asarray(in_top, dtype=np.float64))
    return firm_shares(
        axes,
        (model.value_weight, model.benefit_weight),
        customers["quadrant"].to_numpy(object),
        _among(customers),
        spread=model.weight_spread,
        top=int(model.top_n),
        draws=draws_for(count),
    )


def _among(customers: pd.DataFrame) -> Bools:
    """Those over whom means and medians are taken: all but prospects."""
    return np.asarray(customers["status"] != Status.PROSPECT, dtype=np.bool_)


def _nexts(total: Floats) -> Ints:
    """The position of the first lower total score further down; -1 where there is none."""
    lower = np.flatnonzero(np.diff(rounded(total)) < 0) + 1
    after = np.searchsorted(lower, np.arange(len(total)), side="right")
    return np.append(lower, -1)[after]


def _orders(
    axes: tuple[RatedAxis, RatedAxis], both: tuple[float, float], count: int
) -> tuple[Floats, Floats]:
    """What TOPSIS and the product rule rank by, over the criteria of both axes at once.

    A criterion that a customer lacks takes its axis score, which leaves the weighted sum as it is.
    """
    if not count:
        return np.empty(0), np.empty(0)
    values, weights = [], []
    for axis, weight in zip(axes, both, strict=True):
        filled = axis.filled
        scores = weighted_scores(axis.values, axis.weights, axis.fills).score
        values.append(np.where(np.isnan(filled), scores[:, np.newaxis], filled))
        weights.append(weight / max(both) * normalised(axis.weights))
    table, shares = np.concatenate(values, axis=1), np.concatenate(weights)
    return (
        topsis(table, shares, [Objective.MAX] * len(shares)),
        weighted_product(np.maximum(table, LEAST_VALUE), shares),
    )
