"""What to do with whom: the standard strategy of each type."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from xlportfolio.locale import texts
from xlportfolio.model import RATED_QUADRANTS, Quadrant, Status, Strategy


@cache
def standard_strategies(language: str) -> tuple[Strategy, ...]:
    """The built-in strategies: one for each of the four types, for customers and for prospects.

    Examples
    --------
    >>> [s.strategy for s in standard_strategies("en") if s.quadrant == "star"]
    ['Keep and deepen', 'Win']
    """
    words = texts(language).branch("strategies")
    return tuple(
        Strategy(quadrant, status, **words[quadrant][status])
        for quadrant in RATED_QUADRANTS
        for status in Status
    )


def strategies_for(
    strategies: Sequence[Strategy], quadrants: Sequence[Quadrant], statuses: Sequence[Status]
) -> list[Strategy | None]:
    """The strategy of each customer: the row for its type and status, else its type alone.

    Examples
    --------
    >>> keep = Strategy(Quadrant.STAR, None, "Keep")
    >>> strategies_for([keep], [Quadrant.STAR, Quadrant.POOR_DOG], [Status.CUSTOMER] * 2)
    [Strategy(quadrant=<Quadrant.STAR: 'star'>, ... strategy='Keep', ...), None]
    """
    of: dict[tuple[Quadrant, Status | None], Strategy] = {}
    for strategy in strategies:
        of.setdefault((strategy.quadrant, strategy.status), strategy)
    chosen = {(q, s): of.get((q, s), of.get((q, None))) for q in Quadrant for s in Status}
    return [chosen[pair] for pair in zip(quadrants, statuses, strict=True)]
