"""PortfolioAnalysis -> how firm types and ranks are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xlportfolio.scoring import Floats
from xlportfolio.tipping import WeightChange


@dataclass(frozen=True, slots=True, eq=False)
class Firmness:
    """How firm types and ranks are, for each customer in the order of the ranking.

    Customers that are not rated have NaN and ``None``.

    Attributes
    ----------
    draws, spread, top
        How many weightings were drawn, the percent by which they vary, and how many ranks from the
        top count.
    same_type, in_top
        Shape ``(n_customers,)``: the share of weightings, 0 to 1, in which a customer keeps its
        type, and in which its rank is within ``top``.
    type_changes
        The smallest change of one weight that gives the customer another type; ``None``: there is
        none.
    swaps
        The smallest change of one weight that puts the next customer before this one; ``None``
        likewise.
    nexts
        The position of that next customer: the first further down with a lower total score.
    rank_topsis, rank_product
        Shape ``(n_customers,)``: the rank by TOPSIS and by the product rule.
    correlation_topsis, correlation_product
        How alike the ranking is to theirs, -1 to 1; NaN with fewer than two customers.
    """

    draws: int
    spread: float
    top: int
    same_type: Floats
    in_top: Floats
    type_changes: Sequence[WeightChange | None]
    swaps: Sequence[WeightChange | None]
    nexts: Sequence[int | None]
    rank_topsis: Floats
    rank_product: Floats
    correlation_topsis: float
    correlation_product: float
